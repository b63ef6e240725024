"""Rows to keep."""

from typing import Any

import pytest

from mappings.read import canonical
from tests.mappings.orgs import Rows, at, mapping, on, salesforce

MAPPING = """
crm: salesforce
company: {{name: Example, time_zone: Asia/Tokyo}}
read:
  account:
    object: Account
    where: {{field: {field}, op: {op}, value: {value}}}
    fields: {{name: Name}}
write:
  account: {{object: Account, fields: {{}}}}
  task: {{object: Task, key: Key__c, fields: {{}}}}
  lead: {{object: Lead, key: Key__c, fields: {{}}}}
"""

ROWS = [
    {
        "id": "1",
        "Name": "one",
        "Industry": "Energy",
        "NumberOfEmployees": 10,
        "Legal_Hold__c": True,
        "Customer_Since__c": on("2026-01-01"),
        "Tossup_Computed_At__c": at("2026-01-01T20:00:00"),
        "ParentId": "3",
        "BillingCountry": "12",
    },
    {
        "id": "2",
        "Name": "two",
        "Industry": "Media",
        "NumberOfEmployees": 20,
        "Legal_Hold__c": False,
        "Customer_Since__c": on("2026-02-01"),
        "Tossup_Computed_At__c": at("2026-01-01T10:00:00"),
        "ParentId": "4",
        "BillingCountry": "x",
    },
    {"id": "3", "Name": "three", "Industry": ""},
    {"id": "4", "Name": "four"},
]


@pytest.fixture(scope="module")
def org() -> Rows:
    return Rows(salesforce(), {"Account": ROWS})


def kept(org: Rows, field: str, op: str, value: Any = "") -> str:
    rules = mapping(MAPPING.format(field=field, op=op, value=value))
    tables = canonical(rules, org.schema, org.table, org.links)
    return "".join(str(row["id"]) for row in org.read(tables["account"]))


@pytest.mark.parametrize(
    ("field", "op", "value", "ids"),
    [
        ("Industry", "eq", "Energy", "1"),
        ("Industry", "ne", "Energy", "234"),
        ("Industry", "in", "[Energy, Media]", "12"),
        ("Industry", "not_in", "[Energy, Media]", "34"),
        ("Industry", "empty", "", "34"),
        ("Industry", "not_empty", "", "12"),
        ("NumberOfEmployees", "gt", 10, "2"),
        ("NumberOfEmployees", "ge", 10, "12"),
        ("NumberOfEmployees", "lt", 20, "1"),
        ("NumberOfEmployees", "le", '"20"', "12"),
        ("NumberOfEmployees", "not_empty", "", "12"),
        ("Legal_Hold__c", "eq", "true", "1"),
        ("Legal_Hold__c", "eq", '"no"', "2"),
        ("Legal_Hold__c", "ne", "true", "234"),
        ("Customer_Since__c", "ge", "2026-01-15", "2"),
        ("Tossup_Computed_At__c", "eq", "2026-01-02", "1"),
        ("Parent.Name", "eq", "three", "1"),
        ("BillingCountry", "gt", 5, "1"),
        ("BillingCountry", "in", "[12, 13]", "1"),
        ("No_Such__c", "eq", 1, ""),
        ("No_Such__c", "ne", 1, "1234"),
        ("No_Such__c", "empty", "", "1234"),
        ("No_Such__c", "gt", 1, ""),
    ],
)
def test_a_filter_keeps(org: Rows, field: str, op: str, value: Any, ids: str) -> None:
    assert kept(org, field, op, value) == ids


def test_a_catalog_wins_over_the_crm_by_product_code() -> None:
    text = MAPPING.format(field="Name", op="not_empty", value="").replace(
        "write:",
        "  product:\n    object: Product2\n"
        "    fields: {code: ProductCode, name: Name, tier: Tier__c, family: Family}\nwrite:",
    )
    rules = mapping(
        text + "catalog: {A: {tier: 3, complements: [B, C], is_option: true, is_flat: true}, Z: {family: Other}}\n"
    )
    rows = [{"id": code, "ProductCode": code, "Name": code, "Tier__c": 1.0, "Family": "Own"} for code in "AB"]
    org = Rows(salesforce(), {"Product2": rows})
    tables = canonical(rules, org.schema, org.table, org.links)
    found = [
        (row["tier"], row["complements"], row["is_option"], row["is_flat"], row["family"])
        for row in org.read(tables["product"])
    ]
    assert found == [(3, "B;C", True, True, "Own"), (1, None, None, None, "Own")]
