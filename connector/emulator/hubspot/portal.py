"""One portal's state: its objects and their records, owners, pipelines, associations and settings."""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from connector.emulator.hubspot.catalog import KINDS, Kind
from connector.emulator.hubspot.defaults import main_group, standard_properties
from connector.emulator.hubspot.links import Links, LinkTypes
from connector.emulator.hubspot.owners import Owners
from connector.emulator.hubspot.pipelines import STANDARD, Pipeline, read_pipeline
from connector.emulator.hubspot.properties import Property
from connector.emulator.hubspot.rates import Rates
from connector.emulator.hubspot.rosters import Rosters
from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import invalid
from connector.emulator.org import Clock

_FIRST_ID: Final = 20_000_000_001
_FIRST_OWNER: Final = 70_000_001


class Portal:
    """Everything a portal holds. Ids grow by one across all objects, so an id of the wrong object is never found."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.index_lag_s = 0.0
        self.required_since_2026_09: dict[str, list[str]] = {}
        self.flows: dict[str, dict[str, str | None]] = {}
        """Workflows that answer a write through the API: by object, the properties they overwrite."""
        self.clear()

    def clear(self) -> None:
        """Become a portal nobody has used yet, with an id of its own."""
        self.id = 10_000_000 + secrets.randbelow(80_000_000)
        self.time_zone = "UTC"
        self.currency = "USD"
        self.born = self.now()
        self.next_id = _FIRST_ID
        self.next_custom = 1
        self.tables: dict[str, Table] = {}
        self.schemas: dict[str, dict[str, Any]] = {}
        self.types = LinkTypes()
        self.links = Links()
        self.owners = Owners()
        self.lists = Rosters()
        self.rates = Rates()
        self.pipelines = {object: {one.id: one for one in some} for object, some in STANDARD.items()}
        self._named: dict[str, Table] = {}
        for kind in KINDS:
            self.add_table(kind)

    def now(self) -> int:
        """The emulated time in milliseconds since 1970."""
        return int(self.clock.seconds() * 1000)

    def take_id(self) -> int:
        """A record id never used before."""
        self.next_id += 1
        return self.next_id - 1

    def take_owner_id(self) -> int:
        """An owner id never used before."""
        return _FIRST_OWNER + len(self.owners.by_id)

    def add_table(self, kind: Kind) -> Table:
        """Make room for the records of an object."""
        group = main_group(kind)
        properties = standard_properties(kind, self.born)
        groups = {name: name.replace("_", " ").capitalize() for name in _groups(properties.values(), group)}
        table = Table(kind, properties, groups)
        self.tables[kind.name] = table
        for name in {kind.name, kind.singular, kind.type_id, f"p{self.id}_{kind.name}", f"p_{kind.name}"}:
            self._named[name.lower()] = table
        return table

    def table(self, named: str) -> Table:
        """The table of an object by any of its names; refused when there is no such object."""
        table = self._named.get(named) or self._named.get(named.lower())
        if table is None:
            raise invalid(f"Unable to infer object type from: {named}")
        return table

    def known(self, named: str) -> bool:
        """Whether there is an object of this name."""
        return named.lower() in self._named

    def pipeline(self, object: str, id: str | None) -> Pipeline | None:
        """A pipeline of an object; the first one when none is named."""
        some = self.pipelines.get(object, {})
        return next(iter(some.values()), None) if id is None else some.get(id)

    def snapshot(self) -> dict[str, Any]:
        """All state, JSON-able."""
        return {
            "id": self.id,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "born": self.born,
            "next_id": self.next_id,
            "next_custom": self.next_custom,
            "required_since_2026_09": self.required_since_2026_09,
            "schemas": self.schemas,
            "owners": self.owners.snapshot(),
            "pipelines": {
                object: [one.shown(self.born, order) for order, one in enumerate(some.values())]
                for object, some in self.pipelines.items()
            },
            "kinds": [asdict(table.kind) for table in self.tables.values() if table.kind.custom],
            "properties": {name: _definitions(table) for name, table in self.tables.items()},
            "groups": {name: table.groups for name, table in self.tables.items()},
            "tables": {name: table.snapshot() for name, table in self.tables.items()},
            "link_types": self.types.snapshot(),
            "links": _packed_links(self.links),
            "lists": self.lists.snapshot(),
            "rates": self.rates.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw."""
        self.clear()
        for name in ("id", "time_zone", "currency", "born", "next_custom", "required_since_2026_09", "schemas"):
            setattr(self, name, state[name])
        self._named = {}
        for table in [*self.tables.values()]:
            self.add_table(table.kind)
        for kind in state["kinds"]:
            self.add_table(_kind(kind))
        for name, table in self.tables.items():
            _restore_table(table, state, name)
        self.owners.restore(state["owners"])
        self.pipelines = {
            object: {one["id"]: read_pipeline(one) for one in some} for object, some in state["pipelines"].items()
        }
        self.types.restore(state["link_types"])
        for one, other, rows in state["links"]:
            self.links.load((one, other), ((id, to, tuple(types)) for id, to, types in rows))
        self.lists.restore(state.get("lists", []))
        self.rates.restore(state.get("rates", []))
        self.next_id = state["next_id"]


def _groups(properties: Iterable[Property], group: str) -> list[str]:
    return sorted({group, *(definition.group for definition in properties)})


def _definitions(table: Table) -> list[dict[str, Any]]:
    own = (definition for definition in table.properties.values() if not definition.standard)
    return [asdict(definition) for definition in own]


def _restore_table(table: Table, state: dict[str, Any], name: str) -> None:
    for told in state["properties"][name]:
        definition = Property(**told)
        table.properties[definition.name] = definition
        table.add_column(definition.name)
    table.groups = dict(state["groups"][name])
    table.restore(state["tables"][name])


def _kind(told: dict[str, Any]) -> Kind:
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Kind(**known)


def _packed_links(links: Links) -> list[list[Any]]:
    by_ends: dict[tuple[str, str], list[Any]] = {}
    for ends, id, to, types in links.pairs():
        by_ends.setdefault(ends, []).append([id, to, types])
    return [[*ends, rows] for ends, rows in by_ends.items()]
