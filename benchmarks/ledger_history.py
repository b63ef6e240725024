"""What a run reads of a ledger that has a long past: seconds of our processor, after a short and a long history.

    python -m benchmarks.ledger_history [--short 10000] [--long 1000000] [--url postgresql+psycopg://...]

A history is that many settled intents, and a fifth as many tasks of ours that were closed long ago. Measured is what
every run asks, whatever it writes: what a crash left open, which links are lacking, which of a plan's 1,000 records
are made already, the accounts of our leads, what is old enough to go. What depends on what is open should cost the
same after both; what looks at every record of ours grows with their number, and is told apart.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from jobs.store.ledger import Ledger, ledger_url
from jobs.store.tables import intents, outcomes, written
from mappings.changes import Change, FieldChange

CONNECTION = "salesforce:00D000000000001AAA"
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ROUNDS = 5
CHUNK = 10_000
SHARE = 5
"""Intents for each task of ours."""
ASKED = 1_000


def key(n: int) -> str:
    """The key of the nth task: 50,000 accounts, each with one a cycle."""
    return f"001{n % 50_000:012}AAA/seat_limit/-/{2000 + n // 50_000}Q4"


def closing(n: int) -> Change:
    """A task that was closed."""
    fields = (FieldChange(name="Status", old="Not Started", new="Completed"),)
    return Change(
        object="Task", action="close", id=f"00T{n:012}AAA", key=key(n), key_field=None, fields=fields, why="cleared"
    )


def fill(ledger: Ledger, history: int) -> None:
    """Settled intents over 300 days, and the tasks that they were about."""
    run = int(ledger.begin("sync", CONNECTION, AT))
    kept = {name: [value, AT.isoformat()] for name, value in (("Status", "Completed"), ("Description", "x" * 600))}
    at = AT - timedelta(days=300)
    for first in range(0, history, CHUNK):
        span = range(first, min(first + CHUNK, history))
        changes = {n + 1: closing(n % max(1, history // SHARE)) for n in span}
        about = {"run": run, "plan": "p", "connection": CONNECTION, "object": "Task", "lacks": None}
        done = {"at": at, "ok": True, "created": False, "retryable": False}
        with ledger._database.writing() as con:
            rows = [{**about, "id": n, "ref": one.ref, "change": one, "at": at} for n, one in changes.items()]
            con.execute(sa.insert(intents), rows)
            con.execute(
                sa.insert(outcomes), [{**done, "intent": n, "record_id": one.id} for n, one in changes.items()]
            )
            tasks = [closing(n) for n in span if n < history // SHARE]
            if tasks:
                row = {"connection": CONNECTION, "object": "Task", "at": at, "closed": True, "fields": kept}
                con.execute(
                    sa.insert(written),
                    [{**row, "ref": one.key, "key": one.key, "record_id": one.id} for one in tasks],
                )


def questions(ledger: Ledger, history: int) -> dict[str, Callable[[], object]]:
    """What a run asks; the last two look at every record of ours."""
    asked = [key(n) for n in range(min(ASKED, history // SHARE))]
    return {
        "open intents": lambda: ledger.open_intents(CONNECTION),
        "lacking links": lambda: ledger.unlinked(CONNECTION),
        "made already": lambda: ledger.keys(CONNECTION, asked),
        "old enough to go": lambda: ledger.prune(CONNECTION, AT - timedelta(days=400)),
        "all accounts": lambda: ledger.accounts(CONNECTION),
        "all records": lambda: ledger.keys(CONNECTION),
    }


def measure(url: str, history: int) -> dict[str, float]:
    """Median seconds of our processor by question, in a new ledger at this URL."""
    with Ledger(url) as ledger:
        fill(ledger, history)
        return {name: statistics.median(_seconds(ask)) for name, ask in questions(ledger, history).items()}


def _seconds(ask: Callable[[], object]) -> Iterator[float]:
    for _ in range(ROUNDS):
        began = time.process_time()
        ask()
        yield time.process_time() - began


@contextmanager
def new_ledger(url: str | None) -> Iterator[str]:
    """The URL of an empty ledger; a PostgreSQL database that is given is emptied of what was measured before."""
    with tempfile.TemporaryDirectory() as folder:
        if url is not None:
            with Ledger(url) as ledger, ledger._database.writing() as con:
                for table in (outcomes, intents, written):
                    con.execute(sa.delete(table))
        yield url or ledger_url(Path(folder))


def main() -> None:
    """Print both histories side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", type=int, default=10_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    parser.add_argument("--url", help="a PostgreSQL database that may be emptied; SQLite where none is given")
    options = parser.parse_args()
    found = []
    for history in (options.short, options.long):
        with new_ledger(options.url) as url:
            found.append(measure(url, history))
    for name in found[0]:
        short, long = found[0][name], found[1][name]
        print(f"{name:18} {short * 1000:9.2f} ms {long * 1000:9.2f} ms  {long / max(short, 1e-6):7.1f} times")


if __name__ == "__main__":
    main()
