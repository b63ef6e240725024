"""Facts where accounts, subscriptions, purchases and prices are in several currencies."""

from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import ibis
import pytest

from leads.facts.families import FAMILIES, SPINES
from leads.facts.ground import Ground
from leads.facts.rfm import RFM
from leads.inputs import Inputs
from mappings.config import Company
from tests.leads.world import LINEAGE, TODAY, World
from tests.spark import spark_sql

Row = dict[str, Any]
Told = Mapping[str, Mapping[tuple[str, ...], Row]]
RATES = {
    "EUR": [{"from": "2020-01-01", "rate": 1.0}, {"from": "2026-11-01", "rate": 1.1}],
    "JPY": [{"from": "2020-01-01", "rate": 0.01}],
    "GBP": [{"from": "2026-11-01", "rate": 1.2}],
    "SEK": [{"from": "2027-01-01", "rate": 0.1}],
}
"""In dollars: the euro rose on the first of the month, the pound is known since then, the krona not yet."""


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def line(account: str, amount: int, currency: str | None, days: int, product: str = "audit") -> Row:
    return {
        "account_id": account,
        "product_id": product,
        "amount": amount,
        "currency": currency,
        "bought_on": ago(days),
    }


def sub(account: str, price: int | None, currency: str | None, seats: int = 10, product: str = "suite") -> Row:
    return {
        "account_id": account,
        "product_id": product,
        "seats_paid": seats,
        "unit_price": price,
        "currency": currency,
    }


def numbered(rows: list[Row]) -> list[Row]:
    return [{"id": f"n{place:03}", **row} for place, row in enumerate(rows)]


MONEY: dict[str, str | None] = {
    "dollar": None, "euro": "EUR", "yen": "JPY", "krona": "SEK", "franc": "CHF", "mixed": "EUR", "lost": "EUR",
    "early": None, "head": "JPY", "branch": "EUR", "far": "CHF", "listed": "EUR", "owing": "EUR",
    **{f"rich{n}": "EUR" for n in range(3)}, **{f"poor{n}": "JPY" for n in range(3)},
}  # fmt: skip
PARENTS = {"branch": "head", "far": "head"}
ROWS: dict[str, list[Row]] = {
    "product": [
        {"id": "suite", "code": "SUITE", "name": "Suite", "family": "Suite", "tier": 1, "list_price": 500},
        {"id": "backup", "code": "BACKUP", "name": "Backup", "family": "Suite", "list_price": 110, "is_option": True},
        {"id": "pro", "code": "PRO", "name": "Pro", "family": "Suite", "tier": 2, "list_price": 1100},
        {"id": "mass", "code": "MASS", "name": "Mass", "family": "Suite", "tier": 1, "list_price": 550},
        {"id": "audit", "code": "AUDIT", "name": "Audit", "list_price": 1100},
        {"id": "phone", "code": "PHONE", "name": "Phone"},
    ],
    "account": [
        {"id": id, "name": id, "currency": money, "parent_id": PARENTS.get(id),
         "employees": 1000 if id in ("euro", "franc") else 100}
        for id, money in MONEY.items()
    ],
    "subscription": numbered([
        sub("dollar", 1000, None), sub("euro", 1000, "EUR"), sub("franc", 1000, "CHF"),
        sub("mixed", 1100, "USD"), sub("mixed", 100, "EUR", product="backup"),
        sub("lost", 1100, "CHF"), sub("lost", 100, "EUR", product="backup"),
        sub("listed", None, None), sub("head", 1000, "JPY"), sub("branch", 1000, "EUR"), sub("far", 1000, "CHF"),
    ]),
    "purchase": numbered([
        line("euro", 1100, "USD", 5), line("euro", 1000, "USD", 30), line("euro", 700, "JPY", 5),
        line("yen", 1000, "EUR", 30), line("krona", 500, "SEK", 5), line("early", 300, "GBP", 30),
        line("early", 300, "GBP", 5), line("owing", 100, "EUR", 5), line("owing", 100, "CHF", 5),
        *(line(f"rich{n}", 90_000 + n, "EUR", 5, "phone") for n in range(3)),
        *(line(f"poor{n}", 90_000 + n, "JPY", 5, "phone") for n in range(3)),
    ]),
}  # fmt: skip


