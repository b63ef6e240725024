"""Makes chosen requests fail the way a CRM fails: busy, locked, expired, slow, or a connection that drops."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

import orjson

from connector.emulator.lies import LIES, Lie
from connector.emulator.org import BadRequest

Kind = Literal[
    "429",
    "503",
    "401",
    "lock",
    "slow",
    "drop_before",
    "drop_after",
    "reset",
    "hang",
    "half",
    "500_after",
    "partial",
]
FAULTS: Final[tuple[Kind, ...]] = get_args(Kind)
KINDS: Final = (*FAULTS, *LIES)
_GIVEN = ("match", "kind", "times", "probability", "seed", "seconds", "to", "skip", "retry_after")
"""What a fault is added with."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault: which requests it hits, what happens to them, and how often.

    `match` is `METHOD /glob` (`*` matches any text, slashes too). It hits the next `times` matching requests, or
    each with `probability` (drawn from `seed`) until it is removed. `to` is where a `redirect` leads, `retry_after` a
    header of refusals.
    """

    id: int
    match: str
    kind: Kind | Lie
    times: int | None = 1
    probability: float | None = None
    seed: int = 0
    seconds: float = 0.0
    to: str = ""
    skip: int = 0
    retry_after: int | None = None
    hits: int = 0
    draw: random.Random = field(default_factory=random.Random)

    def strikes(self, request: str) -> bool:
        """Whether this request (`METHOD /path`) is hit; counts it when it is."""
        if not fnmatchcase(request, self.match) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability is not None and self.draw.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        """The fault as the control plane shows it; `times` is what is left."""
        return {name: getattr(self, name) for name in ("id", *_GIVEN, "hits")}


class Faults:
    """The faults in force, oldest first; a request is hit by the first that strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Add a fault as the control plane's JSON names it; `BadRequest` when it makes no sense."""
        unknown = set(wanted) - set(_GIVEN)
        if unknown:
            raise BadRequest(f"unknown in a fault: {', '.join(sorted(unknown))}")
        if wanted.get("kind") not in KINDS:
            raise BadRequest(f"kind must be one of {', '.join(KINDS)}")
        if " /" not in str(wanted.get("match", "")):
            raise BadRequest("match must be `METHOD /glob`, for example `POST /crm/*/batch/*`")
        storm = wanted.get("probability") is not None
        seed = int(wanted.get("seed", 0))
        fault = Fault(
            id=self._next_id,
            match=wanted["match"],
            kind=wanted["kind"],
            times=wanted.get("times", None if storm else 1),
            probability=wanted.get("probability"),
            seed=seed,
            seconds=float(wanted.get("seconds", 0.0)),
            to=str(wanted.get("to", "")),
            skip=int(wanted.get("skip", 0)),
            retry_after=wanted.get("retry_after"),
            draw=random.Random(seed),  # noqa: S311 - a reproducible storm, not a secret
        )
        self._next_id += 1
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove every fault."""
        self._faults.clear()

    def shown(self) -> list[dict[str, Any]]:
        """Every fault, spent ones too, with its hits."""
        return [fault.shown() for fault in self._faults]

    def hit(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        if not self._faults:
            return None
        request = f"{method} {path}"
        return next((fault for fault in self._faults if fault.strikes(request)), None)


def answer(kind: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Status and JSON body with which the CRM that owns `path` reports this fault."""
    if path.startswith("/services"):
        return _salesforce(kind, path, body)
    return _hubspot(kind)


_SALESFORCE: Final[Mapping[str, tuple[int, str, str]]] = {
    "429": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "503": (503, "SERVER_UNAVAILABLE", "We are down for maintenance."),
    "401": (401, "INVALID_SESSION_ID", "Session expired or invalid"),
    "500_after": (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    "lock": (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records"),
}


def _salesforce(kind: str, path: str, body: bytes) -> tuple[int, bytes]:
    status, code, message = _SALESFORCE[kind]
    if kind == "lock" and "/composite/sobjects" in path and b'"records"' in body:
        error = {"statusCode": code, "message": message, "fields": []}
        count = len(orjson.loads(body)["records"])
        return 200, orjson.dumps([{"success": False, "errors": [error]}] * count)
    return status, orjson.dumps([{"errorCode": code, "message": message}])


_HUBSPOT: Final[Mapping[str, tuple[int, dict[str, str]]]] = {
    "429": (
        429,
        {
            "message": "You have reached your ten_secondly_rolling limit.",
            "errorType": "RATE_LIMIT",
            "policyName": "TEN_SECONDLY_ROLLING",
            "requestId": "00000000-0000-4000-8000-000000000001",
        },
    ),
    "503": (503, {"message": "Service unavailable", "category": "SERVICE_UNAVAILABLE"}),
    "401": (
        401,
        {
            "message": "The OAuth token used to make this call expired 1 second(s) ago.",
            "category": "EXPIRED_AUTHENTICATION",
        },
    ),
    "500_after": (500, {"message": "internal error", "category": "INTERNAL_ERROR"}),
    "lock": (423, {"message": "This resource is locked. Try again later.", "category": "LOCKED"}),
}


def _hubspot(kind: str) -> tuple[int, bytes]:
    status, words = _HUBSPOT[kind]
    return status, orjson.dumps({"status": "error", "correlationId": "00000000-0000-4000-8000-000000000002"} | words)
