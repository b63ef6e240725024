"""How many more people could use what an account pays for, and how many of them are within reach."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach
from leads.facts.revenue import MONTHS
from leads.inputs import Inputs

COMPARABLE = 20
"""Fewer accounts than this in an industry and size band say nothing about it."""
BANDS = (50, 200, 1000, 5000)
"""Employees at which a size band begins."""


def headroom(inputs: Inputs, accounts: ir.Table, conflict: float) -> ir.Table:
    """Adds employees' headroom to accounts that hold employees, paid_users and monthly.

    headroom (people) and headroom_value (minor units a year) are NULL where `headroom_reason` says why; two
    employee counts conflict when they differ by more than the share `conflict` of the larger one.
    """
    rows = accounts.mutate(headroom_reason=_abstains(conflict))
    known = rows.headroom_reason.isnull()
    rows = rows.mutate(
        headroom=ibis.cases((known, ibis.greatest(rows.employees - rows.paid_users, 0))),
        penetration=ibis.cases(
            (known & (rows.paid_users > 0), _permille(rows)),
        ),
        band=_band(rows.employees),
        arppu=_each(rows.monthly * MONTHS, rows.paid_users),
    )
    rows = rows.mutate(headroom_value=_each(_.headroom * _.monthly * MONTHS, _.paid_users))
    return inputs.stage("headroom", rows)


def _abstains(conflict: float) -> ir.StringValue:
    told = _.employees_reported.notnull()
    apart = (_.employees - _.employees_reported).abs() > conflict * ibis.greatest(_.employees, _.employees_reported)
    return ibis.cases(
        (_.employees.isnull() | (_.employees == 0), "employees_missing"),
        (_.employees < 0, "employees_negative"),
        (told & ((_.employees_reported < 0) | apart), "employees_conflict"),
        (_.paid_users.isnull(), "paid_users_missing"),
    )


def _permille(rows: ir.Table) -> ir.IntegerValue:
    share = (rows.paid_users * 1000 / rows.employees.nullif(0)).floor().cast("int64")
    return ibis.least(share, 1000)


def _band(employees: ir.IntegerValue) -> ir.IntegerValue:
    steps = [(employees < limit, place) for place, limit in enumerate(BANDS)]
    return ibis.cases(*steps, else_=len(BANDS))


def _each(amount: ir.IntegerValue, users: ir.IntegerValue) -> ir.IntegerValue:
    return (amount / users.nullif(0)).floor().cast("int64")


def reachable(inputs: Inputs, accounts: ir.Table) -> ir.Table:
    """Adds ceiling (thousandths of employees), ceiling_n and reachable: seats up to that ceiling.

    The ceiling is the 90th-percentile penetration of comparable accounts (industry x size band, 20 or more of
    them, else all accounts), found by counting, so that every engine gives the same.
    """
    rows = accounts.mutate(segment=ibis.coalesce(_.industry, ""))
    paying = rows.filter(_.penetration.notnull())
    near = _ninetieth(paying, "segment", "band").rename(near="ceiling", near_n="ceiling_n")
    everyone = _ninetieth(paying.mutate(world=1), "world").rename(all="ceiling", all_n="ceiling_n")
    rows = attach(rows, near.filter(_.near_n >= COMPARABLE), "segment", "band")
    rows = attach(rows.mutate(world=1), everyone, "world").drop("world", "segment")
    rows = rows.mutate(ceiling=ibis.coalesce(_.near, _["all"]), ceiling_n=ibis.coalesce(_.near_n, _.all_n))
    seats = ((_.employees * _.ceiling + 999) / 1000).floor().cast("int64") - _.paid_users
    rows = rows.mutate(reachable=ibis.cases((_.headroom.notnull(), ibis.greatest(ibis.least(seats, _.headroom), 0))))
    return inputs.stage("reachable", rows.drop("near", "near_n", "all", "all_n"))


def _ninetieth(rows: ir.Table, *by: str) -> ir.Table:
    bars = rows.group_by(*by, "penetration").aggregate(n=_.count())
    up_to = ibis.window(group_by=by, order_by="penetration", following=0)
    bars = bars.mutate(below=_.n.sum().over(up_to), of=_.n.sum().over(ibis.window(group_by=by)))
    return (
        bars.filter(_.below * 10 >= _.of * 9)
        .group_by(by)
        .aggregate(ceiling=_.penetration.min(), ceiling_n=_["of"].max().cast("int64"))
    )
