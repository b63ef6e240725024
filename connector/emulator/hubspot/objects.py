"""Single records over HTTP: list, get, create, update, archive."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from starlette.responses import Response

from connector.emulator.hubspot import writes
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Record, Table
from connector.emulator.hubspot.wire import invalid, not_found, nothing, reply, stamp

MOST_A_PAGE: Final = 100
MOST_WITH_HISTORY: Final = 50
MOST_LINKS_IN_A_PAGE: Final = 100
APP: Final = "2024001"
APP_NAME: Final = "Integration"
"""The id and name of the app that all calls come from, as the history tells them."""


def page(call: Call) -> Response:
    """GET a page of records, by id ascending."""
    table = call.table("read")
    history = call.query.names("propertiesWithHistory")
    limit = call.query.number("limit", 10, MOST_WITH_HISTORY if history else MOST_A_PAGE) or 10
    archived = call.query.flag("archived")
    records = list(islice(_after(table, call.query.text("after"), archived=archived), limit + 1))
    view = View(call, table)
    body: dict[str, Any] = {"results": [view.shown(record) for record in records[:limit]]}
    if len(records) > limit:
        body["paging"] = _next_page(call, str(records[limit - 1].id))
    return reply(body)


def get(call: Call) -> Response:
    """GET one record by id, or by `?idProperty=`."""
    table = call.table("read")
    record = _one(table, call.path["id"], call.query.text("idProperty"), archived=call.query.flag("archived"))
    return reply(View(call, table).shown(record))


def create(call: Call) -> Response:
    """POST a new record."""
    table = call.table("write")
    properties, links = call.field("properties", dict), call.field("associations", list, [])
    draft = writes.draft_create(call.portal, table, properties, links, call.by, set())
    return reply(written(table, writes.commit(call.portal, draft, call.by)), 201)


def update(call: Call) -> Response:
    """PATCH a record by id, or by `?idProperty=`."""
    table = call.table("write")
    record = _one(table, call.path["id"], call.query.text("idProperty"), archived=False)
    draft = writes.draft_update(call.portal, table, record, call.field("properties", dict), call.by, set())
    return reply(written(table, writes.commit(call.portal, draft, call.by)))


def archive(call: Call) -> Response:
    """DELETE a record: into the recycle bin. One that is not there is no error."""
    table = call.table("write")
    record = by_id(table, call.path["id"])
    if record is not None:
        writes.archive(call.portal, table, record)
    return nothing()


def by_id(table: Table, id: object) -> Record | None:
    """The live record with this id, as it came on the wire."""
    text = str(id)
    return table.find(int(text)) if text.isdigit() else None


def by_key(table: Table, key: object, id_property: str) -> Record | None:
    """The live record with this unique value."""
    value = str(key).lower() if id_property == "email" else str(key)
    id = table.unique[id_property].get(value)
    return None if id is None else table.live[id]


def written(table: Table, record: Record) -> dict[str, Any]:
    """A record as writes answer it: everything that is set."""
    names = (*table.kind.always, *table.set_names(record))
    return bare(record) | {"properties": table.pick(record, names)}


def bare(record: Record) -> dict[str, Any]:
    """A record without its properties."""
    body: dict[str, Any] = {
        "id": str(record.id),
        "properties": {},
        "createdAt": stamp(record.created),
        "updatedAt": stamp(record.updated),
        "archived": record.archived is not None,
    }
    if record.archived is not None:
        body["archivedAt"] = stamp(record.archived)
    return body


def with_history(table: Table, record: Record, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """What properties held over time, newest first."""
    return {
        name: [
            {
                "value": change.value or "",
                "timestamp": stamp(change.at),
                "sourceType": change.source,
                "sourceId": APP if change.user is None else f"userId:{change.user}",
                "sourceLabel": APP_NAME if change.user is None else None,
                "updatedByUserId": change.user,
            }
            for change in table.history(record, name)
        ]
        for name in names
        if name in table.properties
    }


class View:
    """How a request wants its records shown."""

    def __init__(self, call: Call, table: Table) -> None:
        self._table = table
        self._names = shown_names(table, [*call.query.names("properties")])
        self._history = call.query.names("propertiesWithHistory")
        self._links = [call.portal.table(name) for name in call.query.names("associations")]
        self._asked = call.query.names("associations")
        self._portal = call.portal

    def shown(self, record: Record) -> dict[str, Any]:
        """One record."""
        body = bare(record)
        body["properties"] = self._table.pick(record, self._names)
        if self._history:
            body["propertiesWithHistory"] = with_history(self._table, record, self._history)
        if self._links:
            found = {name: self._linked(record, to) for name, to in zip(self._asked, self._links, strict=True)}
            body["associations"] = {name: linked for name, linked in found.items() if linked["results"]}
        return body

    def _linked(self, record: Record, to: Table) -> dict[str, Any]:
        ends = (self._table.kind.name, to.kind.name)
        entries = self._portal.links.of(ends, record.id)
        word = f"{self._table.kind.singular}_to_{to.kind.singular}"
        results = [
            {"id": str(other), "type": _word(self._portal, ends, type, word)}
            for other, types in entries[:MOST_LINKS_IN_A_PAGE]
            for type in types
        ]
        linked: dict[str, Any] = {"results": results}
        if len(entries) > MOST_LINKS_IN_A_PAGE:
            linked["paging"] = {"next": {"after": str(entries[MOST_LINKS_IN_A_PAGE - 1][0]), "link": ""}}
        return linked


def _word(portal: Portal, ends: tuple[str, str], id: int, word: str) -> str:
    type = portal.types.get(ends, id)
    if type is None or type.label is None:
        return word if type is None or portal.types.primary(ends) is None else f"{word}_unlabeled"
    return word if type.label == "Primary" else type.label.lower().replace(" ", "_")


def shown_names(table: Table, asked: list[str]) -> tuple[str, ...]:
    """The properties to answer: those asked for, or the object's usual ones, and always stamps and id."""
    return tuple(dict.fromkeys([*(asked or table.kind.shown), *table.kind.always]))


def _after(table: Table, after: str | None, *, archived: bool) -> Iterator[Record]:
    if after is not None and not after.isdigit():
        raise invalid(f"after must be a number, got {after}")
    first = int(after or 0) + 1
    if archived:
        return (table.gone[id] for id in sorted(table.gone) if id >= first)
    return (table.live[id] for id in table.identified(first))


def _one(table: Table, key: str, id_property: str | None, *, archived: bool) -> Record:
    if id_property in {None, "hs_object_id"}:
        record = table.gone.get(int(key)) if archived and key.isdigit() else by_id(table, key)
    elif id_property in table.unique:
        record = by_key(table, key, str(id_property))
    else:
        raise invalid(f"Property {id_property} of {table.kind.type_id} is not unique")
    if record is None:
        raise not_found("Object not found.  objectId are usually numeric.")
    return record


def _next_page(call: Call, after: str) -> dict[str, Any]:
    link = str(call.request.url.include_query_params(after=after))
    return {"next": {"after": after, "link": link}}
