"""What is bought next: counting, the null model of basket sizes, the rules believed, and the offers they make."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from leads.baskets import Profile, both_ways, counted, measures, pairs, profile, rules, sized
from leads.facts.affinity import AFFINITY, RULE, believed, offers

NUMBERS = AFFINITY.numbers
DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def _bought(engine: Any, held: dict[str, dict[str, int]]) -> Any:
    """account -> product -> day of its first and only purchase, counted from DAY."""
    rows = [
        {"account_id": account, "product": product, "first_on": DAY + timedelta(day),
         "bought_on": DAY + timedelta(day), "bought_record": f"{account}-{product}"}
        for account, products in held.items()
        for product, day in products.items()
    ]  # fmt: skip
    return engine.create_table("bought", pa.Table.from_pylist(rows), overwrite=True)


def _rules(engine: Any, bought: Any, **numbers: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        believed(bought, {**NUMBERS, **numbers}, lambda name, table: engine.create_table(name, table, overwrite=True))
        .to_pyarrow()
        .to_pylist()
    )
    return found


def _world(
    seed: int, accounts: int = 2000, products: int = 24, planted: tuple[int, int, float] | None = None
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Accounts of very different appetite that choose independently by popularity; a planted rule adds b after a."""
    random = np.random.default_rng(seed)
    appetite, popularity = random.lognormal(0, 1.0, accounts), random.lognormal(0, 0.7, products)
    chance = 1 - np.exp(-np.outer(appetite, popularity * 4 / popularity.sum()))
    held, day = random.random(chance.shape) < chance, random.integers(0, 600, chance.shape)
    if planted:
        a, b, share = planted
        led = held[:, a] & (random.random(accounts) < share)
        held[led, b] = True
        day[led, b] = day[led, a] + random.integers(1, 60, led.sum())
    return held, day


def _load(engine: Any, held: npt.NDArray[np.bool_], day: npt.NDArray[np.int64]) -> Any:
    account, product = np.nonzero(held)
    days = np.datetime64(DAY) + day[account, product].astype("timedelta64[D]")
    table = pa.table(
        {
            "account_id": pa.array([f"A{n:05}" for n in account]),
            "product": pa.array([f"P{n:02}" for n in product]),
            "first_on": pa.array(days),
        }
    )
    return engine.create_table("bought", table, overwrite=True)


def test_every_two_products_are_counted_with_their_order(engine: Any) -> None:
    held = {"x": {"A": 1, "B": 5, "C": 5}, "y": {"A": 9, "B": 2}, "z": {"B": 3, "D": 4}}
    items = _bought(engine, held).select(basket="account_id", item="product", first_on="first_on")
    items = engine.create_table("sized", sized(items, 1), overwrite=True)
    known = profile(items)
    assert (known.products, known.n) == (("A", "B", "C", "D"), 3)
    rows = {
        (row["first"], row["second"]): (row["n_both"], row["n_ahead"], row["n_back"])
        for row in counted(items).to_pyarrow().to_pylist()
    }
    assert rows == {(0, 1): (2, 1, 1), (0, 2): (1, 1, 0), (1, 2): (1, 0, 0), (1, 3): (1, 1, 0)}
    told = both_ways(pairs(counted(items).filter(ibis._.first == 0).to_pyarrow(), known)).to_pylist()
    (ab,) = [row for row in told if (row["a"], row["b"]) == (1, 0)]
    assert {name: ab[name] for name in ("n", "n_a", "n_b", "n_both", "n_after")} == {
        "n": 3, "n_a": 3, "n_b": 2, "n_both": 2, "n_after": 1,
    }  # fmt: skip


