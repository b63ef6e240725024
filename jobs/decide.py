"""From the mirror to leads: read the rows through the mapping, add what we know we wrote, find."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from connector.errors import GiveUp
from jobs.store.ledger import Known, Ledger
from jobs.store.mirror import Mirror
from jobs.view import View
from leads.find import Found, find
from leads.past import as_of as as_of_day
from mappings.canonical import TABLES
from mappings.config import MappingConfig, Rules
from mappings.read import READ_FROM, canonical
from mappings.sources import lineage
from mappings.write import list_target

INDEX_LAG = timedelta(hours=1)
"""A record we wrote and do not see yet may still be on its way into the CRM's index for this long."""

_OURS = pa.schema(
    [
        ("id", pa.string()),
        ("key", pa.string()),
        ("kind", pa.string()),
        ("contact_id", pa.string()),
        ("owner_id", pa.string()),
        ("status", pa.string()),
        ("is_closed", pa.bool_()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("csm", pa.string()),
        ("due_on", pa.date32()),
        ("created_on", pa.date32()),
        ("decided_on", pa.date32()),
        ("withdrawn", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The answer, and the canonical tables it was found in."""

    found: Found
    tables: Mapping[str, ir.Table]


def decide(
    mirror: Mirror,
    ledger: Ledger,
    rules: Rules,
    view: View,
    as_of: date | None = None,
    tables: Mapping[str, ir.Table] | None = None,
) -> Decided:
    """Every lead, with state and reasons, as of the last pull. Reads only what we hold; no call is made.

    `as_of` is a past day to decide for instead, from history alone (see leads.past). Raises GiveUp for a day to come.
    `tables` are those of `read`, where they have been read already.
    """
    tables = read(mirror, ledger, rules, view, as_of) if tables is None else tables
    found = find(
        tables,
        rules,
        today=as_of or view.today(rules),
        lineage={**_lists(rules.mapping, view), **lineage(rules.mapping, view.schema)},
        stage=mirror.stage,
    )
    return Decided(found=found, tables=tables)


def read(
    mirror: Mirror, ledger: Ledger, rules: Rules, view: View, as_of: date | None = None
) -> Mapping[str, ir.Table]:
    """The canonical tables that are decided on, as `decide` says."""
    today = view.today(rules)
    if as_of is not None and as_of > today:
        raise GiveUp(f"{as_of} is after the last pull, which was on {today}. Give that day or one before it.")
    lazy = canonical(rules.mapping, view.schema, mirror.table, mirror.links)
    known = ledger.keys(view.connection)
    lazy["ours"] = _with_known(lazy["ours"], known, _contacts(mirror, rules.mapping, known), rules.mapping, view)
    if as_of is not None and as_of < today:
        lazy = as_of_day(lazy, as_of)
    return {name: mirror.stage(f"canonical_{name}", lazy[name]) for name in TABLES}


def _lists(mapping: MappingConfig, view: View) -> Mapping[str, str]:
    """Where the contacts of members are read, also of members without a key; nothing where the CRM has no lists."""
    out = list_target(mapping, view.schema)
    return {} if out is None else {"ours.contact_id": f"{out.object}.{out.fields['contact_id'].field}"}


def _contacts(mirror: Mirror, mapping: MappingConfig, known: Mapping[tuple[str, str], Known]) -> Mapping[str, str]:
    """The contacts of those members in our ledger who are on their lists, by member id."""
    members = mapping.write.list
    field = members.fields["contact_id"].field if members is not None else ""
    if members is None or members.object not in mirror.objects() or field not in mirror.fields(members.object):
        return {}
    ids = [item.id for (object, _), item in known.items() if object == members.object and item.id is not None]
    return {id: str(row[field]) for id, row in mirror.fetch(members.object, ids, [field]).items()} if ids else {}


def _with_known(
    ours: ir.Table,
    known: Mapping[tuple[str, str], Known],
    contacts: Mapping[str, str],
    mapping: MappingConfig,
    view: View,
) -> ir.Table:
    """`ours` and the records in our ledger that the mirror does not show.

    Young ones are on their way into the CRM's index, so still open; older ones were deleted by a person, which is
    a decision: they count as closed, and nothing is written in their place. A record that we closed ourselves says
    nothing of what people decided, whatever its status; a member whom we took off a list is as if never put there.
    """
    rows = [_row(key, item, contacts, mapping, view) for (_, key), item in sorted(known.items())]
    rows = [row for row in rows if row["kind"] != "member" or (row["id"] is not None and not row["withdrawn"])]
    if not rows:
        return ours
    written = ibis.memtable(pa.Table.from_pylist(rows, schema=_OURS))
    written = written.mutate(**{READ_FROM: ibis.null("string")})
    columns = [name for name in (*_OURS.names, READ_FROM) if name in ours.columns]
    by_us = written.filter(written.withdrawn).select("key", "kind", "withdrawn").distinct()
    seen = ours.left_join(by_us, ["key", "kind"]).mutate(
        outcome=ibis.ifelse(ibis._.withdrawn, ibis.null("string"), ibis._.outcome)
    )
    unseen = written.anti_join(ours, ["key", "kind"])
    return seen.select(columns).union(unseen.select(columns))


def _row(key: str, item: Known, contacts: Mapping[str, str], mapping: MappingConfig, view: View) -> dict[str, Any]:
    kind = _kind(item.object, mapping)
    contact = contacts.get(item.id or "")
    return {
        "id": item.id if kind == "member" else item.id or key,
        "key": key,
        "kind": kind,
        "contact_id": contact,
        "owner_id": None,
        "status": None,
        "is_closed": item.closed or (item.at < view.now - INDEX_LAG and contact is None),
        "outcome": None,
        "reason": None,
        "csm": None,
        "due_on": None,
        "created_on": item.at.astimezone(ZoneInfo(mapping.company.time_zone)).date(),
        "decided_on": None,
        "withdrawn": item.closed,
    }


def _kind(object: str, mapping: MappingConfig) -> str:
    if mapping.write.list is not None and object == mapping.write.list.object:
        return "member"
    return "task" if object == mapping.write.task.object else "lead"
