"""HubSpot properties as fields, and fields as properties to create.

https://developers.hubspot.com/docs/guides/api/crm/properties
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mappings.schema import Field, FieldType, ObjectSchema, WantedField

GROUP = "tossup"
"""The property group of everything that Tossup creates."""

_REFERENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "hubspot_owner_id": ("owners", "owners"),
        "hs_parent_company_id": ("companies", "parent"),
        "hs_product_id": ("products", "product"),
        "associatedcompanyid": ("companies", "company"),
        "hs_primary_associated_company": ("companies", "company"),
        "hs_primary_company_id": ("companies", "company"),
        "hs_primary_contact_id": ("contacts", "contact"),
    }
)
"""Properties that hold another record's id: the object, and the name a path uses to go there."""

_TYPES: Mapping[str, FieldType] = MappingProxyType(
    {
        "string": FieldType.TEXT,
        "phone_number": FieldType.TEXT,
        "number": FieldType.NUMBER,
        "bool": FieldType.BOOLEAN,
        "date": FieldType.DATE,
        "datetime": FieldType.DATETIME,
        "enumeration": FieldType.CHOICE,
    }
)

_WANTED: Mapping[FieldType, tuple[str, str]] = MappingProxyType(
    {
        FieldType.TEXT: ("string", "text"),
        FieldType.LONG_TEXT: ("string", "textarea"),
        FieldType.INTEGER: ("number", "number"),
        FieldType.NUMBER: ("number", "number"),
        FieldType.CURRENCY: ("number", "number"),
        FieldType.PERCENT: ("number", "number"),
        FieldType.BOOLEAN: ("bool", "booleancheckbox"),
        FieldType.DATE: ("date", "date"),
        FieldType.DATETIME: ("datetime", "date"),
        FieldType.CHOICE: ("enumeration", "select"),
        FieldType.CHOICES: ("enumeration", "checkbox"),
    }
)


def id_field() -> Field:
    """The record id, which HubSpot keeps beside the properties."""
    return Field(name="id", label="Record id", type=FieldType.ID, createable=False, updateable=False, unique=True)


def read_only(name: str, label: str, kinds: Mapping[str, FieldType]) -> ObjectSchema:
    """A pseudo-object that nobody writes and that always comes whole; fields are called as HubSpot calls them."""
    fields = {
        one: Field(name=one, label=one, type=kind, createable=False, updateable=False) for one, kind in kinds.items()
    }
    return ObjectSchema(
        name=name,
        label=label,
        fields=MappingProxyType({"id": id_field(), **fields}),
        createable=False,
        updateable=False,
        id_field="id",
        stamp_field=None,
    )


def field(answer: Mapping[str, Any], *, required: bool = False) -> Field:
    """One property as HubSpot describes it."""
    name, meta = str(answer["name"]), answer.get("modificationMetadata") or {}
    kind = _kind(answer)
    writable = not (meta.get("readOnlyValue") or answer.get("calculated"))
    target = _REFERENCES.get(name) or (("owners", name) if _of_owners(answer) else None)
    return Field(
        name=name,
        label=str(answer.get("label") or name),
        type=kind,
        required=required,
        createable=writable,
        updateable=writable,
        calculated=bool(answer.get("calculated")),
        unique=bool(answer.get("hasUniqueValue")),
        upsert_key=bool(answer.get("hasUniqueValue")),
        choices=_choices(answer) if kind in (FieldType.CHOICE, FieldType.CHOICES) else (),
        restricted=kind in (FieldType.CHOICE, FieldType.CHOICES) and not answer.get("externalOptions"),
        references=(target[0],) if target else (),
        relationship=target[1] if target else None,
    )


def definition(wanted: WantedField) -> dict[str, Any]:
    """What to send to create this property."""
    type, field_type = _WANTED[wanted.type]
    body: dict[str, Any] = {
        "name": wanted.name,
        "label": wanted.label,
        "type": type,
        "fieldType": field_type,
        "groupName": GROUP,
        "description": wanted.help,
        "hasUniqueValue": wanted.unique,
    }
    labels = {"true": "Yes", "false": "No"} if wanted.type is FieldType.BOOLEAN else dict.fromkeys(wanted.choices)
    if labels:
        body["options"] = [
            {"label": label or value, "value": value, "displayOrder": n, "hidden": False}
            for n, (value, label) in enumerate(labels.items())
        ]
    return body


def fits(field: Field, wanted: WantedField) -> bool:
    """Whether an existing property can hold what Tossup would write."""
    same = _WANTED[wanted.type][0] == _WANTED.get(field.type, ("",))[0]
    return same and set(wanted.choices) <= set(field.choices or wanted.choices) and field.updateable


def _kind(answer: Mapping[str, Any]) -> FieldType:
    name, type = str(answer["name"]), str(answer["type"])
    if name == "hs_object_id":
        return FieldType.ID
    if name in _REFERENCES or _of_owners(answer) or _is_id(answer):
        return FieldType.REFERENCE
    if type == "number":
        return _number(answer)
    if type == "enumeration":
        return _enumeration(answer)
    if answer.get("fieldType") in ("textarea", "html"):
        return FieldType.LONG_TEXT
    return _TYPES.get(type, FieldType.OTHER)


def _number(answer: Mapping[str, Any]) -> FieldType:
    if answer.get("showCurrencySymbol"):
        return FieldType.CURRENCY
    return FieldType.PERCENT if answer.get("numberDisplayHint") == "percentage" else FieldType.NUMBER


def _enumeration(answer: Mapping[str, Any]) -> FieldType:
    if answer.get("fieldType") == "booleancheckbox":
        return FieldType.BOOLEAN
    return FieldType.CHOICES if answer.get("fieldType") == "checkbox" else FieldType.CHOICE


def _of_owners(answer: Mapping[str, Any]) -> bool:
    return answer.get("referencedObjectType") == "OWNER"


def _is_id(answer: Mapping[str, Any]) -> bool:
    """HubSpot calls its own ids numbers; as floating point they would lose their digits."""
    return bool(answer.get("hubspotDefined")) and answer["type"] == "number" and str(answer["name"]).endswith("_id")


def _choices(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(option["value"]) for option in answer.get("options") or ())