def test_a_product_that_too_few_hold_makes_no_basket_larger(engine: Any) -> None:
    items = _bought(engine, {"x": {"A": 1, "B": 1, "C": 1}, "y": {"A": 1, "B": 1}, "z": {"C": 1}, "w": {"D": 1}})
    items = items.select(basket="account_id", item="product", first_on="first_on")
    rows = sized(items, 2).to_pyarrow().to_pylist()
    assert {(row["basket"], row["item"], row["code"], row["size"]) for row in rows} == {
        ("x", "A", 0, 3), ("x", "B", 1, 3), ("x", "C", 2, 3), ("y", "A", 0, 2), ("y", "B", 1, 2), ("z", "C", 2, 1),
    }  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_chance_is_exact_where_baskets_are_alike_and_products_equally_liked(size: int) -> None:
    # every choice of `size` products out of 8, once
    choices = list(combinations(range(8), size))
    held = float(sum(0 in choice for choice in choices))
    known = Profile(
        products=tuple("ABCDEFGH"), held=np.full((8, 1), held), baskets=np.array([float(len(choices))]),
        spread=np.zeros(1),
    )  # fmt: skip
    both = sum(0 in choice and 1 in choice for choice in choices)
    assert known.expected(np.array([0]), np.array([1]))[0] == pytest.approx(both)


def test_what_everybody_has_goes_with_nothing_in_particular(engine: Any) -> None:
    held = {f"a{n}": {"PLAN": 0, "BCD"[n % 3]: 9} for n in range(90)}
    bought = _bought(engine, held)
    items = bought.select(basket="account_id", item="product", first_on="first_on")
    known = profile(engine.create_table("sized", sized(items, 1), overwrite=True))
    plan, other = np.array([known.products.index("PLAN")]), np.array([known.products.index("B")])
    assert known.expected(plan, other)[0] == pytest.approx(30)
    assert _rules(engine, bought) == []


def test_chance_leaves_as_many_pairs_as_there_are(engine: Any) -> None:
    held, day = _world(11)
    items = _load(engine, held, day).select(basket="account_id", item="product", first_on="first_on")
    items = engine.create_table("sized", sized(items, 1), overwrite=True)
    found = pairs(counted(items).to_pyarrow(), profile(items))
    assert sum(found["expected"].to_pylist()) == pytest.approx(sum(found["n_both"].to_pylist()), rel=0.02)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_that_heavy_buyers_buy_everything_is_no_rule(engine: Any, seed: int) -> None:
    held, day = _world(seed)
    bought = _load(engine, held, day)
    assert _rules(engine, bought) == []
    # shares alone would have told many
    together = held.T.astype(np.int64) @ held
    n = held.sum(axis=0)
    plain = together * len(held) / np.outer(n, n)
    assert (plain[np.triu_indices(len(n), 1)] > NUMBERS["min_lift"]).mean() > 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_planted_rule_survives_among_heavy_buyers_and_alone(engine: Any, seed: int) -> None:
    held, _ = _world(seed)
    rare = np.argsort(held.sum(axis=0))
    a, b = int(rare[12]), int(rare[4])
    found = _rules(engine, _load(engine, *_world(seed, planted=(a, b, 0.4))))
    assert {(rule["a"], rule["b"]) for rule in found if rule["ordered"]} == {(f"P{a:02}", f"P{b:02}")}
    assert {frozenset((rule["a"], rule["b"])) for rule in found} == {frozenset((f"P{a:02}", f"P{b:02}"))}


def _pair(
    first: int, second: int, both: int, ahead: int, n_first: int, n_second: int, n: int = 200, same_day: int = 0
) -> dict[str, Any]:
    return {"first": first, "second": second, "n_both": both, "n_ahead": ahead, "n_back": both - ahead - same_day,
            "n_first": n_first, "n_second": n_second, "n": n, "expected": n_first * n_second / n}  # fmt: skip


def _told(found: list[dict[str, Any]], products: int, **numbers: float) -> list[dict[str, Any]]:
    names = tuple("ABCDEFGH"[:products]) if products <= 8 else tuple(f"{n:03}" for n in range(products))
    told: list[dict[str, Any]] = rules(pa.Table.from_pylist(found), names, {**NUMBERS, **numbers}).to_pylist()
    return told


