"""When an account has money to spend: the month its purchases cluster in, or else the end of its fiscal year."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.ground import Ground
from leads.facts.idioms import attach_all, best, days, listed, total
from leads.inputs import Stage
from leads.stats import believed_up_to, chance_of_cluster

MONTHS = 12
_MONTH, _ORDERS = 100, 1_000_000
"""Room for a month and for orders within one number."""
CHANCES = {"season_months": "int64", "season_hit_years": "int64", "season_chance": "float64"}


def season(ground: Ground) -> ir.Table:
    """One row an account with the facts of the family."""
    inputs, numbers = ground.inputs, ground.numbers("season")
    table = inputs.tables["account"]
    told = table.fiscal_month if "fiscal_month" in table.columns else ibis.null("int64")
    accounts = table.select(account_id="id", fiscal_month=ibis.cases((told.between(1, MONTHS), told)).cast("int64"))
    seen = inputs.tables["purchase"].filter(
        (_.bought_on <= inputs.day(0)) & (_.bought_on > inputs.day(int(numbers["history_days"])))
    )
    rows = seasons(seen, numbers, inputs.stage)
    last = best(_in_season(seen, rows), "account_id", value="bought_on")
    last = last.select("account_id", season_last_on="bought_on", season_record="id")
    return dated(attach_all(accounts, (rows, ("account_id",)), (last, ("account_id",))), inputs.today)


def seasons(lines: ir.Table, numbers: Mapping[str, float], stage: Stage) -> ir.Table:
    """One row an account whose purchases cluster: season_month, season_hits, season_n, season_years, season_chance.

    `lines` are purchases with account_id, opportunity_id, id and bought_on. What is counted are the months bought in,
    so that the lines and deals of one project are one; an account is tested when it has min_purchases orders over
    min_years calendar years. The chance is that of some month coming up in as many years if each month bought in were
    dealt at random; Benjamini and Hochberg decide over all accounts tested, at the share `false_share`.
    """
    tested = stage("season_months", _counted(lines, numbers))
    shapes = tested.group_by("season_months", "season_hit_years").aggregate(accounts=_.count()).to_pyarrow()
    believed = listed(_believed(shapes, numbers["false_share"]), CHANCES)
    return tested.inner_join(believed, ("season_months", "season_hit_years")).drop(
        "season_months", "season_hit_years"
    )


def _counted(lines: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account to be tested, with the month in which it bought in most years: three groupings, no join."""
    bought = lines.group_by("account_id", year=_.bought_on.year(), month=_.bought_on.month()).aggregate(
        orders=ibis.coalesce(_.opportunity_id, _.id).nunique()
    )
    months = bought.group_by("account_id", "month").aggregate(
        orders=total(_.orders), years=_.count(), first=_.year.min(), last=_.year.max()
    )
    # the most years, then the most orders, then the earlier month, in one number: a maximum needs no second look
    weight = (_.years * _ORDERS + ibis.least(_.orders, _ORDERS - 1)) * _MONTH + (MONTHS - _.month)
    sums = months.group_by("account_id").aggregate(
        top=weight.cast("int64").max(),
        season_n=total(_.orders),
        season_months=total(_.years),
        season_years=(_["last"].max() - _["first"].min() + 1).cast("int64"),
    )
    enough = sums.filter(
        (_.season_n >= int(numbers["min_purchases"])) & (_.season_years >= int(numbers["min_years"]))
    )
    most = (_.top / _MONTH).floor().cast("int64")
    told = enough.mutate(season_month=MONTHS - _.top % _MONTH, most=most)
    years = (told.most / _ORDERS).floor().cast("int64")
    return told.mutate(season_hit_years=years, season_hits=told.most % _ORDERS).drop("top", "most")


def _believed(shapes: pa.Table, false_share: float) -> list[dict[str, int | float]]:
    """Of the shapes (months bought in, years that had the same one, accounts like that) those beyond chance."""
    rows = shapes.to_pylist()
    chances = [chance_of_cluster(row["season_hit_years"], row["season_months"], MONTHS) for row in rows]
    every = np.repeat(np.array(chances, dtype=np.float64), [row["accounts"] for row in rows])
    limit = believed_up_to(every, false_share)
    return [
        {"season_months": row["season_months"], "season_hit_years": row["season_hit_years"], "season_chance": chance}
        for row, chance in zip(rows, chances, strict=True)
        if chance <= limit
    ]


