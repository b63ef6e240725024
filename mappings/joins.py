"""Rows of an object with what stands on the records they refer to: never a row more, never a row less."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from mappings.cells import NO
from mappings.paths import Hop, Route
from mappings.schema import Schema

PRIMARY = ("1", "5", "26", "578", "580")
"""HubSpot's association types for the primary company or contact of a contact, deal, ticket and lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Where rows come from: a table an object (in the CRM's spelling), and a table of links a pair of objects.

    A table of links has the columns from_id, to_id, type_id (text) and label.
    """

    schema: Schema
    table: Callable[[str], ir.Table]
    links: Callable[[str, str], ir.Table]

    def column(self, table: ir.Table, object: str, name: str) -> ir.Value:
        """A column of an object's table. Raises LookupError where the mirror lacks a field that the CRM has."""
        if name not in table.columns:
            raise LookupError(f"the mirror holds no {object}.{name}: it was filled for another mapping; pull again")
        return table[name]


def rows(mirror: Mirror, object: str, wanted: Mapping[str, Route], prefix: str = "x") -> ir.Table:
    """One row for each row of `object`: its id as `<prefix>_id`, and a column for each route under its given name."""
    table = mirror.table(object)
    near = {name: mirror.column(table, object, route.field.name) for name, route in wanted.items() if not route.hops}
    onward = _by_hop(wanted)
    through = {
        f"{prefix}{number}_via": mirror.column(table, object, hop.field)
        for number, hop in enumerate(onward)
        if hop.kind == "reference"
    }
    id_field = mirror.schema.objects[object].id_field
    result = table.select(**{f"{prefix}_id": mirror.column(table, object, id_field), **near, **through})
    for number, (hop, beyond) in enumerate(onward.items()):
        there = rows(mirror, hop.target, beyond, f"{prefix}{number}")
        result = _joined(mirror, result, hop, there, prefix=prefix, inner=f"{prefix}{number}")
    return result.select(f"{prefix}_id", *wanted)


def _by_hop(wanted: Mapping[str, Route]) -> dict[Hop, dict[str, Route]]:
    """The routes that go on, by their next hop, which is taken off: each target is joined once."""
    onward: dict[Hop, dict[str, Route]] = {}
    for name, route in wanted.items():
        if route.hops:
            rest = Route(hops=route.hops[1:], object=route.object, field=route.field)
            onward.setdefault(route.hops[0], {})[name] = rest
    return onward


def _joined(mirror: Mirror, here: ir.Table, hop: Hop, there: ir.Table, *, prefix: str, inner: str) -> ir.Table:
    if hop.kind == "reference":
        return here.left_join(there, [(f"{inner}_via", f"{inner}_id")])
    links = mirror.links(hop.object, hop.target) if hop.kind == "association" else _children(mirror, hop)
    chosen = one_link_each(links, there, f"{inner}_id")
    linked = chosen.inner_join(there, [("to_id", f"{inner}_id")])
    return here.left_join(linked, [(f"{prefix}_id", "from_id")]).drop("from_id", "to_id")


def _children(mirror: Mirror, hop: Hop) -> ir.Table:
    """The links that child records are: each to the one record it refers to."""
    table = mirror.table(hop.target)
    nothing = ibis.null("string")
    return table.select(
        from_id=mirror.column(table, hop.target, hop.field),
        to_id=mirror.column(table, hop.target, mirror.schema.objects[hop.target].id_field),
        type_id=nothing,
        label=nothing,
    )


def one_link_each(links: ir.Table, there: ir.Table, id_column: str) -> ir.Table:
    """from_id and to_id of one link for each record: the primary one, else the smallest id (as a number).

    Links to records that are gone do not count: the CRM tells of a lost association only with the next full read.
    """
    alive = links.semi_join(there, [("to_id", id_column)])
    primary = alive.type_id.isin(PRIMARY).fill_null(NO) | (alive.label.lower() == "primary").fill_null(NO)
    # One sortable text instead of a window: primary first, then shorter (smaller) ids, then by digits.
    rank = primary.ifelse("0", "1") + alive.to_id.length().cast("string").lpad(3, "0") + alive.to_id
    best = alive.group_by(alive.from_id).agg(best=rank.min())
    return best.select("from_id", to_id=best.best.substr(4))


def empty(columns: Mapping[str, str]) -> ir.Table:
    """A table without rows: column name -> Ibis type."""
    first, *others = columns.items()
    one = ibis.null(first[1]).name(first[0]).as_table()
    return one.mutate(**{name: ibis.null(type_) for name, type_ in others}).filter(NO)
