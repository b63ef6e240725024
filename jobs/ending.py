"""How our open records end: those whose lead is gone, held back, or about somebody else by now, while untouched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.decide import Decided
from jobs.past import untouched
from jobs.wiring import Work
from mappings.canonical import Lead, LeadKey
from mappings.changes import Change, FieldChange
from mappings.write import closing, lead_target

REFUSED = ("held", "suppressed")
"""The states of a lead that nobody is to work on now; once it is let go it comes back as a new record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An open record of ours that ought not to be there any more: which, and why.

    `why`: cleared (the play no longer finds the lead), contact (the person it names is not to be approached any
    more), or the gate that refuses the lead now.
    """

    id: str
    key: str
    why: str


def closings(work: Work, decided: Decided) -> Iterator[Change]:
    """Close our open tasks and lead records that ought not to be there, where nobody touched them."""
    ends = list(endings(decided))
    lead_object = lead_target(work.rules.mapping, work.schema).object
    for kind, object in (("task", work.rules.mapping.write.task.object), ("lead", lead_object)):
        here = {one.id: one for of, one in ends if of == kind}
        last = closing(work.rules.mapping, object)
        for id, row in sorted(untouched(work, object, sorted(here) if last else (), last).items()):
            changed = tuple(FieldChange(name=name, old=row.get(name), new=new) for name, new in sorted(last.items()))
            yield Change(
                object=object, action="close", id=id, key=here[id].key, key_field=None, fields=changed,
                why=here[id].why,
            )  # fmt: skip


def endings(decided: Decided) -> Iterator[tuple[str, Ending]]:
    """(kind, ending) of every open task and lead record of ours that ought not to be there."""
    leads = {str(lead.key): lead for lead in decided.found.leads}
    approached = _approached(decided)
    for row in decided.tables["ours"].to_pyarrow().to_pylist():
        # what tells of a lead carries a longer key, and is no lead itself
        if not row["is_closed"] and row["kind"] in ("task", "lead") and LeadKey.parse(row["key"]) is not None:
            why = _why(leads.get(row["key"]), approached.get(row["key"]))
            if why is not None:
                yield row["kind"], Ending(id=row["id"], key=row["key"], why=why)


def _why(lead: Lead | None, approached: str | None) -> str | None:
    if lead is None:
        return "cleared"
    if lead.state in REFUSED:
        return lead.reasons[0].code
    if None not in (approached, lead.contact_id) and lead.contact_id != approached:
        return "contact"
    return None


def _approached(decided: Decided) -> Mapping[str, Any]:
    """Whom our open leads name, by key."""
    open_leads = decided.found.workings.ground.ours.open
    rows = open_leads.select("our_key", "approached").to_pyarrow().to_pylist()
    return {row["our_key"]: row["approached"] for row in rows}
