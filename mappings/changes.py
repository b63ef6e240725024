"""Change, Conflict, Plan: what would be written, sorted, printable and hashed.

Who owns a field? A field of a CRM record has three values that matter: what we last wrote (`base`), what the CRM
holds now (`theirs`) and what we want (`ours`). Equal `theirs` and `ours`: nothing to do. `theirs` equal to `base`:
nobody touched it since, so we may write. Anything else was written by a person or another program after us, and a
value we never wrote is a conflict to show, not a value to fix. An empty field that we never wrote is free to take.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Literal

Value = str | int | float | bool | None
"""A value on its way to a CRM. Dates travel as ISO 8601 text; money as a decimal number in major units."""

Action = Literal["create", "update", "close"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Link:
    """An association to another record (HubSpot; in Salesforce a link is an ordinary reference field)."""

    object: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field: what the CRM holds and what it should hold."""

    name: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record to create, update or close.

    `id` is None for a record to create; then `key_field` and `key` name the unique external id that makes
    writing it twice harmless. `why` is the play or fact that asked for it.
    """

    object: str
    action: Action
    id: str | None
    key: str | None
    key_field: str | None
    fields: tuple[FieldChange, ...]
    links: tuple[Link, ...] = ()
    why: str = ""

    @property
    def ref(self) -> str:
        """What names this change within a plan: the key where there is one, else the record id."""
        return self.key or self.id or ""

    @property
    def values(self) -> Mapping[str, Value]:
        """New values by field name."""
        return MappingProxyType({f.name: f.new for f in self.fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A field that somebody else wrote after us: shown, never overwritten."""

    object: str
    id: str
    field: str
    base: Value
    theirs: Value
    ours: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run would write to one connection, in the order it would be written."""

    connection: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...] = ()
    calls: int = 0
    """API calls that applying it will cost, as far as the connector can tell beforehand."""
    id: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Sort, then name the plan by the hash of what it would do: same changes, same id."""
        object.__setattr__(self, "changes", tuple(sorted(self.changes, key=lambda c: (c.object, c.action, c.ref))))
        object.__setattr__(self, "conflicts", tuple(sorted(self.conflicts, key=lambda c: (c.object, c.id, c.field))))
        text = json.dumps([self.connection, [asdict(c) for c in self.changes]], sort_keys=True, default=str)
        object.__setattr__(self, "id", hashlib.sha256(text.encode()).hexdigest()[:12])

    def count(self, action: Action) -> int:
        """How many changes of this kind."""
        return sum(change.action == action for change in self.changes)
