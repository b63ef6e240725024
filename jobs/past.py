"""What we last wrote to the records we know, and which of them hold nothing but that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from jobs.store.ledger import Ledger
from jobs.store.mirror import Mirror
from mappings.changes import Value
from mappings.config import Rules
from mappings.same import same
from mappings.write import said_fields


class Books(Protocol):
    """What there is to remember by: the CRM's rows, what we wrote, for which connection, by which rules."""

    @property
    def mirror(self) -> Mirror:
        """The CRM's rows as of the last pull."""

    @property
    def ledger(self) -> Ledger:
        """What we wrote."""

    @property
    def connection(self) -> str:
        """Which CRM."""

    @property
    def rules(self) -> Rules:
        """The configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The books of a connection that nobody is signed in to."""

    mirror: Mirror
    ledger: Ledger
    connection: str
    rules: Rules


_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What we last wrote to one record: values by field, and when."""

    values: Mapping[str, Value]
    at: Mapping[str, datetime]

    def seen_over(self, theirs: Mapping[str, Value], stamp: datetime | None) -> dict[str, Value]:
        """What the CRM holds now: where we wrote after the mirror saw the record, what we wrote."""
        seen = stamp or _NEVER
        return {
            name: self.values[name] if self.at.get(name, _NEVER) > seen else value for name, value in theirs.items()
        }


NO_PAST = Past(values={}, at={})


def past(books: Books, object: str, refs: Sequence[str]) -> dict[str, Past]:
    """By record id: the last values we wrote."""
    written = books.ledger.last_written(books.connection, object, refs)
    return {
        ref: Past(
            values={name: one.value for name, one in fields.items()},
            at={name: one.at for name, one in fields.items()},
        )
        for ref, fields in written.items()
    }


def untouched(books: Books, object: str, ids: Sequence[str], fields: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Those records of ours that hold nothing but what we wrote into them, by id, with these fields too."""
    wrote = past(books, object, ids) if ids else {}
    said = said_fields(books.rules.mapping, object)
    names = {name for one in wrote.values() for name in one.values} | {*fields} | said
    return {
        id: row
        for id, row in held(books, object, sorted(wrote), names).items()
        if not any(row.get(name) for name in said)
        and all(same(row[name], value) for name, value in wrote[id].values.items() if name in row)
    }


def held(books: Books, object: str, ids: Sequence[str], names: Iterable[str]) -> dict[str, dict[str, Value]]:
    """These fields as the mirror holds them, by id; constants that nothing reads back are not in it."""
    kept = set(books.mirror.fields(object))
    return books.mirror.fetch(object, ids, sorted(kept.intersection(names))) if ids else {}