def _ground(world: World, stage: Any, **numbers: float) -> Ground:
    company = Company.model_validate({"name": "Example Vendor", "currency": "USD", "rates": RATES})
    rules: Any = SimpleNamespace(facts={"rfm": numbers}, mapping=SimpleNamespace(company=company))
    inputs = Inputs(
        tables=world.tables, rules=rules, today=TODAY, lineage=LINEAGE, filled=frozenset(LINEAGE), stage=stage
    )
    wanted: Any = {"offer": {"worth", "option_value", "complement_of"}}
    return Ground(inputs, families=FAMILIES, spines={**SPINES, "offer": ("option",)}, words={}, wanted=wanted)


@pytest.fixture(scope="module")
def told() -> Told:
    """The families with money in them, by key; every expression compiles for a cluster as well."""
    with closing(World(ROWS)) as world:

        def stage(name: str, expr: Any) -> Any:
            assert spark_sql(expr)
            return world.stage(name, expr)

        ground = _ground(world, stage, quantile_min=3)
        limits = {f"monetary_{n}": float(10 ** (5 - n)) for n in range(1, 5)} | {
            f"monetary_jpy_{n}": 1.0 for n in range(1, 5)
        }
        found = {name: ground.family(name) for name in ("revenue", "group", "rfm", "option", "plan", "volume")}
        pairs = [{"account_id": id, "product": code} for id in MONEY for code in ("AUDIT", "PHONE", "SUITE")]
        ground._keys["offer"] = world.stage("pairs", ibis.memtable(pairs))  # the pairs are this test's own
        found["offer"] = ground.family("offer_product")
        read = {name: table.to_pyarrow().to_pylist() for name, table in found.items()}
        read["limits"] = RFM.table(_ground(world, stage, **limits)).to_pyarrow().to_pylist()
    keyed = ("option", "offer", "plan", "volume")
    return {
        name: {(row["account_id"], *([row["product"]] if name in keyed else [])): row for row in rows}
        for name, rows in read.items()
    }


def of(told: Told, family: str, *key: str) -> Row:
    return told[family][key]


def test_what_an_account_pays_is_told_in_its_currency_at_todays_rate(told: Told) -> None:
    assert of(told, "revenue", "mixed")["monthly"] == 10 * 1100 / 1.1 + 10 * 100
    assert of(told, "revenue", "listed")["monthly"] == round(500 / 1.1) * 10 == 4550
    assert of(told, "revenue", "dollar")["monthly"] == 10_000


def test_a_price_without_a_rate_makes_no_sum(told: Told) -> None:
    row = of(told, "revenue", "lost")
    assert (row["monthly"], row["account_revenue"], row["arppu"]) == (None, None, None)


def test_a_purchase_counts_at_the_rate_of_its_day(told: Told) -> None:
    # 11 dollars at 1.1, 10 dollars at 1.0, 700 yen at 0.01 to 1.1: 10 + 10 + 6.36 euros
    assert of(told, "revenue", "euro")["other_revenue"] == of(told, "rfm", "euro")["spent_365"] == 1000 + 1000 + 636
    assert of(told, "rfm", "yen")["spent_365"] == 1000, "ten euros were a thousand yen"
    assert of(told, "rfm", "krona")["spent_365"] == 500, "its own currency needs no rate"


def test_a_purchase_without_a_rate_makes_no_sum(told: Told) -> None:
    for id in ("early", "owing"):
        assert of(told, "rfm", id)["spent_365"] is None
        assert of(told, "revenue", id)["other_revenue"] is of(told, "revenue", id)["account_revenue"] is None


def test_usual_prices_are_those_of_all_currencies_that_have_a_rate(told: Told) -> None:
    # in cents a month: dollar 10000, euro 11000, mixed 12100, listed 5005, head 10000, branch 11000; ten users each
    usual = (10_000 + 11_000 + 12_100 + 5005 + 10_000 + 11_000) * 12 // 60
    assert (of(told, "revenue", "dollar")["usual_arppu"], of(told, "revenue", "dollar")["usual_arppu_n"]) == (
        usual,
        6,
    )
    assert of(told, "revenue", "euro")["usual_arppu"] == round(usual / 1.1)
    assert of(told, "revenue", "head")["usual_arppu"] == round(usual / 100 / 0.01)
    assert of(told, "revenue", "franc")["usual_arppu_n"] == 2, "francs are compared with francs"
    assert of(told, "revenue", "franc")["usual_arppu"] == 12_000


