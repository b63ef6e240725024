"""Writes to a HubSpot portal with plain requests: properties and schemas first, then batches of records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from benchmarks.worlds.machine import THREADS, Refused, Wire, chunks, in_parallel

VERSION = "2026-09"
RECORDS_A_CALL = 100
GROUP = "loaded_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record to create; `links` are (object, id) of records it is associated with; `key` finds its id again."""

    key: str
    properties: Mapping[str, object]
    links: tuple[tuple[str, str], ...] = field(default=())


class HubSpot:
    """One portal, as the private app that the emulator announced."""

    def __init__(self, announced: Mapping[str, Any], control_url: str) -> None:
        self._wire = Wire(str(announced["url"]), str(announced["access_token"]))
        self._control = Wire(control_url, "")
        self._link_type = cache(self._find_link_type)

    def define_object(
        self, name: str, label: str, properties: Sequence[Mapping[str, Any]], linked: Sequence[str]
    ) -> None:
        """Create a custom object with these properties, to be associated with `linked`; keep it if it is there."""
        known = self._get("/crm-object-schemas/2026-03/schemas")["results"]
        if any(schema["name"] == name for schema in known):
            return
        body = {
            "name": name,
            "labels": {"singular": label, "plural": f"{label}s"},
            "primaryDisplayProperty": properties[0]["name"],
            "requiredProperties": [],
            "searchableProperties": [],
            "properties": [dict(each) for each in properties],
            "associatedObjects": list(linked),
        }
        self._post("/crm-object-schemas/2026-03/schemas", body)

    def define(self, object: str, properties: Sequence[Mapping[str, Any]]) -> None:
        """Create the properties that the object lacks, in a group of their own."""
        path = f"/crm/properties/{VERSION}/{object}"
        known = {each["name"] for each in self._get(path)["results"]}
        missing = [dict(each) | {"groupName": GROUP} for each in properties if each["name"] not in known]
        if not missing:
            return
        groups = {each["name"] for each in self._get(f"{path}/groups")["results"]}
        if GROUP not in groups:
            self._post(f"{path}/groups", {"name": GROUP, "label": "Loaded data"})
        made = self._post(f"{path}/batch/create", {"inputs": missing})
        if made.get("errors"):
            raise Refused(f"{object}: {made['errors']}")

    def create(self, object: str, records: Iterable[Record]) -> dict[str, str]:
        """Create records in batches; their ids by key. Raises Refused unless every one was created."""

        def one_batch(batch: list[Record]) -> dict[str, str]:
            return self._batch(object, batch)

        ids: dict[str, str] = {}
        for found in in_parallel(one_batch, chunks(records, RECORDS_A_CALL)):
            ids.update(found)
        return ids

    def load(self, object: str, records: Iterable[Record], *, in_order: bool = False) -> int:
        """The same where nobody needs the ids; how many were created. `in_order`: their ids rise as they come."""

        def one_batch(batch: list[Record]) -> int:
            return len(self._batch(object, batch))

        threads = 1 if in_order else THREADS
        return sum(in_parallel(one_batch, chunks(records, RECORDS_A_CALL), threads))

    def seed(self, object: str, records: Iterable[Record]) -> int:
        """Create records by the control plane: those that only HubSpot's own tools make (survey answers)."""
        made = 0
        for batch in chunks(records, 10_000):
            body = {"crm": "hubspot", "object": object, "records": [self._input(object, each) for each in batch]}
            made += len(self._control.send("POST", "/seed", data=orjson.dumps(body)).json()["ids"])
        return made

    def owner(self) -> str:
        """The id of one person for records to belong to, as in Salesforce they belong to whoever loads them.

        Made by the control plane where the portal has nobody: people come into a portal by invitation only.
        """
        people = self._get(f"/crm/owners/{VERSION}?limit=1")["results"]
        if people:
            return str(people[0]["id"])
        body = {"crm": "hubspot", "object": "owners", "records": [{"firstName": "Owner", "lastName": "01"}]}
        return str(self._control.send("POST", "/seed", data=orjson.dumps(body)).json()["ids"][0])

    def count(self, object: str) -> int:
        """Live records of the object."""
        return int(self._post(f"/crm/objects/{VERSION}/{object}/search", _EVERYTHING)["total"])

    def count_by(self, object: str, property: str, value: str) -> int:
        """Live records whose property has this value."""
        only = {"filters": [{"propertyName": property, "operator": "EQ", "value": value}]}
        body = _EVERYTHING | {"filterGroups": [only]}
        return int(self._post(f"/crm/objects/{VERSION}/{object}/search", body)["total"])

    def _batch(self, object: str, batch: list[Record]) -> dict[str, str]:
        inputs = [
            {**self._input(object, record), "objectWriteTraceId": str(place)} for place, record in enumerate(batch)
        ]
        answer = self._post(f"/crm/objects/{VERSION}/{object}/batch/create", {"inputs": inputs})
        if answer.get("errors") or len(answer["results"]) != len(batch):
            raise Refused(f"{object}: {len(answer['results'])} of {len(batch)}, {answer.get('errors', [])[:3]}")
        return {batch[int(each["objectWriteTraceId"])].key: each["id"] for each in answer["results"]}

    def _input(self, object: str, record: Record) -> dict[str, Any]:
        return {
            "properties": {name: _text(value) for name, value in record.properties.items() if value is not None},
            "associations": [{"to": {"id": id}, "types": [self._link_type(object, to)]} for to, id in record.links],
        }

    def _find_link_type(self, object: str, to: str) -> dict[str, Any]:
        labels = self._get(f"/crm/associations/{VERSION}/{object}/{to}/labels")["results"]
        if not labels:
            raise Refused(f"{object} cannot be associated with {to}")
        # A primary company counts as the company: https://developers.hubspot.com/docs/api/crm/associations
        best = min(labels, key=lambda each: (str(each.get("label")) != "Primary", each.get("label") is not None))
        return {"associationCategory": best["category"], "associationTypeId": best["typeId"]}

    def _get(self, path: str) -> Any:
        return orjson.loads(self._wire.send("GET", path).content)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return orjson.loads(self._wire.send("POST", path, data=orjson.dumps(body), headers=_JSON).content)


_JSON = {"Content-Type": "application/json"}
_EVERYTHING: dict[str, Any] = {"filterGroups": [], "sorts": [], "properties": [], "limit": 1, "after": "0"}


def text(name: str, label: str) -> dict[str, Any]:
    """A line of text."""
    return {"name": name, "label": label, "type": "string", "fieldType": "text"}


def number(name: str, label: str) -> dict[str, Any]:
    """A number."""
    return {"name": name, "label": label, "type": "number", "fieldType": "number"}


def day(name: str, label: str) -> dict[str, Any]:
    """A date."""
    return {"name": name, "label": label, "type": "date", "fieldType": "date"}


def checkbox(name: str, label: str) -> dict[str, Any]:
    """Yes or no."""
    options = [
        {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
        {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
    ]
    return {"name": name, "label": label, "type": "bool", "fieldType": "booleancheckbox", "options": options}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
