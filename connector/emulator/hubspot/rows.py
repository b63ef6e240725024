"""The records of one object type in memory: compact rows, found by id, unique value, or time of modification."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from connector.emulator.hubspot.catalog import Kind
from connector.emulator.hubspot.order import ModificationOrder, Window
from connector.emulator.hubspot.properties import Property, checker
from connector.emulator.hubspot.wire import stamp

CREATED: Final = -1
MODIFIED: Final = -2
OBJECT_ID: Final = -3
ABSENT: Final = -4


class Record:
    """One record: times in milliseconds since 1970, values by column number (a short list ends in nulls)."""

    __slots__ = ("archived", "created", "id", "updated", "values")

    def __init__(self, id: int, created: int, updated: int, values: list[str | None]) -> None:
        self.id = id
        self.created = created
        self.updated = updated
        self.archived: int | None = None
        self.values = values

    def copy(self) -> "Record":
        """The record as it is now, to be kept."""
        twin = Record(self.id, self.created, self.updated, self.values.copy())
        twin.archived = self.archived
        return twin


class Answer(Protocol):
    """What a search found."""

    @property
    def total(self) -> int:
        """How many records match, beyond those that can be paged through too."""

    def part(self, start: int, end: int) -> Sequence[Record]:
        """Some of them, in order."""


class Change(NamedTuple):
    """A value a property came to hold: when (milliseconds), by whom (`INTEGRATION`, or `CRM_UI` with a user's id)."""

    property: str
    value: str | None
    at: int
    source: str
    user: int | None


class Table:
    """All records of one object type, with its property definitions."""

    def __init__(self, kind: Kind, properties: dict[str, Property], groups: dict[str, str]) -> None:
        self.kind = kind
        self.properties = properties
        self.groups = groups
        self.live: dict[int, Record] = {}
        self.gone: dict[int, Record] = {}
        self.merged: dict[int, int] = {}
        self.by_hand: dict[int, int] = {}
        self.unique: dict[str, dict[str, int]] = {}
        self.before: dict[int, tuple[float, Record | None]] = {}
        self.answers: dict[bytes, tuple[int, Answer | None]] = {}
        self.version = 0
        self.columns: dict[str, int] = {}
        self.checkers: dict[str, Callable[[str], str]] = {}
        self._history: dict[int, list[Change]] = {}
        self._projections: dict[tuple[str, ...], list[tuple[str, int]]] = {}
        self._live_ids = array("q")
        self._order = ModificationOrder()
        for name in properties:
            self.add_column(name)

    def add_column(self, name: str) -> None:
        """Make room for a property just defined, or take up its new options."""
        definition = self.properties[name]
        special = {self.kind.created: CREATED, self.kind.modified: MODIFIED, "hs_object_id": OBJECT_ID}
        if name not in self.columns:
            taken = sum(number >= 0 for number in self.columns.values())
            self.columns[name] = special.get(name, taken)
        self.checkers[name] = checker(definition)
        self._projections.clear()
        if definition.unique:
            self.unique.setdefault(name, {})

    def get(self, record: Record, name: str) -> str | None:
        """A record's value, or None where it has none or there is no such property."""
        column = self.columns.get(name, ABSENT)
        if column >= 0:
            return record.values[column] if column < len(record.values) else None
        return _built_in(record, column)

    def pick(self, record: Record, names: tuple[str, ...]) -> dict[str, str | None]:
        """Some values of a record by name; names that are no property are left out."""
        projection = self._projections.get(names)
        if projection is None:
            projection = [(name, self.columns[name]) for name in names if self._visible(name)]
            self._projections[names] = projection
        values, width = record.values, len(record.values)
        return {
            name: (values[column] if column < width else None) if column >= 0 else _built_in(record, column)
            for name, column in projection
        }

    def _visible(self, name: str) -> bool:
        return name in self.properties and not self.properties[name].archived

    def set_names(self, record: Record) -> tuple[str, ...]:
        """The properties a record has a value for."""
        values = record.values
        return tuple(
            name for name, column in self.columns.items() if 0 <= column < len(values) and values[column] is not None
        )

    def find(self, id: int) -> Record | None:
        """The live record with this id, or the one it was merged into."""
        record = self.live.get(id)
        while record is None and id in self.merged:
            id = self.merged[id]
            record = self.live.get(id)
        return record

    def add(self, record: Record, values: dict[str, str | None]) -> None:
        """Take in a new record with these values; ids only ever grow."""
        self.live[record.id] = record
        insort(self._live_ids, record.id)
        self._fill(record, values)
        self._order.add(record.updated, record.id)
        self.version += 1

    def change(self, record: Record, values: dict[str, str | None], now: int, by: tuple[str, int | None]) -> bool:
        """Set values; keep their history; move the modification time. False when nothing was different."""
        changed = {name: value for name, value in values.items() if self.get(record, name) != value}
        if not changed:
            return False
        self._remember(record, changed, now, by)
        self._fill(record, changed)
        self.touch(record, now)
        return True

    def set_quietly(self, record: Record, name: str, value: str | None) -> None:
        """Set a value HubSpot keeps itself, without moving the modification time or the history."""
        self._fill(record, {name: value})
        self.version += 1

    def touch(self, record: Record, now: int) -> None:
        """Move the modification time."""
        if record.updated != now:
            self._order.spoil(record.updated)
            record.updated = now
            self._order.add(now, record.id)
        self.version += 1

    def archive(self, record: Record, now: int) -> None:
        """Put a record into the recycle bin; its unique values become free."""
        del self.live[record.id]
        del self._live_ids[bisect_left(self._live_ids, record.id)]
        record.archived = now
        self.gone[record.id] = record
        self._release(record)
        self._order.spoil(record.updated)
        self.version += 1

    def take_back(self, record: Record) -> None:
        """Bring a record back from the recycle bin; of its unique values it takes those that are still free."""
        self.live[record.id] = record
        insort(self._live_ids, record.id)
        for name, owners in self.unique.items():
            if (value := self.get(record, name)) is not None:
                owners.setdefault(value, record.id)
        self._order.add(record.updated, record.id)
        self.version += 1

    def history(self, record: Record, name: str) -> list[Change]:
        """What a property held, newest first; one entry when it never changed, none when it was never set."""
        changes = [change for change in self._history.get(record.id, ()) if change.property == name]
        if not changes and (value := self.get(record, name)) is not None:
            changes = [self._first(record, name, value)]
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def identified(self, low: int | None = None, high: int | None = None) -> Window:
        """Ids of live records from `low` to `high` (both included), ascending."""
        start = 0 if low is None else bisect_left(self._live_ids, low)
        end = len(self._live_ids) if high is None else bisect_right(self._live_ids, high)
        return Window(self._live_ids, start, max(start, end))

    def modified(self, low: int | None = None, high: int | None = None) -> Window:
        """Ids of live records modified from `low` to `high` (both included), ordered by time and id."""
        return self._order.window(self.live, low, high)

    def _fill(self, record: Record, values: dict[str, str | None]) -> None:
        row = record.values
        for name, value in values.items():
            column = self.columns[name]
            if column < 0:
                continue
            if column >= len(row):
                row.extend([None] * (column + 1 - len(row)))
            if name in self.unique:
                self._claim(record, name, row[column], value)
            row[column] = value

    def _claim(self, record: Record, name: str, old: str | None, new: str | None) -> None:
        owners = self.unique[name]
        if old is not None and owners.get(old) == record.id:
            del owners[old]
        if new is not None:
            owners[new] = record.id

    def _release(self, record: Record) -> None:
        for name, owners in self.unique.items():
            value = self.get(record, name)
            if value is not None and owners.get(value) == record.id:
                del owners[value]

    def _remember(self, record: Record, changed: dict[str, str | None], now: int, by: tuple[str, int | None]) -> None:
        kept = self._history.setdefault(record.id, [])
        known = {change.property for change in kept}
        for name, value in changed.items():
            old = self.get(record, name)
            if name not in known and old is not None:
                kept.append(self._first(record, name, old))
            kept.append(Change(name, value, now, *by))

    def _first(self, record: Record, name: str, value: str) -> Change:
        user = self.by_hand.get(record.id)
        return Change(name, value, record.created, "INTEGRATION" if user is None else "CRM_UI", user)

    def snapshot(self) -> dict[str, Any]:
        """Every record and definition, JSON-able."""
        return {
            "columns": self.columns,
            "live": [_packed(record) for record in self.live.values()],
            "gone": [_packed(record) for record in self.gone.values()],
            "merged": list(self.merged.items()),
            "by_hand": list(self.by_hand.items()),
            "history": [[id, [list(change) for change in kept]] for id, kept in self._history.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw; the definitions are there already."""
        self.columns = dict(state["columns"])
        self.live = {record.id: record for record in map(_unpacked, state["live"])}
        self.gone = {record.id: record for record in map(_unpacked, state["gone"])}
        self.merged = dict(state["merged"])
        self.by_hand = dict(state["by_hand"])
        self._history = {id: [Change(*change) for change in kept] for id, kept in state["history"]}
        self._live_ids = array("q", sorted(self.live))
        self._order = ModificationOrder(sorted((record.updated, record.id) for record in self.live.values()))
        self.unique = {name: self._owners(name) for name in self.unique}
        self.before = {}
        self.version += 1

    def index(self, name: str) -> None:
        """Make a property's values unique from now on."""
        self.unique[name] = self._owners(name)

    def _owners(self, name: str) -> dict[str, int]:
        pairs = ((self.get(record, name), record.id) for record in self.live.values())
        return {value: id for value, id in pairs if value is not None}


def _built_in(record: Record, column: int) -> str | None:
    if column == OBJECT_ID:
        return str(record.id)
    if column == MODIFIED:
        return stamp(record.updated)
    return stamp(record.created) if column == CREATED else None


def _packed(record: Record) -> list[Any]:
    return [record.id, record.created, record.updated, record.archived, record.values]


def _unpacked(packed: list[Any]) -> Record:
    id, created, updated, archived, values = packed
    record = Record(id, created, updated, values)
    record.archived = archived
    return record
