"""The public data sets are read as they are: on a tiny sample always, on the real files where they lie."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from benchmarks.worlds.command import DATA
from benchmarks.worlds.online_retail import source as online_retail
from benchmarks.worlds.ravenstack import source as ravenstack
from tests.emulator.worlds.samples import RETAIL_ROWS, write_ravenstack

real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data is not at {DATA}")


@pytest.fixture
def sample(tmp_path: Path) -> ravenstack.RavenStack:
    write_ravenstack(tmp_path)
    return ravenstack.read(tmp_path)


def test_a_seat_costs_the_monthly_revenue_over_the_seats(sample: ravenstack.RavenStack) -> None:
    assert [(each.seats, each.unit_price) for each in sample.subscriptions] == [(17, 49.0), (10, 199.0), (5, 0.0)]
    assert sample.subscriptions[0].ends_on is None
    assert sample.subscriptions[1].churned


def test_the_later_of_two_usage_rows_with_one_id_is_dropped(sample: ravenstack.RavenStack) -> None:
    assert [(each.id, each.count) for each in sample.usage] == [("U-1", 9), ("U-2", 4)]
    assert sample.repeated == 1
    assert [(each.account, each.plan) for each in sample.usage] == [("A-1", "Pro"), ("A-2", "Enterprise")]


def test_a_missing_satisfaction_score_is_no_answer(sample: ravenstack.RavenStack) -> None:
    assert [each.id for each in sample.scored] == ["T-1"]
    assert sample.tickets[0].closed_at == "2023-07-28T03:00:00.000Z"
    assert [each.severity for each in sample.tickets] == ["high", "low"]


def test_cancellations_are_lost_and_invoices_without_a_customer_keep_their_lines() -> None:
    data = online_retail.understand(RETAIL_ROWS)
    assert {each.number: each.is_won for each in data.invoices} == {
        "489434": True,
        "C489449": False,
        "489500": True,
        "A506401": False,
    }
    assert {each.number: each.customer for each in data.invoices}["489500"] is None
    assert data.customers == {"13085": "France"}
    assert len(data.lines) == len(RETAIL_ROWS)
    assert {each.number: each.amount for each in data.invoices}["489434"] == 105.4


def test_a_stock_code_is_one_product_with_its_usual_name_and_price() -> None:
    data = online_retail.understand(RETAIL_ROWS)
    assert [(each.code, each.name, each.price) for each in data.products] == [
        ("85048", "GLASS BALL", 6.95),
        ("79323P", "CHERRY LIGHTS", 2.1),
        ("B", "Adjust bad debt", 0.0),
    ]


@real_data
def test_ravenstack_has_the_dirt_it_is_known_for() -> None:
    data = ravenstack.read(DATA / "ravenstack")
    assert (len(data.accounts), len(data.subscriptions), len(data.tickets), len(data.churn)) == (500, 5000, 2000, 600)
    assert (len(data.usage), data.repeated) == (25_000 - 21, 21)
    assert sum(account.churned for account in data.accounts) == 110
    assert len({event.account for event in data.churn}) == 352
    assert {each.unit_price for each in data.subscriptions} == {0.0, *ravenstack.PRICES.values()}
    started = {each.id: each.starts_on for each in data.subscriptions}
    assert len(started) == 5000
    assert data.usage == tuple(dict.fromkeys(data.usage))


@real_data
def test_online_retail_keeps_every_line() -> None:
    data = online_retail.read(DATA / "online_retail")
    assert (len(data.lines), len(data.invoices), len(data.customers)) == (525_461, 28_816, 4_383)
    assert sum(invoice.is_won for invoice in data.invoices) == 24_221
    assert len(data.products) == 4_631
    assert max(invoice.on for invoice in data.invoices) == date(2010, 12, 9)
    assert datetime(2010, 12, 9, tzinfo=UTC) < online_retail.ENDS
