"""What the account has: properties, associations, owners, and what our app may not see."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from connector.errors import CrmError, GiveUp
from connector.hubspot import rates
from connector.hubspot.library import Library
from connector.hubspot.lists import Lists
from connector.hubspot.names import (
    LINKS,
    MEMBERS,
    OWNERS,
    PSEUDO,
    RATES,
    READ_ONLY,
    REQUIRED,
    STAGES,
    TYPE_IDS,
    stamp_field,
)
from connector.hubspot.portal import Portal
from connector.hubspot.properties import field, id_field, read_only
from mappings.schema import Field, FieldType, ObjectSchema, Schema

_UNKNOWN_TYPE = (400, 404)
_Schemas = Mapping[str, Mapping[str, Any]]


class Describer:
    """Describes objects by the names a mapping uses."""

    def __init__(self, portal: Portal, library: Library) -> None:
        self._portal = portal
        self._library = library
        self._lists = Lists(portal)

    def schema(self, names: Iterable[str]) -> Schema:
        """The objects that exist; those we may not see are in `hidden` with the reason."""
        wanted = tuple(dict.fromkeys(names))
        custom, denied = self._custom(needed=any(n not in (*TYPE_IDS, *PSEUDO) for n in wanted))
        objects: dict[str, ObjectSchema] = {}
        hidden: dict[str, str] = {}
        for name in wanted:
            try:
                found = self._object(name, custom, denied)
            except CrmError as error:
                if error.status != 403:
                    raise
                hidden[name] = str(error)
            else:
                objects |= {name: found} if found else {}
        own = [str(schema["name"]) for schema in custom.values()]
        known = tuple(sorted({*TYPE_IDS, *PSEUDO, *own}))
        return Schema(crm="hubspot", objects=objects, known=known, hidden=MappingProxyType(hidden))

    def _custom(self, *, needed: bool) -> tuple[_Schemas, CrmError | None]:
        try:
            return self._portal.custom(), None
        except CrmError as error:
            if error.status not in (403, 404):
                raise
            return {}, error if needed else None

    def _object(self, name: str, custom: _Schemas, denied: CrmError | None) -> ObjectSchema | None:
        if name == OWNERS:
            return owners_schema(self._library)
        if name == MEMBERS:
            return self._lists.schema()
        if name == RATES:
            return rates.schema(self._portal)
        own = custom.get(name)
        if own is None and name not in TYPE_IDS:
            if denied is not None:
                raise denied
            return None
        answers = self._properties(name)
        return None if answers is None else self._described(name, own, answers, custom)

    def _properties(self, name: str) -> list[Mapping[str, Any]] | None:
        try:
            self._portal.page(name, {"limit": "1", "properties": "hs_object_id"})  # properties may show, records not
            return self._library.properties(self._portal.type(name))
        except GiveUp as error:
            if error.status in _UNKNOWN_TYPE:  # an object of a product that the account has not bought
                return None
            raise

    def _described(
        self, name: str, own: Mapping[str, Any] | None, answers: Iterable[Mapping[str, Any]], custom: _Schemas
    ) -> ObjectSchema:
        required = (own or {}).get("requiredProperties") or REQUIRED.get(name, ())
        fields = {f.name: f for f in (field(a, required=a["name"] in required) for a in answers)}
        fields |= self._staged(name, fields)
        writable = name not in READ_ONLY
        return ObjectSchema(
            name=name,
            label=str(((own or {}).get("labels") or {}).get("plural") or name.replace("_", " ").capitalize()),
            fields=MappingProxyType({"id": id_field(), **fields}),
            createable=writable,
            updateable=writable,
            custom=own is not None,
            id_field="id",
            stamp_field=stamp_field(name),
            associations=self._associations(name, custom),
        )

    def _staged(self, name: str, fields: Mapping[str, Field]) -> dict[str, Field]:
        """Pipeline and stage with their choices, which HubSpot keeps with the pipelines."""
        named = STAGES.get(name, ())
        if not set(named) <= set(fields):
            return {}
        try:
            pipelines = self._library.pipelines(name) if named else []
        except GiveUp:
            return {}  # without the choices a mapping can be checked less, but used all the same
        stages = [stage for pipeline in pipelines for stage in pipeline["stages"]]
        found = zip(named, (pipelines, stages), strict=False)
        return {
            property: replace(fields[property], choices=tuple(str(one["id"]) for one in some), restricted=True)
            for property, some in found
            if some
        }

    def _associations(self, name: str, custom: _Schemas) -> tuple[str, ...]:
        """HubSpot's own pairs, and those that the account's own objects declare, in both directions."""
        names = {id: known for known, id in TYPE_IDS.items()} | {
            str(schema["objectTypeId"]): str(schema["name"]) for schema in custom.values()
        }
        us = self._portal.type_id(name)
        found = set(LINKS.get(name, ()))
        for schema in custom.values():
            for pair in schema.get("associations") or ():
                ends = {str(pair.get("fromObjectTypeId")), str(pair.get("toObjectTypeId"))}
                found |= {names[id] for id in ends - {us} if us in ends and id in names}
        return tuple(sorted(found))


def owners_schema(library: Library) -> ObjectSchema:
    """The people and queues that records belong to, those who left included. Raises where we may not see them."""
    next(iter(library.owners(archived=False)), None)
    kinds = {"name": FieldType.TEXT, "type": FieldType.CHOICE, "archived": FieldType.BOOLEAN}
    return read_only(OWNERS, "Owners", kinds)
