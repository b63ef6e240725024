"""How much the product is used: the last 28 days against the 28 before and against the account's own habit."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, best, days, thousandths
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

WEEK = 7
HISTORY = 182
"""Days of history that make up an account's own mean."""


_WHOLE = (("int64",), "int64")
# Ibis has the first one too, but not for Spark
bit_or: Callable[[ir.Value], ir.IntegerScalar] = ibis.udf.agg.builtin(
    lambda bits: bits, name="bit_or", signature=_WHOLE
)
"""The bits that any row has."""
bit_count: Callable[[ir.Value], ir.IntegerValue] = ibis.udf.scalar.builtin(
    lambda bits: bits, name="bit_count", signature=_WHOLE
)
"""How many bits are set."""


def measured(inputs: Inputs) -> ir.Table:
    """One row an account: used_now, used_before (means of weekly means), own_mean, own_sd, usage_fall (percent).

    Weeks even out weekends and daily against weekly feeds. Under two weeks in either window, or four before the
    last 28 days, there is no row: missing data is not a drop.
    """
    rows = inputs.tables["usage"].filter((_.on <= inputs.day(0)) & (_.on > inputs.day(HISTORY)) & (_.quantity >= 0))
    age = days(inputs.day(0), _.on)
    bit = ibis.cases(*((age % WEEK == day, 2**day) for day in range(WEEK))).cast("int64")
    dated = rows.select("account_id", "quantity", week=(age / WEEK).floor().cast("int64"), day=bit)
    sums = dated.group_by("account_id", "week").aggregate(quantity=_.quantity.sum(), days=bit_or(_.day))
    # a week's sum over the days that have any is the mean of its days, without adding up each day first
    weekly = sums.mutate(mean=(_.quantity / bit_count(_.days)).round(6))
    now, before, past = _.week < 4, (_.week >= 4) & (_.week < 8), _.week >= 4
    sums = weekly.group_by("account_id").aggregate(
        used_now=_["mean"].mean(where=now).round(4),
        used_before=_["mean"].mean(where=before).round(4),
        own_mean=_["mean"].mean(where=past).round(4),
        own_sd=_["mean"].std(how="sample", where=past).round(4),
        weeks_now=_.week.count(where=now),
        weeks_before=_.week.count(where=before),
        weeks_past=_.week.count(where=past),
    )
    enough = sums.filter((_.weeks_now >= 2) & (_.weeks_before >= 2) & (_.weeks_past >= 4) & (_.used_before > 0))
    fall = ((_.used_before - _.used_now) * 100 / _.used_before).round(4)
    last = best(rows.filter(_.on > inputs.day(28)), "account_id", value="on")
    last = last.select("account_id", usage_record="id", usage_last="quantity")
    told = attach(enough, last, "account_id").mutate(usage_fall=fall)
    return told.drop("weeks_now", "weeks_before", "weeks_past")


def dropped(rows: ir.Table, share: float, deviations: float) -> ir.BooleanValue:
    """Whether usage fell by `share` (0..1) and lies `deviations` standard deviations under the own mean."""
    fell = rows.usage_fall * 10 >= thousandths(share)
    unusual = rows.own_mean - rows.used_now >= deviations * ibis.coalesce(rows.own_sd, 0)
    return ibis.coalesce(fell & unusual, False)


def judged(rows: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """Adds usage_drop and usage_growth to `measured`."""
    drop = dropped(rows, numbers["share"], numbers["deviations"])
    return rows.mutate(usage_drop=drop, usage_growth=-rows.usage_fall)


def _table(ground: "Ground") -> ir.Table:
    return judged(measured(ground.inputs), ground.numbers("usage"))


_NEEDS = ("usage.quantity",)
_ENOUGH = "NULL unless 2 weeks of the last 28 days, 2 of the 28 before and 4 before the last 28 hold data"


def _number(doc: str, unit: str = "usage") -> Fact:
    return Fact(kind="number", unit=unit, doc=f"{doc}; {_ENOUGH}", needs=_NEEDS)


USAGE = Family(
    name="usage",
    grain="account",
    numbers={"share": 0.3, "deviations": 2},
    facts={
        "used_now": _number("usage of the last 28 days, all products together: mean of the means of its weeks"),
        "used_before": _number("the same for the 28 days before"),
        "own_mean": _number("the same for the 154 days before the last 28"),
        "own_sd": _number("standard deviation of those weeks' means"),
        "usage_fall": _number("(used_before - used_now) x 100 / used_before; negative if it rose", unit="percent"),
        "usage_growth": _number(
            "(used_now - used_before) x 100 / used_before, negative where it fell", unit="percent"
        ),
        "usage_drop": Fact(
            kind="boolean",
            unit="text",
            doc="usage_fall is at least the number `share` in percent, and used_now at least `deviations` times "
            f"own_sd under own_mean; {_ENOUGH}",
            needs=_NEEDS,
        ),
        "usage_last": Fact(
            kind="number",
            unit="usage",
            doc="the last quantity measured, in the last 28 days",
            needs=_NEEDS,
            record="usage_record",
            field="usage.quantity",
        ),
    },
    table=_table,
)
