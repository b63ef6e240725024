"""Two processes that work on one CRM: on one machine (one state folder), and on two that share a ledger."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from connector.errors import TryAgain
from jobs import verbs
from jobs.settings import Settings
from jobs.store.address import open_database
from jobs.store.ledger import Ledger, ledger_url
from jobs.store.tables import holds, intents
from jobs.wiring import open_work
from tests.apart import PATIENCE_S, Interpreter, Process, interpreter
from tests.jobs.small import CRMS, Company, company, silent
from tests.secrets import Place, Search, left_in, rows_on

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture(scope="module", params=CRMS)
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """What the CRM holds after one run that nobody disturbed."""
    with company(request.param, tmp_path_factory.mktemp("alone") / "store") as one:
        assert one.sync().written > 0
        yield one


@pytest.fixture
def world(alone: Company, tmp_path: Path) -> Iterator[Company]:
    """The same customers in a CRM of their own, set up and never synced."""
    with company(alone.crm, tmp_path / "store") as one:
        yield one


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A place that runs `tossup sync --yes` on its own: a state folder, and the ledger it is told to use."""

    variables: Mapping[str, str]
    folder: Path
    loaded: Interpreter
    until: ExitStack

    def sync(self) -> Process:
        """Started now; whatever becomes of the test, it does not outlive it."""
        process = self.loaded.start(("sync", "--yes", "--json", "--debug"), self.variables, self.folder)
        self.until.callback(process.kill)
        return process


Places = Callable[[str], tuple[list[Machine], str]]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Interpreter]:
    with interpreter() as one:
        yield one


@pytest.fixture
def places(
    world: Company, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, postgres: "Server", loaded: Interpreter
) -> Iterator[Places]:
    """Two places to run from, and the URL of the ledger they share."""
    with ExitStack() as until:
        said = tmp_path_factory.mktemp("said")

        def made(kind: str) -> tuple[list[Machine], str]:
            if kind == "one folder":
                (connection,) = (one for one in world.settings.state_dir.iterdir() if one.is_dir())
                one = Machine(variables=world.env, folder=said, loaded=loaded, until=until)
                return [one] * 2, ledger_url(connection)
            url = postgres.url(postgres.schema())
            told = {**world.env, "TOSSUP_LEDGER_URL": url}
            folders = [str(tmp_path / name) for name in ("machine-a", "machine-b")]
            variables = [told | {"TOSSUP_STATE_DIR": one} for one in folders]
            return [Machine(variables=one, folder=said, loaded=loaded, until=until) for one in variables], url

        yield made


def held(world: Company) -> str:
    """All that Tossup writes, wherever the CRM is served."""
    told = json.dumps(world.state(), indent=1).replace(world.settings.address(), "https://crm.example")
    return re.sub(r"app.hubspot.com/contacts/\d+/", "app.hubspot.com/contacts/PORTAL/", told)


def asked(url: str, query: "sa.Select[Any]") -> Any:
    """A value in the ledger; None while there is no such ledger yet."""
    database = open_database(url)
    try:
        with database.reading() as con:
            return con.execute(query).scalar() if sa.inspect(con).has_table("holds") else None
    finally:
        database.close()


def awaited(url: str, query: "sa.Select[Any]") -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := asked(url, query):
            return found
        time.sleep(0.02)
    pytest.fail("nothing happened")


def ended(process: Process) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.wait(), out, err


def look(world: Company, server: "Server", url: str, *said: tuple[int, str, str]) -> str:
    """No secret is in what both said or in what they left, here and on the server; the figures."""
    search = Search()
    places: list[Place] = [("said", text.encode()) for _, *texts in said for text in texts]
    assert sum(text.count(b" call=") for _, text in places), "--debug logs calls"
    places += left_in(world.settings.state_dir.parent)
    places += rows_on(url) if url.startswith("postgresql") else []
    search.through({**world.org.secrets(), "of the ledger": server.password}, places, runs=len(said))
    return str(search)


WORKING = sa.select(holds.c.pid).where(~holds.c.released)


@pytest.mark.parametrize("kind", ["one folder", "two machines"])
def test_of_two_that_start_at_once_one_runs_and_the_other_leaves(
    world: Company,
    alone: Company,
    places: Places,
    postgres: "Server",
    record_property: Callable[[str, object], None],
    kind: str,
) -> None:
    machines, url = places(kind)
    both = {process.pid: process for process in [one.sync() for one in machines]}
    first = both.pop(awaited(url, WORKING))
    first.send_signal(signal.SIGSTOP)  # so that both are there at once, however fast the first one is
    try:
        code, out, err = ended(both.popitem()[1])
    finally:
        first.send_signal(signal.SIGCONT)
    assert (code, json.loads(out)["error"]["exit_code"] if out else 75) == (75, 75), err
    assert f"Another run is under way on {world.settings.crm}:" in out + err
    assert f": sync, process {first.pid} on " in out + err
    left = code, out, err
    code, out, err = ended(first)
    assert code == 0, err
    record_property("searched", look(world, postgres, url, left, (code, out, err)))
    told = json.loads(out)
    assert told["written"] == sum(told["changes"].values()) > 0
    assert held(world) == held(alone)
    keys = [len(world.ours(object)) for object in ("task", "lead")]
    with Ledger(url) as ledger:
        assert len(ledger.written_by(ledger.runs()[0].id)) == told["written"]
        assert [run.verb for run in ledger.runs()].count("sync") == 1, "the one that left has noted nothing"
    print(f"{world.crm}, {kind}: exits 0 and 75, {told['written']} records written, {keys} keys, 0 twice")  # noqa: T201  # the figures
    code, out, err = ended(machines[1].sync())
    assert (code, json.loads(out)["written"]) == (0, 0), err
    assert held(world) == held(alone)


VERBS: Mapping[str, Callable[[Settings], object]] = {
    "setup": lambda settings: verbs.setup(settings, apply=True),
    "pull": lambda settings: verbs.pull(settings, full=False, report=silent),
    "plan": lambda settings: verbs.plan(settings, report=silent),
    "apply": lambda settings: verbs.apply(settings, "0" * 12, report=silent),
    "sync": lambda settings: verbs.sync(settings, write=True, full=False, report=silent),
    "undo": lambda settings: verbs.undo(settings, "1", write=True, report=silent),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_works_on_the_crm_waits_for_its_turn(alone: Company, verb: str) -> None:
    before = verbs.runs(alone.settings, 100)
    words = rf"Another run is under way on .*: sync, process {os.getpid()} on "
    with open_work(alone.settings, "sync"), pytest.raises(TryAgain, match=words):
        VERBS[verb](alone.settings)
    assert verbs.runs(alone.settings, 100) == before


def test_when_one_machine_is_killed_while_it_writes_the_other_brings_it_to_the_same_end(
    world: Company,
    alone: Company,
    places: Places,
    postgres: "Server",
    record_property: Callable[[str, object], None],
) -> None:
    (one, other), url = places("two machines")
    killed = one.sync()
    awaited(url, sa.select(sa.func.count()).select_from(intents))
    killed.kill()
    dead = ended(killed)
    for _ in range(3):
        code, out, err = ended(other.sync())
        if code != 75:
            break
    assert code == 0, err
    assert held(world) == held(alone)
    record_property("searched", look(world, postgres, url, dead, (code, out, err)))
    print(f"{world.crm}: killed midway; the other machine wrote {json.loads(out)['written']}, 0 twice")  # noqa: T201  # the figures
