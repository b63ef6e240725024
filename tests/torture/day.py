"""A moment in the life of a company, to come back to."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.jobs.small import Company
from tests.torture.holds import Records, holds

if TYPE_CHECKING:  # its driver is loaded by those who need a server
    from tests.postgres import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """A ledger's database on a PostgreSQL server, and copies of it by name."""

    server: "Server"

    @property
    def url(self) -> str:
        """Where the ledger is."""
        return self.server.url(database="ledger")

    def empty(self) -> None:
        """A ledger's database that holds nothing yet."""
        self._take_the_place("template0")

    def save(self, name: str) -> None:
        """Copy the ledger to this name."""
        self.server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledger'",
            f"CREATE DATABASE {name} TEMPLATE ledger",
        )

    def load(self, name: str) -> None:
        """Put the copy of this name in the ledger's place."""
        self._take_the_place(name)

    def _take_the_place(self, template: str) -> None:
        self.server.run("DROP DATABASE IF EXISTS ledger WITH (FORCE)", f"CREATE DATABASE ledger TEMPLATE {template}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The store as it was: a copy of its folder, and of the ledger's database where that is on a server."""

    folder: Path
    databases: Databases | None = None

    def save(self, company: Company) -> None:
        """Copy what the company's store holds now."""
        company.settings.state_dir.mkdir(exist_ok=True)
        shutil.copytree(company.settings.state_dir, self.folder)
        if self.databases is not None:
            self.databases.save(self._name)

    def load(self, company: Company) -> None:
        """Make the company's store that again."""
        shutil.rmtree(company.settings.state_dir, ignore_errors=True)
        shutil.copytree(self.folder, company.settings.state_dir)
        if self.databases is not None:
            self.databases.load(self._name)

    @property
    def _name(self) -> str:
        return f"{self.folder.parent.name}_{self.folder.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the CRM and the store held at this moment, and what the CRM holds `after` a run that nothing disturbs."""

    company: Company
    state: dict[str, Any]
    store: Kept
    before: Records
    after: Records

    def again(self) -> None:
        """Come back to it."""
        self.company.emulator.restore(self.state)
        self.store.load(self.company)

    def holds(self) -> Records:
        """What the CRM holds now, comparable with `after`."""
        return holds(self.company, self.before, datetime.fromisoformat(self.state["now"]))
