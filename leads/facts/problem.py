"""Problems that a customer stated and a product solves which it does not have: cases that name the product."""

from typing import TYPE_CHECKING

import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.touches import latest

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def problem(ground: "Ground") -> ir.Table:
    """One row an account and product that its cases name and it neither has nor had; the facts of PROBLEM.

    Most cases are about what an account has: those are no wish for more. A case names a product by record id or by
    code: HubSpot has no lookup from a ticket to a product, and people choose from a list of codes.
    """
    inputs, days = ground.inputs, int(ground.numbers("problem")["days"])
    recent = inputs.tables["case"].filter(
        _.product_id.notnull() & _.opened_on.between(inputs.day(days), inputs.day(0))
    )
    named = recent.select("id", "account_id", "product_id", "opened_on").inner_join(ground.named, "product_id")
    lacking = named.anti_join(ground.owned, ("account_id", "product"))
    return latest(
        lacking, "account_id", "product", on="opened_on", day="problem_on", record="problem_record",
        problem_cases=_.id.count(),
    )  # fmt: skip


_NEEDS = ("case.product_id",)
PROBLEM = Family(
    name="problem",
    grain="offer",
    numbers={"days": 180},
    facts={
        "problem_cases": Fact(
            kind="integer", unit="cases", needs=_NEEDS,
            doc="cases that name the product (case.product_id), open or solved, that came in at most days (180) days "
            "ago; only of products it neither has nor had",
        ),
        "problem_on": Fact(
            kind="date", unit="date", needs=(*_NEEDS, "case.opened_on"), record="problem_record",
            field="case.opened_on", doc="day the last of them came in",
        ),
    },
    table=problem,
)  # fmt: skip
"""Problems stated."""
