"""Attribute lift: what is planted is found, what is shuffled is not, and small numbers say little."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from leads.facts.attributes import ATTRIBUTES, PLAN, attributes, believed, segments
from leads.inputs import Inputs
from leads.stats import beta_strength
from tests.leads.world import LINEAGE, TODAY, World

Row = dict[str, Any]
Numbers = Mapping[str, float]
NUMBERS = ATTRIBUTES.numbers


def counts(*rows: tuple[str, str, str | None, int]) -> pa.Table:
    """Rows of (attribute, value, product or None for everybody, accounts)."""
    names = ("attribute", "attribute_value", "product", "n")
    schema = pa.schema([(name, pa.string()) for name in names[:3]] + [("n", pa.int64())])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)


def trade(foods: tuple[int, int], others: tuple[int, int], name: str = "Others") -> pa.Table:
    """A world of two industries, each with its accounts and those of them that have a desk."""
    return counts(
        ("industry", "Foods", None, foods[0]), ("industry", name, None, others[0]),
        ("industry", "Foods", "DESK", foods[1]), ("industry", name, "DESK", others[1]),
    )  # fmt: skip


def test_a_segment_that_buys_more_is_told_with_its_numbers() -> None:
    (row,) = believed(trade((40, 20), (160, 16)), NUMBERS)
    assert (row["attribute"], row["attribute_value"], row["product"]) == ("industry", "Foods", "DESK")
    assert (row["attribute_n"], row["attribute_buyers"], row["attribute_base"]) == (40, 20, 0.18)
    # pulled from 20 of 40 towards 18 %, and not past it
    assert 0.18 < float(row["attribute_low"]) < float(row["attribute_rate"]) < 0.5
    assert float(row["attribute_rate"]) < float(row["attribute_high"])
    assert row["attribute_lift"] == pytest.approx(float(row["attribute_rate"]) / 0.18, rel=1e-5)


@pytest.mark.parametrize(
    ("world", "numbers"),
    [
        (trade((19, 15), (160, 16)), {}),
        (trade((40, 4), (800, 2)), {}),
        (trade((40, 6), (160, 18)), {}),
        (trade((4000, 1100), (4000, 900)), {}),
        (counts(("industry", "Foods", None, 40), ("industry", "Foods", "DESK", 20)), {}),
        (counts(("industry", "Foods", None, 40), ("industry", "Others", None, 40)), {}),
        (trade((40, 20), (160, 16)), {"min_n": 41}),
        (trade((40, 20), (160, 16)), {"min_buyers": 21}),
        (trade((40, 20), (160, 16)), {"min_lift": 2.8}),
    ],
    ids=["under 20 accounts", "under 5 buyers", "no more than chance", "sure but small", "everybody", "nobody buys",
         "own min_n", "own min_buyers", "own min_lift"],
)  # fmt: skip
def test_a_segment_that_says_little_is_dropped(world: pa.Table, numbers: Numbers) -> None:
    assert believed(world, {**NUMBERS, **numbers}) == []


def test_at_the_limits_a_segment_is_still_believed() -> None:
    assert believed(trade((20, 12), (160, 16)), NUMBERS)
    assert believed(trade((40, 20), (160, 16)), {**NUMBERS, "min_n": 40, "min_buyers": 20})


def test_many_comparisons_ask_for_more_evidence() -> None:
    alone = trade((40, 12), (160, 20))
    assert believed(alone, NUMBERS)
    others = [("country", f"C{n}", None, 20) for n in range(100)] + [
        ("country", f"C{n}", "DESK", 1) for n in range(8)
    ]
    assert not believed(pa.concat_tables([alone, counts(*others)]), NUMBERS)


def test_of_a_segment_the_strongest_products_stay() -> None:
    rows: list[tuple[str, str, str | None, int]] = [
        ("industry", "Foods", None, 100),
        ("industry", "Others", None, 900),
        *(("industry", "Foods", f"P{n}", 40 + n) for n in range(5)),
        *(("industry", "Others", f"P{n}", 30) for n in range(5)),
    ]
    kept = believed(counts(*rows), {**NUMBERS, "per_segment": 2})
    assert [row["product"] for row in kept] == ["P3", "P4"]


def test_that_those_on_a_plan_have_it_is_no_finding_and_they_are_nobodys_yardstick() -> None:
    world = counts(
        (PLAN, "PRO", None, 50), (PLAN, "BASIC", None, 100), (PLAN, "FREE", None, 100),
        (PLAN, "PRO", "PRO", 50), (PLAN, "BASIC", "PRO", 40), (PLAN, "FREE", "PRO", 10),
    )  # fmt: skip
    assert [(row["attribute_value"], row["known"], row["held"]) for row in segments(world).to_pylist()] == [
        ("BASIC", 200, 50), ("FREE", 200, 50)
    ]  # fmt: skip
    (row,) = believed(world, NUMBERS)
    assert (row["attribute_value"], row["product"], row["attribute_base"]) == ("BASIC", "PRO", 0.25)


def test_segments_that_differ_by_chance_alone_are_pulled_all_the_way() -> None:
    def strength(*segments_: tuple[int, int]) -> float:
        n = np.array([of for _hits, of in segments_])
        hits = np.array([found for found, _of in segments_])
        sums = (len(n), n.sum(), (n * n).sum(), hits.sum())
        return float(beta_strength(*(np.array([one]) for one in sums), np.array([(hits * hits / n).sum()]))[0])

    assert strength((10, 100), (10, 100), (10, 100)) == pytest.approx(300)
    assert strength((100, 100), (0, 100)) == pytest.approx(1)
    assert strength((0, 100), (0, 100)) == pytest.approx(100 + 100)
    assert 1 < strength((40, 100), (10, 100), (20, 100)) < 60
    # dealt by a beta distribution of that strength, it is found again
    dice = np.random.default_rng(5)
    dealt = dice.binomial(80, dice.beta(6, 24, 3000))
    assert strength(*((int(hits), 80) for hits in dealt)) == pytest.approx(30, rel=0.15)


Worlds = tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]
VALUES = (8, 5, 4)


def generated(dice: np.random.Generator, accounts: int = 500, products: int = 12) -> Worlds:
    """Three attributes an account, of 8, 5 and 4 values, and who has which product: one owes nothing to the other."""
    of = np.stack([dice.integers(0, values, accounts) ** 2 // values for values in VALUES])
    keen = dice.beta(2, 2, (accounts, 1)) * 2  # some buy a lot of everything
    return of, dice.random((accounts, products)) < keen * dice.beta(1, 6, products)


def tallied(of: npt.NDArray[np.int64], has: npt.NDArray[np.bool_]) -> pa.Table:
    rows: list[tuple[str, str, str | None, int]] = []
    for place, values in enumerate(of):
        for value in np.unique(values):
            here = values == value
            name = (f"x_{place}", str(value))
            rows.append((*name, None, int(here.sum())))
            rows += [(*name, f"P{n:02}", int(held)) for n, held in enumerate(has[here].sum(axis=0)) if held]
    return counts(*rows)


def test_of_two_hundred_shuffled_worlds_no_more_than_a_tenth_shows_any_lift() -> None:
    found = 0
    for seed in range(200):
        dice = np.random.default_rng(seed)
        of, has = generated(dice)
        found += bool(believed(tallied(dice.permuted(of, axis=1), has), {**NUMBERS, "min_lift": 1.0}))
    assert found <= 20


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_lift_is_found_and_hardly_anything_beside_it(seed: int) -> None:
    dice = np.random.default_rng(seed)
    of, has = generated(dice)
    inside = of[0] == 2
    has[:, 3] = dice.random(500) < np.where(inside, 0.6, 0.15)
    rows = believed(tallied(of, has), NUMBERS)
    assert ("x_0", "2", "P03") in {(row["attribute"], row["attribute_value"], row["product"]) for row in rows}
    assert len(rows) <= 2


# --- through the engine: from accounts to offers


def _accounts() -> list[Row]:
    """200 accounts: 40 in Foods, of 60 employees; the last two of them and the last of all are odd."""
    rows: list[Row] = [
        {"id": f"a{n:03}", "name": f"a{n:03}", "industry": "Foods" if n < 40 else f"Trade {n % 3}",
         "country": None if n % 2 else "JP", "employees": 60 if n < 40 else 10 + n % 3 * 300}
        for n in range(200)
    ]  # fmt: skip
    rows[38] |= {"employees": 0}
    rows[39] |= {"employees": 60}
    rows.append({"id": "prospect", "name": "prospect", "industry": "Foods", "employees": 60})
    return rows


def _told(rows: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """Plans, doubts about employees, and who has what: 30 of the 40 in Foods have the desk, 16 of the 160 others."""
    names = [row["id"] for row in rows if row["id"] != "prospect"]
    plans = [{"account_id": name, "main_product": "PLAN", "main_seats": n, "paid_record": f"s-{name}"}
             for n, name in enumerate(names)]  # fmt: skip
    reasons = [{"account_id": name, "headroom_reason": "employees_conflict" if name == "a039" else None}
               for name in names]  # fmt: skip
    has = [{"account_id": name, "product": "PLAN"} for name in names]
    desks = [name for n, name in enumerate(names) if n < 30 or (n >= 40 and n % 10 == 0)]
    return plans, reasons, has + [{"account_id": name, "product": "DESK"} for name in desks]


def _offers() -> dict[tuple[str, str], Row]:
    rows = _accounts()
    with closing(World({"account": rows})) as world:
        tables = dict(world.tables)
        own = tables["account"].mutate(
            x_tag=ibis.ifelse(ibis._.industry == "Foods", "fresh", "dry"),
            x_flag=ibis._.industry == "Foods",
            x_score=ibis.literal(1.5),
        )
        tables["account"] = world.stage("accounts_with_own", own)
        rules: Any = SimpleNamespace()
        inputs = Inputs(
            tables=tables, rules=rules, today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=world.stage
        )
        plans, reasons, has = (world.stage(f"given_{n}", ibis.memtable(part)) for n, part in enumerate(_told(rows)))
        numbers: Mapping[str, Numbers] = {
            "attributes": NUMBERS,
            "headroom": {"band_1": 50, "band_2": 200, "band_3": 1000, "band_4": 5000},
        }
        ground: Any = SimpleNamespace(
            inputs=inputs,
            numbers=numbers.__getitem__,
            family={"revenue": plans, "headroom": reasons}.__getitem__,
            owned=has,
        )
        table = world.stage("offers", attributes(ground))
        assert set(ATTRIBUTES.columns) <= set(table.columns)
        found = table.to_pyarrow().to_pylist()
        assert len(found) == len({(row["account_id"], row["product"]) for row in found})
        return {(row["account_id"], row["product"]): row for row in found}


@pytest.fixture(scope="module")
def offers() -> dict[tuple[str, str], Row]:
    return _offers()


def test_columns_counted_in_several_goes_tell_the_same(
    offers: dict[tuple[str, str], Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[attributes.__module__], "AT_ONCE", 1)
    assert _offers() == offers


def test_a_product_is_offered_to_those_like_its_buyers_who_do_not_have_it(
    offers: dict[tuple[str, str], Row],
) -> None:
    assert sorted(offers) == [(f"a{n:03}", "DESK") for n in range(30, 40)]
    row = offers["a030", "DESK"]
    # among equals the first by name: industry, x_flag and x_tag say the same, the size has one account less
    assert (row["attribute"], row["attribute_value"]) == ("size", "50-199")
    assert (row["attribute_n"], row["attribute_buyers"]) == (38, 30)


def test_what_speaks_for_an_offer_is_quoted_as_the_record_has_it(offers: dict[tuple[str, str], Row]) -> None:
    row = offers["a030", "DESK"]
    assert (row["attribute_employees"], row["attribute_industry"], row["attribute_seats"]) == (60, None, None)


@pytest.mark.parametrize("account", ["a038", "a039"], ids=["no employees", "two counts that differ"])
def test_an_unknown_size_is_no_size(offers: dict[tuple[str, str], Row], account: str) -> None:
    row = offers[account, "DESK"]
    assert (row["attribute"], row["attribute_value"], row["attribute_industry"]) == ("industry", "Foods", "Foods")
    assert (row["attribute_n"], row["attribute_buyers"], row["attribute_base"]) == (40, 30, 0.23)
    assert row["attribute_employees"] is None
