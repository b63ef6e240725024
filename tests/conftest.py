"""For every test: fewer garbage collections, which building thousands of expressions does not need; and a server."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.store.ledger import ledger_url

if TYPE_CHECKING:
    from tests.postgres import Server

gc.set_threshold(200_000, 20, 20)


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
