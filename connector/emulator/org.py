"""What every emulated CRM is to the server: a clock of its own time, and the `Org` behind the routes."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from starlette.routing import Route


class Clock:
    """Ticks as fast as real time, from whatever moment it was set to."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start at `start` (aware), or at the real time."""
        self._offset_s = 0.0
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """The emulated time, UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """The emulated time in seconds since 1970."""
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> datetime:
        """Move the time forward by `seconds` and return it."""
        self._offset_s += seconds
        return self.now()

    def set(self, moment: datetime) -> None:
        """Make it `moment` (aware) now; it goes on ticking."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        self._offset_s = (moment - datetime.fromtimestamp(0, UTC)) / timedelta(seconds=1) - time.time()

    @property
    def offset(self) -> float:
        """Seconds that the emulated time is ahead of the real one."""
        return self._offset_s


class BadRequest(Exception):
    """An in-process call (insert, act, define, settings) was refused; the message says why."""


class Org(Protocol):
    """One emulated CRM. Every handler behind `routes` is `async` and never waits: one loop thread owns the state."""

    def routes(self) -> list[Route]:
        """The HTTP routes, most specific first."""

    def reset(self) -> None:
        """Become a fresh org: no records, a new org id; the credentials stay valid."""

    def snapshot(self) -> dict[str, Any]:
        """All state as JSON-able values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw."""

    def inspect(self, object: str | None) -> dict[str, Any]:
        """`{"counts": {object: live records}}`, or `{"records": [...]}` of one object."""

    def act(self, person: str, action: str, object: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
        """Do what a person does in the CRM's own pages, stamped with that person."""

    def insert(self, object: str, records: list[dict[str, Any]]) -> list[str]:
        """Create records fast; same validation as over HTTP, but created and modified stamps may be given."""

    def settings(self, values: Mapping[str, object]) -> dict[str, object]:
        """Change the settings this CRM knows (`limits`, `index_lag`, `expire_tokens`, ...); return them all."""

    def announcement(self, base_url: str, secrets_dir: Path) -> dict[str, Any]:
        """What a client needs to connect; key files are written into `secrets_dir`."""

    def env(self, base_url: str, announcement: dict[str, Any]) -> dict[str, str]:
        """The same as TOSSUP_* environment variables."""

    def secrets(self) -> dict[str, str]:
        """Everything that lets somebody in, or ever did, by name: every token given out is still among them."""


def text_field(values: Mapping[str, Any], name: str) -> str:
    """The text under `name`, or `BadRequest`."""
    value = values.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text")
    return value


def text_list(values: Mapping[str, Any], name: str) -> Sequence[str]:
    """The list of texts under `name` (empty when absent), or `BadRequest`."""
    value = values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise BadRequest(f"{name} must be a list of texts")
    return value
