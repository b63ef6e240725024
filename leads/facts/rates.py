"""What one unit of each currency is worth in the company's: what the mapping says, else what the CRM keeps.

A rate that the CRM tells in another currency than the company's is none: a wrong rate is worse than no rate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.inputs import Inputs
from mappings.config import Company
from mappings.money import digits

FIRST, LAST = date(1970, 1, 1), date(9999, 12, 31)
"""Rates without a first day start on FIRST; the last of a currency holds until LAST."""

RATES = frozenset({"rate.rate", "rate.inverse"})
"""The columns that a CRM's own rates are read from."""

PLACES = 13
"""Decimals of a rate between minor units."""

_LARGEST_FACTOR = Decimal(10) ** 8


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DatedRate:
    """Minor units of the company's currency for one minor unit of `currency`, from `since` to before `until`."""

    currency: str
    since: date
    until: date
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ReadRate:
    """A rate as the CRM keeps it: what one unit of `currency` is worth in `into`, from `since` on.

    Of one day a `dated` rate counts, not one that was always there.
    """

    currency: str
    since: date
    dated: bool
    rate: Decimal
    into: str


def rates_today(inputs: Inputs) -> dict[str, Decimal]:
    """Minor units of the company's currency for one of each currency, its own among them; empty without any other."""
    now = {one.currency: one.factor for one in dated_rates(inputs) if one.since <= inputs.today < one.until}
    return now | {inputs.rules.mapping.company.currency: Decimal(1)} if now else {}


def dated_rates(inputs: Inputs) -> tuple[DatedRate, ...]:
    """Every rate there is, sorted: the mapping's; of currencies it does not name, those read from the CRM."""
    if "rates" not in inputs.kept:
        inputs.kept["rates"] = known_rates(inputs.rules.mapping.company, _kept(inputs))
    return tuple(inputs.kept["rates"])


def told_elsewhere(inputs: Inputs, currencies: Iterable[str]) -> tuple[str, ...]:
    """The currencies other than the company's in which the CRM tells rates, of these currencies or in one of them."""
    return elsewhere(_kept(inputs), inputs.rules.mapping.company.currency, currencies)


def elsewhere(read: Iterable[ReadRate], own: str, currencies: Iterable[str]) -> tuple[str, ...]:
    """The same of rates that were read, for a company whose currency is `own`; sorted."""
    asked = frozenset(currencies)
    return tuple(
        sorted({one.into for one in read if one.into != own and not asked.isdisjoint((one.currency, one.into))})
    )


def known_rates(company: Company, read: Iterable[ReadRate]) -> tuple[DatedRate, ...]:
    """The company's rates and, of currencies it does not name, those of `read` that are told in its currency."""
    said = [(code, one.since, True, one.rate) for code, rates in company.rates.items() for one in rates]
    kept = [
        (one.currency, one.since, one.dated, one.rate)
        for one in read
        if one.into == company.currency and one.currency not in company.rates
    ]
    others = sorted(line for line in (*said, *kept) if line[0] != company.currency)
    return tuple(one for _, group in groupby(others, lambda line: line[0]) for one in _spans(group, company.currency))


def read_rates(table: ir.Table, own: str) -> tuple[ReadRate, ...]:
    """The rates in the canonical table `rate`: a handful of rows, fetched.

    A row that does not say what it is told in is told in the base currency, or in `own` where no row is of that.
    """
    day = ibis.literal(FIRST)
    # Salesforce begins the first rate of a currency in the year 0, which Python has not
    since = (_.starts_on > day).ifelse(_.starts_on, day)
    codes = {name: _[name].strip().upper() for name in ("currency", "into")}
    rows = table.select("rate", "inverse", "is_base", dated=_.starts_on.notnull(), since=since, **codes)
    found = rows.to_pyarrow().to_pylist()
    # of two bases the one that is not ours: none can then be trusted to be told in ours
    base = min({row["currency"] for row in found if row["is_base"]} - {own}, default=own)
    return tuple(sorted(_read(found, base)))


def _read(rows: Iterable[Mapping[str, Any]], base: str) -> Iterator[ReadRate]:
    for row in rows:
        rate = _rate(row["rate"], row["inverse"])
        if rate is not None:
            yield ReadRate(
                currency=row["currency"],
                since=row["since"],
                dated=row["dated"],
                rate=rate,
                into=row["into"] or base,
            )


def _kept(inputs: Inputs) -> Sequence[ReadRate]:
    if "rates_read" not in inputs.kept:
        asked = not RATES.isdisjoint(inputs.filled)
        own = inputs.rules.mapping.company.currency
        inputs.kept["rates_read"] = read_rates(inputs.tables["rate"], own) if asked else ()
    read: Sequence[ReadRate] = inputs.kept["rates_read"]
    return read


def _spans(lines: Iterable[tuple[str, date, bool, Decimal]], own: str) -> Iterator[DatedRate]:
    """The rates of one currency, oldest first, each until the next starts; of two of one day the last in order."""
    by_day = {since: (code, rate) for code, since, _, rate in lines}
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
    return factor.quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_UP) or None


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
