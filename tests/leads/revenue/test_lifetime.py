"""How long accounts stay, learnt from those that were there a year ago."""

import pytest

from leads.facts.lifetime import lifetimes
from leads.facts.revenue import REVENUE
from tests.leads.revenue.payers import Row, Told, made, seen
from tests.leads.world import World

LIVES = {"account_id": "string", "industry": "string", "was_live": "boolean", "is_live": "boolean"}
LTV = {**REVENUE.numbers}


def _lives(industry: str | None, n: int, left: int) -> list[Row]:
    return [
        {"account_id": f"{industry}{i}", "industry": industry, "was_live": True, "is_live": i >= left}
        for i in range(n)
    ]


def _years(engine: World, *rows: Row) -> dict[str, tuple[float | None, int | None]]:
    found = engine.engine.to_pyarrow(lifetimes(made(list(rows), LIVES), LTV)).to_pylist()
    return {row["account_id"]: (row["ltv_years"], row["ltv_n"]) for row in found}


def test_nineteen_accounts_say_nothing_about_how_long_accounts_stay(engine: World) -> None:
    assert set(_years(engine, *_lives("A", 19, 3)).values()) == {(None, None)}
    newer = {"account_id": "new", "industry": "A", "was_live": False, "is_live": True}
    assert _years(engine, *_lives("A", 19, 3), newer)["new"] == (None, None), "who came later cannot tell"


def test_an_industry_tells_for_itself_from_twenty_accounts_on(engine: World) -> None:
    years = _years(engine, *_lives("A", 20, 10), *_lives("B", 19, 0), *_lives(None, 61, 0))
    everyone = (10 + 20 / 10) / (100 + 20)
    assert years["A0"] == (pytest.approx((20 + 20) / (10 + 20 * everyone), abs=1e-4), 20)
    assert years["B0"] == years["None0"] == (pytest.approx(1 / everyone, abs=1e-4), 100)


def test_nobody_is_expected_to_stay_longer_than_the_limit(engine: World) -> None:
    assert set(_years(engine, *_lives("A", 5000, 0)).values()) == {(10.0, 5000)}


def test_lifetime_value_is_yearly_revenue_times_the_years(told: Told) -> None:
    row = seen(told, "revenue", "whole")
    assert row["ltv_n"] >= 20
    assert row["ltv"] == int(101_010 * row["ltv_years"])
