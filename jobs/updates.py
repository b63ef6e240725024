"""Open records of ours whose words or values have changed since: brought up to date, field by field as mapped.

The presets write tasks and lead records once (`create_only`) and never come here. A field with another policy is kept
up to date while its record is open and nobody touched it; from the first touch on the record is its owner's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from jobs.decide import Decided
from jobs.past import NO_PAST, past, untouched
from jobs.wiring import Work
from mappings.canonical import Lead
from mappings.changes import Change, FieldChange, compare
from mappings.write import Desired, becomes, lead_target, list_target, note_field, policies_of

Kind = Literal["task", "lead", "member"]
Speaker = Callable[[Lead, Kind], Desired | None]
"""The record that a lead asks for now."""


def updates(work: Work, decided: Decided, record: Speaker) -> Iterator[Change]:
    """Changes of open, untouched tasks and lead records that hold something else than their lead now says."""
    mapping = work.rules.mapping
    objects: dict[Kind, str] = {"task": mapping.write.task.object, "lead": lead_target(mapping, work.schema).object}
    for kind, object in objects.items():
        kept = {name for name, policy in policies_of(mapping, object).items() if policy != "create_only"}
        if kept - {note_field(mapping, object)}:
            wanted = {id: (lead, record(lead, kind)) for id, lead in _open(work, decided, kind)}
            yield from _changed(work, object, {id: to for id, (_, to) in wanted.items() if to is not None})


def _open(work: Work, decided: Decided, kind: Kind) -> Iterator[tuple[str, Lead]]:
    """Record ids of this kind that are open, with their leads, which are open too."""
    members = list_target(work.rules.mapping, work.schema)
    leads = {str(lead.key): lead for lead in decided.found.leads if lead.state == "open"}
    ours = decided.tables["ours"]
    for row in ours.filter(ours.kind == kind).select("id", "key", "is_closed").to_pyarrow().to_pylist():
        lead = leads.get(row["key"])
        if lead is not None and not row["is_closed"] and kind in becomes(lead, members):
            yield row["id"], lead


def _changed(work: Work, object: str, wanted: Mapping[str, Desired]) -> Iterator[Change]:
    schema = work.schema.objects[object]
    names = {name for one in wanted.values() for name in one.values if schema.fields[name].updateable}
    wrote = past(work, object, sorted(wanted)) if wanted else {}
    for id, row in sorted(untouched(work, object, sorted(wanted), names).items()):
        # a field that the mirror does not hold yet cannot be compared before the next pull
        said = {name: value for name, value in wanted[id].values.items() if name in names and name in row}
        fields, _ = compare(said, row, wrote.get(id, NO_PAST).values, wanted[id].policies)
        if fields:
            yield _update(object, id, wanted[id], fields)


def _update(object: str, id: str, desired: Desired, fields: Sequence[FieldChange]) -> Change:
    return Change(
        object=object,
        action="update",
        id=id,
        key=desired.key,
        key_field=None,
        fields=tuple(fields),
        why=desired.why,
    )
