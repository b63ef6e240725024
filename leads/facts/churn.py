"""How likely an account is to leave: a band with the signals it comes from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach_all, thousandths, yes
from leads.templates import PLACEHOLDER

if TYPE_CHECKING:
    from leads.facts.ground import Ground

SIGNALS: Mapping[str, int] = {
    "usage_drop": 2, "seat_reduction": 2, "nps_low": 2, "nps_fall": 1, "downgrade": 2, "option_cancelled": 1,
    "onboarding_late": 1, "severe_case": 1, "no_contact": 1, "champion_left": 1, "refusals": 1,
}  # fmt: skip
"""Signals and what each weighs by default: 2 alone makes the band high, 1 alone makes it watch."""
READS: Mapping[str, tuple[str, ...]] = {
    "usage": ("usage_drop", "usage_fall"),
    "reduction": ("seats_then", "seats_lost"),
    "downgrade": ("downgraded_on", "option_cancelled_on", "option_cancelled"),
    "feedback": ("nps", "nps_before"),
    "onboarding": ("onboarding_open", "onboarding_days"),
    "cases": ("severe_n",),
    "contacted": ("silent_days",),
    "champion": ("champion_left_on", "champion_left_days"),
    "declined": ("refusals",),
}
"""The facts that signals are made of, by family."""


def churn(ground: "Ground") -> ir.Table:
    """One row an account; the facts of CHURN."""
    told = ((ground.family(name).select("account_id", *facts), ("account_id",)) for name, facts in READS.items())
    rows = attach_all(ground.inputs.tables["account"].select(account_id="id"), *told)
    return at_risk(rows, ground.numbers("churn"), ground.words)


def at_risk(rows: ir.Table, numbers: Mapping[str, float], words: Mapping[str, str]) -> ir.Table:
    """account_id and the facts of CHURN, from one row an account with the columns of READS.

    `words` hold the sentence of each signal (`risk.usage_drop`), which may quote {value}. Missing data is no signal:
    an account nobody ever logged a contact with is not one without contact.
    """
    rows = rows.mutate(seats_lost_limit=_seats_limit(rows, numbers))
    signals = _signals(rows, numbers)
    flags = {f"risk_{name}": signal for name, (signal, _value) in signals.items()}
    points, said = ibis.literal(0), ibis.literal("")
    for name, (signal, value) in signals.items():
        points += ibis.ifelse(yes(signal), int(numbers[f"weight_{name}"]), 0)
        said += ibis.ifelse(yes(signal), ibis.coalesce(_phrase(words[f"risk.{name}"], value), ""), "")
    told = rows.select("account_id", "seats_lost_limit", risk_points=points.cast("int64"), risk_said=said, **flags)
    band = ibis.cases(
        (_.risk_points >= int(numbers["high"]), "high"),
        (_.risk_points >= int(numbers["watch"]), "watch"),
        else_="none",
    )
    reasons = _.risk_said.substr(0, ibis.greatest(_.risk_said.length() - 2, 0)).nullif("")
    limits = {name: ibis.literal(int(numbers[str(fact.setting)]), "int64") for name, fact in LIMITS.items()}
    return told.mutate(risk=band, risk_reasons=reasons, **limits).drop("risk_said")


def _seats_limit(rows: ir.Table, numbers: Mapping[str, float]) -> ir.IntegerValue:
    # rounded up, for seats are whole: as many are no less than the share itself
    share = ((rows.seats_then * thousandths(numbers["seats_share"]) + 999) // 1000).cast("int64")
    return ibis.cases((rows.seats_then.notnull(), ibis.greatest(share, int(numbers["seats"]))))


def _signals(rows: ir.Table, numbers: Mapping[str, float]) -> dict[str, tuple[ir.BooleanValue, ir.Value]]:
    low, promoter = int(numbers["nps_low"]), int(numbers["nps_promoter"])
    return {
        "usage_drop": (rows.usage_drop, rows.usage_fall.floor().cast("int64")),
        "seat_reduction": (rows.seats_lost >= rows.seats_lost_limit, rows.seats_lost),
        "nps_low": (rows.nps <= low, rows.nps),
        "nps_fall": ((rows.nps > low) & (rows.nps < promoter) & (rows.nps_before >= promoter), rows.nps),
        "downgrade": (rows.downgraded_on.notnull(), rows.downgraded_on),
        "option_cancelled": (rows.option_cancelled_on.notnull(), rows.option_cancelled),
        "onboarding_late": (rows.onboarding_open & (rows.onboarding_days > int(numbers["onboarding_days"])),
                            rows.onboarding_days),
        "severe_case": (rows.severe_n > 0, rows.severe_n),
        "no_contact": (rows.silent_days > int(numbers["no_contact_days"]), rows.silent_days),
        "champion_left": (rows.champion_left_days <= int(numbers["champion_days"]), rows.champion_left_on),
        "refusals": (rows.refusals >= int(numbers["refusals"]), rows.refusals),
    }  # fmt: skip


def _phrase(template: str, value: ir.Value) -> ir.StringValue:
    """The sentence in SQL; what it counts is one or many as the number is."""
    found = PLACEHOLDER.search(template)
    if found is None:
        return ibis.literal(f"{template}; ")
    after = f"{template[found.end() :]}; "
    noun = ibis.literal(after)
    if found[2] is not None and value.type().is_numeric():
        noun = ibis.ifelse(value == 1, f" {found[2]}{after}", f" {found[3]}{after}")
    return ibis.literal(template[: found.start()]) + value.cast("string") + noun


def _signal(doc: str, *needs: str) -> Fact:
    return Fact(kind="boolean", unit="text", doc=f"{doc}; NULL where that is unknown", needs=needs)


def _limit(number: str, unit: str, doc: str) -> Fact:
    return Fact(kind="integer", unit=unit, setting=number, doc=f"the number `{number}`: {doc}")


_ENDS = ("subscription.ends_on",)

LIMITS: Mapping[str, Fact] = {
    "risk_limit": _limit("high", "text", "risk_points from which the risk is high"),
    "nps_low_limit": _limit("nps_low", "points", "the highest nps that is low"),
    "promoter_limit": _limit("nps_promoter", "points", "the lowest nps of a promoter"),
    "onboarding_limit": _limit("onboarding_days", "days", "onboarding_days up to which an onboarding is not late"),
    "silent_limit": _limit("no_contact_days", "days", "silent_days up to which nobody is missed"),
    "champion_risk_limit": _limit("champion_days", "days", "champion_left_days up to which the risk lasts"),
    "refusals_limit": _limit("refusals", "times", "refusals from which they are a signal"),
}
"""Facts that are numbers of the family, for conditions to name: a limit is set in one place."""

CHURN = Family(
    name="churn",
    grain="account",
    reads=tuple(READS),
    facts={
        "risk": Fact(
            kind="text", unit="text",
            doc="none, watch or high: high from `high` risk_points, watch from `watch`. A signal whose data is "
            "missing gives no points",
        ),
        "risk_points": Fact(
            kind="integer", unit="text", doc="sum of weight_<signal> over the signals below that are true"
        ),
        "risk_reasons": Fact(
            kind="text", unit="text",
            doc="the signals that are true, as sentences (risk.<signal> in texts.*.yaml) joined by `; `; else NULL",
        ),
        "risk_usage_drop": _signal("usage_drop is true", "usage.quantity"),
        "risk_seat_reduction": _signal(
            "seats_lost is at least seats_lost_limit", "subscription.seats_paid"
        ),
        "risk_nps_low": _signal("nps is at most nps_low", "feedback.score"),
        "risk_nps_fall": _signal(
            "nps_before was at least nps_promoter; nps is under it, yet above nps_low", "feedback.score"
        ),
        "risk_downgrade": Fact(
            kind="boolean", unit="text", needs=(*_ENDS, "product.tier"), doc="downgraded_on is known"
        ),
        "risk_option_cancelled": Fact(
            kind="boolean", unit="text", needs=(*_ENDS, "product.is_option"), doc="option_cancelled_on is known"
        ),
        "risk_onboarding_late": _signal(
            "onboarding_open, and onboarding_days is over the number onboarding_days", "account.onboarding_started_on"
        ),
        "risk_severe_case": _signal("severe_n is over 0", "case.severity"),
        "risk_no_contact": _signal("silent_days is over no_contact_days", "activity.on"),
        "risk_champion_left": _signal("champion_left_days is at most champion_days", "contact.left_on"),
        "risk_refusals": _signal("the fact refusals is at least the number refusals", "ours.outcome|ours.created_on"),
        **LIMITS,
        "seats_lost_limit": Fact(
            kind="integer", unit="seats", needs=("subscription.seats_paid",),
            doc="the share seats_share of seats_then, rounded up, and at least the number `seats`: seats_lost from "
            "which they are a signal; NULL where seats_then is",
        ),
    },
    table=churn,
    numbers={
        "watch": 1, "high": 2, "seats": 5, "seats_share": 0.1, "nps_low": 6, "nps_promoter": 9,
        "onboarding_days": 90, "no_contact_days": 90, "champion_days": 180, "refusals": 3,
        **{f"weight_{name}": weight for name, weight in SIGNALS.items()},
    },
)  # fmt: skip
"""The risk that an account leaves."""
