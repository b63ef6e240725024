"""The moments at which a run is killed, drawn by a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Moment = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that nothing disturbed: the command, how much it did, and how long it took.

    `longest`: how many runs in a row are killed at most.
    """

    verb: tuple[str, ...]
    counts: Mapping[str, int]
    seconds: float
    longest: int


def draw(chance: random.Random, run: Run, after: int = 0) -> Moment:
    """A moment in such a run: about a request, a write, a transaction of the ledger, a report, or by the clock.

    `after` so many killed ones less may be left to do.
    """
    kinds = [kind for kind in ("request", "commit", "report") if run.counts[kind]]
    kinds += ["seconds", *(["write"] * 4 if run.counts["write"] else [])]
    kind = chance.choice(kinds)
    if kind == "seconds":
        return {"seconds": round(chance.uniform(0.01, 0.9 * run.seconds), 3)}
    when = chance.choice(
        {"report": ("before",), "commit": ("before", "after")}.get(kind, ("before", "during", "after"))
    )
    return {
        "at": kind,
        "n": chance.randint(1, max(1, run.counts[kind] // (1 + after // 2))),
        "when": when,
        "delay": round(chance.uniform(0, 0.02), 4),
    }
