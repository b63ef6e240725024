"""Runs the emulated CRMs and their control plane behind one port, from a test or from the command line."""

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import orjson
import uvicorn
from starlette.routing import Route

from connector.emulator import control
from connector.emulator.faults import Faults
from connector.emulator.org import BadRequest, Clock, Org
from connector.emulator.state import StateFile
from connector.emulator.traffic import Connection, Traffic

CrmName = Literal["salesforce", "hubspot", "both"]
Limits = Literal["off", "vendor"]

SAVE_EVERY_S: Final = 30.0
"""How often a command-line emulator saves its state while it runs, at most."""

_ORGS: Final = {"salesforce": "SalesforceOrg", "hubspot": "HubSpotPortal"}


class PortTaken(Exception):
    """The port asked for is in use; choose another or 0 for any free one."""


class Emulator:
    """Both CRMs, or one, over real HTTP on loopback, served from a background thread while the context lasts.

    `limits` is "off" (limits so high that nobody meets them) or "vendor"; `index_lag` is the seconds until HubSpot
    search sees a change; `state` is a file to go on from and to save to; `log` gets one JSON line a request, with
    `log_bodies` what was sent too.
    """

    def __init__(
        self,
        crm: CrmName = "salesforce",
        world: str = "empty",
        *,
        port: int = 0,
        state: Path | None = None,
        log: Path | None = None,
        limits: Limits = "off",
        index_lag: float = 0.0,
        log_bodies: bool = False,
    ) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.world = world
        self._orgs: dict[str, Org] = {name: _org(name, self.clock) for name in _names(crm)}
        self._settings = {"limits": limits, "index_lag": index_lag}
        self._port = port
        self._state = StateFile(state) if state is not None else None
        self._log = log
        self._log_bodies = log_bodies
        self._open = contextlib.ExitStack()

    @property
    def orgs(self) -> Mapping[str, Org]:
        """The CRMs that run, by name."""
        return self._orgs

    @property
    def routes(self) -> list[Route]:
        """Every route of the CRMs and of the control plane."""
        return [route for org in self._orgs.values() for route in org.routes()] + control.routes(self)

    @property
    def salesforce(self) -> Any:
        """The `SalesforceOrg` behind the routes."""
        return self._orgs["salesforce"]

    @property
    def hubspot(self) -> Any:
        """The `HubSpotPortal` behind the routes."""
        return self._orgs["hubspot"]

    @property
    def url(self) -> str:
        """Where both CRMs listen, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def control_url(self) -> str:
        """Where the control plane listens, without a slash at the end."""
        return f"{self.url}{control.PREFIX}"

    @property
    def announcement(self) -> dict[str, Any]:
        """How to connect: an entry for each CRM, `control`, and `env` (variables for each CRM)."""
        told = {name: org.announcement(self.url, self._secrets_dir) for name, org in self._orgs.items()}
        env = {name: org.env(self.url, told[name]) for name, org in self._orgs.items()}
        return {**told, "control": self.control_url, "env": env}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            listening = opened.enter_context(_listen(self._port))
            self._port = listening.getsockname()[1]
            self._secrets_dir = self._keep_secrets(opened)
            self._fill()
            self._serve(listening, opened)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self.save()

    def save(self) -> None:
        """Write the state file, if there is one, all or nothing."""
        if self._state is not None:
            self._state.save(self.snapshot())

    def save_while_serving(self) -> None:
        """The same from any thread while requests come in: it waits for the one being answered."""
        self._loop.call(self.save)

    def calls(self, *, forget: bool = False) -> dict[str, int]:
        """Requests by `METHOD route`, most frequent first; `forget` starts again from nought."""
        counted = dict(self._traffic.calls.most_common())
        if forget:
            self._traffic.calls.clear()
        return counted

    def reset(self, world: str | None = None) -> None:
        """Make every org fresh and fill it with `world`, or with the one it was started with."""
        for org in self._orgs.values():
            org.reset()
        self.faults.clear()
        self.seed_world(self.world if world is None else world)

    def seed_world(self, world: str) -> None:
        """Fill the orgs with a named world; "empty" adds nothing."""
        if world != "empty":
            import_module("connector.emulator.worlds").fill(world, orgs=self._orgs, clock=self.clock)

    def snapshot(self) -> dict[str, Any]:
        """The clock and every org, JSON-able."""
        state = {name: org.snapshot() for name, org in self._orgs.items()}
        return {**state, "now": self.clock.now().isoformat(), "saved_at": datetime.now(UTC).isoformat()}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw; real time that passed since has passed in the orgs too."""
        if not {"now", "saved_at"} <= set(state):
            raise BadRequest("a snapshot holds now and saved_at")
        passed = datetime.now(UTC) - datetime.fromisoformat(state["saved_at"])
        self.clock.set(datetime.fromisoformat(state["now"]) + passed)
        for name in self._orgs.keys() & state.keys():
            self._orgs[name].restore(state[name])

    def _keep_secrets(self, opened: contextlib.ExitStack) -> Path:
        if self._state is not None:
            return self._state.secrets_dir()
        return Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="tossup-emulator-")))

    def _fill(self) -> None:
        for org in self._orgs.values():
            org.settings(self._settings)
        saved = self._state.load() if self._state is not None else None
        if saved is None:
            self.seed_world(self.world)
        else:
            self.restore(saved)

    def _serve(self, listening: socket.socket, opened: contextlib.ExitStack) -> None:
        log = opened.enter_context(self._log.open("a", buffering=1)) if self._log is not None else None
        self._traffic = Traffic(
            self.routes, clock=self.clock, faults=self.faults, log=log, log_bodies=self._log_bodies
        )
        self._loop = opened.enter_context(_Loop(_server(self._traffic), listening))


def serve(
    *,
    crm: CrmName = "both",
    world: str = "empty",
    port: int = 0,
    state: Path | None = None,
    log: Path | None = None,
    limits: Limits = "off",
    index_lag: float = 0.0,
) -> None:
    """Serve until SIGTERM or SIGINT; print the announcement as the first line; save the state file on the way out."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Emulator(crm, world, port=port, state=state, log=log, limits=limits, index_lag=index_lag) as emulator:
        sys.stdout.write(orjson.dumps(emulator.announcement).decode() + "\n")
        sys.stdout.flush()
        pause_s = SAVE_EVERY_S
        while not stop.wait(pause_s):
            began = time.monotonic()
            emulator.save_while_serving()
            # A big world takes seconds to save: spend at most a twentieth of the time on it.
            pause_s = max(SAVE_EVERY_S, 20 * (time.monotonic() - began))


def _names(crm: CrmName) -> tuple[str, ...]:
    return tuple(_ORGS) if crm == "both" else (crm,)


def _org(name: str, clock: Clock) -> Org:
    org: Org = getattr(import_module(f"connector.emulator.{name}.app"), _ORGS[name])(clock)
    return org


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; with it every answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as problem:
        listening.close()
        raise PortTaken(f"port {port} is in use; choose another, or 0 for any free one") from problem
    return listening


def _server(app: Traffic) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=600,  # a client that idles and comes back must not meet a closed connection by chance
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


class _Loop:
    """The server's thread and its event loop, which owns the orgs while requests come in."""

    def __init__(self, server: uvicorn.Server, listening: socket.socket) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        serving = server.serve(sockets=[listening])
        self._thread = threading.Thread(target=self._run, args=(serving,), name="emulator", daemon=True)

    def _run(self, serving: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serving)

    def call(self, what: Callable[[], None]) -> None:
        """Run `what` between two requests and wait for it."""

        async def between() -> None:
            what()

        asyncio.run_coroutine_threadsafe(between(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
