"""What every HubSpot request passes on its way in and out: sign-in, limits, JSON, scopes, refusals, rate headers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connector.emulator.hubspot.auth import Auth
from connector.emulator.hubspot.limits import LimitReached, Limits
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import Refusal, invalid, not_found, reply
from connector.emulator.hubspot.writes import By

LONGEST_URL: Final = 16_384
DATED: Final = ("2026-03", "2026-09")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in: its JSON body (an object or a list), its path and query, the API version."""

    portal: Portal
    auth: Auth
    request: Request
    body: Any
    version: str

    @property
    def path(self) -> dict[str, str]:
        """The parameters in the path."""
        return self.request.path_params

    @property
    def query(self) -> "_Query":
        """The parameters after the question mark."""
        return _Query(self.request)

    @property
    def by(self) -> By:
        """Who writes."""
        return By(version=self.version)

    def table(self, verb: Literal["read", "write"], parameter: str = "type") -> Table:
        """The table of the object named in the path, if the token may read or write it."""
        table = self.portal.table(self.path[parameter])
        scope = "custom" if table.kind.custom else table.kind.scope
        self.auth.need(f"crm.objects.{scope}.{verb}")
        return table

    def schema_of(self, verb: Literal["read", "write"]) -> Table:
        """The table of the object whose definition the path is about."""
        table = self.portal.table(self.path["type"])
        scope = "custom" if table.kind.custom else table.kind.scope
        self.auth.need(f"crm.schemas.{scope}.{verb}")
        return table

    def inputs(self, most: int) -> list[dict[str, Any]]:
        """The `inputs` of a batch."""
        inputs = self.field("inputs", list)
        if not all(isinstance(entry, dict) for entry in inputs):
            raise invalid("Invalid input JSON: inputs must be objects")
        if len(inputs) > most:
            raise invalid(
                f"The maximum number of inputs supported in a batch request is {most}; {len(inputs)} were sent"
            )
        return list(inputs)

    @property
    def members(self) -> dict[str, Any]:
        """The JSON body, which must be an object."""
        if not isinstance(self.body, dict):
            raise invalid("Invalid input JSON on line 1, column 1: an object was expected")
        return self.body

    def field(self, name: str, type: type[Any], default: Any = None) -> Any:
        """A member of the JSON body, of this type; refused when it is missing and there is no default."""
        value = self.members.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, type):
            raise invalid(f"Invalid input JSON on line 1, column 1: Some required fields were not set: [{name}]")
        return value


class _Query:
    """Query parameters, read HubSpot's way."""

    def __init__(self, request: Request) -> None:
        self._query = request.query_params

    def text(self, name: str) -> str | None:
        """A parameter, or None."""
        return self._query.get(name)

    def names(self, name: str) -> list[str]:
        """Names, either repeated or separated by commas."""
        return [part for value in self._query.getlist(name) for part in value.split(",") if part]

    def flag(self, name: str) -> bool:
        """Whether a parameter is `true`."""
        return self._query.get(name, "").lower() == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """A number from 0 to `most`; refused otherwise."""
        text = self._query.get(name, str(default))
        if not text.isdigit() or int(text) > most:
            raise invalid(f"{name} must be a number of at most {most}, got {text}")
        return int(text)


class Gate:
    """Lets requests in to the handlers."""

    def __init__(self, portal: Portal, auth: Auth, limits: Limits) -> None:
        self._portal = portal
        self._auth = auth
        self._limits = limits

    def lets_in(self, handler: Callable[[Call], Response], *, version: str | None = None) -> Endpoint:
        """An endpoint that signs in and counts before it hands over; `version` None is the one in the path."""
        search = handler.__name__ == "search"

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                self._auth.check(request.headers.get("authorization"))
                self._limits.take(search=search, time_zone=self._portal.time_zone)
                with self._portal.lock:
                    response = handler(self._call(request, body, version))
            except Refusal as refusal:
                return reply(refusal.body(), refusal.status)
            except LimitReached as reached:
                return reply(reached.body(), 429)
            if not search:
                response.headers.update(dict(self._limits.headers()))
            return response

        return endpoint

    def _call(self, request: Request, body: bytes, version: str | None) -> Call:
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > LONGEST_URL:
            raise Refusal(414, "URI_TOO_LONG", "URI Too Long")
        version = version or request.path_params["version"]
        if version not in {"v3", *DATED}:
            raise not_found(f"There is no API version {version}")
        return Call(portal=self._portal, auth=self._auth, request=request, body=_parsed(body), version=version)


def _parsed(body: bytes) -> Any:
    if not body:
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise invalid(f"Invalid input JSON on line {problem.lineno}, column {problem.colno}: {problem.msg}") from None
