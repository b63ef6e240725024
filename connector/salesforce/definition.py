"""A wanted field as Salesforce's metadata says it."""

from collections.abc import Callable, Mapping
from typing import Any

from mappings.schema import FieldType, WantedField

Metadata = dict[str, Any]

ON_ACTIVITY = ("Task", "Event")
"""Their custom fields are defined once, on Activity, and shown on both."""


def home(object: str) -> str:
    """The object on which a custom field of this object is defined."""
    return "Activity" if object in ON_ACTIVITY else object


def seen_on(object: str) -> tuple[str, ...]:
    """The objects on which permissions for its custom fields are given."""
    return ON_ACTIVITY if object in ON_ACTIVITY else (object,)


def full_name(wanted: WantedField) -> str:
    """What Salesforce calls the field's definition: `Activity.Tossup_Key__c`."""
    return f"{home(wanted.object)}.{wanted.name}"


def definition(wanted: WantedField) -> Metadata:
    """The body of a Tooling CustomField."""
    metadata = {"label": wanted.label, "inlineHelpText": wanted.help[:510], "description": wanted.help[:1000]}
    return {"FullName": full_name(wanted), "Metadata": metadata | _KINDS[wanted.type](wanted)}


def kind(wanted: WantedField) -> str:
    """The field type in Salesforce's words."""
    return str(_KINDS[wanted.type](wanted)["type"])


def _text(wanted: WantedField) -> Metadata:
    text: Metadata = {"type": "Text", "length": wanted.length or 255}
    if wanted.unique:
        text |= {"externalId": True, "unique": True, "caseSensitive": True}
    return text


def _long_text(wanted: WantedField) -> Metadata:
    return {"type": "LongTextArea", "length": max(wanted.length or 32_768, 256), "visibleLines": 6}


def _checkbox(_: WantedField) -> Metadata:
    return {"type": "Checkbox", "defaultValue": "false"}


def _lookup(wanted: WantedField) -> Metadata:
    to = wanted.references[0]
    return {
        "type": "Lookup",
        "referenceTo": to,
        "relationshipName": f"{wanted.name.removesuffix('__c')}_{home(wanted.object)}"[:40],
        "relationshipLabel": wanted.label,
        "deleteConstraint": "SetNull",
    }


def _picklist(type: str) -> Callable[[WantedField], Metadata]:
    def made(wanted: WantedField) -> Metadata:
        values = [{"fullName": choice, "label": choice, "default": False} for choice in wanted.choices]
        metadata: Metadata = {
            "type": type,
            "valueSet": {"restricted": False, "valueSetDefinition": {"sorted": False, "value": values}},
        }
        return metadata | ({"visibleLines": 4} if type == "MultiselectPicklist" else {})

    return made


def _number(type: str, precision: int, scale: int) -> Callable[[WantedField], Metadata]:
    return lambda _: {"type": type, "precision": precision, "scale": scale}


def _plain(type: str) -> Callable[[WantedField], Metadata]:
    return lambda _: {"type": type}


_KINDS: Mapping[FieldType, Callable[[WantedField], Metadata]] = {
    FieldType.ID: _text,
    FieldType.TEXT: _text,
    FieldType.OTHER: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.INTEGER: _number("Number", 18, 0),
    FieldType.NUMBER: _number("Number", 18, 4),
    FieldType.CURRENCY: _number("Currency", 18, 2),
    FieldType.PERCENT: _number("Percent", 18, 2),
    FieldType.BOOLEAN: _checkbox,
    FieldType.DATE: _plain("Date"),
    FieldType.DATETIME: _plain("DateTime"),
    FieldType.CHOICE: _picklist("Picklist"),
    FieldType.CHOICES: _picklist("MultiselectPicklist"),
    FieldType.REFERENCE: _lookup,
}
