"""Who belongs to whom: every account's ultimate parent, and the headroom of the whole group."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import exchangeable, exchanged
from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, total, yes
from leads.facts.revenue import MONTHS
from leads.inputs import Inputs

if TYPE_CHECKING:
    from leads.facts.ground import Ground

ROUNDS = 6
"""Each round doubles the levels climbed: six reach 64 levels, far above what either CRM lets people build."""


def ultimate(inputs: Inputs) -> ir.Table:
    """account_id -> root. A parent that does not exist is no parent; in a cycle the smallest id is the root.

    Only accounts with a parent climb: most have none.
    """
    accounts = inputs.tables["account"].select(account_id="id", up="parent_id")
    tops = accounts.select("account_id")
    linked = accounts.filter(_.up != _.account_id).semi_join(tops.select(up="account_id"), "up")
    far = inputs.stage("parents", linked.mutate(low=ibis.least(_.account_id, _.up)))
    for round in range(ROUNDS):
        over = far.select(up="account_id", next_up="up", next_low="low")
        climbed = attach(far, over, "up").select(
            "account_id",
            up=ibis.coalesce(_.next_up, _.up),
            low=ibis.least(_.low, ibis.coalesce(_.next_low, _.low)),
        )
        far = inputs.stage(f"parents_{round}", climbed)
    # where the climb ended: a top has no parent; anything that has one goes round in a circle for ever
    circles = far.select(up="account_id", circle="low")
    ended = attach(far.select("account_id", "up"), circles, "up").select(
        "account_id", top=ibis.coalesce(_.circle, _.up)
    )
    return attach(tops, ended, "account_id").select("account_id", root=ibis.coalesce(_.top, _.account_id))


def group(ground: "Ground") -> ir.Table:
    """One row an account with its root; at a root that has subsidiaries, the facts of the whole group."""
    roots = ground.inputs.stage("group_roots", ultimate(ground.inputs))
    parents = roots.filter(_.root != _.account_id).select("root").distinct().mutate(grouped=True)
    names = ground.inputs.tables["account"].select(
        account_id="id", account_name="name", barred=yes(_.do_not_contact) | yes(_.legal_hold)
    )
    paying = ground.family("revenue").select(
        "account_id", "currency", "paid_users", "monthly", "main_seats", "main_product_name", "paid_record"
    )
    room = ground.family("headroom").select("account_id", "employees", "headroom", "ceiling")
    # most accounts stand alone, and have nothing to add up
    own = attach(roots, parents, "root").filter(_.grouped).drop("grouped")
    own = attach_all(own, *((one, ("account_id",)) for one in (names, paying, room)))
    own = ground.inputs.stage("group_own", own.mutate(pays=ibis.coalesce(_.paid_users, 0) > 0))
    heads = own.filter(_.account_id == _.root).select("root", root_currency="currency", root_ceiling="ceiling")
    members = attach(own, heads, "root")
    members = members.mutate(
        in_root=exchangeable(ground.inputs, _.currency, _.root_currency),
        monthly=exchanged(ground.inputs, _.monthly, _.currency, _.root_currency),
    )
    whole = together(members).rename(account_id="root")
    return attach(roots, whole, "account_id")


def together(members: ir.Table) -> ir.Table:
    """One row a root with at least one subsidiary; the facts of GROUP.

    `members` hold root, root_ceiling (thousandths), pays, in_root (whether its money can be told in the root's
    currency, as `monthly` is), barred (nobody may approach it), and the columns of accounts named above.
    """
    same = _.pays & _.in_root
    open_to = ~_.pays & ~_.barred
    sums = members.group_by("root").aggregate(
        group_members=_.count(),
        group_paying=_.account_id.count(where=_.pays),
        group_abstained=_.account_id.count(where=_.headroom.isnull()),
        group_headroom=ibis.coalesce(total(_.headroom, where=open_to), 0),
        group_users=total(_.paid_users, where=same),
        group_monthly=total(_.monthly, where=same),
        ceiling=_.root_ceiling.max(),
    )
    sums = sums.mutate(group_reachable=(_.group_headroom * _.ceiling / 1000).floor().cast("int64"))
    value = (_.group_reachable * (_.group_monthly * MONTHS / _.group_users.nullif(0))).floor().cast("int64")
    # whoever reads the lead is to be introduced to somebody else: the parent is not its own subsidiary
    below = members.filter(open_to & (_.headroom > 0) & (_.account_id != _.root))
    unserved = best(below, "root", value="headroom", id="account_id")
    unserved = unserved.select(
        "root", group_record="account_id", group_member="account_name", group_member_employees="employees"
    )
    served = best(members.filter(_.pays & _.paid_record.notnull()), "root", value="paid_users", id="account_id")
    served = served.select(
        "root", group_paid_record="paid_record", group_paid_seats="main_seats", group_product_name="main_product_name"
    )
    rows = sums.mutate(group_value=value).drop("ceiling")
    return attach_all(rows, (unserved, ("root",)), (served, ("root",)))


_TREE = ("account.parent_id",)
_PAID = (*_TREE, "subscription.seats_paid|account.paid_users")
_ROOM = (*_PAID, "account.employees")
_PRICED = (*_ROOM, "subscription.unit_price|product.list_price")

GROUP = Family(
    name="group",
    grain="account",
    reads=("revenue", "headroom"),
    facts={
        "root": Fact(
            kind="text", unit="text",
            doc="id of its ultimate parent over account.parent_id (64 levels at most); itself where it has no parent "
            "that exists; in a cycle the smallest id. The other facts of the group stand at that parent alone, and "
            "only where it has a subsidiary",
        ),
        "group_members": Fact(
            kind="integer", unit="accounts", needs=_TREE, doc="accounts with this root, itself included"
        ),
        "group_paying": Fact(kind="integer", unit="accounts", needs=_PAID, doc="members with paid users"),
        "group_users": Fact(kind="integer", unit="people", needs=_PAID,
            doc="paid users of the members whose money can be told in the parent's currency, by today's rates"),
        "group_monthly": Fact(
            kind="money", unit="money", needs=_PRICED,
            doc="what the members behind group_users pay a month, in the parent's currency",
        ),
        "group_headroom": Fact(
            kind="integer", unit="people", needs=_ROOM,
            doc="headroom of the members without paid users; those whose headroom is unknown, and those with "
            "do-not-contact or a legal hold, count nothing",
        ),
        "group_abstained": Fact(
            kind="integer", unit="accounts", needs=_ROOM, doc="members whose headroom is unknown"
        ),
        "group_reachable": Fact(
            kind="integer", unit="people", needs=_ROOM,
            doc="group_headroom x ceiling_percent of the parent / 100, rounded down",
        ),
        "group_value": Fact(
            kind="money", unit="money", needs=_PRICED,
            doc="group_reachable x group_monthly x 12 / group_users, rounded down",
        ),
        "group_member": Fact(
            kind="text", unit="text", needs=_ROOM,
            doc="name of the member without paid users that has the largest headroom (ties: smallest id); never the "
            "parent itself, nor one with do-not-contact or a legal hold",
        ),
        "group_member_employees": Fact(
            kind="integer", unit="people", needs=_ROOM, record="group_record", field="account.employees",
            doc="employees of group_member",
        ),
        "group_paid_seats": Fact(
            kind="integer", unit="seats", needs=(*_TREE, "subscription.seats_paid"), record="group_paid_record",
            field="subscription.seats_paid",
            doc="seats of the largest subscription of the member with the most paid users",
        ),
        "group_product_name": Fact(
            kind="text", unit="product", needs=(*_TREE, "subscription.product_id", "subscription.seats_paid"),
            doc="name of the product of that subscription",
        ),
    },
    table=group,
)  # fmt: skip
"""The whole group, told at its ultimate parent."""
