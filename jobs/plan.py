"""From leads and account facts to a plan: what differs from what the CRM holds, minus what people own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

import ibis.expr.types as ir

from jobs.apply import calls_needed
from jobs.called import names_in
from jobs.decide import Decided
from jobs.editors import with_editors
from jobs.ending import closings
from jobs.handover import due, follow_up
from jobs.members import joining, leaving, place_of, places
from jobs.past import NO_PAST, past
from jobs.recover import with_keys
from jobs.store.erase import speaks_of_erased
from jobs.updates import Kind, Speaker, updates
from jobs.view import View
from jobs.wiring import Work
from leads.find import Found
from leads.replies import reply
from leads.texts import brief, names, say
from mappings.canonical import Lead
from mappings.changes import Change, Conflict, FieldChange, Plan, Value, compare
from mappings.schema import ObjectSchema
from mappings.write import (
    Desired,
    account_policies,
    account_rows,
    becomes,
    computed_at_field,
    lead_record,
    lead_target,
    list_target,
    owner_named,
    task_record,
)

_HELD = "held "
_STAMP = "stamp of the held row"
_SLICE = 5_000


def make_plan(work: Work, decided: Decided, view: View) -> Plan:
    """Everything the CRM should hold and does not; fields that people wrote are conflicts, not changes."""
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    for change, pinned in _account_changes(work, decided.found, view):
        changes += [change] if change.fields else []
        conflicts += pinned
    changes += changes_of_ours(work, decided)
    changes = [change for change in changes if not speaks_of_erased(change)]
    disputed = with_editors(work.crm, conflicts)
    plan = Plan(connection=work.connection, changes=tuple(changes), conflicts=disputed)
    plan = replace(plan, names=names_in(decided, plan))
    return replace(plan, calls=calls_needed(work.crm, plan.changes, work.schema))


def changes_of_ours(work: Work, decided: Decided) -> list[Change]:
    """What a plan of now would do to records of ours: make, bring up to date, close, take off lists."""
    record = _speaker(work, decided)
    changes = list(_creations(work, decided, record))
    steps = due(work, decided)
    back = {step.handed.own_key for step in steps if step.what == "unanswered"}
    changes += _one_each([*closings(work, decided, back), *updates(work, decided, record)])
    told, followed = follow_up(work, decided, steps, {change.id for change in changes})
    return [*changes, *map(_creation, told), *followed, *leaving(work, decided)]


def wanted_accounts(work: Work, found: Found) -> ir.Table:
    """What the fields of accounts are to hold, as the CRM spells it: `id`, then a column a field."""
    mapping = work.rules.mapping
    words = work.rules.texts[mapping.company.language].words
    return account_rows(found.accounts, mapping, work.schema, words)


def _one_each(changes: Sequence[Change]) -> Iterator[Change]:
    """One change a record: a closing alone, or all fields of its changes, the first to name a field deciding."""
    by_record: dict[tuple[str, str | None], list[Change]] = {}
    for change in changes:
        by_record.setdefault((change.object, change.id), []).append(change)
    for several in by_record.values():
        first = next((one for one in several if one.action == "close"), several[0])
        fields = {field.name: field for one in reversed(several) for field in one.fields}
        yield first if first.action == "close" else replace(first, fields=tuple(v for _, v in sorted(fields.items())))


def without_made(work: Work, plan: Plan) -> Plan:
    """The plan without the records that were made since: making them again would write over what people did there.

    Looks into the mirror, so pull the plan's objects first. What people wrote into records that are to be changed is
    looked at when they are written.
    """
    taken = _taken(work, [change.ref for change in plan.changes if change.id is None])
    kept = [change for change in plan.changes if change.id is not None]
    for object, changes in _by_object([change for change in plan.changes if change.id is None]):
        new = [change for change in changes if not taken(change)]
        there = with_keys(work, object, str(new[0].key_field), [change.ref for change in new]) if new else {}
        kept += [change for change in new if change.ref not in there]
    return replace(plan, changes=tuple(kept))


def _taken(work: Work, keys: Sequence[str]) -> Callable[[Change], bool]:
    """Whether we made this record already; a member whom we took off again may come back, unless somebody did it."""
    made = work.ledger.keys(work.connection, keys)
    members = list_target(work.rules.mapping, work.schema)
    on_lists = places(work.mirror, members, work.schema.objects[members.object]) if members is not None else {}

    def taken(change: Change) -> bool:
        known = made.get((change.object, change.ref))
        if members is None or change.object != members.object:
            return known is not None and not known.removed
        return (known is not None and not known.closed) or place_of(change, members) in on_lists

    return taken


def _by_object(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    for object in sorted({change.object for change in changes}):
        yield object, [change for change in changes if change.object == object]


def _account_changes(work: Work, found: Found, view: View) -> Iterator[tuple[Change, list[Conflict]]]:
    """One change for each account whose fields differ, and the fields that are somebody else's."""
    mapping = work.rules.mapping
    object, policies = mapping.write.account.object, account_policies(mapping)
    desired = wanted_accounts(work, found)
    fields, rider = [name for name in desired.columns if name != "id"], computed_at_field(mapping)
    for rows in _differing(work, desired, fields, work.schema.objects[object], rider):
        ids = [row["id"] for row in rows]
        wrote, seen = past(work, object, ids), work.ledger.seen(work.connection).fields(object, ids)
        for row in rows:
            before = wrote.get(row["id"], NO_PAST)
            theirs = before.seen_over({name: row[_HELD + name] for name in fields}, row[_STAMP])
            wanted = {name: row[name] for name in fields}
            changed, pinned = compare(wanted, theirs, before.values, policies, seen.get(row["id"], ()))
            yield (
                _account_change(object, row["id"], changed, rider, _moment(row.get(_HELD + (rider or ""))), view),
                [
                    Conflict(object=object, id=row["id"], field=name, base=base, theirs=their, ours=ours)
                    for name, base, their, ours in pinned
                ],
            )


