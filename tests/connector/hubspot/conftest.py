"""An emulated HubSpot account, a connection to it, and what tests say about both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from connector.emulator.server import Emulator
from connector.hubspot.crm import HubSpot, HubSpotConfig, open_hubspot
from connector.port import Batch, Cursor, Read
from connector.wire import Patience

FIELD_TYPES = {"string": "text", "bool": "booleancheckbox", "datetime": "date"}


TRUTH = [
    {"label": value, "value": value, "displayOrder": n, "hidden": False} for n, value in enumerate(("true", "false"))
]


@dataclass(slots=True)
class World:
    """The emulator with one connection to it."""

    emulator: Emulator
    crm: HubSpot

    def seed(self, object: str, *records: dict[str, Any]) -> list[str]:
        return [str(id) for id in self.emulator.hubspot.insert(object, list(records))]

    def define(self, object: str, **kinds: str) -> None:
        """Properties of these types."""
        self.emulator.hubspot.define(
            object,
            [
                {
                    "name": name,
                    "label": name,
                    "type": kind,
                    "fieldType": FIELD_TYPES.get(kind, kind),
                    "groupName": "example",
                    "options": TRUTH if kind == "bool" else [],
                }
                for name, kind in kinds.items()
            ],
        )

    def define_object(self, name: str, **kinds: str) -> None:
        """An object of the account's own with these properties."""
        self.emulator.hubspot.define_object(
            {
                "name": name,
                "labels": {"singular": name, "plural": name},
                "primaryDisplayProperty": next(iter(kinds)),
                "properties": [
                    {"name": one, "label": one, "type": kind, "fieldType": FIELD_TYPES.get(kind, kind)}
                    for one, kind in kinds.items()
                ],
                "associatedObjects": ["companies", "products"],
            }
        )

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


def connected(emulator: Emulator, **config: Any) -> World:
    told = emulator.announcement["hubspot"]
    wanted = {"access_token": SecretStr(told["access_token"]), "search_per_second": 1000.0} | config
    patience = Patience(attempts=4, first_s=0.001)
    return World(emulator, open_hubspot(HubSpotConfig(url=told["url"], patience=patience, **wanted)))


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    """Opens an emulated account of its own: settings of the emulator, then of the connection (`config`)."""
    with ExitStack() as open_now:

        def start(*, config: dict[str, Any] | None = None, **settings: Any) -> World:
            emulator = open_now.enter_context(Emulator(crm="hubspot", **settings))
            world = connected(emulator, **(config or {}))
            open_now.callback(world.crm.close)
            return world

        yield start


@pytest.fixture(scope="package")
def emulator() -> Iterator[Emulator]:
    with Emulator(crm="hubspot") as emulator:
        yield emulator


@pytest.fixture
def world(emulator: Emulator) -> Iterator[World]:
    """An empty account."""
    emulator.reset()
    emulator.calls(forget=True)
    emulator.hubspot.settings({"missing_scopes": []})
    world = connected(emulator)
    yield world
    world.crm.close()