def test_a_group_is_added_up_in_the_currency_of_its_head(told: Told) -> None:
    row = of(told, "group", "head")
    assert (row["group_paying"], row["group_users"]) == (3, 20), "nobody knows what a franc is worth"
    assert row["group_monthly"] == 10_000 + 10_000 / 100 * 1.1 / 0.01


def test_spending_is_ranked_across_currencies(told: Told) -> None:
    rich = [of(told, "rfm", f"rich{n}")["rfm_monetary"] for n in range(3)]
    poor = [of(told, "rfm", f"poor{n}")["rfm_monetary"] for n in range(3)]
    assert max(rich) < min(poor), "ninety thousand yen are no ninety thousand cents of a euro"
    assert of(told, "rfm", "krona")["rfm_monetary"] is None, "alone in a currency without a rate today"


def test_thresholds_are_the_company_currencys_unless_the_account_has_its_own(told: Told) -> None:
    # 990 dollars; ninety thousand yen are 900 of them
    assert of(told, "limits", "rich0")["rfm_monetary"] == 3
    assert of(told, "limits", "poor0")["rfm_monetary"] == 1, "a yen is enough by the thresholds for yen"
    assert of(told, "limits", "euro")["rfm_monetary"] == 4


def test_what_a_product_is_worth_is_learnt_from_all_and_told_in_the_accounts_currency(told: Told) -> None:
    mean = (sum(99_000 + round(1.1 * n) for n in range(3)) + sum(90_000 + n for n in range(3))) // 6
    assert (of(told, "offer", "dollar", "PHONE")["worth"], of(told, "offer", "dollar", "PHONE")["worth_n"]) == (
        mean,
        6,
    )
    assert of(told, "offer", "euro", "PHONE")["worth"] == round(mean / 1.1)
    assert of(told, "offer", "franc", "PHONE")["worth"] is None
    assert (of(told, "offer", "franc", "SUITE")["worth"], of(told, "offer", "franc", "SUITE")["worth_n"]) == (
        120_000,
        2,
    )
    # the pounds of last month had no rate yet: those of this month are 360 cents
    audit = of(told, "offer", "dollar", "AUDIT")
    assert (audit["worth"], audit["worth_n"]) == ((1100 + 1000 + 700 + 1000 + 360 + 110) // 4, 4)


def test_list_prices_are_told_in_the_accounts_currency(told: Told) -> None:
    prices = {id: of(told, "offer", id, "AUDIT")["list_price"] for id in ("dollar", "euro", "yen", "franc")}
    assert prices == {"dollar": 1100, "euro": 1000, "yen": 1100, "franc": None}
    assert of(told, "offer", "euro", "PHONE")["list_price"] is None
    assert of(told, "option", "euro", "BACKUP")["option_value"] == 100 * 10 * 12
    assert of(told, "option", "franc", "BACKUP")["option_value"] is None


def test_the_price_of_the_next_plan_is_told_in_the_accounts_currency(told: Told) -> None:
    step = of(told, "plan", "listed", "SUITE")
    assert (step["next_price"], step["next_uplift"]) == (1000, (1000 * 10 - 4550) * 12)
    assert of(told, "plan", "dollar", "SUITE")["next_price"] == 1100
    unknown = of(told, "plan", "franc", "SUITE")
    assert (unknown["next_product"], unknown["next_price"], unknown["next_uplift"]) == ("PRO", None, None)


def test_a_lower_price_a_seat_is_compared_in_the_accounts_currency(told: Told) -> None:
    # 90 more of 1000 people are within reach: 100 seats at 5.00 euros in the place of 10 at 10.00
    row = of(told, "volume", "euro", "SUITE")
    assert (row["volume_product"], row["volume_price"], row["volume_seats"]) == ("MASS", 500, 100)
    assert row["volume_value"] == (100 * 500 - 10_000) * 12
    assert ("franc", "SUITE") not in told["volume"], "nobody knows what a franc is worth"
