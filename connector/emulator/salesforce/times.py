"""Datetimes between their three faces: seconds since 1970, REST text and CSV text."""

from datetime import UTC, date, datetime
from functools import lru_cache


def parse(text: str) -> int:
    """Seconds since 1970 of an ISO 8601 datetime; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if "T" not in text:
            raise ValueError(f"not a datetime: {text}")
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() // 1)


@lru_cache(maxsize=1 << 17)
def rest(seconds: int) -> str:
    """`2026-11-01T10:00:00.000+0000`, as REST answers."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@lru_cache(maxsize=1 << 17)
def csv(seconds: int) -> str:
    """`2026-11-01T10:00:00.000Z`, as Bulk results say it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def seconds_of(day: date) -> int:
    """Seconds since 1970 at the start of this day, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
