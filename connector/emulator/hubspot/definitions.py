"""Property definitions and property groups over HTTP."""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.properties import FIELD_TYPES, Property
from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import Refusal, invalid, not_found, nothing, reply, stamp
from connector.emulator.hubspot.wire import batch as batch_body

MOST_UNIQUE: Final = 10
MOST_CUSTOM: Final = 1_000
MOST_IN_A_BATCH: Final = 100
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
"""How properties and custom objects may be named."""
_NEVER_UNIQUE: Final = frozenset({"products", "feedback_submissions"})
_CHANGEABLE: Final = frozenset(
    {"label", "type", "fieldType", "groupName", "description", "options", "displayOrder", "hidden", "formField"}
)


def listed(call: Call) -> Response:
    """GET every property of an object."""
    table = call.schema_of("read")
    archived = call.query.flag("archived")
    found = [one.shown() for one in table.properties.values() if one.archived is archived]
    return reply({"results": found})


def get(call: Call) -> Response:
    """GET one property."""
    table = call.schema_of("read")
    return reply(_known(table, call.path["name"], archived=call.query.flag("archived")).shown())


def create(call: Call) -> Response:
    """POST a property; the name of an archived one brings that back."""
    return reply(define(call.portal, call.schema_of("write"), call.members).shown(), 201)


def update(call: Call) -> Response:
    """PATCH a property; `options` replaces the whole list; name and uniqueness never change."""
    table = call.schema_of("write")
    definition = _known(table, call.path["name"])
    changes = {name: value for name, value in call.members.items() if name in _CHANGEABLE}
    told = {**definition.shown(), **changes}
    changed = _read(table, told, now=definition.created)
    for name in ("label", "type", "field_type", "group", "description", "options", "display_order", "hidden"):
        setattr(definition, name, getattr(changed, name))
    definition.updated = call.portal.now()
    table.add_column(definition.name)
    return reply(definition.shown())


def archive(call: Call) -> Response:
    """DELETE a property: archived, it takes no values and shows none."""
    _archive(call, call.schema_of("write"), call.path["name"])
    return nothing()


def batch_read(call: Call) -> Response:
    """POST names: their properties."""
    table = call.schema_of("read")
    archived = call.field("archived", bool, default=False)
    names = [str(told.get("name")) for told in call.inputs(MOST_IN_A_BATCH)]
    known = table.properties
    found = [known[name].shown() for name in names if name in known and known[name].archived is archived]
    missing = [name for name in names if name not in known or known[name].archived is not archived]
    errors = [not_found(f"Property {name} does not exist", name=[name]).entry() for name in missing]
    return _answer(call, found, errors, 200)


def batch_create(call: Call) -> Response:
    """POST properties; each stands alone."""
    table = call.schema_of("write")
    results, errors = [], []
    for told in call.inputs(MOST_IN_A_BATCH):
        try:
            results.append(define(call.portal, table, told).shown())
        except Refusal as refusal:
            errors.append(refusal.entry(name=[str(told.get("name"))]))
    return _answer(call, results, errors, 200 if call.version == "2026-09" else 201)


def batch_archive(call: Call) -> Response:
    """POST names to archive."""
    table = call.schema_of("write")
    for told in call.inputs(MOST_IN_A_BATCH):
        _archive(call, table, str(told.get("name")))
    return nothing()


def groups(call: Call) -> Response:
    """GET the property groups of an object."""
    table = call.schema_of("read")
    return reply({"results": [_group(name, label) for name, label in table.groups.items()]})


def group(call: Call) -> Response:
    """GET one property group."""
    table = call.schema_of("read")
    if call.path["name"] not in table.groups:
        raise not_found(f"Property group {call.path['name']} does not exist")
    return reply(_group(call.path["name"], table.groups[call.path["name"]]))


def create_group(call: Call) -> Response:
    """POST a property group."""
    table = call.schema_of("write")
    name, label = call.field("name", str), call.field("label", str)
    if name in table.groups:
        message = f"A property group named '{name}' already exists."
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", message, sub_category="Properties.GROUP_WITH_NAME_EXISTS")
    table.groups[name] = label
    return reply(_group(name, label), 201)


