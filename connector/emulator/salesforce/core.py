"""The org itself: its objects, its users, its time. No HTTP here."""

import secrets
from threading import RLock
from typing import Protocol

from connector.emulator.salesforce import ids, standard
from connector.emulator.salesforce.access import PERMISSION_TABLES, Access, access_of
from connector.emulator.salesforce.fields import Value
from connector.emulator.salesforce.table import Table

API_USER = "integration@example.invalid"
ROUTER = "Default Lead Owner"


class Clock(Protocol):
    """Where the org's time comes from."""

    def seconds(self) -> float:
        """Seconds since 1970."""


class Core:
    """Tables by name, and what every part needs to know of them. Hold `lock` while reading or writing."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = RLock()
        self.tables: dict[str, Table] = {}
        self.by_prefix: dict[str, Table] = {}
        self.org_id = ""
        self.api_user = ""
        self.access_changed_at = 0
        self.archive_after_days: int | None = None
        """Closed activities are archived after so many days; None: never."""
        self._access: dict[str, tuple[int, Access]] = {}
        self._stages: tuple[int, dict[str, dict[str, Value]]] = (-1, {})

    def clear(self) -> None:
        """Every standard object, without records, under a new org id."""
        self.tables = {}
        self.by_prefix = {}
        self._access = {}
        self._stages = (-1, {})
        for table in standard.tables().values():
            self.add_table(table)
        random = "".join(secrets.choice(ids.ALPHABET) for _ in range(6))
        self.org_id = ids.encode("00D", 1)[:3] + random + ids.encode("00D", 1)[9:15]
        self.org_id += ids.suffix(self.org_id)

    def add_table(self, table: Table) -> None:
        """Make the object known."""
        self.tables[table.name] = table
        self.by_prefix[table.prefix] = table

    def table(self, name: str) -> Table | None:
        """The object of this name, whatever its case."""
        found = self.tables.get(name)
        if found is None:
            lower = name.lower()
            found = next((table for table in self.tables.values() if table.name.lower() == lower), None)
        return found

    def locate(self, id: str) -> tuple[Table, int] | None:
        """Where the live record of this id is."""
        table = self.by_prefix.get(id[:3])
        row = table.live(id) if table is not None else None
        return (table, row) if table is not None and row is not None else None

    def value(self, id: Value, name: str) -> Value:
        """A field of the record of this id; None if there is no such record or field."""
        found = self.locate(id) if isinstance(id, str) else None
        return found[0].columns[name][found[1]] if found and name in found[0].columns else None

    def stamp(self) -> int:
        """Now in whole seconds of the emulator's clock, which can be set back."""
        return int(self.clock.seconds())

    def access(self, user_id: str) -> Access:
        """What this user may see, as the permission sets are now."""
        version = sum(self.tables[name].writes for name in PERMISSION_TABLES)
        cached = self._access.get(user_id)
        if cached is None or cached[0] != version:
            cached = (version, access_of(self.tables, user_id))
            self._access[user_id] = cached
            self.access_changed_at = self.stamp()
        return cached[1]

    def stages(self) -> dict[str, dict[str, Value]]:
        """Opportunity stages by their name."""
        table = self.tables["OpportunityStage"]
        if self._stages[0] != table.writes:
            rows = (table.get(row) for row in range(len(table)) if not table.columns["IsDeleted"][row])
            self._stages = (table.writes, {str(stage["ApiName"]): stage for stage in rows})
        return self._stages[1]
