"""Makes and undoes associations by HubSpot's rules: default types, primaries, parents, leads that need a contact."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from connector.emulator.hubspot.links import Ends, LinkType, Types
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import Refusal, id_in, invalid

PARENT: Final = 14
"""Association type from a child company to its parent."""
CHILD: Final = 13
"""Association type from a parent company to its child."""

_PRIMARY: Final[Mapping[Ends, str | None]] = {
    ("contacts", "companies"): "associatedcompanyid",
    ("deals", "companies"): "hs_primary_associated_company",
    ("tickets", "companies"): None,
    ("leads", "companies"): "hs_primary_company_id",
    ("leads", "contacts"): "hs_primary_contact_id",
}
"""Pairs in which the first object has one primary record of the second, and the property that shows it."""


class Wanted(NamedTuple):
    """A link to make: from a record about to be created, to an existing one."""

    ends: Ends
    to: int
    types: Types


def wanted(portal: Portal, table: Table, told: Any) -> list[Wanted]:
    """The `associations` of a creation, checked: a list as on the wire, or `{object: [ids]}` for default types."""
    if not told:
        return []
    if not isinstance(told, list | Mapping):
        raise invalid("Invalid input JSON: associations must be a list")
    if isinstance(told, Mapping):
        return [
            _to(portal, (table.kind.name, portal.table(object).kind.name), id, ())
            for object, ids in told.items()
            for id in ids
        ]
    return [_from_wire(portal, table, entry) for entry in told]


def _from_wire(portal: Portal, table: Table, entry: Mapping[str, Any]) -> Wanted:
    ids = type_ids(entry.get("types"))
    found = [portal.types.of_object(table.kind.name, id) for id in ids]
    ends = {type.ends for type in found if type is not None}
    if len(ends) != 1 or None in found:
        raise invalid(f"Association types {list(ids)} do not go from {table.kind.name} to one object")
    return _to(portal, ends.pop(), id_in(entry, "to", "id"), ids)


def _to(portal: Portal, ends: Ends, id: object, types: Types) -> Wanted:
    text = str(id)
    target = portal.tables[ends[1]].find(int(text)) if text.isdigit() else None
    if target is None:
        raise invalid(f"Cannot associate with {portal.tables[ends[1]].kind.singular} {text}: it does not exist")
    return Wanted(ends, target.id, types)


def type_ids(told: Any) -> Types:
    """The ids in association specs `[{associationCategory, associationTypeId}]`; at least one."""
    if not isinstance(told, list) or not told:
        raise invalid("An association needs at least one of its types: [{associationCategory, associationTypeId}]")
    return tuple(id_in(spec, "associationTypeId") for spec in told)


def checked_types(portal: Portal, ends: Ends, told: Any) -> Types:
    """The same, each of which must join these objects."""
    ids = type_ids(told)
    for id in ids:
        if portal.types.get(ends, id) is None:
            raise invalid(f"Association type {id} does not go from {ends[0]} to {ends[1]}")
    return ids


def link(portal: Portal, ends: Ends, id: int, to: int, types: Types) -> Types:
    """Link two records. Labels not named again are lost; the unlabelled type is always there; first is primary."""
    flipped = (ends[1], ends[0])
    if flipped in _PRIMARY and ends not in _PRIMARY:
        back = link(portal, flipped, to, id, _inverse(portal, ends, types))
        return _inverse(portal, flipped, back)
    held = set(portal.links.types(ends, id, to))
    chosen = {portal.types.default(ends).id, *(types or held)}
    if ends in _PRIMARY:
        _settle_primary(portal, ends, id, to, chosen)
    if ends == ("companies", "companies"):
        # Each company may be named the other's parent; naming one does not take the other back.
        chosen |= held & {PARENT, CHILD}
        _settle_parent(portal, id, to, chosen)
    ordered = tuple(sorted(chosen))
    portal.links.put(ends, id, to, ordered, _inverse(portal, ends, ordered))
    return ordered


def unlink(portal: Portal, ends: Ends, id: int, to: int, types: Types = ()) -> None:
    """Remove these types between two records, or everything. A lead without any primary is archived."""
    held = portal.links.types(ends, id, to)
    if not held:
        return
    rest = tuple(type for type in held if types and type not in types)
    portal.links.put(ends, id, to, rest, _inverse(portal, ends, rest))
    if ends == ("companies", "companies"):
        _forget_parent(portal, id, to, set(held) - set(rest))
    for pair, one in ((ends, id), ((ends[1], ends[0]), to)):
        if pair in _PRIMARY:
            _show_primary(portal, pair, one)
        if pair[0] == "leads":
            _drop_orphan_lead(portal, one)


def unlink_all(portal: Portal, object: str, id: int) -> None:
    """Remove every link of a record."""
    for to in portal.links.others(object):
        for other, _ in portal.links.of((object, to), id):
            unlink(portal, (object, to), id, other)


def move(portal: Portal, object: str, loser: int, winner: int) -> None:
    """Give one record's links to another."""
    for to in portal.links.others(object):
        for other, types in portal.links.of((object, to), loser):
            if (to, other) != (object, winner):
                link(portal, (object, to), winner, other, types)
            portal.links.put((object, to), loser, other, (), ())


