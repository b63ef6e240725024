"""Creates, updates, archives and merges single records, by HubSpot's rules.

A write has two steps: `draft_*` checks everything and changes nothing, `commit` cannot fail. A batch that must be
all or nothing drafts every input first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from connector.emulator.hubspot import linking
from connector.emulator.hubspot.derived import derive
from connector.emulator.hubspot.linking import Wanted
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.properties import BadValue, as_text
from connector.emulator.hubspot.rows import Record, Table
from connector.emulator.hubspot.wire import Refusal, milliseconds

Claims = set[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who writes: an API client, or a person (`user`). `trusted` seeding may set what HubSpot itself sets."""

    user: int | None = None
    trusted: bool = False
    version: str = "v3"

    @property
    def source(self) -> tuple[str, int | None]:
        """How the property history names it."""
        return ("INTEGRATION" if self.user is None else "CRM_UI", self.user)


API: Final = By()
SEED: Final = By(trusted=True)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A write that has been checked: a new record (no `record`) or a change of one."""

    table: Table
    values: dict[str, str | None]
    record: Record | None = None
    links: list[Wanted] = field(default_factory=list)
    created: int | None = None
    modified: int | None = None


def draft_create(
    portal: Portal, table: Table, properties: Mapping[str, Any], associations: Any, by: By, claims: Claims
) -> Draft:
    """A checked creation; `claims` holds the unique values of the same batch. `Refusal` when it must not be."""
    values = checked(portal, table, properties, by) | _by_flow(portal, table, by)
    draft = Draft(table=table, values=values)
    _take_stamps(draft, by)
    for name in [name for name, value in values.items() if value is None]:
        del values[name]
    _require(table.kind.required, values, table)
    _require_by_portal(portal, values, table, by)
    draft.links = linking.wanted(portal, table, associations)
    if table.kind.name == "leads" and not any(link.ends[1] in {"contacts", "companies"} for link in draft.links):
        raise Refusal(400, "VALIDATION_ERROR", "A lead must be associated with an existing contact or company")
    _check_stage(portal, table, values, values.get)
    derive(portal, table.kind.name, values, values.get)
    _check_unique(table, values, None, claims)
    return draft


def draft_update(
    portal: Portal, table: Table, record: Record, properties: Mapping[str, Any], by: By, claims: Claims
) -> Draft:
    """A checked change of a record."""
    values = checked(portal, table, properties, by) | _by_flow(portal, table, by)
    draft = Draft(table=table, values=values, record=record)
    _take_stamps(draft, by)

    def get(name: str) -> str | None:
        return values[name] if name in values else table.get(record, name)

    _check_stage(portal, table, values, get)
    if values:
        derive(portal, table.kind.name, values, get)
    _check_unique(table, values, record, claims)
    return draft


def _by_flow(portal: Portal, table: Table, by: By) -> dict[str, str | None]:
    return portal.flows.get(table.kind.name, {}) if by.user is None and not by.trusted else {}


def commit(portal: Portal, draft: Draft, by: By) -> Record:
    """Write a draft; returns the record."""
    if draft.record is None:
        return _commit_create(portal, draft, by)
    remember_indexed(portal, draft.table, draft.record.id, draft.record)
    draft.table.change(draft.record, draft.values, draft.modified or portal.now(), by.source)
    if draft.created is not None:
        draft.record.created = draft.created
    return draft.record


def _commit_create(portal: Portal, draft: Draft, by: By) -> Record:
    now = portal.now()
    created = now if draft.created is None else draft.created
    modified = draft.modified if draft.modified is not None else (created if by.trusted else now)
    record = Record(portal.take_id(), created, modified, [])
    remember_indexed(portal, draft.table, record.id, None)
    if by.user is not None:
        draft.table.by_hand[record.id] = by.user
    draft.table.add(record, draft.values)
    for link in draft.links:
        linking.link(portal, link.ends, record.id, link.to, link.types)
    parent = draft.values.get("hs_parent_company_id")
    if parent is not None and draft.table.kind.name == "companies":
        linking.link(portal, ("companies", "companies"), record.id, int(parent), (linking.PARENT,))
    return record


def archive(portal: Portal, table: Table, record: Record) -> None:
    """Put a record into the recycle bin and unlink it."""
    remember_indexed(portal, table, record.id, record)
    table.archive(record, portal.now())
    linking.unlink_all(portal, table.kind.name, record.id)


def merge(portal: Portal, table: Table, winner: Record, loser: Record, by: By) -> Record:
    """Merge two records: the winner takes the links, and the values it lacks; the loser's id leads to it."""
    name = table.kind.name
    given = {
        column: value
        for column in table.columns
        if table.get(winner, column) is None and (value := table.get(loser, column)) is not None
    }
    old = table.get(winner, "hs_merged_object_ids")
    given["hs_merged_object_ids"] = ";".join([*(old.split(";") if old else []), str(loser.id)])
    linking.move(portal, name, loser.id, winner.id)
    remember_indexed(portal, table, loser.id, loser)
    remember_indexed(portal, table, winner.id, winner)
    table.archive(loser, portal.now())
    del table.gone[loser.id]
    table.merged[loser.id] = winner.id
    table.change(winner, dict(given), portal.now(), by.source)
    return winner


