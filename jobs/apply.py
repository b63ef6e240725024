"""Write a plan: note the intent, write in batches, note the outcome of every record."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from connector.port import Crm, Outcome, Record
from jobs.progress import Report
from jobs.store.ledger import Ledger
from mappings.changes import Change, Plan

Send = Callable[[], Iterable[Outcome]]

CHUNK = 2_000
"""Outcomes noted in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of a plan: records written, and a line for each one refused."""

    written: int
    refused: tuple[str, ...]


def apply_plan(crm: Crm, ledger: Ledger, plan: Plan, run: str, report: Report) -> Applied:
    """Write every change of the plan; safe to repeat: creates carry a unique key, updates are what they were.

    Raises `CrmError` when the CRM cannot be reached; intents without outcome then say what may have been written.
    """
    written = 0
    refused: list[str] = []
    for object, changes in groupby(plan.changes, key=lambda change: change.object):
        for outcome, change in _write(crm, ledger, plan, run, object, list(changes)):
            if outcome.ok:
                written += 1
            else:
                refused.append(_refusal(change, outcome))
            report(f"write {object}", written + len(refused), len(plan.changes))
    return Applied(written=written, refused=tuple(refused))


def _write(
    crm: Crm, ledger: Ledger, plan: Plan, run: str, object: str, changes: Sequence[Change]
) -> Iterator[tuple[Outcome, Change]]:
    known = [change for change in changes if how(change) == "update"]
    gone = [change for change in changes if how(change) == "remove"]
    new = [change for change in changes if change.id is None]
    if known:
        records = [_record(change) for change in known]
        yield from _send(crm, ledger, plan, run, known, lambda: crm.update(object, records))
    for key_field, group in groupby(new, key=lambda change: change.key_field or ""):
        batch = list(group)
        yield from _send(crm, ledger, plan, run, batch, _upsert(crm, object, key_field, batch))
    if gone:
        off = [Record(ref=change.ref, id=change.id, values={}) for change in gone]
        yield from _send(crm, ledger, plan, run, gone, lambda: crm.remove(object, off))


def _upsert(crm: Crm, object: str, key_field: str, changes: Sequence[Change]) -> Send:
    records = [_record(change) for change in changes]
    return lambda: crm.upsert(object, key_field, records)


def _send(
    crm: Crm, ledger: Ledger, plan: Plan, run: str, changes: Sequence[Change], send: Send
) -> Iterator[tuple[Outcome, Change]]:
    """Intents first, then the calls.

    Outcomes are noted as of the intent: a record stamped later than that holds what we wrote, or what a person wrote
    after us, and never what we wrote over.
    """
    by_ref = {change.ref: change for change in changes}
    at = crm.now()
    ledger.intend(run, plan.id, plan.connection, changes, at)
    settled: list[Outcome] = []
    try:
        for outcome in send():
            settled.append(outcome)
            if len(settled) >= CHUNK:
                ledger.settle(run, settled, at)
                settled = []
            yield outcome, by_ref[outcome.ref]
    finally:
        if settled:
            ledger.settle(run, settled, at)


def _record(change: Change) -> Record:
    return Record(ref=change.ref, id=change.id, key=change.key, values=change.values, links=change.links)


def _refusal(change: Change, outcome: Outcome) -> str:
    fields = f" ({', '.join(outcome.fields)})" if outcome.fields else ""
    return f"{change.object} {change.ref}: {outcome.code}: {outcome.message}{fields}"


def how(change: Change) -> Literal["update", "upsert", "remove"]:
    """Which kind of call writes this change."""
    if change.action == "remove":
        return "remove"
    return "update" if change.id is not None else "upsert"


def calls_needed(crm: Crm, changes: Iterable[Change]) -> int:
    """API calls that writing these changes takes, as far as the connector can tell."""
    kinds: dict[tuple[str, Literal["update", "upsert", "remove"]], int] = {}
    for change in changes:
        kind = (change.object, how(change))
        kinds[kind] = kinds.get(kind, 0) + 1
    return sum(crm.cost(object, way, n) for (object, way), n in sorted(kinds.items()))
