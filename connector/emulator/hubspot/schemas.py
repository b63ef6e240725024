"""Custom objects over HTTP."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from connector.emulator.hubspot.catalog import Kind
from connector.emulator.hubspot.definitions import NAME, define
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.wire import Refusal, invalid, not_found, reply, stamp


def listed(call: Call) -> Response:
    """GET the custom objects of the portal."""
    call.auth.need("crm.schemas.custom.read")
    return reply({"results": [_schema(call.portal, name) for name in call.portal.schemas]})


def get(call: Call) -> Response:
    """GET one custom object by any of its names."""
    call.auth.need("crm.schemas.custom.read")
    table = call.portal.table(call.path["type"])
    if not table.kind.custom:
        raise not_found(f"{table.kind.name} is not a custom object")
    return reply(_schema(call.portal, table.kind.name))


def create(call: Call) -> Response:
    """POST a custom object."""
    call.auth.need("crm.schemas.custom.write")
    return reply(_schema(call.portal, define_object(call.portal, call.members)), 201)


def associate(call: Call) -> Response:
    """POST another object that records of a custom object may be linked to: the new association type."""
    call.auth.need("crm.schemas.custom.write")
    portal = call.portal
    one, other = portal.table(call.path["type"]).kind, portal.table(call.field("toObjectTypeId", str)).kind
    if not one.custom:
        raise not_found(f"{one.name} is not a custom object")
    type = portal.types.default((one.name, other.name))
    born = {"createdAt": stamp(portal.now()), "updatedAt": stamp(portal.now())}
    return reply(_association(portal, type.ends, type.id) | born, 201)


def define_object(portal: Portal, told: Mapping[str, Any]) -> str:
    """Define a custom object from its JSON; returns its name."""
    name = told.get("name")
    labels = told.get("labels", {})
    properties = told.get("properties")
    if not isinstance(name, str) or not NAME.fullmatch(name) or not isinstance(labels, dict) or not properties:
        raise invalid("A custom object needs name, labels and properties")
    if not isinstance(properties, list) or not all(isinstance(one, dict) and one.get("name") for one in properties):
        raise invalid("Invalid input JSON: properties must be a list of objects")
    if portal.known(name):
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"An object named '{name}' already exists.")
    kind = Kind(
        name=name,
        singular=name,
        type_id=f"2-{portal.next_custom + portal.id}",
        scope="custom",
        shown=tuple(one["name"] for one in properties[:1]),
        required=_names(told, "requiredProperties"),
        searchable=_names(told, "searchableProperties"),
        custom=True,
    )
    portal.next_custom += 1
    table = portal.add_table(kind)
    group = next(iter(table.groups))
    for one in properties:
        define(portal, table, {"groupName": group, "label": one["name"], **one})
    for other in _names(told, "associatedObjects"):
        portal.types.between((name, portal.table(other).kind.name))
    portal.schemas[name] = {"labels": dict(labels), "primary": told.get("primaryDisplayProperty")}
    return name


def _names(told: Mapping[str, Any], member: str) -> tuple[str, ...]:
    names = told.get(member) or []
    if not isinstance(names, list):
        raise invalid(f"Invalid input JSON: {member} must be a list")
    return tuple(str(name) for name in names)


def _schema(portal: Portal, name: str) -> dict[str, Any]:
    table = portal.tables[name]
    kind = table.kind
    told = portal.schemas[name]
    return {
        "id": kind.type_id.removeprefix("2-"),
        "name": name,
        "fullyQualifiedName": f"p{portal.id}_{name}",
        "objectTypeId": kind.type_id,
        "labels": told["labels"],
        "properties": [one.shown() for one in table.properties.values() if not one.archived],
        "requiredProperties": list(kind.required),
        "searchableProperties": list(kind.searchable),
        "primaryDisplayProperty": told["primary"],
        "associations": [_association(portal, type.ends, type.id) for type in portal.types.of_all(name)],
        "archived": False,
        "createdAt": stamp(portal.born),
        "updatedAt": stamp(portal.born),
    }


def _association(portal: Portal, ends: tuple[str, str], id: int) -> dict[str, str]:
    one, other = (portal.tables[end].kind for end in ends)
    return {
        "id": str(id),
        "name": f"{one.singular}_to_{other.singular}",
        "fromObjectTypeId": one.type_id,
        "toObjectTypeId": other.type_id,
    }
