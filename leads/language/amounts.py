"""Exact arithmetic on engines that have none: whole numbers in floating point, with the fraction kept apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import ibis
import ibis.expr.types as ir

LARGEST = 2**53
"""Whole numbers up to here are exact in 64-bit floating point, which is what engines compute fractions in."""
NOISE = 9
"""Digits to which values that carry rounding noise are compared and rounded."""
_MOST = 9 * 10**15
SIGNS: Mapping[str, Callable[..., Any]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_Sides = tuple[ir.NumericValue, ir.NumericValue, Fraction, ir.NumericValue | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """`factor * top / by`. Without a `top` it is the constant `factor`.

    `top` and `by` hold whole numbers (as int64 where `plain`, else in floating point) unless the amount is `noisy`.
    """

    factor: Fraction
    top: ir.NumericValue | None = None
    by: ir.NumericValue | None = None
    plain: bool = False
    noisy: bool = False


def constant(value: Fraction) -> Amount:
    """A number that is known now."""
    return Amount(factor=value)


def whole(column: ir.NumericValue) -> Amount:
    """A column of whole numbers (int64)."""
    return Amount(factor=Fraction(1), top=column, plain=True)


def noisy(column: ir.NumericValue) -> Amount:
    """A column of floating point numbers."""
    return Amount(factor=Fraction(1), top=column, noisy=True)


def times(left: Amount, right: Amount) -> Amount:
    """The product."""
    factor = left.factor * right.factor
    if left.top is None or right.top is None:
        return _small(replace(right if left.top is None else left, factor=factor))
    by = [one.by for one in (left, right) if one.by is not None]
    return _small(
        Amount(
            factor=factor,
            top=_float(left) * _float(right),
            by=by[0] * by[1] if len(by) == 2 else by[0] if by else None,
            noisy=left.noisy or right.noisy,
        )
    )


def over(left: Amount, right: Amount) -> Amount:
    """The quotient; NULL where `right` is 0."""
    if not right.factor:
        return noisy(ibis.null("float64"))
    if right.top is None:
        return times(left, constant(1 / right.factor))
    if left.noisy or right.noisy or right.by is not None:
        return noisy(value(left) / _nonzero(value(right)))
    by = _float(right) if left.by is None else left.by * _float(right)
    return _small(Amount(factor=left.factor / right.factor, top=_float(left), by=by))


def plus(left: Amount, right: Amount) -> Amount:
    """The sum."""
    if left.top is None and right.top is None:
        return _small(constant(left.factor + right.factor))
    sides = _scaled(left, right)
    if sides is None:
        return noisy(value(left) + value(right))
    first, second, factor, by = sides
    return _small(Amount(factor=factor, top=first + second, by=by))


def minus(left: Amount, right: Amount) -> Amount:
    """The difference."""
    return plus(left, negative(right))


def negative(one: Amount) -> Amount:
    """The amount with the other sign."""
    return replace(one, factor=-one.factor)


def absolute(one: Amount) -> Amount:
    """The amount without its sign."""
    if one.top is None:
        return constant(abs(one.factor))
    by = None if one.by is None else one.by.abs()
    return replace(one, factor=abs(one.factor), top=one.top.abs(), by=by)


def compared(sign: str, left: Amount, right: Amount) -> ir.BooleanValue:
    """Whether `left sign right`: exactly, unless one is noisy."""
    if left.top is None and right.top is None:
        return ibis.literal(SIGNS[sign](left.factor, right.factor))
    sides = _scaled(left, right, keep=True)
    if sides is None:
        return SIGNS[sign]((value(left) - value(right)).round(NOISE), 0)
    first, second, _, by = sides
    if by is None:
        return SIGNS[sign](first, second)
    return SIGNS[sign]((first - second) * _nonzero(by).sign(), 0)


def value(one: Amount) -> ir.FloatingValue:
    """The amount in floating point."""
    numerator, denominator = one.factor.numerator, one.factor.denominator
    top = _known(numerator) if one.top is None else _float(one) if numerator == 1 else _float(one) * numerator
    below = None if one.by is None else _nonzero(one.by)
    if denominator != 1:
        below = _known(denominator) if below is None else below * denominator
    return top if below is None else top / below


def integer(one: Amount, way: str = "round") -> ir.IntegerValue:
    """The amount as int64, rounded by `way` (round, floor, ceil); NULL where floating point has no whole numbers."""
    if one.top is None:
        return ibis.literal(_rounded(one.factor, way), type="int64")
    if one.plain and one.factor == 1 and one.by is None:
        return one.top
    exact = value(one).round(NOISE) if one.noisy else value(one)
    bounded = ibis.cases((exact.abs() < _MOST, exact))
    if not one.noisy and one.by is None and one.factor.denominator == 1:
        return bounded.cast("int64")
    return getattr(bounded, way)().cast("int64")


def _rounded(factor: Fraction, way: str) -> int:
    floor = factor.__floor__()
    if way == "round":
        # halves away from zero, as engines do
        return (abs(factor) + Fraction(1, 2)).__floor__() * (1 if factor >= 0 else -1)
    return floor if way == "floor" else factor.__ceil__()


def _scaled(left: Amount, right: Amount, *, keep: bool = False) -> _Sides | None:
    # left = first * factor / by and right = second * factor / by, first and second whole; None: not exactly
    by = left.by if left.by is not None else right.by
    if left.noisy or right.noisy or not (_stands_on(left, by) and _stands_on(right, by)):
        return None
    below = lcm(left.factor.denominator, right.factor.denominator)
    ahead = [int(one.factor * below) for one in (left, right)]
    shared = gcd(*ahead) or 1
    if max(map(abs, ahead)) > LARGEST * shared or below > LARGEST:
        return None
    first, second = (_term(one, many // shared, by, keep) for one, many in zip((left, right), ahead, strict=True))
    return first, second, Fraction(shared, below), by


def _stands_on(one: Amount, by: ir.NumericValue | None) -> bool:
    return one.top is None or one.by is by or (one.by is not None and by is not None and one.by.equals(by))


def _term(one: Amount, many: int, by: ir.NumericValue | None, keep: bool) -> ir.NumericValue:
    if one.top is None:
        return ibis.literal(many) if by is None else by if many == 1 else by * many
    top = one.top if keep and many == 1 else _float(one)
    return top if many == 1 else top * many


def _float(one: Amount) -> ir.FloatingValue:
    if one.top is None:
        return _known(1)
    return one.top.cast("float64") if one.plain else one.top


def _known(number: int) -> ir.FloatingValue:
    # as a literal with a point it would be a decimal to engines, which overflows
    return ibis.literal(number).cast("float64")


def _nonzero(column: ir.NumericValue) -> ir.NumericValue:
    # not NULLIF: to some engines -0.0, which is 0 times a negative number, is not 0
    return ibis.cases((column != 0, column))


def _small(one: Amount) -> Amount:
    # a factor that floating point cannot hold has lost its exactness
    if max(abs(one.factor.numerator), one.factor.denominator) <= LARGEST:
        return one
    return noisy(value(replace(one, factor=Fraction(1))) * float(one.factor))