def _in_season(lines: ir.Table, seasons: ir.Table) -> ir.Table:
    months = seasons.select("account_id", "season_month")
    return lines.inner_join(months, "account_id").filter(_.bought_on.month() == _.season_month)


def dated(rows: ir.Table, today: date) -> ir.Table:
    """Adds season_on, season_days, fiscal_end_on, fiscal_days, budget_on and budget_days to rows with both months."""
    rows = rows.mutate(
        season_on=_next(_.season_month, today, _first), fiscal_end_on=_next(_.fiscal_month, today, _last)
    )
    rows = rows.mutate(budget_on=ibis.coalesce(_.season_on, _.fiscal_end_on))
    now = ibis.date(today.year, today.month, today.day)
    return rows.mutate(
        season_days=days(_.season_on, now), fiscal_days=days(_.fiscal_end_on, now), budget_days=days(_.budget_on, now)
    )


def _next(month: ir.IntegerValue, today: date, day: Callable[[int, int], date]) -> ir.DateValue:
    """The next such day of the month, today included."""
    coming = {}
    for one in range(1, MONTHS + 1):
        this_year = day(today.year, one)
        coming[one] = this_year if this_year >= today else day(today.year + 1, one)
    return ibis.cases(*((month == one, ibis.date(on.year, on.month, on.day)) for one, on in coming.items()))


def _first(year: int, month: int) -> date:
    return date(year, month, 1)


def _last(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


_BOUGHT = ("purchase.bought_on",)
_FISCAL = ("account.fiscal_month",)

SEASON = Family(
    name="season",
    grain="account",
    facts={
        "season_month": Fact(
            kind="integer",
            unit="month",
            doc="the month (1..12) its purchases cluster in; NULL without min_purchases orders in min_years "
            "calendar years of the last history_days, or where chance explains it (season_chance)",
            needs=_BOUGHT,
        ),
        "season_hits": Fact(kind="integer", unit="purchases", doc="its orders in that month", needs=_BOUGHT),
        "season_n": Fact(kind="integer", unit="purchases", doc="all its orders that were looked at", needs=_BOUGHT),
        "season_years": Fact(
            kind="integer", unit="years", doc="calendar years from the first to the last of these", needs=_BOUGHT
        ),
        "season_chance": Fact(
            kind="number",
            unit="share",
            doc="how likely (0..1, at most) so many years with the same month are without a season: 12 x the "
            "binomial tail; believed where Benjamini-Hochberg at false_share over all accounts does",
            needs=_BOUGHT,
        ),
        "season_last_on": Fact(
            kind="date",
            unit="date",
            doc="its last purchase in that month",
            needs=_BOUGHT,
            record="season_record",
            field="purchase.bought_on",
        ),
        "season_on": Fact(kind="date", unit="date", doc="the next first day of season_month", needs=_BOUGHT),
        "season_days": Fact(kind="integer", unit="days", doc="days from today to season_on", needs=_BOUGHT),
        "fiscal_month": Fact(
            kind="integer",
            unit="month",
            doc="last month (1..12) of its fiscal year",
            needs=_FISCAL,
            record="account_id",
            field="account.fiscal_month",
        ),
        "fiscal_end_on": Fact(kind="date", unit="date", doc="the next last day of fiscal_month", needs=_FISCAL),
        "fiscal_days": Fact(kind="integer", unit="days", doc="days from today to fiscal_end_on", needs=_FISCAL),
        "budget_on": Fact(
            kind="date",
            unit="date",
            doc="season_on, else fiscal_end_on",
            needs=("purchase.bought_on|account.fiscal_month",),
        ),
        "budget_days": Fact(
            kind="integer",
            unit="days",
            doc="days from today to budget_on",
            needs=("purchase.bought_on|account.fiscal_month",),
        ),
    },
    table=season,
    numbers={"history_days": 1826, "min_purchases": 4, "min_years": 2, "false_share": 0.1},
)
"""Budget season."""
