"""An emulated HubSpot account, a connection to it, and what tests say about both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from connector.emulator.server import Emulator
from connector.hubspot.crm import HubSpot, HubSpotConfig, open_hubspot
from connector.port import Batch, Cursor, Read
from connector.wire import Patience

STAMPED = {"contacts": "lastmodifieddate"}


@dataclass(slots=True)
class World:
    """The emulator with one connection to it."""

    emulator: Emulator
    crm: HubSpot

    def seed(self, object: str, *records: dict[str, Any]) -> list[str]:
        return [str(id) for id in self.emulator.hubspot.insert(object, list(records))]

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self.emulator.faults.add({"match": match, "kind": kind, **more})

    def records(self, object: str) -> list[dict[str, Any]]:
        found = self.emulator.hubspot.inspect(object)
        return list(found["records"])

    def read(self, object: str, *fields: str, since: Cursor | None = None, links: tuple[str, ...] = ()) -> "Got":
        schema = self.crm.describe([object]).objects[object]
        return Got(list(self.crm.read(Read(schema=schema, fields=fields, since=since, links=links))))


@dataclass(slots=True)
class Got:
    """Everything a read gave."""

    batches: list[Batch]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch.rows.to_pylist()]

    @property
    def deleted(self) -> list[str]:
        return [id for batch in self.batches for id in batch.deleted]

    @property
    def links(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for links in batch.links for row in links.rows.to_pylist()]

    @property
    def cursor(self) -> Cursor:
        *earlier, last = (batch.cursor for batch in self.batches)
        assert earlier == [None] * len(earlier)
        assert last is not None
        return last


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    """Opens an emulated account: settings of the emulator, then of the connection (`config`)."""
    open_now: list[World] = []

    def start(*, config: dict[str, Any] | None = None, **settings: Any) -> World:
        emulator = Emulator(crm="hubspot", **settings)
        emulator.__enter__()
        told = emulator.announcement["hubspot"]
        wanted = {"access_token": SecretStr(told["access_token"]), "search_per_second": 1000.0} | (config or {})
        patience = Patience(attempts=4, first_s=0.001)
        crm = open_hubspot(HubSpotConfig(url=told["url"], patience=patience, **wanted))
        world = World(emulator, crm)
        open_now.append(world)
        return world

    yield start
    for world in open_now:
        world.crm.close()
        world.emulator.__exit__(None, None, None)


@pytest.fixture
def world(opened: Callable[..., World]) -> World:
    """An empty account."""
    return opened()
