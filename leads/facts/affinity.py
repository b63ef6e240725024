"""Which product customers buy next: basket affinity from past purchases, ordered in time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.baskets import counted, pairs, profile, rules, sized
from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, total
from leads.facts.touches import latest
from leads.inputs import Inputs, Stage

if TYPE_CHECKING:
    from leads.facts.ground import Ground

RULE = {
    "a": "string", "b": "string", "place": "int64", "strength": "int64", "ordered": "boolean", "n": "int64",
    "n_a": "int64", "n_b": "int64", "n_both": "int64", "n_after": "int64", "expected": "float64",
    "support": "float64", "confidence": "float64", "confidence_low": "float64", "confidence_high": "float64",
    "lift": "float64", "lift_raw": "float64", "leverage": "float64", "conviction": "float64", "zhang": "float64",
}  # fmt: skip
"""Columns of a believed rule a -> b, as leads.baskets.rules tells them."""


def bought(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """One row an account and product it bought: first_on, the last day and the purchase it was read from."""
    rows = attach(inputs.tables["purchase"].filter(_.bought_on <= inputs.day(0)), codes, "product_id")
    rows = rows.filter(_.product.notnull())
    key = ("account_id", "product")
    told = latest(rows, *key, on="bought_on", day="last_on", record="bought_record", first_on=_.bought_on.min())
    return inputs.stage("bought", told.select(*key, "first_on", "bought_record", bought_on="last_on"))


def believed(bought: ir.Table, numbers: Mapping[str, float], stage: Stage) -> ir.Table:
    """The believed rules a -> b (columns of RULE), from bought: account_id, product, first_on."""
    support = int(numbers["min_support"])
    items = bought.select(basket="account_id", item="product", first_on="first_on")
    items = stage("basket_items", sized(items, support))
    known = profile(items)
    counts = counted(items).filter(_.n_both >= support).to_pyarrow()
    found = rules(pairs(counts, known), known.products, numbers)
    return stage("affinity_rules", ibis.memtable(found.select(list(RULE)), schema=ibis.schema(RULE)))


def scores(bought: ir.Table, rules: ir.Table) -> ir.Table:
    """How well each product fits what an account bought: account_id, b, score, place of the best rule in order.

    The score sums the strength (millionths) of all rules from what it bought to b; place is missing where no rule
    says what comes after what.
    """
    led = rules.select("a", "b", "strength", place=ibis.cases((_.ordered, _.place)))
    met = bought.select("account_id", a="product").inner_join(led, "a")
    return met.group_by("account_id", "b").aggregate(score=total(_.strength), place=_.place.min())


def offers(bought: ir.Table, rules: ir.Table, names: ir.Table) -> ir.Table:
    """One row an account and product that it never bought and that came next for others, with the best anchor.

    `names` are the catalogue's product and product_name. The anchor is the product bought that leads there by the
    strongest rule; among equals the first by code.
    """
    told = rules.filter(_.ordered).drop("ordered", "n_b", "expected", "strength").rename(anchor="a", product="b")
    told = attach(told, names.select(anchor="product", anchor_name="product_name"), "anchor")
    found = scores(bought, rules).filter(_.place.notnull()).select("account_id", "place", "score")
    rows = found.inner_join(told, "place").anti_join(bought, ("account_id", "product"))
    last = bought.select("account_id", "bought_on", "bought_record", anchor="product")
    rows = attach(rows, last, "account_id", "anchor")
    plain = ("support", "confidence", "confidence_low", "confidence_high", "lift", "lift_raw", "leverage",
             "conviction", "zhang",
             "n", "n_after")  # fmt: skip
    return rows.select(
        "account_id", "product", "anchor", "anchor_name",
        anchor_bought_on="bought_on",
        anchor_record="bought_record",
        affinity_score=_.score.cast("float64") / 1e6,
        affinity_n_anchor="n_a",
        affinity_n_both="n_both",
        **{f"affinity_{name}": _[name] for name in plain},
    )  # fmt: skip


def _table(ground: "Ground") -> ir.Table:
    rules = believed(ground.bought, ground.numbers("affinity"), ground.inputs.stage)
    return offers(ground.bought, rules, ground.products)


_NEEDS = ("purchase.bought_on", "purchase.product_id", "product.code")


def _number(doc: str, unit: str = "ratio") -> Fact:
    return Fact(kind="number", unit=unit, doc=doc, needs=_NEEDS)


def _customers(doc: str) -> Fact:
    return Fact(kind="integer", unit="customers", doc=doc, needs=_NEEDS)


AFFINITY = Family(
    name="affinity",
    grain="offer",
    facts={
        "anchor": Fact(
            kind="text", unit="product", needs=_NEEDS,
            doc="code of the product it bought that leads to this one most strongly (share of its buyers who have "
            "both x lift), among those that are bought before this one at least as often as after it",
        ),
        "anchor_name": Fact(kind="text", unit="product", needs=_NEEDS, doc="the anchor's name in the catalogue"),
        "anchor_bought_on": Fact(
            kind="date", unit="date", needs=_NEEDS, record="anchor_record", field="purchase.bought_on",
            doc="last day on which the account bought the anchor",
        ),
        "affinity_score": _number(
            "sum over everything it bought of (share of its buyers who have this product as well) x lift, by all "
            "believed rules, whatever the order: how well the product fits; it ranks, and is no probability",
            "points",
        ),
        "affinity_support": _number("customers who bought this product after the anchor / all who bought anything"),
        "affinity_confidence": _number("its buyers after the anchor / customers who bought the anchor", "share"),
        "affinity_confidence_low": _number("low end of the 95 % interval of affinity_confidence (Wilson)", "share"),
        "affinity_confidence_high": _number("high end of the 95 % interval of affinity_confidence (Wilson)", "share"),
        "affinity_lift": _number(
            "(customers of both + prior_pairs) / (expected by chance + prior_pairs); expected among customers who "
            "buy as many products: above 1 together more often than chance",
            "times",
        ),
        "affinity_lift_raw": _number(
            "customers of both x all customers / (customers of the anchor x customers of this product), neither "
            "shrunk nor corrected for how much customers buy",
            "times",
        ),
        "affinity_leverage": _number("(customers of both - expected by chance) / all customers"),
        "affinity_conviction": _number(
            "customers of the anchor expected without this product / those without it (this account is one of them)",
            "times",
        ),
        "affinity_zhang": _number("Zhang's metric, -1 (never together) to 1 (always), 0 chance", "points"),
        "affinity_n": _customers("customers who bought anything that min_support of them bought"),
        "affinity_n_anchor": _customers("customers who bought the anchor"),
        "affinity_n_both": _customers("customers who bought both, in any order"),
        "affinity_n_after": _customers("customers who bought this product on a later day than the anchor"),
    },
    table=_table,
    numbers={
        "min_support": 5,
        "min_confidence": 0.05,
        "min_lift": 1.2,
        "prior_pairs": 5,
        "false_share": 0.1,
        "per_product": 10,
    },
)  # fmt: skip
