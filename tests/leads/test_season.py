"""Budget season: purchases that cluster beyond chance, the next such month, and the end of the fiscal year."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import ibis
import pytest

from leads.facts.season import SEASON, dated, season, seasons
from leads.inputs import Inputs
from leads.stats import chance_of_cluster
from tests.leads.world import LINEAGE, TODAY, World

Row = dict[str, Any]


def buys(account: str, *days: str) -> list[Row]:
    """One deal on each of these days."""
    return [
        {"id": f"{account}-{n}", "account_id": account, "opportunity_id": f"{account}-deal-{n}", "bought_on": day}
        for n, day in enumerate(days)
    ]


PURCHASES = [
    *buys("march", "2023-03-02", "2024-03-31", "2025-03-01", "2026-03-15", "2025-07-07"),
    # one project bought in many lines and deals is one month bought in
    *buys("project", "2025-03-01", "2025-03-02", "2025-03-09", "2025-03-20", "2024-08-01", "2026-01-05"),
    *buys("steady", *(f"{year}-{month:02}-05" for year, month in product((2024, 2025), range(1, 13)))),
    *buys("three", "2024-05-01", "2025-05-01", "2026-05-01"),
    *buys("one_year", "2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"),
    *buys("ahead", "2024-06-01", "2025-06-01", "2026-06-01", "2027-06-01"),
    *buys("long_ago", "2018-06-01", "2019-06-01", "2020-06-01", "2021-06-01", "2026-01-01"),
]
ACCOUNTS = [
    *({"id": name, "name": name} for name in ("project", "steady", "three", "one_year", "ahead", "long_ago")),
    {"id": "march", "name": "march", "fiscal_month": 6},
    {"id": "japan", "name": "japan", "fiscal_month": 3},
    {"id": "november", "name": "november", "fiscal_month": 11},
]


@pytest.fixture(scope="module")
def facts() -> Iterator[dict[str, Row]]:
    with closing(World({"account": ACCOUNTS, "purchase": PURCHASES})) as world:
        rules: Any = SimpleNamespace()
        inputs = Inputs(
            tables=world.tables, rules=rules, today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=world.stage
        )
        ground: Any = SimpleNamespace(inputs=inputs, numbers=lambda _family: SEASON.numbers)
        table = world.stage("season", season(ground))
        assert set(SEASON.columns) <= set(table.columns)
        yield {row["account_id"]: row for row in table.to_pyarrow().to_pylist()}


def test_purchases_in_the_same_month_of_most_years_are_a_season(facts: dict[str, Row]) -> None:
    row = facts["march"]
    assert (row["season_month"], row["season_hits"], row["season_n"], row["season_years"]) == (3, 4, 5, 4)
    assert (row["season_on"], row["season_days"]) == (date(2027, 3, 1), 103)
    assert (row["season_last_on"], row["season_record"]) == (date(2026, 3, 15), "march-3")
    assert row["season_chance"] < 0.01


@pytest.mark.parametrize(
    "account",
    ["project", "steady", "three", "one_year", "ahead", "long_ago", "japan"],
    ids=["one project", "every month alike", "too few", "one year", "not yet bought", "too long ago", "nothing"],
)
def test_what_says_little_is_no_season(facts: dict[str, Row], account: str) -> None:
    row = facts[account]
    assert {row[name] for name in row if name.startswith("season_")} == {None}


def test_the_fiscal_year_ends_on_the_last_day_of_its_month(facts: dict[str, Row]) -> None:
    assert (facts["japan"]["fiscal_end_on"], facts["japan"]["fiscal_days"]) == (date(2027, 3, 31), 133)
    assert (facts["november"]["fiscal_end_on"], facts["november"]["fiscal_days"]) == (date(2026, 11, 30), 12)
    assert facts["three"]["fiscal_end_on"] is None


def test_an_accounts_own_habit_goes_before_its_fiscal_year(facts: dict[str, Row]) -> None:
    assert facts["march"]["budget_on"] == facts["march"]["season_on"]
    assert (facts["japan"]["budget_on"], facts["japan"]["budget_days"]) == (date(2027, 3, 31), 133)
    assert facts["three"]["budget_days"] is None


def test_the_day_itself_is_the_next_one_and_february_has_the_days_it_has() -> None:
    schema = {"season_month": "int64", "fiscal_month": "int64"}
    engine = ibis.duckdb.connect()
    rows = engine.create_table("months", ibis.memtable([{"season_month": 2, "fiscal_month": 2}], schema=schema))
    found = [
        dated(rows, today).select("season_days", "fiscal_days").to_pyarrow().to_pylist()[0]
        for today in (date(2028, 2, 1), date(2028, 2, 2), date(2028, 2, 29), date(2028, 3, 1))
    ]
    engine.disconnect()
    assert found == [
        {"season_days": 0, "fiscal_days": 28},
        {"season_days": 365, "fiscal_days": 27},
        {"season_days": 338, "fiscal_days": 0},
        {"season_days": 337, "fiscal_days": 364},
    ]


def test_the_chance_of_a_cluster_is_never_under_the_counted_one() -> None:
    for n, kinds in ((3, 4), (5, 3), (4, 6)):
        deals = [max(deal.count(kind) for kind in range(kinds)) for deal in product(range(kinds), repeat=n)]
        for hits in range(1, n + 1):
            counted = sum(top >= hits for top in deals) / len(deals)
            assert counted <= chance_of_cluster(hits, n, kinds) + 1e-12
            if hits * 2 > n:  # then two kinds cannot both do it, and the bound is exact
                assert chance_of_cluster(hits, n, kinds) == pytest.approx(counted)


def test_of_accounts_that_buy_at_random_hardly_any_has_a_season() -> None:
    dice = Random(11)
    days = [[f"{dice.randint(2022, 2026)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
             for _n in range(dice.randint(4, 12))] for _account in range(3000)]  # fmt: skip
    rows = [row for n, bought in enumerate(days) for row in buys(f"random-{n}", *bought)]
    rows += [
        row for n in range(30) for row in buys(f"june-{n}", *(f"{year}-06-1{n % 9}" for year in range(2022, 2027)))
    ]
    engine = ibis.duckdb.connect()
    lines = engine.create_table("lines", ibis.memtable(rows).mutate(bought_on=ibis._.bought_on.cast("date")))
    found = seasons(lines, SEASON.numbers, engine.create_table)
    names = found.account_id.to_pyarrow().to_pylist()
    engine.disconnect()
    false = [name for name in names if name.startswith("random")]
    assert len(names) - len(false) == 30
    assert len(false) <= 4  # a tenth of what is found
