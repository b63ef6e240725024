"""What surrounds every request: which route it takes, the emulated Date, the log line, the count, the fault."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from email.utils import formatdate
from typing import Any, Final, TextIO

import orjson
from starlette.routing import Match, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connector.emulator.faults import Fault, Faults, answer
from connector.emulator.lies import INVENTED, LIES, Repeats, Said, altered, invented
from connector.emulator.org import Clock

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONTROL: Final = "/_emulator"
_JSON: Final = (b"content-type", b"application/json;charset=utf-8")


class Connection(HttpToolsProtocol):
    """One client's connection, which the application may cut."""

    def on_message_begin(self) -> None:
        """Let the application reach the transport: ASGI itself has no word for dropping a connection."""
        super().on_message_begin()
        self.scope["extensions"] = {"emulator.cut": {"cut": self.transport.abort}}


class Routes:
    """Finds the route of a request: by its first segment and length first, so that many routes cost nothing."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[Route]] = {}
        self._of_any_length: list[Route] = []
        for route in routes:
            if ":path}" in route.path:
                self._of_any_length.append(route)
            else:
                self._by_shape.setdefault(_shape(route.path), []).append(route)

    def find(self, scope: Scope) -> tuple[Route | None, bool]:
        """The route of this request, whose parameters go into `scope`; or whether only the method is wrong."""
        wrong_method = False
        for route in (*self._by_shape.get(_shape(scope["path"]), ()), *self._of_any_length):
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                return route, False
            wrong_method = wrong_method or match is Match.PARTIAL
        if scope["path"].endswith("/") and len(scope["path"]) > 1:
            # HubSpot's client asks for /crm/v3/owners/ and means /crm/v3/owners.
            scope["path"] = scope["path"].rstrip("/")
            return self.find(scope)
        return None, wrong_method


def _shape(path: str) -> tuple[str, int]:
    parts = path.split("/")
    return parts[1], len(parts)


class Traffic:
    """The ASGI application: every request of both CRMs and of the control plane passes through here."""

    def __init__(self, routes: Iterable[Route], *, clock: Clock, faults: Faults, log: TextIO | None) -> None:
        self.calls: Counter[str] = Counter()
        self._routes = Routes(routes)
        self._clock = clock
        self._faults = faults
        self._repeats = Repeats()
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith(CONTROL):
            await self._dispatch(scope, receive, self._dated(send, []))
            return
        began = time.perf_counter()
        status = [0]
        try:
            await self._with_faults(scope, receive, self._dated(send, status))
        except Exception:
            status[:] = [500]
            raise
        finally:
            self._write_log(scope, status[0], time.perf_counter() - began)

    def _dated(self, send: Send, status: list[int]) -> Send:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._clock.seconds(), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
                status[:] = [message["status"]]
            await send(message)

        return dated

    def _write_log(self, scope: Scope, status: int, seconds: float) -> None:
        if self._log is None:
            return
        line = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(seconds * 1000, 3),
        }
        self._log.write(orjson.dumps(line).decode() + "\n")

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        route, wrong_method = self._routes.find(scope)
        if route is not None:
            if not route.path.startswith(CONTROL):
                self.calls[f"{scope['method']} {route.path}"] += 1
            await route.handle(scope, receive, send)
            return
        status = 405 if wrong_method else 404
        await _respond(send, status, _no_such_page(scope["path"], status))

    async def _with_faults(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.hit(scope["method"], scope["path"])
        if fault is None:
            await self._dispatch(scope, receive, send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._dispatch(scope, receive, send)
        elif fault.kind in {"drop_before", "drop_after"}:
            await self._drop(fault, scope, receive)
        elif fault.kind in LIES:
            await self._lie(fault, scope, receive, send)
        else:
            self.calls[f"{scope['method']} {scope['path']} (fault {fault.kind})"] += 1
            await _respond(send, *answer(fault.kind, scope["path"], await _body(receive)))

    async def _lie(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls[f"{scope['method']} {scope['path']} (fault {fault.kind})"] += 1
        if fault.kind in INVENTED:
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            said = invented(fault.kind, scope["path"], headers, await _body(receive), fault.to)
        else:
            said = await self._answered(scope, receive)
            said = self._repeats.of(fault.id, said) if fault.kind == "repeat" else altered(fault.kind, said)
        headers_now = [
            (name, value) for name, value in said.headers if name.lower() not in (b"content-length", b"date")
        ]
        length = (b"content-length", str(len(said.body)).encode())
        await send({"type": "http.response.start", "status": said.status, "headers": [*headers_now, length]})
        await send({"type": "http.response.body", "body": said.body})

    async def _answered(self, scope: Scope, receive: Receive) -> Said:
        heard: list[Message] = []

        async def hear(message: Message) -> None:
            heard.append(message)

        await self._dispatch(scope, receive, hear)
        body = b"".join(message.get("body", b"") for message in heard)
        return Said(status=heard[0]["status"], headers=list(heard[0].get("headers", ())), body=body)

    async def _drop(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        if fault.kind == "drop_after":
            await self._dispatch(scope, receive, _nowhere)
        else:
            await _body(receive)
        scope["extensions"]["emulator.cut"]["cut"]()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _nowhere(message: Message) -> None:
    """Takes the response of a request whose client is never told."""


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Send, status: int, body: bytes) -> None:
    headers = [_JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _no_such_page(path: str, status: int) -> bytes:
    if path.startswith("/services"):
        code = "METHOD_NOT_ALLOWED" if status == 405 else "NOT_FOUND"
        return orjson.dumps([{"errorCode": code, "message": "The requested resource does not exist"}])
    return orjson.dumps({"status": "error", "message": f"No such page: {path}", "category": "NOT_FOUND"})
