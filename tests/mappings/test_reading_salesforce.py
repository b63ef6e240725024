"""Salesforce rows as canonical tables."""

import pytest

from mappings.canonical import TABLES
from mappings.cells import IBIS_TYPES
from mappings.read import READ_FROM
from tests.mappings.orgs import Rows, also, at, on, preset, salesforce

ROWS = {
    "Account": [
        {
            "id": "001A",
            "Name": "Example Industries 001",
            "ParentId": "001B",
            "OwnerId": "005A",
            "Industry": "Energy",
            "BillingCountry": "",
            "NumberOfEmployees": 120,
            "Free_Users__c": 7.0,
            "Legal_Hold__c": False,
            "Customer_Since__c": on("2024-02-29"),
        },
        {"id": "001B", "Name": "Example Group 001"},
        {"id": "001C", "Name": ""},
        {"id": "001D"},
    ],
    "Product2": [
        {
            "id": "01tA",
            "Name": "Suite",
            "ProductCode": "SUITE",
            "Family": "Suite",
            "IsActive": True,
            "Tier__c": 2.0,
            "List_Price__c": 12.34,
        },
        {"id": "01tB", "Name": "No code"},
    ],
    "Asset": [
        {
            "id": "02iA",
            "AccountId": "001A",
            "Product2Id": "01tA",
            "Quantity": 20.0,
            "Price": 9.99,
            "Status": "Installed",
            "InstallDate": on("2026-01-01"),
        },
        {"id": "02iB", "AccountId": "001A", "Status": "Obsolete"},
        {"id": "02iC", "AccountId": "001A"},
        {"id": "02iD", "Status": "Installed"},
    ],
    "Opportunity": [
        {
            "id": "006A",
            "AccountId": "001A",
            "Name": "Won",
            "IsWon": True,
            "IsClosed": True,
            "CloseDate": on("2026-03-01"),
            "CreatedDate": at("2026-02-28T23:30:00"),
            "Amount": 1000.0,
        },
        {"id": "006B", "AccountId": "001A", "IsWon": False, "CloseDate": on("2026-03-02")},
        {"id": "006C", "IsWon": True, "CloseDate": on("2026-03-02")},
    ],
    "OpportunityLineItem": [
        {"id": "00kA", "OpportunityId": "006A", "Product2Id": "01tA", "Quantity": 2.0, "TotalPrice": 24.68},
        {"id": "00kB", "OpportunityId": "006A", "TotalPrice": -1.005},
        {"id": "00kC", "OpportunityId": "006B", "TotalPrice": 5.0},
        {"id": "00kD", "OpportunityId": "006C", "TotalPrice": 5.0},
        {"id": "00kE", "OpportunityId": "006Z", "TotalPrice": 5.0},
        {"id": "00kF"},
    ],
    "Contact": [{"id": "003A", "AccountId": "001A", "Name": "Contact 01", "DoNotCall": True, "Role__c": "champion"}],
    "Task": [
        {
            "id": "00TA",
            "AccountId": "001A",
            "TaskSubtype": "Call",
            "ActivityDate": on("2026-01-05"),
            "IsClosed": True,
        },
        {
            "id": "00TB",
            "AccountId": "001A",
            "Tossup_Key__c": "001A/seat_limit/-/2026Q1",
            "Status": "Not Started",
            "OwnerId": "005A",
            "IsClosed": False,
            "CreatedDate": at("2026-01-04T12:00:00"),
            "CompletedDateTime": at("2026-01-20T12:00:00"),
            "LastModifiedDate": at("2026-02-04T12:00:00"),
        },
    ],
    "Event": [
        {"id": "00UA", "AccountId": "001A", "ActivityDateTime": at("2026-01-06T23:00:00")},
        {
            "id": "00UB",
            "AccountId": "001A",
            "ActivityDate": on("2026-01-08"),
            "ActivityDateTime": at("2026-01-07T23:00:00"),
        },
    ],
    "Case": [
        {
            "id": "500A",
            "AccountId": "001A",
            "Priority": "Critical",
            "IsClosed": False,
            "CreatedDate": at("2026-01-01T00:00:00"),
        },
        {"id": "500B", "AccountId": "001A", "Priority": "Odd"},
    ],
    "Lead": [
        {
            "id": "00QA",
            "Tossup_Key__c": "k1",
            "IsConverted": True,
            "Status": "Open - Not Contacted",
            "ConvertedDate": on("2026-01-06"),
            "LastModifiedDate": at("2026-02-04T12:00:00"),
        },
        {
            "id": "00QB",
            "Tossup_Key__c": "k2",
            "IsConverted": False,
            "Status": "Closed - Not Converted",
            "LastModifiedDate": at("2026-02-05T12:00:00"),
        },
        {"id": "00QC", "Tossup_Key__c": "k3", "IsConverted": False, "Status": "Open - Not Contacted"},
        {"id": "00QD", "LastName": "Somebody else's"},
    ],
    "Product_Usage__c": [
        {"id": "a01A", "Account__c": "001A", "Product__c": "01tA", "Date__c": on("2026-01-31"), "Quantity__c": 11.0},
        {"id": "a01B", "Account__c": "001A", "Date__c": on("2026-01-31")},
    ],
    "Survey_Response__c": [
        {"id": "a02A", "Account__c": "001A", "Kind__c": "nps", "Score__c": 9.0, "Submitted__c": on("2026-01-30")},
    ],
    "User": [{"id": "005A", "Name": "Owner 01", "IsActive": True}],
    "Group": [
        {"id": "00GA", "Name": "Suite Desk", "Type": "Queue"},
        {"id": "00GB", "Name": "Everyone", "Type": "Organization"},
    ],
}


