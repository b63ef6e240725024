"""Property definitions, and what each accepts as a value."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from connector.emulator.hubspot.wire import milliseconds, stamp

FIELD_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"text", "textarea", "html", "file", "phonenumber", "calculation_equation"}),
    "number": frozenset({"number", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
}
"""Which field types each type goes with."""

MAX_TEXT: Final = 65_536
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class BadValue(Exception):
    """A value its property does not accept: HubSpot's code and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Property:
    """One property of an object type. `read_only` values are set by HubSpot alone."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    calculated: bool = False
    standard: bool = False
    external: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1
    archived: bool = False
    created: int = 0
    updated: int = 0

    def shown(self) -> dict[str, Any]:
        """The definition as the properties API answers it."""
        body: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": self.options,
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external,
            "archived": self.archived,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.standard,
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "modificationMetadata": {
                "archivable": not self.standard,
                "readOnlyDefinition": self.standard,
                "readOnlyOptions": self.standard and self.type == "enumeration" and self.external,
                "readOnlyValue": self.read_only,
            },
        }
        return body

    def option_values(self) -> frozenset[str]:
        """The internal values of the options."""
        return frozenset(option["value"] for option in self.options)


def checker(definition: Property) -> Callable[[str], str]:
    """What turns a non-empty value into the text HubSpot stores, or raises `BadValue`."""
    if definition.type == "enumeration" and not definition.external:
        return _choices(definition)
    if definition.name == "email" and definition.standard:
        return _email
    return _BY_TYPE.get(definition.type, _text)


def _text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise BadValue("INVALID_STRING", f"Value is longer than {MAX_TEXT} characters")
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise BadValue("INVALID_EMAIL", f"Email address {value} is invalid")
    return value.lower()


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise BadValue("INVALID_INTEGER", f"{value} was not a valid number.")
    return sys.intern(value) if len(value) < 8 else value


def _bool(value: str) -> str:
    lowered = value.lower()
    if lowered not in {"true", "false"}:
        raise BadValue("INVALID_OPTION", f"{value} was not one of the allowed options: [true, false]")
    return sys.intern(lowered)


def _date(value: str) -> str:
    try:
        if value.lstrip("-").isdigit():
            return _midnight(int(value))
        return sys.intern(date.fromisoformat(value).isoformat())
    except (ValueError, OverflowError):
        raise BadValue("INVALID_DATE", f"{value} was not a valid date.") from None


def _midnight(ms: int) -> str:
    if ms % 86_400_000:
        raise BadValue("INVALID_DATE", f"{ms} is at {stamp(ms)}, not at midnight!")
    return datetime.fromtimestamp(ms // 1000, UTC).date().isoformat()


def _datetime(value: str) -> str:
    try:
        return stamp(milliseconds(value))
    except (ValueError, OverflowError):
        raise BadValue("INVALID_LONG", f"{value} was not a valid long.") from None


_BY_TYPE: Final[Mapping[str, Callable[[str], str]]] = {
    "number": _number,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
}


def _choices(definition: Property) -> Callable[[str], str]:
    allowed = {value: sys.intern(value) for value in definition.option_values()}

    def one(value: str) -> str:
        known = allowed.get(value)
        if known is None:
            raise BadValue("INVALID_OPTION", f"{value} was not one of the allowed options: {sorted(allowed)}")
        return known

    def several(value: str) -> str:
        return sys.intern(";".join(one(part) for part in value.split(";") if part))

    return several if definition.field_type == "checkbox" else one


def as_text(value: object) -> str | None:
    """A JSON value as the text a property holds; None for null and the empty text, which clear it."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
