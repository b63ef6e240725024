"""Whether sync settles on public data: three syncs in a row, of which only the first writes, alike on both CRMs.

    python -m benchmarks.settles [--data ../shared/data] [--world ravenstack] [--crm salesforce --crm hubspot]

For each world and CRM an empty emulator is started in a process of its own and loaded through the public API; then
`setup --apply` and three times `sync --yes`, each in a process of its own. Exits with 1 when something does not hold:
every object read whole, the second and third sync write nothing and leave every account and task byte for byte as it
was, the leads stay and are the same on both CRMs, RavenStack (which has no employee counts) gets no lead about
headroom, and no sync takes more than 1,000 MB.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.running import ACCOUNTS, CRMS, TASKS, Machine, Took, machine
from benchmarks.worlds.command import DATA
from tests.e2e.harness import alike

WORLDS = ("ravenstack", "online_retail")
HEADROOM = {"free_to_paid", "company_wide", "group_wide"}
"""Patterns that need to know how many people work there."""
PEAK_MB = 1_000
HOUR_S = 3_600


@dataclass(slots=True, kw_only=True)
class Settled:
    """What one world gave on one CRM, and in words what did not hold."""

    world: str
    crm: str
    leads: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def holds(self, true: bool, what: str) -> None:
        """Note and print `what` unless it is true."""
        if not true:
            self.broken.append(what)
            print(f"  DOES NOT HOLD: {what}", flush=True)


def settle(world: str, crm: str, data: Path) -> Settled:
    """Load one world into one CRM, sync it three times, and print a line for each."""
    found = Settled(world=world, crm=crm)
    with machine(crm, "empty") as crm_at_work:
        _load(crm_at_work, world, data)
        # else every row is so young that the next sync would rightly read it again
        crm_at_work.control("POST", "/clock", advance=HOUR_S)
        crm_at_work("setup", "--apply")
        _first(crm_at_work, found)
        for turn in (2, 3):
            _again(crm_at_work, found, turn)
    return found


def _load(crm_at_work: Machine, world: str, data: Path) -> None:
    where = ("--announcement", str(crm_at_work.announcement), "--data", str(data))
    took = crm_at_work.run("-m", f"benchmarks.worlds.{world}", "--crm", crm_at_work.crm, *where)
    print(f"{world} in {crm_at_work.crm}: loaded in {took.seconds:.0f} s", flush=True)


def _first(crm_at_work: Machine, found: Settled) -> None:
    took = crm_at_work("sync", "--yes")
    result = took.json()
    _line(1, took)
    _tidy(found, took, 1)
    short = [name for name, read in result["read"].items() if read["rows"] != read["crm_count"]]
    found.holds(not short, f"sync 1 reads every row of {', '.join(short)}")
    found.holds(result["written"] == sum(result["changes"].values()) > 0, "sync 1 writes what it planned")
    found.leads = crm_at_work("leads").json()
    _makes_sense(found)
    for motion, states in _by_motion(found.leads):
        print(f"  {motion:<12}{states}", flush=True)


def _again(crm_at_work: Machine, found: Settled, turn: int) -> None:
    kept = (ACCOUNTS[crm_at_work.crm], TASKS[crm_at_work.crm])
    before = [crm_at_work.records(object) for object in kept]
    took = crm_at_work("sync", "--yes")
    result = took.json()
    _line(turn, took)
    _tidy(found, took, turn)
    nothing = result["written"] == result["conflicts"] == sum(result["changes"].values()) == 0
    found.holds(nothing, f"sync {turn} writes nothing")
    found.holds([crm_at_work.records(object) for object in kept] == before, f"sync {turn} leaves the CRM as it was")
    found.holds(crm_at_work("leads").json() == found.leads, f"sync {turn} finds the same leads")


def _tidy(found: Settled, took: Took, turn: int) -> None:
    found.holds(took.json()["refused"] == 0, f"in sync {turn} the CRM refuses nothing")
    found.holds(took.peak_mb <= PEAK_MB, f"sync {turn} stays within {PEAK_MB} MB")


def _makes_sense(found: Settled) -> None:
    """No lead says what the data cannot know, or says it without evidence."""
    guessed = [lead["key"] for lead in found.leads if lead["pattern"] in HEADROOM]
    found.holds(not guessed, f"without employee counts nobody has headroom: {guessed[:3]}")
    bare = [lead["key"] for lead in found.leads if not any(fact["value"] is not None for fact in lead["evidence"])]
    found.holds(not bare, f"every lead has evidence: {bare[:3]}")
    if found.world == "ravenstack":
        sold = [lead["key"] for lead in found.leads if lead["motion"] == "cross_sell"]
        found.holds(not sold, f"where nobody bought anything, no purchase speaks for another: {sold[:3]}")


def _by_motion(leads: Iterable[dict[str, Any]]) -> Sequence[tuple[str, str]]:
    counts: dict[str, Counter[str]] = {}
    for lead in leads:
        counts.setdefault(lead["motion"], Counter())[lead["state"]] += 1
    return [
        (motion, ", ".join(f"{n:,} {state}" for state, n in sorted(states.items())))
        for motion, states in sorted(counts.items())
    ]


def _line(turn: int, took: Took) -> None:
    result = took.json()
    rows = sum(read["rows"] for read in result["read"].values())
    print(
        f"  sync {turn} {rows:>9,} rows {result['written']:>7,} written {result['calls']:>6,} calls "
        f"{took.seconds:>7.1f} s {took.peak_mb:>5.0f} MB",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets (default: %(default)s)")
    parser.add_argument("--world", action="append", choices=WORLDS)
    parser.add_argument("--crm", action="append", choices=CRMS)
    chosen = parser.parse_args()
    broken = []
    for world in chosen.world or WORLDS:
        found = [settle(world, crm, chosen.data.resolve()) for crm in chosen.crm or CRMS]
        for one in found[1:]:
            only = sorted(map(repr, set(alike(one.leads)) ^ set(alike(found[0].leads))))
            one.holds(not only, f"the CRMs give the same leads ({len(only):,} differ: {'; '.join(only[:2])})")
            one.holds(len(one.leads) == len(found[0].leads), "the CRMs give as many leads")
        broken += [f"{one.world}, {one.crm}: {what}" for one in found for what in one.broken]
    print("everything holds" if not broken else "\n".join(("DOES NOT HOLD", *broken)))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
