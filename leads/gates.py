"""The guardrails: what keeps a candidate from being worked. Each is an expression; its limits are in gates.yaml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.ground import Ground
from leads.facts.idioms import NO, days, yes
from mappings.canonical import State
from mappings.config import Rules

Test = Callable[[Ground, Mapping[str, float]], tuple[ir.BooleanValue, ir.Value]]
"""Gives whether a candidate is refused, and the value that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One gate as code: the state it puts a lead in, whom it concerns, and its number that is the limit told.

    `test` is None for the gates that compare candidates with one another (leads.ranking).
    """

    state: State = "suppressed"
    concerns: Literal["all", "selling"] = "selling"
    spares_ours: bool = False
    test: Test | None = None
    limit: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def _flag(column: str) -> Test:
    return lambda _ground, _numbers: (_[column], ibis.literal("yes"))


def _no_contact(_ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    # a save task may go to an account without contacts; one whose contacts all refused must be left alone
    nobody = _.contact_id.isnull() & (_.selling | (_.contacts_n > 0))
    return nobody, ibis.coalesce(_.contacts_n, 0)


def _onboarding(ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    open = (_.onboarding_started_on <= ground.inputs.day(0)) & _.onboarded_on.isnull()
    return open, days(ground.inputs.day(0), _.onboarding_started_on)


def _tenure(ground: Ground, numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    tenure = days(ground.inputs.day(0), ibis.coalesce(_.customer_since, _.first_day))
    just_bought = (_.motion == "cross_sell") & _.won_on.notnull()
    return (tenure < int(numbers["days"])) & ~just_bought, tenure


def _deal(_ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    # a deal that names no product is most likely about what they already have
    unnamed = ibis.cases((_.motion != "cross_sell", _.unnamed_deal))
    record = ibis.coalesce(_.deal_record, unnamed)
    return record.notnull(), record


def _contact_frequency(ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    return _.stale & _.contact_id.notnull(), days(ground.inputs.day(0), _.approached_on)


def _owner(ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    listed = "owner.name" in ground.inputs.filled
    unknown = ibis.literal(listed) & _.owner_active.isnull()
    gone = ~ibis.coalesce(_.owner_active, True)
    value = ibis.cases((_.owner_id.isnull(), "missing"), (gone, "inactive"), else_="unknown")
    return _.owner_id.isnull() | unknown | gone, value


def _incomplete(_ground: Ground, _numbers: Mapping[str, float]) -> tuple[ir.BooleanValue, ir.Value]:
    missing = ibis.cases(
        (_.contact_id.isnull() | _.contact_name.isnull(), "contact"),
        (ibis.coalesce(_.role, _.title).isnull(), "role"),
        (_.product_name.isnull(), "product"),
        (_.owner_name.isnull(), "owner"),
    )
    return (_.motion == "cross_sell") & missing.notnull(), missing


GUARDS: Mapping[str, Guard] = {
    "do_not_contact": Guard(concerns="all", test=_flag("do_not_contact")),
    "no_contact": Guard(concerns="all", test=_no_contact),
    "legal_hold": Guard(concerns="all", test=_flag("legal_hold")),
    "invoice_overdue": Guard(test=_flag("invoice_overdue")),
    "onboarding_open": Guard(test=_onboarding),
    "severe_case": Guard(test=lambda _ground, _numbers: (_.severe_n > 0, _.severe_n)),
    "tenure": Guard(test=_tenure, limit="days", numbers={"days": 60}),
    "churn_high": Guard(
        state="held",
        test=lambda _ground, _numbers: (_.risk == "high", _.risk_points),
        limit="high",
        numbers={
            "watch": 1,
            "high": 2,
            "usage_share": 0.3,
            "usage_deviations": 2,
            "seats_share": 0.1,
            "seats": 5,
            "seats_days": 90,
            "nps_low": 6,
            "onboarding_days": 90,
            "no_contact_days": 90,
        },
    ),
    "duplicate_opportunity": Guard(spares_ours=True, test=_deal),
    "duplicate_task": Guard(
        concerns="all", spares_ours=True, test=lambda _ground, _numbers: (_.task_record.notnull(), _.task_record)
    ),
    "duplicate_lead": Guard(
        concerns="all",
        spares_ours=True,
        test=lambda _ground, _numbers: (_.other_key.notnull() & (_.product != "-"), _.other_key),
    ),
    "already_worked": Guard(
        concerns="all", spares_ours=True, test=lambda _ground, _numbers: (_.decided_key.notnull(), _.cycle)
    ),
    "owner": Guard(concerns="all", test=_owner),
    "incomplete": Guard(concerns="all", test=_incomplete),
    "contact_frequency": Guard(spares_ours=True, test=_contact_frequency, limit="days", numbers={"days": 60}),
    "frequency": Guard(spares_ours=True, limit="days", numbers={"days": 30}),
    "options": Guard(spares_ours=True, limit="options", numbers={"options": 2}),
    "capacity": Guard(
        state="waiting",
        concerns="all",
        spares_ours=True,
        limit="leads",
        numbers={"leads": 10, "days": 7, "frequent_purchases": 2, "needy_cases": 3, "needy_days": 90},
    ),
}
"""In the order in which reasons are told."""


def numbers(rules: Rules) -> dict[str, dict[str, float]]:
    """Every gate's numbers: what gates.yaml says, else the guard's own. A gate left out of the file stays on."""
    said = {code: gate.numbers for code, gate in rules.gates.items()}
    return {code: {**guard.numbers, **said.get(code, {})} for code, guard in GUARDS.items()}


def enabled(rules: Rules) -> frozenset[str]:
    """The gates that are on: all but those that gates.yaml switches off."""
    return frozenset(code for code in GUARDS if code not in rules.gates or rules.gates[code].enabled)


def judged(ground: Ground, rows: ir.Table) -> ir.Table:
    """Adds refused_<code> and value_<code> for every gate with a test, and barred: whether any of them refused."""
    tests = {code: guard for code, guard in GUARDS.items() if guard.test is not None and code in ground.on}
    columns: dict[str, ir.Value] = {}
    for code, guard in tests.items():
        columns |= _verdict(ground, code, guard)
    rows = rows.mutate(**columns)
    barred = ibis.or_(*(rows[f"refused_{code}"] for code in tests)) if tests else NO
    return ground.inputs.stage("candidates_judged", rows.mutate(barred=barred))


def _verdict(ground: Ground, code: str, guard: Guard) -> dict[str, ir.Value]:
    assert guard.test is not None  # noqa: S101  judged() passes only guards with a test
    refused, value = guard.test(ground, ground.gates[code])
    refused = yes(refused)
    if guard.concerns == "selling":
        refused &= _.selling
    if guard.spares_ours:
        refused &= _.our_key.isnull()
    return {f"refused_{code}": refused, f"value_{code}": value}
