"""What accounts pay, told as the very values of their records."""

from contextlib import closing

import pytest

from leads.facts.revenue import REVENUE
from tests.leads.revenue.payers import OURS, ROWS, Told, account, ago, ground, picked, read, seen
from tests.leads.world import World


def test_evidence_is_the_very_value_of_its_field(told: Told) -> None:
    records = {table: {row["id"]: row for row in rows} for table, rows in ROWS.items()}
    quoted = 0
    for family in OURS:
        for name, fact in family.facts.items():
            if fact.record is None or fact.field is None:
                continue
            table, column = fact.field.split(".")
            for row in told[family.name].values():
                if row[name] is not None:
                    quoted += 1
                    assert records[table][row[fact.record]].get(column) == row[name], (name, row)
    assert quoted > 200


def test_revenue_is_users_times_price_and_other_services(told: Told) -> None:
    whole = seen(told, "revenue", "whole")
    assert picked(whole, "paid_users", "monthly", "arppu", "products_n", "main_product", "main_product_name") == (
        10, 6000, 7200, 2, "SUITE", "Suite"
    )  # fmt: skip
    assert picked(whole, "seat_revenue", "other_revenue", "account_revenue", "alive") == (
        72_000,
        29_010,
        101_010,
        True,
    )
    assert picked(whole, "first_day", "tenure_days") == (ago(300), 200)


def test_the_total_that_the_crm_keeps_counts_if_it_can_be_true(told: Told) -> None:
    assert picked(seen(told, "revenue", "told"), "paid_users", "told_users", "arppu") == (40, 40, 5000 * 12 // 40)
    assert picked(seen(told, "revenue", "below"), "paid_users", "told_users") == (10, None)
    assert seen(told, "revenue", "told")["tenure_days"] == 30, "a customer from tomorrow on tells nothing yet"


@pytest.mark.parametrize(
    ("id", "alive", "seat_revenue", "revenue"),
    [
        ("gone", False, 0, 500),
        ("never", None, 0, 0),
        ("buyer", True, 0, 340),
        ("unpriced", True, None, None),
        ("noprice", True, None, None),
        ("euro", True, None, None),
        ("abroad", None, 0, None),
        ("later", False, 0, 0),
    ],
)
def test_who_left_pays_nothing_for_seats_and_an_unknown_price_makes_no_sum(
    told: Told, id: str, alive: bool | None, seat_revenue: int | None, revenue: int | None
) -> None:
    assert picked(seen(told, "revenue", id), "alive", "seat_revenue", "account_revenue") == (
        alive, seat_revenue, revenue
    )  # fmt: skip


def test_the_usual_revenue_is_that_of_the_same_currency(told: Told) -> None:
    names = ("usual_arppu", "usual_arppu_n", "usual_revenue", "usual_revenue_n")
    assert picked(seen(told, "revenue", "yen1"), *names) == (7500, 2, 150_000, 2)


def test_a_crm_without_subscriptions_and_purchases_says_nothing_of_revenue() -> None:
    with closing(World({"account": [account("bare")]})) as world:
        row = read(REVENUE, ground(world, filled=frozenset()).family("revenue"))[("bare",)]
    assert [name for name in REVENUE.facts if row[name] is not None] == []
