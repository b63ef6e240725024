"""Our records as they stand: what the CRM shows of them, and what our ledger knows beside that.

A record that we closed ourselves says nothing of what people decided, whatever its status. It is withdrawn as long as
nobody answered or changed it since, and its lead may come back; once a person did, it is that person's. A record that
we made and the CRM does not show was deleted by a person, which is a decision too. Of an open one our ledger tells
what people changed: what is theirs is never changed again.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from jobs.merged import as_now_called
from jobs.past import Books, now_called, touches, untouched
from jobs.store.ledger import Known
from jobs.touched import changes, due_day, record_of
from jobs.view import View
from jobs.withdrawn import by_note, silent
from mappings.config import MappingConfig

INDEX_LAG = timedelta(hours=1)
"""What we wrote and do not see yet may still be on its way into the CRM's index for this long."""

_OURS = pa.schema(
    [
        ("id", pa.string()),
        ("key", pa.string()),
        ("kind", pa.string()),
        ("contact_id", pa.string()),
        ("is_closed", pa.bool_()),
        ("created_on", pa.date32()),
        ("withdrawn_on", pa.date32()),
        ("touched", pa.string()),
    ]
)
_NAMES = pa.schema([(name, pa.string()) for name in ("object", "key", "kind")])
_MARKS = pa.schema(
    [
        ("key", pa.string()),
        ("kind", pa.string()),
        ("marked_on", pa.date32()),
        ("silent", pa.bool_()),
        ("shut", pa.bool_()),
        ("changed", pa.string()),
        ("later", pa.date32()),
    ]
)
_SOME = 5_000
"""Closed records that are read at once: all that were ever closed are looked at, and do not fit into memory."""
Keyed = Mapping[tuple[str, str], Known]
"""Records by object and key, as the ledger keeps them."""


