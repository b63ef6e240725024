"""Who speaks for us at an account, and who has left."""

from typing import TYPE_CHECKING

import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach_all, days, yes
from leads.facts.touches import latest, or_none
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground


def champions(inputs: Inputs) -> ir.Table:
    """One row an account. Columns: see CHAMPION; zeros where the CRM keeps roles but the account has no champion."""
    rows = inputs.tables["contact"].filter(_.role == "champion")
    gone = yes(_.left_on <= inputs.day(0))
    sums = rows.group_by("account_id").aggregate(champions_n=_.id.count(where=~gone))
    left = latest(
        rows.filter(gone), "account_id", on="left_on", day="champion_left_on", record="champion_record",
        champions_left=_.id.count(),
    )  # fmt: skip
    on = ("account_id",)
    every = attach_all(inputs.tables["account"].select(account_id="id"), (sums, on), (left, on))
    counted = every.mutate(champions_n=or_none(inputs, _.champions_n, "contact.role"))
    if "contact.role" in inputs.filled:
        counted = counted.mutate(champions_left=or_none(inputs, _.champions_left, "contact.left_on"))
    return counted.mutate(champion_left_days=days(inputs.day(0), _.champion_left_on))


def _table(ground: "Ground") -> ir.Table:
    return champions(ground.inputs)


_LEFT = ("contact.role", "contact.left_on")
CHAMPION = Family(
    name="champion",
    grain="account",
    facts={
        "champion_left_on": Fact(
            kind="date",
            unit="date",
            doc="day the last champion who left did so, however long ago",
            needs=_LEFT,
            record="champion_record",
            field="contact.left_on",
        ),
        "champion_left_days": Fact(kind="integer", unit="days", doc="days since champion_left_on", needs=_LEFT),
        "champions_left": Fact(
            kind="integer", unit="people", doc="contacts with the role champion who have left", needs=_LEFT
        ),
        "champions_n": Fact(
            kind="integer",
            unit="people",
            doc="contacts with the role champion who are there today",
            needs=("contact.role",),
        ),
    },
    table=_table,
)
