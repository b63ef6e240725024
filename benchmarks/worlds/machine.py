"""The running emulator: what it announced about itself, and its clock."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import requests

In = TypeVar("In")
Out = TypeVar("Out")

TIMEOUT_S = (5, 300)
THREADS = 4
"""Requests on their way at a time."""


class Refused(Exception):
    """The emulator did not do what was asked; the message holds its words."""


class Wire:
    """Sends requests with a bearer token; every thread has a connection of its own."""

    def __init__(self, base: str, token: str) -> None:
        self._base = base
        self._token = token
        self._local = threading.local()

    def send(self, method: str, path: str, **how: Any) -> requests.Response:
        """The answer to a request for `base` + `path`. Raises Refused for every status but 2xx."""
        answer = self._session().request(method, f"{self._base}{path}", timeout=TIMEOUT_S, **how)
        if not answer.ok:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
            self._local.session.headers["Authorization"] = f"Bearer {self._token}"
        found: requests.Session = self._local.session
        return found


def announcement(file: Path) -> dict[str, Any]:
    """What `tossup emulator` printed as its first line."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    return found


def set_clock(control_url: str, moment: datetime) -> None:
    """Make the emulator live at `moment` (aware)."""
    Wire(control_url, "").send("POST", "/clock", json={"set": moment.isoformat()})


def chunks(rows: Iterable[In], size: int) -> Iterator[list[In]]:
    """The rows in lists of at most `size`."""
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def in_parallel(work: Callable[[In], Out], inputs: Iterable[In], threads: int = THREADS) -> Iterator[Out]:
    """The results in the order of the inputs; never more than a few inputs in memory or on their way."""
    waiting: list[Future[Out]] = []
    with ThreadPoolExecutor(threads) as pool:
        for item in inputs:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
