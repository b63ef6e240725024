"""Builds the Ibis value of a checked expression."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import inf, isfinite
from operator import and_, or_

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from leads.facts.idioms import days
from leads.language import amounts
from leads.language.amounts import Amount
from leads.language.kinds import NUMBERS
from leads.language.node import Node
from mappings.canonical import Kind

_TYPES: Mapping[Kind | None, str] = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "money": "int64",
    "boolean": "boolean",
    "date": "date",
}


class Builder:
    """Builds values over `columns` (by name) for the company's day `today`."""

    def __init__(self, columns: Mapping[str, ir.Value], today: date) -> None:
        self.columns = columns
        self.today = today

    def value(self, node: Node, kind: Kind | None = None) -> ir.Value:
        """The node's value as `kind`, its own unless told: int64, float64, string, boolean or date."""
        kind = kind or node.kind
        if node.sort == "null":
            return ibis.null(_TYPES[kind])
        if kind in NUMBERS:
            amount = self.amount(node)
            return amounts.value(amount) if kind == "number" else amounts.integer(amount)
        return self._plain(node)

    def amount(self, node: Node) -> Amount:
        """The value of a node of a number's kind, exact where it can be."""
        if node.sort == "literal" and isinstance(node.value, Fraction):
            return amounts.constant(node.value)
        if node.sort in _ARITHMETIC:
            return _ARITHMETIC[node.sort](*map(self.amount, node.args))
        if node.sort == "name":
            return _column(self.columns[node.name], node.kind)
        if node.sort == "call" and node.name in _ROUNDED:
            return self._rounded(node)
        if node.sort == "call" and node.name == "abs":
            return amounts.absolute(self.amount(node.args[0]))
        found = self._plain(node)
        return amounts.noisy(found) if node.kind == "number" else amounts.whole(found)

    def _rounded(self, node: Node) -> Amount:
        digits = node.value if isinstance(node.value, Fraction) else Fraction(0)
        scale = Fraction(10) ** int(digits)
        scaled = amounts.times(self.amount(node.args[0]), amounts.constant(scale))
        rounded = amounts.whole(amounts.integer(scaled, _ROUNDED[node.name]))
        return amounts.times(rounded, amounts.constant(1 / scale))

    def _plain(self, node: Node) -> ir.Value:
        if node.sort == "name":
            column = self.columns[node.name]
            return column if str(column.type()) == _TYPES[node.kind] else column.cast(_TYPES[node.kind])
        if node.sort == "literal":
            return ibis.literal(node.value, type=_TYPES[node.kind])
        special = {"compare": self._compared, "case": self._case, "call": self._call}.get(node.sort)
        return special(node) if special else _condition(node, [self.value(one) for one in node.args])

    def _compared(self, node: Node) -> ir.BooleanValue:
        left, right = node.args
        if left.kind in NUMBERS:
            return amounts.compared(node.name, self.amount(left), self.amount(right))
        return amounts.SIGNS[node.name](self.value(left), self.value(right))

    def _case(self, node: Node) -> ir.Value:
        args = node.args
        pairs = [(self.value(args[at]), self.value(args[at + 1], node.kind)) for at in range(0, len(args) - 1, 2)]
        rest = self.value(args[-1], node.kind) if len(args) % 2 else ibis.null(_TYPES[node.kind])
        return ibis.cases(*pairs, else_=rest)

    def _chosen(self, node: Node) -> ir.Value:
        args = [self.value(one, node.kind) for one in node.args]
        if node.name == "coalesce":
            return ibis.coalesce(*args)
        missing = [one.isnull() for one in args if not isinstance(one.op(), ops.Literal)]
        chosen = _CHOICES[node.name](*args)
        return ibis.cases((~_either(or_, missing), chosen)) if missing else chosen

    def _call(self, node: Node) -> ir.Value:
        if node.name in _CHOICES:
            return self._chosen(node)
        today = ibis.literal(self.today)
        return _CALLS[node.name](today, *(self.value(one) for one in node.args))


def _column(column: ir.Value, kind: Kind | None) -> Amount:
    operation = column.op()
    if isinstance(operation, ops.Literal) and isfinite(operation.value if operation.value is not None else inf):
        exact = Fraction(str(operation.value))
        if max(abs(exact.numerator), exact.denominator) <= amounts.LARGEST:
            return amounts.constant(exact)
    if kind == "number":
        return amounts.noisy(column.cast("float64"))
    return amounts.whole(column.cast("int64"))


def _condition(node: Node, args: Sequence[ir.Value]) -> ir.BooleanValue:
    match node.sort:
        case "and":
            return _either(and_, args)
        case "or":
            return _either(or_, args)
        case "not":
            return ~args[0]
        case "isnull":
            return args[0].isnull()
        case "like":
            return args[0].like(node.value)
        case _:
            return args[0].isin([one.value for one in node.args[1:]])


def _either(join: Callable[[ir.Value, ir.Value], ir.Value], args: Sequence[ir.Value]) -> ir.BooleanValue:
    # halves, not a chain: engines and compilers walk deep trees by recursion
    if len(args) == 1:
        return args[0]
    middle = len(args) // 2
    return join(_either(join, args[:middle]), _either(join, args[middle:]))


_ARITHMETIC: Mapping[str, Callable[..., Amount]] = {
    "add": amounts.plus,
    "sub": amounts.minus,
    "mul": amounts.times,
    "div": amounts.over,
    "neg": amounts.negative,
}
_ROUNDED = {"floor": "floor", "ceil": "ceil", "round": "round"}
_CHOICES: Mapping[str, Callable[..., ir.Value]] = {
    "coalesce": ibis.coalesce,
    "greatest": ibis.greatest,
    "least": ibis.least,
}
_CALLS: Mapping[str, Callable[..., ir.Value]] = {
    "lower": lambda _, text: text.lower(),
    "contains": lambda _, text, part: text.contains(part),
    "days_since": days,
    "days_until": lambda today, day: days(today, day) * -1,
    "month": lambda _, day: day.month().cast("int64"),
    "today": lambda today: today,
}
