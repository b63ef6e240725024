"""Money as whole minor units: how many there are in one unit of a currency."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import overload

import ibis
import ibis.expr.types as ir

# ISO 4217, list one: the currencies whose minor unit is not a hundredth.
_DIGITS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        0: (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
            *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
        4: ("CLF", "UYW"),
    }
)


def digits(currency: str) -> int:
    """Decimal places of a currency: 2 for USD, 0 for JPY, 3 for KWD; 2 for a code that is not in ISO 4217."""
    return next((places for places, codes in _DIGITS.items() if currency.upper() in codes), 2)


def factor(currency: ir.StringValue) -> ir.IntegerValue:
    """Minor units in one unit of each row's currency: 100 for USD, 1 for JPY, 1000 for KWD."""
    cases = [(currency.isin(codes), ibis.literal(10**places, "int64")) for places, codes in _DIGITS.items()]
    return ibis.cases(*cases, else_=ibis.literal(100, "int64"))


@overload
def major(minor: int, currency: str) -> float: ...


@overload
def major(minor: int | None, currency: str) -> float | None: ...


def major(minor: int | None, currency: str) -> float | None:
    """An amount of minor units as the decimal number that a CRM holds: 1250 of USD is 12.5, an unknown one None."""
    if minor is None:
        return None
    places = digits(currency)
    return float(round(minor / float(10**places), places))