def define(portal: Portal, table: Table, told: Mapping[str, Any]) -> Property:
    """Define a property from its JSON, or bring an archived one back; `Refusal` when it cannot be."""
    name = told.get("name")
    old = table.properties.get(str(name))
    if old is not None and not old.archived:
        message = f"A property named '{name}' already exists."
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", message, sub_category="Properties.PROPERTY_WITH_NAME_EXISTS")
    definition = _read(table, told, now=portal.now())
    _refuse_too_many(table, definition)
    if old is not None:
        definition.unique = old.unique
    table.properties[definition.name] = definition
    table.add_column(definition.name)
    table.version += 1
    return definition


def _refuse_too_many(table: Table, definition: Property) -> None:
    own = [one for one in table.properties.values() if not one.standard and not one.archived]
    if len(own) >= MOST_CUSTOM:
        raise invalid(f"There are {MOST_CUSTOM} custom properties already")
    if not definition.unique:
        return
    if table.kind.name in _NEVER_UNIQUE:
        raise invalid(f"Properties of {table.kind.name} cannot have unique values")
    if sum(one.unique for one in own) >= MOST_UNIQUE:
        raise invalid(f"An object can have at most {MOST_UNIQUE} properties with unique values")


def _known(table: Table, name: str, *, archived: bool = False) -> Property:
    definition = table.properties.get(name)
    if definition is None or definition.archived is not archived:
        raise not_found(f"Property {name} does not exist")
    return definition


def _archive(call: Call, table: Table, name: str) -> None:
    definition = _known(table, name)
    if definition.standard:
        raise invalid(f"Property {name} is defined by HubSpot and cannot be archived")
    definition.archived = True
    definition.updated = call.portal.now()
    table.add_column(name)
    table.version += 1


def _read(table: Table, told: Mapping[str, Any], *, now: int) -> Property:
    missing = [name for name in ("name", "label", "type", "fieldType", "groupName") if not told.get(name)]
    if missing:
        raise invalid(f"Invalid input JSON on line 1, column 1: Some required fields were not set: {missing}")
    name, type, field_type = (str(told[part]) for part in ("name", "type", "fieldType"))
    if not NAME.fullmatch(name):
        raise invalid(
            f"Property name {name} must be lower-case letters, digits and underscores, and begin with a letter"
        )
    if field_type not in FIELD_TYPES.get(type, ()):
        raise invalid(f"Field type {field_type} does not go with type {type}")
    if str(told["groupName"]) not in table.groups:
        raise invalid(f"Property group {told['groupName']} does not exist")
    return Property(
        name=name,
        label=str(told["label"]),
        type=type,
        field_type=field_type,
        group=told["groupName"],
        description=str(told.get("description") or ""),
        options=_options(type, told.get("options") or []),
        unique=bool(told.get("hasUniqueValue", False)),
        hidden=bool(told.get("hidden", False)),
        display_order=_order(told),
        created=now,
        updated=now,
    )


def _options(type: str, told: object) -> list[dict[str, Any]]:
    if not isinstance(told, list) or not all(isinstance(option, dict) for option in told):
        raise invalid("Invalid input JSON: options must be a list of objects")
    values = [option.get("value") for option in told]
    if type == "bool" and sorted(map(str, values)) != ["false", "true"]:
        raise invalid("A bool property needs exactly the options true and false")
    if not all(isinstance(value, str) and value for value in values) or len(values) != len(set(values)):
        raise invalid("Every option needs a value of its own")
    return [
        {
            "label": option.get("label") or option["value"],
            "value": option["value"],
            "displayOrder": option.get("displayOrder", order),
            "hidden": bool(option.get("hidden", False)),
            "description": option.get("description") or "",
        }
        for order, option in enumerate(told)
    ]


def _order(told: Mapping[str, Any]) -> int:
    order = told.get("displayOrder", -1)
    return order if isinstance(order, int) else -1


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}


def _answer(call: Call, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int) -> Response:
    body = batch_body(results, errors, stamp(call.portal.now()))
    return reply(body, 207 if errors and call.version != "2026-09" else status)
