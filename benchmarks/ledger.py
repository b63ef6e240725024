"""How many intents and outcomes a second the ledger notes, in SQLite and in PostgreSQL.

    python -m benchmarks.ledger [--records 20000] [--rounds 3] [--url postgresql+psycopg://...]

A night's run: intents noted, then settled 2,000 at a time as `apply` does, with two fields a record, into a ledger
that the round before has filled. PostgreSQL is the server that tests start, here with every commit synced to disk, or
the one at a URL.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connector.port import Outcome
from jobs.apply import CHUNK
from jobs.store.ledger import Ledger, ledger_url
from mappings.changes import Change, FieldChange
from tests.postgres import serving

CONNECTION = "salesforce:00D000000000001AAA"
Figures = tuple[float, float, float, float, float]
"""Intents by the clock and by the processor, outcomes likewise (each a second); seconds to open a ledger of today."""
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def changes(n: int, round: int) -> list[Change]:
    """Accounts whose headroom and priority change."""
    return [
        Change(
            object="Account",
            action="update",
            id=f"001{i:012}AAA",
            key=None,
            key_field=None,
            fields=(
                FieldChange(name="Tossup_Headroom__c", old=i + round, new=i + round + 1),
                FieldChange(name="Tossup_Priority__c", old="low", new="high" if round % 2 else "mid"),
            ),
            why="account facts",
        )
        for i in range(n)
    ]


def measure(url: str, records: int, rounds: int) -> Iterator[Figures]:
    """One round after the other."""
    for round in range(rounds):
        told = changes(records, round)
        began = time.perf_counter()
        with Ledger(url) as ledger:
            opened = time.perf_counter() - began
            with ledger.locked(CONNECTION, "benchmark"):
                run = ledger.begin("benchmark", CONNECTION, AT)
                start = _now()
                ledger.intend(run, "plan", CONNECTION, told, AT)
                noted = _now()
                for first in range(0, records, CHUNK):
                    ids = [str(change.id) for change in told[first : first + CHUNK]]
                    ledger.settle(run, [Outcome(ref=id, ok=True, id=id) for id in ids], AT)
                settled = _now()
        yield (*_rates(records, start, noted), *_rates(records, noted, settled), opened)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _rates(records: int, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    return records / (end[0] - start[0]), records / (end[1] - start[1])


@contextmanager
def ledgers(url: str | None) -> Iterator[dict[str, str]]:
    """URLs of empty ledgers, by database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if url is None:
            url = stack.enter_context(serving(durable=True)).url()
        yield {"SQLite": ledger_url(folder), "PostgreSQL": url}


def main() -> None:
    """Print medians of the rounds after the first, which makes the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help="a PostgreSQL database that is there; its ledger is filled")
    options = parser.parse_args()
    with ledgers(options.url) as urls:
        for name, url in urls.items():
            found = list(measure(url, options.records, options.rounds + 1))[1:]
            median = [statistics.median(column) for column in zip(*found, strict=True)]
            print(
                f"{name:10}  intents/s {median[0]:8,.0f} ({median[1]:8,.0f} a processor second of ours)  "
                f"outcomes/s {median[2]:8,.0f} ({median[3]:8,.0f})  opened in {median[4]:.3f} s"
            )


if __name__ == "__main__":
    main()
