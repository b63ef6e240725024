"""CRM rows -> canonical tables, as lazy expressions: joins, casts, value maps, units, filters and money."""

from collections.abc import Callable, Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from mappings import extra
from mappings.canonical import TABLES, Column, Table
from mappings.cells import IBIS_TYPES, NO, as_boolean, as_date, as_number, as_text, cell, missing, spelled
from mappings.config import CatalogEntry, Filter, MappingConfig, Scalar
from mappings.joins import Mirror, empty, rows
from mappings.money import digits, factor
from mappings.needs import Needs, needs, objects
from mappings.paths import Route, resolve
from mappings.schema import Schema
from mappings.sources import Reading, lineage, readings

READ_FROM = "read_from"
"""The CRM object that a row was read from, in canonical tables that several objects fill."""

__all__ = ["READ_FROM", "Needs", "canonical", "lineage", "needs", "objects"]


def canonical(
    mapping: MappingConfig, schema: Schema, table: Callable[[str], ir.Table], links: Callable[[str, str], ir.Table]
) -> dict[str, ir.Table]:
    """Every canonical table, with every column of `extra.tables(mapping)`; what nothing fills is a typed NULL.

    `table(object)` gives the mirror's rows of a CRM object; `links(from_object, to_object)` its associations with the
    columns from_id, to_id, type_id and label. Rows without a value for a required column are left out. Money is in
    minor units of the row's currency, dates are days in the company's time zone. A table of several CRM objects has a
    column READ_FROM as well. Raises LookupError where the mirror lacks a field that `needs` asks for.
    """
    mirror = Mirror(schema=schema, table=table, links=links)
    specs = extra.tables(mapping)
    found: dict[str, list[tuple[str, ir.Table]]] = {name: [] for name in specs}
    for name, reading in readings(mapping, schema):
        found[name].append((reading.object, _filled(mirror, mapping, reading, specs[name])))
    tables = {name: _together(parts, specs[name]) for name, parts in found.items()}
    return {**tables, "product": _with_catalog(tables["product"], mapping.catalog)}


def _together(parts: list[tuple[str, ir.Table]], spec: Table) -> ir.Table:
    if not parts:
        return empty({name: IBIS_TYPES[column.kind] for name, column in spec.columns.items()})
    if len(parts) == 1:
        return parts[0][1]
    told = [rows.mutate(**{READ_FROM: ibis.literal(object)}) for object, rows in parts]
    return ibis.union(*told, distinct=False)


def _filled(mirror: Mirror, mapping: MappingConfig, reading: Reading, spec: Table) -> ir.Table:
    """The rows of one source in the shape of the canonical table."""
    ends = {path: resolve(mirror.schema, reading.object, path) for path in reading.paths}
    wanted = {path: end for path, end in ends.items() if isinstance(end, Route)}
    names = {path: f"c{number}" for number, path in enumerate(wanted)}
    table = rows(mirror, reading.object, {names[path]: route for path, route in wanted.items()})

    def read(path: str) -> ir.Value | None:
        return table[names[path]] if path in names else None

    keep = [_kept(read(filter.field), filter, mapping.company.time_zone) for filter in reading.where]
    filled = (table.filter(keep) if keep else table).select(**_columns(read, reading, spec, mapping))
    return filled.drop_null([name for name, column in spec.columns.items() if column.required])


def _columns(
    read: Callable[[str], ir.Value | None], reading: Reading, spec: Table, mapping: MappingConfig
) -> dict[str, ir.Value]:
    """Every column of the table; `currency` first, for money is counted in its minor units."""
    zone, company = mapping.company.time_zone, mapping.company.currency
    per_major: ir.Value = ibis.literal(10 ** digits(company), "int64")
    columns: dict[str, ir.Value] = {}
    if "currency" in spec.columns:
        columns["currency"] = ibis.literal(company)
        for source in reading.fields.get("currency", ()):
            code = cell(read, source, "text", per_major=per_major, zone_name=zone).strip().upper()
            columns["currency"] = code.nullif("").fill_null(company)
            per_major = factor(columns["currency"])
    for name, column in spec.columns.items():
        sources = reading.fields.get(name, ())
        if name not in columns:
            cells = [cell(read, source, column.kind, per_major=per_major, zone_name=zone) for source in sources]
            columns[name] = _sound(_any(cells), column) if cells else missing(column.kind)
    return {name: columns[name].cast(IBIS_TYPES[column.kind]) for name, column in spec.columns.items()}


