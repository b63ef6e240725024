"""Running a query: which rows, in which order, and how they are shown as JSON and as CSV."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connector.emulator.salesforce import filters, times
from connector.emulator.salesforce.archive import archive, is_hidden
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.fields import TEXTS, Value
from connector.emulator.salesforce.scope import NAME_FIELDS, Column, Get, Scope, type_name
from connector.emulator.salesforce.soql import Aggregate, Order, Path, Query, complaint
from connector.emulator.salesforce.table import Table

Json = dict[str, object]
Show = Callable[[int], Json | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query found: rows of `table` and how to show them, or ready `records` where it aggregates."""

    table: Table
    rows: Sequence[int]
    show: Show
    columns: tuple[Column, ...]
    records: list[Json] | None = None
    total: int = 0


def run(scope: Scope, query: Query, *, include_deleted: bool, api: str) -> Answer:
    """Find the rows. `api` is the path that record URLs start with: /services/data/v68.0."""
    table = scope.table(query.object, query.object_at)
    aggregates = [item for item in query.select if isinstance(item, Aggregate)]
    columns = () if aggregates else tuple(scope.column(table, p) for p in query.select if isinstance(p, Path))
    archive(table, scope.core.archive_after_days, scope.core.clock.seconds())
    rows = _rows(scope, table, query, include_deleted=include_deleted)
    show = _shower(scope, table, columns, api) if columns else lambda _: None
    if not aggregates:
        return Answer(table=table, rows=rows, show=show, columns=columns, total=len(rows))
    bare = aggregates[0].path is None and len(query.select) == 1
    records = [] if bare else _aggregate(scope, table, query, rows)
    total = len(rows) if bare else len(records)
    return Answer(table=table, rows=(), show=show, columns=(), records=records, total=total)


def _rows(scope: Scope, table: Table, query: Query, *, include_deleted: bool) -> Sequence[int]:
    test = filters.compile_where(scope, table, query.where) if query.where else None
    keys = [(order, scope.column(table, order.path)) for order in query.order_by]
    found = filters.candidates(table, query.where)
    by_stamp = _is_by_stamp(keys)
    if found is None:
        source, exact, in_order = _scan(table, query, by_stamp=by_stamp)
    else:
        source, exact, in_order = sorted(found), False, False
    rows: Iterable[int] = _existing(table, source, include_deleted=include_deleted)
    if test is not None and not exact:
        rows = filter(test, rows)
    if not (in_order if by_stamp else _is_by_id(keys)):
        rows = sort(rows, keys)
    stop = None if query.limit is None else query.offset + query.limit
    return list(islice(rows, query.offset, stop)) if stop is not None or query.offset else list(rows)


def _scan(table: Table, query: Query, *, by_stamp: bool) -> tuple[Iterable[int], bool, bool]:
    window = filters.window(query.where)
    if by_stamp:
        return table.modified(window.low, window.high), window.exact, True
    if window.low or window.high is not None:
        return sorted(table.modified(window.low, window.high)), window.exact, False
    return range(len(table)), False, False


def _existing(table: Table, rows: Iterable[int], *, include_deleted: bool) -> Iterable[int]:
    if not include_deleted:
        deleted = table.columns["IsDeleted"]
        return (row for row in rows if not (deleted[row] or is_hidden(table, row)))
    return (row for row in rows if row not in table.purged) if table.purged else rows


Keys = Sequence[tuple[Order, Column]]


def _is_by_stamp(keys: Keys) -> bool:
    names = [column.names for _, column in keys]
    return names in ([("SystemModstamp",)], [("SystemModstamp",), ("Id",)]) and not any(o.descending for o, _ in keys)


def _is_by_id(keys: Keys) -> bool:
    return not keys or (keys[0][1].names == ("Id",) and not keys[0][0].descending)


def sort(rows: Iterable[int], keys: Keys) -> list[int]:
    """Rows by several keys; empty values come first unless NULLS LAST; text without regard to case."""
    ordered = sorted(rows)
    for order, column in reversed(keys):
        get = column.get
        empty = [row for row in ordered if get(row) is None]
        filled = [row for row in ordered if get(row) is not None]
        filled.sort(key=_sort_key(column), reverse=order.descending)
        ordered = filled + empty if order.nulls_last else empty + filled
    return ordered


def _sort_key(column: Column) -> Callable[[int], tuple[object, ...]]:
    get = column.get
    if column.field.type in TEXTS:
        return lambda row: (str(get(row)).lower(), get(row))
    return lambda row: (get(row),)


def _shown(column: Column) -> Callable[[int], object]:
    get = column.get
    if column.field.type != "datetime":
        return get

    def moment(row: int) -> object:
        value = get(row)
        return times.rest(value) if isinstance(value, int) else None

    return moment


def _shower(scope: Scope, table: Table, columns: Sequence[Column], api: str) -> Show:
    flat = [(column.names[0], _shown(column)) for column in columns if len(column.names) == 1]
    parents: dict[str, list[Column]] = {}
    for column in columns:
        if len(column.names) > 1:
            parents.setdefault(column.names[0], []).append(column)
    lookups = [(name, _parent(scope, table, name, inner, api)) for name, inner in parents.items()]
    ids, name, url = table.ids, table.name, f"{api}/sobjects/{table.name}/"

    def show(row: int) -> Json:
        record: Json = {"attributes": {"type": name, "url": url + ids[row]}}
        for key, get in flat:
            record[key] = get(row)
        for key, parent in lookups:
            record[key] = parent(row)
        return record

    return show


