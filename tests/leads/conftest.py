"""One answer over the worlds of all cases, shared: deciding once takes longer than looking at it a hundred times."""

import gc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from leads.find import Found
from tests.leads.case_files import all_cases, background
from tests.leads.world import World, close_engine, rules

Answer = tuple[Found, dict[str, dict[str, Any]]]


@pytest.fixture(scope="session", autouse=True)
def _engine() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(
        100_000, 50, 50
    )  # expressions are many small objects that live long: looking for rubbish is slow
    yield
    gc.set_threshold(*usual)
    close_engine()


@pytest.fixture(scope="session")
def answer() -> Iterator[Answer]:
    """What find() says about all cases together, and its account rows by account id."""
    rows = background()
    for case in all_cases():
        for table, given in case.rows.items():
            rows.setdefault(table, []).extend(given)
    with closing(World(rows)) as world:
        found = world.find(rules())
        yield found, {row["account_id"]: row for row in found.accounts.to_pyarrow().to_pylist()}
