"""A vendor with plain rules, and a transport to it whose clock moves only when it sleeps."""

from collections.abc import Mapping
from typing import Any

from connector.limits import Allowance, Pace
from connector.transport import Transport
from connector.wire import Call, Refusal
from tests.connector.scripted import Reply, Server


class Acme:
    """A vendor with plain rules."""

    name = "Acme"
    request_id_headers = ("X-Vendor-Id",)
    probe = "/time"

    def refusal(self, status: int, _: Mapping[str, str], body: bytes) -> Refusal:
        then = {401: "sign in", 403: "ask", 429: "retry", 503: "retry", 423: "try again later"}.get(status, "give up")
        return Refusal(code=f"E{status}", message=body.decode(), then=then, untouched=status == 429)

    def allowance(self, headers: Mapping[str, str]) -> Allowance | None:
        used = headers.get("X-Used")
        return Allowance(limit=100, used=int(used)) if used else None

    def pace(self, headers: Mapping[str, str]) -> Pace | None:
        left = headers.get("X-Left")
        return Pace(most=10, per_s=1.0, left=int(left)) if left else None


class Wire:
    """A transport whose clock moves only when it sleeps."""

    def __init__(self, server: Server | str, **settings: Any) -> None:
        self.slept: list[float] = []
        self.at = 0.0
        url = server if isinstance(server, str) else server.url
        self.transport = Transport(
            Acme(), url, clock=lambda: self.at, sleep=self._sleep, **({"token": "first"} | settings)
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def get(path: str = "/things", **more: Any) -> Call:
    return Call(method="GET", target=path, **more)


def create() -> Call:
    return Call(method="POST", target="/things", json={"name": "x"})


def upsert() -> Call:
    return Call(method="PATCH", target="/things/key/1", json={"name": "x"}, repeatable=True)


OK = Reply(body=b'{"a": 1}')
BUSY = Reply(status=503, body=b"busy")
