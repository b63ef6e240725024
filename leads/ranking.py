"""Who first: the chance to win, the expected value, the priority, and what an owner can work in a week."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import in_company_currency
from leads.facts.ground import Ground
from leads.facts.idioms import NO, attach, days, yes
from leads.facts.winrate import by_play
from leads.gates import let_pass, number
from leads.language import Expression
from leads.plays import over
from leads.propensity import BASE_WEIGHT, Learnt, chances_of
from mappings.config import Play

SHARED = (
    "account_id", "account_name", "play", "product", "target", "product_name", "motion", "selling", "owner_id",
    "our_key", "our_day", "sold_on", "value", "currency", "expected", "ranked", "priority", "may_email", "barred",
)  # fmt: skip
"""What sharing out places needs to know of a candidate."""


def valued(ground: Ground, rows: ir.Table, priorities: Mapping[str, Expression], learnt: Learnt) -> ir.Table:
    """Adds the chance to win with where it comes from, what a lead is worth, and priority.

    p_win: 0..1; win_source: model, deals (decided deals and leads) or setting; decided_n: how many it was learnt
    from; win_model: the model's version; expected: minor units of the lead's currency a year, 0 where nobody knows
    what it is worth; ranked: the same in the company's currency at today's rate, NULL (and rate_unknown true) where
    none is known.
    """
    rows = _with_chance(ground, rows, learnt)
    rows = rows.mutate(expected=(ibis.coalesce(_.value, 0) * _.p_win * _.timing).round().cast("int64"))
    rows = in_company_currency(ground.inputs, rows, "expected", name="ranked")
    rows = rows.mutate(rate_unknown=ibis.cases((_.ranked.isnull(), True)))
    numbers, today = ground.inputs.rules.ranking.numbers, ground.inputs.today
    holds = {name: yes(over(rows, numbers, one, today)) for name, one in priorities.items()}
    priority = ibis.cases(
        (rows.selling & holds["low"], "low"), (holds["high"], "high"), (holds["mid"], "mid"), else_="low"
    )
    return rows.mutate(priority=priority)


def _with_chance(ground: Ground, rows: ir.Table, learnt: Learnt) -> ir.Table:
    rows = attach(rows, by_play(ground.ours.all), "play")
    if learnt.model is None:
        rows = rows.mutate(model_win=ibis.null("float64"))
    else:
        said = chances_of(ground, learnt.model, rows.filter(_.selling).select("account_id", product="target"))
        rows = attach(rows, said.rename(target="product"), "account_id", "target")
    # deals say how often people buy, nothing about how often they can be kept
    modelled = _.selling & _.model_win.notnull()
    seen = ibis.ifelse(_.selling, _.all_n, 0) + ibis.coalesce(_.play_n, 0)
    rows = rows.mutate(
        p_win=ibis.ifelse(modelled, _.model_win, _base_rate()).round(4),
        decided_n=ibis.ifelse(modelled, learnt.report.trained[0], seen),
    )
    source = ibis.cases((modelled, "model"), (_.decided_n > 0, "deals"), else_="setting")
    rows = rows.mutate(win_source=source, win_model=ibis.cases((modelled, learnt.report.version or "")))
    return rows.drop("model_win", "play_won", "play_accepted", "play_n")


def _base_rate() -> ir.FloatingValue:
    """The segment's rate, moved by what became of the play's own leads.

    One that was accepted is a deal now, and as likely to be won as any other.
    """
    before = ibis.ifelse(_.selling, _segment_rate(), _.win_rate)
    weight = ibis.ifelse(_.selling, BASE_WEIGHT, _.win_weight)
    won, accepted, n = (ibis.coalesce(_[name], 0) for name in ("play_won", "play_accepted", "play_n"))
    return ibis.ifelse(n > 0, (won + (accepted + weight) * before) / (n + weight), before)


def _segment_rate() -> ir.FloatingValue:
    overall = (ibis.coalesce(_.all_wins, 0) + _.win_rate * _.win_weight) / (_.all_n + _.win_weight)
    wins = ibis.ifelse(_.motion == "cross_sell", _.product_wins, _.industry_wins)
    n = ibis.ifelse(_.motion == "cross_sell", _.product_n, _.industry_n)
    return (ibis.coalesce(wins, 0) + BASE_WEIGHT * overall) / (ibis.coalesce(n, 0) + BASE_WEIGHT)


def _number(ground: Ground, code: str, name: str) -> int:
    return number(ground.inputs.rules.gates, code, name)


def _is_on(ground: Ground, code: str) -> bool:
    return ground.inputs.rules.gates[code].enabled


def order() -> list[ir.Value]:
    """Our open leads first, then by expected value in the company's currency; ties by key.

    Where no rate is known a lead comes after all that can be compared, and is compared within its currency only; what
    has no price comes last.
    """
    by_worth = [_.expected <= 0, _.ranked.desc(nulls_first=False), _.currency, _.expected.desc()]
    return [_.our_key.isnull(), *by_worth, _.account_id, _.play, _.product]


def chosen(ground: Ground, rows: ir.Table) -> ir.Table:
    """Judged rows, as far as places are shared out by them, with refused_ and value_ of frequency, options, capacity.

    One approach an account: the best play, with at most two of its products as options; then the owner's best N.
    A lead of ours that is already open keeps its place: it takes a slot, and is never pushed out of it. What nobody
    has to work (a place on a list, account fields alone) takes none and never waits: its value_capacity is NULL.
    """
    rows = _one_play(ground, rows.select(*SHARED))
    rows = ground.inputs.stage("candidates_one_play", rows)
    rows = _few_options(ground, rows)
    return ground.inputs.stage("candidates_ranked", _within_capacity(ground, rows))


def _one_play(ground: Ground, rows: ir.Table) -> ir.Table:
    today = ground.inputs.day(0)
    fresh = _.our_key.isnull() | ibis.coalesce(_.our_day >= today, True)
    rows = rows.mutate(runs=~_.barred & _.selling & fresh)
    place = ibis.row_number().over(group_by=["account_id", "runs"], order_by=order())
    rows = rows.mutate(place=place)
    first = rows.filter(_.runs & (_.place == 0)).select("account_id", chosen_play="play")
    rows = attach(rows, first, "account_id")
    recent = yes(_.sold_on > ground.inputs.day(_number(ground, "frequency", "days")))
    other = recent | (_.play != _.chosen_play)
    return rows.mutate(
        refused_frequency=ibis.literal(_is_on(ground, "frequency"))
        & ~_.barred
        & _.selling
        & _.our_key.isnull()
        & ~let_pass(ground, "frequency", rows)
        & other,
        # none where nobody has approached them lately: another lead of today comes first
        value_frequency=ibis.cases((recent, days(today, _.sold_on))),
    ).drop("runs", "place")


def _few_options(ground: Ground, rows: ir.Table) -> ir.Table:
    rows = rows.mutate(runs=~_.barred & _.selling & ~_.refused_frequency)
    place = ibis.row_number().over(group_by=["account_id", "runs"], order_by=order())
    rows = rows.mutate(value_options=place + 1)
    many = _.runs & _.our_key.isnull() & (_.value_options > _number(ground, "options", "options"))
    many &= ~let_pass(ground, "options", rows)
    return rows.mutate(refused_options=ibis.literal(_is_on(ground, "options")) & many)


def _within_capacity(ground: Ground, rows: ir.Table) -> ir.Table:
    lists = "ours.contact_id" in ground.inputs.lineage
    rows = rows.mutate(worked=~unworked(ground.inputs.rules.plays, lists=lists))
    rows = rows.mutate(runs=~_.barred & ~_.refused_frequency & ~_.refused_options & _.worked)
    place = ibis.row_number().over(group_by=["owner_id", "runs"], order_by=order())
    rows = attach(rows.mutate(place=place), _busy(ground, rows), "owner_id")
    rows = rows.mutate(value_capacity=ibis.cases((_.worked, _.place + 1 + ibis.coalesce(_.busy, 0))))
    full = _.runs & _.our_key.isnull() & (_.value_capacity > _number(ground, "capacity", "leads"))
    full &= ~let_pass(ground, "capacity", rows)
    return rows.mutate(refused_capacity=ibis.literal(_is_on(ground, "capacity")) & full).drop(
        "place", "busy", "runs", "worked"
    )


def unworked(plays: Mapping[str, Play], *, lists: bool) -> ir.BooleanValue:
    """Whether a row (play, priority, may_email) becomes nobody's work: a place on a list, or account fields alone.

    Without a contact whom mail may reach, or in a CRM without `lists`, the action `list` is a task.
    """
    idle: list[ir.BooleanValue] = []
    for name, play in sorted(plays.items()):
        at = {one: sorted(level for level, said in play.action.items() if said == one) for one in ("list", "fields")}
        if at["fields"]:
            idle.append((_.play == name) & _.priority.isin(at["fields"]))
        if at["list"] and lists:
            idle.append((_.play == name) & _.priority.isin(at["list"]) & yes(_.may_email))
    return ibis.or_(*idle) if idle else NO


def _busy(ground: Ground, rows: ir.Table) -> ir.Table:
    """Work an owner has besides this run's rows: our other leads, open or of the last `days` days.

    What we took back before anybody touched it was nobody's work.
    """
    week = ground.inputs.day(_number(ground, "capacity", "days"))
    recent = yes(_.written_on > week) & _.withdrawn_on.isnull()
    work = ground.ours.all.filter(_.holder.notnull() & (_.is_open | recent))
    seen = rows.filter(_.runs & _.our_key.notnull()).select(key="our_key")
    other = work.anti_join(seen, "key")
    return other.group_by(owner_id="holder").aggregate(busy=_.count())
