"""What people did to a record of ours, in words: told from what we wrote and what the CRM holds now."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from jobs.past import Touch
from mappings.changes import Value
from mappings.config import MappingConfig, RecordOut

_MEANS = {"owner_id": "reassigned", "subject": "reworded", "body": "reworded", "body_html": "reworded"}
"""What it means that people changed an output of a record; of others that they edited it."""


def record_of(mapping: MappingConfig, object: str) -> RecordOut | None:
    """How tasks or lead records of this object are written; None for objects that are neither."""
    return next((one for one in (mapping.write.task, *mapping.write.lead) if one.object == object), None)


def changes(mapping: MappingConfig, record: RecordOut, touch: Touch) -> Iterator[str]:
    """What people did to a record: answered, begun, deferred, edited, reassigned, rescheduled, reworded."""
    outputs = {out.field: name for name, out in record.fields.items()}
    said = {out.field for out in record.said.values()}
    for name in touch.changed:
        if name in said:
            yield "answered"
        elif name in {*record.constants, *record.close}:
            yield "begun"
        elif outputs.get(name) == "due":
            before, now = (due_day(mapping, record, row) for row in (touch.was, touch.row))
            yield "deferred" if before is not None and now is not None and now > before else "rescheduled"
        else:
            yield _MEANS.get(outputs.get(name, ""), "edited")


def due_day(mapping: MappingConfig, record: RecordOut, row: Mapping[str, Value]) -> date | None:
    """The day to have acted by, as this row has it; None where it holds none, or a text that is no day."""
    text = str(row.get(record.fields["due"].field) or "") if "due" in record.fields else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2026-01-31"):
        return moment.date()
    try:
        return moment.astimezone(ZoneInfo(mapping.company.time_zone)).date()
    except OverflowError:  # the last day that there is: east of Greenwich its evening is already after it
        return moment.date()
