"""Who wrote a field last: from field history where the org tracks the field, else who saved the record last.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connector.errors import GiveUp
from connector.port import Edit
from connector.salesforce.query import RestQuery
from connector.salesforce.soql import any_of

_IDS = 200
_NO_HISTORY = ("INVALID_TYPE", "INVALID_FIELD", "NOT_FOUND")
_OF_RECORD = "LastModifiedBy"
_ODD = {"Opportunity": "OpportunityFieldHistory"}
_WITHOUT = ("Task", "Event", "CampaignMember", "User")
"""Objects that never have a history of their own."""


class Edits:
    """Asks for edits of records of any object."""

    def __init__(self, rest: RestQuery, me: Callable[[], str | None]) -> None:
        self._rest = rest
        self._me = me

    def of(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """One edit for each record and field that can be told of.

        Nothing that is computed when a record is saved is tracked, nor what a record was created with; a field
        without history is told by the record's LastModifiedBy, with that as its source and no value. Where we
        saved the record last ourselves, that tells nothing of who wrote the field before.
        """
        for start in range(0, len(ids), _IDS):
            some = list(dict.fromkeys(ids[start : start + _IDS]))
            found = {(edit.id, edit.field): edit for edit in self._tracked(object, some, fields)}
            yield from found.values()
            rest = [id for id in some if any((id, field) not in found for field in fields)]
            for edit in self._of_records(object, rest, fields):
                if (edit.id, edit.field) not in found:
                    yield edit

    def _tracked(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """The newest history row of each field; rows come newest last, so that later ones replace earlier ones."""
        if object in _WITHOUT:
            return
        history, parent = _history_of(object)
        asked = f"{any_of(parent, ids)} AND {any_of('Field', sorted({_tracked_as(field) for field in fields}))}"
        soql = f"SELECT {parent}, Field, NewValue, CreatedDate, CreatedBy.Name FROM {history} WHERE {asked}"
        try:
            rows = self._rest.rows(f"{soql} ORDER BY CreatedDate, Id")
        except GiveUp as error:
            if error.code not in _NO_HISTORY:
                raise
            return
        names = {_tracked_as(field): field for field in fields}
        for row in rows:
            if row["Field"] in names:
                yield Edit(
                    id=str(row[parent]),
                    field=names[row["Field"]],
                    value=row.get("NewValue"),
                    at=_moment(row["CreatedDate"]),
                    by=_name(row.get("CreatedBy")),
                    source=history,
                )

    def _of_records(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        if not ids:
            return
        columns, me = "Id, LastModifiedDate, LastModifiedById, LastModifiedBy.Name", self._me()
        rows = self._rest.rows(f"SELECT {columns} FROM {object} WHERE {any_of('Id', ids)}")
        for row in (row for row in rows if me is None or row["LastModifiedById"] != me):
            for field in fields:
                yield Edit(
                    id=str(row["Id"]),
                    field=field,
                    at=_moment(row["LastModifiedDate"]),
                    by=_name(row.get("LastModifiedBy")),
                    source=_OF_RECORD,
                )


def _history_of(object: str) -> tuple[str, str]:
    """The history object, and its field that names the record."""
    if object.endswith("__c"):
        return f"{object.removesuffix('__c')}__History", "ParentId"
    return _ODD.get(object, f"{object}History"), f"{object}Id"


def _tracked_as(field: str) -> str:
    """What the history calls a field: a lookup goes by its relationship there."""
    return field.removesuffix("Id") if field.endswith("Id") and field != "Id" else field


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("+0000", "+00:00")).astimezone(UTC)


def _name(person: Any) -> str | None:
    return str(person["Name"]) if person and person.get("Name") else None
