"""Recency, frequency and money at their limits; the fifths against sorting by hand; the ten segments, all of them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import ibis
import pytest

from leads.facts.rfm import RFM, monetary_limits, orders, ranked, rfm, segment, spending
from leads.inputs import Inputs
from mappings.config import Company
from tests.leads.world import LINEAGE, TODAY, World

Row = dict[str, Any]
SEGMENTS = {
    "hibernating": "11 12 21 22", "at_risk": "13 14 23 24", "cant_lose": "15 25", "about_to_sleep": "31 32",
    "need_attention": "33", "loyal": "34 35 44 45", "promising": "41", "new": "51",
    "potential_loyalists": "42 43 52 53", "champions": "54 55",
}  # fmt: skip


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def buys(account: str, *when: int, amount: int | None = 1000, **more: Any) -> list[Row]:
    """One deal on each of these days ago."""
    return [
        {"id": f"{account}-{n}", "account_id": account, "opportunity_id": f"{account}-deal-{n}", "amount": amount,
         "bought_on": ago(day), **more}
        for n, day in enumerate(when)
    ]  # fmt: skip


# each account is one question; thresholds rank whatever the others do
PURCHASES = [
    *buys("days_7", 7), *buys("days_8", 8), *buys("days_31", 31), *buys("days_32", 32), *buys("days_92", 92),
    *buys("days_93", 93), *buys("days_366", 366), *buys("days_367", 367),
    *buys("five", 1, 2, 3, 4, 364), *buys("four", 1, 2, 3, 364, 365),
    *buys("grows", 10, 20, 400), *buys("shrinks", 10, 400, 500, 729, 730), *buys("started", 10),
    *buys("tomorrow", -1), *buys("today", 0, -5),
    *buys("two_lines", 3, product_id="a"),
    {"id": "two_lines-9", "account_id": "two_lines", "opportunity_id": "two_lines-deal-0", "amount": 500,
     "bought_on": ago(3)},
    {"id": "lone-0", "account_id": "lone", "amount": 5, "bought_on": ago(3)},
    {"id": "lone-1", "account_id": "lone", "amount": 6, "bought_on": ago(3)},
    *buys("foreign", 10, 20, currency="EUR"), *buys("half_foreign", 400, 10), *buys("unpriced", 10, amount=None),
    {"id": "half_foreign-9", "account_id": "half_foreign", "amount": 9, "currency": "EUR", "bought_on": ago(400)},
    *buys("yen", 10, amount=20000, currency="JPY"),
    *buys("stranger", 10),
]  # fmt: skip
ACCOUNTS = sorted({str(row["account_id"]) for row in PURCHASES} - {"stranger"} | {"never"})
NUMBERS = {"monetary_1": 50, "monetary_2": 30, "monetary_3": 20, "monetary_4": 10, "monetary_jpy_1": 20000,
           "monetary_jpy_2": 10000, "monetary_jpy_3": 5000, "monetary_jpy_4": 1000}  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> Iterator[dict[str, Row]]:
    accounts = [{"id": name, "name": name, "currency": "JPY" if name == "yen" else None} for name in ACCOUNTS]
    with closing(World({"account": accounts, "purchase": PURCHASES})) as world:
        company = Company(name="Example Vendor", currency="USD")
        rules: Any = SimpleNamespace(mapping=SimpleNamespace(company=company))
        inputs = Inputs(
            tables=world.tables, rules=rules, today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=world.stage
        )
        ground: Any = SimpleNamespace(inputs=inputs, numbers=lambda _family: {**RFM.numbers, **NUMBERS})
        table = world.stage("rfm", rfm(ground))
        assert set(RFM.columns) <= set(table.columns)
        yield {row["account_id"]: row for row in table.to_pyarrow().to_pylist()}


@pytest.mark.parametrize(
    ("account", "rank"),
    [("today", 1), ("days_7", 1), ("days_8", 2), ("days_31", 2), ("days_32", 3), ("days_92", 3), ("days_93", 4),
     ("days_366", 4), ("days_367", 5)],
)  # fmt: skip
def test_recency_is_ranked_by_days_and_the_limit_itself_still_counts(
    facts: dict[str, Row], account: str, rank: int
) -> None:
    assert facts[account]["rfm_recency"] == rank


@pytest.mark.parametrize(
    ("account", "orders_", "rank"),
    [("five", 5, 1), ("four", 4, 2), ("grows", 2, 3), ("started", 1, 4), ("days_366", 0, 5)],
)
def test_frequency_counts_the_orders_of_365_days(
    facts: dict[str, Row], account: str, orders_: int, rank: int
) -> None:
    assert (facts[account]["purchases_365"], facts[account]["rfm_frequency"]) == (orders_, rank)


def test_lines_of_one_deal_are_one_order_and_lines_without_a_deal_are_orders_of_their_own(
    facts: dict[str, Row],
) -> None:
    assert (facts["two_lines"]["purchases_365"], facts["two_lines"]["spent_365"]) == (1, 1500)
    assert (facts["lone"]["purchases_365"], facts["lone"]["spent_365"]) == (2, 11)


def test_growth_compares_with_the_365_days_before_and_needs_them(facts: dict[str, Row]) -> None:
    assert facts["grows"]["growth_percent"] == 100
    # 729 days ago is the last day that counts
    assert (facts["shrinks"]["spent_before_365"], facts["shrinks"]["growth_percent"]) == (3000, -67)
    assert facts["started"]["growth_percent"] is None


def test_what_lies_ahead_is_not_seen(facts: dict[str, Row]) -> None:
    assert "tomorrow" not in facts
    assert (facts["today"]["last_bought_on"], facts["today"]["recency_days"]) == (TODAY, 0)
    assert (facts["today"]["purchases_365"], facts["today"]["spent_365"]) == (1, 1000)


def test_the_last_purchase_is_the_records_own(facts: dict[str, Row]) -> None:
    dates = {row["id"]: row["bought_on"] for row in PURCHASES}
    assert all(dates[row["last_purchase_record"]] == row["last_bought_on"] for row in facts.values())
    assert facts["lone"]["last_purchase_record"] == "lone-0"


def test_money_in_another_currency_is_not_added_up(facts: dict[str, Row]) -> None:
    row = facts["foreign"]
    assert (row["spent_365"], row["rfm_monetary"], row["rfm"]) == (None, None, None)
    # of the two ranks that are known, 2 and 3, halves go to the worse
    assert (row["rfm_recency"], row["rfm_frequency"], row["rfm_rank"]) == (2, 3, 3)
    assert (facts["half_foreign"]["spent_365"], facts["half_foreign"]["spent_before_365"]) == (1000, None)
    assert facts["half_foreign"]["growth_percent"] is None
    assert facts["unpriced"]["spent_365"] is None


def test_money_is_ranked_by_the_thresholds_of_its_currency(facts: dict[str, Row]) -> None:
    assert (facts["five"]["spent_365"], facts["five"]["rfm_monetary"], facts["five"]["rfm"]) == (5000, 1, "1-1-1")
    assert facts["four"]["rfm_monetary"] == 2
    assert facts["grows"]["rfm_monetary"] == 3
    assert facts["started"]["rfm_monetary"] == 4
    assert facts["days_367"]["rfm_monetary"] == 5
    assert facts["yen"]["rfm_monetary"] == 1


def test_the_rank_of_an_account_is_the_mean_of_its_ranks(facts: dict[str, Row]) -> None:
    assert facts["five"]["rfm_rank"] == 1
    assert (facts["started"]["rfm"], facts["started"]["rfm_rank"]) == ("2-4-4", 3)
    assert (facts["days_366"]["rfm"], facts["days_366"]["rfm_rank"]) == ("4-5-5", 5)


def test_who_never_bought_has_no_row_and_who_is_no_account_neither(facts: dict[str, Row]) -> None:
    assert not {"never", "stranger"} & set(facts)


def test_thresholds_of_a_currency_count_only_when_all_four_are_given() -> None:
    assert monetary_limits(RFM.numbers, "USD") == {}
    assert monetary_limits({"monetary_1": 5, "monetary_2": 4, "monetary_3": 3}, "USD") == {}
    limits = monetary_limits(NUMBERS, "USD")
    assert limits["USD"] == {1: 5000, 2: 3000, 3: 2000, 4: 1000}
    assert limits["JPY"] == {1: 20000, 2: 10000, 3: 5000, 4: 1000}


def test_every_pair_of_scores_has_its_name_and_a_missing_score_none() -> None:
    scores = [{"r": r, "f": f} for r in range(1, 6) for f in range(1, 6)]
    table = ibis.memtable([*scores, {"r": 5, "f": None}, {"r": None, "f": 1}], schema={"r": "int64", "f": "int64"})
    engine = ibis.duckdb.connect()
    rows = engine.create_table("scores", table.mutate(name=segment(table.r, table.f))).to_pyarrow().to_pylist()
    engine.disconnect()
    expected = {pair: name for name, pairs in SEGMENTS.items() for pair in pairs.split()}
    assert {f"{row['r']}{row['f']}": row["name"] for row in rows if row["r"] and row["f"]} == expected
    assert [row["name"] for row in rows if not (row["r"] and row["f"])] == [None, None]


def _fifths(values: list[Any]) -> dict[Any, int]:
    """value -> its fifth, 1 lowest, by sorting: the cuts of pandas.qcut for values that are in the data."""
    ordered, last = sorted(values), len(values) - 1
    edges = [ordered[last * k // 5] for k in range(1, 6)]
    return {value: next(k for k, edge in enumerate(edges, 1) if value <= edge) for value in values}


def test_fifths_are_those_that_sorting_gives() -> None:
    dice = Random(7)
    lines = [line for n in range(83) for line in buys(
        f"a{n:03}", *(dice.randint(0, 364) for _n in range(dice.randint(1, 6))), amount=dice.randint(1, 9) * 100
    )] + buys("gone", 500)  # fmt: skip
    engine = ibis.duckdb.connect()
    names = sorted({str(line["account_id"]) for line in lines})
    accounts = engine.create_table("accounts", ibis.memtable([{"account_id": n, "currency": "USD"} for n in names]))
    table = engine.create_table("lines", ibis.memtable([{**line, "currency": "USD"} for line in lines]))
    spent = spending(orders(table, accounts, TODAY, "USD"), TODAY)
    spent = spent.mutate(currency=ibis.literal("USD"), compared=spent.spent_365, compared_in=ibis.literal("USD"))
    spent = engine.create_table("spent", spent)
    every = {
        flag: {
            row["account_id"]: row
            for row in ranked(spent, {**RFM.numbers, "quantiles": flag}, "USD").to_pyarrow().to_pylist()
        }
        for flag in (0, 1)
    }
    few = ranked(spent, {**RFM.numbers, "quantiles": 1, "quantile_min": 84}, "USD").to_pyarrow().to_pylist()
    engine.disconnect()
    rows = every[1]
    gone = rows.pop("gone")
    assert (gone["rfm"], gone["rfm_segment"]) == ("5-5-5", "hibernating")
    recency = _fifths([row["recency_days"] for row in rows.values()])
    often = _fifths([(row["purchases_365"], name) for name, row in rows.items()])
    spending_ = _fifths([row["spent_365"] for row in rows.values()])
    for name, row in rows.items():
        assert row["rfm_recency"] == recency[row["recency_days"]]
        assert row["rfm_frequency"] == 6 - often[row["purchases_365"], name]
        assert row["rfm_monetary"] == 6 - spending_[row["spent_365"]] == every[0][name]["rfm_monetary"]
    assert {row["rfm_monetary"] for row in few if row["account_id"] != "gone"} == {None}
