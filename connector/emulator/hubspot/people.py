"""What people do in HubSpot's own pages: the hand edits that software must notice and respect."""

from collections.abc import Callable
from typing import Any, Final

from connector.emulator.hubspot import linking, lists, writes
from connector.emulator.hubspot.objects import by_id, written
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Record, Table
from connector.emulator.hubspot.writes import By
from connector.emulator.org import BadRequest

Values = dict[str, Any]


def act(portal: Portal, person: str, action: str, object: str, id: str, values: Values) -> dict[str, Any]:
    """Do one thing as a person named by owner id, e-mail or name; returns the record as it is then.

    Actions: create, update, complete, delete, restore, merge (`values["into"]` survives), convert (a lead),
    disqualify (a lead), link and unlink (`values`: `to`, `id`), deactivate and activate (an owner); create and delete
    of `list_memberships` with the id `LIST:RECORD`; create, update and delete of `exchange_rates`.
    """
    if object == "owners":
        return _owner(portal, action, id)
    if object == "list_memberships":
        return _member(portal, action, id)
    if object == "exchange_rates":
        return portal.rates.change(action, id, values, portal.currency, portal.now()).shown()
    table = portal.table(object)
    by = By(user=portal.owners.user(person))
    if action == "create":
        draft = writes.draft_create(portal, table, *_split(values), by, set())
        return written(table, writes.commit(portal, draft, by))
    if action == "restore":
        return written(table, _restore(portal, table, id))
    record = by_id(table, id)
    if record is None:
        raise BadRequest(f"there is no {table.kind.singular} {id}")
    if action not in _ACTIONS:
        raise BadRequest(f"action must be one of create, restore, {', '.join(_ACTIONS)}; got {action}")
    return written(table, _ACTIONS[action](portal, table, record, values, by))


def _split(values: Values) -> tuple[Values, Any]:
    return {name: value for name, value in values.items() if name != "associations"}, values.get("associations")


def _update(portal: Portal, table: Table, record: Record, values: Values, by: By) -> Record:
    return writes.commit(portal, writes.draft_update(portal, table, record, values, by, set()), by)


def _complete(portal: Portal, table: Table, record: Record, values: Values, by: By) -> Record:
    if table.kind.name != "tasks":
        raise BadRequest("only tasks are completed")
    return _update(portal, table, record, {"hs_task_status": "COMPLETED", **values}, by)


def _delete(portal: Portal, table: Table, record: Record, _values: Values, _by: By) -> Record:
    writes.archive(portal, table, record)
    return record


def _merge(portal: Portal, table: Table, record: Record, values: Values, by: By) -> Record:
    winner = by_id(table, values.get("into"))
    if winner is None or winner is record:
        raise BadRequest("`into` must name another record of the same object")
    return writes.merge(portal, table, winner, record, by)


def _convert(portal: Portal, table: Table, record: Record, values: Values, by: By) -> Record:
    """A lead becomes a deal: the lead is qualified, the deal takes its name and links."""
    if table.kind.name != "leads":
        raise BadRequest("only leads are converted")
    deal = {"dealname": table.get(record, "hs_lead_name"), "dealstage": "qualifiedtobuy", **values}
    links = {
        to: [str(other) for other, _ in portal.links.of(("leads", to), record.id)] for to in ("contacts", "companies")
    }
    draft = writes.draft_create(portal, portal.tables["deals"], deal, links, by, set())
    writes.commit(portal, draft, by)
    return _update(portal, table, record, {"hs_pipeline_stage": "qualified-stage-id"}, by)


def _disqualify(portal: Portal, table: Table, record: Record, values: Values, by: By) -> Record:
    if table.kind.name != "leads":
        raise BadRequest("only leads are disqualified")
    return _update(portal, table, record, {"hs_pipeline_stage": "unqualified-stage-id", **values}, by)


def _ends(portal: Portal, table: Table, values: Values) -> tuple[tuple[str, str], int]:
    to = portal.table(str(values.get("to")))
    other = by_id(to, values.get("id"))
    if other is None:
        raise BadRequest(f"there is no {to.kind.singular} {values.get('id')}")
    return (table.kind.name, to.kind.name), other.id


def _link(portal: Portal, table: Table, record: Record, values: Values, _by: By) -> Record:
    ends, other = _ends(portal, table, values)
    linking.link(portal, ends, record.id, other, tuple(values.get("types", ())))
    return record


def _unlink(portal: Portal, table: Table, record: Record, values: Values, _by: By) -> Record:
    ends, other = _ends(portal, table, values)
    linking.unlink(portal, ends, record.id, other)
    return record


_ACTIONS: Final[dict[str, Callable[[Portal, Table, Record, Values, By], Record]]] = {
    "update": _update,
    "complete": _complete,
    "delete": _delete,
    "merge": _merge,
    "convert": _convert,
    "disqualify": _disqualify,
    "link": _link,
    "unlink": _unlink,
}


def _restore(portal: Portal, table: Table, id: str) -> Record:
    record = table.gone.pop(int(id), None) if id.isdigit() else None
    if record is None:
        raise BadRequest(f"there is no {table.kind.singular} {id} in the recycle bin")
    record.archived = None
    record.updated = portal.now()
    table.take_back(record)
    return record


def _owner(portal: Portal, action: str, id: str) -> dict[str, Any]:
    owner = portal.owners.by_id.get(id)
    if owner is None or action not in {"deactivate", "activate"}:
        raise BadRequest(f"owner {id} must exist, and action must be deactivate or activate")
    owner.archived = action == "deactivate"
    owner.updated = portal.now()
    return owner.shown()


def _member(portal: Portal, action: str, id: str) -> dict[str, Any]:
    of, _, record = id.partition(":")
    roster = portal.lists.by_id.get(int(of)) if of.isdigit() and record.isdigit() else None
    if roster is None or action not in {"create", "delete"}:
        raise BadRequest(f"list and record of {id} must exist, and action must be create or delete")
    change = lists.put if action == "create" else lists.take_off
    change(portal, roster, [int(record)])
    return {"id": id}
