"""Fiscal years and quarters, at their edges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.fiscal import fiscal_quarter, fiscal_year, fiscal_year_start


@pytest.mark.parametrize(
    ("day", "starts", "year", "quarter"),
    [
        ("2026-12-31", 1, 2026, 4),
        ("2027-01-01", 1, 2027, 1),
        ("2026-03-31", 4, 2025, 4),
        ("2026-04-01", 4, 2026, 1),
        ("2026-12-31", 4, 2026, 3),
        ("2027-01-01", 4, 2026, 4),
        ("2026-11-30", 12, 2025, 4),
        ("2026-12-01", 12, 2026, 1),
        ("2024-02-29", 2, 2024, 1),
        ("2024-01-31", 2, 2023, 4),
    ],
)
def test_the_year_is_named_by_where_it_begins(day: str, starts: int, year: int, quarter: int) -> None:
    assert fiscal_year(date.fromisoformat(day), starts) == year
    assert fiscal_quarter(date.fromisoformat(day), starts) == quarter


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), starts=st.integers(1, 12))
def test_a_year_has_four_quarters_in_order_and_begins_on_its_first_day(day: date, starts: int) -> None:
    first = fiscal_year_start(day, starts)
    assert first <= day < first + timedelta(days=366)
    assert fiscal_quarter(first, starts) == 1
    assert fiscal_year_start(first - timedelta(days=1), starts) < first
    months = (day.year - first.year) * 12 + day.month - first.month
    assert fiscal_quarter(day, starts) == months // 3 + 1
