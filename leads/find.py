"""The one door: canonical tables, rules, what we wrote before and today's date in; leads with their reasons out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from leads import gates, plays
from leads.assemble import assemble
from leads.facts.ground import Ground
from leads.facts.idioms import attach_all, best
from leads.inputs import Inputs, Stage, filled
from leads.ranking import chosen, valued
from leads.told import Told
from leads.wide import wide
from mappings.canonical import Lead
from mappings.config import Rules

READS = ("account", "product", "subscription", "purchase", "opportunity", "contact", "activity", "case",
         "feedback", "usage", "owner", "ours")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """A play that could not be judged: the columns it needs that are not mapped, or hold nothing."""

    play: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Every lead with its state, sorted by key; what to write on accounts; the plays that are asleep.

    `accounts`: account_id, headroom (people), headroom_value (minor units of currency a year), currency, risk,
    risk_reasons, next_product, priority; and for those who ask why: headroom_reason, reachable, ceiling_percent.
    """

    leads: tuple[Lead, ...]
    accounts: ir.Table
    asleep: tuple[Asleep, ...]


def find(
    tables: Mapping[str, ir.Table],
    rules: Rules,
    *,
    today: date,
    lineage: Mapping[str, str],
    stage: Stage,
    language: Literal["en", "ja"] | None = None,
) -> Found:
    """Decide whom to approach, with what, and why, as of `today`. Same inputs, same answer, in the same order.

    `tables` hold every table and column of mappings.canonical.TABLES; `lineage` says which columns are mapped and
    from where (`account.employees` -> `Account.NumberOfEmployees`). `language` is that of reasons; default the
    company's.
    """
    language = language or rules.mapping.company.language
    ready = {name: _plain(stage, name, tables[name]) for name in READS}
    needs = {need for rule in plays.RULES.values() for need in rule.needs} | {"owner.name"}
    inputs = Inputs(
        tables=ready, rules=rules, today=today, lineage=lineage, filled=filled(ready, lineage, needs), stage=stage
    )
    awake, asleep = _awake(inputs)
    ground = Ground(
        inputs, plays=plays.numbers(rules), gates=gates.numbers(rules), on=gates.enabled(rules),
        words=rules.texts[language].words,
    )  # fmt: skip
    rows = wide(ground, plays.candidates(ground, awake), _quarter(today))
    judged = gates.judged(ground, stage("candidates_valued", valued(ground, rows)))
    ranked = chosen(ground, judged)
    leads = assemble(judged, ranked, Told(ground, judged, awake), inputs, ground.gates, language)
    return Found(leads=leads, accounts=_accounts(ground, ranked), asleep=asleep)


def _plain(stage: Stage, name: str, table: ir.Table) -> ir.Table:
    # a canonical table that is still an expression would be computed again by every fact that reads it
    plain = isinstance(table.op(), ibis.expr.operations.PhysicalTable)
    return table if plain else stage(f"canonical_{name}", table)


def _awake(inputs: Inputs) -> tuple[tuple[str, ...], tuple[Asleep, ...]]:
    enabled = [name for name in plays.RULES if name in inputs.rules.plays and inputs.rules.plays[name].enabled]
    missing = {name: inputs.missing(plays.RULES[name].needs) for name in enabled}
    asleep = tuple(Asleep(play=name, needs=needs) for name, needs in missing.items() if needs)
    return tuple(name for name in enabled if not missing[name]), asleep


def _quarter(today: date) -> str:
    return f"{today.year}Q{(today.month + 2) // 3}"


def _accounts(ground: Ground, ranked: ir.Table) -> ir.Table:
    at_work = ranked.filter(~_.barred & ~_.refused_frequency & ~_.refused_options)
    at_work = at_work.mutate(key=_.play + "/" + _.product)
    top = best(at_work, "account_id", value="expected", id="key").select("account_id", "priority")
    offers = at_work.filter(_.motion.isin(("cross_sell", "upsell")) & _.product_name.notnull())
    first = best(offers, "account_id", value="expected", id="key")
    first = first.select("account_id", next_product=(_.product + " " + _.product_name).substr(0, 255))
    accounts = ground.accounts.select(
        "account_id", "headroom", "headroom_value", "currency", "risk", "risk_reasons", "headroom_reason",
        "reachable", "ceiling",
    )  # fmt: skip
    rows = attach_all(accounts, (top, ("account_id",)), (first, ("account_id",)))
    rows = rows.select(
        "account_id", "headroom", "headroom_value", "currency", "risk", "risk_reasons", "next_product",
        priority=ibis.coalesce(_.priority, "low"),
        headroom_reason="headroom_reason",
        reachable="reachable",
        ceiling_percent=_.ceiling / 10,
    )  # fmt: skip
    return ground.inputs.stage("account_answers", rows)