def with_known(ours: ir.Table, books: Books, view: View) -> ir.Table:
    """`ours` as the CRM shows it, marked with what we did ourselves, and the records that it does not show.

    Young ones are on their way into the CRM's index, so still open; older ones were deleted by a person: they count
    as closed, and nothing is written in their place. A member whom we took off a list is as if never put there.
    """
    telling = _Telling(books=books, view=view)
    known, names = books.ledger.keys(books.connection), now_called(books)
    marked, gone = [*telling.noted(known)], telling.gone(known, ours)
    if not (known or marked or gone):
        return as_now_called(ours, names)
    marked += [*telling.closed(known), *telling.open(known, _open_ids(ours))]
    marks = ibis.memtable(pa.Table.from_pylist(marked, schema=_MARKS))
    shown = ours.left_join(marks, ["key", "kind"]).mutate(
        withdrawn_on=ibis._.marked_on,
        touched=ibis._.changed,
        deferred_to=ibis._.later,
        outcome=ibis.cases((~ibis.coalesce(ibis._.silent, False), ibis._.outcome)),
        is_closed=ibis._.is_closed | ibis.coalesce(ibis._.shut, False),
    )
    columns = list(ours.columns)
    rows = [*telling.rows({name: known[name] for name in telling.unseen(known, ours)}), *gone]
    kinds = ours.schema()
    missing = {name: ibis.null(kinds[name]) for name in columns if name not in _OURS.names}
    unseen = ibis.memtable(pa.Table.from_pylist(rows, schema=_OURS)).mutate(**missing)
    return as_now_called(shown.select(columns).union(unseen.select(columns)), names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    books: Books
    view: View

    @property
    def mapping(self) -> MappingConfig:
        return self.books.rules.mapping

    def gone(self, known: Keyed, ours: ir.Table) -> list[dict[str, Any]]:
        """Of records of ours that the ledger does not know: those that the CRM once showed, and shows no more."""
        seen = self.books.ledger.seen(self.books.connection).keyed()
        strange = {
            name: Known(object=name[0], id=id, at=at - 2 * INDEX_LAG, closed=False)
            for name, (id, at) in seen.items()
            if name not in known
        }
        return list(self.rows({name: strange[name] for name in self.unseen(strange, ours)}) if strange else ())

    def unseen(self, known: Keyed, ours: ir.Table) -> list[tuple[str, str]]:
        """Those of the records that the CRM does not show, by object and key; the engine compares."""
        kinds = {object: _kind(object, self.mapping) for object in {object for object, _ in known}}
        columns = {
            "object": [object for object, _ in known],
            "key": [key for _, key in known],
            "kind": [kinds[object] for object, _ in known],
        }
        written = ibis.memtable(pa.table(columns, schema=_NAMES))
        found = written.anti_join(ours, ["key", "kind"]).select("object", "key").to_pyarrow().to_pylist()
        return [(row["object"], row["key"]) for row in found]

    def rows(self, known: Keyed) -> Iterator[dict[str, Any]]:
        """What there is to say of these records, which the CRM does not show."""
        contacts = self._contacts(known)
        for (_, key), item in sorted(known.items()):
            kind = _kind(item.object, self.mapping)
            if not item.removed and (kind != "member" or (item.id is not None and not item.closed)):
                yield self._row(key, kind, item, contacts.get(item.id or ""))

    def _row(self, key: str, kind: str, item: Known, contact: str | None) -> dict[str, Any]:
        gone = item.at < self.view.now - INDEX_LAG and contact is None
        return {
            "id": item.id if kind == "member" else item.id or key,
            "key": key,
            "kind": kind,
            "contact_id": contact,
            "is_closed": item.closed or gone,
            "created_on": self._day(item),
            "withdrawn_on": self._day(item) if item.closed else None,
            "touched": "deleted" if gone and not item.closed else None,
        }

    def noted(self, known: Keyed) -> Iterator[dict[str, Any]]:
        """Of records that the ledger does not know: those whose note says that we closed them, and since when."""
        for object, key, day in by_note(self.books, known.keys()):
            yield {"key": key, "kind": _kind(object, self.mapping), "marked_on": day, "silent": True, "shut": False}

    def closed(self, known: Keyed) -> Iterator[dict[str, Any]]:
        """Of the records that we closed: since when, whether nobody decided, whether the CRM may not show it yet."""
        for object in sorted({item.object for item in known.values()}):
            closed = {key: item for (of, key), item in known.items() if of == object and item.closed and item.id}
            keys = sorted(closed)
            for start in range(0, len(keys), _SOME):
                yield from self._closed(object, {key: closed[key] for key in keys[start : start + _SOME]})

    def _closed(self, object: str, closed: Mapping[str, Known]) -> Iterator[dict[str, Any]]:
        ids = sorted(str(item.id) for item in closed.values())
        intact, unanswered = untouched(self.books, object, ids, ()).keys(), silent(self.books, object, ids)
        for key, item in closed.items():
            young = item.at >= self.view.now - INDEX_LAG
            yield {
                "key": key,
                "kind": _kind(object, self.mapping),
                "marked_on": self._day(item) if young or item.id in intact else None,
                "silent": young or item.id in unanswered,
                "shut": young,
            }

    def open(self, known: Keyed, open: Set[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Of those that are open, by kind and id: what people changed, and to which later day they put it off."""
        for object in sorted({item.object for item in known.values()}):
            kind = _kind(object, self.mapping)
            keys = {str(item.id): key for (of, key), item in known.items() if of == object and not item.closed}
            ids = sorted(id for id in keys if (kind, id) in open)
            record = record_of(self.mapping, object)
            if record is None:
                continue
            for id, touch in touches(self.books, object, ids, ()).items():
                told = set(changes(self.mapping, record, touch))
                if told:
                    later = due_day(self.mapping, record, touch.row) if "deferred" in told else None
                    yield {"key": keys[id], "kind": kind, "changed": ", ".join(sorted(told)), "later": later}

    def _day(self, item: Known) -> date:
        return item.at.astimezone(ZoneInfo(self.mapping.company.time_zone)).date()

    def _contacts(self, known: Keyed) -> Mapping[str, str]:
        """The contacts of those members in our ledger who are on their lists, by member id."""
        members, mirror = self.mapping.write.list, self.books.mirror
        field = members.fields["contact_id"].field if members is not None else ""
        if members is None or members.object not in mirror.objects() or field not in mirror.fields(members.object):
            return {}
        ids = [item.id for (object, _), item in known.items() if object == members.object and item.id is not None]
        return {id: str(row[field]) for id, row in mirror.fetch(members.object, ids, [field]).items()} if ids else {}


def _open_ids(ours: ir.Table) -> Set[tuple[str, str]]:
    rows = ours.filter(~ibis.coalesce(ours.is_closed, False)).select("kind", "id").to_pyarrow().to_pylist()
    return {(row["kind"], row["id"]) for row in rows}


def _kind(object: str, mapping: MappingConfig) -> str:
    if mapping.write.list is not None and object == mapping.write.list.object:
        return "member"
    return "task" if object == mapping.write.task.object else "lead"
