import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from connector.errors import TryAgain
from connector.port import Outcome
from jobs.store import hold
from jobs.store.ledger import Ledger
from jobs.store.tables import holds
from mappings.changes import Change, FieldChange
from tests.jobs.booked import ORG, T0

if TYPE_CHECKING:
    from tests.postgres import Server


def change(id: str) -> Change:
    fields = (FieldChange(name="F", old=None, new=1),)
    return Change(object="Account", action="update", id=id, key=None, key_field=None, fields=fields)


@pytest.fixture
def shared(postgres: "Server") -> str:
    """The URL of a ledger that several machines can share."""
    return postgres.url(postgres.schema())


def note(ledger: Ledger, **values: object) -> None:
    """Change what the ledger says of the hold, as another run would."""
    with ledger._database.writing() as con:
        con.execute(sa.update(holds).values(**values))


def token(ledger: Ledger) -> int:
    with ledger._database.reading() as con:
        return int(con.execute(sa.select(holds.c.token)).scalar_one())


def keep_on(ledger: Ledger, run: str) -> None:
    for n in range(200):
        ledger.intend(run, "plan", ORG, [change(str(n))], T0)
        time.sleep(0.02)


def cut_off(server: "Server") -> None:
    """End the session that holds the lock, as a network that went away or a failover does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    assert server.run(query) == [(True,)]


def test_two_runs_never_overlap_and_the_second_is_told_who_runs(ledger: Ledger, ledger_at: str) -> None:
    with ledger.locked(ORG, "sync"):
        with Ledger(ledger_at) as other, pytest.raises(TryAgain) as refused, other.locked(ORG, "apply"):
            pytest.fail("both hold it")
        words = f"Another run is under way on {ORG}: sync, process {os.getpid()} on {socket.gethostname()}, since 20"
        assert str(refused.value).startswith(words)
        assert str(refused.value).endswith(" UTC. Wait until it has finished, then run again.")
    with Ledger(ledger_at) as other, other.locked(ORG, "apply"):
        assert token(other) == 2


def test_two_connections_may_be_worked_on_at_once(ledger: Ledger, ledger_at: str) -> None:
    with ledger.locked(ORG, "sync"), Ledger(ledger_at) as other, other.locked("hubspot:1", "sync"):
        assert other.begin("sync", "hubspot:1", T0)


def test_two_runs_never_overlap_in_memory_either() -> None:
    with Ledger("sqlite://") as ledger:
        with ledger.locked(ORG, "sync"), pytest.raises(TryAgain), ledger.locked(ORG, "sync"):
            pytest.fail("both hold it")
        with ledger.locked(ORG, "sync"):
            ledger.begin("pull", ORG, T0)


def test_the_lock_of_a_killed_run_frees_itself(ledger: Ledger, ledger_at: str) -> None:
    script = """
        import sys, time
        from jobs.store.ledger import Ledger
        with Ledger(sys.argv[1]) as ledger, ledger.locked(sys.argv[2], "sync"):
            print("held", flush=True)
            time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), ledger_at, ORG]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TryAgain, match=f"sync, process {holder.pid} on "), ledger.locked(ORG, "sync"):
            pytest.fail("both hold it")
        holder.send_signal(signal.SIGKILL)
    for _ in range(100):
        try:
            with ledger.locked(ORG, "sync"):
                assert token(ledger) == 2
                return
        except TryAgain:  # the server takes a moment to see that its client is gone
            time.sleep(0.05)
    pytest.fail("the lock was never freed")


def test_a_run_whose_connection_a_later_one_took_intends_nothing_more(ledger: Ledger) -> None:
    with ledger.locked(ORG, "sync"):
        run = ledger.begin("sync", ORG, T0)
        ledger.intend(run, "plan", ORG, [change("1"), change("2")], T0)
        note(ledger, token=holds.c.token + 1, verb="undo", host="machine-b", pid=7)
        lost = f"lost its hold on {ORG} and stopped. Another run is under way on {ORG}: undo, process 7 on machine-b"
        with pytest.raises(TryAgain, match=lost):
            ledger.intend(run, "plan", ORG, [change("3")], T0)
        assert [left.change.id for left in ledger.open_intents(ORG)] == ["1", "2"]
        with pytest.raises(TryAgain, match=lost):
            ledger.settle(run, [Outcome(ref="1", ok=True, id="1")], T0)
        assert [left.change.id for left in ledger.open_intents(ORG)] == ["2"], (
            "what was written is noted all the same"
        )
    with ledger._database.reading() as con:
        assert con.execute(sa.select(holds.c.released)).scalar_one() is False, "the later one still holds it"


