"""Write a plan: look once more, note the intent, write in batches, note the outcome of every record."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Literal

from connector.port import Crm, Outcome, Record
from jobs.before import Check
from jobs.progress import Report
from jobs.result import Left
from jobs.store.ledger import Ledger
from mappings.changes import Change, Conflict, Plan, takes_away
from mappings.schema import Schema

Send = Callable[[], Iterable[Outcome]]
Way = Literal["update", "upsert", "remove"]
Looking = Literal["fetch", "attached"]

CHUNK = 2_000
"""Outcomes noted in one transaction."""


@dataclass(slots=True, kw_only=True)
class Applied:
    """What became of a plan so far, also when its writing breaks off.

    `written` counts records, `refused` has a line for each one refused, `moved`, `gone` and `left` are what was left
    as people have it, `done` each change as it was sent, with the record's id where it is ours, by object and ref.
    """

    written: int = 0
    refused: list[str] = field(default_factory=list)
    moved: list[Conflict] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    done: dict[tuple[str, str], tuple[Change, str | None]] = field(default_factory=dict)

    def add(self, change: Change, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.ok:
            self.written += 1
            self.done[change.object, change.ref] = (change, outcome.id or change.id)
        else:
            self.refused.append(refusal(change, outcome))


def apply_plan(
    crm: Crm,
    ledger: Ledger,
    plan: Plan,
    run: str,
    report: Report,
    check: Check,
    applied: Applied,
    changes: Sequence[Change] | None = None,
) -> None:
    """Write every change of the plan, or these of them, that `check` finds due at its moment; count in `applied`.

    Safe to repeat: creates carry a unique key, updates are what they were. Raises `CrmError` when the CRM cannot be
    reached; intents without outcome then say what may have been written.
    """
    for object, some in groupby(plan.changes if changes is None else changes, key=lambda change: change.object):
        for outcome, change in _write(crm, ledger, plan, run, object, list(some), check, applied):
            applied.add(change, outcome)
            report(f"write {object}", applied.written + len(applied.refused), len(plan.changes))


def _write(
    crm: Crm,
    ledger: Ledger,
    plan: Plan,
    run: str,
    object: str,
    changes: Sequence[Change],
    check: Check,
    applied: Applied,
) -> Iterator[tuple[Outcome, Change]]:
    for known in _due(crm, object, [change for change in changes if how(change) == "update"], check, applied):
        records = [_record(change) for change in known]
        yield from _send(crm, ledger, plan, run, object, known, partial(crm.update, object, records))
    new = [change for change in changes if change.id is None]
    for key_field, group in groupby(new, key=lambda change: change.key_field or ""):
        batch = list(group)
        yield from _send(crm, ledger, plan, run, object, batch, _upsert(crm, object, key_field, batch))
    for gone in _due(crm, object, [change for change in changes if how(change) == "remove"], check, applied):
        off = [Record(ref=change.ref, id=change.id, key=change.key, values={}) for change in gone]
        yield from _send(crm, ledger, plan, run, object, gone, partial(crm.remove, object, off))


def _due(
    crm: Crm, object: str, changes: Sequence[Change], check: Check, applied: Applied
) -> Iterator[Sequence[Change]]:
    """Some changes at a time, each part looked at just before it is given."""
    size = max(1, crm.together(object, len(changes)))
    for start in range(0, len(changes), size):
        checked = check(object, changes[start : start + size])
        applied.moved += checked.moved
        applied.gone += checked.gone
        applied.left += checked.left
        if checked.due:
            yield checked.due


def _upsert(crm: Crm, object: str, key_field: str, changes: Sequence[Change]) -> Send:
    records = [_record(change) for change in changes]
    return lambda: crm.upsert(object, key_field, records)


def _send(
    crm: Crm, ledger: Ledger, plan: Plan, run: str, object: str, changes: Sequence[Change], send: Send
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
                ledger.settle(run, settled, at, object)
                settled = []
            yield outcome, by_ref[outcome.ref]
    finally:
        if settled:
            ledger.settle(run, settled, at, object)


def _record(change: Change) -> Record:
    return Record(ref=change.ref, id=change.id, key=change.key, values=change.values, links=change.links)


def refusal(change: Change, outcome: Outcome) -> str:
    """One line about what the CRM refused, and why."""
    fields = f" ({', '.join(outcome.fields)})" if outcome.fields else ""
    return f"{change.object} {change.ref}: {outcome.code}: {outcome.message}{fields}"


def how(change: Change) -> Way:
    """Which kind of call writes this change."""
    if change.action == "remove":
        return "remove"
    return "update" if change.id is not None else "upsert"


def calls_needed(crm: Crm, changes: Iterable[Change], schema: Schema) -> int:
    """API calls that looking at these records once more and writing them takes, as far as the connector can tell."""
    kinds = Counter((change.object, how(change), takes_away(change)) for change in changes)
    return sum(
        _calls(crm, object, way, n, _looks(way, away=away, updateable=schema.objects[object].updateable))
        for (object, way, away), n in kinds.items()
    )


def _looks(way: Way, *, away: bool, updateable: bool) -> tuple[Looking, ...]:
    """What is asked of records before they are written this way."""
    if way == "upsert" or not updateable:
        return ()
    return ("fetch", "attached") if away else ("fetch",)


def _calls(crm: Crm, object: str, way: Way, n: int, looks: Sequence[Looking]) -> int:
    """Parts are sent one after the other, as `_due` gives them."""
    size = n if way == "upsert" else max(1, crm.together(object, n))
    parts = [size] * (n // size) + ([n % size] if n % size else [])
    return sum(
        sum(crm.cost(object, what, part) for what in (way, *looks)) * times for part, times in Counter(parts).items()
    )
