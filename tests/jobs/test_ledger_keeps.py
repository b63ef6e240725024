"""What was committed is kept: through a kill, beside other threads, and whatever the server would allow."""

import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.store.ledger import Ledger, ledger_url

if TYPE_CHECKING:
    from tests.postgres import Server
from tests.jobs.booked import ORG, change, write


def test_many_records_are_one_transaction_each_way(ledger: Ledger) -> None:
    changes = [change(f"001{n:06}", F=n) for n in range(12_000)]
    write(ledger, *changes)
    found = ledger.last_written(ORG, "Account", [c.ref for c in changes])
    assert len(found) == 12_000
    assert found["001011999"]["F"].value == 11_999


def test_what_was_intended_survives_a_kill(ledger_at: str) -> None:
    script = """
        import os, signal, sys
        from datetime import UTC, datetime
        from connector.port import Outcome
        from jobs.store.ledger import Ledger
        from mappings.changes import Change, FieldChange
        at = datetime(2026, 11, 22, tzinfo=UTC)
        changes = [Change(object="Account", action="update", id=str(n), key=None, key_field=None,
                          fields=(FieldChange(name="F", old=None, new=n),)) for n in range(300)]
        ledger = Ledger(sys.argv[1])
        run = ledger.begin("apply", "salesforce:X", at)
        ledger.intend(run, "plan", "salesforce:X", changes, at)
        ledger.settle(run, [Outcome(ref=str(n), ok=True, id=str(n)) for n in range(100)], at)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), ledger_at], check=False)
    assert done.returncode == -signal.SIGKILL
    with Ledger(ledger_at) as ledger:
        assert len(ledger.open_intents("salesforce:X")) == 200
        assert len(ledger.last_written("salesforce:X", "Account", [str(n) for n in range(300)])) == 100


def test_threads_take_turns(ledger: Ledger) -> None:
    def work(name: str) -> None:
        for n in range(10):
            write(ledger, change(f"{name}{n}", F=n))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refs = [f"{name}{n}" for name in "abc" for n in range(10)]
    assert len(ledger.last_written(ORG, "Account", refs)) == 30


def test_the_file_is_set_up_to_keep_what_was_committed(tmp_path: Path) -> None:
    with Ledger(ledger_url(tmp_path)) as ledger, ledger._database.reading() as con:
        answers = {name: con.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert answers == {"journal_mode": "wal", "synchronous": 2}
        assert con.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert con.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_what_was_committed_is_on_disk_though_the_server_would_not_wait_for_it(postgres: "Server") -> None:
    url = f"{postgres.url(postgres.schema())}%20-csynchronous_commit%3Doff"
    with Ledger(url) as ledger:
        with ledger._database.reading() as con:
            assert con.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
        with ledger._database.writing() as con:
            assert con.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