def test_a_run_that_was_cut_off_stops_by_itself(
    postgres: "Server", shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "BEAT_S", 0.02)
    with Ledger(shared) as ledger, ledger.locked(ORG, "sync"):
        run = ledger.begin("sync", ORG, T0)
        cut_off(postgres)
        stopped = r"lost its hold on .* and stopped. The ledger postgres on 127.0.0.1 was out of reach for a while"
        with pytest.raises(TryAgain, match=stopped):
            keep_on(ledger, run)


def test_a_run_that_heard_nothing_for_the_length_of_its_lease_stops_by_itself(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(shared) as ledger, ledger.locked(ORG, "sync"):
        run = ledger.begin("sync", ORG, T0)
        ledger.intend(run, "plan", ORG, [change("1")], T0)
        monkeypatch.setattr(hold, "LEASE", timedelta(0))
        with pytest.raises(TryAgain, match="was out of reach for a while"):
            ledger.intend(run, "plan", ORG, [change("2")], T0)


def test_a_run_on_a_ledger_in_a_file_may_take_longer_than_a_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger, ledger.locked(ORG, "sync"):
        run = ledger.begin("sync", ORG, T0)
        monkeypatch.setattr(hold, "LEASE", timedelta(0))
        ledger.intend(run, "plan", ORG, [change("1")], T0)
        ledger.settle(run, [Outcome(ref="1", ok=True, id="1")], T0)
        assert ledger.open_intents(ORG) == ()


def test_the_one_cut_off_and_its_successor_never_both_intend(
    postgres: "Server", shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has not noticed yet: its beat is slow."""
    with Ledger(shared) as first, Ledger(shared) as second, first.locked(ORG, "sync"):
        run = first.begin("sync", ORG, T0)
        cut_off(postgres)
        with second.locked(ORG, "apply"):
            second.intend(second.begin("apply", ORG, T0), "plan", ORG, [change("1")], T0)
            with pytest.raises(TryAgain, match=r"Another run is under way .* apply, process"):
                first.intend(run, "plan", ORG, [change("2")], T0)
            assert [left.change.id for left in second.open_intents(ORG)] == ["1"]


def test_after_a_failover_the_lease_of_the_one_before_is_waited_out(
    postgres: "Server", shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(shared) as first, Ledger(shared) as second, first.locked(ORG, "sync"):
        cut_off(postgres)
        note(first, server="the server before")
        waits = r"sync, process \d+ on .*before The ledger postgres on 127.0.0.1 was started anew.* free in 4\d s"
        with pytest.raises(TryAgain, match=waits), second.locked(ORG, "apply"):
            pytest.fail("nobody knows yet whether the first has stopped")
        note(first, renewed=datetime.now(UTC) - hold.LEASE)
        with second.locked(ORG, "apply"):
            assert token(second) == 2


def test_a_run_renews_its_hold_as_long_as_it_works(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "BEAT_S", 0.02)
    with Ledger(shared) as ledger, ledger.locked(ORG, "sync"):
        note(ledger, renewed=T0)
        for _ in range(100):
            with ledger._database.reading() as con:
                if con.execute(sa.select(holds.c.renewed)).scalar_one() > T0:
                    return
            time.sleep(0.05)
        pytest.fail("it was never renewed")


def test_the_session_that_holds_the_lock_is_never_ended_for_waiting(postgres: "Server", shared: str) -> None:
    with Ledger(shared) as ledger:  # making its tables waits for nobody, but a busy machine is slow in between
        postgres.run("ALTER SYSTEM SET idle_in_transaction_session_timeout = '1s'", "SELECT pg_reload_conf()")
        try:
            with ledger.locked(ORG, "sync"):
                time.sleep(2)
                [(held,)] = postgres.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                assert held == 1
        finally:
            postgres.run("ALTER SYSTEM RESET idle_in_transaction_session_timeout", "SELECT pg_reload_conf()")


def test_who_was_just_refused_waits_a_moment_for_the_other_to_say_who_it_is(ledger: Ledger, ledger_at: str) -> None:
    with ledger.locked(ORG, "sync"), Ledger(ledger_at) as other:
        note(ledger, released=True)  # as it is between getting the guard and saying so
        timer = threading.Timer(0.3, note, [ledger], {"released": False})
        timer.start()
        with pytest.raises(TryAgain, match=f"sync, process {os.getpid()} on "), other.locked(ORG, "apply"):
            pytest.fail("both hold it")
        timer.join()