def test_a_pair_is_told_in_the_order_in_which_it_was_bought() -> None:
    told = _told([_pair(0, 1, 30, 25, 40, 35)], 5)
    (rule,) = [rule for rule in told if rule["ordered"]]
    assert [rule["a"], rule["b"], rule["n_after"], rule["n_a"]] == ["A", "B", 25, 40]
    assert (rule["support"], rule["confidence"]) == (0.125, 0.625)
    assert rule["lift"] == pytest.approx((30 + 5) / (40 * 35 / 200 + 5), abs=1e-6)
    assert rule["lift_raw"] == pytest.approx(30 / 7, abs=1e-6)
    assert rule["confidence_low"] < 0.625 < rule["confidence_high"]
    assert rule["strength"] == round(30 / 40 * rule["lift"] * 1e6)
    assert [rule["place"] for rule in told] == [0, 1]
    assert set(RULE) <= set(rule)


@pytest.mark.parametrize(
    ("pair", "ordered"),
    [
        (_pair(0, 1, 10, 5, 10, 20), ["AB", "BA"]),
        (_pair(0, 1, 10, 6, 10, 20), ["AB"]),
        (_pair(0, 1, 9, 4, 9, 20), ["BA"]),
        (_pair(0, 1, 8, 4, 8, 20), []),
        (_pair(0, 1, 20, 6, 20, 40, same_day=14), ["AB"]),
        (_pair(0, 1, 20, 6, 20, 40, same_day=8), ["AB", "BA"]),
        (_pair(0, 1, 20, 6, 20, 40, same_day=7), ["BA"]),
        (_pair(0, 1, 8, 8, 160, 8, n=2000), ["AB"]),
        (_pair(0, 1, 8, 8, 161, 8, n=2000), []),
    ],
    ids=["as often either way", "more often this way", "more often the other way", "too few in any order",
         "together most often, else this way", "as often either way, else together", "together, else the other way",
         "just enough of them", "hardly any of them"],
)  # fmt: skip
def test_a_rule_needs_its_order_often_enough(pair: dict[str, Any], ordered: list[str]) -> None:
    told = _told([pair], 2)
    assert sorted(rule["a"] + rule["b"] for rule in told if rule["ordered"]) == ordered
    assert len(told) == 2


@pytest.mark.parametrize(
    "pair",
    [_pair(0, 1, 4, 4, 4, 4), _pair(0, 1, 20, 20, 100, 40), _pair(0, 1, 9, 9, 26, 50)],
    ids=["too few", "no more than chance", "could be luck"],
)
def test_a_pair_that_says_little_is_dropped(pair: dict[str, Any]) -> None:
    assert _told([pair], 5) == []


def test_of_what_one_product_leads_to_the_strongest_stay() -> None:
    found = [_pair(0, b, 20 + b, 20 + b, 40, 60) for b in range(1, 6)] + [_pair(1, 2, 20, 20, 30, 30)]
    kept = [rule for rule in _told(found, 6, per_product=2) if rule["ordered"]]
    assert [(rule["a"], rule["b"]) for rule in kept] == [("B", "C"), ("A", "F"), ("A", "E")]


def test_what_comes_next_stays_though_more_goes_together() -> None:
    found = [_pair(0, 1, 40, 20, 40, 60), _pair(0, 2, 38, 0, 40, 60), _pair(0, 3, 36, 36, 40, 60)]
    kept = [rule for rule in _told(found, 4, per_product=1) if rule["a"] == "A"]
    assert [(rule["b"], rule["ordered"]) for rule in kept] == [("B", True)]
    found[0] = _pair(0, 1, 40, 10, 40, 60)
    kept = [rule for rule in _told(found, 4, per_product=1) if rule["a"] == "A"]
    assert [(rule["b"], rule["ordered"]) for rule in kept] == [("B", False), ("D", True)]


def test_many_comparisons_ask_for_more_evidence() -> None:
    pair = _pair(0, 1, 12, 12, 40, 30)
    assert _told([pair], 2)
    assert not _told([pair], 60)


