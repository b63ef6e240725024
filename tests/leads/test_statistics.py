"""The numbers against textbooks and against counting by hand."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.stats import (
    benjamini_hochberg,
    chance_of_overlap,
    chances_of_overlap,
    shrunk_lift,
    wilson,
    wilson_intervals,
)


def test_benjamini_and_hochberg_believe_what_they_believed_in_1995() -> None:
    # the fifteen p-values of section 3.3 of their paper: at 5 % the first four are rejected
    p = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
         0.7590, 1.0)  # fmt: skip
    assert benjamini_hochberg(p, 0.05) == (True,) * 4 + (False,) * 11
    assert benjamini_hochberg(p, 0.05, tests=1500) == (False,) * 15
    assert benjamini_hochberg((), 0.05) == ()


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 60), st.data())
def test_the_chance_of_an_overlap_is_the_exact_one(n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    together = data.draw(st.integers(0, min(a, b)))
    exact = sum(comb(b, k) * comb(n - b, a - k) for k in range(together, min(a, b) + 1)) / comb(n, a)
    assert chance_of_overlap(together, a, b, n) == pytest.approx(exact, abs=1e-9)


def test_an_overlap_is_as_unlikely_among_a_million_as_the_exact_count_says() -> None:
    # by whole numbers, without logarithms: 50 of 5,000 and 5,000 among 1,000,000
    n, a, b, together = 1_000_000, 5_000, 5_000, 50
    term = comb(b, together) * comb(n - b, a - together)
    tail = 0
    for k in range(together, 200):
        tail += term
        term = term * (b - k) * (a - k) // ((k + 1) * (n - a - b + k + 1))
    assert chance_of_overlap(together, a, b, n) == pytest.approx(tail / comb(n, a), rel=1e-6)


def test_what_half_of_all_hold_is_no_surprise_however_many_they_are() -> None:
    half = np.array([500_000])
    assert chances_of_overlap(np.array([1]), half, half, 1_000_000).tolist() == [1.0]


def test_small_numbers_are_pulled_towards_what_is_usual() -> None:
    assert shrunk_lift(3, 1, 5) == pytest.approx(8 / 6)
    assert shrunk_lift(300, 100, 5) == pytest.approx(305 / 105)


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(81, 263)  # Newcombe (1998), table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    lows, highs = wilson_intervals(np.array([81]), np.array([263]))
    assert (lows[0], highs[0]) == pytest.approx((low, high))
