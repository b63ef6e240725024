"""What goes over the wire, in words both CRMs share: calls, answers, refusals, tokens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import requests

from connector.limits import Allowance, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for a connection, and for the next bytes of an answer."""

    connect_s: float = 5.0
    read_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a busy vendor is asked again: at most `attempts` times, each wait between 0 and `longest_s`.

    A vendor that asks for a longer wait than `longest_s` (Retry-After) is not waited for: the run ends with TryAgain.
    """

    attempts: int = 6
    first_s: float = 0.5
    longest_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `target` is a path, or an address that a vendor's answer gave; `params` never reach a log.

    `repeatable`: sending it twice changes no more than sending it once (None: true for GET). `signed`: carries
    the token. `expects`: JSON is parsed into `Answer.data`; a page is JSON that the caller parses, seen
    only to begin and end as an object; bytes are handed over as they are.
    """

    method: str
    target: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = field(default=None, repr=False)
    body: bytes | str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool | None = None
    signed: bool = True
    expects: Literal["json", "page", "bytes"] = "json"
    bucket: str = "api"

    @property
    def harmless(self) -> bool:
        """Whether it may be sent again without looking first."""
        return self.method in ("GET", "HEAD") if self.repeatable is None else self.repeatable

    @property
    def name(self) -> str:
        """Method and path, without the query: what logs and errors call it."""
        return f"{self.method} {re.sub(r'^https?://[^/]+', '', self.target).partition('?')[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer: `data` is its parsed JSON (None where it has none)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    data: Any = field(default=None, repr=False)
    request_id: str | None = None
    response: requests.Response = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What an unsuccessful answer means, in the vendor's code and words, and what to do about it.

    `untouched`: the answer proves that nothing was done, so even a bare create may be sent again.
    """

    code: str
    message: str
    then: Literal["give up", "retry", "try again later", "sign in", "ask"]
    next_step: str = ""
    untouched: bool = False
    wait_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What signing in gave: the token, how long it is good for, and the address to use it at."""

    value: str = field(repr=False)
    good_for_s: float | None = None
    base_url: str | None = None


class Vendor(Protocol):
    """What the transport must know about a vendor's answers."""

    name: str
    request_id_headers: tuple[str, ...]
    probe: str
    """A path that answers anyone, for the time."""

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes, /) -> Refusal:
        """What an answer with a status of 300 and more means."""

    def allowance(self, headers: Mapping[str, str], /) -> Allowance | None:
        """The daily budget, where the headers tell."""

    def pace(self, headers: Mapping[str, str], /) -> Pace | None:
        """The burst limit, where the headers tell."""
