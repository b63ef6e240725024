"""Describe, through simple-salesforce, as `mappings.schema`. A field that our user may not see is not there."""

from collections.abc import Iterable, Mapping
from typing import Any

from simple_salesforce.api import Salesforce, SFType

from connector.errors import GiveUp
from connector.library import LibrarySession
from connector.salesforce.config import SalesforceConfig
from connector.transport import Transport
from mappings.schema import Field, FieldType, ObjectSchema, Schema

# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
_TYPES: Mapping[str, FieldType] = {
    "id": FieldType.ID,
    "string": FieldType.TEXT,
    "phone": FieldType.TEXT,
    "url": FieldType.TEXT,
    "email": FieldType.TEXT,
    "combobox": FieldType.TEXT,
    "encryptedstring": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "int": FieldType.INTEGER,
    "long": FieldType.INTEGER,
    "double": FieldType.NUMBER,
    "currency": FieldType.CURRENCY,
    "percent": FieldType.PERCENT,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "picklist": FieldType.CHOICE,
    "multipicklist": FieldType.CHOICES,
    "reference": FieldType.REFERENCE,
}
_STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""SystemModstamp moves on automated changes too; History objects have CreatedDate only."""


class Describer:
    """Asks the org what it has."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport

    def schema(self, objects: Iterable[str]) -> Schema:
        """The objects that are there, those we may not read (`hidden`), and every name for suggestions."""
        said = self._library().describe() or {"sobjects": []}
        listed = {entry["name"]: entry for entry in said["sobjects"]}
        found: dict[str, ObjectSchema] = {}
        hidden: dict[str, str] = {}
        for name in sorted(set(objects) & set(listed)):
            if not listed[name].get("queryable", True):
                hidden[name] = "our user may not query it"
                continue
            try:
                found[name] = self.object(name)
            except GiveUp as error:
                if error.status not in (403, 404):
                    raise
                hidden[name] = str(error)
        return Schema(crm="salesforce", objects=found, known=tuple(sorted(listed)), hidden=hidden)

    def object(self, name: str) -> ObjectSchema:
        """One object. Raises `GiveUp` with code NOT_FOUND where it is not there for our user."""
        token = self._transport.sign_in()
        kind = SFType(
            name,
            token.value,
            self._transport.base_url.partition("://")[2],
            sf_version=self._config.api_version,
            session=LibrarySession(self._transport),
        )
        return _object(kind.describe())

    def _library(self) -> Salesforce:
        return Salesforce(
            session_id=self._transport.sign_in().value,
            instance_url=self._transport.base_url,
            version=self._config.api_version,
            session=LibrarySession(self._transport),
            object_pairs_hook=None,
        )


def _object(said: Mapping[str, Any]) -> ObjectSchema:
    fields = {entry["name"]: _field(entry) for entry in said["fields"]}
    return ObjectSchema(
        name=said["name"],
        label=said.get("label") or said["name"],
        fields=fields,
        createable=bool(said.get("createable")),
        updateable=bool(said.get("updateable")),
        deletable=bool(said.get("deletable", True)),
        custom=bool(said.get("custom")),
        id_field="Id",
        stamp_field=next((name for name in _STAMPS if name in fields), None),
    )


def _field(said: Mapping[str, Any]) -> Field:
    type = _TYPES.get(said["type"], FieldType.OTHER)
    createable = bool(said.get("createable"))
    given_by_salesforce = said.get("nillable", True) or said.get("defaultedOnCreate") or said["type"] == "boolean"
    return Field(
        name=said["name"],
        label=said.get("label") or said["name"],
        type=type,
        length=said.get("length") or None,
        required=createable and not given_by_salesforce,
        createable=createable,
        updateable=bool(said.get("updateable")),
        calculated=bool(said.get("calculated")),
        unique=bool(said.get("unique")),
        upsert_key=bool(said.get("externalId")),
        choices=tuple(c["value"] for c in said.get("picklistValues") or () if c.get("active", True)),
        restricted=bool(said.get("restrictedPicklist")),
        references=tuple(said.get("referenceTo") or ()),
        relationship=said.get("relationshipName"),
    )
