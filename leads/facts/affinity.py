"""Which product customers buy next: basket affinity from past purchases, ordered in time."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from leads.facts.idioms import attach, best, thousandths, total
from leads.inputs import Inputs
from leads.stats import Chances, believed_up_to, chances_of_overlap, shrunk_lift, wilson

Pair = Mapping[str, int | str]
"""a, b, n_both, n_after, n_a, n_b, n: how many baskets hold both, both with b later, a, b, anything."""

RULE = {
    "a": "string", "b": "string", "n": "int64", "n_a": "int64", "n_after": "int64", "support": "float64",
    "confidence": "float64", "confidence_low": "float64", "confidence_high": "float64", "lift": "float64",
}  # fmt: skip


def bought(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """One row an account and product it bought: first_on, the last day and the purchase it was read from."""
    rows = attach(inputs.tables["purchase"].filter(_.bought_on <= inputs.day(0)), codes, "product_id")
    rows = rows.filter(_.product.notnull())
    first = rows.group_by("account_id", "product").aggregate(first_on=_.bought_on.min())
    last = best(rows, "account_id", "product", value="bought_on")
    last = last.select("account_id", "product", bought_on="bought_on", bought_record="id")
    return inputs.stage("bought", attach(first, last, "account_id", "product"))


def counted(items: ir.Table) -> ir.Table:
    """Counts every ordered pair of products that share a basket: a, b, n_both, n_after, n_a, n_b, n.

    `items` holds basket, item and first_on, one row a basket and item. n_after counts the baskets in which b came
    strictly later than a: two lines of one deal say that things go together, not what comes next.
    """
    right = items.rename(b="item", b_on="first_on", b_basket="basket")
    both = items.inner_join(right, [items.basket == right.b_basket, items.item < right.b])
    once = both.group_by(first=_.item, second=_.b).aggregate(
        n_both=_.count(),
        ahead=total((_.b_on > _.first_on).cast("int64")),
        back=total((_.b_on < _.first_on).cast("int64")),
    )
    single = items.group_by("item").aggregate(held=_.count())
    once = attach(once, single.rename(first="item", n_first="held"), "first")
    once = attach(once, single.rename(second="item", n_second="held"), "second")
    # each two are joined once and then told in both orders: half the rows, which is most of the work
    told = once.cross_join(items.aggregate(n=_.basket.nunique())).cross_join(ibis.memtable({"turned": [False, True]}))
    return told.select(
        a=ibis.ifelse(_.turned, _.second, _.first),
        b=ibis.ifelse(_.turned, _.first, _.second),
        n_both=_.n_both,
        n_after=ibis.ifelse(_.turned, _.back, _.ahead),
        n_a=ibis.ifelse(_.turned, _.n_second, _.n_first),
        n_b=ibis.ifelse(_.turned, _.n_first, _.n_second),
        n=_.n,
    )


def rules(pairs: ir.Table, products: int, numbers: Mapping[str, float]) -> list[dict[str, int | float | str]]:
    """The pairs worth acting on: enough of them, in this order, more often than chance, told with an interval.

    `products` is how many products enough accounts hold: every two of them are one comparison. A pair stays when
    n_after >= min_support, the order is a before b more often than not, confidence >= min_confidence, the shrunk
    lift >= min_lift and Benjamini-Hochberg at the share `false_share` believes it; of those that start from one
    product, the `per_product` strongest. Sorted by a and b.
    """
    enough = pairs.filter(_.n_both >= int(numbers["min_support"]))
    once = enough.filter(_.a < _.b).select("n_both", "n_a", "n_b", "n").to_pyarrow()
    limit = believed_up_to(_chances(once), numbers["false_share"], products * (products - 1) // 2)
    worth = enough.filter(_worth(numbers)).to_pyarrow()
    believed = worth.filter(pa.array(_chances(worth) <= limit))
    strongest = _strongest(believed, numbers["prior_pairs"], int(numbers["per_product"]))
    return [_rule(pair, numbers["prior_pairs"]) for pair in strongest.to_pylist()]


def _chances(pairs: pa.Table) -> Chances:
    """The p-value of each pair; by columns, because a shop of thousands of products has millions of pairs."""
    both, n_a, n_b = (pairs[name].to_numpy() for name in ("n_both", "n_a", "n_b"))
    return chances_of_overlap(both, n_a, n_b, pairs["n"][0].as_py() if len(pairs) else 0)


def _worth(numbers: Mapping[str, float]) -> ir.BooleanValue:
    """Often enough, in this order, and together more often than apart; without a division, so without rounding."""
    strength = numbers["prior_pairs"]
    return (
        (_.n_after >= int(numbers["min_support"]))
        & (_.n_after * 2 >= _.n_both)
        & (_.n_after * 1000 >= _.n_a * thousandths(numbers["min_confidence"]))
        & ((_.n_both + strength) * _.n * 1000 >= (_.n_a * _.n_b + _.n * strength) * thousandths(numbers["min_lift"]))
    )


def _strongest(pairs: pa.Table, strength: float, per_product: int) -> pa.Table:
    """Those of the highest lift for each a, ordered by a and b."""
    both, n_a, n_b, n = (pairs[name].to_numpy() for name in ("n_both", "n_a", "n_b", "n"))
    ranked = pairs.append_column("lift", pa.array(shrunk_lift(both, n_a * n_b / np.maximum(n, 1), strength)))
    ranked = ranked.sort_by([("a", "ascending"), ("lift", "descending"), ("b", "ascending")])
    product = ranked["a"].combine_chunks().dictionary_encode().indices.to_numpy()
    place = np.arange(len(product)) - np.searchsorted(product, product)
    return (
        ranked.filter(pa.array(place < per_product))
        .drop_columns("lift")
        .sort_by([("a", "ascending"), ("b", "ascending")])
    )


def _rule(pair: Pair, strength: float) -> dict[str, int | float | str]:
    n, n_a, n_b, n_both, n_after = (int(pair[k]) for k in ("n", "n_a", "n_b", "n_both", "n_after"))
    low, high = wilson(n_after, n_a)
    return {
        "a": pair["a"], "b": pair["b"], "n": n, "n_a": n_a, "n_after": n_after, "n_before": n_both - n_after,
        "support": round(n_after / n, 6), "confidence": round(n_after / n_a, 6),
        "confidence_low": round(low, 6), "confidence_high": round(high, 6),
        "lift": round(shrunk_lift(n_both, n_a * n_b / n, strength), 6),
    }  # fmt: skip


def affinity(inputs: Inputs, bought: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """The believed rules a -> b as a table: n, n_a, n_after, support, confidence with its interval, lift (shrunk)."""
    items = bought.select(basket="account_id", item="product", first_on="first_on")
    support = int(numbers["min_support"])
    often = items.group_by("item").aggregate(held=_.count()).filter(_.held >= support)
    products = int(often.count().to_pyarrow().as_py())
    pairs = inputs.stage("pairs", counted(items).filter(_.n_both >= support))
    found = [{name: rule[name] for name in RULE} for rule in rules(pairs, products, numbers)]
    return inputs.stage("affinity", ibis.memtable(found, schema=ibis.schema(RULE)))
