"""The few table idioms that every family of facts shares: attach, best, total."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis import Deferred, _

NO = ibis.literal(value=False)


def attach(left: ir.Table, right: ir.Table, *on: str) -> ir.Table:
    """All rows of `left`, with the columns of `right` where the columns `on` agree (NULL where none does).

    `right` holds at most one row a key; otherwise rows of `left` repeat.
    """
    return attach_all(left, (right, on))


def attach_all(left: ir.Table, *others: tuple[ir.Table, Sequence[str]]) -> ir.Table:
    """`attach` for several tables at once, each with the columns of `left` it joins on: one join, one projection."""
    joined, keep = left, list(left.columns)
    for place, (right, on) in enumerate(others):
        keys = {f"key{place}_{name}": name for name in on}
        other = right.rename(keys)
        joined = joined.left_join(other, [left[name] == other[key] for key, name in keys.items()])
        keep += [name for name in right.columns if name not in on]
    return joined.select(*keep)


def best(rows: ir.Table, *by: str, value: str, id: str = "id") -> ir.Table:
    """The one row a group with the largest `value`, the smallest `id` among equals (maximum and join: no sort)."""
    top = rows.group_by(by).aggregate(best_value=_[value].max())
    tied = attach(rows, top, *by).filter(_[value] == _.best_value)
    first = tied.group_by(by).aggregate(best_id=_[id].min())
    return attach(tied, first, *by).filter(_[id] == _.best_id).drop("best_value", "best_id")


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
