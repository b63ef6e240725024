"""From leads and account facts to a plan: what differs from what the CRM holds, minus what people own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

import ibis.expr.types as ir

from jobs.apply import calls_needed
from jobs.decide import Decided
from jobs.say import records_of
from jobs.view import View
from jobs.wiring import Work
from leads.find import Found
from mappings.changes import Change, Conflict, FieldChange, Plan, Value, compare
from mappings.schema import ObjectSchema
from mappings.write import Closing, Desired, account_rows, closings

Row = Mapping[str, Any]

_HELD = "held: "
_NEVER = datetime.min.replace(tzinfo=UTC)
_SLICE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What we last wrote, or may have written, to one record: values by field, and when."""

    values: Mapping[str, Value]
    at: Mapping[str, datetime]

    def seen_over(self, theirs: Mapping[str, Value], stamp: datetime) -> dict[str, Value]:
        """What the CRM holds now: where we wrote after the mirror saw the record, what we wrote."""
        return {
            name: self.values[name] if self.at.get(name, _NEVER) > stamp else value for name, value in theirs.items()
        }


def make_plan(work: Work, decided: Decided, view: View) -> Plan:
    """Everything the CRM should hold and does not; fields that people wrote are conflicts, not changes."""
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for change, pinned in _account_changes(work, decided.found, view):
        changes += [change] if change.fields else []
        conflicts += pinned
    changes += _creations(work, decided, view)
    changes += _closings(work, decided.found, view)
    plan = Plan(connection=work.connection, changes=tuple(changes), conflicts=tuple(conflicts))
    return replace(plan, calls=calls_needed(work.crm, plan.changes))


def _account_changes(work: Work, found: Found, view: View) -> Iterator[tuple[Change, list[Conflict]]]:
    """One change for each account whose fields differ, and the fields that are somebody else's."""
    out = work.rules.mapping.write.account
    schema = work.schema.objects[out.object]
    policies = {field.field: field.policy for field in out.fields.values()}
    desired = account_rows(found.accounts, work.rules.mapping)
    fields = [name for name in desired.columns if name != "id"]
    for rows in _differing(work, desired, fields, schema):
        past = _past(work, out.object, [row["id"] for row in rows])
        for row in rows:
            before = past.get(row["id"], _Past(values={}, at={}))
            theirs = before.seen_over({name: row[_HELD + name] for name in fields}, row[_HELD] or _NEVER)
            changed, pinned = compare({name: row[name] for name in fields}, theirs, before.values, policies)
            yield (
                _account_change(work, row["id"], changed, view),
                [
                    Conflict(object=out.object, id=row["id"], field=name, base=base, theirs=held, ours=ours)
                    for name, base, held, ours in pinned
                ],
            )


def _account_change(work: Work, id: str, changed: Sequence[FieldChange], view: View) -> Change:
    """The time it was computed is written only together with something else: else every run would write."""
    out = work.rules.mapping.write.account
    stamp = out.fields.get("computed_at")
    fields = list(changed)
    if fields and stamp is not None:
        fields.append(FieldChange(name=stamp.field, old=None, new=view.now.isoformat(timespec="milliseconds")))
    return Change(
        object=out.object, action="update", id=id, key=None, key_field=None, fields=tuple(fields), why="account facts"
    )


def _differing(
    work: Work, desired: ir.Table, fields: Sequence[str], schema: ObjectSchema
) -> Iterator[list[dict[str, Any]]]:
    """Rows whose wanted values are not what the mirror holds, with both; a few thousand at a time."""
    held = work.mirror.table(schema.name)
    stamp = held[schema.stamp_field] if schema.stamp_field else None
    columns = {_HELD + name: held[name] for name in fields} | {_HELD: stamp, "id": held[schema.id_field]}
    joined = desired.join(held.select(**columns), "id")
    differs = reduce(or_, (_differ(joined[name], joined[_HELD + name]) for name in fields))
    chosen = work.mirror.stage("accounts_to_write", joined.filter(differs)).order_by("id")
    for batch in chosen.to_pyarrow_batches(chunk_size=_SLICE):
        if batch.num_rows:
            yield batch.to_pylist()


def _differ(ours: ir.Value, theirs: ir.Value) -> ir.BooleanValue:
    """Whether two cells differ; "" is missing, and numbers are compared as a CRM keeps them."""
    if ours.type().is_numeric():
        ours, theirs = ours.cast("float64").round(6), theirs.cast("float64").round(6)
    elif ours.type().is_string():
        ours, theirs = ours.nullif(""), theirs.cast("string").nullif("")
    return ~ours.identical_to(theirs)


def _past(work: Work, object: str, ids: Sequence[str]) -> dict[str, _Past]:
    """By record id or key: the last values we wrote, and those a killed run may have written."""
    written = work.ledger.last_written(work.connection, object, ids)
    past = {
        ref: _Past(values={n: w.value for n, w in fields.items()}, at={n: w.at for n, w in fields.items()})
        for ref, fields in written.items()
    }
    return past
