"""What a field is, and how describe shows it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Value = str | int | float | bool | None
"""A stored value: dates are ISO text, datetimes are seconds since 1970, empty text is None."""

_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "anyType": "xsd:anyType",
}
TEXTS = frozenset({"string", "textarea", "picklist", "multipicklist", "email", "phone", "url", "combobox"})
_FILLED = frozenset(
    {
        "Id",
        "OwnerId",
        "IsDeleted",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
    }
)
NUMBERS = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an object, in Salesforce's own terms.

    `audit` fields may be given when a record is created, never later; `guarded` ones stay hidden from everybody until
    a permission set grants them; `cascade` deletes a record together with the one it refers to.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    default: Value = None
    choices: tuple[str, ...] = ()
    restricted: bool = False
    targets: tuple[str, ...] = ()
    relationship: str | None = None
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    custom: bool = False
    calculated: bool = False
    audit: bool = False
    guarded: bool = False
    cascade: bool = False
    help: str | None = None

    @property
    def nillable(self) -> bool:
        """Whether it may be empty."""
        return not self.required and self.type != "boolean" and self.name not in _FILLED

    @property
    def filled(self) -> bool:
        """Whether Salesforce fills it where the caller does not."""
        return self.default is not None or self.name in _FILLED

    @property
    def filterable(self) -> bool:
        """Whether a WHERE clause may name it."""
        return self.type != "anyType" and (self.type != "textarea" or self.length <= 255)

    @property
    def indexed(self) -> bool:
        """Whether a value leads to its records: external ids and unique fields."""
        return self.external_id or self.unique


def label_of(name: str) -> str:
    """`BillingCountry` -> `Billing Country`, `AccountId` -> `Account ID`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("__c").replace("_", " "))
    return re.sub(r" Id$", " ID", words)


def text(
    name: str, length: int = 255, *, required: bool = False, type: str = "string", custom: bool = False
) -> Field:
    """A line of text (or an email, phone, url, textarea by `type`)."""
    return Field(name=name, label=label_of(name), type=type, length=length, required=required, custom=custom)


def number(name: str, precision: int = 18, scale: int = 0, *, type: str = "double", custom: bool = False) -> Field:
    """A number; `type` may be int, currency or percent."""
    return Field(name=name, label=label_of(name), type=type, precision=precision, scale=scale, custom=custom)


def plain(name: str, type: str, *, default: Value = None, required: bool = False, custom: bool = False) -> Field:
    """A date or datetime, or a checkbox, which is never empty."""
    if type == "boolean" and default is None:
        default = False
    return Field(name=name, label=label_of(name), type=type, default=default, required=required, custom=custom)


def choice(
    name: str,
    choices: Iterable[str],
    *,
    default: Value = None,
    restricted: bool = False,
    required: bool = False,
    type: str = "picklist",
) -> Field:
    """A picklist (or combobox by `type`)."""
    return Field(
        name=name,
        label=label_of(name),
        type=type,
        length=255,
        choices=tuple(choices),
        default=default,
        restricted=restricted,
        required=required,
    )


def reference(name: str, *targets: str, required: bool = False, cascade: bool = False) -> Field:
    """A lookup; the relationship is named after the field (`OwnerId` -> `Owner`, `X__c` -> `X__r`)."""
    relationship = name.removesuffix("__c") + "__r" if name.endswith("__c") else name.removesuffix("Id")
    return Field(
        name=name,
        label=label_of(name),
        type="reference",
        length=18,
        required=required,
        targets=targets,
        relationship=relationship,
        cascade=cascade,
        custom=name.endswith("__c"),
    )


def _choices(field: Field) -> list[dict[str, object]]:
    return [
        {"active": True, "defaultValue": c == field.default, "label": c, "validFor": None, "value": c}
        for c in field.choices
    ]


def describe(field: Field, *, editable: bool) -> dict[str, object]:
    """The field as `GET .../describe` shows it to a user who may read it, and edit it if `editable`."""
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "precision": field.precision,
        "scale": field.scale,
        "digits": field.precision if field.type == "int" else 0,
        "nillable": field.nillable,
        "createable": (field.createable or field.audit) and editable,
        "updateable": field.updateable and not field.audit and editable,
        "defaultedOnCreate": field.filled,
        "defaultValue": field.default if field.type == "boolean" else None,
        "custom": field.custom,
        "calculated": field.calculated,
        "autoNumber": False,
        "externalId": field.external_id,
        "unique": field.unique,
        "caseSensitive": field.case_sensitive,
        "idLookup": field.external_id or field.type == "id",
        "nameField": field.name == "Name",
        "referenceTo": list(field.targets),
        "relationshipName": field.relationship,
        "polymorphicForeignKey": len(field.targets) > 1,
        "cascadeDelete": field.cascade,
        "picklistValues": _choices(field),
        "restrictedPicklist": field.restricted,
        "inlineHelpText": field.help,
        "filterable": field.filterable,
        "sortable": field.type != "textarea" or field.length <= 255,
        "groupable": field.type not in ("textarea", "double", "currency", "percent", "datetime"),
        "aggregatable": field.type != "textarea",
        "deprecatedAndHidden": False,
        "permissionable": field.custom and not field.required,
    }
