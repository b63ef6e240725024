"""What a plan says of records, values and people: the same words in every format."""

from jobs.terminal import plain
from mappings.changes import Change, Conflict, Plan, Value
from mappings.same import is_empty

EMPTY = "(empty)"
RECORD = "LastModifiedBy"
"""The source of an edit of which only the last save of the whole record is known."""


def said(value: Value) -> str:
    """A value as people write it: 39,600 for 39600.0, yes and no, nothing as (empty)."""
    if is_empty(value):
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{int(value):,}" if value == int(value) else f"{value:,}"
    return plain(str(value).replace("\r\n", "\n"))


def brief(value: Value, most: int = 60) -> str:
    """The same on one line, cut to `most` characters."""
    text = " / ".join(line.strip() for line in said(value).splitlines() if line.strip())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def named(record: Change | Conflict, plan: Plan | None) -> str:
    """`Account Example Industries 001 (001...)`: what kind of record, whose, and which."""
    ref = record.ref if isinstance(record, Change) else record.id
    name = plan.called(record) if plan is not None else None
    return plain(f"{record.object} {name} ({ref})" if name else f"{record.object} {ref}")


def told(conflict: Conflict, plan: Plan | None) -> str:
    """Whose record, which field, who wrote what into it when, and what we would write."""
    wants = brief(conflict.ours)
    return f"{named(conflict, plan)} {conflict.field}: {wrote(conflict)}; Tossup would write {wants}; left alone"


def wrote(conflict: Conflict) -> str:
    """`CSM 03 wrote 12 (2026-11-28, CRM_UI)`, as far as the CRM tells."""
    holds = brief(conflict.theirs)
    day = [conflict.at[:10]] if conflict.at else []
    if conflict.source == RECORD:
        saved = f"record last saved by {conflict.by or 'somebody'}"
        return f"holds {holds} ({', '.join([saved, *day])})"
    through = [conflict.source] if conflict.source else []
    about = f" ({', '.join([*day, *through])})" if day or through else ""
    what = "emptied it" if holds == EMPTY else f"wrote {holds}"
    return f"{conflict.by or 'somebody else'} {what}{about}"
