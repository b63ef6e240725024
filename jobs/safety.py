"""Stop, don't spray: what must be true of a run before it writes, and the words for a person where it is not.

A plan is held against the last runs that wrote (`volume`), and the mirror against what the last good run knew
(`shrunken`): a CRM that suddenly shows half of its rows makes every lead about the other half disappear. Who reads a
plan and applies it has decided on its volume; that a source shrank is asked about apart, because no plan shows it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from statistics import median
from typing import Any

from connector.errors import AskAPerson, TryAgain
from jobs.apply import Applied, calls_needed
from jobs.decide import Decided
from jobs.result import RunResult
from jobs.settings import Settings
from jobs.store.ledger import Run
from jobs.wiring import Work
from mappings.canonical import LeadKey
from mappings.changes import Plan
from mappings.needs import objects
from mappings.problems import counted
from mappings.write import lead_target, list_target


class Accepted(StrEnum):
    """What a person can say yes to."""

    SHRUNKEN = "shrunken"
    VOLUME = "volume"


LAST = 5
"""Writing runs that a plan is held against: one odd night does not make the next one normal."""
_AT_ONCE = 500
_WRITING = ("sync", "apply")
FEW_ROWS = 10
"""Fewer rows that are gone are everyday work, whatever share of a small object they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One reason to stop, with its numbers and its limit in words."""

    kind: Accepted
    text: str


def stop_at(breaches: Iterable[Breach], accepted: Collection[str], plan: Plan | None) -> None:
    """Raise `AskAPerson` with every breach that nobody accepted, and what to do about it."""
    left = [one for one in breaches if one.kind not in accepted]
    if not left:
        return
    kinds = sorted({one.kind for one in left})
    texts = "\n".join(f"- {one.text}" for one in left)
    raise AskAPerson(f"Stopped before anything was written:\n{texts}\n{_next_step(kinds, plan)}")


def _next_step(kinds: Sequence[str], plan: Plan | None) -> str:
    if Accepted.SHRUNKEN not in kinds and plan is not None:
        return (
            f"Plan {plan.id} is kept. `tossup apply {plan.id}` writes it if it is right; the limits are settings "
            "(docs/operate.md)."
        )
    accept = " ".join(f"--accept {kind}" for kind in kinds)
    return (
        "Check the rights of our user (sharing, field access, scopes) and who deleted or archived. If it is right, "
        f"run it again with {accept}: the new counts are then what later runs are held against."
    )


def only_planned(result: RunResult, plan: Plan) -> str:
    """What to say after a run that planned and did not write."""
    first = f"Tossup has never written to {result.connection}.\n" if result.first_write else ""
    steps = {
        f"tossup plans {plan.id}": "shows all of it (--as html: as a page)",
        f"tossup apply {plan.id}": "writes it",
        "tossup sync --yes --canary 5 --stop": "writes 5 of each kind, to be looked at",
        "TOSSUP_WRITE=yes": "lets every sync and schedule write",
    }
    width = max(map(len, steps))
    told = "\n".join(f"  {step:{width}}  {what}" for step, what in steps.items())
    return f"\nNothing was written: a run only plans until a person says otherwise.\n{first}{told}"


def levels(work: Work) -> dict[str, int]:
    """How many rows of each object we hold now: what later runs are held against."""
    return {name: work.mirror.count(name) for name in work.mirror.objects() if name in work.schema.objects}


def lowered(known: Mapping[str, int], plan: Plan, applied: Applied) -> dict[str, int]:
    """These levels without the records that we took away ourselves: nobody need be asked about those."""
    lower = dict(known)
    for change in plan.changes:
        if change.action == "remove" and (change.object, change.ref) in applied.done and change.object in lower:
            lower[change.object] -= 1
    return lower


def shrunken(work: Work) -> list[Breach]:
    """A breach for each object that holds far fewer rows than the last good run knew, or that is gone altogether."""
    known = _last_levels(history(work))
    mapped, held = set(objects(work.rules.mapping, work.schema)), levels(work)
    ours, share = _ours(work), work.settings.shrink_share
    found = []
    for name, before in sorted(known.items()):
        if name not in mapped or (name in work.schema.objects and name not in held):
            continue
        now = held.get(name, 0)
        gone = name not in work.schema.objects
        if (gone and before) or _is_few(now, before, share, is_ours=name in ours):
            what = "is out of sight" if gone else f"holds {counted(now, 'row')}"
            limit = f"fewer than {before * share:,.0f} ({share:.0%}) are asked about"
            found.append(
                Breach(
                    kind=Accepted.SHRUNKEN,
                    text=f"{name} {what}; the last good run knew {counted(before, 'row')}, {limit}.",
                )
            )
    return found


def _is_few(now: int, before: int, share: float, *, is_ours: bool) -> bool:
    """What is empty now was lost, not used up; but of records that are ours alone the last may well go."""
    return now < before * share and (before - now >= FEW_ROWS or (now == 0 and not is_ours))


def _ours(work: Work) -> set[str]:
    mapping, members = work.rules.mapping, list_target(work.rules.mapping, work.schema)
    found = {mapping.write.task.object, lead_target(mapping, work.schema).object}
    return found | ({members.object} if members is not None else set())


def _last_levels(runs: Iterable[Run]) -> Mapping[str, int]:
    return next((run.summary["levels"] for run in runs if run.summary.get("levels")), {})


def history(work: Work) -> Iterator[Run]:
    """The runs on this connection, newest first, as far back as they are asked for.

    A run that was stopped tells no measure, and nobody may look for weeks: however many there are, what counts is
    the last one before them.
    """
    before = None
    while some := work.ledger.runs(_AT_ONCE, work.connection, before):
        yield from some
        before = some[-1].id


def unusual(work: Work, plan: Plan, decided: Decided) -> list[Breach]:
    """A breach for each way in which the plan is larger than what this connection is used to."""
    wrote = (run.summary for run in history(work) if run.verb in _WRITING and run.summary.get("written"))
    last = list(islice(wrote, LAST))
    settings = work.settings
    found = [
        *_more(len(plan.changes), [one["written"] for one in last], settings),
        *_disputes(len(plan.conflicts), [one.get("conflicts", 0) for one in last], settings),
        *_closing(plan, _open_now(decided), settings),
        *_crowded(work, plan, decided),
    ]
    return [Breach(kind=Accepted.VOLUME, text=text) for text in found]


def _more(planned: int, last: Sequence[int], settings: Settings) -> list[str]:
    usual = round(median(last)) if last else planned
    limit = allowed(usual, settings)
    if planned <= limit:
        return []
    return [
        f"It would write {counted(planned, 'record')}; {_last(last)} came to {usual:,}{_median(last)}. "
        f"More than {limit:,} are asked about ({settings.volume_share:.0%} and {settings.volume_least:,} more)."
    ]


def _last(runs: Sequence[int]) -> str:
    return "the last run that wrote" if len(runs) == 1 else f"the last {len(runs)} runs that wrote"


def _median(runs: Sequence[int]) -> str:
    return " (median)" if len(runs) > 1 else ""


def allowed(usual: int, settings: Settings) -> int:
    """The most that goes out unasked where `usual` is what went out before: both limits must be passed."""
    return max(int(usual * (1 + settings.volume_share)), usual + settings.volume_least)


def _disputes(now: int, last: Sequence[int], settings: Settings) -> list[str]:
    """The most of the last runs, not the median: conflicts stay until somebody settles them."""
    most = max(last, default=now)
    limit = allowed(most, settings)
    if now <= limit:
        return []
    return [
        f"{counted(now, 'field of ours holds', 'fields of ours hold')} what somebody else wrote; in {_last(last)} at "
        f"most {most:,} did. More than {limit:,} are asked about: an import or an automation may have written over "
        "them."
    ]


def _closing(plan: Plan, open_now: int, settings: Settings) -> list[str]:
    ending = plan.count("close") + plan.count("remove")
    if ending <= settings.volume_least or ending <= open_now * settings.close_share:
        return []
    return [
        f"It would close {ending:,} of our {counted(open_now, 'open record')}. More than {settings.close_share:.0%} "
        "are asked about: what they were made for disappeared all at once."
    ]


def _open_now(decided: Decided) -> int:
    ours = decided.tables["ours"]
    return int(ours.filter(~ours.is_closed).count().execute())


def _crowded(work: Work, plan: Plan, decided: Decided) -> list[str]:
    """Owners who would hold too many open tasks of our leads, the fullest first: a last look behind the gate.

    What only tells of a toss-up is no work that the gate counts, and stops nobody's run.
    """
    task, most = work.rules.mapping.write.task, work.settings.owner_tasks
    holder = task.fields.get("owner_id")
    rows = decided.tables["ours"].filter(lambda t: (t.kind == "task") & ~t.is_closed).to_pyarrow().to_pylist()
    held = _counted(row["owner_id"] for row in rows if LeadKey.parse(row["key"]) is not None)
    new = _counted(
        change.values.get(holder.field)
        for change in plan.changes
        if holder is not None
        and change.object == task.object
        and change.action == "create"
        and LeadKey.parse(change.ref) is not None
    )
    full = sorted(((held.get(owner, 0) + n, owner) for owner, n in new.items()), reverse=True)
    return [
        f"Owner {owner} would hold {counted(total, 'open task')} of our leads, {new[owner]:,} of them new. More than "
        f"{most:,} are asked about."
        for total, owner in full[:3]
        if total > most
    ]


def _counted(owners: Iterable[Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for owner in owners:
        if owner is not None:
            counts[str(owner)] = counts.get(str(owner), 0) + 1
    return counts


def within_budget(work: Work, plan: Plan) -> None:
    """Raise `TryAgain` where writing the plan takes more calls than the CRM has left for us today."""
    left, needed = work.crm.calls_left(), calls_needed(work.crm, plan.changes, work.schema)
    if left is None or needed <= left:
        return
    raise TryAgain(
        f"Not begun: plan {plan.id} takes about {counted(needed, 'API call')}, and "
        f"{counted(left, 'is', 'are')} left above the reserve of "
        f"{work.settings.api_reserve:.0%} for people and other programs. Run again when the day's window has moved "
        "on, or lower TOSSUP_API_RESERVE.",
        code="BUDGET",
    )
