"""The way in for every data request: token, version, call limit, errors as Salesforce shapes them."""

import gzip
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from connector.emulator.salesforce.access import Access
from connector.emulator.salesforce.auth import Auth
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.records import Caller
from connector.emulator.salesforce.table import Table

VERSION = "68.0"
OLDEST = 41
DATA = "/services/data/{version}"
VENDOR_DAILY_CALLS = 100_000
UNLIMITED_CALLS = 5_000_000
_MOST_AT_THE_EDGE = 16_384
"""Bytes of URL and headers together."""
_DAY_S = 86_400.0
_JSON = "application/json;charset=UTF-8"


@dataclass(slots=True, kw_only=True)
class Usage:
    """API calls in the current 24 hours, and how many there may be."""

    core: Core
    limit: int = UNLIMITED_CALLS
    used: int = 0
    since: float = 0.0

    def count(self) -> None:
        """One more call. Raises ApiError once the limit is used up."""
        now = self.core.clock.seconds()
        if now - self.since >= _DAY_S:
            self.since, self.used = now, 0
        if self.used >= self.limit:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.used += 1

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used}/{self.limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated data request."""

    core: Core
    user_id: str
    access: Access
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def api(self) -> str:
        """The path that resource URLs start with."""
        return f"/services/data/{self.path['version']}"

    def caller(self) -> Caller:
        """Who writes, and whether assignment rules run (they do unless told not to)."""
        auto = self.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"
        return Caller(user_id=self.user_id, access=self.access, auto_assign=auto)

    def json(self) -> Any:
        """The body as JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from None

    def record(self) -> dict[str, object]:
        """The body as one record."""
        value = self.json()
        if not isinstance(value, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of sobject from this value")
        value.pop("attributes", None)
        return value

    def table(self, name: str | None = None) -> Table:
        """The object named in the path (or `name`), if this user may see it."""
        table = self.core.table(name if name is not None else self.path["object"])
        if table is None or not self.access.sees(table):
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return table


Handler = Callable[[Call], Response]


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(value), status, headers, _JSON)


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


class Door:
    """Wraps handlers: they run one at a time, on a checked call."""

    def __init__(self, core: Core, auth: Auth) -> None:
        self.core = core
        self.auth = auth
        self.usage = Usage(core=core)

    def open(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that lets callers through to `handler`."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            if _too_long(request):
                return Response("<html><head><title>URI Too Long</title></head></html>", 414, None, "text/html")
            try:
                with self.core.lock:
                    call = self._enter(request, body)
                    response = handler(call)
            except ApiError as error:
                response = answer(error.body(), error.status)
            except RecordError as error:
                response = answer(error.as_request().body(), error.status)
            response.headers["Sforce-Limit-Info"] = self.usage.header()
            return response

        return endpoint

    def _enter(self, request: Request, body: bytes) -> Call:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = self.auth.user_of(token.strip()) if scheme.lower() in ("bearer", "oauth") else None
        if user is None:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        check_version(request.path_params.get("version", f"v{VERSION}"))
        self.usage.count()
        return Call(
            core=self.core,
            user_id=user,
            access=self.core.access(user),
            path=request.path_params,
            query=request.query_params,
            headers=request.headers,
            body=_unzipped(body, request.headers.get("content-encoding", "")),
        )


def _too_long(request: Request) -> bool:
    headers = sum(len(name) + len(value) for name, value in request.headers.raw)
    return len(request.scope.get("raw_path", b"")) + len(request.scope["query_string"]) + headers > _MOST_AT_THE_EDGE


def check_version(version: str) -> None:
    """Raises ApiError for a version that is gone or does not exist."""
    number = re.fullmatch(r"v(\d+)\.0", version)
    if number and 20 < int(number[1]) <= 30:
        raise ApiError(410, "UNSUPPORTED_API_VERSION", f"API version {version} is retired.")
    if number is None or not OLDEST <= int(number[1]) <= float(VERSION):
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def _unzipped(body: bytes, encoding: str) -> bytes:
    if encoding.lower() != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        raise ApiError(400, "INVALID_CONTENT", "The request body is not gzip.") from None


class Slashed(Route):
    """Sends a path that ends in a slash to the route of the path without it, as Salesforce does."""

    def __init__(self, routes: Sequence[Route]) -> None:
        super().__init__("/services/{rest:path}", self._never, methods=["GET", "POST"])
        self._routes = routes

    async def _never(self, _: Request) -> Response:
        return Response(status_code=404)

    def matches(self, scope: AsgiScope) -> tuple[Match, AsgiScope]:
        """The match of the route that takes the path without its slash."""
        path = scope.get("path", "")
        if path.endswith("/"):
            for route in self._routes:
                match, found = route.matches({**scope, "path": path.rstrip("/")})
                if match is Match.FULL:
                    return match, {**found, "slashless": route}
        return Match.NONE, {}

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """As that route does."""
        route: Route = scope["slashless"]
        await route.handle(scope, receive, send)
