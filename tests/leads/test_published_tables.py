"""What others published about public data comes out again, and data in which nothing hangs together gives nothing."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis import _
from pyarrow import csv, parquet

from benchmarks.worlds.command import DATA
from leads.facts.attributes import ATTRIBUTES, PLAN, UNKNOWN, believed, counted, segments
from leads.facts.rfm import RFM, orders, ranked, spending
from leads.stats import chances_of_overlap, wilson
from mappings.cells import as_kind
from mappings.money import factor, major

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data is not at {DATA}")

SHOP_DAY = date(2010, 12, 11)
SHOP_SEGMENTS = {
    "about_to_sleep": 343, "at_risk": 611, "cant_lose": 77, "champions": 663, "hibernating": 1015, "loyal": 742,
    "need_attention": 207, "new": 50, "potential_loyalists": 517, "promising": 87,
}  # fmt: skip
"""The ten segments of the 4,312 customers of December 2009 to December 2010."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def _shop(engine: Any) -> ir.Table:
    """The lines of sale with a customer, as purchases."""
    columns = ["Invoice", "Quantity", "InvoiceDate", "Price", "Customer ID"]
    rows = parquet.read_table(DATA / "online_retail" / "online_retail_II_2009_2010.parquet", columns=columns)
    lines = engine.create_table("shop", rows).rename(customer="Customer ID")
    sold = lines.filter(_.customer.notnull() & ~_.Invoice.startswith("C") & (_.Quantity > 0) & (_.Price > 0))
    return sold.select(
        id=_.Invoice,
        account_id=_.customer.cast("int64").cast("string"),
        opportunity_id=_.Invoice,
        amount=(_.Quantity * _.Price * 100).round().cast("int64"),
        currency=ibis.literal("GBP"),
        bought_on=_.InvoiceDate.cast("date"),
    )


def test_the_ten_segments_of_an_online_shop_are_those_published(engine: Any) -> None:
    lines = _shop(engine)
    accounts = lines.select("account_id", "currency").distinct()
    # the recipe looks at all of its 375 days
    spent = spending(orders(lines, accounts, SHOP_DAY, "GBP"), SHOP_DAY, window=400)
    pounds = ibis.literal("GBP")
    rows = engine.create_table("spent", spent.mutate(currency=pounds, compared=spent.spent_365, compared_in=pounds))
    told = ranked(rows, {**RFM.numbers, "quantiles": 1}, "GBP")
    counts = told.group_by("rfm_segment").aggregate(n=_.count()).to_pyarrow().to_pylist()
    assert {row["rfm_segment"]: row["n"] for row in counts} == SHOP_SEGMENTS
    assert sum(SHOP_SEGMENTS.values()) == 4312


def _churned(engine: Any) -> pa.Table:
    """The customers of a telephone company by contract, line and age, and those who left as holders of `churned`."""
    rows = engine.create_table("telco", csv.read_csv(DATA / "telco_ibm" / "Telco-Customer-Churn.csv"))
    yes = ibis.cases((rows.SeniorCitizen == 1, "yes"), else_="no")
    customers = rows.select(
        account_id=_.customerID, x_contract=_.Contract, x_internet=_.InternetService, x_senior=yes
    )
    left = rows.filter(_.Churn if rows.Churn.type().is_boolean() else _.Churn == "Yes")
    holdings = left.select(account_id=_.customerID, product=ibis.literal("churned"))
    return counted(customers, holdings, ["x_contract", "x_internet", "x_senior"]).to_pyarrow()


