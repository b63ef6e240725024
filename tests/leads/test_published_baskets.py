"""Published basket rules, found again by the project's own counts and measures."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from leads.baskets import both_ways, counted, measures, pairs, profile, sized

FRANCE = Path(__file__).parents[3] / "shared" / "data" / "online_retail" / "online_retail_2010_2011_france.csv"
DAY = date(2026, 1, 1)
AND = " & "
"""Between the products of a set that stands for one item."""

# the data of the association-rule chapter in mlxtend's user guide
TEXTBOOK = (
    ("Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"),
    ("Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"),
    ("Milk", "Apple", "Kidney Beans", "Eggs"),
    ("Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"),
    ("Corn", "Onion", "Kidney Beans", "Ice cream", "Eggs"),
)

Rules = Mapping[tuple[str, str], Mapping[str, float]]
Baskets = Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def _pairs(
    engine: Any, baskets: Baskets, support: int
) -> tuple[dict[str, int], list[dict[str, Any]], dict[str, Any]]:
    """How often each item is held; every pair held often enough, in both orders; and its measures by column."""
    names = [(basket, item) for basket, items in baskets.items() for item in sorted(items)]
    table = pa.table(
        {"basket": [name for name, _ in names], "item": [item for _, item in names], "first_on": [DAY] * len(names)}
    )
    items = engine.create_table("sized", sized(engine.create_table("items", table, overwrite=True), support))
    known = profile(items)
    often = counted(items).filter(ibis._.n_both >= support).to_pyarrow()
    engine.drop_table("sized")
    told = both_ways(pairs(often, known))
    columns = [told[name].to_numpy() for name in ("n_both", "n_a", "n_b", "n")]
    columns[3] = np.full(len(told), len(baskets))
    held = dict(zip(known.products, (int(n) for n in known.held.sum(axis=1)), strict=True))
    rows = [{**row, "a": known.products[row["a"]], "b": known.products[row["b"]]} for row in told.to_pylist()]
    return held, rows, measures(*columns)


def _apart(a: str, b: str) -> bool:
    return not set(a.split(AND)) & set(b.split(AND))


def _published(engine: Any, baskets: Baskets, support: int) -> tuple[set[frozenset[str]], Rules]:
    """All sets of up to three items held often enough, and all rules between their parts.

    A pair held often enough counts as one more item of the baskets that hold it: a rule that starts from two items,
    or leads to two, is then a rule between two items like any other.
    """
    held, found, _ = _pairs(engine, baskets, support)
    joint = [frozenset((row["a"], row["b"])) for row in found if row["a"] < row["b"]]
    wider = {
        name: items | {AND.join(sorted(two)) for two in joint if two <= items} for name, items in baskets.items()
    }
    _, found, told = _pairs(engine, wider, support)
    rules = {
        (row["a"], row["b"]): {name: float(column[place]) for name, column in told.items()}
        for place, row in enumerate(found)
        if _apart(row["a"], row["b"]) and len(row["a"].split(AND)) + len(row["b"].split(AND)) <= 3
    }
    sets = {frozenset({item}) for item in held} | {frozenset(a.split(AND) + b.split(AND)) for a, b in rules}
    return sets, rules


def _textbook(engine: Any) -> tuple[set[frozenset[str]], Rules]:
    return _published(engine, {str(n): frozenset(basket) for n, basket in enumerate(TEXTBOOK)}, 3)


def test_the_textbook_has_eleven_frequent_itemsets(engine: Any) -> None:
    sets, _ = _textbook(engine)
    assert sorted(map(len, sets)) == [1] * 5 + [2] * 5 + [3]
    assert frozenset({"Eggs", "Kidney Beans", "Onion"}) in sets


def test_the_textbook_has_twelve_rules_and_six_of_them_lift(engine: Any) -> None:
    _, rules = _textbook(engine)
    sure = [rule for rule in rules.values() if round(rule["confidence"], 9) >= 0.7]
    assert len(sure) == 12
    assert sum(round(rule["lift"], 9) >= 1.2 for rule in sure) == 6


def test_onion_and_eggs_are_what_the_textbook_says(engine: Any) -> None:
    _, rules = _textbook(engine)
    there, back = rules["Onion", "Eggs"], rules["Eggs", "Onion"]
    assert there == pytest.approx(
        {"support": 0.6, "confidence": 1.0, "lift": 1.25, "leverage": 0.12, "conviction": float("inf"), "zhang": 0.5}
    )
    assert (back["confidence"], back["conviction"]) == pytest.approx((0.75, 1.6))
    # who has no eggs has no onion
    assert back["zhang"] == pytest.approx(1.0)


def _france() -> dict[str, frozenset[str]]:
    """Invoice -> what it holds one or more of; cancellations, and postage, left out."""
    rows = pyarrow.csv.read_csv(
        FRANCE, convert_options=pyarrow.csv.ConvertOptions(column_types={"Invoice": "string"})
    )
    rows = rows.filter(pc.invert(pc.starts_with(rows["Invoice"], "C")))
    rows = rows.set_column(
        rows.schema.get_field_index("Description"), "Description", pc.utf8_trim_whitespace(rows["Description"])
    )
    sums = rows.group_by(["Invoice", "Description"]).aggregate([("Quantity", "sum")]).to_pylist()
    baskets: dict[str, set[str]] = {row["Invoice"]: set() for row in sums}
    for row in sums:
        if row["Quantity_sum"] >= 1 and row["Description"] != "POSTAGE":
            baskets[row["Invoice"]].add(row["Description"])
    return {invoice: frozenset(items) for invoice, items in baskets.items()}


@pytest.mark.skipif(not FRANCE.is_file(), reason=f"the public data is not at {FRANCE}")
def test_the_french_baskets_hold_the_published_rules(engine: Any) -> None:
    baskets = _france()
    assert len(baskets) == 392
    support = 28  # of 392: 0.0714 is the first share of 0.07 or more
    _, rules = _published(engine, baskets, support)
    lifted = {name: rule for name, rule in rules.items() if rule["lift"] >= 1}
    assert len(lifted) == 26
    rule = lifted["ALARM CLOCK BAKELIKE GREEN", "ALARM CLOCK BAKELIKE RED"]
    assert {name: round(rule[name], 6) for name in ("support", "confidence", "lift")} == {
        "support": 0.079082, "confidence": 0.815789, "lift": 8.642959,
    }  # fmt: skip
