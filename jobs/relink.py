"""Links that the CRM refused to a record which it made all the same: asked for again until they hold."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from connector.port import Outcome, Record
from jobs.apply import refusal
from jobs.store.unlinked import Unlinked
from jobs.wiring import Work
from mappings.changes import Change, Link

WHY = "links that were refused before"


def relink(work: Work, run: str) -> tuple[str, ...]:
    """Make the links that earlier runs were refused; a line for each record to which they are refused again.

    Only links, and only between records that are both there: nothing that people wrote is touched, and no run fails
    for a contact that was deleted. Pull first: what a link leads to is looked up in the mirror.
    """
    again: list[str] = []
    left = (one for one in work.ledger.unlinked(work.connection) if one.change.object in work.schema.objects)
    possible = [replace(one, change=replace(one.change, links=_possible(work, one.change))) for one in left]
    named = sorted(
        (one for one in possible if one.change.links), key=lambda one: (one.change.object, one.change.key_field or "")
    )
    for (object, key_field), some in groupby(named, key=lambda one: (one.change.object, one.change.key_field or "")):
        there = _there(work, object, key_field, list(some))
        again += _tried(work, run, object, key_field, there)
    return tuple(again)


def _there(work: Work, object: str, key_field: str, some: Sequence[Unlinked]) -> list[Unlinked]:
    """Those that are still there as we made them; no more is asked for the others."""
    ids = work.crm.keyed(object, key_field, [one.change.ref for one in some])
    work.ledger.note_linked([one for one in some if ids.get(one.change.ref) != one.record])
    return [one for one in some if ids.get(one.change.ref) == one.record]


def _possible(work: Work, change: Change) -> tuple[Link, ...]:
    """The links to records that the CRM still has, as far as the mirror holds such."""
    held = work.mirror.objects()
    return tuple(
        link
        for link in change.links
        if link.object not in held or link.id in work.mirror.fetch(link.object, [link.id], [])
    )


def _tried(work: Work, run: str, object: str, key_field: str, some: Sequence[Unlinked]) -> list[str]:
    if not some:
        return []
    changes = {one.change.ref: _linking(one) for one in some}
    at = work.crm.now()
    work.ledger.intend(run, "", work.connection, list(changes.values()), at)
    records = [Record(ref=one.ref, key=one.key, values={}, links=one.links) for one in changes.values()]
    said: dict[str, Outcome] = {outcome.ref: outcome for outcome in work.crm.upsert(object, key_field, records)}
    work.ledger.settle(run, said.values(), at, object)
    work.ledger.note_linked([one for one in some if said[one.change.ref].ok])
    return [refusal(changes[ref], outcome) for ref, outcome in sorted(said.items()) if not outcome.ok]


def _linking(one: Unlinked) -> Change:
    return replace(one.change, action="update", id=one.record, fields=(), why=WHY)
