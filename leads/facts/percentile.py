"""Percentiles found by counting, so that every engine gives the same."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import thousandths


def percentile(rows: ir.Table, *by: str, value: str, share: float) -> ir.Table:
    """The smallest `value` (a whole number) that at least `share` (0..1) of a group's rows do not exceed.

    One row a group: the columns `by`, `at` (the value) and `n` (rows behind it). Rows without a value must be left
    out before.
    """
    bars = rows.group_by(*by, value).aggregate(rows_here=_.count())
    up_to = ibis.window(group_by=by, order_by=value, following=0)
    bars = bars.mutate(below=_.rows_here.sum().over(up_to), whole=_.rows_here.sum().over(ibis.window(group_by=by)))
    reached = bars.filter(_.below * 1000 >= _.whole * thousandths(share))
    return reached.group_by(by).aggregate(at=_[value].min(), n=_.whole.max().cast("int64"))
