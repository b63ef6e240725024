"""How far the onboarding of an account has come."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import days
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground


def onboarding(inputs: Inputs) -> ir.Table:
    """One row an account. Columns: see ONBOARDING; days that are yet to come are missing."""
    today = inputs.day(0)
    rows = inputs.tables["account"].select(
        account_id="id",
        onboarding_started_on=ibis.cases((_.onboarding_started_on <= today, _.onboarding_started_on)),
        onboarded_on=ibis.cases((_.onboarded_on <= today, _.onboarded_on)),
    )
    return rows.mutate(
        onboarding_open=ibis.cases((_.onboarded_on.notnull(), False), (_.onboarding_started_on.notnull(), True)),
        onboarding_days=days(today, _.onboarding_started_on),
        onboarded_days=days(today, _.onboarded_on),
    )


def _table(ground: "Ground") -> ir.Table:
    return onboarding(ground.inputs)


_START, _END = "account.onboarding_started_on", "account.onboarded_on"
ONBOARDING = Family(
    name="onboarding",
    grain="account",
    facts={
        "onboarding_open": Fact(
            kind="boolean",
            unit="text",
            doc="whether the onboarding has begun and is not completed; missing where neither day is known",
            needs=(f"{_START}|{_END}",),
        ),
        "onboarding_days": Fact(
            kind="integer",
            unit="days",
            doc="days since the onboarding began, completed or not",
            needs=(_START,),
        ),
        "onboarded_days": Fact(
            kind="integer", unit="days", doc="days since the onboarding was completed", needs=(_END,)
        ),
        "onboarding_started_on": Fact(
            kind="date",
            unit="date",
            doc="day the onboarding began, if that is not yet to come",
            needs=(_START,),
            record="account_id",
            field=_START,
        ),
        "onboarded_on": Fact(
            kind="date",
            unit="date",
            doc="day the onboarding was completed, if that is not yet to come",
            needs=(_END,),
            record="account_id",
            field=_END,
        ),
    },
    table=_table,
)
