"""How much help an account asks for: severe cases that are open, inquiries of late, and whether they jumped."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach_all, thousandths, yes
from leads.facts.touches import latest, oldest, or_none
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

MONTH = 28
"""Days of the window that is compared with the account's own habit: whole weeks."""
MONTHS = 13
"""Such windows before it that make up the habit: 364 days."""


def inquiries(inputs: Inputs, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account; zeros where the CRM keeps cases but none of the account. Columns: see CASES."""
    sums = _sums(inputs, int(numbers["needy_days"]))
    dated = inputs.tables["case"].filter(_.opened_on <= inputs.day(0))
    last = latest(dated, "account_id", on="opened_on", day="last_case_on", record="last_case_record")
    every = inputs.tables["account"].select("customer_since", account_id="id")
    rows = attach_all(every, (sums, ("account_id",)), (last, ("account_id",)))
    rows = rows.mutate(
        severe_n=or_none(inputs, _.severe_n, "case.severity"),
        cases_n=or_none(inputs, _.cases_n, "case.opened_on"),
        cases_28=or_none(inputs, _.cases_28, "case.opened_on"),
        cases_past=or_none(inputs, _.cases_past, "case.opened_on"),
    )
    long = _.customer_since <= inputs.day(MONTH * (MONTHS + 1))
    # counts against counts: a mean has digits that engines round in their own ways
    jumped = _.cases_28 * MONTHS * 1000 > _.cases_past * thousandths(numbers["spike_times"])
    return rows.mutate(
        cases_mean=ibis.cases((long, (_.cases_past / MONTHS).round(4))),
        cases_spike=ibis.cases((long, jumped & (_.cases_28 >= int(numbers["spike_cases"])))),
    ).drop("customer_since", "cases_past")


def _sums(inputs: Inputs, needy_days: int) -> ir.Table:
    rows = inputs.tables["case"].filter(_.opened_on.isnull() | (_.opened_on <= inputs.day(0)))
    open = ~yes(_.is_closed) | yes(_.closed_on > inputs.day(0))
    rows = rows.mutate(severe=open & yes(_.severity == "high"))
    past = (_.opened_on <= inputs.day(MONTH)) & (_.opened_on > inputs.day(MONTH * (MONTHS + 1)))
    return rows.group_by("account_id").aggregate(
        severe_n=_.id.count(where=_.severe),
        severe_record=oldest(_.opened_on, _.id, where=_.severe),
        severe_opened_on=_.opened_on.min(where=_.severe),
        cases_n=_.id.count(where=_.opened_on > inputs.day(needy_days)),
        cases_28=_.id.count(where=_.opened_on > inputs.day(MONTH)),
        cases_past=_.id.count(where=past),
    )


def _table(ground: "Ground") -> ir.Table:
    return inquiries(ground.inputs, ground.numbers("cases"))


_HABIT = ("case.opened_on", "account.customer_since")
CASES = Family(
    name="cases",
    grain="account",
    numbers={"needy_days": 90, "spike_times": 2, "spike_cases": 5},
    facts={
        "severe_n": Fact(
            kind="integer",
            unit="cases",
            doc="cases of high severity that are open; one closed after today still is",
            needs=("case.severity",),
        ),
        "severe_opened_on": Fact(
            kind="date",
            unit="date",
            doc="day the oldest of them came in",
            needs=("case.severity", "case.opened_on"),
            record="severe_record",
            field="case.opened_on",
        ),
        "cases_n": Fact(
            kind="integer",
            unit="cases",
            doc="cases that came in during the last needy_days (90) days: today and the 89 days before",
            needs=("case.opened_on",),
        ),
        "cases_28": Fact(
            kind="integer",
            unit="cases",
            doc="cases that came in during the last 28 days: today and the 27 days before",
            needs=("case.opened_on",),
        ),
        "cases_mean": Fact(
            kind="number",
            unit="cases",
            doc="the account's own mean of cases per 28 days: those of the 364 days before the last 28, divided by "
            "13; missing unless it has been a customer for all 392 days",
            needs=_HABIT,
        ),
        "cases_spike": Fact(
            kind="boolean",
            unit="text",
            doc="whether cases_28 is above spike_times (2) times cases_mean and at least spike_cases (5); missing "
            "where cases_mean is",
            needs=_HABIT,
        ),
        "last_case_on": Fact(
            kind="date",
            unit="date",
            doc="day the last case came in",
            needs=("case.opened_on",),
            record="last_case_record",
            field="case.opened_on",
        ),
    },
    table=_table,
)
