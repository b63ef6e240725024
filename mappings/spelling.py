"""A value in the spelling that one field of a CRM takes: its length, its picklist, its kind of day, its HTML."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from mappings.changes import Value
from mappings.config import OutField
from mappings.outputs import Output
from mappings.schema import Field, FieldType

_DUE_AT = time(9)
"""Local time of a due day in a field that holds an instant: the start of a working day."""

_PART = re.compile(r"<[^<>]*>|&#?\w+;|.", re.DOTALL)
_TAG = re.compile(r"<(?P<end>/?)(?P<name>\w+)")
_VOID = frozenset({"br", "hr", "img"})
# XML, and with it the older interfaces of both CRMs, knows no such characters; half a surrogate pair is no text.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def fitted(value: Value, output: Output, out: OutField, known: Field, *, html: bool, zone: str) -> Value:
    """The value as the field takes it. `html`: it is HTML already, everything foreign in it escaped."""
    if out.values is not None:
        return out.values.get(str(value), value)
    if output.type is FieldType.DATE and known.type is FieldType.DATETIME:
        return instant(date.fromisoformat(str(value)), zone)
    if not isinstance(value, str) or output.type not in (FieldType.TEXT, FieldType.LONG_TEXT):
        return value
    length = known.length or output.length
    text = _UNSPEAKABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if html:
        return cut_html(text, length)
    if known.type is not FieldType.LONG_TEXT and output.type is FieldType.TEXT:
        text = " ".join(text.split())
    return shortened(text, length)


def instant(day: date, zone: str) -> str:
    """Nine in the morning of a day where the company is, as ISO 8601 in UTC."""
    local = datetime.combine(day, _DUE_AT, ZoneInfo(zone))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shortened(text: str, length: int | None) -> str:
    """The text in at most `length` characters, cut between words where that costs little, … for the rest."""
    if length is None or len(text) <= length:
        return text
    kept = text[: max(length - 1, 0)]
    words = kept.rsplit(None, 1)[0] if len(kept.split(None)) > 1 else kept
    kept = words if len(words) >= 0.8 * len(kept) else kept
    return (kept.rstrip() + "…")[:length]


def cut_html(page: str, length: int | None) -> str:
    """HTML in at most `length` characters: no tag and no entity is ever cut in two, and every open tag is closed."""
    if length is None or len(page) <= length:
        return page
    kept: list[str] = []
    open: list[str] = []
    room = length - 1
    for part in _PART.findall(page):
        opened = _opened(part, open)
        room -= len(part)
        if room < sum(len(f"</{name}>") for name in opened):
            break
        kept.append(part)
        open = opened
    return ("".join(kept) + "…" + "".join(f"</{name}>" for name in reversed(open)))[:length]


def _opened(part: str, open: list[str]) -> list[str]:
    """The elements that are open after this part of a page, outermost first."""
    tag = _TAG.match(part)
    if tag is None or tag["name"] in _VOID:
        return open
    return open[:-1] if tag["end"] else [*open, tag["name"]]
