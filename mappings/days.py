"""The day an instant falls on where the company is: portable arithmetic instead of an engine's time zones.

Engines disagree on time zones: a cast from timestamp to date follows the session's zone in one, the server's in the
next. Seconds since 1970 mean the same everywhere, so the zone's offsets are looked up here and written into the
expression.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2060, 1, 1, tzinfo=UTC)
_DAY_S = 86_400


def _offset(zone: ZoneInfo, second: int) -> int:
    """Seconds that `zone` is ahead of UTC at this second since 1970."""
    ahead = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0


@lru_cache
def offsets(zone_name: str) -> tuple[tuple[int, int], ...]:
    """(second since 1970, offset from UTC in seconds from then on), oldest first, for 1970 to 2059."""
    zone = ZoneInfo(zone_name)
    found = [(0, _offset(zone, 0))]
    for start in range(0, int((_END - _EPOCH).total_seconds()), _DAY_S):
        if _offset(zone, start + _DAY_S) != found[-1][1]:
            found.append(_change(zone, start, start + _DAY_S))
    return tuple(found)


def _change(zone: ZoneInfo, low: int, high: int) -> tuple[int, int]:
    """The first second in (low, high] with another offset than at `low`, and that offset."""
    before = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high, _offset(zone, high)


def _offset_at(second: ir.IntegerValue, table: tuple[tuple[int, int], ...]) -> ir.IntegerValue:
    """The offset at each second, by halving: seven comparisons a row, not ninety."""
    if len(table) == 1:
        return ibis.literal(table[0][1], "int64")
    middle = len(table) // 2
    earlier, later = _offset_at(second, table[:middle]), _offset_at(second, table[middle:])
    return (second < table[middle][0]).ifelse(earlier, later)


def local_date(instant: ir.TimestampValue, zone_name: str) -> ir.DateValue:
    """The calendar day of an instant in a time zone. A timestamp without a zone is taken as UTC."""
    if instant.type().timezone is None:
        second = instant.delta(ibis.timestamp("1970-01-01 00:00:00"), unit="second")
    else:
        second = instant.delta(ibis.literal(_EPOCH), unit="second")
    day = ((second + _offset_at(second, offsets(zone_name))) / _DAY_S).floor().cast("int32")
    # DuckDB makes a timestamp of date + interval although Ibis calls it a date: hence both casts.
    return (ibis.literal(date(1970, 1, 1)) + day.as_interval("D")).cast("timestamp").cast("date")
