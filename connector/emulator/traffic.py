"""What surrounds every request: which route it takes, the emulated Date, the log line, the count, the fault."""

import gzip
import time
from collections import Counter
from collections.abc import Iterable
from email.utils import formatdate
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import Final, TextIO

import orjson
from starlette.routing import Match, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connector.emulator.faults import Fault, Faults
from connector.emulator.lies import INVENTED, LIES, Repeats, Said, altered, invented
from connector.emulator.org import Clock
from connector.emulator.strikes import REFUSED, Message, Receive, Scope, Send, body_of, respond, strike

CONTROL: Final = "/_emulator"


class Connection(HttpToolsProtocol):
    """One client's connection, which the application may cut."""

    def on_message_begin(self) -> None:
        """Let the application reach the transport: ASGI itself has no word for dropping a connection."""
        super().on_message_begin()
        self.scope["extensions"] = {"emulator.cut": {"cut": self.transport.abort, "reset": self._reset}}

    def _reset(self) -> None:
        """Close so that the other side gets a reset instead of an end."""
        socket = self.transport.get_extra_info("socket")
        socket.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        self.transport.abort()


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

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        clock: Clock,
        faults: Faults,
        log: TextIO | None,
        log_bodies: bool = False,
    ) -> None:
        self.calls: Counter[str] = Counter()
        self._routes = Routes(routes)
        self._clock = clock
        self._faults = faults
        self._repeats = Repeats()
        self._log = log
        self._log_bodies = log_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith(CONTROL):
            await self._dispatch(scope, receive, self._dated(send, []))
            return
        began = time.perf_counter()
        status = [0]
        if self._log_bodies:
            receive = _kept(scope, receive)
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
        if "fault" in scope:
            line["fault"] = scope["fault"]
        if self._log_bodies:
            line["body"] = _logged(scope)
        self._log.write(orjson.dumps(line).decode() + "\n")

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        route, wrong_method = self._routes.find(scope)
        if route is not None:
            if not route.path.startswith(CONTROL):
                self.calls[f"{scope['method']} {route.path}"] += 1
            await route.handle(scope, receive, send)
            return
        status = 405 if wrong_method else 404
        await respond(send, status, _no_such_page(scope["path"], status))

    async def _with_faults(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.hit(scope["method"], scope["path"])
        if fault is None:
            await self._dispatch(scope, receive, send)
        else:
            scope["fault"] = fault.kind
            if fault.kind in REFUSED:
                self.calls[f"{scope['method']} {scope['path']} (fault {fault.kind})"] += 1
            lies = fault.kind in LIES
            await (
                self._lie(fault, scope, receive, send)
                if lies
                else strike(fault, self._dispatch, scope, receive, send)
            )

    async def _lie(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls[f"{scope['method']} {scope['path']} (fault {fault.kind})"] += 1
        if fault.kind in INVENTED:
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            said = invented(fault.kind, scope["path"], headers, await body_of(receive), fault.to)
        else:
            said = await self._answered(scope, receive)
            again = {"repeat": self._repeats.of, "endless": self._repeats.onward}.get(fault.kind)
            said = again(fault.id, said) if again else altered(fault.kind, said)
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


def _kept(scope: Scope, receive: Receive) -> Receive:
    """The same, with the body as it arrives kept in `scope`."""
    kept = scope["kept_body"] = bytearray()

    async def keeping() -> Message:
        message = await receive()
        kept.extend(message.get("body", b""))
        return message

    return keeping


def _logged(scope: Scope) -> str:
    """What was sent; of a form only its length, since nobody but who signs in sends one."""
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    body = bytes(scope["kept_body"])
    return f"(a form of {len(body)} bytes)" if b"form" in kind else _text(body)


def _text(body: bytes) -> str:
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else bytes(body)).decode(errors="replace")


def _no_such_page(path: str, status: int) -> bytes:
    if path.startswith("/services"):
        code = "METHOD_NOT_ALLOWED" if status == 405 else "NOT_FOUND"
        return orjson.dumps([{"errorCode": code, "message": "The requested resource does not exist"}])
    return orjson.dumps({"status": "error", "message": f"No such page: {path}", "category": "NOT_FOUND"})
