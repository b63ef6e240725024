"""Runs of Tossup in processes of their own, which end or are killed."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from tests.torture.remote import ROOT

KILLED = -9


@dataclass(frozen=True, slots=True)
class Warm:
    """A warm interpreter that forks a run for each thing it is asked."""

    process: subprocess.Popen[bytes]

    def run(self, env: Mapping[str, str], *verb: str, **moment: Any) -> dict[str, Any]:
        """One run: what it wrote and how it ended (`code`), or the `phase` it was killed in (`code` -9)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps({"env": env, "verb": verb, "moment": moment}) + b"\n")
        self.process.stdin.flush()
        told: dict[str, Any] = orjson.loads(self.process.stdout.readline())
        return told


@contextmanager
def warm() -> Iterator[Warm]:
    """A warm interpreter, which ends with this process."""
    command = [sys.executable, "-m", "tests.torture.warm"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Warm(process)
