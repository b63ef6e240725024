"""What we last wrote to the records we know, and which of them hold nothing but that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.wiring import Work
from mappings.changes import Value
from mappings.same import same
from mappings.write import said_fields

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


def past(work: Work, object: str, refs: Sequence[str]) -> dict[str, Past]:
    """By record id: the last values we wrote."""
    written = work.ledger.last_written(work.connection, object, refs)
    return {
        ref: Past(
            values={name: one.value for name, one in fields.items()},
            at={name: one.at for name, one in fields.items()},
        )
        for ref, fields in written.items()
    }


def untouched(work: Work, object: str, ids: Sequence[str], fields: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Those records of ours that hold nothing but what we wrote into them, by id, with these fields too."""
    wrote = past(work, object, ids) if ids else {}
    said = said_fields(work.rules.mapping, object)
    names = {name for one in wrote.values() for name in one.values} | {*fields} | said
    return {
        id: row
        for id, row in held(work, object, sorted(wrote), names).items()
        if not any(row.get(name) for name in said)
        and all(same(row[name], value) for name, value in wrote[id].values.items() if name in row)
    }


def held(work: Work, object: str, ids: Sequence[str], names: Iterable[str]) -> dict[str, dict[str, Value]]:
    """These fields as the mirror holds them, by id; constants that nothing reads back are not in it."""
    kept = set(work.mirror.fields(object))
    return work.mirror.fetch(object, ids, sorted(kept.intersection(names))) if ids else {}
