"""What people answered on records of ours, noted with the day it was first seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from jobs.store.database import Database, upsert
from jobs.store.tables import answers

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, and the day it was given as far as the CRM told when it was first seen."""

    outcome: str
    day: date


Record = tuple[str, str]
"""A kind of record of ours (`task`, `lead`, `member`) and its id."""


class Answers:
    """Those of one connection."""

    def __init__(self, database: Database, connection: str) -> None:
        self._database = database
        self._connection = connection

    def known(self) -> Mapping[Record, Answer]:
        """Every answer that was noted."""
        query = sa.select(answers).where(answers.c.connection == self._connection)
        with self._database.reading() as con:
            rows = con.execute(query).all()
        return {(row.kind, row.id): Answer(outcome=row.outcome, day=row.day) for row in rows}

    def note(self, found: Mapping[Record, Answer], gone: Iterable[Record]) -> None:
        """Note these, whatever was noted of their records before, and forget those that were taken back."""
        rows = [
            {"connection": self._connection, "kind": kind, "id": id, "outcome": one.outcome, "day": one.day}
            for (kind, id), one in sorted(found.items())
        ]
        with self._database.writing() as con:
            for start in range(0, len(rows), _AT_ONCE):
                upsert(con, answers, rows[start : start + _AT_ONCE])
            for kind, id in sorted(gone):
                here = (answers.c.connection == self._connection) & (answers.c.kind == kind) & (answers.c.id == id)
                con.execute(sa.delete(answers).where(here))
