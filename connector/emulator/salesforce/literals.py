"""SOQL's relative dates (TODAY, LAST_N_DAYS:30) as spans of days.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

Span = tuple[date, date]
"""First day, and the day after the last."""


def _months(day: date, n: int) -> date:
    month = day.year * 12 + day.month - 1 + n
    return date(month // 12, month % 12 + 1, 1)


def _week(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _days(first: int, after: int) -> Callable[[date, int], Span]:
    return lambda today, _: (today + timedelta(days=first), today + timedelta(days=after))


def _of_month(start: Callable[[date], date], size: int) -> Callable[[int], Callable[[date, int], Span]]:
    def at(shift: int) -> Callable[[date, int], Span]:
        def span(today: date, _: int) -> Span:
            first = _months(start(today), shift * size)
            return first, _months(first, size)

        return span

    return at


def _weeks(shift: int) -> Callable[[date, int], Span]:
    def span(today: date, _: int) -> Span:
        first = _week(today) + timedelta(weeks=shift)
        return first, first + timedelta(weeks=1)

    return span


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _first_of_year(day: date) -> date:
    return date(day.year, 1, 1)


_month, _quarters, _year = _of_month(_first_of_month, 1), _of_month(_quarter, 3), _of_month(_first_of_year, 12)


def _n_units(start: Callable[[date], date], size: int, sign: int) -> Callable[[date, int], Span]:
    def span(today: date, n: int) -> Span:
        this = start(today)
        return (_months(this, -n * size), this) if sign < 0 else (_months(this, size), _months(this, (n + 1) * size))

    return span


_SPANS: Mapping[str, Callable[[date, int], Span]] = {
    "TODAY": _days(0, 1),
    "YESTERDAY": _days(-1, 0),
    "TOMORROW": _days(1, 2),
    "THIS_WEEK": _weeks(0),
    "LAST_WEEK": _weeks(-1),
    "NEXT_WEEK": _weeks(1),
    "THIS_MONTH": _month(0),
    "LAST_MONTH": _month(-1),
    "NEXT_MONTH": _month(1),
    "THIS_QUARTER": _quarters(0),
    "LAST_QUARTER": _quarters(-1),
    "NEXT_QUARTER": _quarters(1),
    "THIS_YEAR": _year(0),
    "LAST_YEAR": _year(-1),
    "NEXT_YEAR": _year(1),
    "LAST_90_DAYS": _days(-90, 1),
    "NEXT_90_DAYS": _days(1, 91),
    # LAST_N_DAYS includes today; LAST_N_WEEKS, MONTHS, QUARTERS and YEARS end before the current one
    "LAST_N_DAYS": lambda today, n: (today - timedelta(days=n), today + timedelta(days=1)),
    "NEXT_N_DAYS": lambda today, n: (today + timedelta(days=1), today + timedelta(days=n + 1)),
    "N_DAYS_AGO": lambda today, n: (today - timedelta(days=n), today - timedelta(days=n - 1)),
    "LAST_N_WEEKS": lambda today, n: (_week(today) - timedelta(weeks=n), _week(today)),
    "NEXT_N_WEEKS": lambda today, n: (_week(today) + timedelta(weeks=1), _week(today) + timedelta(weeks=n + 1)),
    "LAST_N_MONTHS": _n_units(_first_of_month, 1, -1),
    "NEXT_N_MONTHS": _n_units(_first_of_month, 1, 1),
    "LAST_N_QUARTERS": _n_units(_quarter, 3, -1),
    "NEXT_N_QUARTERS": _n_units(_quarter, 3, 1),
    "LAST_N_YEARS": _n_units(_first_of_year, 12, -1),
    "NEXT_N_YEARS": _n_units(_first_of_year, 12, 1),
}


def span(word: str, today: date) -> Span | None:
    """The days that `word` (upper case) means on this day, UTC; None if SOQL has no such word."""
    name, colon, number = word.partition(":")
    make = _SPANS.get(name)
    if make is None or bool(colon) != ("_N_" in name or name.startswith("N_")):
        return None
    return make(today, int(number or 0))
