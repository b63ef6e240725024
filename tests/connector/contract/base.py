"""What each part of the contract stands on: a CRM, and what is written into it."""

from collections.abc import Iterator
from typing import Any

import pytest

from connector.port import Crm, Outcome, Record
from tests.connector.contract.side import Side


class Contract:
    """One part of the contract; a CRM gives the fixture `side`."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        raise NotImplementedError

    @pytest.fixture
    def crm(self, side: Side) -> Iterator[Crm]:
        crm = side.open()
        yield crm
        crm.close()

    @pytest.fixture
    def prepared(self, side: Side, crm: Crm) -> Crm:
        """With the task's key in place."""
        crm.setup(crm.missing(side.wanted()))
        return crm

    def task(self, side: Side, number: int) -> Record:
        """A task to upsert."""
        words = side.words
        values: dict[str, Any] = {words.subject: f"Call Example Industries {number:03}"} | dict(words.new_task)
        return Record(ref=f"task-{number}", key=f"lead-{number}", values=values)

    def value(self, side: Side, object: str, id: str, name: str) -> Any:
        """What the CRM holds in this field."""
        record = next(record for record in side.held(object) if id in (record.get("Id"), record.get("id")))
        return record.get("properties", record).get(name)


def by_ref(outcomes: Any) -> dict[str, Outcome]:
    """Outcomes by ref; every ref once."""
    listed = list(outcomes)
    found = {outcome.ref: outcome for outcome in listed}
    assert len(found) == len(listed)
    return found
