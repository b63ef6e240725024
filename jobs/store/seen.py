"""What is ours in the CRM though this ledger did not write it: seen there when the ledger had been lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from jobs.store.database import Database, upsert
from jobs.store.tables import seen

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A record that carries a `key` of ours, or an account some of whose `fields` for our values were not empty.

    `at`: when it was made, where that is known.
    """

    id: str
    key: str | None = None
    fields: frozenset[str] = frozenset()
    at: datetime | None = None


class SeenRecords:
    """Those of one connection."""

    def __init__(self, database: Database, connection: str) -> None:
        self._database = database
        self._connection = connection

    def keyed(self) -> Mapping[tuple[str, str], tuple[str, datetime]]:
        """Id of each record that carried a key of ours, and when it was made or first seen, by object and key."""
        query = sa.select(seen).where(seen.c.connection == self._connection, seen.c.key.is_not(None))
        with self._database.reading() as con:
            return {(row.object, row.key): (row.id, row.at) for row in con.execute(query.order_by(seen.c.id))}

    def fields(self, object: str, ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The fields of these records that were once not empty, by id."""
        return {id: frozenset(row.fields) for id, row in self._rows(object, ids).items()}

    def note(self, object: str, found: Iterable[Seen], at: datetime) -> None:
        """Remember these too; a record that is known keeps its moment, and every field that was not empty once."""
        rest = iter(found)
        while some := {one.id: one for one in islice(rest, _AT_ONCE)}:
            known = self._rows(object, list(some))
            news = [one for id, one in sorted(some.items()) if id not in known or one.fields - {*known[id].fields}]
            rows = [self._row(object, one, known.get(one.id), at) for one in news]
            if rows:
                with self._database.writing() as con:
                    upsert(con, seen, rows)

    def _rows(self, object: str, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
        here = (seen.c.connection == self._connection) & (seen.c.object == object)
        found: dict[str, sa.Row[Any]] = {}
        with self._database.reading() as con:
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                found |= {row.id: row for row in con.execute(sa.select(seen).where(here, seen.c.id.in_(some)))}
        return found

    def _row(self, object: str, one: Seen, known: sa.Row[Any] | None, at: datetime) -> dict[str, Any]:
        fields = one.fields if known is None else one.fields | {*known.fields}
        place = {"connection": self._connection, "object": object, "id": one.id}
        return {
            **place,
            "key": one.key,
            "fields": sorted(fields),
            "at": (one.at or at) if known is None else known.at,
        }
