"""Small numbers, told honestly: shrinkage, exact tests, many comparisons, intervals."""

from collections.abc import Sequence
from math import exp, lgamma, sqrt


def shrunk_lift(together: int, expected: float, strength: float) -> float:
    """Observed over expected, pulled towards 1 as if `strength` expected cases had been seen as well.

    The mean of a gamma posterior: 3 seen where 1 was expected is weak, 300 where 100 were is not.
    """
    return (together + strength) / (expected + strength)


def chance_of_overlap(together: int, a: int, b: int, n: int) -> float:
    """P(at least `together` of `n` accounts hold both) if `a` and `b` were dealt independently.

    The upper tail of the hypergeometric distribution (Fisher's exact test, one-sided), 0..1.
    """
    least, most = max(together, a + b - n), min(a, b)
    if together <= max(0, a + b - n):
        return 1.0
    tail = 0.0
    for k in range(least, most + 1):
        term = exp(_log_choose(b, k) + _log_choose(n - b, a - k) - _log_choose(n, a))
        tail += term
        if term < tail * 1e-12:  # the rest of the tail falls geometrically
            break
    return min(1.0, tail)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def benjamini_hochberg(p_values: Sequence[float], q: float, tests: int | None = None) -> tuple[bool, ...]:
    """Which hypotheses to believe so that at most the share `q` of them is expected to be false.

    `tests` counts all comparisons that were made, also those whose p-values are not listed (near 1).
    """
    m = max(tests or 0, len(p_values))
    limit = max((p for rank, p in enumerate(sorted(p_values), 1) if p <= q * rank / m), default=-1.0)
    return tuple(p <= limit for p in p_values)


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's score interval); (0, 1) when nothing was seen."""
    if n == 0:
        return (0.0, 1.0)
    share, square = successes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return (max(0.0, middle - reach), min(1.0, middle + reach))
