"""One cell: a CRM value of any type -> the kind that its canonical column holds, or missing.

What cannot be read becomes missing, never a default: a rule that needs the value then abstains.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from mappings.canonical import Kind
from mappings.config import FieldSource, Scalar, Unit
from mappings.days import local_date

IBIS_TYPES: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "string",
        "integer": "int64",
        "number": "float64",
        "money": "int64",
        "boolean": "boolean",
        "date": "date",
    }
)
"""The Ibis type of a canonical column of each kind."""

UNITS: Mapping[Unit, float] = MappingProxyType(
    {"major": 1, "minor": 1, "thousands": 1000, "percent": 1 / 100, "per_quarter": 1 / 3, "per_year": 1 / 12}
)
"""What a number is multiplied by; `minor` differs from `major` for money alone."""

NO = ibis.literal(value=False)

# Beyond this a 64-bit float no longer tells one whole number from the next.
_LARGEST = 9.0e15
_NUMBER = r"^\s*[-+]?\d{1,18}(\.\d+)?([eE][-+]?\d)?\s*$"
_DATE = (
    r"^(\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    r"|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$"
)
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")


def missing(kind: Kind) -> ir.Value:
    """A missing value of this kind."""
    return ibis.null(IBIS_TYPES[kind])


def spelled(value: Scalar) -> str:
    """A YAML value as text: true, false, 12 and not 12.0."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_text(value: ir.Value) -> ir.StringValue:
    """The value as text; an empty text is missing. Whole numbers have no decimals."""
    type_ = value.type()
    if type_.is_boolean():
        return ibis.cases((value, "true"), (~value, "false"), else_=ibis.null("string"))
    if type_.is_floating():
        exact = _exact(value)
        return (exact == exact.round()).fill_null(NO).ifelse(exact.cast("int64").cast("string"), value.cast("string"))
    return value.cast("string").nullif("")


def as_number(value: ir.Value) -> ir.FloatingValue:
    """The value as a number; a text that is none is missing."""
    type_ = value.type()
    if type_.is_string():
        return value.re_search(_NUMBER).ifelse(value.strip(), ibis.null("string")).cast("float64")
    if type_.is_numeric():
        return value.cast("float64")
    return ibis.null("float64")


def as_whole(number: ir.FloatingValue) -> ir.IntegerValue:
    """The nearest whole number, halves away from zero; missing where it is too large to be exact."""
    return _exact(number).round().cast("int64")


def _exact(number: ir.FloatingValue) -> ir.FloatingValue:
    """The number where it is small enough to be exact: an engine may raise on rounding others to 64 bits."""
    return (number.abs() < _LARGEST).ifelse(number, ibis.null("float64"))


def as_boolean(value: ir.Value) -> ir.BooleanValue:
    """True, false or missing; a number is true unless 0; a day or an instant is true once it is set."""
    type_ = value.type()
    if type_.is_boolean():
        return value
    if type_.is_numeric():
        return value != 0
    if type_.is_temporal():
        return value.notnull()
    text = value.lower().strip()
    return ibis.cases((text.isin(_TRUE), True), (text.isin(_FALSE), False), else_=ibis.null("boolean"))


def as_date(value: ir.Value, zone_name: str) -> ir.DateValue:
    """The day, in the company's time zone for an instant; a text that is no ISO 8601 day is missing."""
    type_ = value.type()
    if type_.is_date():
        return value
    if type_.is_timestamp():
        return local_date(value, zone_name)
    text = as_text(value)
    return text.re_search(_DATE).ifelse(text, ibis.null("string")).cast("date")


def mapped(value: ir.Value, values: Mapping[str, Scalar], otherwise: Scalar | None) -> ir.StringValue:
    """The value map applied, as text: what is not listed, and what is missing, becomes `otherwise`."""
    rest = ibis.null("string") if otherwise is None else ibis.literal(spelled(otherwise))
    cases = tuple((old, ibis.literal(spelled(new))) for old, new in values.items())
    return as_text(value).cases(*cases, else_=rest)


def as_kind(value: ir.Value, kind: Kind, *, unit: Unit | None, per_major: ir.Value, zone_name: str) -> ir.Value:
    """The value as its column's kind. `per_major`: minor units in one unit of the row's currency."""
    to: Mapping[Kind, Callable[[], ir.Value]] = {
        "text": lambda: as_text(value),
        "number": lambda: _scaled(value, unit),
        "integer": lambda: as_whole(_scaled(value, unit)),
        "money": lambda: as_whole(_scaled(value, unit) * (1 if unit == "minor" else per_major)),
        "boolean": lambda: as_boolean(value),
        "date": lambda: as_date(value, zone_name),
    }
    return to[kind]()


def _scaled(value: ir.Value, unit: Unit | None) -> ir.FloatingValue:
    number = as_number(value)
    return number if unit is None or UNITS[unit] == 1 else number * UNITS[unit]


def cell(
    read: Callable[[str], ir.Value | None], source: FieldSource, kind: Kind, *, per_major: ir.Value, zone_name: str
) -> ir.Value:
    """What `source` says, as `kind`. `read` gives the column at a path, or None where the CRM has no such field."""
    found = [value for value in (_origin(read, source), _spare(read, source)) if value is not None]
    if source.values is not None and found:
        found = [mapped(ibis.coalesce(*map(as_text, found)), source.values, source.otherwise)]
    elif source.otherwise is not None:
        found = [ibis.literal(source.otherwise)]
    if not found:
        return missing(kind)
    return ibis.coalesce(
        *(as_kind(value, kind, unit=source.unit, per_major=per_major, zone_name=zone_name) for value in found)
    )


def _origin(read: Callable[[str], ir.Value | None], source: FieldSource) -> ir.Value | None:
    if source.constant is not None:
        return ibis.literal(source.constant)
    if source.field is not None:
        return read(source.field)
    parts = [as_text(value).strip() for value in map(read, source.join or ()) if value is not None]
    return joined(parts) if parts else None


def _spare(read: Callable[[str], ir.Value | None], source: FieldSource) -> ir.Value | None:
    return read(source.fallback) if source.fallback is not None else None


def joined(parts: Sequence[ir.StringValue]) -> ir.StringValue:
    """Texts with a space between those that are there; missing if none is."""
    return ibis.literal(" ").join([part.strip().nullif("") for part in parts]).nullif("")
