"""Static lists over HTTP: making and finding them, and who is on them.

https://developers.hubspot.com/docs/api-reference/crm-lists-v3/guide
"""

from typing import Any, Final

from starlette.responses import Response

from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rosters import STATIC, Roster
from connector.emulator.hubspot.rows import Table
from connector.emulator.hubspot.wire import Refusal, invalid, not_found, nothing, reply, stamp

READ: Final = "crm.lists.read"
WRITE: Final = "crm.lists.write"
MOST_MEMBERS: Final = 250
MOST_LISTS: Final = 500
MOST_CHANGES: Final = 100_000


def create(call: Call) -> Response:
    """POST a new list; only static ones, and no two of one name."""
    call.auth.need(WRITE)
    name, processing = call.field("name", str), call.field("processingType", str)
    table = call.portal.table(call.field("objectTypeId", str))
    if processing not in STATIC:
        raise invalid(f"processingType must be one of {', '.join(STATIC)} here, got {processing}")
    if call.portal.lists.named(name, table.kind.type_id) is not None:
        message = f"A list with the name {name} already exists."
        raise Refusal(400, "VALIDATION_ERROR", message, sub_category="ILS.DUPLICATE_LIST_NAMES")
    return reply({"list": call.portal.lists.add(name, table.kind.type_id, processing, call.portal.now()).shown(0)})


def get(call: Call) -> Response:
    """GET one list by its id."""
    call.auth.need(READ)
    roster, table = _roster(call)
    return reply({"list": roster.shown(len(roster.on(table)))})


def by_name(call: Call) -> Response:
    """GET one list by its name."""
    call.auth.need(READ)
    table = call.portal.table(call.path["type"])
    roster = call.portal.lists.named(call.path["name"], table.kind.type_id)
    if roster is None:
        raise not_found(f"List does not exist with name {call.path['name']}")
    return reply({"list": roster.shown(len(roster.on(table)))})


def find(call: Call) -> Response:
    """POST a part of a name, kinds of lists or ids: the lists that fit, a page at a time."""
    call.auth.need(READ)
    part, kinds = call.field("query", str, "").lower(), call.field("processingTypes", list, [])
    ids = {str(id) for id in call.field("listIds", list, [])}
    offset, count = call.field("offset", int, 0), call.field("count", int, 20)
    if count > MOST_LISTS:
        raise invalid(f"count must be at most {MOST_LISTS}, got {count}")
    fit = [
        one
        for one in call.portal.lists.by_id.values()
        if part in one.name.lower() and (not kinds or one.processing in kinds) and (not ids or str(one.id) in ids)
    ]
    some = fit[offset : offset + count]
    end = offset + len(some)
    return reply(
        {"offset": end, "hasMore": end < len(fit), "total": len(fit), "lists": [_found(call.portal, o) for o in some]}
    )


def delete(call: Call) -> Response:
    """DELETE a list."""
    call.auth.need(WRITE)
    roster, _ = _roster(call)
    del call.portal.lists.by_id[roster.id]
    return nothing()


def memberships(call: Call) -> Response:
    """GET a page of the members of a list, by record id."""
    call.auth.need(READ)
    roster, table = _roster(call)
    limit = call.query.number("limit", 100, MOST_MEMBERS) or 100
    after = call.query.number("after", 0, 10**18)
    members = roster.on(table)
    some = [(id, joined) for id, joined in members.items() if id > after]
    body: dict[str, Any] = {
        "results": [{"recordId": str(id), "membershipTimestamp": stamp(joined)} for id, joined in some[:limit]],
        "total": len(members),
    }
    if len(some) > limit:
        body["paging"] = {"next": {"after": str(some[limit - 1][0])}}
    return reply(body)


def add(call: Call) -> Response:
    """PUT record ids onto a list; those that are there already are left alone."""
    return _change(call, call.body, [])


def remove(call: Call) -> Response:
    """PUT record ids off a list; those that are not on it are left alone."""
    return _change(call, [], call.body)


def add_and_remove(call: Call) -> Response:
    """PUT some record ids onto a list and others off it."""
    return _change(call, call.field("recordIdsToAdd", list, []), call.field("recordIdsToRemove", list, []))


def _change(call: Call, joining: Any, leaving: Any) -> Response:
    call.auth.need(WRITE)
    roster, table = _roster(call)
    here, gone = _ids(joining), _ids(leaving)
    there = roster.on(table)
    missing = sorted({id for id in (*here, *gone) if table.merged.get(id, id) not in table.live})
    added = put(call.portal, roster, [id for id in here if id not in there and id not in missing])
    removed = take_off(call.portal, roster, [id for id in gone if id in there])
    answer = {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}
    return reply({name: [str(id) for id in some] for name, some in answer.items() if some})


def put(portal: Portal, roster: Roster, ids: list[int]) -> list[int]:
    """Put records onto a list, now."""
    new = list(dict.fromkeys(ids))
    roster.members.update(dict.fromkeys(new, portal.now()))
    roster.updated = portal.now()
    return new


def take_off(portal: Portal, roster: Roster, ids: list[int]) -> list[int]:
    """Take records off a list, with those that were merged into them."""
    merged = portal.table(roster.type_id).merged
    roster.members = {id: at for id, at in roster.members.items() if merged.get(id, id) not in ids}
    roster.updated = portal.now()
    return ids


def held(portal: Portal, *, members: bool) -> list[dict[str, Any]]:
    """Every list, or every member of every list (`id` is LIST:RECORD)."""
    rosters = [(one, one.on(portal.table(one.type_id))) for one in portal.lists.by_id.values()]
    if not members:
        return [{"id": str(one.id), **one.shown(len(on))} for one, on in rosters]
    return [
        {"id": f"{one.id}:{id}", "list_id": str(one.id), "list": one.name, "contact_id": str(id)}
        for one, on in rosters
        for id in on
    ]


def _ids(told: Any) -> list[int]:
    if not isinstance(told, list) or len(told) > MOST_CHANGES or not all(str(one).isdigit() for one in told):
        raise invalid(f"Invalid input JSON: a list of at most {MOST_CHANGES} record ids was expected")
    return [int(one) for one in told]


def _roster(call: Call) -> tuple[Roster, Table]:
    told = call.path["id"]
    roster = call.portal.lists.by_id.get(int(told)) if told.isdigit() else None
    if roster is None:
        raise not_found(f"List does not exist with ID {told}")
    return roster, call.portal.table(roster.type_id)


def _found(portal: Portal, roster: Roster) -> dict[str, Any]:
    shown = roster.shown(0)
    size = len(roster.on(portal.table(roster.type_id)))
    return {k: v for k, v in shown.items() if k != "size"} | {"additionalProperties": {"hs_list_size": str(size)}}
