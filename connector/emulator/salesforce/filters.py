"""WHERE as a function of the row, and what it says beforehand about which rows can pass."""

import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.emulator.salesforce import ids, literals, times
from connector.emulator.salesforce.errors import ApiError
from connector.emulator.salesforce.fields import NUMBERS, TEXTS, Field, Value
from connector.emulator.salesforce.scope import Column, Get, Scope
from connector.emulator.salesforce.soql import Comparison, Condition, Junction, Literal, Negation, complaint
from connector.emulator.salesforce.table import Table

Test = Callable[[int], bool]
Scalar = str | float | bool | None
_STAMP = "SystemModstamp"
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Bounds on SystemModstamp, low included and high not; `exact` when they say all that the condition says."""

    low: int = 0
    high: int | None = None
    exact: bool = False


def compile_where(scope: Scope, table: Table, condition: Condition) -> Test:
    """The test that rows must pass. Raises ApiError for unknown fields and values of the wrong type."""
    if isinstance(condition, Comparison):
        return _comparison(scope, scope.column(table, condition.path), condition)
    if isinstance(condition, Negation):
        inner = compile_where(scope, table, condition.part)
        return lambda row: not inner(row)
    tests = [compile_where(scope, table, part) for part in condition.parts]
    test = tests[0]
    for other in tests[1:]:
        test = _both(test, other) if condition.op == "AND" else _either(test, other)
    return test


def _both(a: Test, b: Test) -> Test:
    return lambda row: a(row) and b(row)


def _either(a: Test, b: Test) -> Test:
    return lambda row: a(row) or b(row)


def window(condition: Condition | None) -> Window:
    """What the condition implies for SystemModstamp."""
    if isinstance(condition, Comparison):
        return _compared_window(condition)
    if not isinstance(condition, Junction):
        return Window()
    parts = [window(part) for part in condition.parts]
    highs = [part.high for part in parts if part.high is not None]
    if condition.op == "AND":
        low, high = max(part.low for part in parts), min(highs, default=None)
        return Window(low=low, high=high, exact=all(part.exact for part in parts))
    bounded = len(highs) == len(parts)
    return Window(low=min(part.low for part in parts), high=max(highs) if bounded else None)


def _compared_window(condition: Comparison) -> Window:
    literal = condition.values[0]
    if condition.path.text.lower() != _STAMP.lower() or literal.kind != "datetime":
        return Window()
    at = _seconds(str(literal.value))
    here, after = math.ceil(at), math.floor(at) + 1
    low, high = {">=": (here, None), ">": (after, None), "<": (0, here), "<=": (0, after), "=": (here, after)}.get(
        condition.op, (0, None)
    )
    return Window(low=low, high=high, exact=condition.op != "!=")


def candidates(table: Table, condition: Condition | None) -> set[int] | None:
    """The only rows that can pass, where ids or indexed fields tell them; None where they do not."""
    if isinstance(condition, Comparison):
        return _looked_up(table, condition)
    if not isinstance(condition, Junction):
        return None
    parts = [candidates(table, part) for part in condition.parts]
    known = [part for part in parts if part is not None]
    if condition.op == "AND":
        return min(known, key=len, default=None)
    return set().union(*known) if len(known) == len(parts) else None


def _looked_up(table: Table, condition: Comparison) -> set[int] | None:
    field = table.field(condition.path.text)
    if field is None or condition.op not in ("=", "IN") or any(v.kind != "string" for v in condition.values):
        return None
    wanted = [str(literal.value) for literal in condition.values]
    if field.type == "id":
        return {row for id in wanted if (row := table.row(id)) is not None}
    if field.name not in table.indexes or "" in wanted:
        return None
    index = table.indexes[field.name]
    return {row for value in wanted for row in index.get(table.key(field.name, value), ())}


def _comparison(scope: Scope, column: Column, condition: Comparison) -> Test:
    field, get, op = column.field, column.get, condition.op
    if field.type == "anyType":
        message = f"field '{field.name}' can not be filtered in a query call"
        raise complaint(scope.text, condition.path.at, message, "INVALID_FIELD")
    if any(literal.kind == "relative" for literal in condition.values):
        return _relative(scope, column, condition)
    values = [_constant(scope, field, literal, condition) for literal in condition.values]
    if _folds(field):
        get = _lowered(get)
        values = [value.lower() if isinstance(value, str) else value for value in values]
    if op == "LIKE":
        return _like(scope, field, get, condition)
    if op in ("INCLUDES", "EXCLUDES"):
        return _multi(get, op, [str(value) for value in values])
    return _ordered(get, op, values[0]) if op in _ORDERS else _equal(get, op, values)


def _equal(get: Get, op: str, values: list[Scalar]) -> Test:
    if op in ("IN", "NOT IN"):
        several = frozenset(values)
        return (lambda row: get(row) in several) if op == "IN" else (lambda row: get(row) not in several)
    value = values[0]
    return (lambda row: get(row) == value) if op == "=" else (lambda row: get(row) != value)


def _folds(field: Field) -> bool:
    return field.type in TEXTS and not field.case_sensitive


def _lowered(get: Get) -> Get:
    def lowered(row: int) -> Value:
        value = get(row)
        return value.lower() if isinstance(value, str) else value

    return lowered


def _ordered(get: Get, op: str, value: Scalar) -> Test:
    order = _ORDERS[op]

    def test(row: int) -> bool:
        seen = get(row)
        return seen is not None and value is not None and order(seen, value)

    return test


def _multi(get: Get, op: str, values: list[str]) -> Test:
    wanted = [frozenset(value.split(";")) for value in values]

    def test(row: int) -> bool:
        chosen = set(str(get(row) or "").split(";"))
        return any(each <= chosen for each in wanted) == (op == "INCLUDES")

    return test


def _like(scope: Scope, field: Field, get: Get, condition: Comparison) -> Test:
    if field.type not in TEXTS or condition.values[0].kind != "string":
        message = f"invalid operator on {field.name} field"
        raise complaint(scope.text, condition.path.at, message, "INVALID_QUERY_FILTER_OPERATOR")
    pattern = re.escape(str(condition.values[0].value)).replace("%", ".*").replace("_", ".")
    match = re.compile(pattern, re.IGNORECASE | re.DOTALL).fullmatch

    def test(row: int) -> bool:
        value = get(row)
        return isinstance(value, str) and match(value) is not None

    return test


def _seconds(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def _mistyped(scope: Scope, field: Field, condition: Comparison, kind: str, quotes: str) -> ApiError:
    message = f"value of filter criterion for field '{field.name}' must be of type {kind} and should {quotes}"
    return complaint(scope.text, condition.path.at, message, "INVALID_FIELD")


def _constant(scope: Scope, field: Field, literal: Literal, condition: Comparison) -> Scalar:
    kind, value = literal.kind, literal.value
    if kind == "null":
        return False if field.type == "boolean" else None
    if field.type in TEXTS:
        if kind != "string":
            raise _mistyped(scope, field, condition, "string", "be enclosed in quotes")
        return str(value) or None
    if field.type in ("id", "reference"):
        return _id(scope, field, literal, condition)
    expected = "number" if field.type in NUMBERS else field.type
    if kind != expected:
        vendor = {"datetime": "dateTime"}.get(field.type, field.type)
        raise _mistyped(scope, field, condition, vendor, "not be enclosed in quotes")
    return _seconds(str(value)) if kind == "datetime" else value


def _id(scope: Scope, field: Field, literal: Literal, condition: Comparison) -> str | None:
    text = str(literal.value)
    if literal.kind == "string" and not text and field.type == "reference":
        return None
    if literal.kind != "string" or not ids.is_id(text):
        message = f"invalid ID field: {literal.value}"
        raise complaint(scope.text, condition.path.at, message, "INVALID_QUERY_FILTER_OPERATOR")
    return text[:15] + ids.suffix(text[:15])


def _relative(scope: Scope, column: Column, condition: Comparison) -> Test:
    kind = column.field.type
    spans: list[tuple[str | int, str | int]] = []
    for literal in condition.values:
        span = literals.span(str(literal.value), scope.today()) if literal.kind == "relative" else None
        if span is None or kind not in ("date", "datetime"):
            raise _mistyped(scope, column.field, condition, kind, "not be enclosed in quotes")
        first, after = span
        if kind == "date":
            spans.append((first.isoformat(), after.isoformat()))
        else:
            spans.append((times.seconds_of(first), times.seconds_of(after)))
    return _within(column.get, condition.op, spans)


def _within(get: Callable[[int], Any], op: str, spans: Iterable[tuple[str | int, str | int]]) -> Test:
    spans = tuple(spans)
    (low, high) = spans[0]
    if op in _ORDERS:
        return _ordered(get, "<" if op in ("<", "<=") else ">=", low if op in ("<", ">=") else high)

    def inside(row: int) -> bool:
        value = get(row)
        return value is not None and any(first <= value < after for first, after in spans)

    return inside if op in ("=", "IN") else lambda row: not inside(row)
