"""Facts that are only told, in evidence and texts: looked up by key once the leads are known."""

from collections.abc import Iterable, Mapping
from typing import Any

import ibis.expr.types as ir
from ibis import _

from leads.facts.ground import Ground
from leads.plays import RULES

Row = dict[str, Any]
Lookup = tuple[tuple[str, ...], Mapping[tuple[Any, ...], Row]]
"""The key's columns, and the facts by key."""


class Told:
    """Facts by account, by account and product, by pair of products: only of what has a candidate."""

    def __init__(self, ground: Ground, candidates: ir.Table, awake: Iterable[str]) -> None:
        self._lookups = [_fetched(rows, on, candidates) for rows, on in _tables(ground, set(awake))]

    def about(self, row: Mapping[str, Any]) -> Row:
        """The row with everything that is known about its account, product and anchor."""
        known: Row = {}
        for on, facts in self._lookups:
            known.update(facts.get(tuple(row[name] for name in on), {}))
        known.update(row)
        return known


def _fetched(rows: ir.Table, on: tuple[str, ...], candidates: ir.Table) -> Lookup:
    wanted = rows.semi_join(candidates, on).to_pyarrow().to_pylist()
    return on, {tuple(row[name] for name in on): row for row in wanted}


def _tables(ground: Ground, awake: set[str]) -> Iterable[tuple[ir.Table, tuple[str, ...]]]:
    quoted = {name for play in awake for name in _names(play)} | {"account_name", "risk_reasons", "seats_then"}
    names = [name for name in ground.accounts.columns if name in quoted | {"account_id", "ceiling", "penetration"}]
    yield ground.accounts.select(*names), ("account_id",)
    if "seat_limit" in awake:
        yield ground.seats.drop("family", "tier", "seat_price"), ("account_id", "product")
        yield _next_tier(ground), ("account_id", "product")
    if "renewal_window" in awake:
        yield ground.renewals, ("account_id",)
    if "group_wide" in awake:
        yield ground.groups, ("account_id",)
    if awake & {"affinity_tossup", "complement_tossup"}:
        yield ground.owned.rename(anchor="product"), ("account_id", "anchor")
        yield ground.products.select(anchor="product", anchor_name="product_name"), ("anchor",)
    if "affinity_tossup" in awake:
        yield ground.affinity.rename(anchor="a", product="b"), ("anchor", "product")


def _names(play: str) -> Iterable[str]:
    rule = RULES[play]
    yield from rule.quotes
    yield from (name for proof in rule.proofs for name in (proof.fact, proof.record))
    yield from ("seats_now", "usage_fall")


def _next_tier(ground: Ground) -> ir.Table:
    """The next higher plan of the family that is still sold: account_id, product, next_product_name."""
    plans = ground.products.filter(_.is_active & ~_.is_option)
    plans = plans.select("family", next_tier="tier", next_product_name="product_name")
    higher = ground.seats.select("account_id", "product", "family", "tier").inner_join(plans, "family")
    higher = higher.filter(_.next_tier > _.tier)
    lowest = higher.group_by("account_id", "product").aggregate(next_tier=_.next_tier.min())
    rows = higher.semi_join(lowest, ("account_id", "product", "next_tier"))
    return rows.group_by("account_id", "product").aggregate(next_product_name=_.next_product_name.min())
