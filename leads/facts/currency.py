"""Amounts of any currency in the company's own, by the rate of their day: exact to the minor unit, never a guess."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from leads.inputs import Inputs
from mappings.money import digits

FIRST, LAST = date(1970, 1, 1), date(9999, 12, 31)
"""Rates without a first day start on FIRST; the last of a currency holds until LAST."""

_PLACES = 13
# 16 digits of money times 8 + 13 of the rate are the 38 that engines calculate with
_MONEY = ibis.dtype("decimal(16, 0)")
_FACTOR = ibis.dtype(f"decimal(21, {_PLACES})")
_LARGEST_MONEY = 10**16
_LARGEST_FACTOR = Decimal(10) ** 8


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DatedRate:
    """Minor units of the company's currency for one minor unit of `currency`, from `since` to before `until`."""

    currency: str
    since: date
    until: date
    factor: Decimal


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
        today = {one.currency: one.factor for one in known if one.since <= inputs.today < one.until}
        return rows.mutate(**{name: _converted(_[amount], money, own, _looked_up(money, today))})
    dated = _with_factor(rows, known, money, (_[on] > inputs.day(0)).ifelse(inputs.day(0), _[on]))
    return dated.mutate(**{name: _converted(_[amount], money, own, _.day_factor)}).select(*rows.columns, name)


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
    factor = pa.decimal128(21, _PLACES)
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


def dated_rates(inputs: Inputs) -> tuple[DatedRate, ...]:
    """Every rate there is, sorted: the mapping's; of currencies it does not name, those read from the CRM."""
    company = inputs.rules.mapping.company
    said = [(code, one.since, one.rate) for code, rates in company.rates.items() for one in rates]
    read = [(code, since, rate) for code, since, rate in _read(inputs) if code not in company.rates]
    others = sorted((code, since, rate) for code, since, rate in [*said, *read] if code != company.currency)
    return tuple(one for _, group in groupby(others, lambda line: line[0]) for one in _spans(group, company.currency))


def _spans(lines: Iterable[tuple[str, date, Decimal]], own: str) -> Iterator[DatedRate]:
    """The rates of one currency, oldest first, each until the next starts; of two of one day the larger."""
    by_day = {since: (code, rate) for code, since, rate in lines}
    starts = [*by_day, LAST]
    for (since, (code, rate)), until in zip(by_day.items(), starts[1:], strict=True):
        factor = _factor(rate, code, own)
        if factor is not None:
            yield DatedRate(currency=code, since=since, until=until, factor=factor)


def _factor(rate: Decimal, currency: str, own: str) -> Decimal | None:
    """Minor units for a minor unit; None for a rate that 8 digits and 13 decimals cannot hold."""
    factor = rate.scaleb(digits(own) - digits(currency))
    if not 0 < factor < _LARGEST_FACTOR:
        return None
    return factor.quantize(Decimal(1).scaleb(-_PLACES), rounding=ROUND_HALF_UP) or None


def _read(inputs: Inputs) -> Iterator[tuple[str, date, Decimal]]:
    """(currency, first day, rate) as the CRM has them: a handful of rows, fetched."""
    if not {"rate.rate", "rate.inverse"} & set(inputs.lineage) or "rate" not in inputs.tables:
        return
    day = ibis.literal(FIRST)
    # Salesforce begins the first rate of a currency in the year 0, which Python has not
    since = (_.starts_on > day).ifelse(_.starts_on, day)
    rows = inputs.tables["rate"].select("rate", "inverse", currency=_.currency.strip().upper(), since=since)
    for row in rows.to_pyarrow().to_pylist():
        rate = _rate(row["rate"], row["inverse"])
        if rate is not None:
            yield row["currency"], row["since"], rate


def _rate(rate: float | None, inverse: float | None) -> Decimal | None:
    """What one unit is worth; None where neither number is one above 0."""
    if rate is not None:
        exact = Decimal(str(rate))
        return exact if exact.is_finite() and exact > 0 else None
    turned = Decimal(str(inverse)) if inverse is not None else Decimal(0)
    if not turned.is_finite() or turned <= 0:
        return None
    with localcontext(prec=38):
        return 1 / turned
