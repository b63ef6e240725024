"""One object's records, held by column, with the order in which they were last modified."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.emulator.salesforce import ids
from connector.emulator.salesforce.fields import Field, Value

_ROW_BITS = 28
_ROW = (1 << _ROW_BITS) - 1
_FIRST = 1
"""Row 0 has record number 1."""


class Table:
    """Rows are numbers that never change: the id says the row, and the order of rows is the order of ids.

    Columns are plain lists and stay the same list objects for the table's life, so that compiled filters may hold
    them. A purged row keeps its place and is never shown again.
    """

    def __init__(self, name: str, label: str, prefix: str, fields: Iterable[Field], *, custom: bool = False) -> None:
        self.name = name
        self.label = label
        self.prefix = prefix
        self.custom = custom
        self.guarded = False
        self.changed_at = 0
        self.tracked: frozenset[str] = frozenset()
        """Fields whose changes are kept in the object's history."""
        self.version = 0
        """Counts changes of the definition."""
        self.writes = 0
        """Counts changes of the records."""
        self.fields: dict[str, Field] = {}
        self.ids: list[str] = []
        self.columns: dict[str, list[Value]] = {}
        self.indexes: dict[str, dict[str, tuple[int, ...]]] = {}
        self.purged: set[int] = set()
        self.deletions: list[tuple[int, int]] = []
        self._by_lower: dict[str, Field] = {}
        self._order = array("q")
        self._sorted = True
        for field in fields:
            self.add_field(field)

    def __len__(self) -> int:
        return len(self.ids)

    def add_field(self, field: Field) -> None:
        """Give the object a field; records that exist get its default."""
        self.fields[field.name] = field
        self._by_lower[field.name.lower()] = field
        if field.type == "id":
            self.columns[field.name] = self.ids  # type: ignore[assignment]  # the ids are a column of text
        else:
            self.columns[field.name] = [field.default] * len(self.ids)
        if field.indexed:
            self.indexes[field.name] = {}
        self.version += 1

    def replace_field(self, field: Field) -> None:
        """Change the definition of a field the object has, keeping its values."""
        self.fields[field.name] = field
        self._by_lower[field.name.lower()] = field
        if field.indexed and field.name not in self.indexes:
            self.indexes[field.name] = {}
        self.version += 1

    def field(self, name: str) -> Field | None:
        """The field of this name, whatever its case."""
        return self.fields.get(name) or self._by_lower.get(name.lower())

    def row(self, id: str) -> int | None:
        """The row of a record id of 15 or 18 characters; None if there never was one."""
        number = ids.decode(id) if id[:3] == self.prefix else None
        if number is None or not _FIRST <= number < len(self.ids) + _FIRST:
            return None
        row = number - _FIRST
        return None if row in self.purged or self.ids[row][:15] != id[:15] else row

    def live(self, id: str) -> int | None:
        """The row of a record that is not in the recycle bin."""
        row = self.row(id)
        return None if row is None or self.columns["IsDeleted"][row] else row

    def get(self, row: int) -> dict[str, Value]:
        """One record with every field."""
        return {name: column[row] for name, column in self.columns.items()}

    def append(self, values: Mapping[str, Value]) -> int:
        """Add a record; fields that are not in `values` are empty."""
        row = len(self.ids)
        self.writes += 1
        self.ids.append(ids.encode(self.prefix, row + _FIRST))
        for name, column in self.columns.items():
            if column is not self.ids:
                column.append(values.get(name))
        for name in self.indexes:
            self._index(name, values.get(name), row)
        self._touch(row)
        return row

    def change(self, row: int, values: Mapping[str, Value]) -> None:
        """Set some fields of a record."""
        self.writes += 1
        for name in self.indexes:
            if name in values:
                self._unindex(name, self.columns[name][row], row)
                self._index(name, values[name], row)
        before = self.columns["SystemModstamp"][row]
        for name, value in values.items():
            self.columns[name][row] = value
        if self.columns["SystemModstamp"][row] != before:
            self._touch(row)

    def purge(self, row: int) -> None:
        """Take a record away for good, out of the recycle bin too."""
        for name in self.indexes:
            self._unindex(name, self.columns[name][row], row)
        self.columns["IsDeleted"][row] = True
        self.writes += 1
        self.purged.add(row)

    def find(self, name: str, value: Value) -> tuple[int, ...]:
        """Live rows whose indexed field has this value."""
        rows = self.indexes[name].get(self.key(name, value), ()) if value is not None else ()
        deleted = self.columns["IsDeleted"]
        return tuple(row for row in rows if not deleted[row])

    def key(self, name: str, value: Value) -> str:
        """What two values of an indexed field share when they count as the same."""
        return str(value) if self.fields[name].case_sensitive else str(value).lower()

    def _index(self, name: str, value: Value, row: int) -> None:
        if value is not None:
            index, key = self.indexes[name], self.key(name, value)
            index[key] = (*index.get(key, ()), row)

    def _unindex(self, name: str, value: Value, row: int) -> None:
        if value is not None:
            index, key = self.indexes[name], self.key(name, value)
            rest = tuple(other for other in index.get(key, ()) if other != row)
            if rest:
                index[key] = rest
            else:
                index.pop(key, None)

    def _touch(self, row: int) -> None:
        stamp = self.columns["SystemModstamp"][row]
        entry = (int(stamp or 0) << _ROW_BITS) | row
        if self._order and entry < self._order[-1]:
            self._sorted = False
        self._order.append(entry)

    def modified(self, low: int, high: int | None) -> Iterator[int]:
        """Rows with low <= SystemModstamp (and < high), by (SystemModstamp, Id); no sorting, no full scan."""
        self._settle()
        start = bisect_left(self._order, low << _ROW_BITS)
        stop = len(self._order) if high is None else bisect_left(self._order, high << _ROW_BITS)
        stamps, last = self.columns["SystemModstamp"], -1
        for place in range(start, stop):
            entry = self._order[place]
            if entry != last and stamps[entry & _ROW] == entry >> _ROW_BITS:
                yield entry & _ROW
            last = entry

    def _settle(self) -> None:
        """Sort after late commits; forget superseded entries once they outnumber the rows."""
        if len(self._order) > 2 * len(self.ids) + 1000:
            stamps = self.columns["SystemModstamp"]
            self._order = array("q", sorted((int(s or 0) << _ROW_BITS) | row for row, s in enumerate(stamps)))
        elif not self._sorted:
            self._order = array("q", sorted(self._order))
        self._sorted = True

    def dump(self) -> dict[str, object]:
        """Everything but the field definitions, as JSON values."""
        columns = {name: list(column) for name, column in self.columns.items() if column is not self.ids}
        return {"columns": columns, "rows": len(self.ids), "purged": sorted(self.purged), "deletions": self.deletions}

    def load(self, dump: Mapping[str, Any]) -> None:
        """Take back what `dump` gave; the table must be empty and have the same fields."""
        columns, rows = dump["columns"], dump["rows"]
        self.ids.extend(ids.encode(self.prefix, row + _FIRST) for row in range(rows))
        for name, column in self.columns.items():
            if column is not self.ids:
                column[:] = columns.get(name) or [self.fields[name].default] * rows
        self.purged = set(dump["purged"])
        self.deletions = [(at, row) for at, row in dump["deletions"]]
        self._reindex()

    def _reindex(self) -> None:
        for name in self.indexes:
            for row, value in enumerate(self.columns[name]):
                if row not in self.purged:
                    self._index(name, value, row)
        stamps = self.columns["SystemModstamp"]
        self._order = array("q", sorted((int(s or 0) << _ROW_BITS) | row for row, s in enumerate(stamps)))
        self._sorted = True
