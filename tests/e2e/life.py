"""One store, one way to sign in to a CRM, and everything that commands said and left there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector.emulator.server import Emulator
from connector.emulator.worlds import fill_demo
from jobs.settings import settings_of
from tests.command import Ended, run
from tests.jobs.few_rules import few_rules
from tests.jobs.small import Company, small_world
from tests.secrets import Place, left_in

WAYS = {
    "key": ("salesforce", ("URL", "CLIENT_ID", "USERNAME", "PRIVATE_KEY_FILE")),
    "secret": ("salesforce", ("URL", "CLIENT_ID", "CLIENT_SECRET")),
    "session": ("salesforce", ("URL", "ACCESS_TOKEN")),
    "service key": ("hubspot", ("URL", "ACCESS_TOKEN")),
    "oauth": ("hubspot", ("URL", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")),
}
"""By name: the CRM, and what of its announcement one needs."""
WRONG = "canary-wrong-token-0123456789abcdef"


@dataclass(kw_only=True)
class Life:
    """One store, one way to sign in, and everything that was said."""

    crm: str
    emulator: Emulator
    env: dict[str, str]
    folder: Path
    ended: list[tuple[str, Ended]] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=lambda: {"wrong": WRONG})
    """Secrets that are not the CRM's."""
    elsewhere: list[Place] = field(default_factory=list)
    """What was left outside the folder, or said by others."""

    def __call__(self, *words: str, expect: int | None = 0, quiet: bool = False, **env: str) -> Ended:
        """Run a command, with --debug unless it is to be `quiet`."""
        said = words if quiet else (*words, "--debug")
        ended = run(*said, folder=self.folder, variables={**self.env, **env})
        assert expect is None or ended.code == expect, (said, ended)
        self.note(" ".join(words), ended)
        return ended

    def both(self, *words: str, expect: int | None = 0, **env: str) -> None:
        """Run a command with --debug and without."""
        for quiet in (True, False):
            self(*words, expect=expect, quiet=quiet, **env)

    def note(self, words: str, ended: Ended) -> None:
        """A command was run."""
        self.ended.append((words, ended))

    def company(self) -> Company:
        """The same CRM, for people to work in."""
        return Company(crm=self.crm, emulator=self.emulator, settings=settings_of(self.env))

    def named(self, name: str) -> str:
        """A setting of this CRM."""
        return f"TOSSUP_{self.crm.upper()}_{name}"

    def fault(self, match: str, kind: str, **more: Any) -> None:
        """From now on requests go wrong."""
        self.emulator.faults.add({"match": match, "kind": kind, **more})

    def calm(self) -> None:
        """No more faults."""
        self.emulator.faults.clear()

    def secrets(self) -> dict[str, str]:
        """All of them: what was announced, what was given out, what was shown, and what was wrong."""
        return {**self.emulator.orgs[self.crm].secrets(), **self.more}

    def places(self) -> list[Place]:
        """Standard output and error of every command, and every file."""
        said = [
            (f"{stream} of {words}", text.encode(errors="surrogatepass"))
            for words, one in self.ended
            for stream, text in (("stdout", one.out), ("stderr", one.err))
        ]
        return [*said, *self.elsewhere, *left_in(self.folder)]

    def says(self, figures: object) -> None:
        """The figures of this life, for whoever looks."""
        sys.stdout.write(f"{self.crm}: {figures}\n")


@contextmanager
def living(way: str, folder: Path) -> Iterator[Life]:
    """A life of the small company that begins now."""
    crm, names = WAYS[way]
    folder.mkdir()
    with Emulator(crm, log=folder / "requests.jsonl", log_bodies=True) as emulator:
        fill_demo(small_world(), orgs=emulator.orgs, clock=emulator.clock)
        told = emulator.announcement[crm]
        env = {f"TOSSUP_{crm.upper()}_{name}": str(told[name.lower()]) for name in names}
        env |= {
            "TOSSUP_CRM": crm,
            "TOSSUP_STATE_DIR": str(folder / "store"),
            "TOSSUP_CONFIG": str(few_rules(folder / "rules", crm)),
        }
        if crm == "hubspot":  # else searches wait for each other
            env["TOSSUP_HUBSPOT_SEARCH_PER_SECOND"] = "1000"
        yield Life(crm=crm, emulator=emulator, env=env, folder=folder)
