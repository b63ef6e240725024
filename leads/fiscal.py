"""Fiscal years and quarters of a company whose year does not begin in January: for KPIs and texts.

Keys of leads count calendar quarters whatever the fiscal year: a key must never change with a setting.
"""

from datetime import date


def fiscal_year(day: date, starts: int) -> int:
    """The fiscal year a day is in, named by the calendar year it begins in.

    `starts` is its first month, 1 to 12: 31 March 2027 is in 2026 where the year begins in April, as Japan counts.
    """
    return day.year - (day.month < starts)


def fiscal_quarter(day: date, starts: int) -> int:
    """The quarter of its fiscal year that a day is in, 1 to 4: May is in the first where the year begins in April."""
    return (day.month - starts) % 12 // 3 + 1


def fiscal_year_start(day: date, starts: int) -> date:
    """The first day of the fiscal year that a day is in."""
    return date(fiscal_year(day, starts), starts, 1)
