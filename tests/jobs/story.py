"""Runs with people's work between them, and what the CRM held after each moment."""

from dataclasses import dataclass, field
from typing import Any

from jobs.result import RunResult
from mappings.changes import Plan
from tests.jobs.small import Company

Held = dict[str, dict[str, Any]]
"""Records by account (its last three digits)."""


@dataclass(kw_only=True)
class Story:
    """`seen` is what the CRM held after each moment: of each account the record itself, its task and lead record.

    `every` has all tasks and lead records of an account, by key; `seen` the one whose key is the greatest.
    """

    company: Company
    runs: list[RunResult] = field(default_factory=list)
    seen: list[dict[str, Held]] = field(default_factory=list)
    every: list[dict[str, dict[str, Held]]] = field(default_factory=list)

    def run(self, hours: int = 2) -> None:
        """Some hours later Tossup runs."""
        self.company.emulator.clock.advance(hours * 3600)
        self.runs.append(self.company.sync())
        self.look()

    def look(self) -> None:
        """Keep what the CRM holds now."""
        every: dict[str, dict[str, Held]] = {"task": {}, "lead": {}}
        for object, found in every.items():
            for key, one in sorted(self.company.ours(object).items()):
                found.setdefault(self._names.get(key.split("/")[0], key), {})[key] = one
        self.every.append(every)
        accounts = {self._names[self.company.id_of(one)]: one for one in self.company.records("account")}
        latest = {
            object: {account: one[max(one)] for account, one in found.items()} for object, found in every.items()
        }
        self.seen.append({"account": accounts, **latest})

    @property
    def _names(self) -> dict[str, str]:
        """What accounts are called, by id."""
        company = self.company
        return {company.id_of(one): one[company.names["name"]][-3:] for one in company.records("account")}

    def called(self, key: str | None) -> str:
        """The account of a lead's key."""
        return f"a{self._names[str(key).split('/')[0]]}"

    def held(self, moment: int, object: str, account: str, name: str) -> Any:
        """A field of an account, or of its task or lead record, at one of the moments."""
        return self.seen[moment][object][account[1:]].get(self.company.names[name])

    def plan(self, run: int) -> Plan:
        """What a run planned."""
        made = self.runs[run].plan
        assert made is not None
        return made