def _account_change(
    object: str, id: str, changed: Sequence[FieldChange], rider: str | None, held: Value, view: View
) -> Change:
    """The time it was computed is written only together with something else: else every run would write."""
    fields = list(changed)
    if fields and rider is not None:
        fields.append(FieldChange(name=rider, old=held, new=_moment(view.now)))
    return Change(
        object=object, action="update", id=id, key=None, key_field=None, fields=tuple(fields), why="account facts"
    )


def _moment(at: Any) -> Value:
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if isinstance(at, datetime) else at


def _differing(
    work: Work, desired: ir.Table, fields: Sequence[str], schema: ObjectSchema, rider: str | None
) -> Iterator[list[dict[str, Any]]]:
    """Rows whose wanted values are not what the mirror holds, with both; a few thousand at a time."""
    if not fields:
        return
    there = work.mirror.table(schema.name)
    shown = [rider] if rider is not None and rider in there.columns else []
    columns = {_HELD + name: _as_written(there[name]) for name in (*fields, *shown)}
    columns[_STAMP] = (
        there[schema.stamp_field] if schema.stamp_field else there[schema.id_field].nullif(there[schema.id_field])
    )
    joined = desired.join(there.select(id=there[schema.id_field], **columns), "id")
    differs = reduce(or_, (_differ(joined[name], joined[_HELD + name]) for name in fields))
    chosen = work.mirror.stage("accounts_to_write", joined.filter(differs)).order_by("id")
    for batch in chosen.to_pyarrow().to_batches(max_chunksize=_SLICE):
        yield batch.to_pylist()


def _as_written(held: ir.Value) -> ir.Value:
    """Days travel as text."""
    return held.cast("string") if held.type().is_date() else held


def _differ(ours: ir.Value, theirs: ir.Value) -> ir.BooleanValue:
    """Whether two cells differ; "" is missing, and numbers are compared as a CRM keeps them."""
    if ours.type().is_numeric():
        ours, theirs = ours.cast("float64").round(6), theirs.cast("float64").round(6)
    elif ours.type().is_string():
        ours, theirs = ours.nullif(""), theirs.cast("string").nullif("")
    return ~ours.identical_to(theirs)


def _creations(work: Work, decided: Decided, record: Speaker) -> Iterator[Change]:
    """A record for every open lead that has none.

    A task for its owner, a lead record too for a toss-up; or the contact's place on a campaign or list.
    """
    ours = decided.tables["ours"].select("kind", "key").to_pyarrow().to_pylist()
    there = {(row["kind"], row["key"]) for row in ours}
    members = list_target(work.rules.mapping, work.schema)
    for lead in decided.found.leads:
        for kind in becomes(lead, members) if lead.state == "open" else ():
            wanted = kind != "member" and (kind, str(lead.key)) not in there
            desired = record(lead, kind) if wanted else None
            if desired is not None:
                yield _creation(desired)
    yield from map(_creation, joining(work, decided, there))


def _speaker(work: Work, decided: Decided) -> Speaker:
    mapping, schema = work.rules.mapping, work.schema
    answer, theirs = reply(mapping.write.task, schema), reply(lead_target(mapping, schema), schema)
    owners = {row["id"]: row["name"] for row in decided.tables["owner"].select("id", "name").to_pyarrow().to_pylist()}

    def record(lead: Lead, kind: Kind) -> Desired | None:
        called, language = names(lead), mapping.company.language
        if kind == "task":
            text = say(lead, work.rules, language, called, work.crm.record_url, answer)
            return task_record(lead, text, mapping, schema)
        text = brief(lead, work.rules, language, called, work.crm.record_url, theirs)
        route = owner_named(lead.route, owners)
        return lead_record(lead, text, mapping, schema, owner_id=route, contact_name=called.contact)

    return record


def _creation(desired: Desired) -> Change:
    fields = [FieldChange(name=name, old=None, new=value) for name, value in sorted(desired.new.items())]
    return Change(
        object=desired.object,
        action="create",
        id=None,
        key=desired.key,
        key_field=desired.key_field,
        fields=tuple(fields),
        links=desired.links,
        why=desired.why,
    )
