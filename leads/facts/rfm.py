"""Who buys lately, often and for much: recency, frequency and money of won purchases, as ranks and as segments."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import comparable, in_account_currency
from leads.facts.family import Fact, Family
from leads.facts.ground import Ground
from leads.facts.idioms import attach, attach_all, days, total
from mappings.money import digits

YEAR = 365
"""Days of the window that `_365` in a fact's name speaks of: today and the 364 days before."""
WORST = 5
FIFTHS = 5
MONETARY = re.compile(r"monetary_(?:([A-Za-z]{3})_)?([1-4])")
"""The numbers that are thresholds of spending, in the company's currency or in that of the code."""


def rfm(ground: Ground) -> ir.Table:
    """One row an account that ever bought, with the facts of the family."""
    inputs, numbers = ground.inputs, ground.numbers("rfm")
    ours = inputs.rules.mapping.company.currency
    accounts = inputs.tables["account"].select(account_id="id", currency=ibis.coalesce(_.currency, ours))
    lines = inputs.tables["purchase"]
    paid = in_account_currency(inputs, lines, accounts, "amount", on="bought_on")
    rows = spending(orders(paid, accounts, inputs.today, ours), inputs.today)
    # windows over a join would be planned with it each time
    rows = attach_all(rows, (accounts, ("account_id",)))
    rows = inputs.stage("facts_rfm", comparable(inputs, rows, "spent_365"))
    last = lines.inner_join(rows, [lines.account_id == rows.account_id, lines.bought_on == rows.last_bought_on])
    last = last.group_by("account_id").aggregate(last_purchase_record=_.id.min())
    told = attach(ranked(rows, numbers, ours), last, "account_id")
    return told.drop("currency", "recent", "compared", "compared_in")


def orders(lines: ir.Table, accounts: ir.Table, today: date, currency: str) -> ir.Table:
    """One row an order up to `today`: account_id, order (deal id, else line id), bought_on, amount, foreign.

    `lines` is the canonical purchase table, `accounts` holds account_id and currency. `amount` sums the lines' own
    (minor units of the account's currency; NULL if none is known); `foreign` counts lines in another currency than
    the account's, `currency` being that of lines which name none.
    """
    known = lines.filter(_.bought_on <= _day(today, 0)).inner_join(
        accounts.rename(account_currency="currency"), "account_id"
    )
    same = ibis.coalesce(known.currency, currency) == known.account_currency
    known = known.select(
        "account_id",
        "bought_on",
        order=ibis.coalesce(known.opportunity_id, known.id),
        amount=ibis.cases((same, known.amount)),
        foreign=ibis.cases((~same & known.amount.notnull(), 1), else_=0),
    )
    return known.group_by("account_id", "order").aggregate(
        bought_on=_.bought_on.max(), amount=total(_.amount), foreign=total(_.foreign)
    )


def spending(orders: ir.Table, today: date, window: int = YEAR) -> ir.Table:
    """One row an account: last_bought_on, recency_days, purchases_365, spent_365, spent_before_365, growth_percent.

    `window` is the number of days that the columns named 365 look back; the days before are as many again. Spent is
    0 without an order in the window, NULL where an order was paid in another currency or no amount is known.
    """
    now = _.bought_on > _day(today, window)
    before = ~now & (_.bought_on > _day(today, 2 * window))
    sums = orders.group_by("account_id").aggregate(
        last_bought_on=_.bought_on.max(),
        purchases_365=_.count(where=now),
        before=_.count(where=before),
        spent=total(_.amount, where=now),
        spent_before=total(_.amount, where=before),
        foreign=total(_.foreign, where=now),
        foreign_before=total(_.foreign, where=before),
    )
    told = sums.select(
        "account_id",
        "last_bought_on",
        "purchases_365",
        recency_days=days(_day(today, 0), sums.last_bought_on),
        recent=_.purchases_365 > 0,
        spent_365=_spent(_.purchases_365, _.spent, _.foreign),
        spent_before_365=_spent(_.before, _.spent_before, _.foreign_before),
    )
    grown = (_.spent_365 - _.spent_before_365) * 100 / _.spent_before_365
    return told.mutate(growth_percent=ibis.cases((_.spent_before_365 > 0, grown.floor().cast("int64"))))


