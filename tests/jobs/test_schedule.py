"""When runs begin, that they never overlap, and how a schedule ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.emulator.server import Emulator
from connector.errors import GiveUp
from jobs.schedule import run_on, stopping, trigger_of

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("when", "seconds"), [("45s", 45), ("30m", 1800), (" 6 h ", 21_600), ("1d", 86_400)])
def test_an_interval_is_counted_from_now(when: str, seconds: int) -> None:
    trigger = trigger_of(when, "UTC")
    first = trigger.get_next_fire_time(None, datetime.now(UTC))
    assert first is not None
    second = trigger.get_next_fire_time(first, first)
    assert second is not None
    assert (second - first).total_seconds() == seconds
    assert (first - datetime.now(UTC)).total_seconds() <= seconds


def test_cron_is_in_the_companys_time_zone() -> None:
    due = trigger_of("0 5 * * 1-5", "Asia/Tokyo").get_next_fire_time(None, MONDAY)
    assert due is not None
    assert due.astimezone(UTC) == datetime(2026, 11, 2, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(("day", "weekday"), [("0", 6), ("7", 6), ("1", 0), ("5", 4), ("sun", 6), ("mon", 0)])
def test_days_of_the_week_are_those_of_cron(day: str, weekday: int) -> None:
    due = trigger_of(f"0 5 * * {day}", "UTC").get_next_fire_time(None, MONDAY)
    assert due is not None
    assert due.weekday() == weekday


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [
        ("5-7", {4, 5, 6}),
        ("1,3", {0, 2}),
        ("*/2", {6, 1, 3, 5}),
        ("1-5/2", {0, 2, 4}),
        ("fri,6", {4, 5}),
        ("mon-wed", {0, 1, 2}),
    ],
)
def test_several_days_of_the_week_are_those_of_cron(days: str, weekdays: set[int]) -> None:
    trigger, due, found = trigger_of(f"0 5 * * {days}", "UTC"), MONDAY, set()
    for _ in range(8):
        due = trigger.get_next_fire_time(due, due).replace(hour=6)
        found.add(due.weekday())
    assert found == weekdays


def test_one_to_five_are_the_working_days() -> None:
    trigger = trigger_of("0 5 * * 1-5", "UTC")
    days, due = [], MONDAY
    for _ in range(6):
        found = trigger.get_next_fire_time(due, due)
        assert found is not None
        due = found.replace(hour=6)
        days.append(found.weekday())
    assert days == [1, 2, 3, 4, 0, 1]


@pytest.mark.parametrize(
    "when", ["often", "", "99 * * * *", "* * *", "6 weeks", "-5m", "0m", "0 5 * * 5-1", "0 5 * * 8"]
)
def test_what_is_no_schedule_is_told_with_both_forms(when: str) -> None:
    with pytest.raises(GiveUp, match=r"is no schedule .*'0 6 \* \* 1-5', or an interval like 6h"):
        trigger_of(when, "UTC")


class Often:
    """Due again at once, always."""

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime | None:
        return now


def test_runs_follow_each_other_and_never_overlap() -> None:
    stop, under_way, ran = threading.Event(), threading.Lock(), 0

    def job() -> None:
        nonlocal ran
        assert under_way.acquire(blocking=False)
        ran += 1
        if ran == 3:
            stop.set()
        under_way.release()

    assert run_on(Often(), job, stop) == 3


def test_a_stop_during_the_wait_ends_it() -> None:
    stop = threading.Event()
    threading.Timer(0.02, stop.set).start()
    assert run_on(trigger_of("1d", "UTC"), lambda: None, stop) <= 1


def test_the_old_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(1)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A process's variables for an empty org that was never set up: each run of it fails."""
    with Emulator("salesforce", "empty") as emulator:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")}
        root = str(Path(__file__).parents[2])
        told = emulator.announcement["env"]["salesforce"]
        yield {**clean, **told, "TOSSUP_STATE_DIR": str(tmp_path / "store"), "PYTHONPATH": root}


def started(env: dict[str, str], when: str, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs", "schedule", "--yes", when]
    return subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_failing_run_does_not_end_it_and_sigterm_does(env: dict[str, str], tmp_path: Path) -> None:
    process = started(env, "1s", tmp_path)
    assert process.stderr is not None
    told = [process.stderr.readline(), process.stderr.readline()]
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=20)[1]
    assert all("tossup setup" in line for line in told)
    assert process.returncode == 0
    assert "Traceback" not in "".join(told) + rest


def test_sigterm_during_a_run_finishes_what_is_under_way_and_exits_cleanly(
    env: dict[str, str], tmp_path: Path
) -> None:
    with Emulator("salesforce", "empty") as emulator:
        emulator.faults.add({"match": "GET /services/data/*/sobjects", "kind": "slow", "seconds": 1.0})
        told = emulator.announcement["env"]["salesforce"]
        process = started({**env, **told}, "1s", tmp_path)
        while not emulator.faults.shown()[0]["hits"]:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=20)[1]
    assert process.returncode == 0
    assert "Traceback" not in err
