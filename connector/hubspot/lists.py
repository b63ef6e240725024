"""Static contact lists whose names begin with `Tossup `, and their members as an object like any other.

HubSpot has no record of a membership. Here it has the id LIST:CONTACT and the fields list_id, contact_id, added_at.
https://developers.hubspot.com/docs/api-reference/crm-lists-v3/guide
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa

from connector.errors import AskAPerson, GiveUp
from connector.hubspot.cells import milliseconds
from connector.hubspot.names import MEMBERS, TYPE_IDS
from connector.hubspot.pages import Shape
from connector.hubspot.portal import Portal
from connector.hubspot.properties import id_field
from connector.paging import Trail
from connector.port import Outcome, Record, SetupStep
from connector.wire import Call
from mappings.schema import LIST_PREFIX, Field, FieldType, ObjectSchema, WantedList

PER_CALL = 1_000
"""Contacts of one call; HubSpot takes 100,000, but a call should not take minutes."""
_PAGE = 250
_LISTS = 500
_STATIC = ("MANUAL", "SNAPSHOT")
_CONTACTS = TYPE_IDS["contacts"]
_REFUSED = (400, 404, 409)


class Lists:
    """The lists of one account. Names are unique in HubSpot, without regard to case."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def schema(self) -> ObjectSchema:
        """Members as an object. Raises `GiveUp` with status 403 where the app may not see lists."""
        self._by_name(LIST_PREFIX.strip())  # whether there is one or not: it tells what we may see
        kinds = {"list_id": FieldType.TEXT, "contact_id": FieldType.TEXT, "added_at": FieldType.DATETIME}
        fields = {
            name: Field(
                name=name,
                label=name.replace("_", " ").capitalize(),
                type=kind,
                required=name != "added_at",
                createable=name != "added_at",
                updateable=False,
            )
            for name, kind in kinds.items()
        }
        return ObjectSchema(
            name=MEMBERS,
            label="List memberships",
            fields=MappingProxyType({"id": id_field(), **fields}),
            updateable=False,
            id_field="id",
            stamp_field=None,
        )

    def named(self, names: Iterable[str]) -> Mapping[str, str]:
        """Ids by name, of those that exist. Raises `AskAPerson` where one of them is no static list."""
        found = ((name, self._static(name)) for name in dict.fromkeys(names))
        return {name: str(one["listId"]) for name, one in found if one is not None}

    def missing(self, wanted: Sequence[WantedList]) -> tuple[SetupStep, ...]:
        """A step for each list that is not there."""
        there = self.named(one.name for one in wanted)
        return tuple(_step(one) for one in wanted if one.name not in there)

    def create(self, wanted: Sequence[WantedList]) -> None:
        """Create them; one that is there already is left alone."""
        for one in wanted:
            body = {"name": one.name, "objectTypeId": _CONTACTS, "processingType": "MANUAL"}
            call = Call(method="POST", target=self._portal.paths.lists(), json=body, repeatable=True)
            try:
                self._portal.transport.send(call)
            except GiveUp:
                # made a moment ago, or by a call whose answer got lost
                if self._by_name(one.name) is None:
                    raise

    def rows(self, shape: Shape) -> pa.RecordBatch:
        """Every member of every list, by list and contact; the columns that the shape asks for."""
        return pa.RecordBatch.from_pylist(list(self._rows()), schema=shape.arrow)

    def ids(self) -> list[str]:
        """The ids of all members."""
        return [str(row["id"]) for row in self._rows()]

    def add(self, records: Sequence[Record]) -> Iterator[Outcome]:
        """Put contacts on lists. One that is there already is fine, and not ours: its outcome has no id."""
        return self._changed("add", [(str(r.values["list_id"]), str(r.values["contact_id"]), r) for r in records])

    def remove(self, records: Sequence[Record]) -> Iterator[Outcome]:
        """Take members off their lists, by id."""
        return self._changed("remove", [(*_parts(record), record) for record in records])

    def _changed(
        self, verb: Literal["add", "remove"], members: Sequence[tuple[str, str, Record]]
    ) -> Iterator[Outcome]:
        ordered = sorted(members, key=lambda member: member[:2])
        for list_id, group in groupby(ordered, key=lambda member: member[0]):
            some = [(contact, record) for _, contact, record in group]
            for start in range(0, len(some), PER_CALL):
                yield from self._sent(verb, list_id, some[start : start + PER_CALL])

    def _sent(
        self, verb: Literal["add", "remove"], list_id: str, some: Sequence[tuple[str, Record]]
    ) -> Iterator[Outcome]:
        path = self._portal.paths.lists(f"{list_id}/memberships/{verb}")
        ids = list(dict.fromkeys(contact for contact, _ in some))
        try:
            said = self._portal.transport.send(Call(method="PUT", target=path, json=ids, repeatable=True)).data or {}
        except GiveUp as error:
            if error.status not in _REFUSED:
                raise
            yield from (Outcome(ref=r.ref, ok=False, code=error.code, message=str(error)) for _, r in some)
            return
        missing = {str(id) for id in said.get("recordIdsMissing") or ()}
        new = {str(id) for id in said.get("recordsIdsAdded") or ()}
        for contact, record in some:
            if verb == "add" and contact in missing:
                yield Outcome(
                    ref=record.ref, ok=False, code="OBJECT_NOT_FOUND", message="HubSpot has no such contact."
                )
            elif verb == "add":
                ours = contact in new
                yield Outcome(ref=record.ref, ok=True, id=f"{list_id}:{contact}" if ours else None, created=ours)
            else:
                yield Outcome(ref=record.ref, ok=True, id=record.id)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for list_id in self._ours():
            for member in self._members(list_id):
                yield {
                    "id": f"{list_id}:{member['recordId']}",
                    "list_id": list_id,
                    "contact_id": str(member["recordId"]),
                    "added_at": milliseconds(str(member["membershipTimestamp"])),
                }

    def _members(self, list_id: str) -> Iterator[Mapping[str, Any]]:
        path, after = self._portal.paths.lists(f"{list_id}/memberships"), ""
        trail = Trail(f"HubSpot members of list {list_id}")
        while True:
            answer = self._portal.get(path, {"limit": str(_PAGE), **({"after": after} if after else {})}).data
            yield from answer.get("results") or ()
            following = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
            if not following:
                return
            after = trail.on(following)

    def _ours(self) -> list[str]:
        """Ids of the lists that are ours by their name, in order."""
        found: dict[str, None] = {}
        offset = 0
        while True:
            answer = self._search(offset, _LISTS)
            for one in answer.get("lists") or ():
                if _is_ours(one):
                    found[str(one["listId"])] = None
            following = int(answer.get("offset") or 0)
            if not answer.get("hasMore") or following <= offset:
                return sorted(found, key=lambda one: (len(one), one))
            offset = following

    def _search(self, offset: int, count: int) -> Mapping[str, Any]:
        question = {"query": LIST_PREFIX.strip(), "processingTypes": list(_STATIC), "offset": offset, "count": count}
        call = Call(method="POST", target=self._portal.paths.lists("search"), json=question, repeatable=True)
        answer: Mapping[str, Any] = self._portal.transport.send(call).data
        return answer

    def _by_name(self, name: str) -> Mapping[str, Any] | None:
        try:
            answer = self._portal.get(self._portal.paths.lists(f"object-type-id/{_CONTACTS}/name/{name}"))
        except GiveUp as error:
            if error.status != 404:
                raise
            return None
        found: Mapping[str, Any] = answer.data["list"]
        return found

    def _static(self, name: str) -> Mapping[str, Any] | None:
        found = self._by_name(name)
        if found is not None and found.get("processingType") not in _STATIC:
            raise AskAPerson(
                f"The HubSpot list {name} fills itself; only a static list can be ours. Rename that list."
            )
        return found


def _is_ours(one: Mapping[str, Any]) -> bool:
    return str(one.get("name", "")).startswith(LIST_PREFIX) and str(one.get("objectTypeId")) == _CONTACTS


def _parts(record: Record) -> tuple[str, str]:
    list_id, _, contact = str(record.id).partition(":")
    return list_id, contact


def _step(wanted: WantedList) -> SetupStep:
    text = f"Create the static list {wanted.name}, for the contacts of that play (scope crm.lists.write)."
    return SetupStep(action="create_list", target=wanted.name, text=text, list=wanted)
