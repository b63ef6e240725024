"""Whether the new records of a plan are still asked for: a plan may have been looked at for an hour or for a month.

Nothing in the CRM can be compared with a record that is yet to be made. So before a plan is applied all is decided
anew from what was pulled just now, and only what would be planned again, for the same people, is made; in the words
that were reviewed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from jobs.decide import decide
from jobs.plan import creations
from jobs.result import Left
from jobs.touched import due_day, record_of
from jobs.view import View
from jobs.wiring import Work
from mappings.canonical import Lead
from mappings.changes import Change, Plan, is_undo
from mappings.config import MappingConfig

_WHOM = {
    "account_id": "another account",
    "contact_id": "another contact",
    "owner_id": "another owner",
    "list_id": "another list",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The plan as far as it is still asked for, and what is left unmade, each with its reason."""

    plan: Plan
    left: tuple[Left, ...] = ()


def still_asked(work: Work, plan: Plan, view: View) -> Asked:
    """Decide anew from what `view` pulled, and hold the plan's new records against that. Pull first."""
    if not any(map(_is_new, plan.changes)):
        return Asked(plan=plan)
    decided = decide(work.mirror, work.ledger, work.rules, view)
    now = _Now(
        mapping=work.rules.mapping,
        today=view.today(work.rules),
        leads={str(lead.key): lead for lead in decided.found.leads},
        fresh={(change.object, change.ref): change for change in creations(work, decided)},
    )
    verdicts = [(change, now.against(change) if _is_new(change) else None) for change in plan.changes]
    return Asked(
        plan=replace(plan, changes=tuple(change for change, why in verdicts if why is None)),
        left=tuple(_left(change, why) for change, why in verdicts if why is not None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """What would be planned now: every lead by its key, and the records to make by object and key."""

    mapping: MappingConfig
    today: date
    leads: Mapping[str, Lead]
    fresh: Mapping[tuple[str, str], Change]

    def against(self, change: Change) -> str | None:
        """Why this record is not to be made any more; None where it is."""
        fresh = self.fresh.get((change.object, change.ref))
        if fresh is None:
            return _no_longer(self.leads.get(change.ref))
        for name, what in _WHOM.items():
            if any(
                change.values.get(field) != fresh.values.get(field) for field in self._fields(change.object, name)
            ):
                return f"it would go to {what} now"
        if change.links != fresh.links:
            return "it would go to somebody else now"
        record = record_of(self.mapping, change.object)
        due = due_day(self.mapping, record, change.values) if record is not None else None
        return f"it was due on {due}" if due is not None and due < self.today else None

    def _fields(self, object: str, name: str) -> Iterator[str]:
        """The fields of an object of ours that hold this output."""
        for record in (self.mapping.write.task, *self.mapping.write.lead, self.mapping.write.list):
            if record is not None and record.object == object and name in record.fields:
                yield record.fields[name].field


def _is_new(change: Change) -> bool:
    """Whether it makes a record for a lead: an undo only puts back what was there."""
    return change.id is None and not is_undo(change.why)


def _no_longer(lead: Lead | None) -> str:
    """What became of a lead that would not be planned again."""
    if lead is None or lead.state == "open":
        return "nothing asks for it any more"
    because = "; ".join(reason.text for reason in lead.reasons)
    return f"its lead is {lead.state} now" + (f": {because}" if because else "")


def _left(change: Change, why: str) -> Left:
    return Left(object=change.object, id=change.ref, field=None, reason="outdated", text=why)
