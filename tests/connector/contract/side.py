"""What the contract suite needs to know about a CRM, and what happens in it behind the connector's back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connector.emulator.server import Emulator
from connector.port import Batch, Crm, Read
from mappings.schema import FieldType, ObjectSchema, WantedField

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How this CRM spells what the suite speaks of."""

    accounts: str
    name: str
    employees: str
    """A number field of an account."""
    industry: str
    """A choice field of an account, with the value `a_choice`."""
    a_choice: str
    one_of_each: Mapping[str, Any]
    """Field of an account -> value as the CRM is given it, one field of every type it has."""
    read_back: Mapping[str, Any]
    """The same fields as they arrive in Arrow (Python values)."""
    tasks: str
    subject: str
    key: str
    """The unique external id of a task, which `setup` creates."""
    new_task: Mapping[str, Any]
    """What a task needs beside its subject."""
    missing_id: str
    """An account id that does not exist."""
    person: str
    """Who acts by hand."""
    read_calls: str
    update_calls: str
    upsert_calls: str
    """Globs for faults: `METHOD /path`."""
    people: str
    a_person: Mapping[str, Any]
    """What a contact needs."""
    members: str
    """Contacts on campaigns or lists, with the fields `list_id` and `contact_id`."""
    list_id: str
    contact_id: str
    member_key: str
    """The key of a member, which `setup` creates; empty where there is none."""
    member_calls: str
    bad_values: Mapping[str, Any] = field(default_factory=dict)
    """Values that an account update is refused for."""


class Side(ABC):
    """An emulated CRM with hands on it. Every way in goes over HTTP, as the server's loop owns the records."""

    words: Words
    empty: str | None = None
    """What a person's edit holds to clear a field."""
    many: int
    """More rows than one page of a read."""

    def __init__(self, emulator: Emulator, crm: str) -> None:
        self.emulator = emulator
        self._crm = crm
        self._reset()

    @abstractmethod
    def open(self, **settings: Any) -> Crm:
        """A connection; settings as the CRM's config names them, `token` for a fixed token."""

    @abstractmethod
    def stamped(self, stamp: datetime) -> Values:
        """What `add` is given so that the record was created and modified then."""

    def wanted(self) -> tuple[WantedField, ...]:
        """What `setup` is asked for: the key of a task."""
        return (self._key(self.words.tasks, self.words.key),)

    def wanted_of_members(self) -> tuple[WantedField, ...]:
        """The key of a member, where there is one."""
        return (self._key(self.words.members, self.words.member_key),) if self.words.member_key else ()

    def _key(self, object: str, name: str) -> WantedField:
        return WantedField(
            object=object,
            name=name,
            label="Tossup key",
            type=FieldType.TEXT,
            help="Names the lead that this is about.",
            unique=True,
        )

    def add(self, object: str, rows: Sequence[Mapping[str, Any]], *, stamp: datetime | None = None) -> list[str]:
        stamped = self.stamped(stamp) if stamp else {}
        records = [dict(row) | stamped for row in rows]
        return list(self._control("POST", "seed", {"object": object, "records": records})["ids"])

    def accounts(self, n: int, *, stamp: datetime | None = None) -> list[str]:
        """Ids of `n` new accounts, named by their number."""
        rows = [{self.words.name: f"Example Industries {number:05}"} for number in range(n)]
        return self.add(self.words.accounts, rows, stamp=stamp)

    def edit(self, object: str, id: str, values: Values, person: str | None = None) -> None:
        self._act("update", object, id, values, person)

    @abstractmethod
    def hire(self, name: str) -> None:
        """Somebody of this name works here from now on."""

    @abstractmethod
    def track(self, object: str, *fields: str) -> None:
        """Keep the history of these fields."""

    def delete(self, object: str, id: str) -> None:
        self._act("delete", object, id, {})

    def held(self, object: str) -> list[Values]:
        """The live records as the CRM holds them."""
        said = self._control("GET", f"inspect?crm={self._crm}&object={object}", None)
        return [record for record in said["records"] if self.is_live(record)]

    def is_live(self, record: Values) -> bool:
        return not (record.get("IsDeleted") or record.get("archived"))

    def now(self) -> datetime:
        return self.emulator.clock.now()

    def advance(self, **much: float) -> None:
        self._control("POST", "clock", {"advance": timedelta(**much).total_seconds()})

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self._control("POST", "faults", {"match": match, "kind": kind} | more)

    def hits(self) -> int:
        """How often faults struck."""
        return sum(fault["hits"] for fault in self._control("GET", "faults", None)["faults"])

    def settings(self, **values: Any) -> None:
        self._control("POST", "settings", {"crm": self._crm} | values)

    def _reset(self) -> None:
        self._control("POST", "reset", {"world": "empty"})

    def _act(self, action: str, object: str, id: str, values: Values, person: str | None = None) -> None:
        said = {"person": person or self.words.person, "action": action, "object": object, "id": id, "values": values}
        self._control("POST", "act", said)

    def _control(self, method: str, path: str, body: Values | None) -> Any:
        if body is not None and path in ("seed", "act"):
            body = {"crm": self._crm} | body
        with requests.Session() as session:
            session.trust_env = False
            response = session.request(method, f"{self.emulator.control_url}/{path}", json=body, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()


def read_all(crm: Crm, read: Read) -> tuple[list[Values], list[str], Batch]:
    """Rows, deleted ids and the last batch; checks what every read promises about its batches."""
    batches = list(crm.read(read))
    assert batches, "an empty read is one empty batch"
    assert [batch.cursor for batch in batches[:-1]] == [None] * (len(batches) - 1)
    assert len({str(batch.rows.schema) for batch in batches}) == 1
    rows = [row for batch in batches for row in batch.rows.to_pylist()]
    return rows, [id for batch in batches for id in batch.deleted], batches[-1]


def described(crm: Crm, object: str) -> ObjectSchema:
    return crm.describe([object]).objects[object]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
