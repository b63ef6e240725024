"""Puts beside every candidate what gates, ranking and texts look at: account, product, owner, contact, our past."""


import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts import winrate
from leads.facts.contacts import CHANNELS
from leads.facts.ground import Ground
from leads.facts.idioms import attach, yes
from leads.facts.touches import open_tasks

TERMS = {
    "play": "string", "motion": "string", "selling": "boolean", "channel": "string", "due_days": "int64",
    "win_rate": "float64", "win_weight": "float64",
}  # fmt: skip


def wide(ground: Ground, candidates: ir.Table, quarter: str) -> ir.Table:
    """Candidates with all facts they can be judged by. `quarter` (2026Q4) is the cycle of leads without a term."""
    rows = attach(candidates, _terms(ground), "play")
    rows = attach(rows, ground.accounts, "account_id")
    rows = _with_products(ground, rows)
    rows = _with_past(ground, rows, quarter)
    rows = _with_owner(ground, rows)
    rows = ground.inputs.stage("candidates_known", rows)
    rows = _with_duplicates(ground, rows)
    rows = _with_contact(ground, rows)
    return ground.inputs.stage("candidates_wide", _with_rates(ground, rows))


def quoted(ground: Ground, rows: ir.Table, awake: tuple[str, ...]) -> ir.Table:
    """Adds the facts that only some plays' texts and evidence speak of."""
    if "seat_limit" in awake:
        rows = attach(attach(rows, _next_tier(ground), "account_id", "product"), _seat_facts(ground), "account_id", "product")
    if "renewal_window" in awake:
        rows = attach(rows, ground.renewals, "account_id")
    if "group_wide" in awake:
        rows = attach(rows, ground.groups, "account_id")
    if {"affinity_tossup", "complement_tossup"} & set(awake):
        past = ground.owned.select("account_id", "owned_record", "bought_on", "bought_record", anchor="product")
        rows = attach(rows, past, "account_id", "anchor")
    if "affinity_tossup" in awake:
        rows = attach(rows, ground.affinity.rename(anchor="a", product="b"), "anchor", "product")
    return rows


def _terms(ground: Ground) -> ir.Table:
    rows = [
        {
            "play": name,
            "motion": play.motion,
            "selling": play.selling,
            "channel": play.channel,
            "due_days": play.due_days,
            "win_rate": float(ground.plays[name]["win_rate"]),
            "win_weight": float(ground.plays[name]["win_weight"]),
        }
        for name, play in sorted(ground.inputs.rules.plays.items())
        if name in ground.plays
    ]
    return ibis.memtable(rows, schema=ibis.schema(TERMS))


def _with_products(ground: Ground, rows: ir.Table) -> ir.Table:
    named = ground.products.select("product", "product_name", "specialist", "sla_days")
    anchors = ground.products.select(anchor="product", anchor_name="product_name")
    return attach(attach(rows, named, "product"), anchors, "anchor")


def _with_past(ground: Ground, rows: ir.Table, quarter: str) -> ir.Table:
    rows = attach(rows, ground.ours.open, "account_id", "play", "product")
    rows = rows.mutate(cycle=ibis.coalesce(_.our_cycle, _.cycle, quarter)).drop("our_cycle")
    closed = ground.ours.all.filter(~_.is_open).select("account_id", "play", "product", "cycle", decided_key="key")
    rows = attach(rows, closed, "account_id", "play", "product", "cycle")
    earlier = ground.ours.open.filter(_.our_day < ground.inputs.day(0)).group_by("account_id", "product")
    return attach(rows, earlier.aggregate(other_key=_.our_key.min()), "account_id", "product")


def _with_owner(ground: Ground, rows: ir.Table) -> ir.Table:
    owners = ground.inputs.tables["owner"].select(
        owner_id="id", owner_name="name", owner_active=ibis.coalesce(_.is_active, True)
    )
    return attach(rows, owners, "owner_id")


def _with_duplicates(ground: Ground, rows: ir.Table) -> ir.Table:
    unnamed = ground.open_deals.filter(_.product == "?").select("account_id", unnamed_deal="deal_record")
    named = rows.filter(_.product_name.length() >= 3).select("account_id", "play", "product", "product_name")
    tasks = named.inner_join(open_tasks(ground.inputs), "account_id")
    same = tasks.filter(_.task_subject.contains(_.product_name.lower()))
    same = same.group_by("account_id", "play", "product").aggregate(task_record=_.task_record.min())
    rows = attach(rows, ground.open_deals, "account_id", "product")
    return attach(attach(rows, unnamed, "account_id"), same, "account_id", "play", "product")


def _with_contact(ground: Ground, rows: ir.Table) -> ir.Table:
    ours = ground.contacts.select("account_id", *(f"may_{c}" for c in CHANNELS), approached="contact_id")
    rows = attach(rows, ours, "account_id", "approached")
    may, best, fresh = (_by_channel(rows, prefix) for prefix in ("may_", "best_", "fresh_"))
    kept = ibis.cases((rows.our_key.notnull() & yes(may), rows.approached))
    picked = ibis.ifelse(rows.selling & rows.our_key.isnull(), ibis.coalesce(fresh, best), best)
    rows = rows.mutate(
        contact_id=ibis.coalesce(kept, picked), stale=rows.selling & rows.our_key.isnull() & fresh.isnull()
    )
    drop = [f"{prefix}{channel}" for prefix in ("may_", "best_", "fresh_") for channel in CHANNELS]
    people = ground.contacts.select(
        "contact_id", "contact_name", "role", "title", "may_phone", "may_email", "approached_on"
    )
    return attach(rows.drop(*drop), people, "contact_id")


def _by_channel(rows: ir.Table, prefix: str) -> ir.Value:
    return ibis.cases(*[(rows.channel == channel, rows[f"{prefix}{channel}"]) for channel in CHANNELS])


def _with_rates(ground: Ground, rows: ir.Table) -> ir.Table:
    rows = rows.cross_join(winrate.overall(ground.decided))
    for segment in ("industry", "product"):
        rows = attach(rows, winrate.by(ground.decided, segment), segment)
    return rows


def _seat_facts(ground: Ground) -> ir.Table:
    return ground.seats.drop("family", "tier", "seat_price")


def _next_tier(ground: Ground) -> ir.Table:
    """The next higher plan of the family that is still sold: account_id, product, next_product_name."""
    plans = ground.products.filter(_.is_active & ~_.is_option)
    plans = plans.select("family", next_tier="tier", next_product="product", next_product_name="product_name")
    higher = ground.seats.select("account_id", "product", "family", "tier").inner_join(plans, "family")
    higher = higher.filter(_.next_tier > _.tier)
    lowest = higher.group_by("account_id", "product").aggregate(lowest=_.next_tier.min())
    rows = attach(higher, lowest, "account_id", "product").filter(_.next_tier == _.lowest)
    return rows.group_by("account_id", "product").aggregate(next_product_name=_.next_product_name.min())


