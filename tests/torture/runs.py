"""Runs of Tossup in processes of their own, which end or are killed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.secrets import Place
from tests.torture.remote import ROOT

KILLED = -9
SAID = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Warm:
    """A warm interpreter that forks a run for each thing it is asked."""

    process: subprocess.Popen[bytes]
    folder: Path
    """Where each run's standard output and error are."""
    said: list[Place] = field(default_factory=list)
    """What runs printed, with --debug, up to the moment they ended or were killed."""

    def run(self, env: Mapping[str, str], *verb: str, **moment: Any) -> dict[str, Any]:
        """One run: what it wrote and how it ended (`code`), or the `phase` it was killed in (`code` -9)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"env": env, "verb": verb, "moment": moment, "said": str(self.folder)}
        self.process.stdin.write(orjson.dumps(asked) + b"\n")
        self.process.stdin.flush()
        told: dict[str, Any] = orjson.loads(self.process.stdout.readline())
        self.said.extend((f"{name} of {' '.join(verb)}", (self.folder / name).read_bytes()) for name in SAID)
        return told

    def heard(self) -> list[Place]:
        """What was said since this was last asked."""
        said = self.said.copy()
        self.said.clear()
        return said


@contextmanager
def warm() -> Iterator[Warm]:
    """A warm interpreter, which ends with this process."""
    command = [sys.executable, "-m", "tests.torture.warm"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        yield Warm(process, Path(folder))
