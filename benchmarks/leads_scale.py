"""From the mirror to leads at growing sizes: the facts beside the same facts in hand-written SQL, time and memory.

    python -m benchmarks.leads_scale [--accounts 10000 --accounts 100000 --accounts 1000000] [--rounds 3]
                                     [--folder WORLDS]

Every run is a process of its own; its peak memory is what the system says at its end. The ways take turns. Exits with
1 when a limit is missed: both ways tell the same of every account; the expressions take at most 1.3 times as long as
the SQL at a million accounts, 1.25 times and 1.5 s more from 100,000 on; leads cost at most 1.1 times as much more as
there are accounts more; under 2,500 MB, and under 1,500 MB with the engine held to 1 GB. On a machine with other work
beside, `--clock processors` holds the time of processors to the same limits.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.scale.by_hand import NAMES
from benchmarks.scale.ways import WAYS, run
from benchmarks.scale.world import make

SIZES = (10_000, 100_000, 1_000_000)
LIMIT, TIGHT = "2GB", "1GB"
PEAK_MB, TIGHT_MB = 2_500, 1_500
LARGE, SMALL = 1_000_000, 100_000
RATIO, SMALL_RATIO, FIXED_S = 1.3, 1.25, 1.5
GROWTH = 1.1


def in_a_process(way: str, file: Path, limit: str) -> dict[str, Any]:
    """One way in its own process, in figures."""
    job = json.dumps({"way": way, "file": str(file), "limit": limit})
    command = [sys.executable, "-m", "benchmarks.leads_scale", "--job", job]
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{way} over {file.name} under {limit} ended with {process.returncode}")
        out.seek(0)
        told: dict[str, Any] = json.loads(out.read().splitlines()[-1])
    return told | {"peak_mb": usage.ru_maxrss / 1024}


@contextmanager
def worlds(folder: Path | None) -> Iterator[Path]:
    """Where the worlds are kept: the folder, or one that is gone afterwards."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def world(folder: Path, accounts: int) -> Path:
    """The world of this size, made unless it is there."""
    file = folder / f"world_{accounts}.duckdb"
    if not file.exists():
        half = file.with_suffix(".making")
        half.unlink(missing_ok=True)
        make(half, accounts)
        half.rename(file)
    return file


class Measured:
    """The runs over one world, by way."""

    def __init__(self, accounts: int, file: Path, clock: str) -> None:
        self.accounts = accounts
        self.file = file
        self._clock = clock
        self.runs: dict[str, list[dict[str, Any]]] = {}

    def measure(self, way: str, limit: str = LIMIT) -> None:
        """One more run, and a line about it."""
        took = in_a_process(way, self.file, limit)
        self.runs.setdefault(f"{way} {limit}", []).append(took)
        more = f"{took['leads']:,} leads {took['states']}" if "leads" in took else ""
        print(
            f"{self.accounts:>10,} {way:<6} {limit:>5} {took['seconds']:>8.1f} s {took['processors']:>8.1f} s"
            f" {took['peak_mb']:>6.0f} MB  {more}",
            flush=True,
        )

    def time(self, way: str, limit: str = LIMIT) -> float:
        """The median of its runs, in seconds."""
        return statistics.median(one[self._clock] for one in self.runs[f"{way} {limit}"])

    def peak(self, limit: str) -> float:
        """The most that expressions or leads held at once, in MB."""
        every = (runs for name, runs in self.runs.items() if name.endswith(limit) and not name.startswith("sql"))
        return max(one["peak_mb"] for runs in every for one in runs)

    def faults(self) -> Iterator[str]:
        """What this world's runs miss."""
        [same] = self.runs[f"same {LIMIT}"]
        if same["apart"] or {same["rows"], *same["sizes"]} != {self.accounts}:
            yield f"the two ways differ: {same['apart']}, rows {same['rows']} of {same['sizes']}"
        facts, by_hand = self.time("facts"), self.time("sql")
        most = by_hand * RATIO if self.accounts >= LARGE else by_hand * SMALL_RATIO + FIXED_S
        print(f"{self.accounts:>10,} facts {facts:.1f} s, by hand {by_hand:.1f} s: {facts / by_hand:.2f} times")
        if self.accounts >= SMALL and facts > most:
            yield f"facts take {facts:.1f} s, more than {most:.1f} s"
        for limit, megabytes in ((LIMIT, PEAK_MB), (TIGHT, TIGHT_MB)):
            if self.peak(limit) > megabytes:
                yield f"{self.peak(limit):.0f} MB under {limit}, more than {megabytes} MB"


def measured(folder: Path, accounts: int, rounds: int, clock: str) -> Measured:
    """All ways over one world, taking turns."""
    found = Measured(accounts, world(folder, accounts), clock)
    found.measure("same")
    for _round in range(rounds):
        for way in ("sql", "facts", "leads"):
            found.measure(way)
    found.measure("leads", TIGHT)
    return found


def growth(found: list[Measured]) -> Iterator[str]:
    """Where leads of the accounts beyond the smallest size cost more than their number explains.

    What a run of the smallest size takes is taken off both, for it is hardly about accounts.
    """
    first, *others = found
    for small, large in pairwise(others):
        times = (large.time("leads") - first.time("leads")) / (small.time("leads") - first.time("leads"))
        sizes = (large.accounts - first.accounts) / (small.accounts - first.accounts)
        said = f"beyond {first.accounts:,} accounts {sizes:.1f} times as many cost {times:.1f} times as much"
        print(f"{large.accounts:,} beside {small.accounts:,}: {said}")
        if times > sizes * GROWTH:
            yield f"{large.accounts:,} beside {small.accounts:,}: {said}"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--accounts", type=int, action="append", help="a size; once for each (default: all three)")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--folder", type=Path, help="keep the worlds there, and take those that are there")
    words.add_argument("--clock", choices=("seconds", "processors"), default="seconds")
    words.add_argument("--job", help=argparse.SUPPRESS)
    chosen = words.parse_args()
    if chosen.job:
        job = json.loads(chosen.job)
        print(json.dumps(run(job["way"], Path(job["file"]), job["limit"])))
        return 0
    print(f"{len(NAMES)} facts an account; ways: {', '.join(WAYS)}; seconds by the wall and of processors")
    with worlds(chosen.folder) as folder:
        found = [measured(folder, one, chosen.rounds, chosen.clock) for one in sorted(chosen.accounts or SIZES)]
    faults = [f"{one.accounts:,}: {fault}" for one in found for fault in one.faults()] + list(growth(found))
    print("\n".join(faults) or "within all limits")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
