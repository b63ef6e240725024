"""How a request that a fault strikes goes wrong: refused, half done, done and never told, told by halves, or late."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson

from connector.emulator.faults import Fault, Kind, answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON: Final = (b"content-type", b"application/json;charset=utf-8")
REFUSED: Final[frozenset[Kind]] = frozenset({"429", "503", "401", "lock"})
"""Kinds that stop a request before it has done anything, with an answer that says so."""


async def strike(fault: Fault, app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` serve this request the way the fault wants it."""
    if fault.kind in REFUSED:
        await _refused(fault, scope, await body_of(receive), send)
    elif fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        await app(scope, receive, send)
    elif fault.kind == "500_after":
        await app(scope, receive, _nowhere)
        await _refused(fault, scope, b"", send)
    elif fault.kind == "partial":
        await _partly(app, scope, receive, send)
    elif fault.kind == "half":
        await _by_halves(app, scope, receive, send)
    else:
        await _unanswered(fault, app, scope, receive)


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def respond(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """Answer with JSON."""
    told = [JSON, (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


async def _refused(fault: Fault, scope: Scope, body: bytes, send: Send) -> None:
    status, said = answer(fault.kind, scope["path"], body)
    wait = [(b"retry-after", str(fault.retry_after).encode())] if fault.retry_after is not None else []
    await respond(send, status, said, *wait)


async def _unanswered(fault: Fault, app: App, scope: Scope, receive: Receive) -> None:
    """Nothing comes back; the connection is closed, reset (all that waits in it is lost), or left hanging."""
    if fault.kind == "drop_before":
        await body_of(receive)
    else:
        await app(scope, receive, _nowhere)
    if fault.kind != "hang":
        scope["extensions"]["emulator.cut"]["reset" if fault.kind == "reset" else "cut"]()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _by_halves(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """The head and half of the body, then nothing more."""
    start, body = await _answered(app, scope, receive)
    length = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    await send({**start, "headers": [*length, (b"content-length", str(max(len(body), 2)).encode())]})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    scope["extensions"]["emulator.cut"]["cut"]()


async def _partly(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Every second record of a batch is done, the others are locked; whatever is no batch passes as it is."""
    body = await body_of(receive)
    told = orjson.loads(body) if body[:1] == b"{" else {}
    name = "records" if "/composite/sobjects" in scope["path"] else "inputs"
    batch = told.get(name)
    writes = scope["path"].endswith(("/create", "/update", "/upsert")) or scope["method"] == "PATCH"
    if not writes or not isinstance(batch, list) or len(batch) < 2:
        await app(scope, _first(body, receive), send)
        return
    start, said = await _answered(app, scope, _first(orjson.dumps({**told, name: batch[::2]}), receive))
    if start["status"] < 300:
        said = (_collection if name == "records" else _inputs)(orjson.loads(said), batch)
    await respond(send, start["status"], said)


def _collection(done: list[Any], batch: list[Any]) -> bytes:
    left = orjson.loads(answer("lock", "/services/composite/sobjects", orjson.dumps({"records": batch[1::2]}))[1])
    told = [None] * len(batch)
    told[::2], told[1::2] = done, left
    return orjson.dumps(told)


def _inputs(done: dict[str, Any], batch: list[Any]) -> bytes:
    traces = [one.get("objectWriteTraceId") or one.get("id") for one in batch[1::2]]
    error = {
        "status": "error",
        "category": "LOCKED",
        "message": "This resource is locked. Try again later.",
        "context": {"objectWriteTraceId": traces},
    }
    errors = [*done.get("errors", ()), error]
    return orjson.dumps({**done, "errors": errors, "numErrors": done.get("numErrors", 0) + len(traces)})


async def _answered(app: App, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the app answers, kept back."""
    start: Message = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return start, bytes(body)


def _first(body: bytes, receive: Receive) -> Receive:
    """This body, and then what else comes: whoever streams an answer waits for the client to hang up."""
    left = [body]

    async def given() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return given


async def _nowhere(message: Message) -> None:
    """Takes the response of a request whose client is never told."""
