"""The control plane: what a test or a person tells the emulator itself, as JSON under `/_emulator/`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.faults import Faults
from connector.emulator.org import BadRequest, Clock, Org, text_field

PREFIX: Final = "/_emulator"
Handler = Callable[[Request], Awaitable[Response]]


class Machine(Protocol):
    """The running emulator as the control plane sees it."""

    clock: Clock
    faults: Faults

    @property
    def orgs(self) -> Mapping[str, Org]:
        """The CRMs that run, by name."""

    @property
    def announcement(self) -> dict[str, Any]:
        """How to connect."""

    def calls(self, *, forget: bool = False) -> dict[str, int]:
        """Requests by `METHOD route`."""

    def reset(self, world: str | None) -> None:
        """Fresh orgs, filled with a world."""

    def seed_world(self, world: str) -> None:
        """Fill the orgs as they are with a world."""

    def snapshot(self) -> dict[str, Any]:
        """All state."""

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw."""


def routes(machine: Machine) -> list[Route]:
    """The routes of the control plane of this machine."""
    plane = _Plane(machine)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/_emulator/", plane.about),
        ("POST", "/_emulator/reset", plane.reset),
        ("POST", "/_emulator/seed", plane.seed),
        ("GET", "/_emulator/snapshot", plane.snapshot),
        ("POST", "/_emulator/restore", plane.restore),
        ("GET", "/_emulator/inspect", plane.inspect),
        ("GET", "/_emulator/secrets", plane.secrets),
        ("GET", "/_emulator/calls", plane.calls),
        ("DELETE", "/_emulator/calls", plane.forget_calls),
        ("GET", "/_emulator/clock", plane.clock),
        ("POST", "/_emulator/clock", plane.set_clock),
        ("POST", "/_emulator/act", plane.act),
        ("GET", "/_emulator/faults", plane.faults),
        ("POST", "/_emulator/faults", plane.add_fault),
        ("DELETE", "/_emulator/faults", plane.clear_faults),
        ("GET", "/_emulator/settings", plane.settings),
        ("POST", "/_emulator/settings", plane.set_settings),
    ]
    return [Route(path, _safe(handler), methods=[method]) for method, path, handler in table]


def _safe(handler: Handler) -> Handler:
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except (BadRequest, ValueError) as problem:  # ValueError: JSON or a date that cannot be read
            return _json({"error": str(problem)}, status=400)

    return answered


def _json(value: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    value = orjson.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise BadRequest("send a JSON object")
    return value


class _Plane:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _org(self, named: object) -> Org:
        orgs = self._machine.orgs
        if named is None and len(orgs) == 1:
            return next(iter(orgs.values()))
        if named not in orgs:
            raise BadRequest(f"crm must be one of {', '.join(orgs)}")
        return orgs[str(named)]

    def _time(self) -> dict[str, str]:
        return {"now": self._machine.clock.now().isoformat()}

    async def about(self, _: Request) -> Response:
        """How to connect, and the emulated time."""
        return _json(self._machine.announcement | self._time())

    async def reset(self, request: Request) -> Response:
        """Fresh orgs: `{"world": NAME}`, or the world it was started with."""
        self._machine.reset((await _body(request)).get("world"))
        return _json(self._machine.announcement)

    async def seed(self, request: Request) -> Response:
        """`{"crm", "object", "records": [...]}` gives `{"ids"}`; `{"world": NAME}` fills in a world."""
        body = await _body(request)
        if "world" in body:
            self._machine.seed_world(text_field(body, "world"))
            return _json({})
        records = body.get("records")
        if not isinstance(records, list):
            raise BadRequest("records must be a list")
        return _json({"ids": self._org(body.get("crm")).insert(text_field(body, "object"), records)})

    async def snapshot(self, _: Request) -> Response:
        """All state, to be given to `restore`."""
        return _json(self._machine.snapshot())

    async def restore(self, request: Request) -> Response:
        """Become what `snapshot` saw."""
        self._machine.restore(await _body(request))
        return _json(self._machine.announcement)

    async def inspect(self, request: Request) -> Response:
        """`?crm=&object=`: counts by object, or one object's records."""
        query = request.query_params
        return _json(self._org(query.get("crm")).inspect(query.get("object")))

    async def secrets(self, request: Request) -> Response:
        """`?crm=`: `{name: secret}`, every one that opens the door or ever did, to look for where none may be."""
        return _json(self._org(request.query_params.get("crm")).secrets())

    async def calls(self, _: Request) -> Response:
        """Requests so far, by `METHOD route`."""
        return _json(self._machine.calls())

    async def forget_calls(self, _: Request) -> Response:
        """Requests so far; then counts from nought."""
        return _json(self._machine.calls(forget=True))

    async def clock(self, _: Request) -> Response:
        """The emulated time."""
        return _json(self._time())

    async def set_clock(self, request: Request) -> Response:
        """`{"advance": SECONDS}` or `{"set": ISO 8601 with zone}`."""
        body = await _body(request)
        if "set" in body:
            self._machine.clock.set(datetime.fromisoformat(text_field(body, "set")))
        else:
            self._machine.clock.advance(float(body.get("advance", 0)))
        return _json(self._time())

    async def act(self, request: Request) -> Response:
        """`{"crm", "person", "action", "object", "id", "values"}`: what a person does by hand."""
        body = await _body(request)
        person, action, object, id = (text_field(body, name) for name in ("person", "action", "object", "id"))
        return _json(self._org(body.get("crm")).act(person, action, object, id, body.get("values", {})))

    async def faults(self, _: Request) -> Response:
        """The faults in force and how often each struck."""
        return _json({"faults": self._machine.faults.shown()})

    async def add_fault(self, request: Request) -> Response:
        """`{"match": "METHOD /glob", "kind", "times" | "probability", "seed", "seconds", "skip", "retry_after"}`."""
        return _json(self._machine.faults.add(await _body(request)).shown())

    async def clear_faults(self, _: Request) -> Response:
        """No more faults."""
        self._machine.faults.clear()
        return _json({"faults": []})

    async def settings(self, _: Request) -> Response:
        """The settings of every CRM."""
        return _json({name: org.settings({}) for name, org in self._machine.orgs.items()})

    async def set_settings(self, request: Request) -> Response:
        """Change settings, of one CRM (`crm`) or of every one that knows them."""
        body = await _body(request)
        named = body.pop("crm", None)
        chosen = self._machine.orgs if named is None else {str(named): self._org(named)}
        return _json({name: org.settings(body) for name, org in chosen.items()})
