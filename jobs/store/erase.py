"""Taking one person out of the ledger and the mirror, so that not even their files hold a trace.

Of a record that was about the person (a task, a place on a list) every text is replaced that names them or is prose:
who it was can be read from a job title as well as from a name. What was written there before is then unknown, so from
then on such a record is treated as a person's own, and left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jobs.store.database import Database
from jobs.store.records import plan_from_bytes
from jobs.store.tables import intents, outcomes, plans, seen, written
from jobs.store.words import Words
from mappings.changes import Change, FieldChange

Record = tuple[str, str]
ERASED = "[erased]"
_TOKEN = 30
"""Longer values are prose; up to so long they are days, choices and moments, which others read as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """How much of a person a store held: plans, intents, remembered values, texts of the CRM's refusals."""

    plans: int = 0
    intents: int = 0
    written: int = 0
    refusals: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.plans + self.intents + self.written + self.refusals


def speaks_of_erased(change: Change) -> bool:
    """Whether it would write what stands in the place of a forgotten text: it waits until the CRM was read again."""
    return any(isinstance(field.new, str) and ERASED in field.new for field in change.fields)


def is_erased(field: FieldChange) -> bool:
    """Whether a forgotten text stood here: what it was, before or after, nobody knows any more."""
    return any(isinstance(value, str) and ERASED in value for value in (field.old, field.new))


def about(database: Database, connection: str, words: Words) -> set[Record]:
    """The records that are about the person, by object and ref: all that was written to them counts."""
    with database.reading() as con:
        rows = _each(con, _of(intents, connection))
        return {(one.object, one.ref) for one in rows if words.within([one.change, one.ref])}


def erase(database: Database, connection: str, words: Words, refs: set[Record], *, write: bool) -> Traces:
    """What the ledger holds of the person; with `write`, taken out of it. Plans that speak of them are deleted.

    `refs` are the records `about` them. Reads all that was ever written, a little at a time.
    """
    with database.writing() as con:
        spoken = [row.id for row in _each(con, _of(plans, connection), 20) if _speaks(row, words)]
        mine = [one for one in _each(con, _of(intents, connection)) if (one.object, one.ref) in refs]
        kept = [
            one for one in _each(con, _of(written, connection))
            if (one.object, one.ref) in refs or words.within([one.fields, one.ref, one.record_id])
        ]  # fmt: skip
        said = [
            row for row in _refusals(con, connection) if words.within(row.message) or (row.object, row.ref) in refs
        ]
        noted = [one for one in _each(con, _of(seen, connection)) if words.within([one.id, one.key])]
        if write:
            _write(con, connection, words, spoken, mine, kept, said)
            for one in noted:
                con.execute(sa.delete(seen).where(*_place(seen, one)))
    if write and spoken + mine + kept + said + noted:
        database.compact()
    return Traces(plans=len(spoken), intents=len(mine), written=len(kept) + len(noted), refusals=len(said))


def _each(con: sa.Connection, query: sa.Select[Any], some: int = 2_000) -> Iterator[Any]:
    """The rows of a query, so many in memory at once."""
    yield from con.execute(query, execution_options={"yield_per": some})


def _of(table: sa.Table, connection: str) -> sa.Select[Any]:
    return sa.select(table).where(table.c.connection == connection)


def _speaks(row: Any, words: Words) -> bool:
    plan = plan_from_bytes(row.id, row.body)
    said = [[one.id, one.base, one.theirs, one.ours] for one in plan.conflicts]
    return words.within([*map(_plain, plan.changes), *said, *plan.names.values()])


def _plain(change: Any) -> list[Any]:
    texts = [part for field in change.fields for part in (field.old, field.new)]
    return [change.id, change.key, change.ref, *texts, *(link.id for link in change.links)]


def _refusals(con: sa.Connection, connection: str) -> Iterator[Any]:
    query = sa.select(outcomes.c.intent, outcomes.c.message, intents.c.object, intents.c.ref).join_from(
        outcomes, intents
    )
    yield from _each(con, query.where(intents.c.connection == connection, outcomes.c.message.is_not(None)))


def _write(
    con: sa.Connection,
    connection: str,
    words: Words,
    spoken: Sequence[str],
    mine: Sequence[Any],
    kept: Sequence[Any],
    said: Sequence[Any],
) -> None:
    for id in spoken:
        con.execute(sa.delete(plans).where(plans.c.id == id, plans.c.connection == connection))
    for one in mine:
        gone = {"change": _without(one.change, words), "ref": _text(one.ref, words)}
        con.execute(sa.update(intents).where(intents.c.id == one.id).values(**gone))
        if words.within(str(one.ref)):  # the record id of a place on a list holds the contact's
            con.execute(sa.update(outcomes).where(outcomes.c.intent == one.id).values(record_id=ERASED))
    for one in said:
        con.execute(sa.update(outcomes).where(outcomes.c.intent == one.intent).values(message=ERASED))
    for one in kept:
        place = _place(written, one)
        if words.within([one.ref, one.record_id]):
            con.execute(sa.delete(written).where(*place))
        else:
            fields = {name: [_text(value, words, all=True), at] for name, (value, at) in one.fields.items()}
            con.execute(sa.update(written).where(*place).values(fields=fields))


def _place(table: sa.Table, row: Any) -> list[sa.ColumnElement[bool]]:
    return [table.c[key.name] == getattr(row, key.name) for key in table.primary_key]


def _without(change: dict[str, Any], words: Words) -> dict[str, Any]:
    """The change with no text in its fields, and no link to the person."""
    fields = [
        {**field, "old": _text(field["old"], words, all=True), "new": _text(field["new"], words, all=True)}
        for field in change["fields"]
    ]
    rest = {name: _text(value, words) for name, value in change.items() if name not in ("fields", "links")}
    links = [link for link in change["links"] if not words.within(link)]
    return {**rest, "fields": fields, "links": links}


def _text(value: Any, words: Words, *, all: bool = False) -> Any:
    prose = all and isinstance(value, str) and len(value) > _TOKEN
    return ERASED if isinstance(value, str) and (prose or words.within(value)) else value
