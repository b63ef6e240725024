"""One answer over the worlds of all cases, shared: deciding once takes longer than looking at it a hundred times."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from leads.find import Found
from tests.leads.case_files import all_cases, background
from tests.leads.world import World, rules

Answer = tuple[Found, dict[str, dict[str, Any]]]


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
