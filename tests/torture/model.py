"""What people have done to a company's records, and what therefore may never be otherwise again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.jobs.small import Company

Cell = tuple[str, str, str]
"""Object, record id and field, by its name in `NAMES`."""


@dataclass(kw_only=True)
class People:
    """Everything that people wrote, cleared, closed, took over or deleted, and who owned what."""

    company: Company
    wrote: dict[Cell, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    finished: dict[str, frozenset[str]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    bin: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Records that somebody deleted: what is in `deleted` -> object and id."""

    def writes(self, object: str, record: Mapping[str, Any], **values: Any) -> None:
        """Somebody writes these values."""
        self.company.person("update", object, record, **values)
        self._note(object, self.company.id_of(record), tuple(values))

    def does(self, action: str, object: str, record: Mapping[str, Any], **values: Any) -> None:
        """Somebody completes, converts or deletes a record of ours."""
        company, id = self.company, self.company.id_of(record)
        key = str(record[company.names["key"]])
        company.person(action, object, record, **values)
        self.finished[key] = frozenset(one for one in company.ours(object) if _lead(one) == _lead(key))
        if action == "delete":
            self.deleted.add(f"{object} {key}")
            self.bin[f"{object} {key}"] = (object, id)
            self._forget_what_is_gone()
        else:
            self._note(object, id, ("stage" if object == "lead" else "status",))

    def leaves(self, name: str, *, stays: bool) -> None:
        """An owner may own nothing any more, or may again."""
        company = self.company
        if company.crm == "salesforce":
            company.org.act("CSM 03", "update", "User", company.owner(name), {"IsActive": stays})
        else:
            action = "activate" if stays else "deactivate"
            company.org.act(company.owner("CSM 03"), action, "owners", company.owner(name), {})

    def restores(self, n: int) -> None:
        """Somebody takes a record out of the bin, if there is one."""
        if not self.bin:
            return
        name = sorted(self.bin)[n % len(self.bin)]
        object, id = self.bin.pop(name)
        action = {"salesforce": "undelete", "hubspot": "restore"}[self.company.crm]
        self.company.person(action, object, {"Id": id, "id": id})
        self.deleted.discard(name)

    def loses_a_customer(self, record: Mapping[str, Any]) -> None:
        """Somebody deletes a customer, and with it what the CRM deletes with a customer."""
        self.company.person("delete", "account", record)
        self._forget_what_is_gone()

    def _forget_what_is_gone(self) -> None:
        there = {
            (object, self.company.id_of(one))
            for object in ("account", "task", "lead")
            for one in self.company.records(object)
        }
        self.wrote = {cell: value for cell, value in self.wrote.items() if cell[:2] in there}
        self.owners = {place: owner for place, owner in self.owners.items() if place in there}

    def merge(self, winner: Mapping[str, Any], loser: Mapping[str, Any]) -> None:
        """Somebody merges two customers; what the CRM makes of their fields is as if somebody had written it."""
        company, names = self.company, self.company.names
        kept, gone = company.id_of(winner), company.id_of(loser)
        before = {cell: value for cell, value in self.wrote.items() if cell[1] not in (kept, gone)}
        if company.crm == "salesforce":
            company.org.act("CSM 03", "merge", names["account"], kept, {"losers": [gone]})
        else:
            company.org.act(company.owner("CSM 03"), "merge", names["account"], gone, {"into": kept})
        self.wrote = before

    def forget_what_only_the_ledger_knew(self) -> None:
        """Without a ledger nobody can tell a field that somebody cleared before."""
        self.wrote = {cell: value for cell, value in self.wrote.items() if value}

    def check(self) -> None:
        """Every word of people stands; nothing is there twice, made again, or in other hands."""
        company = self.company
        held = {
            object: {company.id_of(one): one for one in company.records(object)}
            for object in ("account", "task", "lead")
        }
        for (object, id, name), value in self.wrote.items():
            assert _text(held[object][id].get(company.names[name])) == value, (object, id, name)
        ours = {object: company.ours(object) for object in ("task", "lead")}
        there = {f"{object} {key}" for object, records in ours.items() for key in records}
        assert not there & self.deleted
        for key, before in self.finished.items():
            made = {one for records in ours.values() for one in records if _lead(one) == _lead(key)} - before
            assert made <= {key}, "a lead came back that somebody had finished"
        for object, records in ours.items():
            for one in records.values():
                owner = _text(one.get(company.names["owner"]))
                assert self.owners.setdefault((object, company.id_of(one)), owner) == owner

    def _note(self, object: str, id: str, names: tuple[str, ...]) -> None:
        """What stands in these fields now is what somebody wrote."""
        there = {self.company.id_of(one): one for one in self.company.records(object)}
        if id not in there:  # a lead that was converted is seen no more
            return
        for name in names:
            self.wrote[object, id, name] = _text(there[id].get(self.company.names[name]))
        if "owner" in names:
            self.owners[object, id] = self.wrote[object, id, "owner"]


def _lead(key: str) -> str:
    """A lead's key without the turn that it is in."""
    return key.rpartition("/")[0] + "/" + key.rpartition("/")[2].partition(".")[0]


def _text(value: Any) -> str:
    """As both CRMs may spell it: 7, 7.0 and "7" are one."""
    text = "" if value is None else str(value)
    try:
        return f"{float(text):g}"
    except ValueError:
        return text
