"""How likely an account is to leave: a band with the signals it comes from."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import days, thousandths, yes
from leads.facts.usage import dropped
from leads.inputs import Inputs

SIGNALS: Mapping[str, int] = {
    "usage_drop": 2, "seat_reduction": 2, "nps_low": 2, "nps_fall": 1, "onboarding_late": 1, "severe_case": 1,
    "no_contact": 1,
}  # fmt: skip
"""Signals and what each weighs: 2 alone makes the band high, 1 alone makes it watch (limits in gates.yaml)."""


def churn(inputs: Inputs, facts: ir.Table, numbers: Mapping[str, float], words: Mapping[str, str]) -> ir.Table:
    """Adds risk (none, watch, high), risk_points and risk_reasons (sentences joined by `; `, else NULL) to facts.

    Missing data is no signal: an account nobody ever logged a contact with is not one without contact.
    """
    signals = _signals(inputs, facts, numbers)
    points = ibis.literal(0)
    said = ibis.literal("")
    for name, (signal, value) in signals.items():
        fires = yes(signal)
        points += ibis.ifelse(fires, SIGNALS[name], 0)
        said += ibis.ifelse(fires, ibis.coalesce(_phrase(words[f"risk.{name}"], value), ""), "")
    rows = facts.mutate(risk_points=points, risk_said=said)
    band = ibis.cases(
        (_.risk_points >= int(numbers["high"]), "high"),
        (_.risk_points >= int(numbers["watch"]), "watch"),
        else_="none",
    )
    reasons = _.risk_said.substr(0, ibis.greatest(_.risk_said.length() - 2, 0))
    return rows.mutate(risk=band, risk_reasons=reasons.nullif("")).drop("risk_said")


def _signals(
    inputs: Inputs, facts: ir.Table, numbers: Mapping[str, float]
) -> dict[str, tuple[ir.BooleanValue, ir.Value]]:
    today = inputs.day(0)
    started = days(today, facts.onboarding_started_on)
    silent = days(today, facts.contacted_on)
    lost = (facts.seats_lost_share * 10 >= thousandths(numbers["seats_share"])) & (
        facts.seats_then - facts.seats_now >= int(numbers["seats"])
    )
    return {
        "usage_drop": (
            dropped(facts, numbers["usage_share"], numbers["usage_deviations"]),
            facts.usage_fall.floor().cast("int64"),
        ),
        "seat_reduction": (lost, facts.seats_then - facts.seats_now),
        "nps_low": (facts.nps <= numbers["nps_low"], facts.nps.cast("int64")),
        "nps_fall": (
            (facts.nps > numbers["nps_low"]) & (facts.nps < 9) & (facts.nps_before >= 9),
            facts.nps.cast("int64"),
        ),
        "onboarding_late": (facts.onboarded_on.isnull() & (started > int(numbers["onboarding_days"])), started),
        "severe_case": (facts.severe_n > 0, facts.severe_n),
        "no_contact": (silent > int(numbers["no_contact_days"]), silent),
    }


def _phrase(template: str, value: ir.Value) -> ir.StringValue:
    before, _mark, after = template.partition("{value}")
    return ibis.literal(before) + value.cast("string") + ibis.literal(f"{after}; ")
