"""The command line of every loader: set the clock, load, count, and fail if one row is missing."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from benchmarks.worlds.hubspot import HubSpot
from benchmarks.worlds.machine import announcement, set_clock
from benchmarks.worlds.salesforce import Salesforce

Data = TypeVar("Data")
Counted = dict[str, tuple[int, int]]
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
"""Where the data sets lie unless told otherwise: beside the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet(Generic[Data]):
    """A data set that can be loaded: how to read it, and how each CRM takes it in and counts it."""

    folder: str
    ends: datetime
    read: Callable[[Path], Data]
    load: dict[str, Callable[[Data, Any], Iterator[tuple[str, int]]]]
    counted: dict[str, Callable[[Data, Any], Counted]]


def run(data_set: DataSet[Data], arguments: Sequence[str] | None = None) -> int:
    """Load (or with --count only count); print what was done; 0 if every row of the source is there, else 1."""
    options = _options(data_set.folder, arguments)
    announced = announcement(options.announcement)
    target = _target(options.crm, announced)
    data = data_set.read(options.data / data_set.folder)
    if not options.count:
        set_clock(announced["control"], data_set.ends)
        _load(data_set.load[options.crm](data, target))
    return _reconcile(data_set.counted[options.crm](data, target))


def _options(name: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"benchmarks.worlds.{name}", description="Load into a running emulator.")
    parser.add_argument("--announcement", type=Path, required=True, help="file with the emulator's first line")
    parser.add_argument("--crm", choices=("salesforce", "hubspot"), required=True)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets (default: %(default)s)")
    parser.add_argument("--count", action="store_true", help="load nothing, compare the counts only")
    return parser.parse_args(arguments)


def _target(crm: str, announced: dict[str, Any]) -> Salesforce | HubSpot:
    if crm == "salesforce":
        return Salesforce(announced["salesforce"])
    return HubSpot(announced["hubspot"], announced["control"])


def _load(steps: Iterator[tuple[str, int]]) -> None:
    began = before = time.perf_counter()
    for object, rows in steps:
        now = time.perf_counter()
        print(f"{object:24} {rows:>9,} rows {now - before:7.1f} s", flush=True)
        before = now
    print(f"{'loaded in':24} {'':14} {time.perf_counter() - began:7.1f} s", flush=True)


def _reconcile(counted: Counted) -> int:
    short = 0
    for object, (expected, found) in counted.items():
        verdict = "ok" if expected == found else "DIFFERENT"
        short += expected != found
        print(f"{object:24} {expected:>9,} in the source {found:>9,} in the CRM  {verdict}")
    if short:
        print(f"{short} objects do not hold what the source holds", file=sys.stderr)
    return 1 if short else 0
