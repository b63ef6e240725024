"""A killed run leaves a Bulk job behind in Salesforce; what it would write later never undoes a person's work."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.errors import TryAgain
from connector.salesforce.job import Jobs
from jobs.settings import settings_of
from jobs.store.ledger import Ledger
from jobs.wiring import open_ledger
from tests.jobs.small import FULL, Company, company
from tests.jobs.test_revisions import run_in

ROOT = Path(__file__).parents[2]
QUEUE_S = 3_600


@pytest.fixture
def here(ledger_at: str, tmp_path: Path) -> Iterator[Company]:
    """A company whose records all go by Bulk, in whose org jobs wait for an hour."""
    with company("salesforce", tmp_path / "store") as bare:
        env = {**bare.env, "TOSSUP_BULK_THRESHOLD": "1", "TOSSUP_LEDGER_URL": ledger_at}
        yield replace(bare, settings=settings_of(env))


def jobs(here: Company) -> dict[str, str]:
    """The state of every ingest job, by id."""
    return {id: job.state for id, job in here.org._bulk._jobs.items() if job.kind == "ingest"}


def killed(here: Company, ledger: str, *, state: str = "UploadComplete") -> str:
    """Sync in a process of its own, and kill it as soon as a job of it is in this state; the id of the job."""
    before = jobs(here)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")}
    env |= {**here.env, "TOSSUP_BULK_THRESHOLD": "1", "TOSSUP_LEDGER_URL": ledger}
    command = [sys.executable, "-m", "jobs", "sync", "--yes"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        left: list[str] = []
        while not left and process.poll() is None:
            left = [id for id, now in jobs(here).items() if id not in before and now == state]
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[0].decode()
    assert process.returncode == -signal.SIGKILL, said
    return left[0]


def test_a_job_left_in_the_queue_does_not_write_over_what_a_person_wrote_after_the_kill(
    here: Company, ledger_at: str
) -> None:
    here.org.settings({"bulk_queue_s": QUEUE_S})
    job = killed(here, ledger_at)
    here.edit("update", FULL, "account", headroom=7)
    here.org.settings({"bulk_queue_s": 0})
    told = here.sync()
    assert [(one.object, one.field) for one in (*told.plan.conflicts, *told.moved)] == [
        ("Account", here.names["headroom"])
    ]
    here.emulator.clock.advance(QUEUE_S)
    time.sleep(0.1)
    assert float(here.account(FULL)[here.names["headroom"]]) == 7
    assert jobs(here)[job] == "Aborted"
    assert here.sync().written == 0


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The same, after a run that died when its first job waited in the queue for an hour."""
    with company("salesforce", tmp_path / "store") as bare:
        here = replace(bare, settings=bare.settings.model_copy(update={"bulk_threshold": 1}))
        here.org.settings({"bulk_queue_s": QUEUE_S})
        with monkeypatch.context() as dying:
            dying.setattr(Jobs, "done", _dies_writing)
            with pytest.raises(RuntimeError, match="killed"):
                here.sync()
        here.org.settings({"bulk_queue_s": 0})
        assert list(jobs(here).values()) == ["UploadComplete"]
        yield here


_done = Jobs.done


def _dies_writing(self: Jobs, id: str, *, partly: bool = False) -> Mapping[str, Any]:
    """The run dies as soon as it would wait for what it writes."""
    if partly:
        raise RuntimeError("killed")
    return _done(self, id)


def noted(here: Company) -> tuple[str, ...]:
    """The jobs that the ledger holds for unfinished."""
    connection = f"salesforce:{here.org.org_id}"
    with open_ledger(here.settings, connection) as ledger:
        return ledger.remote_jobs(connection).left()


def test_a_job_is_noted_before_it_may_write_and_no_longer_once_it_is_over(left: Company) -> None:
    assert noted(left) == tuple(jobs(left))
    assert left.sync().refused == ()
    assert noted(left) == ()
    assert set(jobs(left).values()) == {"Aborted", "JobComplete"}


def test_a_job_that_was_done_meanwhile_is_looked_at_and_nothing_is_written_twice(left: Company) -> None:
    left.emulator.clock.advance(QUEUE_S)
    (job,) = jobs(left)
    done_after(left, job)
    told = left.sync()
    assert told.plan is not None
    assert (told.plan.conflicts, told.moved, told.refused) == ((), (), ())
    assert {change.object for change in told.plan.changes} == {"Task", "Lead"}, "the accounts hold it by now"


def done_after(here: Company, job: str) -> None:
    """Wait until this job has written all of it."""
    deadline = time.monotonic() + 10
    while not here.org._bulk._jobs[job].finished:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_job_that_salesforce_no_longer_knows_keeps_nobody_waiting(left: Company) -> None:
    left.org._bulk.clear()
    told = left.sync()
    assert (told.refused, noted(left)) == ((), ())
    assert float(left.account(FULL)[left.names["headroom"]]) == 50


def test_a_job_that_is_not_ours_is_left_alone(left: Company) -> None:
    (job,) = jobs(left)
    theirs = copy(left.org._bulk._jobs[job])
    theirs.id = "7500000000009ZZAAA"
    left.org._bulk._jobs[theirs.id] = theirs
    left.sync()
    assert jobs(left)[theirs.id] == "UploadComplete"


def test_with_the_ledger_lost_nothing_is_read_or_stopped_until_the_job_is_done(left: Company) -> None:
    (job,) = jobs(left)
    shutil.rmtree(left.settings.state_dir)
    left.emulator.calls(forget=True)
    with pytest.raises(TryAgain, match=rf"in job {job}, begun by our user; this ledger knows nothing of it"):
        left.sync()
    assert jobs(left)[job] == "UploadComplete", "it may be another program's"
    assert not [call for call in left.emulator.calls() if "query" in call.lower() or call.startswith("PATCH")]
    left.emulator.clock.advance(QUEUE_S)
    done_after(left, job)
    assert left.sync().refused == ()
    assert float(left.account(FULL)[left.names["headroom"]]) == 50


def test_with_the_ledger_lost_jobs_of_other_users_are_nothing_to_wait_for(left: Company) -> None:
    (job,) = jobs(left)
    left.org._bulk._jobs[job].user_id = "005000000000999AAA"
    shutil.rmtree(left.settings.state_dir)
    assert left.sync().refused == ()


def test_no_job_begins_once_another_run_holds_the_connection(ledger_at: str) -> None:
    with Ledger(ledger_at) as ledger, ledger.locked("salesforce:X", "sync"):
        run_in(ledger_at, "UPDATE holds SET token = token + 1")
        with pytest.raises(TryAgain, match="lost its hold on salesforce:X"):
            ledger.remote_jobs("salesforce:X").began("750A", datetime(2026, 11, 2, tzinfo=UTC))
        assert ledger.remote_jobs("salesforce:X").left() == ()
