"""A loopback server that answers by a script, so that a test can say what goes wrong on the wire."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer. `cut`: promise the whole body, send half. `silent`: close without a byte."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """Where it listens, what it saw, and what it will say next (the last reply is repeated)."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    script: list[Reply] = field(default_factory=list)
    by_path: dict[str, Callable[[Seen], Reply]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            chosen = self.by_path.get(seen.path.partition("?")[0])
            if chosen:
                return chosen(seen)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_of: ClassVar[Server]

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        reply = self.server_of.reply(
            Seen(method=self.command, path=self.path, headers=dict(self.headers.items()), body=body)
        )
        time.sleep(reply.after_s)
        if reply.silent:
            self.close_connection = True
            return
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))} | reply.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # the client may have had enough
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            self.wfile.flush()
        self.close_connection = self.close_connection or reply.cut

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815 - the names http.server looks for

    def date_time_string(self, _: float | None = None) -> str:
        return "Wed, 01 Jul 2026 10:00:00 GMT"

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Http(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or does not like the certificate, is what some tests are about."""


@contextmanager
def scripted(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that answers with these, in order."""
    handler = type("Handler", (_Handler,), {})
    http = _Http(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "https" if tls else "http"
    server = Server(f"{scheme}://127.0.0.1:{http.server_address[1]}", script=list(replies))
    handler.server_of = server
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
