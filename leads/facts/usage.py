"""How much the product is used: the last 28 days against the 28 before and against the account's own habit."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, best, days, thousandths, total
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

WEEK = 7
LATE = 28
"""Days that are compared with as many before."""
HISTORY = 182
"""Days of history that make up an account's own mean."""
MEASURED = ("used_now", "used_before", "own_mean", "own_sd", "usage_fall")
"""What is told only where enough weeks hold data."""


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


def measured(inputs: Inputs, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account: used_now, used_before (means of weekly means), own_mean, own_sd, usage_fall (percent), ...

    Weeks even out weekends and daily against weekly feeds. Under two weeks in either window, or four before the
    last 28 days, nothing is known (usage_reason): missing data is not a drop. Silence is one, of those who were
    never silent for so long, while others are heard of.
    """
    rows = inputs.tables["usage"].filter((_.on <= inputs.day(0)) & (_.on > inputs.day(HISTORY)) & (_.quantity >= 0))
    sums = inputs.stage("facts_usage", _by_week(inputs, rows))
    alive = _alive(sums, numbers["feed_share"])
    told = sums.mutate(quiet=_quiet(sums.last_week, alive))
    told = told.mutate(quiet=ibis.ifelse(_unusual(numbers["silence_chance"]), _.quiet, 0))
    weeks = _.weeks_now + _.quiet
    used = ibis.ifelse(_.quiet == 0, _.used_now, ibis.coalesce(_.used_now, 0.0) * _.weeks_now / _divisor(weeks))
    habit = (_.weeks_before >= 2) & (_.weeks_past >= 4) & (_.used_before > 0)
    told = told.mutate(known=ibis.coalesce((weeks >= 2) & habit, False), used_now=used.round(4))
    fall = ((_.used_before - _.used_now) * 100 / _divisor(_.used_before)).round(4)
    told = told.mutate(usage_fall=fall, usage_reason=_reason(habit, alive))
    told = told.mutate(**{name: ibis.cases((_.known, _[name])) for name in MEASURED})
    last = best(rows.filter(_.on > inputs.day(2 * LATE)), "account_id", value="on")
    last = last.select("account_id", usage_record="id", usage_last="quantity", usage_last_on="on")
    return attach(told.select("account_id", "known", "usage_reason", *MEASURED), last, "account_id")


def _divisor(value: ir.NumericValue) -> ir.NumericValue:
    """The value, or 1 where it is 0 or missing, of which nothing is told.

    Spark refuses to divide by 0 even there.
    """
    return ibis.ifelse(ibis.coalesce(value, 0) > 0, value, 1)


def _by_week(inputs: Inputs, rows: ir.Table) -> ir.Table:
    """One row an account: its means, the weeks behind them, and in which of the last four it was heard of."""
    age = days(inputs.day(0), _.on)
    bit = ibis.cases(*((age % WEEK == day, 2**day) for day in range(WEEK))).cast("int64")
    dated = rows.select("account_id", "quantity", week=(age / WEEK).floor().cast("int64"), day=bit)
    sums = dated.group_by("account_id", "week").aggregate(quantity=_.quantity.sum(), days=bit_or(_.day))
    # a week's sum over the days that have any is the mean of its days, without adding up each day first
    weekly = sums.mutate(mean=(_.quantity / bit_count(_.days)).round(6))
    now, before, past = _.week < 4, (_.week >= 4) & (_.week < 8), _.week >= 4
    return weekly.group_by("account_id").aggregate(
        used_now=_["mean"].mean(where=now).round(4),
        used_before=_["mean"].mean(where=before).round(4),
        own_mean=_["mean"].mean(where=past).round(4),
        own_sd=_["mean"].std(how="sample", where=past).round(4),
        weeks_now=_.week.count(where=now),
        weeks_before=_.week.count(where=before),
        weeks_past=_.week.count(where=past),
        last_week=_.week.min(),
        first_week=_.week.max(),
        **{f"heard_{week}": _.week.count(where=_.week == week) for week in range(4)},
    )


def _alive(sums: ir.Table, share: float) -> tuple[int, ...]:
    """Of the last four weeks, the latest being 0, those in which the feed as a whole was alive.

    It was where at least `share` of the accounts of an average week of the 28 days before were heard of. Asked for
    beforehand instead of joined to every row: Sail divides by what it has not joined yet.
    """
    heard = {f"heard_{week}": total(_[f"heard_{week}"]) for week in range(4)}
    [seen] = sums.aggregate(**heard, usual=total(_.weeks_before)).to_pyarrow().to_pylist()
    usual = seen["usual"] or 0
    return tuple(
        week for week in range(4) if usual and (seen[f"heard_{week}"] or 0) * 4000 >= usual * thousandths(share)
    )


def _quiet(last_week: ir.IntegerValue, alive: tuple[int, ...]) -> ir.IntegerValue:
    """The weeks since the account was last heard of in which the feed was alive, of the last four."""
    weeks = (ibis.ifelse(last_week > week, 1, 0) for week in alive)
    return reduce(add, weeks, ibis.literal(0))


def _unusual(chance: float) -> ir.BooleanValue:
    """Whether two or more quiet weeks in a row would come by chance no more often than `chance`, by their own habit.

    The habit is the share of weeks with data, since the first of them up to 28 days ago.
    """
    span = _.first_week - 3
    rare = (span - _.weeks_past) ** _.quiet * 1000 <= span**_.quiet * thousandths(chance)
    return (_.quiet > 1) & rare


def _reason(habit: ir.BooleanValue, alive: tuple[int, ...]) -> ir.StringValue:
    stopped = ibis.coalesce(habit, False) & ibis.literal(len(alive) < 2)
    return ibis.cases((_.known, ibis.null("string")), (stopped, "feed_stopped"), else_="few_weeks")


def dropped(rows: ir.Table, share: float, deviations: float) -> ir.BooleanValue:
    """Whether usage fell by `share` (0..1), `deviations` standard deviations under the own mean; NULL: unknown."""
    fell = rows.usage_fall * 10 >= thousandths(share)
    unusual = rows.own_mean - rows.used_now >= deviations * ibis.coalesce(rows.own_sd, 0)
    return ibis.cases((rows.known, ibis.coalesce(fell & unusual, False)))


def judged(rows: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """Adds usage_drop and usage_growth to `measured`."""
    drop = dropped(rows, numbers["share"], numbers["deviations"])
    return rows.mutate(usage_drop=drop, usage_growth=-rows.usage_fall).drop("known")


def _table(ground: "Ground") -> ir.Table:
    numbers = ground.numbers("usage")
    return judged(measured(ground.inputs, numbers), numbers)


_NEEDS = ("usage.quantity",)
_ENOUGH = "NULL where usage_reason says why"


def _number(doc: str, unit: str = "usage") -> Fact:
    return Fact(kind="number", unit=unit, doc=f"{doc}; {_ENOUGH}", needs=_NEEDS)


USAGE = Family(
    name="usage",
    grain="account",
    numbers={"share": 0.3, "deviations": 2, "feed_share": 0.5, "silence_chance": 0.01},
    facts={
        "used_now": _number(
            "usage of the last 28 days, all products together: mean of the means of its weeks. The weeks since the "
            "last row count as 0 where there are two or more, so many in a row would come by chance in at most the "
            "share silence_chance of cases (by their share of weeks without data before), and the feed was alive "
            "in them: at least the share feed_share of the accounts of an average week of the 28 days before had data"
        ),
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
            doc="the last quantity measured, in the last 56 days",
            needs=_NEEDS,
            record="usage_record",
            field="usage.quantity",
        ),
        "usage_last_on": Fact(
            kind="date",
            unit="date",
            needs=("usage.on",),
            record="usage_record",
            field="usage.on",
            doc="the day of usage_last",
        ),
        "usage_reason": Fact(
            kind="text",
            unit="text",
            doc="why usage cannot be told: feed_stopped (it has a habit, but under 2 of the last 4 weeks hold data "
            "of the share feed_share of accounts), few_weeks (under 2 weeks of the last 28 days, 2 of the 28 before "
            "or 4 before the last 28 hold data). Missing where nothing was measured in 182 days",
            needs=_NEEDS,
        ),
    },
    table=_table,
)
