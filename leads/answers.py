"""What is written on every account: one row each, with the answers that a CSM looks at."""

from collections.abc import Iterable
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.ground import Ground
from leads.facts.idioms import NO, attach_all, best, listed, total, yes
from leads.texts import in_short
from mappings.canonical import Lead
from mappings.config import Rules

FACTS_TOLD = (
    "headroom", "headroom_value", "headroom_reason", "reachable", "ceiling_percent", "currency", "risk",
    "risk_reasons", "risk_points", "rfm", "rfm_rank", "rfm_segment", "growth_percent", "account_revenue", "ltv",
    "utilisation_percent", "interest_product",
)  # fmt: skip
"""Facts that are answers as they are."""
ALWAYS_TOLD = frozenset(("currency", "headroom", "headroom_value", "headroom_reason", "reachable", "ceiling_percent"))
"""Those that are computed whether or not the mapping writes them."""
OUTCOMES = {"leads_accepted": ("accepted", "won"), "leads_declined": ("declined",)}
REASON = {"account_id": "string", "next_reason": "string"}


def questions(rules: Rules) -> frozenset[str]:
    """The facts that the mapping writes on accounts, or a reason quotes: computed whatever plays mention."""
    written = rules.mapping.write.account.fields
    dated = {"renews_on"} if "renewal_on" in written else set()
    off = {code for code, gate in rules.gates.items() if not gate.enabled}
    reasons = [text for one in rules.texts.values() for code, text in one.reasons.items() if code not in off]
    signals = {"risk_reasons"} if any("{signals}" in text for text in reasons) else set()
    return ALWAYS_TOLD | dated | signals | {name for name in FACTS_TOLD if name in written}


def answers(
    ground: Ground, judged: ir.Table, ranked: ir.Table, leads: Iterable[Lead], language: Literal["en", "ja"]
) -> ir.Table:
    """One row an account: the columns of FACTS_TOLD, as far as anybody asked for them, and

    next_product, next_product_2 (code and name of the best two offers), next_reason (where the mapping writes it: why
    the best of them fits, in `language`), priority (high, mid, low), renewal_on, held_value (minor units: what
    guardrails hold back now), open_leads, open_value, leads_accepted, leads_declined. `leads` are those of `ranked`.
    held_value and open_value are NULL where there are such leads and nobody knows what any of them is worth.
    """
    on = ("account_id",)
    facts = ground.wide("account")
    dated = {"renewal_on": facts.renews_on} if "renews_on" in facts.columns else {}
    rows = facts.select("account_id", *(name for name in FACTS_TOLD if name in facts.columns), **dated)
    offers = _offers(ranked, offering(ground.inputs.rules))
    first = ground.inputs.stage("account_offer", _best(offers))
    second = _best(offers.anti_join(first, ("account_id", "target")))
    told = [_named(first, "next_product"), _named(second, "next_product_2")]
    if "next_reason" in ground.inputs.rules.mapping.write.account.fields:
        told.append(_reasons(ground, first, leads, language))
    parts = (_at_work(ranked), *told, _held(ground, judged), _outcomes(ground))
    rows = attach_all(rows, *((part, on) for part in parts))
    zero = {name: ibis.coalesce(rows[name], 0) for name in ("open_leads", *OUTCOMES)}
    worth = {name: yes(rows[f"any_{name}"]).ifelse(rows[name], 0) for name in ("held_value", "open_value")}
    rows = rows.mutate(priority=ibis.coalesce(_.priority, "low"), **zero, **worth)
    return ground.inputs.stage("account_answers", rows.drop(*(f"any_{name}" for name in worth)))


def _chosen(ranked: ir.Table) -> ir.Table:
    rows = ranked.filter(~_.barred & ~_.refused_frequency & ~_.refused_options)
    return rows.mutate(name=_.play + "/" + _.product)


def _at_work(ranked: ir.Table) -> ir.Table:
    rows = _chosen(ranked)
    top = best(rows, "account_id", value="expected", id="name").select("account_id", "priority")
    open = rows.filter(~_.refused_capacity).group_by("account_id")
    return attach_all(top, (open.aggregate(open_leads=_.count(), **_worth("open_value")), ("account_id",)))


def offering(rules: Rules) -> list[str]:
    """The plays that propose a product which the account does not have: others name the one it has."""
    plays = rules.plays.items()
    return sorted(n for n, one in plays if one.per == "offer" or one.motion == "cross_sell" or one.target is not None)


def _offers(ranked: ir.Table, plays: list[str]) -> ir.Table:
    """What is proposed: a product, once for each play that proposes it."""
    return _chosen(ranked).filter(_.play.isin(plays) & _.product_name.notnull())


def _best(offers: ir.Table) -> ir.Table:
    one = best(offers, "account_id", value="expected", id="name")
    return one.select("account_id", "play", "product", "target", "product_name")


def _named(offers: ir.Table, name: str) -> ir.Table:
    return offers.select("account_id", **{name: (_.target + " " + _.product_name).substr(0, 255)})


def _reasons(ground: Ground, offers: ir.Table, leads: Iterable[Lead], language: Literal["en", "ja"]) -> ir.Table:
    """Why an account's best offer fits, in short: one row where it is a lead, which without evidence it is not."""
    theirs = {(lead.account_id, lead.play, lead.key.product): lead for lead in leads}
    found = (theirs.get((row["account_id"], row["play"], row["product"])) for row in offers.to_pyarrow().to_pylist())
    told = [
        {"account_id": lead.account_id, "next_reason": in_short(lead, ground.inputs.rules, language)}
        for lead in found if lead is not None
    ]  # fmt: skip
    return ground.inputs.stage("account_reasons", listed(told, REASON))


def _held(ground: Ground, judged: ir.Table) -> ir.Table:
    """What gates that hold have refused, and no gate that suppresses: it comes back by itself."""
    refused = {"held": [NO], "suppressed": [NO]}
    for code, gate in ground.inputs.rules.gates.items():
        if f"refused_{code}" in judged.columns and gate.state in refused:
            refused[gate.state].append(judged[f"refused_{code}"])
    held = judged.filter(ibis.or_(*refused["held"]) & ~ibis.or_(*refused["suppressed"]))
    return held.group_by("account_id").aggregate(**_worth("held_value"))


def _worth(name: str) -> dict[str, ir.Value]:
    """What is known of it, and that there is something: a sum of nothing known is not 0."""
    return {name: total(_.value), f"any_{name}": _.count() > 0}


def _outcomes(ground: Ground) -> ir.Table:
    ours = ground.ours.all
    counts = {name: _.key.count(where=_.outcome.isin(of)) for name, of in OUTCOMES.items()}
    return ours.group_by("account_id").aggregate(**counts)
