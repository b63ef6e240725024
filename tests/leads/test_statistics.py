"""The numbers against textbooks and against counting by hand."""

from math import comb

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.facts.affinity import counted, rules
from leads.stats import benjamini_hochberg, chance_of_overlap, shrunk_lift, wilson
from tests.leads.world import TODAY

# the data of the association-rule chapter in mlxtend's user guide
TEXTBOOK = (
    ("Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"),
    ("Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"),
    ("Milk", "Apple", "Kidney Beans", "Eggs"),
    ("Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"),
    ("Corn", "Onion", "Kidney Beans", "Ice cream", "Eggs"),
)
NUMBERS = {"min_support": 5, "min_confidence": 0.05, "min_lift": 1.2, "prior_pairs": 5, "false_share": 0.1,
           "per_product": 10}  # fmt: skip


def test_onion_and_eggs_count_as_in_the_textbook() -> None:
    rows = [
        {"basket": str(n), "item": item, "first_on": TODAY} for n, basket in enumerate(TEXTBOOK) for item in basket
    ]
    engine = ibis.duckdb.connect()
    items = engine.create_table("items", ibis.memtable(rows))
    pairs = {(row["a"], row["b"]): row for row in counted(items).to_pyarrow().to_pylist()}
    engine.disconnect()
    pair = pairs["Onion", "Eggs"]
    assert pair == {"a": "Onion", "b": "Eggs", "n_both": 3, "n_after": 0, "n_a": 3, "n_b": 4, "n": 5}
    assert pair["n_both"] / pair["n"] == pytest.approx(0.6)  # support
    assert pair["n_both"] / pair["n_a"] == pytest.approx(1.0)  # confidence
    assert shrunk_lift(pair["n_both"], pair["n_a"] * pair["n_b"] / pair["n"], 0) == pytest.approx(1.25)  # lift
    assert pairs["Eggs", "Onion"]["n_both"] / pairs["Eggs", "Onion"]["n_a"] == pytest.approx(0.75)
    assert len(pairs) == len({(a, b) for basket in TEXTBOOK for a in basket for b in basket if a != b})


def _pair(a: str, b: str, both: int, after: int, n_a: int, n_b: int, n: int = 200) -> dict[str, int | str]:
    return {"a": a, "b": b, "n_both": both, "n_after": after, "n_a": n_a, "n_b": n_b, "n": n}


def _rules(
    pairs: list[dict[str, int | str]], products: int, numbers: dict[str, float]
) -> list[dict[str, int | float | str]]:
    engine = ibis.duckdb.connect()
    found = rules(engine.create_table("pairs", ibis.memtable(pairs)), products, numbers)
    engine.disconnect()
    return found


def test_a_pair_is_believed_in_the_order_in_which_it_was_bought() -> None:
    pairs = [_pair("CHAT", "DESK", 30, 25, 40, 35), _pair("DESK", "CHAT", 30, 5, 35, 40)]
    (rule,) = _rules(pairs, 5, NUMBERS)
    assert (rule["a"], rule["b"], rule["n_after"], rule["n_a"]) == ("CHAT", "DESK", 25, 40)
    assert (rule["support"], rule["confidence"]) == (0.125, 0.625)
    assert rule["lift"] == pytest.approx((30 + 5) / (40 * 35 / 200 + 5), abs=1e-6)
    assert float(rule["confidence_low"]) < 0.625 < float(rule["confidence_high"])


@pytest.mark.parametrize(
    "pair",
    [
        _pair("A", "B", 4, 4, 4, 4),
        _pair("A", "B", 6, 4, 6, 6),
        _pair("A", "B", 20, 9, 20, 20),
        _pair("A", "B", 20, 20, 100, 40),
        _pair("A", "B", 8, 8, 190, 8, n=2000),
    ],
    ids=["too few", "too few in this order", "mostly the other way", "no more than chance", "hardly any of them"],
)
def test_a_pair_that_says_little_is_dropped(pair: dict[str, int | str]) -> None:
    assert _rules([pair], 5, NUMBERS) == []


def test_of_what_one_product_leads_to_the_strongest_stay() -> None:
    pairs = [_pair("A", b, 20 + n, 20 + n, 40, 60) for n, b in enumerate("BCDEF")] + [_pair("B", "C", 20, 20, 30, 30)]
    kept = _rules(pairs, 6, {**NUMBERS, "per_product": 2})
    assert [(rule["a"], rule["b"]) for rule in kept] == [("A", "E"), ("A", "F"), ("B", "C")]


def test_many_comparisons_ask_for_more_evidence() -> None:
    pair = _pair("A", "B", 12, 12, 40, 30)
    assert _rules([pair], 2, NUMBERS)
    assert not _rules([pair], 60, NUMBERS)


def test_benjamini_and_hochberg_believe_what_they_believed_in_1995() -> None:
    # the fifteen p-values of section 3.3 of their paper: at 5 % the first four are rejected
    p = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
         0.7590, 1.0)  # fmt: skip
    assert benjamini_hochberg(p, 0.05) == (True,) * 4 + (False,) * 11
    assert benjamini_hochberg(p, 0.05, tests=1500) == (False,) * 15
    assert benjamini_hochberg((), 0.05) == ()


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 60), st.data())
def test_the_chance_of_an_overlap_is_the_exact_one(n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    together = data.draw(st.integers(0, min(a, b)))
    exact = sum(comb(b, k) * comb(n - b, a - k) for k in range(together, min(a, b) + 1)) / comb(n, a)
    assert chance_of_overlap(together, a, b, n) == pytest.approx(exact, abs=1e-9)


def test_small_numbers_are_pulled_towards_what_is_usual() -> None:
    assert shrunk_lift(3, 1, 5) == pytest.approx(8 / 6)
    assert shrunk_lift(300, 100, 5) == pytest.approx(305 / 105)


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(81, 263)  # Newcombe (1998), table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