@pytest.fixture(scope="module")
def org() -> Rows:
    return Rows(salesforce(), ROWS)


def read(org: Rows, table: str, **company: str) -> dict[str, dict[str, object]]:
    mapping = preset("salesforce")
    mapping = mapping.model_copy(update={"company": mapping.company.model_copy(update=company)})
    return {str(row["id"]): row for row in org.read(org.canonical(mapping)[table])}


def test_every_table_has_every_column_in_its_type(org: Rows) -> None:
    tables = org.canonical(preset("salesforce"))
    assert set(tables) == set(TABLES)
    for name, spec in TABLES.items():
        stored = org.backend.create_table("stored", tables[name], overwrite=True)
        types = {column: str(type_) for column, type_ in stored.schema().items()}
        assert types.pop(READ_FROM, "string") == "string"
        assert types == {column: IBIS_TYPES[what.kind] for column, what in spec.columns.items()}


def test_an_account_is_read_as_it_stands_and_an_empty_text_is_missing(org: Rows) -> None:
    accounts = read(org, "account")
    assert sorted(accounts) == ["001A", "001B"]
    one = accounts["001A"]
    assert (one["name"], one["parent_id"], one["owner_id"]) == ("Example Industries 001", "001B", "005A")
    assert (one["employees"], one["free_users"], one["currency"]) == (120, 7, "USD")
    assert (one["country"], one["legal_hold"], one["do_not_contact"]) == (None, False, None)
    assert one["customer_since"] == on("2024-02-29")


def test_money_is_in_minor_units_of_the_company_where_the_org_has_one_currency(org: Rows) -> None:
    assert read(org, "product")["01tA"]["list_price"] == 1234
    yen = read(org, "product", currency="JPY")["01tA"]
    assert (yen["list_price"], yen["currency"]) == (12, "JPY")


def test_a_product_without_a_code_is_left_out(org: Rows) -> None:
    assert list(read(org, "product")) == ["01tA"]


def test_a_value_map_covers_missing_values_by_otherwise(org: Rows) -> None:
    cancelled = {id: row["cancelled"] for id, row in read(org, "subscription").items()}
    assert cancelled == {"02iA": False, "02iB": True, "02iC": False}


