"""HubSpot's rate limits: a burst, a number of searches a second, a number of calls a day."""

import uuid
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from connector.emulator.org import Clock

Mode = Literal["off", "vendor"]

_OFF: Final = 1_000_000_000


class LimitReached(Exception):
    """Too many calls: the policy that was broken, and HubSpot's words for it."""

    def __init__(self, policy: str, message: str) -> None:
        super().__init__(message)
        self.policy = policy

    def body(self) -> dict[str, str]:
        """The answer; unlike other refusals it has `errorType`, not `category`."""
        return {
            "status": "error",
            "message": str(self),
            "errorType": "RATE_LIMIT",
            "correlationId": str(uuid.uuid4()),
            "policyName": self.policy,
            "requestId": str(uuid.uuid4()),
        }


class Limits:
    """Counts calls on the emulated clock. With mode "off" it counts, announces a billion, and refuses nothing."""

    def __init__(self, clock: Clock) -> None:
        self.mode: Mode = "off"
        self.burst = 190
        self.interval_s = 10.0
        self.searches_per_second = 5
        self.daily = 625_000
        self._clock = clock
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._today = ("", 0)

    def forget(self) -> None:
        """No call has been counted yet."""
        self._recent.clear()
        self._searches.clear()
        self._today = ("", 0)

    def take(self, *, search: bool, time_zone: str) -> None:
        """Count one call, or refuse it with `LimitReached`."""
        if self.mode == "off":
            return
        now = self._clock.seconds()
        day = datetime.fromtimestamp(now, ZoneInfo(time_zone)).date().isoformat()
        used = self._today[1] if self._today[0] == day else 0
        if used >= self.daily:
            raise LimitReached("DAILY", "You have reached your daily limit.")
        if search:
            self._take(self._searches, now, 1.0, self.searches_per_second, "SECONDLY", "secondly")
        else:
            self._take(self._recent, now, self.interval_s, self.burst, "TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
        self._today = (day, used + 1)

    def _take(self, seen: deque[float], now: float, interval_s: float, most: int, policy: str, word: str) -> None:
        while seen and not now - interval_s < seen[0] <= now:
            seen.popleft()
        if len(seen) >= most:
            raise LimitReached(policy, f"You have reached your {word} limit.")
        seen.append(now)

    def headers(self) -> Iterator[tuple[str, str]]:
        """The rate headers of a successful answer (searches have none)."""
        off = self.mode == "off"
        most, daily = (_OFF, _OFF) if off else (self.burst, self.daily)
        yield "X-HubSpot-RateLimit-Max", str(most)
        yield "X-HubSpot-RateLimit-Remaining", str(most if off else most - len(self._recent))
        yield "X-HubSpot-RateLimit-Interval-Milliseconds", str(int(self.interval_s * 1000))
        yield "X-HubSpot-RateLimit-Daily", str(daily)
        yield "X-HubSpot-RateLimit-Daily-Remaining", str(daily if off else daily - self._today[1])