def _inverse(portal: Portal, ends: Ends, types: Types) -> Types:
    found = (portal.types.get(ends, type) for type in types)
    inverse = tuple(sorted(type.inverse for type in found if type is not None))
    return _SHARED.setdefault(inverse, inverse)


_SHARED: Final[dict[Types, Types]] = {}


def _primary_type(portal: Portal, ends: Ends) -> LinkType:
    found = portal.types.primary(ends)
    if found is None:
        raise Refusal(500, "INTERNAL_ERROR", f"{ends[0]} have no primary {ends[1]}")
    return found


def _settle_primary(portal: Portal, ends: Ends, id: int, to: int, chosen: set[int]) -> None:
    primary = _primary_type(portal, ends).id
    others = portal.links.of(ends, id)
    present = next((other for other, types in others if primary in types), None)
    if primary not in chosen and present not in {None, to}:
        return
    chosen.add(primary)
    if present not in {None, to}:
        for other, types in others:
            rest = tuple(type for type in types if type != primary)
            portal.links.put(ends, id, other, rest, _inverse(portal, ends, rest))
    _set_quietly(portal, ends, id, str(to))


def _show_primary(portal: Portal, ends: Ends, id: int) -> None:
    primary = _primary_type(portal, ends).id
    present = next((other for other, types in portal.links.of(ends, id) if primary in types), None)
    _set_quietly(portal, ends, id, None if present is None else str(present))


def _set_quietly(portal: Portal, ends: Ends, id: int, value: str | None) -> None:
    """Association changes do not move the modification time."""
    name = _PRIMARY[ends]
    table = portal.tables[ends[0]]
    record = table.live.get(id)
    if name is not None and record is not None:
        table.set_quietly(record, name, value)


def _settle_parent(portal: Portal, id: int, to: int, chosen: set[int]) -> None:
    for child, parent in _families(id, to, chosen):
        _show_parent(portal, child, str(parent))


def _forget_parent(portal: Portal, id: int, to: int, lost: set[int]) -> None:
    for child, _ in _families(id, to, lost):
        _show_parent(portal, child, None)


def _families(id: int, to: int, types: set[int]) -> list[tuple[int, int]]:
    """Child and parent, as far as these types make two companies that."""
    ways = {PARENT: (id, to), CHILD: (to, id)}
    return [ways[type] for type in types & set(ways)]


def _show_parent(portal: Portal, child: int, parent: str | None) -> None:
    companies = portal.tables["companies"]
    record = companies.live.get(child)
    if record is not None:
        companies.set_quietly(record, "hs_parent_company_id", parent)


def _drop_orphan_lead(portal: Portal, id: int) -> None:
    leads = portal.tables["leads"]
    record = leads.live.get(id)
    if record is None or any(portal.links.of(("leads", to), id) for to in ("contacts", "companies")):
        return
    leads.archive(record, portal.now())
