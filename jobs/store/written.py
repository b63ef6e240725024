"""What we last wrote to every record, field by field: the base that tells a person's edit from ours."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connector.port import Outcome
from jobs.store.database import upsert
from jobs.store.records import Written
from jobs.store.tables import intents, outcomes, written
from mappings.changes import is_undo
from mappings.same import is_empty, same


def join(into: dict[str, Written], id: str | None, fields: Mapping[str, Any]) -> None:
    """Add one row's fields; where two rows of a record name the same field, the later value stays."""
    for name, (value, at) in fields.items():
        moment = datetime.fromisoformat(at)
        if name not in into or into[name].at <= moment:
            into[name] = Written(value=value, at=moment, id=id)


def remember(con: sa.Connection, done: list[tuple[Any, Outcome]], at: datetime) -> None:
    """Note the values that these (intent row, outcome) pairs have written, within the caller's transaction.

    A value of a person's that an undo put back is not ours for that: what we wrote there last stays noted.
    """
    theirs = _theirs_again(con, [intent for intent, _ in done])
    by_record: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in _written_before(con, done):
        by_record[row["connection"], row["object"], row["ref"]] = row
    changed: dict[tuple[str, str, str], dict[str, Any]] = {}
    for intent, outcome in done:
        name = (intent.connection, intent.object, intent.ref)
        changed[name] = by_record[name] = _with(
            by_record.get(name), intent, outcome, at, theirs.get(intent.id, frozenset())
        )
    if changed:
        upsert(con, written, list(changed.values()))


def _theirs_again(con: sa.Connection, done: Sequence[Any]) -> dict[int, set[str]]:
    """Fields of accounts into which an undo put what no run of ours had ever written there, by intent."""
    undone = {
        (one.connection, one.object, one.ref): one
        for one in done
        if one.change["key"] is None and is_undo(one.change["why"])
    }
    found = {
        one.id: {field["name"] for field in one.change["fields"] if not is_empty(field["new"])}
        for one in undone.values()
    }
    if not any(found.values()):
        return found
    query = sa.select(intents).join_from(intents, outcomes).where(outcomes.c.ok)
    for row in con.execute(query.where(intents.c.ref.in_({ref for _, _, ref in undone}))):
        one = undone.get((row.connection, row.object, row.ref))
        if one is not None and not is_undo(row.change["why"]):
            wrote = {field["name"]: field["new"] for field in row.change["fields"]}
            back = {field["name"]: field["new"] for field in one.change["fields"]}
            found[one.id] -= {name for name in wrote.keys() & back.keys() if same(wrote[name], back[name])}
    return found


def _written_before(con: sa.Connection, done: list[tuple[Any, Outcome]]) -> Iterator[dict[str, Any]]:
    for connection in sorted({intent.connection for intent, _ in done}):
        refs = [intent.ref for intent, _ in done if intent.connection == connection]
        query = sa.select(written).where(written.c.connection == connection, written.c.ref.in_(refs))
        for row in con.execute(query).mappings():
            yield dict(row)


def _with(
    before: Mapping[str, Any] | None, intent: Any, outcome: Outcome, at: datetime, theirs: Collection[str]
) -> dict[str, Any]:
    change = intent.change
    new = {field["name"]: [field["new"], at.isoformat()] for field in change["fields"] if field["name"] not in theirs}
    return {
        "connection": intent.connection,
        "object": intent.object,
        "ref": intent.ref,
        # what we took away may be made anew, and is another record then
        "record_id": None
        if change["action"] == "remove"
        else outcome.id or change["id"] or (before["record_id"] if before else None),
        "key": change["key"] or (before["key"] if before else None),
        "at": at,
        # a member whom we took off a list may be put there again; undoing opens what we closed ourselves
        "closed": change["action"] in ("close", "remove")
        or (change["action"] != "create" and not is_undo(change["why"]) and bool(before and before["closed"])),
        "fields": {**(before["fields"] if before else {}), **new},
    }
