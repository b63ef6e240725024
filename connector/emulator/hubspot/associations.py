"""Associations over HTTP: single and in batches, default and labelled; and the list of labels."""

from typing import Any, Final

from starlette.responses import Response

from connector.emulator.hubspot import linking
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.links import Ends, Types
from connector.emulator.hubspot.objects import by_id
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.wire import Refusal, batch, id_in, invalid, not_found, nothing, reply, stamp

MOST_READ: Final = 1_000
MOST_WRITTEN: Final = 2_000
MOST_ARCHIVED: Final = 100
MOST_TARGETS: Final = 500


def listed(call: Call) -> Response:
    """GET the records of one object that a record is linked to."""
    ends = _ends(call, "read", "type", "to")
    limit = call.query.number("limit", MOST_TARGETS, MOST_TARGETS)
    id = _existing(call.portal, ends[0], call.path["id"])
    return reply(_page(call.portal, ends, id, call.query.text("after"), limit))


def put_default(call: Call) -> Response:
    """PUT the unlabelled link between two records."""
    ends = _ends(call, "write", "from", "to")
    ids = _existing(call.portal, ends[0], call.path["from_id"]), _existing(call.portal, ends[1], call.path["to_id"])
    linking.link(call.portal, ends, *ids, ())
    results = _default_results(call.portal, ends, *ids)
    return reply(batch(results, [], stamp(call.portal.now())))


def put(call: Call) -> Response:
    """PUT a link with labels between two records."""
    ends = _ends(call, "write", "type", "to")
    id, to = _existing(call.portal, ends[0], call.path["id"]), _existing(call.portal, ends[1], call.path["to_id"])
    types = linking.checked_types(call.portal, ends, call.body)
    linking.link(call.portal, ends, id, to, types)
    return reply(_pair(call.portal, ends, id, to, types), 201)


def delete(call: Call) -> Response:
    """DELETE every link between two records."""
    ends = _ends(call, "write", "type", "to")
    id, to = call.path["id"], call.path["to_id"]
    if id.isdigit() and to.isdigit():
        linking.unlink(call.portal, ends, int(id), int(to))
    return nothing()


def batch_read(call: Call) -> Response:
    """POST records: what each is linked to; those linked to nothing are missing, with an error entry in v4."""
    ends = _ends(call, "read", "from", "to")
    results, lonely = [], []
    for told in call.inputs(MOST_READ):
        record = by_id(call.portal.tables[ends[0]], told.get("id"))
        page = (
            {"results": []}
            if record is None
            else _page(call.portal, ends, record.id, told.get("after"), MOST_TARGETS)
        )
        if page["results"]:
            paging = {"paging": page["paging"]} if "paging" in page else {}
            results.append({"from": {"id": str(told["id"])}, "to": page["results"]} | paging)
        else:
            lonely.append(str(told.get("id")))
    errors = [_no_associations(ends, id) for id in lonely]
    return reply(batch(results, errors, stamp(call.portal.now())), 207 if errors and call.version == "v3" else 200)


def batch_create(call: Call) -> Response:
    """POST links with their types."""
    ends = _ends(call, "write", "from", "to")
    results, errors = [], []
    for told in call.inputs(MOST_WRITTEN):
        try:
            types = linking.checked_types(call.portal, ends, told.get("types"))
            id, to = _both(call.portal, ends, told)
            linking.link(call.portal, ends, id, to, types)
            results.append(_pair(call.portal, ends, id, to, types))
        except Refusal as refusal:
            errors.append(refusal.entry())
    return reply(
        batch(results, errors, stamp(call.portal.now())), 207 if errors and call.version != "2026-09" else 201
    )


def batch_default(call: Call) -> Response:
    """POST pairs: the unlabelled link between each."""
    ends = _ends(call, "write", "from", "to")
    results, errors = [], []
    for told in call.inputs(MOST_WRITTEN):
        try:
            ids = _both(call.portal, ends, told)
        except Refusal as refusal:
            errors.append(refusal.entry())
            continue
        linking.link(call.portal, ends, *ids, ())
        results += _default_results(call.portal, ends, *ids)
    return reply(
        batch(results, errors, stamp(call.portal.now())), 207 if errors and call.version != "2026-09" else 200
    )


