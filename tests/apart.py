"""Processes of their own that run the command line, without each loading all of it: forked from one that has.

A process is what a shell would start: its own pid, memory, connections and signals, its own environment and output.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120


@dataclass(kw_only=True)
class Process:
    """One command under way; `returncode` once it has ended, negative where a signal ended it."""

    pid: int
    said: Path
    of: "Interpreter"
    returncode: int | None = None

    def send_signal(self, number: int) -> None:
        """While it lives."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """At once, and wait until it is gone; one that has ended stays ended."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Until it has ended."""
        if self.returncode is None:
            self.returncode = int(self.of.ask({"wait": self.pid})["code"])
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """What it has said by its end, on standard output and standard error."""
        self.wait()
        return (self.said / "out").read_text("utf-8"), (self.said / "err").read_text("utf-8")


@dataclass(kw_only=True)
class Interpreter:
    """The process that has loaded everything and opened nothing."""

    process: "subprocess.Popen[str]"
    count: int = 0

    def start(self, words: Sequence[str], variables: Mapping[str, str], folder: Path) -> Process:
        """`tossup WORDS`, begun now, with these variables and no TOSSUP_ ones beside; it speaks into the folder."""
        self.count += 1
        said = folder / f"said-{self.count}"
        said.mkdir(parents=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")}
        asked = {"words": list(words), "env": {**clean, **variables}, "said": str(said)}
        return Process(pid=int(self.ask(asked)["pid"]), said=said, of=self)

    def ask(self, what: Mapping[str, object]) -> dict[str, int]:
        """A line there and a line back."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        told: dict[str, int] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def interpreter() -> Iterator[Interpreter]:
    """Loaded once for many processes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.apart"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Interpreter(process=process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _serve() -> None:
    import connector.hubspot.crm
    import connector.salesforce.crm
    import jobs.cli
    import jobs.start

    assert connector.hubspot.crm.open_hubspot
    assert connector.salesforce.crm.open_salesforce
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = {"code": _waited(asked["wait"])}
        elif (pid := os.fork()) == 0:
            _run(asked, jobs.start.main)
        else:
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _waited(pid: int) -> int:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise TimeoutError(f"the command did not end within {PATIENCE_S} s")


def _run(asked: Mapping[str, Any], main: Callable[[], None]) -> None:
    """In the child: the command line, to its end."""
    said = Path(asked["said"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["tossup", *asked["words"]]
    code: object = 70
    try:
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 70)


if __name__ == "__main__":
    _serve()