def remember_indexed(portal: Portal, table: Table, id: int, record: Record | None) -> None:
    """While the search index lags, keep what it still shows: the record as it was, or that there was none."""
    if portal.index_lag_s <= 0:
        return
    now = portal.clock.seconds()
    seen = table.before.get(id)
    if seen is not None and seen[0] > now:
        table.before[id] = (now + portal.index_lag_s, seen[1])
    else:
        table.before[id] = (now + portal.index_lag_s, None if record is None else record.copy())


def checked(portal: Portal, table: Table, properties: Mapping[str, Any], by: By) -> dict[str, str | None]:
    """The values as HubSpot stores them; `Refusal` naming every property that is wrong."""
    values: dict[str, str | None] = {}
    problems: list[dict[str, Any]] = []
    for name, raw in properties.items():
        try:
            values[name] = _checked_one(portal, table, name, raw, by)
        except BadValue as problem:
            problems.append(_problem(name, problem))
    if problems:
        raise _invalid_values(problems)
    return values


def _checked_one(portal: Portal, table: Table, name: str, raw: object, by: By) -> str | None:
    definition = table.properties.get(name)
    if definition is None or definition.archived:
        raise BadValue("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition.read_only and not by.trusted:
        raise BadValue("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    text = as_text(raw)
    if text is None:
        return None
    if name == "hubspot_owner_id" and not by.trusted and not portal.owners.assignable(text):
        raise BadValue("INVALID_OWNER_ID", f"Owner {text} does not exist or cannot be assigned")
    return table.checkers[name](text)


def _problem(name: str, problem: BadValue) -> dict[str, Any]:
    context = {"propertyName": [name]}
    return {"message": str(problem), "code": problem.code, "in": "properties", "context": context}


def _invalid_values(problems: list[dict[str, Any]]) -> Refusal:
    told = [
        {
            "isValid": False,
            "message": problem["message"],
            "error": problem["code"],
            "name": problem["context"]["propertyName"][0],
        }
        for problem in problems
    ]
    message = f"Property values were not valid: {orjson.dumps(told).decode()}"
    return Refusal(400, "VALIDATION_ERROR", message, errors=problems)


def _take_stamps(draft: Draft, by: By) -> None:
    kind = draft.table.kind
    created = draft.values.pop(kind.created, None)
    modified = draft.values.pop(kind.modified, None)
    draft.values.pop("hs_object_id", None)
    if created is not None:
        draft.created = milliseconds(created)
    if modified is not None and by.trusted:
        draft.modified = milliseconds(modified)


def _require(names: tuple[str, ...], values: Mapping[str, str | None], table: Table) -> None:
    missing = [name for name in names if values.get(name) is None]
    if missing:
        what = table.kind.singular.upper()
        message = f"Error creating {what}. Some required properties were not set."
        raise Refusal(400, "VALIDATION_ERROR", message, context={"properties": missing})


def _require_by_portal(portal: Portal, values: Mapping[str, str | None], table: Table, by: By) -> None:
    """Rules an administrator made: enforced on API writes from version 2026-09 on, not before."""
    if by.trusted or by.version != "2026-09":
        return
    names = portal.required_since_2026_09.get(table.kind.name, ())
    problems = [
        _problem(name, BadValue("MISSING_REQUIRED_PROPERTY", f'Property "{name}" is required'))
        for name in names
        if values.get(name) is None
    ]
    if problems:
        raise _invalid_values(problems)


def _check_stage(portal: Portal, table: Table, values: Mapping[str, str | None], get: Any) -> None:
    if table.kind.pipeline is None or not set(table.kind.pipeline) & set(values):
        return
    pipeline_name, stage_name = table.kind.pipeline
    pipeline = portal.pipeline(table.kind.name, get(pipeline_name))
    if pipeline is None:
        text = f"{get(pipeline_name)} is not a pipeline of this portal"
        raise _invalid_values([_problem(pipeline_name, BadValue("INVALID_OPTION", text))])
    stage = get(stage_name)
    if stage is not None and pipeline.stage(stage) is None:
        allowed = [known.id for known in pipeline.stages]
        text = f"{stage} was not one of the allowed options: {allowed}"
        raise _invalid_values([_problem(stage_name, BadValue("INVALID_OPTION", text))])


def _check_unique(table: Table, values: Mapping[str, str | None], record: Record | None, claims: Claims) -> None:
    for name, owners in table.unique.items():
        value = values.get(name)
        if value is None:
            continue
        holder = owners.get(value)
        mine = record is not None and holder == record.id
        if (holder is not None and not mine) or (name, value) in claims:
            raise _conflict(table, name, value, holder)
        claims.add((name, value))


def _conflict(table: Table, name: str, value: str, holder: int | None) -> Refusal:
    if name == "email" and table.kind.name == "contacts":
        message = f"Contact already exists. Existing ID: {holder}" if holder else "Contact already exists."
        return Refusal(409, "CONFLICT", message)
    text = f"Cannot set property {name} to {value}: {holder} already has that value."
    problem = _problem(name, BadValue("CONFLICTING_UNIQUE_VALUE", text))
    return Refusal(409, "CONFLICT", text, errors=[problem])
