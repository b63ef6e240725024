"""What people call the records of a plan: account names beside ids."""

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from connector.errors import GiveUp
from jobs.decide import Decided
from jobs.result import Left
from jobs.wiring import Work
from mappings.changes import Plan
from mappings.read import canonical


def names_in(decided: Decided, plan: Plan) -> dict[str, str]:
    """Names of the accounts that the plan is about, by account id, and by record id for records in conflict."""
    owned = decided.tables["ours"].select("id", "key").to_pyarrow().to_pylist() if plan.conflicts else []
    of = {row["id"]: _account(row["key"]) for row in owned if row["key"]}
    accounts = {id for change in plan.changes for id in (change.id, _account(change.key or "")) if id}
    other = {one.id: of.get(one.id, one.id) for one in plan.conflicts}
    rows = decided.tables["account"].select("id", "name").to_pyarrow()
    # in Arrow: a first plan is about every account, too many to be named in a query
    chosen = rows.filter(pc.is_in(rows["id"], pa.array(sorted(accounts | set(other.values())), pa.string())))
    found = {row["id"]: row["name"] for row in chosen.to_pylist() if row["name"]}
    return found | {id: found[account] for id, account in other.items() if account in found}


def with_names(work: Work, undone: Plan, left: Iterable[Left], run: str) -> Plan:
    """The plan that undoes a run, with the names of the accounts that it and what is left are about.

    As the mirror knows them, so without names where it has been lost or lacks a field of the mapping by now.
    """
    of = {outcome.id or change.ref: _account(change.key or "") for change, outcome in work.ledger.written_by(run)}
    about = {id: of.get(id) or id for id in (one.id for one in left)}
    wanted = {id for change in undone.changes for id in (change.id, _account(change.key or "")) if id}
    try:
        accounts = canonical(work.rules.mapping, work.schema, work.mirror.table, work.mirror.links)["account"]
    except (LookupError, GiveUp):
        return undone
    rows = work.mirror.stage("accounts_named", accounts.select("id", "name")).to_pyarrow()
    ids = pa.array(sorted(wanted | set(about.values())), pa.string())
    found = {row["id"]: row["name"] for row in rows.filter(pc.is_in(rows["id"], ids)).to_pylist() if row["name"]}
    return replace(undone, names=found | {id: found[one] for id, one in about.items() if one in found})


def _account(key: str) -> str:
    return key.partition("/")[0]
