"""Chances learnt from decided cases: logistic regression with a ridge, its calibration, and how well it tells."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

STEPS = 50
"""Newton's method doubles its correct digits with every step; a problem that needs more has no solution."""
DONE = 1e-10
CERTAIN = 30.0
"""Log-odds beyond which a chance is as good as 0 or 1: what is larger would only overflow."""
SLOPE_RIDGE, LEVEL_RIDGE = 10.0, 0.01
"""How much evidence calibration asks for before it stretches chances (much), or shifts them all (little)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """How often a won case had a better chance than a lost one (0.5: as a coin says), with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Cases that were given about the same chance: the chance (mean), the share that was won, and how many."""

    predicted: float
    observed: float
    n: int


def chances(log_odds: Vector) -> Vector:
    """Log-odds as chances, 0..1."""
    odds: Vector = 1 / (1 + np.exp(-np.clip(log_odds, -CERTAIN, CERTAIN)))
    return odds


def log_odds_of(x: Matrix, b: Vector) -> Vector:
    """What the coefficients `b` say of each row of `x`."""
    # not `@`: its threads add in an order of their own, and stand in each other's way on a busy machine
    said: Vector = np.einsum("ni,i->n", x, b)
    return said


def fitted(x: Matrix, won: Vector, ridge: Vector, known: Vector | None = None, near: Vector | None = None) -> Vector:
    """The coefficients that make `won` (0 or 1) likeliest, each held towards 0 by its `ridge`, by Newton's method.

    `x` has a row a case and a column a coefficient; `known` are log-odds that each case has beforehand, `near`
    coefficients to start from.
    """
    before = np.zeros(len(won)) if known is None else known
    b = np.zeros(x.shape[1]) if near is None else near
    steps, done = 0, False
    while steps < STEPS and not done:
        p = chances(before + log_odds_of(x, b))
        slope = np.einsum("ni,n->i", x, won - p) - ridge * b
        curve = np.einsum("ni,nj->ij", x * (p * (1 - p))[:, None], x) + np.diag(ridge)
        whole = np.linalg.solve(curve, slope).astype(np.float64)
        move = _shortened(x, won, ridge, before, b, whole)
        b, steps, done = b + move, steps + 1, bool(np.max(np.abs(move)) < DONE)
    return b


def _shortened(x: Matrix, won: Vector, ridge: Vector, before: Vector, b: Vector, move: Vector) -> Vector:
    """The step, halved until it makes things better: far from the solution a whole one may overshoot."""
    here = _loss(x, won, ridge, before, b)
    halves = 0
    while halves < STEPS and _loss(x, won, ridge, before, b + move) > here:
        move, halves = move / 2, halves + 1
    return move


def _loss(x: Matrix, won: Vector, ridge: Vector, before: Vector, b: Vector) -> float:
    z = before + log_odds_of(x, b)
    return float(np.sum(np.logaddexp(0, z) - won * z) + np.sum(ridge * b * b) / 2)


def calibrated(log_odds: Vector, won: Vector) -> tuple[float, float]:
    """Level and slope that turn log-odds into ones that come true, from cases they were not learnt from (Platt).

    Few cases change little: the slope is held towards 1. It is never negative, so that no order is turned round.
    """
    x = np.column_stack([np.ones_like(log_odds), log_odds])
    level, stretch = fitted(x, won, np.array([LEVEL_RIDGE, SLOPE_RIDGE]), known=log_odds)
    if stretch <= -1:
        alone = fitted(x[:, :1], won, np.array([LEVEL_RIDGE]))
        return float(alone[0]), 0.0
    return float(level), float(1 + stretch)


def auc(scores: Vector, won: Vector) -> Auc:
    """The area under the ROC curve with DeLong's interval; a tie counts half. There are cases of both outcomes."""
    yes, no = scores[won > 0], scores[won <= 0]
    of_yes = (_ranks(scores)[won > 0] - _ranks(yes)) / len(no)
    of_no = 1 - (_ranks(scores)[won <= 0] - _ranks(no)) / len(yes)
    value = float(of_yes.mean())
    reach = 1.96 * sqrt(_spread(of_yes) / len(yes) + _spread(of_no) / len(no))
    return Auc(value=value, low=max(0.0, value - reach), high=min(1.0, value + reach))


def _spread(of: Vector) -> float:
    """The variance; of a single case nobody knows it, and the largest possible is assumed."""
    return float(of.var(ddof=1)) if len(of) > 1 else 0.25


def _ranks(scores: Vector) -> Vector:
    """Places from 1, equal scores sharing the mean of theirs."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: Vector = (last - (counts - 1) / 2)[inverse]
    return middle


def brier(p: Vector, won: Vector) -> float:
    """The mean squared distance of chances from what came: 0 is a prophet, 0.25 a coin."""
    return float(np.mean((p - won) ** 2))


def bins(p: Vector, won: Vector, most: int = 10) -> tuple[Bin, ...]:
    """The calibration table: cases by chance in up to `most` groups of about the same size, lowest chances first.

    Cases with the very same chance are never parted.
    """
    ordered = np.sort(p)
    edges = np.unique(ordered[(np.arange(1, most) * len(p)) // most])
    place = np.searchsorted(edges, p, side="right")
    return tuple(
        Bin(predicted=round(float(p[of].mean()), 4), observed=round(float(won[of].mean()), 4), n=int(of.sum()))
        for of in (place == one for one in np.unique(place))
    )
