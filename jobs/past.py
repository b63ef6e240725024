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


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A record of ours as the CRM holds it, and which of its fields people wrote since; `was`: what we wrote."""

    row: Mapping[str, Value]
    changed: frozenset[str]
    was: Mapping[str, Value]


def touches(books: Books, object: str, ids: Sequence[str], fields: Iterable[str]) -> dict[str, Touch]:
    """What people did to these records of ours since we wrote them, by id, with these fields too."""
    wrote = past(books, object, ids) if ids else {}
    said = said_fields(books.rules.mapping, object)
    names = {name for one in wrote.values() for name in one.values} | {*fields} | said
    found, called = {}, now_called(books) if wrote else {}
    for id, row in held(books, object, sorted(wrote), names).items():
        was = {name: value for name, value in wrote[id].values.items() if name in row}
        changed = {name for name, value in was.items() if not is_still(row[name], value, called)}
        changed |= {name for name in said if row.get(name)}
        found[id] = Touch(row=row, changed=frozenset(changed), was=was)
    return found


def now_called(books: Books) -> Mapping[str, str]:
    """The account that is there now, by the id of each that was merged into it, however many times."""
    merged = books.ledger.merged(books.connection, books.rules.mapping.write.account.object)
    into = {id: winner for id, winner in merged.items() if winner is not None}
    return {id: last for id in into if (last := _last(id, into)) != id}


def _last(id: str, into: Mapping[str, str]) -> str:
    seen = {id}
    while id in into and into[id] not in seen:
        id = into[id]
        seen.add(id)
    return id


def is_still(now: Value, wrote: Value, called: Mapping[str, str]) -> bool:
    """Whether a field holds what we wrote; an account that was merged is the one that it is `called` now."""
    return same(now, wrote) or same(now, called.get(str(wrote), wrote))


def untouched(books: Books, object: str, ids: Sequence[str], fields: Iterable[str]) -> dict[str, Mapping[str, Value]]:
    """Those records of ours that hold nothing but what we wrote into them, by id, with these fields too."""
    return {id: one.row for id, one in touches(books, object, ids, fields).items() if not one.changed}


def held(books: Books, object: str, ids: Sequence[str], names: Iterable[str]) -> dict[str, dict[str, Value]]:
    """These fields as the mirror holds them, by id; constants that nothing reads back are not in it.

    Nothing of an object that it does not hold: records of ours outlive the mapping, our rights and the mirror itself.
    """
    if not ids or object not in books.mirror.objects():
        return {}
    kept = set(books.mirror.fields(object))
    return books.mirror.fetch(object, ids, sorted(kept.intersection(names)))
