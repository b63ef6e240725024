"""Amounts of one currency in another, by the rate of their day, and never by a guess.

What is compared across accounts is told in the company's currency, exact to the minor unit; what is told of one
account stays in that account's. Where no rate is known at all, every currency is compared with itself only.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from leads.facts.idioms import attach
from leads.facts.rates import FIRST, LAST, PLACES, DatedRate, dated_rates, rates_today
from leads.inputs import Inputs

# 16 digits of money times 8 + 13 of the rate are the 38 that engines calculate with
_MONEY = ibis.dtype("decimal(16, 0)")
_FACTOR = ibis.dtype(f"decimal(21, {PLACES})")
_LARGEST_MONEY = 10**16


def in_company_currency(
    inputs: Inputs, rows: ir.Table, amount: str, on: str | None = None, name: str | None = None
) -> ir.Table:
    """`rows` with one more column: `amount` in minor units of the company's currency, halves rounded away from 0.

    `rows` hold `currency` (missing: the company's) and `amount` (minor units of it); `on` is a column with the day
    whose rate counts, days after today counting as today; None: today's rate, for what is paid, listed or open now.
    NULL where no rate is known for that day, or the day is missing. The new column is called `name`, by default
    `amount` with `_company` after it. Hand over a staged table where `on` is given: it is read twice.
    """
    own = inputs.rules.mapping.company.currency
    known = dated_rates(inputs)
    money = _.currency.fill_null(own)
    name = name or f"{amount}_company"
    if on is None or not known:
        today = {code: factor for code, factor in rates_today(inputs).items() if code != own}
        return rows.mutate(**{name: _converted(_[amount], money, own, _looked_up(money, today))})
    dated = _with_factor(rows, known, money, (_[on] > inputs.day(0)).ifelse(inputs.day(0), _[on]))
    return dated.mutate(**{name: _converted(_[amount], money, own, _.day_factor)}).select(*rows.columns, name)


def comparable(inputs: Inputs, rows: ir.Table, amount: str, on: str | None = None) -> ir.Table:
    """`rows` with two more columns: compared_in, a currency, and compared: `amount` in minor units of it.

    `rows` hold `currency` (of every row) and `amount`. What has a rate today is compared in the company's
    currency, by the rate of the day in `on` (None: today's), NULL where there was none then; the rest in its own.
    """
    rates = rates_today(inputs)
    if not rates:
        return rows.mutate(compared=_[amount], compared_in=_.currency)
    told = in_company_currency(inputs, rows, amount, on, name="compared").mutate(compared_in=pooled(inputs))
    return told.mutate(compared=(_.compared_in == _.currency).ifelse(_[amount], _.compared))


def pooled(inputs: Inputs) -> ir.StringValue:
    """The currency in which a row's `currency` is compared: the company's if there is a rate today, else its own."""
    rates = rates_today(inputs)
    return _.currency.isin(sorted(rates)).ifelse(inputs.rules.mapping.company.currency, _.currency)


def exchanged(
    inputs: Inputs, amount: ir.IntegerValue, money: ir.StringValue, into: ir.StringValue
) -> ir.IntegerValue:
    """`amount` (minor units of `money`) in minor units of `into` at today's rates; NULL where one is not known."""
    rates = rates_today(inputs)
    if not rates:
        return ibis.cases((money == into, amount))
    factors = [ibis.cases(*((one == code, factor) for code, factor in _floats(rates))) for one in (money, into)]
    return ibis.cases((money == into, amount), else_=_times(amount, factors[0], factors[1]))


def exchangeable(inputs: Inputs, money: ir.StringValue, into: ir.StringValue) -> ir.BooleanValue:
    """Whether amounts of `money` can be told in `into` today."""
    codes = sorted(rates_today(inputs))
    return (money == into) | (money.isin(codes) & into.isin(codes)) if codes else money == into


def in_account_currency(inputs: Inputs, rows: ir.Table, accounts: ir.Table, amount: str, on: str) -> ir.Table:
    """`rows` with `amount` and `currency` in the currency of their account, by the rate of the day in `on`.

    `rows` hold account_id, `currency` (missing: the company's), `amount` and `on` (days after today count as today);
    `accounts` account_id and currency. A row stays as it is where no rate is known for that day.
    """
    known, own = dated_rates(inputs), inputs.rules.mapping.company.currency
    if not known:
        return rows
    theirs = accounts.select("account_id", account_money="currency")
    day = (_[on] > inputs.day(0)).ifelse(inputs.day(0), _[on])
    keyed = attach(rows, theirs, "account_id").mutate(line_money=_.currency.fill_null(own), line_day=day)
    every = (*known, DatedRate(currency=own, since=FIRST, until=LAST, factor=Decimal(1)))
    told = attach(keyed, _crossed(keyed, every), "line_money", "account_money", "line_day")
    turned = _times(_[amount], _.line_factor, _.account_factor)
    known_then = _.line_factor.notnull()
    return told.mutate(
        **{amount: known_then.ifelse(turned, _[amount]), "currency": known_then.ifelse(_.account_money, _.line_money)}
    ).select(*rows.columns)


def _crossed(rows: ir.Table, known: Iterable[DatedRate]) -> ir.Table:
    """line_money, account_money, line_day, line_factor, account_factor: where they differ and both are known."""
    pairs = rows.filter(_.line_money != _.account_money).select("line_money", "account_money", "line_day").distinct()
    table = _table(known)
    for name in ("line", "account"):
        rates = ibis.memtable(table).rename(lambda column, name=name: f"{name}_{column}")
        holds = [
            pairs[f"{name}_money"] == rates[f"{name}_rate_currency"],
            pairs.line_day >= rates[f"{name}_rate_since"],
            pairs.line_day < rates[f"{name}_rate_until"],
        ]
        factor = rates[f"{name}_rate_factor"].cast("float64").name(f"{name}_factor")
        pairs = pairs.inner_join(rates, holds).select(*pairs.columns, factor)
    return pairs


def _times(amount: ir.IntegerValue, factor: ir.FloatingValue, divisor: ir.FloatingValue) -> ir.IntegerValue:
    # rounding first takes away the noise that would make 57 out of 57.5
    return (amount.cast("float64") * factor / divisor).round(6).round().cast("int64")


def _floats(rates: Mapping[str, Decimal]) -> Iterator[tuple[str, ir.FloatingScalar]]:
    # as a float: Spark reads a number with a point as a decimal, and divides to six places
    return ((code, ibis.literal(float(factor)).cast("float64")) for code, factor in sorted(rates.items()))


def _looked_up(money: ir.StringValue, factors: Mapping[str, Decimal]) -> ir.DecimalValue:
    cases = [(money == code, ibis.literal(factor, _FACTOR)) for code, factor in sorted(factors.items())]
    return ibis.cases(*cases) if cases else ibis.null(_FACTOR)


def _converted(amount: ir.IntegerValue, money: ir.StringValue, own: str, factor: ir.DecimalValue) -> ir.IntegerValue:
    # a cast of more digits than its type has would stop the engine
    exact = (amount.abs() < _LARGEST_MONEY).ifelse(amount, ibis.null("int64")).cast(_MONEY) * factor
    fits = (exact.abs() < _LARGEST_MONEY).ifelse(exact, ibis.null(exact.type()))
    return (money == own).ifelse(amount, fits.round().cast("int64"))


def _with_factor(rows: ir.Table, known: Iterable[DatedRate], money: ir.StringValue, day: ir.DateValue) -> ir.Table:
    """Adds day_factor: each currency and day is looked up once, however many rows have it."""
    keyed = rows.mutate(day_money=money, day_day=day)
    pairs = keyed.select("day_money", "day_day").distinct()
    table = ibis.memtable(_table(known))
    holds = [
        pairs.day_money == table.rate_currency,
        pairs.day_day >= table.rate_since,
        pairs.day_day < table.rate_until,
    ]
    found = pairs.inner_join(table, holds).select(key_money="day_money", key_day="day_day", day_factor="rate_factor")
    return keyed.left_join(found, [keyed.day_money == found.key_money, keyed.day_day == found.key_day])


def _table(known: Iterable[DatedRate]) -> pa.Table:
    factor = pa.decimal128(21, PLACES)
    schema = pa.schema(
        [
            ("rate_currency", pa.string()),
            ("rate_since", pa.date32()),
            ("rate_until", pa.date32()),
            ("rate_factor", factor),
        ]
    )
    rows = [
        {"rate_currency": one.currency, "rate_since": one.since, "rate_until": one.until, "rate_factor": one.factor}
        for one in known
    ]
    return pa.Table.from_pylist(rows, schema)
