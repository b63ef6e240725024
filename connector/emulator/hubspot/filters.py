"""Search filters and sorts: what each operator means for each type of property."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import CREATED, MODIFIED, OBJECT_ID, Record, Table
from connector.emulator.hubspot.wire import invalid, milliseconds

Key = str | float
Test = Callable[[Record], bool]

OPERATORS: Final = (
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter: what it was (for planning), and the test a record must pass."""

    name: str
    operator: str
    values: tuple[Key, ...]
    passes: Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The order of results; records without the value come last, ties by id."""

    name: str
    descending: bool


def read_sort(table: Table, told: Any) -> Sort:
    """A sort from a property's name (`-name` descends) or from `{"propertyName", "direction"}`."""
    if isinstance(told, str):
        name, descending = told.removeprefix("-"), told.startswith("-")
    else:
        name, descending = told.get("propertyName"), told.get("direction") == "DESCENDING"
    _require(table, name)
    return Sort(name=name, descending=descending)


def read_filter(portal: Portal, table: Table, told: Mapping[str, Any]) -> Filter:
    """A filter from `{"propertyName", "operator", "value" | "values" | "highValue"}`."""
    name, operator = told.get("propertyName"), told.get("operator")
    if operator not in OPERATORS:
        raise invalid(f"operator must be one of {', '.join(OPERATORS)}; got {operator}")
    if isinstance(name, str) and name.startswith("associations."):
        return _linked(portal, table, name, operator, told)
    _require(table, name)
    key = key_of(table, str(name))
    values = tuple(_operand(key, str(name), operator, raw) for raw in _raw_values(operator, told))
    test = _test(table, str(name), operator, values)
    return Filter(name=str(name), operator=operator, values=values, passes=test)


def _require(table: Table, name: object) -> None:
    if not isinstance(name, str) or name not in table.properties:
        raise invalid(f"There was a problem with the request: property {name} does not exist")


def key_of(table: Table, name: str) -> Callable[[str], Key]:
    """How values of a property compare: numbers and times as numbers, texts without regard to case."""
    type = table.properties[name].type
    if type == "number" or name == "hs_object_id":
        return float
    if type in {"date", "datetime"}:
        return milliseconds
    return str.lower if type == "string" else str


def _raw_values(operator: str, told: Mapping[str, Any]) -> list[Any]:
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return []
    if operator in {"IN", "NOT_IN"}:
        values = told.get("values")
        if not isinstance(values, list) or not values:
            raise invalid(f"{operator} needs values")
        return values
    wanted = ["value", "highValue"] if operator == "BETWEEN" else ["value"]
    if any(told.get(part) is None for part in wanted):
        raise invalid(f"{operator} needs {' and '.join(wanted)}")
    return [told[part] for part in wanted]


def _operand(key: Callable[[str], Key], name: str, operator: str, raw: object) -> Key:
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    if key is str.lower and operator in {"IN", "NOT_IN"}:
        return text  # the index holds lower case and these two do not fold theirs: capitals match nothing
    try:
        return key(text)
    except ValueError:
        raise invalid(f"{text} is not a value that {name} can be compared with") from None


def _test(table: Table, name: str, operator: str, values: tuple[Key, ...]) -> Test:
    value = reader(table, name)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        wanted = operator == "HAS_PROPERTY"
        return lambda record: (value(record) is not None) is wanted
    compare = _comparison(operator, values)

    def passes(record: Record) -> bool:
        found = value(record)
        return found is not None and compare(found)

    if operator == "NOT_CONTAINS_TOKEN":
        return lambda record: not passes(record)
    return passes


def reader(table: Table, name: str) -> Callable[[Record], Key | None]:
    """What reads a property of a record as a value that compares; None where it has none."""
    column = table.columns[name]
    if column < 0:
        return attrgetter(_BUILT_IN[column])
    key = key_of(table, name)

    def read(record: Record) -> Key | None:
        text = record.values[column] if column < len(record.values) else None
        return None if text is None else key(text)

    return read


_BUILT_IN: Final = {CREATED: "created", MODIFIED: "updated", OBJECT_ID: "id"}


def _comparison(operator: str, values: tuple[Key, ...]) -> Callable[[Any], bool]:
    """What a present value must be. NEQ and NOT_IN say nothing about records without a value: they do not match."""
    first: Any = values[0]
    last: Any = values[-1]
    several = frozenset(values)
    if operator in {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}:
        return _has_token(str(first))
    table: dict[str, Callable[[Any], bool]] = {
        "EQ": lambda value: value == first,
        "NEQ": lambda value: value != first,
        "LT": lambda value: value < first,
        "LTE": lambda value: value <= first,
        "GT": lambda value: value > first,
        "GTE": lambda value: value >= first,
        "BETWEEN": lambda value: first <= value <= last,
        "IN": lambda value: value in several,
        "NOT_IN": lambda value: value not in several,
    }
    return table[operator]


def _has_token(text: str) -> Callable[[Any], bool]:
    """Whole words, `*` for any letters: `*@example.com`, `star*`."""
    pattern = r"\w*".join(re.escape(part) for part in text.lower().split("*"))
    before = "" if text.startswith("*") else r"(?<!\w)"
    after = "" if text.endswith("*") else r"(?!\w)"
    found = re.compile(f"{before}{pattern}{after}", re.IGNORECASE).search
    return lambda value: found(value) is not None


def _linked(portal: Portal, table: Table, name: str, operator: str, told: Mapping[str, Any]) -> Filter:
    """The pseudo-property `associations.company`: records linked to one of these."""
    to = portal.table(name.removeprefix("associations.")).kind.name
    if operator not in {"EQ", "IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        raise invalid(f"{name} can only be used with EQ, IN, HAS_PROPERTY and NOT_HAS_PROPERTY")
    wanted = {str(raw) for raw in _raw_values(operator, told)}
    ends = (table.kind.name, to)

    def passes(record: Record) -> bool:
        linked = {str(other) for other, _ in portal.links.of(ends, record.id)}
        return bool(linked & wanted) if wanted else bool(linked) is (operator == "HAS_PROPERTY")

    return Filter(name=name, operator=operator, values=tuple(wanted), passes=passes)
