"""HubSpot rows and associations as canonical tables."""

import pytest

from mappings.canonical import TABLES
from tests.mappings.orgs import Rows, at, hubspot, on, preset

ROWS = {
    "companies": [
        {"id": "9", "name": "Example Industries 009", "numberofemployees": 80.0, "hs_parent_company_id": "10"},
        {"id": "10", "name": "株式会社サンプル010"},
    ],
    "products": [{"id": "700", "hs_sku": "SUITE", "name": "Suite", "price": 9.9, "is_active": None}],
    "subscriptions": [
        {"id": "1", "seats_paid": 10.0, "seats_used": 9.0, "unit_price": 9.9, "starts_on": on("2026-01-01")},
        {"id": "2", "seats_paid": 10.0},
    ],
    "deals": [
        {
            "id": "31",
            "dealname": "Won",
            "hs_is_closed": True,
            "hs_is_closed_won": True,
            "closedate": at("2026-03-01T15:30:00"),
            "amount": 1200.0,
            "deal_currency_code": "JPY",
        },
        {"id": "32", "hs_is_closed_won": False, "closedate": at("2026-03-01T00:00:00")},
        {"id": "33", "tossup_key": "9/cross/X/2026Q1", "hs_is_closed": True, "dealstage": "closedlost"},
    ],
    "line_items": [
        {"id": "41", "hs_product_id": "700", "quantity": 3.0, "amount": 1200.0},
        {"id": "42", "amount": 1.0},
        {"id": "43", "hs_product_id": "700"},
    ],
    "contacts": [
        {"id": "51", "firstname": "Contact", "lastname": "01", "hs_email_optout": True},
        {"id": "52", "firstname": " ", "lastname": "02"},
        {"id": "53", "email": "contact03@example.com"},
        {"id": "54"},
    ],
    "tasks": [
        {
            "id": "61",
            "hs_task_status": "COMPLETED",
            "hs_timestamp": at("2026-02-01T10:00:00"),
            "hubspot_owner_id": "77",
        },
        {
            "id": "62",
            "hs_task_status": "DEFERRED",
            "tossup_key": "9/seat_limit/-/2026Q1",
            "hs_lastmodifieddate": at("2026-02-04T12:00:00"),
        },
    ],
    "calls": [{"id": "63", "hs_timestamp": at("2026-02-02T10:00:00")}],
    "tickets": [
        {"id": "71", "hs_ticket_priority": "URGENT", "createdate": at("2026-01-01T00:00:00")},
        {"id": "72", "hs_ticket_priority": "LOW", "closed_date": at("2026-01-02T00:00:00")},
    ],
    "leads": [
        {"id": "81", "tossup_key": "9/cross/Y/2026Q1", "hs_pipeline_stage": "qualified-stage-id"},
        {"id": "82", "tossup_key": "9/cross/Z/2026Q1", "hs_pipeline_stage": "new-stage-id"},
        {"id": "83"},
    ],
    "product_usage": [{"id": "91", "usage_date": on("2026-01-31"), "quantity": 8.0}, {"id": "92", "quantity": 8.0}],
    "feedback_submissions": [
        {"id": "95", "hs_survey_type": "NPS", "hs_value": 10.0, "hs_submission_timestamp": at("2026-01-31T00:00:00")},
        {"id": "96", "hs_survey_type": "CES", "hs_value": 10.0, "hs_submission_timestamp": at("2026-01-31T00:00:00")},
    ],
    "owners": [
        {"id": "77", "name": "Owner 01", "type": "PERSON", "archived": False},
        {"id": "78", "name": "Suite Desk", "type": "QUEUE", "archived": True},
    ],
}

LINKS = {
    ("subscriptions", "companies"): [("1", "9", "x")],
    ("subscriptions", "line_items"): [("1", "43", "x"), ("1", "42", "x")],
    ("deals", "companies"): [
        ("31", "10", "341"),
        ("31", "9", "5"),
        ("31", "8", "341"),
        ("32", "9", "5"),
        ("33", "9", "5"),
    ],
    ("line_items", "deals"): [("41", "31", "20"), ("42", "32", "20")],
    ("contacts", "companies"): [(id, "9", "279") for id in ("51", "52", "53", "54")] + [("51", "10", "279")],
    ("tasks", "companies"): [("61", "10", "192"), ("61", "9", "192")],
    ("tasks", "contacts"): [("61", "51", "204")],
    ("tickets", "companies"): [("71", "10", "label"), ("71", "9", "339"), ("72", "404", "26"), ("72", "9", "339")],
    ("product_usage", "companies"): [("91", "9", "u")],
    ("product_usage", "products"): [("91", "700", "u")],
    ("feedback_submissions", "companies"): [("95", "9", "f"), ("96", "9", "f")],
}


