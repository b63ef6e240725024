"""Who first: the chance to win, the expected value, the priority, and what an owner can work in a week."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.ground import Ground
from leads.facts.idioms import attach, days, yes
from leads.gates import number
from leads.language import Expression
from leads.plays import columns

SEGMENT_WEIGHT = 20
"""Decided deals that a segment must have to count as much as the overall rate."""
SHARED = (
    "account_id", "play", "product", "product_name", "motion", "selling", "owner_id", "our_key", "our_day", "sold_on",
    "value", "expected", "priority", "barred",
)  # fmt: skip
"""What sharing out places needs to know of a candidate."""


def valued(ground: Ground, rows: ir.Table, priorities: Mapping[str, Expression]) -> ir.Table:
    """Adds p_win (0..1), decided_n (deals behind it), expected (minor units a year) and priority."""
    rows = rows.mutate(p_win=_p_win().round(4), decided_n=_decided_n())
    rows = rows.mutate(expected=(_.value * _.p_win * _.timing).round().cast("int64"))
    known = columns(rows, ground.inputs.rules.ranking.numbers)
    holds = {name: yes(one.build(known, ground.inputs.today)) for name, one in priorities.items()}
    priority = ibis.cases(
        (rows.selling & holds["low"], "low"), (holds["high"], "high"), (holds["mid"], "mid"), else_="low"
    )
    return rows.mutate(priority=priority)


def _p_win() -> ir.FloatingValue:
    overall = (ibis.coalesce(_.all_wins, 0) + _.win_rate * _.win_weight) / (_.all_n + _.win_weight)
    wins = ibis.ifelse(_.motion == "cross_sell", _.product_wins, _.industry_wins)
    n = ibis.ifelse(_.motion == "cross_sell", _.product_n, _.industry_n)
    segment = (ibis.coalesce(wins, 0) + SEGMENT_WEIGHT * overall) / (ibis.coalesce(n, 0) + SEGMENT_WEIGHT)
    # deals say how often people buy, nothing about how often they can be kept
    return ibis.ifelse(_.selling, segment, _.win_rate)


def _decided_n() -> ir.IntegerValue:
    return ibis.ifelse(_.selling, _.all_n, 0)


def _number(ground: Ground, code: str, name: str) -> int:
    return number(ground.inputs.rules.gates, code, name)


def _is_on(ground: Ground, code: str) -> bool:
    return ground.inputs.rules.gates[code].enabled


def order() -> list[ir.Value]:
    """Our open leads first, then by expected value; ties by key."""
    return [_.our_key.isnull(), _.expected.desc(), _.account_id, _.play, _.product]


def chosen(ground: Ground, rows: ir.Table) -> ir.Table:
    """Judged rows, as far as places are shared out by them, with refused_ and value_ of frequency, options, capacity.

    One approach an account: the best play, with at most two of its products as options; then the owner's best N.
    A lead of ours that is already open keeps its place: it takes a slot, and is never pushed out of it.
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
        & other,
        value_frequency=ibis.ifelse(recent, days(today, _.sold_on), 0),
    ).drop("runs", "place")


def _few_options(ground: Ground, rows: ir.Table) -> ir.Table:
    rows = rows.mutate(runs=~_.barred & _.selling & ~_.refused_frequency)
    place = ibis.row_number().over(group_by=["account_id", "runs"], order_by=order())
    rows = rows.mutate(value_options=place + 1)
    many = _.runs & _.our_key.isnull() & (_.value_options > _number(ground, "options", "options"))
    return rows.mutate(refused_options=ibis.literal(_is_on(ground, "options")) & many)


def _within_capacity(ground: Ground, rows: ir.Table) -> ir.Table:
    rows = rows.mutate(runs=~_.barred & ~_.refused_frequency & ~_.refused_options)
    place = ibis.row_number().over(group_by=["owner_id", "runs"], order_by=order())
    rows = attach(rows.mutate(place=place), _busy(ground, rows), "owner_id")
    rows = rows.mutate(value_capacity=_.place + 1 + ibis.coalesce(_.busy, 0))
    full = _.runs & _.our_key.isnull() & (_.value_capacity > _number(ground, "capacity", "leads"))
    return rows.mutate(refused_capacity=ibis.literal(_is_on(ground, "capacity")) & full).drop("place", "busy", "runs")


def _busy(ground: Ground, rows: ir.Table) -> ir.Table:
    """Work an owner has besides this run's rows: our other leads, open or of the last `days` days."""
    week = ground.inputs.day(_number(ground, "capacity", "days"))
    work = ground.ours.all.filter(_.holder.notnull() & (_.is_open | yes(_.written_on > week)))
    seen = rows.filter(_.runs & _.our_key.notnull()).select(key="our_key")
    other = work.anti_join(seen, "key")
    return other.group_by(owner_id="holder").aggregate(busy=_.count())
