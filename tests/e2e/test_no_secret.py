"""No secret reaches an output, a log, an error, a stack trace, a plan, or the store: whole lives, searched."""

import sqlite3
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connector.emulator.server import Emulator
from connector.emulator.worlds import fill_demo
from connector.hubspot.config import HubSpotConfig
from connector.salesforce.config import SalesforceConfig
from connector.wire import Patience
from tests.command import Ended, run
from tests.jobs.small import few_rules, small_world
from tests.secrets import found, left_in, spellings

WAYS = {
    "key": ("salesforce", ("URL", "CLIENT_ID", "USERNAME", "PRIVATE_KEY_FILE")),
    "secret": ("salesforce", ("URL", "CLIENT_ID", "CLIENT_SECRET")),
    "session": ("salesforce", ("URL", "ACCESS_TOKEN")),
    "service key": ("hubspot", ("URL", "ACCESS_TOKEN")),
    "oauth": ("hubspot", ("URL", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")),
}
WHOLE = ("key", "oauth")
TOKENS = {"salesforce": "POST /services/oauth2/token", "hubspot": "POST /oauth/*"}
WRONG = "canary-wrong-token-0123456789abcdef"


@dataclass(kw_only=True)
class Life:
    """One store, one way to sign in, and everything that was said."""

    crm: str
    emulator: Emulator
    env: dict[str, str]
    folder: Path
    whole: bool
    """Whether the storms are lived through as well: how one signed in matters little there."""
    ended: list[Ended] = field(default_factory=list)

    def __call__(self, *words: str, **env: str) -> Ended:
        ended = run(*words, folder=self.folder, variables={**self.env, **env})
        self.ended.append(ended)
        return ended

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self.emulator.faults.add({"match": match, "kind": kind, **more})

    def calm(self) -> None:
        self.emulator.faults.clear()

    def secrets(self) -> dict[str, str]:
        """All of them: what was announced, what was given out, and what was wrong."""
        told = self.emulator.announcement[self.crm]
        auth = self.emulator.orgs[self.crm].auth
        named = {name: told[name] for name in ("access_token", "client_secret", "refresh_token") if name in told}
        if self.crm == "salesforce":
            named["private_key"] = Path(told["private_key_file"]).read_text()
        given = auth._tokens if self.crm == "salesforce" else auth._expires
        named |= {f"token {n}": token for n, token in enumerate(given)}
        return {**named, "wrong": WRONG}

    def places(self) -> list[tuple[str, bytes]]:
        """Standard output and error of every command, and every file."""
        said = [
            (f"{stream} of command {n}", text.encode(errors="surrogatepass"))
            for n, one in enumerate(self.ended)
            for stream, text in (("stdout", one.out), ("stderr", one.err))
        ]
        return [*said, *left_in(self.folder)]


@pytest.fixture(params=WAYS)
def life(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    # as often as ever, only sooner
    quick = Patience(first_s=0.001, longest_s=0.01)
    monkeypatch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=quick))
    monkeypatch.setattr("jobs.wiring.SalesforceConfig", partial(SalesforceConfig, patience=quick))
    crm, names = WAYS[request.param]
    folder = tmp_path / "left"
    folder.mkdir()
    with Emulator(crm, log=folder / "requests.jsonl") as emulator:  # type: ignore[arg-type]  # one of CRMS
        fill_demo(small_world(), orgs=emulator.orgs, clock=emulator.clock)
        told = emulator.announcement[crm]
        env = {f"TOSSUP_{crm.upper()}_{name}": str(told[name.lower()]) for name in names}
        env |= {
            "TOSSUP_CRM": crm,
            "TOSSUP_STATE_DIR": str(folder / "store"),
            "TOSSUP_CONFIG": str(few_rules(folder / "rules", crm)),
        }
        yield Life(crm=crm, emulator=emulator, env=env, folder=folder, whole=request.param in WHOLE)


def test_no_secret_is_left_anywhere(life: Life, record_property: Any) -> None:
    ordinary(life)
    refused_tokens(life)
    if life.whole:
        lies_and_storms(life)
    places, secrets = life.places(), life.secrets()
    assert found(secrets, places) == []
    spelled = sum(len(spellings(one)) for one in secrets.values())
    figures = (
        f"{len(life.ended)} commands, {len(places)} places, {sum(len(one) for _, one in places):,} bytes, "
        f"{len(secrets)} secrets in {spelled} spellings"
    )
    record_property("searched", figures)
    sys.stdout.write(f"{life.crm}: {figures}\n")
    assert {"ledger.db", "mirror.duckdb", "view.json"} <= {Path(name.split(" ")[0]).name for name, _ in places}


def ordinary(life: Life) -> None:
    """What a good day looks like, with --debug on."""
    announced = life.emulator.announcement["env"][life.crm]  # a ready session does not tell whose it is
    announced[f"TOSSUP_{life.crm.upper()}_ACCESS_TOKEN"] = announced.get(
        f"TOSSUP_{life.crm.upper()}_ACCESS_TOKEN", ""
    )
    codes = [life("setup", "--apply", "--debug", **announced).code, life("pull", "--debug").code]
    planned = life("plan", "--json", "--debug")
    codes += [planned.code, life("apply", planned.json()["plan"], "--debug").code, life("sync", "--yes").code]
    codes += [life(*words, "--json").code for words in (("leads",), ("runs",), ("explain", "Industries 001"))]
    assert codes == [0] * len(codes), life.ended


def refused_tokens(life: Life) -> None:
    """Expired in the middle, refused for good, wrong from the start, quoted by the CRM."""
    life.emulator.orgs[life.crm].settings({"expire_tokens": True})
    assert life("pull", "--debug").code == 0
    life.fault("GET /*", "401", times=1)
    life("pull", "--debug")
    life.calm()
    life.fault("* /*", "401", times=None, probability=1.0)
    assert life("pull", "--debug").code == 2
    life.calm()
    life.fault(TOKENS[life.crm], "echo", times=None, probability=1.0)
    life("sync", "--yes", "--debug")
    life.calm()
    name = f"TOSSUP_{life.crm.upper()}_ACCESS_TOKEN"
    assert life("pull", "--debug", **{name: WRONG}).code == 2
    for kind in ("ACCESS_TOKEN", "CLIENT_SECRET"):
        life("pull", **{f"TOSSUP_{life.crm.upper()}_{kind}_CMD": f"/bin/echo {WRONG} extra"})


def lies_and_storms(life: Life) -> None:
    """A CRM that quotes what it was sent, answers with other things, is busy, hangs up: also while writing."""
    kinds = ("echo", "garbage", "login_page", "redirect")
    for match, kind in zip(("POST /*", "GET /*", "* /*", "POST /*"), kinds, strict=True):
        life.emulator.clock.advance(86_400)
        life.fault(match, kind, times=None, probability=0.5, seed=len(life.ended), to="http://127.0.0.1:9")
        life("sync", "--yes", "--debug")
        life.calm()
    for seed, kind in enumerate(("503", "429", "drop_before", "drop_after", "lock")):
        life.fault("* /*", kind, probability=0.2, seed=seed)
    life("sync", "--yes", "--debug", "--json")
    life.calm()
    life("runs")


@pytest.mark.parametrize("spelling", ["plain", "base64", "address", "packed", "row"])
def test_the_search_finds_a_secret_that_is_there(tmp_path: Path, spelling: str) -> None:
    secret = "canary/of+a=secret 0123456789"
    spelled = spellings(secret)
    if spelling == "row":
        with sqlite3.connect(tmp_path / "ledger.db") as con:
            con.execute("CREATE TABLE plans (body BLOB)")
            con.execute("INSERT INTO plans VALUES (?)", (zlib.compress(f"long {secret} text".encode() * 9),))
        con.close()
    elif spelling == "packed":
        (tmp_path / "log").write_bytes(b"Basic " + b64encode(f"client:{secret}".encode()))
    else:
        chosen = {
            "plain": secret.encode(),
            "base64": max(spelled, key=len),
            "address": b"canary%2Fof%2Ba%3Dsecret+0123456789",
        }
        (tmp_path / "log").write_bytes(b"before " + chosen[spelling] + b" after")
    assert {name for name, _ in found({"it": secret}, left_in(tmp_path))} == {"it"}