def test_the_churn_of_a_telephone_company_is_the_published_one(engine: Any) -> None:
    counts = _churned(engine)
    rows = {(row["attribute"], row["attribute_value"]): row for row in segments(counts).to_pylist()}
    assert {(row["held"], row["known"]) for row in rows.values()} == {(1869, 7043)}
    percent = {name: round(row["buyers"] * 100 / row["n"], 1) for name, row in rows.items()}
    assert percent["x_contract", "Month-to-month"] == 42.7
    assert percent["x_contract", "Two year"] == 2.8
    assert percent["x_internet", "Fiber optic"] == 41.9
    assert (percent["x_senior", "yes"], percent["x_senior", "no"]) == (41.7, 23.6)
    low, _high = wilson(rows["x_senior", "yes"]["buyers"], rows["x_senior", "yes"]["n"])
    assert low > rows["x_senior", "no"]["buyers"] / rows["x_senior", "no"]["n"]
    told = believed(counts, ATTRIBUTES.numbers)
    assert [(row["attribute"], row["attribute_value"]) for row in told] == [
        ("x_contract", "Month-to-month"), ("x_internet", "Fiber optic"), ("x_senior", "yes"),
    ]  # fmt: skip
    # thousands of cases are hardly pulled
    for row in told:
        assert float(row["attribute_low"]) < float(row["attribute_rate"]) < float(row["attribute_high"])
        raw = int(row["attribute_buyers"]) / int(row["attribute_n"])
        assert float(row["attribute_rate"]) == pytest.approx(raw, abs=0.003)


def test_the_revenue_of_a_trading_company_comes_out_to_the_cent(engine: Any) -> None:
    text = csv.ConvertOptions(
        column_types={"unit_price": pa.string(), "quantity": pa.int64(), "discount": pa.float64()}
    )
    rows = csv.read_csv(DATA / "northwind" / "order_details.csv", convert_options=text)
    lines = engine.create_table("order_lines", rows)
    per_major = factor(ibis.literal("USD"))
    cents = as_kind(lines.unit_price, "money", unit=None, per_major=per_major, zone_name="UTC")
    told = lines.select("quantity", "discount", cents=cents).to_pyarrow().to_pylist()
    gross = sum(row["cents"] * row["quantity"] for row in told)
    assert major(gross, "USD") == 1354458.59
    # single floats in the file: 0.15 is written 0.150000006
    net = sum(row["cents"] * row["quantity"] * (1 - round(Decimal(row["discount"]), 4)) for row in told) / 100
    assert round(net, 2) == Decimal("1265793.04")


def _ravenstack(engine: Any) -> tuple[ir.Table, ir.Table]:
    """500 made-up customers whose labels owe nothing to their attributes, with all that they may be said to hold."""
    of = {
        name: engine.create_table(f"raven_{name}", csv.read_csv(DATA / "ravenstack" / f"ravenstack_{name}.csv"))
        for name in ("accounts", "subscriptions", "feature_usage", "support_tickets", "churn_events")
    }
    customers = of["accounts"].select(
        "account_id",
        "industry",
        "country",
        size=ibis.literal(UNKNOWN),  # the file has no employees
        x_referral=_.referral_source,
        x_trial=_.is_trial.cast("string"),
        x_seats=(_.seats > 20).cast("string"),
        **{PLAN: _.plan_tier},
    )
    plans = of["subscriptions"]
    used = of["feature_usage"].inner_join(plans.select("subscription_id", "account_id"), "subscription_id")
    tickets = of["support_tickets"].filter(_.escalation_flag.cast("string").lower() == "true")
    parts = (
        plans.select("account_id", product=_.plan_tier + " subscription"),
        used.select("account_id", product=_.feature_name),
        tickets.select("account_id", product=ibis.literal("escalation")),
        of["churn_events"].select("account_id", product=_.reason_code),
    )
    return customers, ibis.union(*parts).distinct()


def test_where_nothing_hangs_together_no_lift_is_found(engine: Any) -> None:
    customers, holdings = _ravenstack(engine)
    names = [name for name in customers.columns if name != "account_id"]
    counts = counted(customers, holdings, names).to_pyarrow()
    rows = segments(counts)
    assert (len(set(rows["product"].to_pylist())), rows.num_rows) == (50, 1200)
    assert "size" not in set(rows["attribute"].to_pylist())
    together, n, held, known = (rows[name].to_numpy() for name in ("buyers", "n", "held", "known"))
    # each alone, dozens would be taken for findings
    assert (chances_of_overlap(together, n, held, known.astype("float64")) <= 0.05).sum() >= 24
    assert believed(counts, {**ATTRIBUTES.numbers, "min_lift": 1.0}) == []