@pytest.fixture(scope="module")
def portal() -> Rows:
    return Rows(hubspot(), ROWS, LINKS)


def read(portal: Rows, table: str, **company: str) -> dict[str, dict[str, object]]:
    mapping = preset("hubspot")
    mapping = mapping.model_copy(update={"company": mapping.company.model_copy(update=company)})
    return {str(row["id"]): row for row in portal.read(portal.canonical(mapping)[table])}


def test_no_row_is_ever_duplicated_by_its_associations(portal: Rows) -> None:
    tables = portal.canonical(preset("hubspot"))
    for name in TABLES:
        ids = [row["id"] for row in portal.read(tables[name])]
        assert len(ids) == len(set(ids)), name


def test_the_primary_company_counts_before_any_other(portal: Rows) -> None:
    assert read(portal, "opportunity")["31"]["account_id"] == "9"
    assert read(portal, "case")["71"]["account_id"] == "10"


def test_without_a_primary_one_the_smallest_number_counts(portal: Rows) -> None:
    assert read(portal, "activity")["61"]["account_id"] == "9"
    assert read(portal, "contact")["51"]["account_id"] == "9"


def test_a_company_that_is_gone_does_not_count_even_if_primary(portal: Rows) -> None:
    assert read(portal, "case")["72"]["account_id"] == "9"


def test_a_purchase_reaches_its_company_through_its_deal(portal: Rows) -> None:
    purchases = read(portal, "purchase", time_zone="Asia/Tokyo")
    assert list(purchases) == ["41"]
    line = purchases["41"]
    assert (line["account_id"], line["opportunity_id"], line["product_id"]) == ("9", "31", "700")
    assert (line["amount"], line["currency"], line["bought_on"]) == (1200, "JPY", on("2026-03-02"))


def test_a_subscription_without_a_company_is_left_out_and_the_first_line_item_names_the_product(portal: Rows) -> None:
    subscriptions = read(portal, "subscription")
    assert list(subscriptions) == ["1"]
    assert (subscriptions["1"]["product_id"], subscriptions["1"]["unit_price"]) == (None, 990)


def test_a_name_is_put_together_and_falls_back_to_the_address(portal: Rows) -> None:
    names = {id: row["name"] for id, row in read(portal, "contact").items()}
    assert names == {"51": "Contact 01", "52": "02", "53": "contact03@example.com"}


def test_a_date_answers_a_yes_or_no(portal: Rows) -> None:
    assert {id: row["is_closed"] for id, row in read(portal, "case").items()} == {"71": False, "72": True}


def test_activities_of_every_kind_are_one_table(portal: Rows) -> None:
    found = {id: (row["kind"], row["is_closed"]) for id, row in read(portal, "activity").items()}
    assert found == {"61": ("task", True), "62": ("task", False), "63": ("call", None)}


def test_surveys_of_other_kinds_are_left_out(portal: Rows) -> None:
    assert list(read(portal, "feedback")) == ["95"]


def test_archived_owners_are_not_active(portal: Rows) -> None:
    owners = read(portal, "owner")
    assert {id: (row["kind"], row["is_active"]) for id, row in owners.items()} == {
        "77": ("person", True),
        "78": ("queue", False),
    }


def test_usage_is_of_a_company_and_a_product(portal: Rows) -> None:
    usage = read(portal, "usage")
    assert [(row["account_id"], row["product_id"], row["on"]) for row in usage.values()] == [
        ("9", "700", on("2026-01-31"))
    ]


def test_ours_are_tasks_leads_and_the_deals_of_an_earlier_edition(portal: Rows) -> None:
    ours = read(portal, "ours")
    assert {id: (row["kind"], row["is_closed"]) for id, row in ours.items()} == {
        "62": ("task", False),
        "81": ("lead", True),
        "82": ("lead", False),
        "33": ("lead", True),
    }
    assert ours["62"]["decided_on"] == on("2026-02-04"), "the day it was last changed, as it is not completed"


def test_a_stock_portal_reads(portal: Rows) -> None:
    stock = Rows(hubspot(stock=True, without=["subscriptions"]), {"companies": ROWS["companies"][1:]})
    tables = stock.canonical(preset("hubspot"))
    assert [row["name"] for row in stock.read(tables["account"])] == ["株式会社サンプル010"]
    assert stock.read(tables["subscription"]) == []
