"""Small numbers, told honestly: shrinkage, exact tests, many comparisons, intervals."""

from collections.abc import Sequence
from math import comb, log, pi, sqrt

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Chances = npt.NDArray[np.float64]


def shrunk_lift(together: int, expected: float, strength: float) -> float:
    """Observed over expected, pulled towards 1 as if `strength` expected cases had been seen as well.

    The mean of a gamma posterior: 3 seen where 1 was expected is weak, 300 where 100 were is not.
    """
    return (together + strength) / (expected + strength)


def chances_of_overlap(together: Counts, a: Counts, b: Counts, n: int | Chances) -> Chances:
    """P(at least `together` of `n` accounts hold both) if `a` and `b` were dealt independently, for many at once.

    The upper tail of the hypergeometric distribution (Fisher's exact test, one-sided), 0..1. `n` may be one for each,
    and need not be whole: that many accounts for so many to hold both by chance.
    """
    of = np.broadcast_to(np.asarray(n, dtype=np.float64), np.shape(together))
    certain = np.maximum(a + b - of, 0)
    tail = np.where(together <= certain, 1.0, 0.0)
    open_ = np.flatnonzero((together > certain) & (together <= np.minimum(a, b)))
    both, left, right = (counts[open_].astype(np.float64) for counts in (together, a, b))
    tail[open_] = _tail(both, left, right, of[open_])
    return tail


def _tail(together: Chances, a: Chances, b: Chances, n: Chances) -> Chances:
    """The first term by factorials, each further one by its ratio to the one before."""
    first = _log_choose(b, together) + _log_choose(n - b, a - together) - _log_choose(n, a)
    total, open_ = np.ones_like(together), np.arange(len(together))
    k, term = together.copy(), np.ones_like(together)
    while open_.size:
        # beyond all bounds only where the whole peak lies in the tail: as good as certain
        with np.errstate(over="ignore"):
            term = term * ((a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1)))
            total[open_] += term
        # past its peak the tail falls geometrically: what is left would not be seen
        more = (term >= total[open_] * 1e-12) & (k + 1 < np.minimum(a, b)) & np.isfinite(total[open_])
        open_, k, term, a, b, n = open_[more], k[more] + 1, term[more], a[more], b[more], n[more]
    tail: Chances = np.exp(np.minimum(first + np.log(total), 0.0))
    return tail


def _log_choose(of: Chances, some: Chances) -> Chances:
    return _log_factorial(of) - _log_factorial(some) - _log_factorial(of - some)


def _log_factorial(x: Chances) -> Chances:
    """log(x!) for x >= 0, whole or not: Stirling's series, which is exact to 13 digits from 8 on."""
    z = x + 9.0
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * z * z)) / (z * z)) / (z * z)) / z
    below = np.ones_like(z)
    for step in range(1, 9):
        below *= x + step
    logs: Chances = (z - 0.5) * np.log(z) - z + 0.5 * log(2 * pi) + series - np.log(below)
    return logs


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


def wilson(successes: float, n: float, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's score interval); (0, 1) when nothing was seen."""
    if n == 0:
        return (0.0, 1.0)
    share, square = successes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return (max(0.0, middle - reach), min(1.0, middle + reach))


def chance_of_cluster(hits: int, n: int, kinds: int) -> float:
    """At most this likely: some one of `kinds` equally likely kinds is seen `hits` times or more in `n` draws.

    The binomial tail of one kind times their number (Bonferroni), up to 1.
    """
    ways = sum(comb(n, k) * (kinds - 1) ** (n - k) for k in range(hits, n + 1))
    return float(min(1.0, kinds * ways / kinds**n))


def beta_strength(groups: Counts, n: Counts, n_squared: Counts, hits: Counts, spread: Chances) -> Chances:
    """How many cases a segment's usual rate is worth against its own count, for many families of segments at once.

    A family has `groups` segments with `n` cases in all, `n_squared` the sum of their squared sizes, `hits` of the
    cases positive, `spread` the sum of hits**2 / size. Alpha + beta of the beta prior, by the moments of the
    beta-binomial (empirical Bayes): 1 where segments differ as much as they can, `n` where no more than chance says.
    """
    of = np.maximum(n, 1)
    usual = hits / of
    noise = usual * (1 - usual)
    excess = (spread - hits * usual) / np.where(noise > 0, noise, 1.0) - (groups - 1)
    room = n - n_squared / of - (groups - 1)
    alike = np.where((noise > 0) & (room > 0), excess / np.where(room > 0, room, 1.0), 0.0)
    return 1 / np.clip(alike, 1 / (of + 1), 0.5) - 1


def wilson_intervals(successes: Counts, n: Counts, z: float = 1.96) -> tuple[Chances, Chances]:
    """`wilson` for many shares at once, each of at least one: all the low ends, all the high ends."""
    share, square = successes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = z * np.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return np.maximum(0.0, middle - reach), np.minimum(1.0, middle + reach)


def shrunk_lifts(together: Counts, expected: Chances, strength: float) -> Chances:
    """`shrunk_lift` for many at once."""
    lifts: Chances = (together + strength) / (expected + strength)
    return lifts
