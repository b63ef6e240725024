"""Just before records are written: what the CRM holds of them now, and what somebody wrote since the plan.

A plan shows each field's old and new value. It is written only where the CRM still holds the old one at this moment
(or where the mapping says that the field is always ours); everything else is left as it is and told. A task or
lead record of ours is changed or closed, or a member taken off, only while nobody but us has written into it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from connector.port import Batch
from jobs.editors import with_editors
from jobs.past import NO_PAST, Past, is_still, now_called, past
from jobs.result import Left
from jobs.unmaking import kept, looks_for
from jobs.wiring import Work
from mappings.changes import Change, Conflict, Value, due_now, is_undo, takes_away
from mappings.same import is_empty
from mappings.write import computed_at_field, note_field, policies_of, said_fields

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Changes that may be written now; fields that somebody else wrote; changes whose record is no longer there.

    `left` are the records that an undo does not take away, for what people did with them shows in no field of ours.
    """

    due: tuple[Change, ...]
    moved: tuple[Conflict, ...] = ()
    gone: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()


Check = Callable[[str, Sequence[Change]], Checked]
"""Looks at some records of one object that a plan would change."""


def looked_at(changes: Sequence[Change], *, updateable: bool) -> list[Change]:
    """Those changes whose records are looked at first: all but new ones, and members that have no fields to edit."""
    return [change for change in changes if change.id is not None and updateable]


def checker(work: Work) -> Check:
    """A look at the CRM, one fetch for as many records as are given."""

    def check(object: str, changes: Sequence[Change]) -> Checked:
        if not looked_at(changes, updateable=work.schema.objects[object].updateable):
            return Checked(due=tuple(changes))
        look = _Look.at(work, object, changes)
        found = _joined(look.checked(change) for change in changes)
        # before we write: afterwards the record may be known to have been saved by us
        return _without_kept(work, object, replace(found, moved=with_editors(work.crm, found.moved)), look.rows)

    return check


def _joined(found: Iterator[Checked]) -> Checked:
    each = list(found)
    return Checked(
        due=tuple(change for one in each for change in one.due),
        moved=tuple(conflict for one in each for conflict in one.moved),
        gone=tuple(change for one in each for change in one.gone),
    )


def _without_kept(work: Work, object: str, found: Checked, rows: Mapping[str, Row]) -> Checked:
    """Asked last of all, and only of those that would go: what hangs on a record takes calls of its own."""
    left = tuple(kept(work, object, [change for change in found.due if takes_away(change)], rows))
    ids = {one.id for one in left}
    return replace(found, due=tuple(one for one in found.due if one.id not in ids), left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What the CRM holds of some records of one object, and what we last wrote into them."""

    work: Work
    object: str
    rows: Mapping[str, Row]
    wrote: Mapping[str, Past]
    called: Mapping[str, str]

    @classmethod
    def at(cls, work: Work, object: str, changes: Sequence[Change]) -> "_Look":
        ids = sorted({str(change.id) for change in changes})
        ending = [str(change.id) for change in changes if only_untouched(work, change)]
        wrote, called = (past(work, object, ending), now_called(work)) if ending else ({}, {})
        names = {field.name for change in changes for field in change.fields}
        names |= {name for change in changes if takes_away(change) for name in looks_for(change)}
        if ending:
            # constants that nothing reads back are not compared, as they are not when planning
            kept = set(work.mirror.fields(object))
            names |= kept.intersection(name for one in wrote.values() for name in one.values)
            names |= said_fields(work.rules.mapping, object)
        return cls(work=work, object=object, rows=now_held(work, object, ids, names), wrote=wrote, called=called)

    def checked(self, change: Change) -> Checked:
        row = self.rows.get(str(change.id))
        if row is None:
            # a member that is gone is off the list as it was meant to be
            return Checked(due=(change,)) if change.action == "remove" else Checked(due=(), gone=(change,))
        touched = tuple(self._touched(change, row)) if only_untouched(self.work, change) else ()
        if touched:
            return Checked(due=(), moved=touched)
        if change.action == "remove":
            return Checked(due=(change,))
        mapping = self.work.rules.mapping
        rider = computed_at_field(mapping) if self.object == mapping.write.account.object else None
        due, moved = due_now(change.fields, row, policies_of(mapping, self.object), rider)
        return Checked(
            due=(replace(change, fields=tuple(due)),) if due else (),
            moved=tuple(self._conflict(change, *one) for one in moved),
        )

    def _touched(self, change: Change, row: Row) -> Iterator[Conflict]:
        """The fields of a record of ours that hold something else than we wrote, or a person's answer.

        Where our ledger knows nothing of the record (it is another machine's), nobody can tell: all its fields.
        """
        wrote = self.wrote.get(str(change.id), NO_PAST).values
        if not wrote:
            for field in change.fields:
                yield self._conflict(change, field.name, field.old, row.get(field.name), field.new)
        for name, value in sorted(wrote.items()):
            if name in row and not is_still(row[name], value, self.called):
                yield self._conflict(change, name, value, row[name], value)
        for name in sorted(said_fields(self.work.rules.mapping, self.object) - wrote.keys()):
            if not is_empty(row.get(name)):
                yield self._conflict(change, name, None, row[name], None)

    def _conflict(self, change: Change, name: str, base: Value, theirs: Value, ours: Value) -> Conflict:
        return Conflict(object=self.object, id=str(change.id), field=name, base=base, theirs=theirs, ours=ours)


def only_untouched(work: Work, change: Change) -> bool:
    """Whether this is done only while nobody touched the record: so it is with tasks and lead records of ours.

    A note on what became of one may be added to what people touched, and an undo goes field by field.
    """
    if change.action in ("close", "remove"):
        return True
    note = note_field(work.rules.mapping, change.object)
    return change.key is not None and not is_undo(change.why) and {one.name for one in change.fields} != {note}


def now_held(work: Work, object: str, ids: Sequence[str], names: set[str]) -> dict[str, Row]:
    """These fields as the CRM holds them at this moment, by record id; records that are gone are left out."""
    schema = work.schema.objects[object]
    known = sorted(names & set(schema.fields))
    return {id: row for batch in work.crm.fetch(schema, known, ids) for id, row in _rows(batch, schema.id_field)}


def _rows(batch: Batch, id_field: str) -> Iterator[tuple[str, Row]]:
    for row in batch.rows.to_pylist():
        yield str(row[id_field]), {name: _spelled(value) for name, value in row.items()}


def _spelled(value: Any) -> Value:
    """As values travel: moments and days as ISO 8601 text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    known: Value = value
    return known
