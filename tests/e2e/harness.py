"""The command line, run against an emulated CRM as a person would."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.emulator.server import Emulator
from tests.command import Ended, run

CRMS = ("salesforce", "hubspot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tossup:
    """The command line with the environment of one emulated CRM and a store of its own."""

    crm: str
    emulator: Emulator
    env: dict[str, str]
    folder: Path

    def __call__(self, *words: str, expect: int | None = 0, start: tuple[str, ...] = (), **env: str) -> Ended:
        """Run a command; `start`: in an interpreter of its own, started so."""
        variables = {**self.env, **env}
        if start:
            ended = self._apart(start, words, variables)
        else:
            ended = run(*words, folder=self.folder, variables=variables)
        assert expect is None or ended.code == expect, ended
        return ended

    def _apart(self, start: tuple[str, ...], words: tuple[str, ...], variables: dict[str, str]) -> Ended:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TOSSUP_", "COLUMNS"))}
        done = subprocess.run(
            [sys.executable, *start, *words],
            env={**clean, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def fresh(self, folder: Path) -> "Tossup":
        """The same CRM with an empty store."""
        folder.mkdir(parents=True, exist_ok=True)
        env = {**self.env, "TOSSUP_STATE_DIR": str(folder / "store")}
        return Tossup(crm=self.crm, emulator=self.emulator, env=env, folder=folder)


Serve = Callable[..., Tossup]
"""Start an emulated CRM with a world: `serve("hubspot", "demo")`."""


def alike(leads: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Leads without what only one CRM can know: record ids, field names, and how it spells a choice."""
    return sorted(
        (
            lead["account_name"], lead["motion"], lead["pattern"], lead["play"], lead["product"], lead["state"],
            tuple(reason["code"] for reason in lead["reasons"]), lead["priority"], lead["value"], lead["currency"],
            lead["p_win"], lead["due"], lead["key"].split("/", 1)[1],
            tuple((fact["fact"], fact["value"], fact["unit"]) for fact in lead["evidence"] if fact["unit"] != "text"),
        )
        for lead in leads
    )  # fmt: skip
