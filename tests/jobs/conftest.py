"""A mirror and a ledger for each test; runs in this process log no call."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from jobs.store.ledger import Ledger
from jobs.store.mirror import Mirror


@pytest.fixture(autouse=True, scope="session")
def quiet() -> None:
    """As `tossup` does without --debug."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror that holds nothing yet."""
    with Mirror(tmp_path / "mirror.duckdb") as mirror:
        yield mirror


@pytest.fixture
def ledger(ledger_at: str) -> Iterator[Ledger]:
    """A ledger that holds nothing yet, in each database that we keep it in."""
    with Ledger(ledger_at) as ledger:
        yield ledger
