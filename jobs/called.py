"""What people call the records of a plan: account names beside ids."""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.decide import Decided
from mappings.changes import Plan


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


def _account(key: str) -> str:
    return key.partition("/")[0]
