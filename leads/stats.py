"""Small numbers, told honestly: shrinkage, exact tests, many comparisons, intervals."""

from collections.abc import Sequence
from math import lgamma, sqrt

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Chances = npt.NDArray[np.float64]

_SLICE = 100_000
"""Pairs worked on at once: millions would need as many numbers a step."""


def shrunk_lift(together: int, expected: float, strength: float) -> float:
    """Observed over expected, pulled towards 1 as if `strength` expected cases had been seen as well.

    The mean of a gamma posterior: 3 seen where 1 was expected is weak, 300 where 100 were is not.
    """
    return (together + strength) / (expected + strength)


def chances_of_overlap(together: Counts, a: Counts, b: Counts, n: int) -> Chances:
    """P(at least `together` of `n` accounts hold both) if `a` and `b` were dealt independently, for many at once.

    The upper tail of the hypergeometric distribution (Fisher's exact test, one-sided), 0..1.
    """
    logs = np.array([lgamma(k + 1) for k in range(n + 1)])
    tails = [
        _tail(logs, together[at : at + _SLICE], a[at : at + _SLICE], b[at : at + _SLICE], n)
        for at in range(0, len(together), _SLICE)
    ]
    return np.concatenate(tails) if tails else np.zeros(0)


def _tail(logs: Chances, together: Counts, a: Counts, b: Counts, n: int) -> Chances:
    """`logs` are the logarithms of the factorials of 0..n."""

    def log_choose(of: Counts, some: Counts) -> Chances:
        chosen: Chances = logs[of] - logs[some] - logs[of - some]
        return chosen

    certain = np.maximum(a + b - n, 0)
    tail = np.where(together <= certain, 1.0, 0.0)
    open_ = np.flatnonzero((together > certain) & (together <= np.minimum(a, b)))
    step = 0
    while open_.size:
        k, of_a, of_b = together[open_] + step, a[open_], b[open_]
        term = np.exp(log_choose(of_b, k) + log_choose(n - of_b, of_a - k) - log_choose(np.full_like(of_a, n), of_a))
        tail[open_] += term
        # past its peak the tail falls geometrically: what is left would not be seen
        open_ = open_[(term >= tail[open_] * 1e-12) & (k < np.minimum(of_a, of_b))]
        step += 1
    return np.minimum(tail, 1.0)


def chance_of_overlap(together: int, a: int, b: int, n: int) -> float:
    """The same for one pair."""
    return float(chances_of_overlap(np.array([together]), np.array([a]), np.array([b]), n)[0])


def believed_up_to(p_values: Chances, q: float, tests: int | None = None) -> float:
    """The largest p-value to believe so that at most the share `q` of those believed is expected to be false.

    `tests` counts all comparisons that were made, also those whose p-values are not listed (near 1). Benjamini and
    Hochberg (1995); -1 where nothing is to be believed.
    """
    m = max(tests or 0, len(p_values))
    ordered = np.sort(p_values)
    ranks = np.arange(1, len(ordered) + 1)
    return float(np.max(ordered[ordered <= q * ranks / m], initial=-1.0)) if m else -1.0


def benjamini_hochberg(p_values: Sequence[float], q: float, tests: int | None = None) -> tuple[bool, ...]:
    """Which hypotheses to believe; `believed_up_to` says how."""
    limit = believed_up_to(np.asarray(p_values, dtype=np.float64), q, tests)
    return tuple(p <= limit for p in p_values)


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's score interval); (0, 1) when nothing was seen."""
    if n == 0:
        return (0.0, 1.0)
    share, square = successes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return (max(0.0, middle - reach), min(1.0, middle + reach))
