"""Custom objects and fields as they are asked for: Tooling's Metadata -> a field, checked."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import ApiError
from connector.emulator.salesforce.fields import Field, Value, label_of, text
from connector.emulator.salesforce.ids import ALPHABET
from connector.emulator.salesforce.parts import fixed, system_fields
from connector.emulator.salesforce.table import Table

Metadata = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
    "MasterDetail": "reference",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
}
_LENGTHS = {"TextArea": 255, "Picklist": 255, "MultiselectPicklist": 4099, "Email": 80, "Phone": 40, "Url": 255}
_KEYS = frozenset({"Text", "Number", "Email"})


def _bad(message: str, *fields: str) -> ApiError:
    return ApiError(400, "FIELD_INTEGRITY_EXCEPTION", message, fields)


def _whole(metadata: Metadata, name: str, low: int, high: int) -> int:
    value = metadata.get(name)
    if not isinstance(value, int) or not low <= value <= high:
        raise _bad(f"{name}: must be a whole number from {low} to {high}", name)
    return value


def _length(kind: str, metadata: Metadata) -> int:
    if kind == "Text":
        return _whole(metadata, "length", 1, 255)
    if kind in ("LongTextArea", "Html"):
        _whole(metadata, "visibleLines", 2, 50)
        return _whole(metadata, "length", 256, 131_072)
    if kind in ("Lookup", "MasterDetail"):
        return 18
    return _LENGTHS.get(kind, 0)


def _numbers(kind: str, metadata: Metadata) -> tuple[int, int]:
    if kind not in ("Number", "Currency", "Percent"):
        return 0, 0
    precision = _whole(metadata, "precision", 1, 18)
    return precision, _whole(metadata, "scale", 0, precision)


def _values(metadata: Metadata) -> tuple[tuple[str, ...], bool, Value]:
    value_set = metadata.get("valueSet") or {}
    listed = (value_set.get("valueSetDefinition") or {}).get("value") or []
    names = tuple(str(value.get("valueName") or value.get("fullName")) for value in listed)
    if not names:
        raise _bad("A picklist needs a valueSet with values", "valueSet")
    chosen = next((str(v.get("valueName") or v.get("fullName")) for v in listed if v.get("default")), None)
    return names, bool(value_set.get("restricted", False)), chosen


def _target(core: Core, metadata: Metadata) -> str:
    target = core.table(str(metadata.get("referenceTo", "")))
    if target is None:
        raise _bad(f"referenceTo value of '{metadata.get('referenceTo')}' does not resolve to a valid sObject type")
    if not metadata.get("relationshipName"):
        raise _bad("A lookup field needs a relationshipName", "relationshipName")
    return target.name


def field_from(core: Core, name: str, metadata: Metadata, *, guarded: bool) -> Field:
    """The field this metadata describes. Raises ApiError as the Tooling API does."""
    kind = str(metadata.get("type", ""))
    if not _NAME.fullmatch(name) or len(name) > 43:
        raise ApiError(400, "INVALID_FULL_NAME", f"Error: the full name {name} is not valid", ("FullName",))
    if kind not in _TYPES:
        raise ApiError(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of FieldType from VALUE_STRING {kind}")
    if not metadata.get("label"):
        raise _bad("Required field is missing: label", "label")
    precision, scale = _numbers(kind, metadata)
    field = Field(
        name=name,
        label=str(metadata["label"]),
        type=_TYPES[kind],
        length=_length(kind, metadata),
        precision=precision,
        scale=scale,
        required=bool(metadata.get("required", False)) and kind != "Checkbox",
        custom=True,
        guarded=guarded and not metadata.get("required", False),
        help=metadata.get("inlineHelpText"),
        default=str(metadata.get("defaultValue", "false")).lower() == "true" if kind == "Checkbox" else None,
    )
    return _with_details(core, kind, field, metadata)


def _with_details(core: Core, kind: str, field: Field, metadata: Metadata) -> Field:
    if kind in ("Picklist", "MultiselectPicklist"):
        choices, restricted, default = _values(metadata)
        field = replace(field, choices=choices, restricted=restricted and kind == "Picklist", default=default)
    if kind in ("Lookup", "MasterDetail"):
        relationship = field.name.removesuffix("__c") + "__r"
        owned = kind == "MasterDetail"
        field = replace(field, targets=(_target(core, metadata),), relationship=relationship, cascade=owned)
        field = replace(field, required=field.required or owned, guarded=field.guarded and not owned)
    if metadata.get("externalId") or metadata.get("unique"):
        if kind not in _KEYS:
            raise _bad(f"A field of type {kind} cannot be an external ID or unique", "externalId")
        external, unique = bool(metadata.get("externalId")), bool(metadata.get("unique"))
        sensitive = bool(metadata.get("caseSensitive", False)) and kind == "Text"
        field = replace(field, external_id=external, unique=unique, case_sensitive=sensitive)
    return field


def homes(core: Core, name: str) -> list[Table]:
    """The objects that get a field of the object so named: Activity means Task and Event."""
    if name == "Activity":
        return [core.tables["Task"], core.tables["Event"]]
    table = core.table(name)
    if table is None or name in ("Task", "Event"):
        message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {name}"
        raise ApiError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ("TableEnumOrId",))
    return [table]


def add_field(core: Core, object_name: str, field: Field, at: int) -> None:
    """Give the object (both of them for Activity) the field. Raises ApiError if it has one of that name."""
    tables = homes(core, object_name)
    for table in tables:
        if table.field(field.name):
            message = f"There is already a field named {field.name.removesuffix('__c')} on {object_name}."
            raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message, ("DeveloperName",))
    for table in tables:
        table.add_field(field)
        table.changed_at = at


def _prefix(core: Core) -> str:
    for tail in ALPHABET:
        for middle in "0123456789":
            if f"a{middle}{tail}" not in core.by_prefix:
                return f"a{middle}{tail}"
    raise ApiError(400, "LIMIT_EXCEEDED", "There are too many custom objects")


def add_object(core: Core, name: str, metadata: Metadata, at: int, *, guarded: bool) -> Table:
    """A new custom object with a Name. Raises ApiError if it exists or its name is wrong."""
    if not _NAME.fullmatch(name):
        raise ApiError(400, "INVALID_FULL_NAME", f"Error: the full name {name} is not valid", ("FullName",))
    if core.table(name):
        message = f"That object name is already in use: {name}"
        raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message, ("DeveloperName",))
    numbered = (metadata.get("nameField") or {}).get("type") == "AutoNumber"
    name_field = replace(text("Name", 80), default=None)
    every = [*system_fields(owners=("Group", "User")), fixed(name_field) if numbered else name_field]
    table = Table(name, str(metadata.get("label") or label_of(name)), _prefix(core), every, custom=True)
    table.guarded, table.changed_at = guarded, at
    core.add_table(table)
    return table
