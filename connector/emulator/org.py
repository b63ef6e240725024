"""The emulated time that every emulated CRM lives in."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Ticks as fast as real time, from whatever moment it was set to."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start at `start` (aware), or at the real time."""
        self._offset_s = 0.0
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """The emulated time, UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """The emulated time in seconds since 1970."""
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> datetime:
        """Move the time forward by `seconds` and return it."""
        self._offset_s += seconds
        return self.now()

    def set(self, moment: datetime) -> None:
        """Make it `moment` (aware) now; it goes on ticking."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        self._offset_s = (moment - datetime.fromtimestamp(0, UTC)) / timedelta(seconds=1) - time.time()
