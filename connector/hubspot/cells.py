"""HubSpot's text values as typed columns: empty text is missing, dates come in three spellings."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from connector.errors import GiveUp
from connector.port import arrow_type
from mappings.schema import FieldType

_KINDS = {
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a date",
    FieldType.DATETIME: "a point in time",
}


def typed(text: pa.Array, type: FieldType, where: Callable[[int], str]) -> pa.Array:
    """The column as `connector.port.arrow_type` has it.

    Raises `GiveUp` where a value does not fit; `where` names its object, property and record. The value itself,
    which may be personal, stays out of the message.
    """
    if pc.any(is_empty := pc.equal(text, "")).as_py():
        text = pc.if_else(is_empty, pa.scalar(None, pa.string()), text)
    wanted = arrow_type(type)
    if wanted == pa.string():
        return text
    try:
        return text.cast(wanted)
    except pa.ArrowInvalid:
        return pa.array([_value(item, type, row, where) for row, item in enumerate(text.to_pylist())], wanted)


def milliseconds(value: str) -> int:
    """Milliseconds since 1970 of a point in time: ISO 8601 (UTC where no zone is given) or milliseconds already."""
    return int(value) if _is_number(value) else round(_moment(value).timestamp() * 1000)


def iso(ms: int) -> str:
    """A point in time as cursors hold it: 2026-01-02T00:00:00.123Z."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def _value(item: str | None, type: FieldType, row: int, where: Callable[[int], str]) -> object:
    if item is None or not item.strip():
        return None
    try:
        return _PARSERS[type](item.strip())
    except ValueError:
        kind = _KINDS.get(type, "a number")
        text = f"{where(row)} does not hold {kind}. Correct it in HubSpot, or map another property."
        raise GiveUp(text, code="BAD_VALUE") from None


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false", "yes", "no", "1", "0"):
        raise ValueError(value)
    return value.lower() in ("true", "yes", "1")


def _date(value: str) -> date:
    return datetime.fromtimestamp(milliseconds(value) / 1000, UTC).date() if _is_number(value) else _day(value)


def _day(value: str) -> date:
    return date.fromisoformat(value[:10])


def _datetime(value: str) -> int:
    return milliseconds(value)


def _integer(value: str) -> int:
    number = float(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_number(value: str) -> bool:
    return value.removeprefix("-").isdigit() and len(value) > 8


_PARSERS: dict[FieldType, Callable[[str], object]] = {
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: float,
    FieldType.CURRENCY: float,
    FieldType.PERCENT: float,
}
