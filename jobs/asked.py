"""Whether a plan is still asked for: it may have been looked at for an hour or for a month.

So before a plan is applied all is decided anew from what was pulled just now, and only what would be planned again is
written, in the words that were reviewed: new records for the same people, values that would be the same, records
closed that would be closed. An undo only puts back what was there, so it is held against what is there alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from jobs.anew import Records, Told, accounts_anew, outdated
from jobs.decide import Decided, decide
from jobs.plan import changes_of_ours
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
    """The plan as far as it is still asked for, and what is left out of it, each with its reason."""

    plan: Plan
    left: tuple[Left, ...] = ()


def still_asked(work: Work, plan: Plan, view: View) -> Asked:
    """Decide anew from what `view` pulled, and hold the plan against that. Pull first."""
    asked = [change for change in plan.changes if not is_undo(change.why)]
    if not asked:
        return Asked(plan=plan)
    decided = decide(work.mirror, work.ledger, work.rules, view)
    told = [*_told(work, decided, asked, view.today(work.rules))]
    kept = [change for change in plan.changes if is_undo(change.why)]
    kept += [change for change, _ in told if change is not None]
    return Asked(plan=replace(plan, changes=tuple(kept)), left=tuple(one for _, left in told for one in left))


def _told(work: Work, decided: Decided, asked: Sequence[Change], today: date) -> Iterator[Told]:
    yield from accounts_anew(work, decided.found, [one for one in asked if one.key is None])
    of_ours = [one for one in asked if one.key is not None]
    if not of_ours:
        return
    leads = {str(lead.key): lead for lead in decided.found.leads}
    fresh = changes_of_ours(work, decided)
    there = {(one.object, str(one.id)): one for one in fresh if one.id is not None}
    records = Records.at(work, leads, there, [one for one in of_ours if one.id is not None])
    new = {(one.object, one.ref): one for one in fresh if one.id is None}
    making = _Making(mapping=work.rules.mapping, today=today, leads=leads, fresh=new, records=records)
    for change in of_ours:
        yield records.anew(change) if change.id is not None else making.anew(change)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """What would be made now: every lead by its key, and the records to make by object and key."""

    mapping: MappingConfig
    today: date
    leads: Mapping[str, Lead]
    fresh: Mapping[tuple[str, str], Change]
    records: Records

    def anew(self, change: Change) -> Told:
        """The change, where it would be made now."""
        why = self._against(change)
        return (change, []) if why is None else (None, [outdated(change, why)])

    def _against(self, change: Change) -> str | None:
        """Why this record is not to be made any more; None where it is."""
        fresh = self.fresh.get((change.object, change.ref))
        if fresh is None and not self.records.is_begun(change):
            return _no_longer(self.leads.get(change.ref))
        whom = self._whom(change, fresh) if fresh is not None else None
        if whom is not None:
            return f"it would go to {whom} now"
        record = record_of(self.mapping, change.object)
        due = due_day(self.mapping, record, change.values) if record is not None else None
        return f"it was due on {due}" if due is not None and due < self.today else None

    def _whom(self, change: Change, fresh: Change) -> str | None:
        """To whom else it would go now, in words."""
        for name, what in _WHOM.items():
            if any(
                change.values.get(field) != fresh.values.get(field) for field in self._fields(change.object, name)
            ):
                return what
        return "somebody else" if change.links != fresh.links else None

    def _fields(self, object: str, name: str) -> Iterator[str]:
        """The fields of an object of ours that hold this output."""
        for record in (self.mapping.write.task, *self.mapping.write.lead, self.mapping.write.list):
            if record is not None and record.object == object and name in record.fields:
                yield record.fields[name].field


def _no_longer(lead: Lead | None) -> str:
    """What became of a lead that would not be planned again."""
    if lead is None or lead.state == "open":
        return "nothing asks for it any more"
    because = "; ".join(reason.text for reason in lead.reasons)
    return f"its lead is {lead.state} now" + (f": {because}" if because else "")
