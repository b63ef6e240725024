"""Change, Conflict, Plan: what would be written, sorted, printable and hashed.

Who owns a field? A field of a CRM record has three values that matter: what we last wrote (`base`), what the CRM
holds now (`theirs`) and what we want (`ours`). Equal `theirs` and `ours`: nothing to do. `theirs` equal to `base`:
nobody touched it since, so we may write. Anything else was written by a person or another program after us, and a
value we never wrote is a conflict to show, not a value to fix. An empty field that we never wrote is free to take.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from mappings.config import Policy
from mappings.same import is_empty, same

Value = str | int | float | bool | None
"""A value on its way to a CRM. Dates travel as ISO 8601 text; money as a decimal number in major units."""

Action = Literal["create", "update", "close", "remove"]
"""`remove` takes a member off its campaign or list; undoing a run also takes away records that nobody touched."""

_UNDO = "undo of run "


def undo_of(run: str) -> str:
    """The `why` of a change that takes back what this run wrote."""
    return f"{_UNDO}{run}"


def is_undo(why: str) -> bool:
    """Whether a change with this `why` takes back what an earlier run wrote."""
    return why.startswith(_UNDO)


def takes_away(change: "Change") -> bool:
    """Whether this undoes the making of a record, by deleting it or, where we may not, by closing it."""
    return is_undo(change.why) and change.action in ("close", "remove")


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
    """One record to create, update, close or (a member of a list) remove.

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
    """A field that somebody else wrote after us: shown, never overwritten.

    `base` is what we last wrote (or saw when planning), `theirs` what the CRM holds, `ours` what we would write.
    `by`, `at` (ISO 8601, UTC) and `source` (the vendor's word) say who wrote it, where the CRM tells.
    """

    object: str
    id: str
    field: str
    base: Value
    theirs: Value
    ours: Value
    by: str | None = None
    at: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run would write to one connection, in the order it would be written."""

    connection: str
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...] = ()
    calls: int = 0
    """API calls that applying it will cost, as far as the connector can tell beforehand."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call the records: account names by account id, and by the id of other records in conflicts."""
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

    def called(self, record: "Change | Conflict") -> str | None:
        """The name of the account that a change or conflict is about, as far as the plan has it."""
        key = record.key if isinstance(record, Change) else None
        return self.names.get(record.id or "") or self.names.get((key or "").partition("/")[0])

    def to_json(self) -> str:
        """The plan as text that `from_json` reads back; the same plan gives the same text."""
        body = {"id": self.id, "connection": self.connection, "calls": self.calls}
        body["changes"] = [asdict(change) for change in self.changes]
        body["conflicts"] = [asdict(conflict) for conflict in self.conflicts]
        body["names"] = dict(sorted(self.names.items()))
        body["sha256"] = _digest(body)
        return json.dumps(body, ensure_ascii=False, allow_nan=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `to_json` wrote. Raises ValueError if the text is none, or was changed since."""
        try:
            body = json.loads(text)
            plan = cls(
                connection=body["connection"],
                changes=tuple(_change(one) for one in body["changes"]),
                conflicts=tuple(Conflict(**one) for one in body["conflicts"]),
                calls=body["calls"],
                names=body["names"],
            )
            named, digest = body["id"], body.pop("sha256")
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ValueError("this is not a plan that Tossup wrote; make a new one") from error
        if plan.id != named or digest != _digest(body):
            raise ValueError(f"plan {named} was changed after it was made; make a new one")
        return plan


def _digest(body: Mapping[str, Any]) -> str:
    """Of everything in a plan's file, whatever its spacing and the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _change(body: Mapping[str, Any]) -> Change:
    fields = tuple(FieldChange(**one) for one in body["fields"])
    return Change(**{**body, "fields": fields, "links": tuple(Link(**one) for one in body["links"])})


Disputed = tuple[str, Value, Value, Value]
"""A field that somebody else wrote: its name, base, theirs, ours."""


def compare(
    desired: Mapping[str, Value],
    theirs: Mapping[str, Value],
    base: Mapping[str, Value],
    policies: Mapping[str, Policy],
    held: Collection[str] = (),
) -> tuple[list[FieldChange], list[Disputed]]:
    """What to write to a record that exists, and what not to, for somebody else wrote it.

    `theirs` is what the CRM holds now (a field that is absent is empty), `base` what we last wrote (absent: never).
    `held`: fields that held something once, whoever wrote it; one of them that is empty was cleared by a person.
    Policies: `ours` overwrites whatever differs; `if_empty` fills a field once and leaves it alone from then on;
    `create_only` never writes to an existing record; `pin_on_human_edit`, the default, writes while nobody else did.
    Both lists are sorted by field.
    """
    changes: list[FieldChange] = []
    disputed: list[Disputed] = []
    for name in sorted(desired):
        new, old = desired[name], theirs.get(name)
        if same(new, old):
            continue
        verdict = _verdict(
            policies.get(name, "pin_on_human_edit"), new, old, name in base, base.get(name), name in held
        )
        if verdict == "write":
            changes.append(FieldChange(name=name, old=old, new=new))
        elif verdict == "dispute":
            disputed.append((name, base.get(name), old, new))
    return changes, disputed


def _verdict(
    policy: Policy, new: Value, old: Value, wrote: bool, base: Value, held: bool
) -> Literal["write", "leave", "dispute"]:
    """What becomes of a field whose value differs from the one we want."""
    if policy == "ours":
        return "write"
    if policy == "create_only":
        return "leave"
    if policy == "if_empty":
        return "write" if is_empty(old) and not (wrote or held) else "leave"
    untouched = same(old, base) if wrote else is_empty(old) and not held
    if untouched:
        return "write"
    # With nothing of our own to say there is nothing to dispute.
    return "leave" if is_empty(new) else "dispute"


def due_now(
    fields: Iterable[FieldChange],
    now: Mapping[str, Value],
    policies: Mapping[str, Policy],
    rider: str | None = None,
) -> tuple[list[FieldChange], list[Disputed]]:
    """Which fields of a planned change may still be written, and which somebody wrote since it was planned.

    `now` is what the CRM holds at this moment. A field is written where it still holds what the plan showed, or where
    it is always `ours`; one that holds the wanted value already is done. `rider` (when the others were computed) is
    written only together with one of them, whatever it holds. A dispute's base is what the plan showed.
    """
    due: list[FieldChange] = []
    moved: list[Disputed] = []
    riding: list[FieldChange] = []
    for one in fields:
        held = now.get(one.name)
        if one.name == rider:
            riding.append(replace(one, old=held))
        elif same(held, one.new):
            continue
        elif policies.get(one.name) == "ours" or same(held, one.old):
            due.append(replace(one, old=held))
        else:
            moved.append((one.name, one.old, held, one.new))
    return sorted([*due, *(riding if due else ())], key=lambda one: one.name), moved
