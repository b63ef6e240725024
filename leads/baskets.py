"""What is bought together more often than the size of baskets explains: counts, the null model, measures, rules.

A basket is all that one customer bought. Counting is done where the data is; what follows works on one row a pair of
products, column by column. Who buys a lot buys everything, so two products meet by chance more often than their
shares alone say (docs/decisions/0005): `Profile.expected` is what baskets of these sizes hold by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis import _

from leads.facts.idioms import attach, total
from leads.stats import Chances, Counts, believed_up_to, chances_of_overlap, shrunk_lifts, wilson_intervals

Columns = dict[str, Chances]
"""Columns of one length by name."""

STEPS = tuple(2**step for step in range(12))
"""Largest number of products of each step of basket size; what is larger belongs to one more step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How often each product is held, by step of basket size.

    `held` is products x steps; `baskets` how many baskets a step has, `spread` the variance of their sizes.
    """

    products: tuple[str, ...]
    held: Chances
    baskets: Chances
    spread: Chances

    @property
    def n(self) -> int:
        """How many baskets there are."""
        return int(self.baskets.sum())

    def expected(self, a: Counts, b: Counts) -> Chances:
        """How many baskets would hold both of two products (by place in `products`) by chance, 0 at least.

        Within a step of size, shares multiply, less what two products of a basket of given size take from each other
        (Hajek's joint inclusion), and more where sizes vary within the step: the covariances of all pairs add up to
        what the variance of sizes leaves.
        """
        found = np.zeros(len(a))
        for held, n, spread in zip(self.held.T, self.baskets, self.spread, strict=True):
            share = held / n
            vary = share * (1 - share)
            sum_, count = vary.sum(), np.count_nonzero(vary)
            together = (sum_ - spread) / sum_ * count / ((count - 1) * sum_) if count > 1 else 0.0
            found += n * (share[a] * share[b] - together * vary[a] * vary[b])
        return np.maximum(found, 0.0)


def sized(items: ir.Table, support: int) -> ir.Table:
    """Items (basket, item, first_on; one row a basket and item) that `support` baskets hold.

    Adds code, the item's place among those kept in order of name, and size, how many of them the basket holds.
    """
    often = items.group_by("item").aggregate(n_item=_.count()).filter(_.n_item >= support)
    often = often.select("item", code=ibis.row_number().over(order_by="item").cast("int64"))
    kept = items.inner_join(often, "item").select("basket", "item", "code", "first_on")
    return attach(kept, kept.group_by("basket").aggregate(size=_.count()), "basket")


def profile(items: ir.Table) -> Profile:
    """The profile of sized items: two small tables are read from the engine."""
    step = ibis.cases(*((_.size <= limit, place) for place, limit in enumerate(STEPS)), else_=len(STEPS))
    held = items.group_by(code=_.code, item=_["item"], step=step).aggregate(n=_.count()).to_pyarrow()
    sizes = items.group_by("size").aggregate(n=_.count()).to_pyarrow()
    size, rows = (sizes[name].to_numpy().astype(np.int64) for name in ("size", "n"))
    # a basket of size k has k rows
    steps, at = np.unique(np.searchsorted(STEPS, size), return_inverse=True)
    n, sums, squares = (np.bincount(at, rows // size * size**power, minlength=len(steps)) for power in range(3))
    names = dict(zip(held["code"].to_pylist(), held["item"].to_pylist(), strict=True))
    table = np.zeros((len(names), len(steps)))
    table[held["code"].to_numpy(), np.searchsorted(steps, held["step"].to_numpy())] = held["n"].to_numpy()
    return Profile(
        products=tuple(names[code] for code in range(len(names))),
        held=table,
        baskets=n.astype(np.float64),
        spread=np.maximum(squares / n - (sums / n) ** 2, 0.0),
    )


def counted(items: ir.Table) -> ir.Table:
    """Counts every two products that share a basket: first, second (codes; first < second), n_both, n_ahead, n_back.

    n_ahead counts the baskets in which the second came strictly later than the first, n_back the other way round: two
    lines of one deal say that things go together, not what comes next.
    """
    right = items.select(second="code", then_on="first_on", same="basket")
    both = items.inner_join(right, [items.basket == right.same, items.code < right.second])
    return both.group_by(first=_.code, second=_.second).aggregate(
        n_both=_.count(),
        n_ahead=total((_.then_on > _.first_on).cast("int64")),
        n_back=total((_.then_on < _.first_on).cast("int64")),
    )


def pairs(counts: pa.Table, known: Profile) -> pa.Table:
    """Adds n_first, n_second, n and expected (together, by chance) to rows of `counted`."""
    first, second = counts["first"].to_numpy(), counts["second"].to_numpy()
    held = known.held.sum(axis=1).astype(np.int64)
    return (
        counts.append_column("n_first", pa.array(held[first]))
        .append_column("n_second", pa.array(held[second]))
        .append_column("n", pa.array(np.full(len(first), known.n)))
        .append_column("expected", pa.array(known.expected(first, second)))
    )


def both_ways(found: pa.Table) -> pa.Table:
    """Every pair in both orders: a, b, n, n_a, n_b, n_both, n_after (b later than a), n_before, expected."""
    there = found.select(["first", "second", "n_first", "n_second", "n_ahead", "n_back", "n", "n_both", "expected"])
    back = found.select(["second", "first", "n_second", "n_first", "n_back", "n_ahead", "n", "n_both", "expected"])
    names = ["a", "b", "n_a", "n_b", "n_after", "n_before", "n", "n_both", "expected"]
    return pa.concat_tables([there.rename_columns(names), back.rename_columns(names)])


def measures(together: Counts, n_a: Counts, n_b: Counts, n: Counts, expected: Chances | None = None) -> Columns:
    """The textbook's measures of the rules a -> b: support, confidence, lift, leverage, conviction, zhang.

    `expected` is how many would hold both by chance; left out, what independence says: n_a x n_b / n, which gives the
    measures as they were published (Brin et al. 1997, Piatetsky-Shapiro 1991, Zhang 2000). Conviction is infinite
    where no a is without b; zhang is between -1 and 1.
    """
    chance = n_a * n_b / n if expected is None else np.maximum(expected, 1e-9)
    alone = (n_a - together).astype(np.float64)
    away = np.maximum(together * (1 - chance / n_b), chance * (1 - together / n_b))
    endless = np.full(len(alone), np.inf)
    return {
        "support": together / n,
        "confidence": together / n_a,
        "lift": together / chance,
        "leverage": (together - chance) / n,
        "conviction": np.divide(n_a - chance, alone, out=endless, where=alone > 0),
        "zhang": np.divide(together - chance, away, out=np.zeros(len(alone)), where=away > 0),
    }


def rules(found: pa.Table, products: tuple[str, ...], numbers: Mapping[str, float]) -> pa.Table:
    """The pairs worth acting on, strongest first: together more often than chance, each with its measures.

    `found` is a table of `pairs`, `products` are those compared two by two. A pair stays where n_both >= min_support,
    the shrunk lift >= min_lift, and Benjamini-Hochberg at the share `false_share` believes it. Of those from one
    product, the `per_product` strongest stay, and as many of those that are `ordered`: n_after >= min_support, b
    after a at least as often as before it, and confidence (n_after / n_a) >= min_confidence. Strength is the share
    of a's holders who hold b as well times the shrunk lift, in whole millionths; `place` counts from 0.
    """
    often = found.filter(pa.array(found["n_both"].to_numpy() >= int(numbers["min_support"])))
    kept = both_ways(often.filter(pa.array(_believed(often, len(products), numbers))))
    both, n_a, n_b, n, after, chance = (
        kept[name].to_numpy() for name in ("n_both", "n_a", "n_b", "n", "n_after", "expected")
    )
    low, high = wilson_intervals(after, n_a)
    told = {
        **measures(both, n_a, n_b, n, chance),
        "support": after / n,
        "confidence": after / n_a,
        "confidence_low": low,
        "confidence_high": high,
        "lift": shrunk_lifts(both, chance, numbers["prior_pairs"]),
        "lift_raw": both * n / (n_a * n_b),
    }
    for name, column in told.items():
        kept = kept.append_column(name, pa.array(np.round(column, 6)))
    names = np.array(products, dtype=object)
    kept = _strongest(kept, numbers)
    for place, side in enumerate(("a", "b")):
        kept = kept.set_column(place, side, pa.array(names[kept[side].to_numpy()], type=pa.string()))
    return kept


def _believed(often: pa.Table, products: int, numbers: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    """Which pairs are lifted enough, and not by luck alone."""
    both, one, two, chance = (often[name].to_numpy() for name in ("n_both", "n_first", "n_second", "expected"))
    lifted = np.round(shrunk_lifts(both, chance, numbers["prior_pairs"]), 6) >= numbers["min_lift"]
    # in a population of this size, with everybody alike, so many would hold both by chance
    alike = one * two / np.clip(chance, 1e-3, np.minimum(one, two))
    luck = np.ones(len(often))
    luck[lifted] = chances_of_overlap(both[lifted], one[lifted], two[lifted], alike[lifted])
    limit = believed_up_to(luck[lifted], numbers["false_share"], products * (products - 1) // 2)
    believed: npt.NDArray[np.bool_] = lifted & (luck <= limit)
    return believed


def _strongest(kept: pa.Table, numbers: Mapping[str, float]) -> pa.Table:
    a, b, both, n_a, lift = (kept[name].to_numpy() for name in ("a", "b", "n_both", "n_a", "lift"))
    after, before = kept["n_after"].to_numpy(), kept["n_before"].to_numpy()
    strength = np.rint(both / n_a * lift * 1e6).astype(np.int64)
    ordered = (after >= int(numbers["min_support"])) & (after >= before)
    ordered &= kept["confidence"].to_numpy() >= numbers["min_confidence"]
    limit = int(numbers["per_product"])
    near = _first(a, b, strength, limit) | _first(a, b, np.where(ordered, strength, -1), limit)
    kept = kept.append_column("ordered", pa.array(ordered)).append_column("strength", pa.array(strength))
    kept = kept.filter(pa.array(near)).sort_by([("strength", "descending"), ("a", "ascending"), ("b", "ascending")])
    return kept.append_column("place", pa.array(np.arange(len(kept))))


def _first(a: Counts, b: Counts, strength: Counts, limit: int) -> npt.NDArray[np.bool_]:
    """Whether a row is among the `limit` of its `a` with the largest strength that is not negative."""
    order = np.lexsort((b, -strength, a))
    place = np.empty(len(a), dtype=np.int64)
    place[order] = np.arange(len(a)) - np.searchsorted(a[order], a[order])
    near: npt.NDArray[np.bool_] = (place < limit) & (strength >= 0)
    return near
