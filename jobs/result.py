"""What a run did, in the shape that scripts rely on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from leads.find import Found
from mappings.canonical import Lead
from mappings.changes import Plan
from mappings.money import major

JsonObject = dict[str, object]


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
    moved: int = 0
    """Planned changes left out because somebody changed those fields after planning."""
    calls: int = 0
    seconds: float = 0.0

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
            "conflicts": (len(plan.conflicts) if plan else 0) + self.moved,
            "calls": self.calls,
            "seconds": round(self.seconds, 3),
            "plan": plan.id if plan else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the demo did: the first run, what the second wrote, and where everything is."""

    crm: str
    result: RunResult
    again: RunResult
    leads: tuple[Lead, ...]
    sample: str
    """The text of the most valuable open task."""
    tasks: Path
    store: Path
    state: Path


def by_state(leads: Iterable[Lead]) -> dict[str, int]:
    """How many leads are in each state, states without any left out."""
    return dict(sorted(Counter(lead.state for lead in leads).items()))


def by_motion(leads: Iterable[Lead]) -> dict[str, dict[str, int]]:
    """State counts for each motion."""
    counts: dict[str, Counter[str]] = {}
    for lead in leads:
        counts.setdefault(lead.motion, Counter())[lead.state] += 1
    return {motion: dict(sorted(states.items())) for motion, states in sorted(counts.items())}


def lead_json(lead: Lead) -> JsonObject:
    """One lead in the machine interface of `tossup leads --json`."""
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
        "priority": lead.priority,
        "value": major(lead.value, lead.currency),
        "currency": lead.currency,
        "p_win": round(lead.p_win, 4),
        "owner_id": lead.owner_id,
        "contact_id": lead.contact_id,
        "due": lead.due.isoformat(),
    }