def _spent(orders: ir.IntegerValue, amount: ir.IntegerValue, foreign: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.cases((orders == 0, 0), (foreign > 0, ibis.null("int64")), else_=amount).cast("int64")


def _day(today: date, ago: int) -> ir.DateValue:
    past = today - timedelta(days=ago)
    return ibis.date(past.year, past.month, past.day)


def ranked(rows: ir.Table, numbers: Mapping[str, float], currency: str) -> ir.Table:
    """Adds rfm_recency, rfm_frequency, rfm_monetary (1 best .. 5), rfm, rfm_rank and rfm_segment.

    `rows` holds account_id, currency, recent, the columns of `spending`, and spent_365 as it is compared across
    accounts: compared (minor units) and compared_in (its currency). `currency` is the company's.
    """
    least = int(numbers["quantile_min"])
    rows = rows.mutate(priced=_.compared.notnull())
    recency = _fifth(ibis.rank(), least, (rows.recent,), (rows.recency_days,))
    # the published recipe: equal counts are told apart by order, so that five groups of equal size come out
    frequency = 6 - _fifth(ibis.row_number(), least, (rows.recent,), (rows.purchases_365, rows.account_id))
    monetary = 6 - _fifth(ibis.rank(), least, (rows.recent, rows.compared_in, rows.priced), (rows.compared,))
    rows = rows.mutate(r=_recent(recency), f=_recent(frequency), m=ibis.cases((_.priced, _recent(monetary))))
    by_limit = not numbers["quantiles"]
    if by_limit:
        rows = rows.mutate(m=_money_rank(numbers, currency))
    rows = rows.mutate(
        rfm_recency=_rank(numbers, "recency", _.recency_days, most=True) if by_limit else _.r,
        rfm_frequency=_rank(numbers, "frequency", _.purchases_365, most=False) if by_limit else _.f,
        rfm_monetary=_.m,
        rfm_segment=segment(6 - _.r, 6 - _.f),
    )
    r, f, m = (rows[name].cast("string") for name in ("rfm_recency", "rfm_frequency", "rfm_monetary"))
    return rows.mutate(rfm=r + "-" + f + "-" + m, rfm_rank=_mean_rank(rows)).drop("priced", "r", "f", "m")


def _fifth(
    place: ir.IntegerValue, least: int, among: Sequence[ir.Value], order: Sequence[ir.Value]
) -> ir.IntegerValue:
    """Which fifth (1 lowest .. 5) a row is in, counted: `place` rows of `among` come before it; NULL under `least`.

    The same as cutting at the 20, 40, 60 and 80 % quantiles (linear interpolation, right edge included): k is the
    smallest with place <= (n - 1) * k / 5. Rows with the same place share a fifth.
    """
    below = place.over(ibis.window(group_by=among, order_by=order))
    n = among[0].count().over(ibis.window(group_by=among))
    above = ((below * FIFTHS + n - 2) / (n - 1).nullif(0)).floor().cast("int64")
    return ibis.cases((n >= max(least, 1), ibis.greatest(ibis.coalesce(above, 1), 1)))


def _recent(rank: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.cases((_.recent, rank), else_=WORST)


def _rank(numbers: Mapping[str, float], name: str, value: ir.IntegerValue, *, most: bool) -> ir.IntegerValue:
    limits = [numbers[f"{name}_{place}"] for place in range(1, WORST)]
    steps = [(value <= limit if most else value >= limit, place) for place, limit in enumerate(limits, 1)]
    return ibis.cases((value.isnull(), ibis.null("int64")), *steps, else_=WORST).cast("int64")


def _money_rank(numbers: Mapping[str, float], currency: str) -> ir.IntegerValue:
    """By thresholds of its currency, or of the one it is compared in; by fifths where neither has any."""
    limits = monetary_limits(numbers, currency)
    own = [(_.currency == code, _by_limits(limits[code], _.spent_365)) for code in sorted(limits)]
    others = [(_.compared_in == currency, _by_limits(limits[currency], _.compared))] if currency in limits else []
    return ibis.cases(*own, *others, else_=_.m) if limits else _.m


def _by_limits(limits: Mapping[int, int], spent: ir.IntegerValue) -> ir.IntegerValue:
    return _rank({f"money_{n}": limit for n, limit in limits.items()}, "money", spent, most=False)


def monetary_limits(numbers: Mapping[str, float], currency: str) -> dict[str, dict[int, int]]:
    """Currency -> rank -> least amount (minor units): monetary_1..4 are of `currency`, monetary_jpy_1..4 of JPY.

    A currency without all four above 0 has none.
    """
    found: dict[str, dict[int, int]] = {}
    for key, amount in sorted(numbers.items()):
        match = MONETARY.fullmatch(key)
        if match and amount > 0:
            code = (match[1] or currency).upper()
            found.setdefault(code, {})[int(match[2])] = round(amount * 10 ** digits(code))
    return {code: limits for code, limits in found.items() if len(limits) == WORST - 1}


def _mean_rank(rows: ir.Table) -> ir.IntegerValue:
    known = ibis.cases((rows.rfm_monetary.notnull(), 3), else_=2)
    ranks = rows.rfm_recency + rows.rfm_frequency + ibis.coalesce(rows.rfm_monetary, 0)
    return ((ranks * 2 + known) / (known * 2)).floor().cast("int64")


def segment(r: ir.IntegerValue, f: ir.IntegerValue) -> ir.StringValue:
    """The name of a recency and a frequency score (1 .. 5 best), by the published ten; NULL without both."""
    return ibis.cases(
        ((r <= 2) & (f <= 2), "hibernating"),
        ((r <= 2) & (f <= 4), "at_risk"),
        ((r <= 2) & (f == 5), "cant_lose"),
        ((r == 3) & (f <= 2), "about_to_sleep"),
        ((r == 3) & (f == 3), "need_attention"),
        ((r <= 4) & (f >= 4), "loyal"),
        ((r == 4) & (f == 1), "promising"),
        ((r == 5) & (f == 1), "new"),
        ((r >= 4) & (f <= 3), "potential_loyalists"),
        ((r == 5) & (f >= 4), "champions"),
    )


_BOUGHT = ("purchase.bought_on",)
_PAID = ("purchase.amount",)

RFM = Family(
    name="rfm",
    grain="account",
    facts={
        "last_bought_on": Fact(
            kind="date",
            unit="date",
            doc="day of the last won purchase, up to today",
            needs=_BOUGHT,
            record="last_purchase_record",
            field="purchase.bought_on",
        ),
        "recency_days": Fact(kind="integer", unit="days", doc="days since last_bought_on", needs=_BOUGHT),
        "purchases_365": Fact(
            kind="integer",
            unit="purchases",
            doc="won orders of the last 365 days: distinct deals, or lines without one",
            needs=_BOUGHT,
        ),
        "spent_365": Fact(
            kind="money",
            unit="money",
            doc="sum of purchase.amount over the last 365 days, in the account's currency at the rate of the day it "
            "was bought on; unknown where a line has no such rate, or no line has an amount",
            needs=_PAID,
        ),
        "spent_before_365": Fact(
            kind="money", unit="money", doc="the same sum over the 365 days before those", needs=_PAID
        ),
        "growth_percent": Fact(
            kind="integer",
            unit="percent",
            doc="(spent_365 - spent_before_365) x 100 / spent_before_365, rounded down; NULL unless it spent before",
            needs=_PAID,
        ),
        "rfm_recency": Fact(
            kind="integer",
            unit="rank",
            doc="1 best .. 5: recency_days is at most recency_1 .. recency_4, else 5; with `quantiles` 1: its fifth "
            "among the accounts that bought in 365 days",
            needs=_BOUGHT,
        ),
        "rfm_frequency": Fact(
            kind="integer",
            unit="rank",
            doc="1 best .. 5: purchases_365 is at least frequency_1 .. frequency_4, else 5; with `quantiles` 1: its "
            "fifth, equal counts ordered by account id",
            needs=_BOUGHT,
        ),
        "rfm_monetary": Fact(
            kind="integer",
            unit="rank",
            doc="1 best .. 5: spent_365 is at least monetary_1 .. monetary_4, else 5 (whole units of the company's "
            "currency, at today's rate; monetary_jpy_1 .. monetary_jpy_4 are those of accounts in JPY). Where they "
            "are 0, or with `quantiles` 1: its fifth, in the company's currency, among the accounts that bought in "
            "365 days; where its currency has no rate today, among those of its own currency",
            needs=_PAID,
        ),
        "rfm": Fact(
            kind="text",
            unit="text",
            doc="the three ranks: 1-2-3 is recency 1, frequency 2, monetary 3; unknown unless all are known",
            needs=_PAID,
        ),
        "rfm_rank": Fact(
            kind="integer",
            unit="rank",
            doc="1 best .. 5: the mean of the three ranks, rounded, halves to the worse; of the two that are known "
            "where the money is not",
            needs=_BOUGHT,
        ),
        "rfm_segment": Fact(
            kind="text",
            unit="text",
            doc="champions, loyal, potential_loyalists, new, promising, need_attention, about_to_sleep, at_risk, "
            "cant_lose or hibernating: by fifths of recency and frequency among accounts that bought in 365 days; "
            "the others are hibernating",
            needs=_BOUGHT,
        ),
    },
    table=rfm,
    numbers={
        "quantiles": 0,
        "quantile_min": 5,
        "recency_1": 7,
        "recency_2": 31,
        "recency_3": 92,
        "recency_4": 366,
        "frequency_1": 5,
        "frequency_2": 3,
        "frequency_3": 2,
        "frequency_4": 1,
        "monetary_1": 0,
        "monetary_2": 0,
        "monetary_3": 0,
        "monetary_4": 0,
    },
)
"""Recency, frequency and money."""
