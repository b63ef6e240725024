"""Staying below what a vendor allows: a limiter ahead of its bursts and a reserve of its daily budget."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from connector.errors import TryAgain

STALE_S = 900.0
"""A budget read longer ago than this is asked for again: both vendors' windows roll on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many calls a vendor takes in a burst, and over which time. `left` is what its last answer said remains."""

    most: int
    per_s: float
    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The calls of one day: how many there are and how many are used."""

    limit: int
    used: int


class Bucket:
    """A token bucket shared by threads: `take` waits until a call may be sent."""

    def __init__(self, pace: Pace | None, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep
        self._pace = pace
        self._tokens = float(pace.most) if pace else 0.0
        self._at = clock()
        self._closed_until = self._at

    def take(self) -> None:
        """Reserve the next free place and wait for it; places are given in the order of asking."""
        with self._lock:
            wait_s = self._reserve()
        if wait_s > 0:
            self._sleep(wait_s)

    def learn(self, pace: Pace) -> None:
        """Follow what the vendor says: its size, its speed, and never more than it says is left."""
        with self._lock:
            self._refill()
            if self._pace is None:
                self._tokens = float(pace.most)
            self._pace = pace
            self._tokens = min(self._tokens, float(pace.most if pace.left is None else pace.left))

    def pause(self, wait_s: float) -> None:
        """Nobody sends for this long: the vendor said that it had enough."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + wait_s)

    def _reserve(self) -> float:
        self._refill()
        closed_s = max(0.0, self._closed_until - self._at)
        if self._pace is None:
            return closed_s
        self._tokens -= 1
        owed_s = max(0.0, -self._tokens) * self._pace.per_s / self._pace.most
        return max(closed_s, owed_s)

    def _refill(self) -> None:
        now = self._clock()
        if self._pace is not None:
            gained = (now - self._at) * self._pace.most / self._pace.per_s
            self._tokens = min(float(self._pace.most), self._tokens + gained)
        self._at = now


class Budget:
    """The vendor's daily budget, of which a share is left to people and other programs."""

    def __init__(self, vendor: str, reserve: float, clock: Callable[[], float]) -> None:
        self._vendor = vendor
        self._reserve = reserve
        self._clock = clock
        self._seen: tuple[Allowance, float] | None = None

    def learn(self, allowance: Allowance) -> None:
        """Remember what the last answer said."""
        self._seen = (allowance, self._clock())

    def left(self) -> int | None:
        """Calls we may still send before the reserve is touched; None while the vendor has not said."""
        seen = self._seen
        if seen is None or self._clock() - seen[1] > STALE_S:
            return None
        allowance = seen[0]
        return max(0, int(allowance.limit * (1 - self._reserve)) - allowance.used)

    def check(self) -> None:
        """Raises `TryAgain` where the next call would eat into the reserve."""
        if self.left() != 0 or self._seen is None:
            return
        allowance = self._seen[0]
        raise TryAgain(
            f"{self._vendor} API budget: {allowance.used:,} of {allowance.limit:,} calls of the day are used, and "
            f"{self._reserve:.0%} are kept for people and other programs. Run again when the day's window has moved "
            "on, or lower TOSSUP_API_RESERVE.",
            code="BUDGET",
        )
