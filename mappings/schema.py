"""What a CRM says it has: objects, fields, types, picklists, permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """The types both CRMs share; every vendor type maps onto one of them."""

    ID = "id"
    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    NUMBER = "number"
    CURRENCY = "currency"
    PERCENT = "percent"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field (Salesforce) or property (HubSpot) as our user may see it."""

    name: str
    label: str
    type: FieldType
    length: int | None = None
    required: bool = False
    createable: bool = True
    updateable: bool = True
    calculated: bool = False
    unique: bool = False
    upsert_key: bool = False
    choices: tuple[str, ...] = ()
    restricted: bool = False
    references: tuple[str, ...] = ()
    relationship: str | None = None
    """The name a path uses to go through this reference: `Owner` for OwnerId, `Product__r` for Product__c."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSchema:
    """One object: its fields by name, and the names of the objects it can be associated with (HubSpot)."""

    name: str
    label: str
    fields: Mapping[str, Field]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    custom: bool = False
    id_field: str = "Id"
    stamp_field: str | None = "SystemModstamp"
    associations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The objects asked for that exist. `hidden`: those we may not see, with the reason in words."""

    crm: str
    objects: Mapping[str, ObjectSchema]
    known: tuple[str, ...] = ()
    """Every object name the CRM has, for suggestions."""
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedField:
    """A field that Tossup writes and that `setup` creates where it is missing."""

    object: str
    name: str
    label: str
    type: FieldType
    help: str
    length: int | None = None
    choices: tuple[str, ...] = ()
    unique: bool = False
    """Unique external id (Salesforce), hasUniqueValue (HubSpot)."""
    references: tuple[str, ...] = ()
    """The object that a field of type REFERENCE points at."""


LIST_PREFIX = "Tossup "
"""What the names of our campaigns and lists begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedList:
    """A campaign (Salesforce) or static list of contacts (HubSpot) that `setup` makes where it is missing.

    `values` are written into a new campaign; a list has none.
    """

    name: str
    values: Mapping[str, str | int | float | bool] = field(default_factory=dict)
