"""Who belongs to whom: every account's ultimate parent, and the headroom of the whole group."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, best, total
from leads.inputs import Inputs

ROUNDS = 6
"""Each round doubles the levels climbed: six reach 64 levels, far above what either CRM lets people build."""


def ultimate(inputs: Inputs) -> ir.Table:
    """account_id -> root. A parent that does not exist is no parent; in a cycle the smallest id is the root."""
    accounts = inputs.tables["account"].select(account_id="id", up="parent_id")
    exists = accounts.select(up="account_id", parent="account_id")
    rows = attach(accounts, exists, "up").select("account_id", up=ibis.coalesce(_.parent, _.account_id))
    one = inputs.stage("parents", rows.mutate(low=ibis.least(_.account_id, _.up)))
    far = one
    for round in range(ROUNDS):
        over = far.select(up="account_id", next_up="up", next_low="low")
        far = inputs.stage(
            f"parents_{round}",
            attach(far, over, "up").select("account_id", up="next_up", low=ibis.least(_.low, _.next_low)),
        )
    # where the climb ended: a top has itself as parent; anything else goes round in a circle for ever
    top = attach(far.select("account_id", "up"), one.select(up="account_id", above="up"), "up")
    top = attach(top, far.select(up="account_id", circle="low"), "up")
    return top.select("account_id", root=ibis.ifelse(_.above == _.up, _.up, _.circle))


def groups(inputs: Inputs, accounts: ir.Table) -> ir.Table:
    """One row an ultimate parent with at least one subsidiary, from accounts with headroom, paid_users, monthly.

    account_id is the parent; group_headroom counts the members that pay for nothing yet; group_abstained those
    whose headroom is unknown; group_record is the unserved member with the largest headroom.
    """
    members = accounts.select(
        "account_id", "account_name", "employees", "headroom", "paid_users", "monthly", "main_seats", "paid_record"
    )
    rows = attach(members, ultimate(inputs), "account_id").mutate(pays=ibis.coalesce(_.paid_users, 0) > 0)
    sums = rows.group_by("root").aggregate(
        group_members=_.count(),
        group_paying=_.account_id.count(where=_.pays),
        group_abstained=_.account_id.count(where=_.headroom.isnull()),
        group_headroom=ibis.coalesce(total(_.headroom, where=~_.pays), 0),
        group_users=total(_.paid_users, where=_.pays),
        group_monthly=total(_.monthly, where=_.pays),
    )
    unserved = best(rows.filter(~_.pays & (_.headroom > 0)), "root", value="headroom", id="account_id")
    unserved = unserved.select(
        "root", group_record="account_id", group_member="account_name", group_member_employees="employees"
    )
    paying = best(rows.filter(_.pays & _.paid_record.notnull()), "root", value="paid_users", id="account_id")
    paying = paying.select("root", group_paid_record="paid_record", group_paid_seats="main_seats")
    together = attach(attach(sums, unserved, "root"), paying, "root")
    return inputs.stage("groups", together.filter(_.group_members > 1).rename(account_id="root"))
