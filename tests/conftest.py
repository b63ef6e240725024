"""For every test: options, a server, and fewer garbage collections, which thousands of expressions do not need."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadFileScheduling

from jobs.store.ledger import ledger_url

if TYPE_CHECKING:
    from tests.postgres import Server

gc.set_threshold(200_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was looked through for secrets, test by test."""
    told = {
        f"{report.nodeid}: {value}"
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "searched"
    }
    if told:
        terminalreporter.section("what was searched for secrets, and none found")
    for one in sorted(told):
        terminalreporter.write_line(one)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long to torture."""
    parser.addoption("--kills", type=int, default=9, help="runs that are killed, in tests/torture/test_kill.py")
    parser.addoption("--storms", type=int, default=1, help="storms of faults, for each way of writing")
    parser.addoption("--stories", type=int, default=1, help="stories of people and runs, for each CRM")
    parser.addoption("--seed", type=int, default=1, help="what the chance in tests/torture begins with")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun last, one worker would work on them while the others are idle."""
    items.sort(key=lambda item: "torture" not in item.path.parts)


SHARING = ("tests/jobs/apply", "tests/jobs/cli", "tests/jobs/undo", "tests/leads/revenue")
"""Folders whose files share what takes long to make: one worker takes all of them, and it is made once."""


class _ByFileOrFolder(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder in SHARING else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """A worker takes a file, or a folder whose files share something."""
    return _ByFileOrFolder(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Server]":
    """A PostgreSQL server, one for all tests of this process."""
    from tests.postgres import serving

    with serving() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that is not there yet, in each database that we keep it in."""
    if request.param == "sqlite":
        return ledger_url(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    return server.url(server.schema())
