"""How many more people could use what an account pays for, and how many of them are within reach."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, thousandths
from leads.facts.percentile import percentile
from leads.facts.revenue import MONTHS

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def headroom(ground: "Ground") -> ir.Table:
    """One row an account; the facts of HEADROOM, and ceiling (thousandths of employees)."""
    numbers = ground.numbers("headroom")
    told = ground.inputs.tables["account"].select(
        "industry", "employees", "employees_reported", "free_users", account_id="id"
    )
    paying = ground.family("revenue").select("account_id", "paid_users", "monthly")
    rows = ground.inputs.stage("facts_headroom", measured(attach(told, paying, "account_id"), numbers))
    return within_reach(rows, numbers).select(
        "account_id", "employees", "headroom", "headroom_value", "headroom_reason", "band", "ceiling", "ceiling_n",
        "reachable",
        free_users=ibis.cases((_.free_users >= 0, _.free_users)),
        pays_share=_.penetration / 1000,
        penetration_percent=_.penetration / 10,
        ceiling_percent=_.ceiling / 10,
    )  # fmt: skip


def measured(rows: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """Adds headroom, headroom_value, headroom_reason, penetration (thousandths, at most 1000) and band to accounts.

    `rows` hold employees, employees_reported, paid_users and monthly.
    """
    rows = rows.mutate(headroom_reason=_abstains(thousandths(numbers["conflict"])))
    known = rows.headroom_reason.isnull()
    share = (rows.paid_users * 1000 / rows.employees.nullif(0)).floor().cast("int64")
    limits = (int(numbers[f"band_{place}"]) for place in (1, 2, 3, 4))
    steps = [(rows.employees < limit, place) for place, limit in enumerate(limits)]
    rows = rows.mutate(
        headroom=ibis.cases((known, ibis.greatest(rows.employees - rows.paid_users, 0))),
        penetration=ibis.cases((known & (rows.paid_users > 0), ibis.least(share, 1000))),
        band=ibis.cases((rows.employees.isnull() | (rows.employees <= 0), ibis.null("int64")), *steps, else_=4),
    )
    value = (_.headroom * _.monthly * MONTHS / _.paid_users.nullif(0)).floor().cast("int64")
    return rows.mutate(headroom_value=value)


def _abstains(conflict: int) -> ir.StringValue:
    told = _.employees_reported.notnull()
    larger = ibis.greatest(_.employees, _.employees_reported)
    apart = (_.employees - _.employees_reported).abs() * 1000 > larger * conflict
    return ibis.cases(
        (_.employees.isnull() | (_.employees == 0), "employees_missing"),
        (_.employees < 0, "employees_negative"),
        (told & ((_.employees_reported < 0) | apart), "employees_conflict"),
        (_.paid_users.isnull(), "paid_users_missing"),
    )


def within_reach(accounts: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """Adds ceiling (thousandths of employees), ceiling_n and reachable (seats up to that ceiling) to measured rows.

    The ceiling is the penetration that `percentile` of comparable accounts do not exceed: those of the industry and
    band where `comparable` of them pay, else all that pay.
    """
    rows = accounts.mutate(segment=ibis.coalesce(_.industry, ""), world=1)
    paying = rows.filter(_.penetration.notnull())
    share = numbers["percentile"]
    near = percentile(paying, "segment", "band", value="penetration", share=share).rename(near="at", near_n="n")
    everyone = percentile(paying, "world", value="penetration", share=share).rename(all="at", all_n="n")
    rows = attach(rows, near.filter(_.near_n >= int(numbers["comparable"])), "segment", "band")
    rows = attach(rows, everyone, "world")
    rows = rows.mutate(ceiling=ibis.coalesce(_.near, _["all"]), ceiling_n=ibis.coalesce(_.near_n, _.all_n))
    seats = ((_.employees * _.ceiling + 999) / 1000).floor().cast("int64") - _.paid_users
    within = ibis.greatest(ibis.least(seats, _.headroom), 0)
    return rows.mutate(reachable=ibis.cases((_.headroom.notnull() & _.ceiling.notnull(), within)))


_EMPLOYEES = ("account.employees",)
_BOTH = (*_EMPLOYEES, "subscription.seats_paid|account.paid_users")

HEADROOM = Family(
    name="headroom",
    grain="account",
    reads=("revenue",),
    facts={
        "employees": Fact(
            kind="integer", unit="people", needs=_EMPLOYEES, record="account_id", field="account.employees",
            doc="people who work there, as the CRM tells it",
        ),
        "free_users": Fact(
            kind="integer", unit="people", needs=("account.free_users",), record="account_id",
            field="account.free_users", doc="people there who use the free edition; NULL where it is negative",
        ),
        "headroom": Fact(
            kind="integer", unit="people", needs=_BOTH,
            doc="employees - paid_users, never under 0; NULL where headroom_reason says why",
        ),
        "headroom_value": Fact(
            kind="money", unit="money", needs=(*_BOTH, "subscription.unit_price|product.list_price"),
            doc="headroom x ARPPU: headroom x monthly x 12 / paid_users, rounded down",
        ),
        "headroom_reason": Fact(
            kind="text", unit="text",
            doc="why headroom cannot be told: employees_missing (none or 0), employees_negative, employees_conflict "
            "(account.employees_reported is negative, or the two counts differ by more than the share `conflict` of "
            "the larger one), paid_users_missing",
        ),
        "pays_share": Fact(
            kind="number", unit="share", needs=_BOTH,
            doc="paid_users / employees, 0 to 1, rounded down to thousandths; NULL where headroom is, or nobody pays",
        ),
        "penetration_percent": Fact(
            kind="number", unit="percent", needs=_BOTH, doc="pays_share in percent, to a tenth"
        ),
        "band": Fact(
            kind="integer", unit="text", needs=_EMPLOYEES,
            doc="size band by employees: 0 under band_1, 1 under band_2, 2 under band_3, 3 under band_4, else 4",
        ),
        "ceiling_percent": Fact(
            kind="number", unit="percent", needs=_BOTH,
            doc="the penetration that the share `percentile` of comparable accounts do not exceed: those that pay in "
            "the same industry and band where there are `comparable` of them, else all that pay",
        ),
        "ceiling_n": Fact(kind="integer", unit="accounts", needs=_BOTH, doc="accounts behind ceiling_percent"),
        "reachable": Fact(
            kind="integer", unit="people", needs=_BOTH,
            doc="seats up to the ceiling: employees x ceiling_percent / 100, rounded up, - paid_users; between 0 and "
            "headroom",
        ),
    },
    table=headroom,
    numbers={
        "comparable": 20, "percentile": 0.9, "conflict": 0.25, "band_1": 50, "band_2": 200, "band_3": 1000,
        "band_4": 5000,
    },
)  # fmt: skip
"""Employees that could still become users."""
