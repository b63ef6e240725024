"""Many records in one call: read, create, update, upsert, archive.

With a distinct `objectWriteTraceId` on every input each input stands alone; otherwise the first problem fails all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from connector.emulator.hubspot import writes
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.objects import bare, by_id, by_key, shown_names, with_history, written
from connector.emulator.hubspot.rows import Record, Table
from connector.emulator.hubspot.wire import Refusal, id_in, invalid, not_found, nothing, reply, stamp
from connector.emulator.hubspot.wire import batch as batch_body
from connector.emulator.hubspot.writes import Claims, Draft

MOST: Final = 100
Input = dict[str, Any]


def read(call: Call) -> Response:
    """POST ids (or unique values, with `idProperty`): the records that exist."""
    table = call.table("read")
    history = call.field("propertiesWithHistory", list, [])
    inputs = call.inputs(50 if history else MOST)
    id_property = call.field("idProperty", str, "hs_object_id")
    _require_unique(table, id_property, "read")
    records = table.gone if call.query.flag("archived") else None
    names = shown_names(table, call.field("properties", list, []))
    results, missing = [], []
    for key in dict.fromkeys(str(entry.get("id")) for entry in inputs):
        record = _found(table, key, id_property) if records is None else _archived(records, key)
        if record is None:
            missing.append(key)
            continue
        body = bare(record) | {"properties": table.pick(record, names)}
        if history:
            body["propertiesWithHistory"] = with_history(table, record, history)
        results.append(body)
    return _answer(call, results, [_missing(missing)] if missing else [], 200)


def create(call: Call) -> Response:
    """POST new records."""
    table = call.table("write")

    def draft(told: Input, claims: Claims) -> Draft:
        properties, links = _properties(told), told.get("associations") or []
        return writes.draft_create(call.portal, table, properties, links, call.by, claims)

    return _write(call, table, draft, 201)


def update(call: Call) -> Response:
    """POST changes by record id, or by a unique value with `idProperty` on each input."""
    table = call.table("write")

    def draft(told: Input, claims: Claims) -> Draft:
        record = _target(table, told, "update")
        if record is None:
            raise not_found(f"Could not get some {table.kind.type_id} objects", ids=[str(told.get("id"))])
        return writes.draft_update(call.portal, table, record, _properties(told), call.by, claims)

    return _write(call, table, draft, 200)


def upsert(call: Call) -> Response:
    """POST changes by a unique value; records that no one has are created."""
    table = call.table("write")

    def draft(told: Input, claims: Claims) -> Draft:
        name, properties = told.get("idProperty"), _properties(told)
        if not name:
            raise invalid("idProperty is required for an upsert")
        record = _target(table, told, "upsert")
        if record is not None:
            return writes.draft_update(call.portal, table, record, properties, call.by, claims)
        values = {**properties, name: told.get("id")}
        return writes.draft_create(call.portal, table, values, told.get("associations") or [], call.by, claims)

    return _write(call, table, draft, 200, say_new=True)


def archive(call: Call) -> Response:
    """POST ids: into the recycle bin. What is there or never was is fine; what is no id refuses the whole call."""
    table = call.table("write")
    for id in [id_in(told, "id") for told in call.inputs(MOST)]:
        record = table.find(id)
        if record is not None:
            writes.archive(call.portal, table, record)
    return nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """One input after checking: a draft, or why not."""

    told: Input
    draft: Draft | None = None
    refusal: Refusal | None = None


def _write(
    call: Call,
    table: Table,
    draft: Callable[[Input, Claims], Draft],
    status: int,
    *,
    say_new: bool = False,
) -> Response:
    inputs = call.inputs(MOST)
    _refuse_repeated(table, inputs)
    alone = _each_traced(inputs)
    claims: Claims = set()
    checked = [_check(told, draft, claims, alone=alone) for told in inputs]
    results = [_commit(call, table, one.told, one.draft, say_new=say_new) for one in checked if one.draft is not None]
    errors = [_error(one.told, one.refusal) for one in checked if one.refusal is not None]
    return _answer(call, results, errors, status)


def _check(told: Input, draft: Callable[[Input, Claims], Draft], claims: Claims, *, alone: bool) -> _Checked:
    try:
        return _Checked(told=told, draft=draft(told, claims))
    except Refusal as refusal:
        if not alone:
            raise
        return _Checked(told=told, refusal=refusal)


def _commit(call: Call, table: Table, told: Input, draft: Draft, *, say_new: bool) -> dict[str, Any]:
    new = draft.record is None
    body = written(table, writes.commit(call.portal, draft, call.by))
    if say_new:
        body["new"] = new
    if "objectWriteTraceId" in told:
        body["objectWriteTraceId"] = told["objectWriteTraceId"]
    return body


def _error(told: Input, refusal: Refusal) -> dict[str, Any]:
    return refusal.entry(objectWriteTraceId=[told["objectWriteTraceId"]])


def _answer(call: Call, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int) -> Response:
    """207 says that some failed; version 2026-09 no longer does."""
    body = batch_body(results, errors, stamp(call.portal.now()))
    return reply(body, 207 if errors and call.version != "2026-09" else status)


def _missing(ids: list[str]) -> dict[str, Any]:
    return not_found(
        "Could not get some objects, they may be deleted or not exist. Check that ids are valid.", ids=ids
    ).entry()


def _each_traced(inputs: list[Input]) -> bool:
    traces = [told.get("objectWriteTraceId") for told in inputs]
    return all(isinstance(trace, str) for trace in traces) and len(set(traces)) == len(inputs)


def _refuse_repeated(table: Table, inputs: list[Input]) -> None:
    """Two inputs for one record fail the whole batch, whatever they say."""
    seen: set[str] = set()
    for told in inputs:
        if "id" not in told:
            continue
        record = _found(table, str(told["id"]), str(told.get("idProperty") or "hs_object_id"))
        key = str(told["id"]).lower() if record is None else f"#{record.id}"
        if key in seen:
            raise invalid(f"Duplicate IDs found in batch input: [{told['id']}]. IDs must be unique")
        seen.add(key)


def _properties(told: Input) -> dict[str, Any]:
    properties = told.get("properties")
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON on line 1, column 1: Some required fields were not set: [properties]")
    return properties


def _target(table: Table, told: Input, verb: str) -> Record | None:
    name = told.get("idProperty")
    if name is not None:
        _require_unique(table, str(name), verb)
    return _found(table, str(told.get("id")), name or "hs_object_id")


def _require_unique(table: Table, name: str, verb: str) -> None:
    """The record id is no id property to HubSpot, except for reading; e-mail is one for all but updates."""
    allowed = name in table.unique and (verb != "update" or name != "email")
    if not allowed and not (verb == "read" and name == "hs_object_id"):
        raise invalid(f"Unable to perform {verb} by non-unique {table.kind.type_id} property {name}")


def _archived(records: dict[int, Record], key: str) -> Record | None:
    return records.get(int(key)) if key.isdigit() else None


def _found(table: Table, key: str, id_property: str) -> Record | None:
    if id_property in table.unique:
        return by_key(table, key, id_property)
    return by_id(table, key)
