"""The few table idioms that every family of facts shares: attach, best, total."""

from collections.abc import Iterable, Mapping, Sequence

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis import Deferred, _

NO = ibis.literal(value=False)
NO_KEY = ibis.literal(value=True).op()
"""Joining on no column: every row agrees."""


def attach(left: ir.Table, right: ir.Table, *on: str) -> ir.Table:
    """All rows of `left`, with the columns of `right` where the columns `on` agree (NULL where none does).

    `right` holds at most one row a key; otherwise rows of `left` repeat.
    """
    return attach_all(left, (right, on))


def attach_all(left: ir.Table, *others: tuple[ir.Table, Sequence[str]]) -> ir.Table:
    """`attach` for several tables at once, each with the columns of `left` it joins on: one join, one projection.

    Built of Ibis's operations themselves: its own `join` looks every column of every table up again at each step.
    """
    first = ops.JoinReference(left.op(), identifier=0)
    mine = first.fields  # made anew whenever they are asked for
    values, links = dict(mine), []
    for place, (right, on) in enumerate(others, 1):
        other = ops.JoinReference(right.op(), identifier=place)
        theirs = other.fields
        same = [ops.Equals(mine[name], theirs[name]) for name in on] or [NO_KEY]
        links.append(ops.JoinLink("left", table=other, predicates=same))
        found = {name: field for name, field in theirs.items() if name not in on}
        if twice := values.keys() & found.keys():
            raise ValueError(f"columns {', '.join(sorted(twice))} are on both sides")
        values |= found
    return ir.Table(ops.JoinChain(first=first, rest=links, values=values))


def best(rows: ir.Table, *by: str, value: str, id: str = "id") -> ir.Table:
    """The one row a group with the largest `value`, the smallest `id` among equals (maximum and join: no sort)."""
    top = rows.group_by(by).aggregate(best_value=_[value].max())
    tied = attach(rows.select(*by, value, best_id=id), top, *by).filter(_[value] == _.best_value)
    first = tied.group_by(by).aggregate(best_value=_.best_value.max(), best_id=_.best_id.min())
    chosen = attach(rows, first, *by).filter((_[value] == _.best_value) & (_[id] == _.best_id))
    return chosen.drop("best_value", "best_id")


def listed(rows: Iterable[Mapping[str, object]], kinds: Mapping[str, str]) -> ir.Table:
    """These few rows as a table with columns of these kinds (Ibis's names of types)."""
    # Ibis makes a frame of what is no Arrow table, and frames take what is missing for a number
    return ibis.memtable(pa.Table.from_pylist([*rows], schema=ibis.schema(kinds).to_pyarrow()))


def total(column: ir.NumericColumn, where: ir.BooleanValue | None = None) -> ir.IntegerScalar:
    """The sum as a 64-bit integer: engines widen it otherwise."""
    return column.sum(where=where).cast("int64")


def days(later: ir.DateValue, earlier: ir.DateValue) -> ir.IntegerValue:
    """Whole days from `earlier` to `later`."""
    if isinstance(later, Deferred):
        return later.delta(earlier, unit="day").cast("int64")
    # a literal's method cannot take a column that is not bound yet; the column's can take a literal
    return (earlier.delta(later, unit="day") * -1).cast("int64")


def thousandths(share: float) -> int:
    """A share (0..1) as whole thousandths: comparing whole numbers has no rounding at the limit."""
    return round(share * 1000)


def yes(flag: ir.BooleanValue) -> ir.BooleanValue:
    """True only where the flag is true: missing means no."""
    return ibis.coalesce(flag, False)