def _sound(value: ir.Value, column: Column) -> ir.Value:
    """The value, or missing where the column cannot mean it."""
    if column.within is None:
        return value
    least, most = column.within
    return value.between(least, most).ifelse(value, missing(column.kind))


def _any(cells: list[ir.Value]) -> ir.Value:
    """The one value; of several booleans, whether any is true."""
    return cells[0] if len(cells) == 1 else reduce(lambda one, other: one | other, (c.fill_null(NO) for c in cells))


def _kept(value: ir.Value | None, filter: Filter, zone: str) -> ir.BooleanValue:
    """Whether a row passes. A missing value equals nothing and is in no list: `ne` and `not_in` keep it."""
    if value is None:
        return ibis.literal(filter.op in ("ne", "not_in", "empty"))
    if filter.op in ("empty", "not_empty"):
        text = value.nullif("") if value.type().is_string() else value
        return text.isnull() if filter.op == "empty" else text.notnull()
    limits = filter.value if isinstance(filter.value, tuple) else (filter.value,)
    return _compared(value, filter.op, tuple(limit for limit in limits if limit is not None), zone)


def _compared(value: ir.Value, op: str, limits: tuple[Scalar, ...], zone: str) -> ir.BooleanValue:
    seen, wanted = _comparable(value, limits, zone)
    if op in ("eq", "in", "ne", "not_in"):
        among = seen.isin(wanted).fill_null(NO)
        return among if op in ("eq", "in") else ~among
    test: Mapping[str, Callable[[], ir.BooleanValue]] = {
        "gt": lambda: seen > wanted[0],
        "ge": lambda: seen >= wanted[0],
        "lt": lambda: seen < wanted[0],
        "le": lambda: seen <= wanted[0],
    }
    return test[op]().fill_null(NO)


def _comparable(value: ir.Value, limits: tuple[Scalar, ...], zone: str) -> tuple[ir.Value, list[ir.Value]]:
    """The column and the limits in a common type: numbers as numbers, days as days, the rest as text."""
    type_ = value.type()
    if type_.is_temporal():
        return as_date(value, zone), [ibis.literal(str(limit)).cast("date") for limit in limits]
    if type_.is_boolean():
        return value, [as_boolean(ibis.literal(spelled(limit))) for limit in limits]
    if type_.is_numeric():
        return as_number(value), [as_number(ibis.literal(spelled(limit))) for limit in limits]
    if all(isinstance(limit, int | float) and not isinstance(limit, bool) for limit in limits):
        return as_number(value), [ibis.literal(float(limit)) for limit in limits]
    return as_text(value), [ibis.literal(spelled(limit)) for limit in limits]


def _with_catalog(product: ir.Table, catalog: Mapping[str, CatalogEntry]) -> ir.Table:
    """What the catalog says of a product, by its code, in place of what was read."""
    changed = {}
    for column in CatalogEntry.model_fields:
        said = {code: getattr(entry, column) for code, entry in catalog.items()}
        cases = [(code, _word(value, column)) for code, value in said.items() if value is not None]
        if cases:
            changed[column] = product.code.cases(*cases, else_=product[column])
    return product.mutate(**changed) if changed else product


def _word(value: Scalar | tuple[str, ...], column: str) -> ir.Value:
    text = ";".join(value) if isinstance(value, tuple) else value
    return ibis.literal(text, IBIS_TYPES[TABLES["product"].columns[column].kind])