def test_measures_are_told_against_what_basket_sizes_explain() -> None:
    counts = [np.array([n]) for n in (30, 40, 50, 200)]
    told = {name: float(column[0]) for name, column in measures(*counts, np.array([20.0])).items()}
    assert told["lift"] == pytest.approx(1.5)
    assert told["leverage"] == pytest.approx(10 / 200)
    assert told["conviction"] == pytest.approx((40 - 20) / (40 - 30))
    # as if 100 customers alike: 40 and 50 of them, 30 both; 0.75 of a's have b, 1/3 of the others
    assert told["zhang"] == pytest.approx((0.75 - 20 / 60) / 0.75)


def _offers(engine: Any, held: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    bought = _bought(engine, held)
    names = engine.create_table(
        "names", ibis.memtable([{"product": code, "product_name": f"The {code}"} for code in "ABCD"]), overwrite=True
    )
    found = believed(bought, NUMBERS, lambda name, table: engine.create_table(name, table, overwrite=True))
    rows: list[dict[str, Any]] = offers(bought, found, names).to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (row["account_id"], row["product"]))


def test_an_offer_quotes_the_purchase_that_leads_to_it(engine: Any) -> None:
    held: dict[str, dict[str, int]] = {f"both{n:02}": {"A": n, "B": n + 30} for n in range(20)}
    held |= {f"other{n:02}": {"C": n, "D": n} for n in range(40)}
    held |= {"new": {"A": 100}, "strange": {"C": 1}}
    rows = _offers(engine, held)
    assert [(row["account_id"], row["product"]) for row in rows] == [("new", "B")]
    (row,) = rows
    assert set(row) == {"account_id", "product", *AFFINITY.columns}
    assert (row["anchor"], row["anchor_name"]) == ("A", "The A")
    assert (row["anchor_bought_on"], row["anchor_record"]) == (DAY + timedelta(100), "new-A")
    assert [row[f"affinity_{name}"] for name in ("n", "n_anchor", "n_both", "n_after")] == [62, 21, 20, 20]
    assert (row["affinity_support"], row["affinity_confidence"]) == (round(20 / 62, 6), round(20 / 21, 6))
    assert row["affinity_score"] == pytest.approx(20 / 21 * row["affinity_lift"], abs=1e-5)
    assert 0 < row["affinity_zhang"] <= 1
    assert row["affinity_conviction"] > 1


def test_of_two_anchors_the_stronger_is_quoted_and_both_count(engine: Any) -> None:
    held: dict[str, dict[str, int]] = {f"a{n:02}": {"A": n, "B": n + 30} for n in range(20)}
    for n in range(16):
        held[f"a{n:02}"]["D"] = n + 1
    held |= {f"c{n:02}": {"C": n, "E": n, "F": n} for n in range(60)}
    held |= {f"d{n}": {"D": n, "E": 5} for n in range(4)}
    rows = _offers(engine, held | {"new": {"A": 100, "D": 120}, "one": {"A": 1}, "other": {"D": 1}})
    score = {row["account_id"]: row["affinity_score"] for row in rows if row["product"] == "B"}
    anchor = {row["account_id"]: row["anchor"] for row in rows if row["product"] == "B"}
    assert (anchor["new"], anchor["one"], anchor["other"]) == ("A", "A", "D")
    assert score["one"] > score["other"]
    assert score["new"] == pytest.approx(score["one"] + score["other"], abs=1e-5)


def test_whom_nothing_leads_anywhere_is_offered_nothing(engine: Any) -> None:
    held: dict[str, dict[str, int]] = {f"both{n:02}": {"A": n, "B": n + 30} for n in range(20)}
    held |= {f"other{n:02}": {"C": n, "D": n} for n in range(40)}
    # B comes after A, not before; C and D come together; whoever has both needs nothing
    assert _offers(engine, held | {"late": {"B": 9}, "half": {"C": 9}}) == []
    assert _offers(engine, {"first": {"A": 1}}) == []