def batch_archive(call: Call) -> Response:
    """POST `{from, to: [...]}`: unlink; nothing to unlink is no error."""
    ends = _ends(call, "write", "from", "to")
    for told in call.inputs(MOST_ARCHIVED):
        for target in told.get("to") or []:
            linking.unlink(call.portal, ends, id_in(told, "from", "id"), id_in(target, "id"))
    if call.version == "v3":
        return nothing()
    return reply(batch([], [], stamp(call.portal.now())))


def batch_archive_labels(call: Call) -> Response:
    """POST `{from, to, types}`: remove these labels only."""
    ends = _ends(call, "write", "from", "to")
    for told in call.inputs(MOST_WRITTEN):
        types = linking.checked_types(call.portal, ends, told.get("types"))
        linking.unlink(call.portal, ends, id_in(told, "from", "id"), id_in(told, "to", "id"), types)
    return nothing()


def labels(call: Call) -> Response:
    """GET the association types from one object to another."""
    ends = _ends(call, "read", "from", "to")
    return reply({"results": [type.shown() for type in call.portal.types.between(ends)]})


def create_label(call: Call) -> Response:
    """POST a label of the portal's own; answers the type in both directions where they differ."""
    ends = _ends(call, "write", "from", "to")
    label = call.field("label", str)
    back = call.field("inverseLabel", str, label)
    there, other = call.portal.types.define(ends, (label, back))
    shown = [{"category": "USER_DEFINED", "typeId": there, "label": label}]
    if back != label:
        shown.append({"category": "USER_DEFINED", "typeId": other, "label": back})
    return reply({"results": shown})


def _ends(call: Call, verb: Any, one: str, other: str) -> Ends:
    return (call.table(verb, one).kind.name, call.table("read", other).kind.name)


def _existing(portal: Portal, object: str, id: object) -> int:
    record = by_id(portal.tables[object], id)
    if record is None:
        raise not_found(f"{portal.tables[object].kind.singular} {id} does not exist", id=[str(id)])
    return record.id


def _both(portal: Portal, ends: Ends, told: dict[str, Any]) -> tuple[int, int]:
    ids = [id_in(told, end, "id") for end in ("from", "to")]
    return _existing(portal, ends[0], ids[0]), _existing(portal, ends[1], ids[1])


def _page(portal: Portal, ends: Ends, id: int, after: str | None, limit: int) -> dict[str, Any]:
    if after is not None and not str(after).isdigit():
        raise invalid(f"after must be a number, got {after}")
    entries = [entry for entry in portal.links.of(ends, id) if entry[0] > int(after or 0)]
    page: dict[str, Any] = {"results": [_target(portal, ends, to, types) for to, types in entries[:limit]]}
    if len(entries) > limit:
        page["paging"] = {"next": {"after": str(entries[limit - 1][0])}}
    return page


def _target(portal: Portal, ends: Ends, to: int, types: Types) -> dict[str, Any]:
    found = [portal.types.get(ends, type) for type in types]
    return {"toObjectId": str(to), "associationTypes": [type.shown() for type in found if type is not None]}


def _pair(portal: Portal, ends: Ends, id: int, to: int, types: Types) -> dict[str, Any]:
    one, other = (portal.tables[end].kind.type_id for end in ends)
    found = [portal.types.get(ends, type) for type in types]
    return {
        "fromObjectTypeId": one,
        "fromObjectId": str(id),
        "toObjectTypeId": other,
        "toObjectId": str(to),
        "labels": [type.label for type in found if type is not None and type.label is not None],
    }


def _default_results(portal: Portal, ends: Ends, id: int, to: int) -> list[dict[str, Any]]:
    both = ((ends, id, to), ((ends[1], ends[0]), to, id))
    return [
        {
            "from": {"id": str(one)},
            "to": {"id": str(other)},
            "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": portal.types.default(pair).id,
            },
        }
        for pair, one, other in both
    ]


def _no_associations(ends: Ends, id: str) -> dict[str, Any]:
    message = f"No {ends[1]} are associated with {ends[0]} {id}."
    refusal = Refusal(404, "OBJECT_NOT_FOUND", message, sub_category="crm.associations.NO_ASSOCIATIONS_FOUND")
    return refusal.entry(fromObjectId=[id])