def _parent(scope: Scope, table: Table, relationship: str, columns: Sequence[Column], api: str) -> Show:
    lookup = next(f for f in table.fields.values() if f.relationship == relationship)
    pointer = table.columns[lookup.name]
    if len(lookup.targets) > 1:
        return _named(scope.core, pointer, [column.names[1] for column in columns], api)
    target = scope.core.tables[lookup.targets[0]]
    paths = [Path(names=column.names[1:], at=0) for column in columns]
    show = _shower(scope, target, [scope.column(target, path) for path in paths], api)

    def parent(row: int) -> Json | None:
        id = pointer[row]
        at = target.live(id) if isinstance(id, str) else None
        return show(at) if at is not None else None

    return parent


def _named(core: Core, pointer: list[Value], names: Sequence[str], api: str) -> Show:
    def parent(row: int) -> Json | None:
        id = pointer[row]
        found = core.locate(id) if isinstance(id, str) else None
        if found is None:
            return None
        table, at = found
        record: Json = {"attributes": {"type": "Name", "url": f"{api}/sobjects/{table.name}/{table.ids[at]}"}}
        for name in names:
            column = table.columns.get(name) if name in NAME_FIELDS else None
            record[name] = type_name(table, at) if name == "Type" else (column[at] if column else None)
        return record

    return parent


def _aggregate(scope: Scope, table: Table, query: Query, rows: Sequence[int]) -> list[Json]:
    groups = [scope.column(table, path) for path in query.group_by]
    allowed = {column.names for column in groups}
    plan: list[tuple[str, Callable[[Sequence[int]], object]]] = []
    for item in query.select:
        if isinstance(item, Aggregate):
            unnamed = sum(name.startswith("expr") for name, _ in plan)
            plan.append((item.alias or f"expr{unnamed}", _total(scope, table, item)))
        else:
            column = scope.column(table, item)
            if column.names not in allowed:
                message = f"Field must be grouped or aggregated: {item.text}"
                raise complaint(query.text, item.at, message, "MALFORMED_QUERY")
            plan.append((column.names[-1], _first(_shown(column))))
    buckets: dict[tuple[Value, ...], list[int]] = {} if groups else {(): []}
    for row in rows:
        buckets.setdefault(tuple(column.get(row) for column in groups), []).append(row)
    shape: Mapping[str, object] = {"attributes": {"type": "AggregateResult"}}
    return [{**shape, **{name: total(bucket) for name, total in plan}} for bucket in buckets.values()]


def _first(get: Callable[[int], object]) -> Callable[[Sequence[int]], object]:
    return lambda rows: get(rows[0])


def _total(scope: Scope, table: Table, item: Aggregate) -> Callable[[Sequence[int]], object]:
    if item.path is None:
        return len
    column = scope.column(table, item.path)

    def total(rows: Sequence[int]) -> object:
        values = [value for value in map(column.get, rows) if value is not None]
        return _REDUCE[item.function](values)

    if column.field.type != "datetime" or item.function not in ("MIN", "MAX"):
        return total
    return lambda rows: times.rest(int(str(total(rows)))) if rows else None


def _numbers(values: Sequence[Value]) -> list[float]:
    return [float(value) for value in values if value is not None]


_REDUCE: Mapping[str, Callable[[Sequence[Any]], object]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "SUM": lambda values: sum(_numbers(values)) if values else None,
    "AVG": lambda values: sum(_numbers(values)) / len(values) if values else None,
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
}


def csv_header(columns: Sequence[Column], separator: str = ",", newline: str = "\n") -> bytes:
    """The first line of Bulk results."""
    return (separator.join(f'"{".".join(column.names)}"' for column in columns) + newline).encode()


def csv_lines(
    columns: Sequence[Column], rows: Sequence[int], separator: str = ",", newline: str = "\n", size: int = 5000
) -> Iterator[bytes]:
    """Bulk result lines, every cell quoted, in pieces of `size` rows."""
    cells = [_cells(column) for column in columns]
    between, end = f'"{separator}"', f'"{newline}'
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        lines = zip(*(cell(part) for cell in cells), strict=True)
        yield "".join(['"' + between.join(line) + end for line in lines]).encode()


def _cells(column: Column) -> Callable[[Sequence[int]], list[str]]:
    get: Get = column.get
    kind = column.field.type
    if kind == "datetime":
        return lambda rows: [times.csv(v) if isinstance(v := get(r), int) else "" for r in rows]
    if kind == "boolean":
        return lambda rows: ["true" if get(r) else "false" for r in rows]
    if kind in TEXTS:
        return lambda rows: [_quoted(get(r)) for r in rows]
    return lambda rows: ["" if (v := get(r)) is None else str(v) for r in rows]


def _quoted(value: Value) -> str:
    if value is None:
        return ""
    text = str(value)
    return text.replace('"', '""') if '"' in text else text
