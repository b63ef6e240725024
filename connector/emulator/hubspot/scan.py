"""Runs a search: finds the fewest records that can match, tests them, and keeps the last answers for paging."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from connector.emulator.hubspot.filters import Filter, Sort, reader
from connector.emulator.hubspot.order import Window
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Answer, Record, Table

MOST_RESULTS: Final = 10_000
ID: Final = "hs_object_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Groups of filters (any group, all its filters), the order, and words to be found in any of the main texts."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sort: Sort
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Slice:
    """Ids that are known to match already, in order."""

    table: Table
    window: Window
    descending: bool

    @property
    def total(self) -> int:
        return len(self.window)

    def part(self, start: int, end: int) -> Sequence[Record]:
        chosen = self.window.part(start, end, descending=self.descending)
        return [self.table.live[id] for id in chosen]


@dataclass(frozen=True, slots=True)
class _Found:
    """Records that were tested one by one; only what can be paged through is kept."""

    records: list[Record]
    total: int

    def part(self, start: int, end: int) -> Sequence[Record]:
        return self.records[start:end]


def run(portal: Portal, table: Table, query: Query) -> Answer:
    """The records that match, as the search index sees them now."""
    lagging = _lagging(portal, table)
    window = None if lagging else _window(table, query)
    if window is not None:
        return _Slice(table, window, query.sort.descending)
    matches = _matcher(table, query)
    found = [record for record in _candidates(table, query, lagging) if matches(record)]
    return _Found(_sorted(table, query.sort, found)[:MOST_RESULTS], len(found))


def _sorted(table: Table, sort: Sort, found: list[Record]) -> list[Record]:
    """In order; records without the value last, ties by id."""
    found.sort(key=lambda record: record.id)
    value = reader(table, sort.name)
    keyed = [(value(record), record) for record in found]
    having = [entry for entry in keyed if entry[0] is not None]
    having.sort(key=itemgetter(0), reverse=sort.descending)
    return [record for _, record in having] + [record for key, record in keyed if key is None]


def _lagging(portal: Portal, table: Table) -> dict[int, Record | None]:
    """What the index still shows of records changed a moment ago."""
    now = portal.clock.seconds()
    table.before = {id: seen for id, seen in table.before.items() if seen[0] > now}
    return {id: record for id, (_, record) in table.before.items()}


_BOUNDS: Final[dict[str, Callable[[tuple[Any, ...]], tuple[int | None, int | None]]]] = {
    "GTE": lambda values: (int(values[0]), None),
    "GT": lambda values: (int(values[0]) + 1, None),
    "LTE": lambda values: (None, int(values[0])),
    "LT": lambda values: (None, int(values[0]) - 1),
    "EQ": lambda values: (int(values[0]), int(values[0])),
    "BETWEEN": lambda values: (int(values[0]), int(values[1])),
}


def _bounds(name: str, filters: Sequence[Filter]) -> tuple[int | None, int | None] | None:
    """From where to where the filters want a time or an id to be; None when they do not say."""
    low: int | None = None
    high: int | None = None
    for one in filters:
        if _is_bound(name, one):
            least, most = _BOUNDS[one.operator](one.values)
            low = least if low is None or (least is not None and least > low) else low
            high = most if high is None or (most is not None and most < high) else high
    return None if low is None and high is None else (low, high)


def _is_bound(name: str, one: Filter) -> bool:
    """Whether a filter bounds this property by whole numbers: an id may be compared with 1.5 or infinity too."""
    return one.name == name and one.operator in _BOUNDS and all(float(value).is_integer() for value in one.values)


def _window(table: Table, query: Query) -> Window | None:
    """The answer without looking at any record: sorted by modification time or id, and bounded by nothing else."""
    orders = {table.kind.modified: table.modified, ID: table.identified}
    name = query.sort.name
    if name not in orders or query.text or len(query.groups) > 1:
        return None
    filters = query.groups[0] if query.groups else ()
    if not all(_is_bound(name, one) for one in filters):
        return None
    return orders[name](*(_bounds(name, filters) or (None, None)))


def _candidates(table: Table, query: Query, lagging: dict[int, Record | None]) -> Iterable[Record]:
    if not lagging:
        return _fresh(table, query)
    fresh = (record for record in _fresh(table, query) if record.id not in lagging)
    return chain(fresh, (record for record in lagging.values() if record is not None and record.archived is None))


def _fresh(table: Table, query: Query) -> Iterable[Record]:
    """The fewest records that hold every match, found without testing them."""
    filters = query.groups[0] if len(query.groups) == 1 else ()
    ids = _by_value(table, filters)
    if ids is not None:
        return [table.live[id] for id in ids if id in table.live]
    windows = [
        order(*bounds)
        for name, order in ((table.kind.modified, table.modified), (ID, table.identified))
        if (bounds := _bounds(name, filters)) is not None
    ]
    if windows:
        return (table.live[id] for id in min(windows, key=len))
    return table.live.values()


def _by_value(table: Table, filters: Sequence[Filter]) -> Sequence[int] | None:
    for one in filters:
        if one.operator in {"EQ", "IN"} and one.name == ID:
            return [int(value) for value in dict.fromkeys(one.values)]
        if one.operator in {"EQ", "IN"} and (owners := _folded(table, one)) is not None:
            return [owners[str(value)] for value in dict.fromkeys(one.values) if value in owners]
    return None


def _folded(table: Table, one: Filter) -> dict[str, int] | None:
    """Who has which unique text, if all of them are lower case: filters compare folded texts."""
    owners = table.unique.get(one.name)
    if (
        owners is None
        or table.properties[one.name].type != "string"
        or any(value != value.lower() for value in owners)
    ):
        return None
    return owners


def _matcher(table: Table, query: Query) -> Callable[[Record], bool]:
    groups = [tuple(one.passes for one in group) for group in query.groups]

    def matches(record: Record) -> bool:
        for group in groups:
            for passes in group:
                if not passes(record):
                    break
            else:
                return True
        return not groups

    if not query.text:
        return matches
    return lambda record: matches(record) and _mentions(table, query.text, record)


def _mentions(table: Table, text: str, record: Record) -> bool:
    values = (table.get(record, name) or "" for name in table.kind.searchable)
    return any(text in value.lower() for value in values)
