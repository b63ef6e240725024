"""The canary: a few records of each kind go out first, and are read back before the rest follows.

What a CRM answers to a write says that it was taken, not that it was kept: a flow, a trigger or a workflow may write
over a field, an assignment rule give a task to somebody else, a text be cut. Read by id, for search indexes lag.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from connector.errors import AskAPerson
from jobs.apply import Applied
from jobs.wiring import Work
from mappings.changes import Change, Plan, Value
from mappings.problems import counted
from mappings.same import same
from mappings.schema import FieldType, ObjectSchema

_TOLD = 10


def split(plan: Plan, n: int) -> tuple[list[Change], list[Change]]:
    """The first `n` changes of each object and action, in the plan's order, and the others."""
    first: list[Change] = []
    rest: list[Change] = []
    for _, kind in groupby(plan.changes, key=lambda change: (change.object, change.action)):
        some = list(kind)
        first += some[:n]
        rest += some[n:]
    return first, rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was written: in words, and the OBJECT.FIELD that it is about, where it is one."""

    text: str
    field: str | None = None


def check(
    work: Work, plan: Plan, first: Sequence[Change], rest: Sequence[Change], applied: Applied, *, stop: bool
) -> None:
    """Raise `AskAPerson` where what went out first is not what we meant, or where it was to `stop` there."""
    ignored = {name.strip() for name in work.settings.canary_except.split(",")}
    found = [one for one in _differences(work, first, applied) if one.field is None or one.field not in ignored]
    found += all_refused(first, rest, applied)
    if found:
        raise _stopped(plan, applied.written, found)
    if stop and rest:
        raise AskAPerson(
            f"Wrote {counted(applied.written, 'record')} and looked again: all is as it should be. "
            f"{counted(len(rest), 'more waits', 'more wait')}.\n"
            f"Look at them in the CRM, then `tossup apply {plan.id}` writes the rest."
        )


def all_refused(first: Sequence[Change], rest: Sequence[Change], applied: Applied) -> Iterator[Difference]:
    """Kinds of which nothing was taken, and of which more would be sent."""
    taken = {(change.object, change.action) for change, _ in applied.done.values()}
    for object, action in sorted({(change.object, change.action) for change in rest} - taken):
        # a key holds the code of a product, which may be any text, so it is not looked for within a line
        named = tuple(f"{object} {one.ref}: " for one in first if (one.object, one.action) == (object, action))
        why = next((line for line in applied.refused if line.startswith(named)), None)
        if why is not None:
            yield Difference(text=f"{object}: the CRM refused every record to {action}. {why}")


def _differences(work: Work, sent: Sequence[Change], applied: Applied) -> Iterator[Difference]:
    """What the CRM holds otherwise than it was written."""
    for object, some in groupby(sent, key=lambda change: change.object):
        done = [applied.done.get((object, change.ref)) for change in some]
        ours = [(one[0], one[1]) for one in done if one is not None and one[1] is not None]
        held = _read_back(work, work.schema.objects[object], ours)
        for change, id in ours:
            yield from _differ(change, id, held.get(id), work.schema.objects[object])


def _read_back(work: Work, schema: ObjectSchema, sent: Sequence[tuple[Change, str]]) -> dict[str, dict[str, Any]]:
    names = {name for change, _ in sent for name in _meant(change)}
    held: dict[str, dict[str, Any]] = {}
    for batch in work.crm.fetch(schema, sorted(names & set(schema.fields)), [id for _, id in sent]) if sent else ():
        held |= {row[schema.id_field]: row for row in batch.rows.to_pylist()}
    return held


def _differ(change: Change, id: str, held: Mapping[str, Any] | None, schema: ObjectSchema) -> Iterator[Difference]:
    what = f"{change.object} {id}"
    if (held is None) != (change.action == "remove"):
        yield Difference(text=f"{what} was to go, and is there" if held else f"{what} was written, and is not there")
    if held is None or change.action == "remove":
        return
    for name, meant in _meant(change).items():
        if name in held and not same(meant, held[name]):
            ours, theirs = (_brief(value, schema.fields[name].type) for value in (meant, held[name]))
            field = f"{change.object}.{name}"
            yield Difference(text=f"{what} {name}: we wrote {ours}, the CRM holds {theirs}", field=field)


def _meant(change: Change) -> dict[str, Value]:
    keyed = {change.key_field: change.key} if change.key_field else {}
    return {**change.values, **keyed}


def _brief(value: object, type: FieldType) -> str:
    """A value in a line of a message; of texts only the length, for they may name people."""
    if value in (None, ""):
        return "nothing"
    if type in (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.OTHER):
        return f"a text of {counted(len(str(value)), 'character')}"
    return repr(str(value))


def _stopped(plan: Plan, written: int, found: Sequence[Difference]) -> AskAPerson:
    lines = [f"- {one.text}" for one in found[:_TOLD]]
    lines += [f"- ... and {len(found) - _TOLD:,} more"] if len(found) > _TOLD else []
    fields = ",".join(sorted({one.field for one in found if one.field}))
    change = f"set TOSSUP_CANARY_EXCEPT={fields} or " if fields else ""
    steps = (
        "A flow, trigger, workflow, assignment rule or validation of the CRM does this, or a field too short.",
        "Switch it off for our user, or change the mapping so that it is not written. If it is meant to be so,",
        f"{change}pass once with --canary 0. Until then every run stops here.",
    )
    of = counted(len(plan.changes), "record")
    begin = f"Stopped after the first {written:,} of {of}: they are not as they were written."
    return AskAPerson("\n".join([begin, *lines, *steps]))
