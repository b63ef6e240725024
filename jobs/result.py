"""What a run did, in the shape that scripts rely on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from leads.find import Found
from leads.lifecycle import Worked
from mappings.canonical import Lead
from mappings.changes import Change, Conflict, Plan
from mappings.money import major

JsonObject = dict[str, object]

Reason = Literal["touched", "again", "gone", "kept", "forgotten", "outdated"]
"""A person wrote it; a later run wrote it; the record is no longer there; the CRM lets us not take it away; what it
was is forgotten; it would not be planned any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What undoing a run or applying a plan leaves as it is: a field, or (no `field`) a record; why, also in words.

    `id` is the key of a record that was not made.
    """

    object: str
    id: str
    field: str | None
    reason: Reason
    text: str

    def to_json(self) -> JsonObject:
        """The machine interface."""
        return {
            "object": self.object,
            "id": self.id,
            "field": self.field,
            "reason": self.reason,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run in figures; a verb that did only a part leaves the rest at zero."""

    run: str
    connection: str
    read: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    found: Found | None = None
    plan: Plan | None = None
    written: int = 0
    refused: tuple[str, ...] = ()
    moved: tuple[Conflict, ...] = ()
    """Planned fields left alone because somebody wrote them after planning."""
    gone: tuple[Change, ...] = ()
    """Planned changes of records that are no longer there."""
    calls: int = 0
    seconds: float = 0.0
    left: tuple[Left, ...] = ()
    """What undoing a run leaves as it is, or of an applied plan what would not be planned any more."""
    first_write: bool = False
    """Whether Tossup had never written to this connection before."""
    levels: Mapping[str, int] = field(default_factory=dict)
    """Rows of each object, once they were found fit to decide by: what later runs are held against."""
    pulled: datetime | None = None
    """When what it was decided from was pulled, where the run itself did not pull."""

    def to_ledger(self) -> JsonObject:
        """What is kept of the run: the machine interface, the model of its chances to win, and how much it read.

        Of fields that were left alone only which: what people wrote in them is not ours to keep.
        """
        model = self.found.model.to_json() if self.found else None
        left = [{"object": one.object, "id": one.id, "field": one.field} for one in self.moved]
        return {**self.to_json(), "left_alone": left, "model": model, "levels": dict(self.levels)}

    def to_json(self) -> JsonObject:
        """The machine interface: documented in docs/interface.md, kept stable."""
        plan = self.plan
        return {
            "run": self.run,
            "connection": self.connection,
            "read": {name: dict(counts) for name, counts in sorted(self.read.items())},
            "leads": by_state(self.found.leads if self.found else ()),
            "changes": {
                "create": plan.count("create") if plan else 0,
                "update": plan.count("update") if plan else 0,
                "close": plan.count("close") if plan else 0,
                "remove": plan.count("remove") if plan else 0,
            },
            "written": self.written,
            "refused": len(self.refused),
            "conflicts": (len(plan.conflicts) if plan else 0) + len(self.moved),
            "left_alone": [conflict_json(one) for one in self.moved],
            "gone": [{"object": one.object, "id": one.id} for one in self.gone],
            "calls": self.calls,
            "seconds": round(self.seconds, 3),
            "plan": plan.id if plan else None,
            "first_write": self.first_write,
            "left": [one.to_json() for one in self.left],
        }


def conflict_json(conflict: Conflict) -> JsonObject:
    """A field that somebody else wrote, in the machine interface."""
    return {
        "object": conflict.object,
        "id": conflict.id,
        "field": conflict.field,
        "was": conflict.base,
        "holds": conflict.theirs,
        "wanted": conflict.ours,
        "by": conflict.by,
        "at": conflict.at,
        "source": conflict.source,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the demo did: the first run, what the second wrote, and where everything is."""

    crm: str
    language: str
    result: RunResult
    again: RunResult
    leads: tuple[Lead, ...]
    sample: str
    """The text of the most valuable open task."""
    tasks: Path
    store: Path
    state: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which leads somebody wants to see; what is None does not matter.

    `account` and `owner` match a part of the name, or an owner's id; `min_value` is in units of each lead's currency.
    """

    state: str | None = None
    motion: str | None = None
    priority: str | None = None
    play: str | None = None
    account: str | None = None
    owner: str | None = None
    min_value: float = 0

    def chosen(self, leads: Iterable[Lead]) -> tuple[Lead, ...]:
        """Those of the leads that fit, in their order."""
        return tuple(lead for lead in leads if self._fits(lead))

    def _fits(self, lead: Lead) -> bool:
        same = all(
            wanted in (None, one)
            for wanted, one in (
                (self.state, lead.state), (self.motion, lead.motion), (self.priority, lead.priority),
                (self.play, lead.play),
            )
        )  # fmt: skip
        named = self.account is None or self.account.lower() in lead.account_name.lower()
        return same and named and self._held(lead) and (major(lead.value, lead.currency) or 0) >= self.min_value

    def _held(self, lead: Lead) -> bool:
        name = str(lead.facts.get("owner_name", ""))
        return self.owner is None or self.owner == lead.owner_id or self.owner.lower() in name.lower()


def by_state(leads: Iterable[Lead]) -> dict[str, int]:
    """How many leads are in each state, states without any left out."""
    return dict(sorted(Counter(lead.state for lead in leads).items()))


def by_motion(leads: Iterable[Lead]) -> dict[str, dict[str, int]]:
    """State counts for each motion."""
    counts: dict[str, Counter[str]] = {}
    for lead in leads:
        counts.setdefault(lead.motion, Counter())[lead.state] += 1
    return {motion: dict(sorted(states.items())) for motion, states in sorted(counts.items())}


def expected(lead: Lead) -> int | None:
    """Value x chance x timing, in minor units a year: what leads are ranked by; None where nobody knows the value."""
    return None if lead.value is None else int(lead.facts["expected"])


def worked_json(one: Worked) -> JsonObject:
    """What became of a lead of ours in the machine interface."""
    days = {"until": one.until, "written_on": one.written_on, "decided_on": one.decided_on}
    return {
        "key": str(one.key),
        "stage": one.stage,
        "how": list(one.how),
        "reason": one.reason,
        "records": list(one.ids),
        **{name: day.isoformat() if day is not None else None for name, day in days.items()},
    }


def lead_json(lead: Lead, worked: Worked | None = None) -> JsonObject:
    """One lead in the machine interface of `tossup leads --json`; `worked` is the last one we made of it."""
    return {
        "key": str(lead.key),
        "account_id": lead.account_id,
        "account_name": lead.account_name,
        "motion": lead.motion,
        "pattern": lead.pattern,
        "play": lead.play,
        "product": lead.product,
        "state": lead.state,
        "reasons": [{"code": r.code, "value": r.value, "limit": r.limit, "text": r.text} for r in lead.reasons],
        "evidence": [
            {"fact": e.fact, "value": e.value, "unit": e.unit, "record": e.record, "field": e.field}
            for e in lead.evidence
        ],
        "action": lead.action,
        "priority": lead.priority,
        "value": major(lead.value, lead.currency),
        "currency": lead.currency,
        "p_win": round(lead.p_win, 4),
        "expected": major(expected(lead), lead.currency),
        "owner_id": lead.owner_id,
        "contact_id": lead.contact_id,
        "due": lead.due.isoformat(),
        "worked": worked_json(worked) if worked is not None else None,
    }