def test_purchases_are_the_lines_of_won_opportunities_of_an_account(org: Rows) -> None:
    purchases = read(org, "purchase")
    assert sorted(purchases) == ["00kA", "00kB"]
    assert purchases["00kA"]["account_id"] == "001A"
    assert purchases["00kA"]["bought_on"] == on("2026-03-01")
    assert [purchases[id]["amount"] for id in ("00kA", "00kB")] == [2468, -100]


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-02-28"), ("Asia/Tokyo", "2026-03-01"), ("America/New_York", "2026-02-28")]
)
def test_a_moment_is_a_day_where_the_company_is(org: Rows, zone: str, day: str) -> None:
    assert read(org, "opportunity", time_zone=zone)["006A"]["created_on"] == on(day)


def test_tasks_and_events_are_one_table_of_activities(org: Rows) -> None:
    found = {id: (row["kind"], row["on"]) for id, row in read(org, "activity").items()}
    assert found == {
        "00TA": ("call", on("2026-01-05")),
        "00TB": ("task", None),
        "00UA": ("meeting", on("2026-01-06")),
        "00UB": ("meeting", on("2026-01-08")),
    }


def test_a_value_that_no_map_knows_is_missing(org: Rows) -> None:
    assert {id: row["severity"] for id, row in read(org, "case").items()} == {"500A": "high", "500B": None}


def test_a_row_without_a_required_value_is_left_out(org: Rows) -> None:
    assert list(read(org, "usage")) == ["a01A"]


def test_owners_are_users_and_queues(org: Rows) -> None:
    owners = read(org, "owner")
    assert {id: row["kind"] for id, row in owners.items()} == {"005A": "person", "00GA": "queue"}


def test_ours_are_the_records_with_a_key_closed_when_any_sign_says_so(org: Rows) -> None:
    ours = read(org, "ours")
    assert {id: (row["kind"], row["is_closed"]) for id, row in ours.items()} == {
        "00TB": ("task", False),
        "00QA": ("lead", True),
        "00QB": ("lead", True),
        "00QC": ("lead", False),
    }
    task = ours["00TB"]
    assert (task["key"], task["status"], task["owner_id"]) == ("001A/seat_limit/-/2026Q1", "Not Started", "005A")
    assert task["created_on"] == on("2026-01-04")


def test_ours_are_decided_when_they_were_closed_else_when_they_were_last_changed(org: Rows) -> None:
    decided = {id: row["decided_on"] for id, row in read(org, "ours").items()}
    assert decided == {
        "00TB": on("2026-01-20"),
        "00QA": on("2026-01-06"),
        "00QB": on("2026-02-05"),
        "00QC": None,
    }


def test_a_stock_org_reads_with_empty_columns_and_tables() -> None:
    stock = Rows(salesforce(stock=True), {"Account": [{"id": "001A", "Name": "Example", "NumberOfEmployees": 5}]})
    tables = stock.canonical(preset("salesforce"))
    assert [row["free_users"] for row in stock.read(tables["account"])] == [None]
    assert stock.read(tables["usage"]) == stock.read(tables["ours"]) == []


def test_with_several_currencies_each_row_counts_in_its_own() -> None:
    rows = [
        {"id": f"01t{code}", "Name": "P", "ProductCode": str(code), "List_Price__c": 1.5, "CurrencyIsoCode": code}
        for code in ("EUR", "jpy ", "KWD", "CLF", "", None)
    ]
    org = Rows(also(salesforce(), Product2="CurrencyIsoCode:p"), {"Product2": rows})
    found = {str(row["code"]): (row["currency"], row["list_price"]) for row in read(org, "product").values()}
    assert found == {
        "EUR": ("EUR", 150),
        "jpy ": ("JPY", 2),
        "KWD": ("KWD", 1500),
        "CLF": ("CLF", 15000),
        "None": ("USD", 150),
    }
