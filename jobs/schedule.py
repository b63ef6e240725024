"""Run again and again: by cron expression or interval, one run at a time, with a clean stop."""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Protocol
from zoneinfo import ZoneInfo

from connector.errors import GiveUp

_INTERVAL = re.compile(r"(\d+)\s*(s|m|h|d)")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SOME_DAYS = re.compile(r"(?:\*|([0-7])(?:-([0-7]))?)(?:/([1-7]))?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Trigger(Protocol):
    """When to run next; APScheduler's triggers are ones."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first time at or after `now`, given the time it fired last."""


class Stop(Exception):
    """Somebody asked us to stop; what was written is noted, the rest is for the next run."""


def trigger_of(when: str, time_zone: str) -> Trigger:
    """`0 6 * * 1-5` (cron, in the company's time zone) or `30m`, `6h`, `1d`. Raises GiveUp with both forms shown."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  # not loaded for every other command
    from apscheduler.triggers.interval import IntervalTrigger  # noqa: PLC0415  # the same

    interval = _INTERVAL.fullmatch(when.strip())
    zone = ZoneInfo(time_zone)
    try:
        if interval:
            seconds = int(interval[1]) * _SECONDS[interval[2]]
            if not seconds:
                raise ValueError("it never waits")
            trigger: Trigger = IntervalTrigger(seconds=seconds, timezone=zone, start_date=datetime.now(UTC))
            return trigger
        cron: Trigger = CronTrigger.from_crontab(_with_named_days(when), timezone=zone)
    except ValueError as error:
        raise GiveUp(
            f"{when!r} is no schedule ({error}). Give a cron expression like '0 6 * * 1-5', or an interval like 6h."
        ) from None
    return cron


def _with_named_days(when: str) -> str:
    """Days of the week by name: for cron 0 and 7 are Sunday, for APScheduler 0 is Monday."""
    *others, days = when.split() or [""]
    return " ".join([*others, ",".join(_named(part) for part in days.split(","))]) if len(others) == 4 else when


def _named(days: str) -> str:
    some = _SOME_DAYS.fullmatch(days)
    if some is None or days == "*":
        return days
    first = int(some[1] or 0)
    last = int(some[2] or (6 if some[1] is None or some[3] else first))
    if last < first:
        raise ValueError(f"{days}: the first day is after the last")
    return ",".join(_DAYS[day % 7] for day in range(first, last + 1, int(some[3] or 1)))


def run_on(trigger: Trigger, job: Callable[[], None], stop: threading.Event) -> int:
    """Run `job` at each time the trigger names until `stop` is set; returns how often it ran.

    A time that passes while the job is still running is left out, never queued.
    """
    ran = 0
    previous: datetime | None = None
    while not stop.is_set():
        now = datetime.now(UTC)
        due = trigger.get_next_fire_time(previous, now)
        if due is None or stop.wait(max((due - now).total_seconds(), 0)):
            break
        previous = max(due, datetime.now(UTC))
        job()
        ran += 1
    return ran


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; the old handlers come back at the end."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    old = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
