"""An interpreter with everything imported and nothing opened, which forks a run of Tossup for each line it reads.

A line is JSON: `{"env", "verb": [...], "moment", "said"}`. The run is the command line's, with --debug, and prints
into files in the folder `said`. It may be told to die by SIGKILL: nothing in it is cleaned up, and what it has sent
is on its way. Answers with what it wrote, or with the phase it died in.
"""

import gc
import logging
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import ibis.backends.duckdb
import orjson
import requests
import structlog
from sqlalchemy.engine.default import DefaultDialect

import connector.hubspot.crm
import connector.salesforce.crm
import leads.find
import leads.texts
from connector.errors import CrmError
from connector.wire import Patience
from jobs import cli, verbs, wiring
from jobs.commands import crm

__all__ = ["connector", "ibis", "leads"]

SIZE = 1 << 16
QUICK = Patience(first_s=0.001, longest_s=5.0, attempts=8)
"""A busy CRM is asked again at once: the emulator needs no rest."""
ANYHOW = verbs.Caution(accept=("volume", "shrunken"))
"""What is written here is more than usual, and meant."""
READS = ("/search", "/batch/read", "/token")
GIVES_UP_S = 120


@dataclass(slots=True)
class Deadly:
    """Counts what the run does, tells the parent how far it got, and dies when the moment has come.

    `moment`: `{"at": request, write, commit or report, "n", "when": before, during or after, "delay": seconds}`.
    """

    moment: dict[str, Any]
    told: mmap.mmap
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("request", "write", "commit", "report"), 0))
    phase: str = "signing in"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self, phase: str) -> None:
        """This is where we are."""
        self.phase = phase
        self.tell({"phase": phase, "counts": self.counts})

    def tell(self, what: dict[str, Any]) -> None:
        text = orjson.dumps(what)[: SIZE - 1] + b"\n"
        self.told[: len(text)] = text

    def come(self, what: str, when: str) -> None:
        """Die, if this is the moment."""
        moment = self.moment
        if moment.get("at") == what and moment.get("n") == self.counts[what] and moment.get("when") == when:
            if when != "during":
                os.kill(os.getpid(), signal.SIGKILL)
            threading.Timer(moment["delay"], os.kill, (os.getpid(), signal.SIGKILL)).start()

    def sends(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Around every request."""

        def sent(adapter: Any, request: requests.PreparedRequest, **options: Any) -> Any:
            kinds = ["request", "write"] if _writes(request) else ["request"]
            with self.lock:
                for kind in kinds:
                    self.counts[kind] += 1
            writing = "write" in kinds
            self.now("write: intent noted, call not sent" if writing else self.phase)
            for when in ("before", "during"):
                for kind in kinds:
                    self.come(kind, when)
            if writing:
                self.now("write: call under way")
            answer = send(adapter, request, **options)
            if writing:
                self.now("write: answered, not noted")
            for kind in kinds:
                self.come(kind, "after")
            return answer

        return sent

    def commits(self, commit: Callable[..., Any]) -> Callable[..., Any]:
        """Around every transaction of the ledger."""

        def committed(dialect: Any, connection: Any) -> None:
            self.counts["commit"] += 1
            self.come("commit", "before")
            commit(dialect, connection)
            if self.phase == "write: answered, not noted":
                self.now("write: noted")
            self.come("commit", "after")

        return committed

    def report(self, what: str, _done: int, _total: int | None) -> None:
        """What the run says it is doing."""
        self.counts["report"] += 1
        self.come("report", "before")
        if not what.startswith("write "):
            self.now({"find leads": "finding leads", "plan": "planning"}.get(what, "pulling"))


def _writes(request: requests.PreparedRequest) -> bool:
    path = request.path_url.partition("?")[0]
    fetches = request.method == "POST" and "/composite/sobjects/" in path
    return (
        request.method not in ("GET", None) and not fetches and "/jobs/query" not in path and not path.endswith(READS)
    )


WORDS = {
    "apply": ("apply",),
    "pull": ("pull",),
    "plan": ("sync", "--no"),
    "sync": ("sync", "--yes"),
    "undo": ("undo", "--yes"),
}
"""A verb as a shell would say it."""


def _run(asked: dict[str, Any], told: mmap.mmap) -> None:
    """In the child: one verb, with an eye on the moment."""
    said = Path(asked["said"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(said / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    deadly = Deadly(moment=asked.get("moment") or {}, told=told)
    deadly.now(deadly.phase)
    requests.adapters.HTTPAdapter.send = deadly.sends(requests.adapters.HTTPAdapter.send)
    DefaultDialect.do_commit = deadly.commits(DefaultDialect.do_commit)
    for name in ("SalesforceConfig", "HubSpotConfig"):
        setattr(wiring, name, partial(getattr(wiring, name), patience=QUICK))
    failed: list[Exception] = []
    tell = cli.tell
    cli.tell = lambda error: failed.append(error) or tell(error)
    crm.bars = lambda *_, **__: nullcontext(deadly.report)
    _as_told(asked)
    began = time.monotonic()
    try:
        cli.main()
    except SystemExit:
        seconds = time.monotonic() - began
    if failed:
        deadly.tell({"error": type(failed[0]).__name__, "text": str(failed[0])})
        os._exit(75 if isinstance(failed[0], CrmError) else 70)
    result = orjson.loads((said / "stdout").read_bytes())
    summary = {name: value for name, value in result.items() if name not in ("leads", "read")}
    deadly.tell({"result": summary, "plan": result["plan"], "counts": deadly.counts, "seconds": seconds})


def _as_told(asked: dict[str, Any]) -> None:
    """This process has the variables and the words that a shell would give it."""
    for name in [name for name in os.environ if name.startswith("TOSSUP_")]:
        del os.environ[name]
    os.environ.update(asked["env"])
    verb, *words = asked["verb"]
    caution = [word for one in ANYHOW.accept for word in ("--accept", one)] if verb != "undo" else []
    sys.argv = ["tossup", *WORDS[verb], *words, *caution, "--json", "--debug"]


def _forked(asked: dict[str, Any]) -> dict[str, Any]:
    with mmap.mmap(-1, SIZE) as told:
        pid = os.fork()
        if pid == 0:
            try:
                _run(asked, told)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(70)
            os._exit(0)
        status, used = _waited(pid, (asked.get("moment") or {}).get("seconds"))
        said = bytes(told[:]).partition(b"\n")[0]
    return {**orjson.loads(said), "code": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime}


def _waited(pid: int, dies_after: float | None) -> tuple[int, Any]:
    """How it ended and what it used; killed from outside after so many seconds, or when it never ends."""
    signal.setitimer(signal.ITIMER_REAL, dies_after or GIVES_UP_S)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    _, status, used = os.wait4(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return status, used


def main() -> None:
    """Fork a run for each line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    gc.set_threshold(200_000, 20, 20)
    gc.freeze()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps(_forked(orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
