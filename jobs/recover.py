"""After a run that was cut off: find out in the CRM what became of the writes that it never heard about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import ibis
import pyarrow as pa

from connector.errors import TryAgain
from connector.port import Outcome, Read, Record
from jobs.before import now_held
from jobs.members import Place, place_of, places
from jobs.store.ledger import Ledger, OpenIntent
from jobs.wiring import Work
from mappings.changes import FieldChange, Value
from mappings.config import ListOut
from mappings.same import same
from mappings.schema import ObjectSchema
from mappings.write import computed_at_field, list_target

ARRIVES = timedelta(days=1)
"""What the CRM does not hold so long after it was sent never arrived; a job of its own may take hours."""
_NEVER = "The run was cut off before it heard of this write, and a day later the CRM did not hold it."


def recover(work: Work, *, write: bool) -> None:
    """Note as written what the CRM holds as it was meant; with `write`, make the links that a new record still lacks.

    Asks the CRM itself: an index may not show yet what arrived a moment ago. What is not there stays open for a day:
    the plan asks for it again where it is still wanted. Without this a value that arrived unheard would look like a
    person's later on, and a record made unheard would be written over.
    """
    left = [one for one in work.ledger.open_intents(work.connection) if one.change.object in work.schema.objects]
    for (run, object), group in groupby(left, key=lambda one: (one.run, one.change.object)):
        intents = list(group)
        outcomes = [
            *_updated(work, object, intents),
            *_created(work, object, intents, write=write),
            *_joined(work, object, intents),
        ]
        _note(work.ledger, run, object, intents, [*outcomes, *_never(work, intents, outcomes, write=write)])


def hear(work: Work, run: str) -> None:
    """Note what arrived of the intents that one run never heard of; by id and key, so that nothing need be pulled."""
    left = [one for one in work.ledger.open_intents(work.connection) if one.run == run]
    for object, some in groupby(left, key=lambda one: one.change.object):
        for outcome, intent in _found(work, object, list(some)):
            work.ledger.settle(run, [outcome], intent.at, object)


def _found(work: Work, object: str, intents: Sequence[OpenIntent]) -> Iterator[tuple[Outcome, OpenIntent]]:
    if object not in work.schema.objects:
        raise TryAgain(
            f"{object} is out of sight, so nobody can tell what became of it. Check the rights of our user."
        )
    by_ref = {one.change.ref: one for one in intents}
    told = [*_updated(work, object, intents), *_joined(work, object, intents, pulled=False)]
    yield from ((outcome, by_ref[outcome.ref]) for outcome in told)
    there_is = work.schema.objects[object].fields
    keyed = [one for one in intents if one.change.id is None and one.change.key_field in there_is]
    for key_field, some in groupby(keyed, key=lambda one: str(one.change.key_field)):
        batch = list(some)
        ids = work.crm.keyed(object, key_field, [one.change.ref for one in batch])
        yield from (
            (Outcome(ref=one.change.ref, ok=True, id=ids[one.change.ref], created=True), one)
            for one in batch
            if one.change.ref in ids
        )


def _note(ledger: Ledger, run: str, object: str, intents: Sequence[OpenIntent], outcomes: Sequence[Outcome]) -> None:
    """Each outcome as of its intent; those that were sent together, which may be a whole job, together."""
    sent = {one.change.ref: one.at for one in intents}
    for at in sorted({sent[outcome.ref] for outcome in outcomes}):
        ledger.settle(run, [outcome for outcome in outcomes if sent[outcome.ref] == at], at, object)


def _never(
    work: Work, intents: Sequence[OpenIntent], outcomes: Sequence[Outcome], *, write: bool
) -> Iterator[Outcome]:
    """What was sent long ago and is not there. A record that lacks links may be there as long as nobody may write."""
    heard, last = {outcome.ref for outcome in outcomes}, work.crm.now() - ARRIVES
    for one in intents:
        waits = one.change.links and not write
        if one.change.ref not in heard and one.at < last and not waits:
            yield Outcome(ref=one.change.ref, ok=False, code="NEVER_ARRIVED", message=_NEVER, retryable=True)


def _updated(work: Work, object: str, intents: Sequence[OpenIntent]) -> Iterator[Outcome]:
    """Records that were there already, and now hold what we meant to write or are gone as we meant them to be."""
    changes = [one.change for one in intents if one.change.id is not None]
    stamp = computed_at_field(work.rules.mapping)  # kept to the second only, so it may differ from what was sent
    names = {field.name for change in changes for field in change.fields} - {stamp}
    rows = now_held(work, object, sorted({str(change.id) for change in changes}), names) if changes else {}
    for change in changes:
        row = rows.get(str(change.id))
        gone = row is None and change.action == "remove"
        if gone or (row is not None and _arrived([f for f in change.fields if f.name in names], row)):
            yield Outcome(ref=change.ref, ok=True, id=change.id)


def _arrived(fields: Sequence[FieldChange], row: Mapping[str, Value]) -> bool:
    """Whether a record holds what was meant, also where somebody has written into some of the fields since.

    The fields of one record arrive together: where one holds the new value and none the old one, all had arrived.
    """
    told = [field for field in fields if field.name in row]
    turned = [field for field in told if not same(field.old, field.new)]
    return all(same(row[field.name], field.new) for field in told) or (
        any(same(row[field.name], field.new) for field in turned)
        and not any(same(row[field.name], field.old) for field in turned)
    )


def _created(work: Work, object: str, intents: Sequence[OpenIntent], *, write: bool) -> Iterator[Outcome]:
    """Records that carry the key of one we meant to make; none of them where its field is gone or out of sight."""
    there_is = work.schema.objects[object].fields
    changes = [one.change for one in intents if one.change.id is None and one.change.key_field in there_is]
    for key_field, group in groupby(changes, key=lambda change: str(change.key_field)):
        batch = list(group)
        there = work.crm.keyed(object, key_field, [change.ref for change in batch])
        unlinked = [change for change in batch if change.ref in there and change.links]
        yield from (
            Outcome(ref=change.ref, ok=True, id=there[change.ref], created=True)
            for change in batch
            if change.ref in there and not change.links
        )
        if write and unlinked:
            # only the key and the links: what people have written into the record since stays
            records = [Record(ref=one.ref, key=one.key, values={}, links=one.links) for one in unlinked]
            made = work.crm.upsert(object, key_field, records)
            # ours by its key, so made by us, also where its links were refused
            yield from (replace(outcome, created=outcome.id is not None) for outcome in made)


def _joined(work: Work, object: str, intents: Sequence[OpenIntent], *, pulled: bool = True) -> Iterator[Outcome]:
    """Members without a key (HubSpot): nobody was in that place when we meant to put them there.

    Looked up in the mirror, or in the CRM where nothing was `pulled` since.
    """
    members = list_target(work.rules.mapping, work.schema)
    changes = [one.change for one in intents if one.change.id is None and not one.change.key_field]
    if members is None or members.object != object or not changes:
        return
    schema = work.schema.objects[object]
    there = places(work.mirror, members, schema) if pulled else _places_now(work, members, schema)
    for change in changes:
        id = there.get(place_of(change, members))
        if id is not None:
            yield Outcome(ref=change.ref, ok=True, id=id, created=True)


def _places_now(work: Work, members: ListOut, schema: ObjectSchema) -> dict[Place, str]:
    """Who is on our lists at this moment, whoever put them there: member ids by list and contact."""
    fields = tuple(members.fields[name].field for name in ("list_id", "contact_id"))
    rows = (row for batch in work.crm.read(Read(schema=schema, fields=fields)) for row in batch.rows.to_pylist())
    return {(str(row[fields[0]]), str(row[fields[1]])): str(row[schema.id_field]) for row in rows}


def with_keys(work: Work, object: str, key_field: str, keys: Sequence[str]) -> dict[str, str]:
    """Record ids by key, of those records of an object that carry one of these keys."""
    if object not in work.mirror.objects() or key_field not in work.mirror.fields(object):
        return {}
    table = work.mirror.table(object)
    id_field = work.schema.objects[object].id_field
    asked = ibis.memtable(pa.table({"key": pa.array(sorted(set(keys)), pa.string())}))
    rows = table.select(id=table[id_field], key=table[key_field]).semi_join(asked, "key")
    return {row["key"]: row["id"] for row in rows.to_pyarrow().to_pylist()}
