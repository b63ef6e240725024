"""Which product customers buy next: basket affinity from past purchases, ordered in time."""

from collections.abc import Iterable, Mapping, Sequence

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach, best, total
from leads.inputs import Inputs
from leads.stats import benjamini_hochberg, chance_of_overlap, shrunk_lift, wilson

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
    both = items.inner_join(right, [items.basket == right.b_basket, items.item != right.b])
    pairs = both.group_by(a=_.item, b=_.b).aggregate(
        n_both=_.count(), n_after=total((_.b_on > _.first_on).cast("int64"))
    )
    single = items.group_by("item").aggregate(held=_.count())
    pairs = attach(pairs, single.rename(a="item", n_a="held"), "a")
    pairs = attach(pairs, single.rename(b="item", n_b="held"), "b")
    return pairs.cross_join(items.aggregate(n=_.basket.nunique()))


def rules(pairs: Iterable[Pair], products: int, numbers: Mapping[str, float]) -> list[dict[str, int | float | str]]:
    """The pairs worth acting on: enough of them, in this order, more often than chance, told with an interval.

    `products` is how many products enough accounts hold: every two of them are one comparison. A pair stays when
    n_after >= min_support, the order is a before b more often than not, confidence >= min_confidence, the shrunk
    lift >= min_lift and Benjamini-Hochberg at the share `false_share` believes it.
    """
    enough = [pair for pair in pairs if int(pair["n_both"]) >= numbers["min_support"]]
    enough.sort(key=lambda pair: (str(pair["a"]), str(pair["b"])))
    believed = _believed(enough, products, numbers["false_share"])
    told = [_rule(pair, numbers["prior_pairs"]) for pair in enough if (pair["a"], pair["b"]) in believed]
    return [rule for rule in told if _passes(rule, numbers)]


def _believed(pairs: Sequence[Pair], products: int, q: float) -> set[tuple[int | str, int | str]]:
    once = [pair for pair in pairs if str(pair["a"]) < str(pair["b"])]
    p_values = [chance_of_overlap(*(int(pair[k]) for k in ("n_both", "n_a", "n_b", "n"))) for pair in once]
    verdicts = benjamini_hochberg(p_values, q, products * (products - 1) // 2)
    true = [(pair["a"], pair["b"]) for pair, ok in zip(once, verdicts, strict=True) if ok]
    return {*true, *((b, a) for a, b in true)}


def _rule(pair: Pair, strength: float) -> dict[str, int | float | str]:
    n, n_a, n_b, n_both, n_after = (int(pair[k]) for k in ("n", "n_a", "n_b", "n_both", "n_after"))
    low, high = wilson(n_after, n_a)
    return {
        "a": pair["a"], "b": pair["b"], "n": n, "n_a": n_a, "n_after": n_after, "n_before": n_both - n_after,
        "support": round(n_after / n, 6), "confidence": round(n_after / n_a, 6),
        "confidence_low": round(low, 6), "confidence_high": round(high, 6),
        "lift": round(shrunk_lift(n_both, n_a * n_b / n, strength), 6),
    }  # fmt: skip


def _passes(rule: Mapping[str, int | float | str], numbers: Mapping[str, float]) -> bool:
    after = float(rule["n_after"])
    return (
        after >= numbers["min_support"]
        and after >= float(rule["n_before"])
        and float(rule["confidence"]) >= numbers["min_confidence"]
        and float(rule["lift"]) >= numbers["min_lift"]
    )


def affinity(inputs: Inputs, bought: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """The believed rules a -> b as a table: n, n_a, n_after, support, confidence with its interval, lift (shrunk)."""
    items = bought.select(basket="account_id", item="product", first_on="first_on")
    support = int(numbers["min_support"])
    often = items.group_by("item").aggregate(held=_.count()).filter(_.held >= support)
    products = int(often.count().to_pyarrow().as_py())
    pairs = counted(items).filter(_.n_both >= support).to_pyarrow().to_pylist()
    found = [{name: rule[name] for name in RULE} for rule in rules(pairs, products, numbers)]
    return inputs.stage("affinity", ibis.memtable(found, schema=ibis.schema(RULE)))
