"""An org with several currencies: what it has that others lack, and what nobody may do to it."""

from typing import Any

import pytest

from connector.emulator.salesforce.app import SalesforceOrg
from tests.emulator.salesforce.conftest import Api

CODES = ("USD", "EUR", "JPY")


@pytest.fixture
def several(org: SalesforceOrg) -> SalesforceOrg:
    org.allow_currencies(CODES, ["Account"])
    worth = {"USD": 1, "EUR": 0.8, "JPY": 160}
    org.insert(
        "CurrencyType",
        [
            {"IsoCode": code, "ConversionRate": worth[code], "DecimalPlaces": 2, "IsCorporate": code == "USD"}
            for code in CODES
        ],
    )
    days = [("0001-12-30", 0.625), ("2025-07-01", 0.8)]
    org.insert(
        "DatedConversionRate", [{"IsoCode": "EUR", "StartDate": day, "ConversionRate": rate} for day, rate in days]
    )
    return org


def described(api: Api, object: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/sobjects/{object}/describe")
    return found


def test_an_org_with_one_currency_has_none_of_it(api: Api) -> None:
    listed = {one["name"] for one in api.get("/sobjects")["sobjects"]}
    assert not {"CurrencyType", "DatedConversionRate"} & listed
    assert "CurrencyIsoCode" not in {field["name"] for field in described(api, "Account")["fields"]}


@pytest.mark.parametrize(
    ("object", "createable", "deletable"), [("CurrencyType", True, False), ("DatedConversionRate", False, True)]
)
def test_rates_are_objects_without_a_recycle_bin(
    several: SalesforceOrg, api: Api, object: str, createable: bool, deletable: bool
) -> None:
    said = described(api, object)
    assert (said["createable"], said["deletable"], said["undeletable"]) == (createable, deletable, False)
    assert not said["custom"]
    fields = {field["name"]: field for field in said["fields"]}
    assert {"IsoCode", "ConversionRate", "SystemModstamp"} <= set(fields)
    assert "IsDeleted" not in fields
    assert api.query(f"SELECT Id FROM {object} WHERE IsDeleted = false", 400)[0]["errorCode"] == "INVALID_FIELD"


def test_rates_are_read_like_records(several: SalesforceOrg, api: Api) -> None:
    query = "SELECT IsoCode, ConversionRate FROM CurrencyType WHERE IsCorporate = true"
    (corporate,) = api.query(query)["records"]
    assert (corporate["IsoCode"], corporate["ConversionRate"]) == ("USD", 1)
    dated = api.query("SELECT IsoCode, StartDate, ConversionRate FROM DatedConversionRate ORDER BY StartDate")
    assert [(one["StartDate"], one["ConversionRate"]) for one in dated["records"]] == [
        ("0001-12-30", 0.625),
        ("2025-07-01", 0.8),
    ]


def test_a_rate_by_day_can_be_deleted_for_good_and_a_currency_cannot(several: SalesforceOrg, api: Api) -> None:
    (newest, *_) = api.query("SELECT Id FROM DatedConversionRate ORDER BY StartDate DESC")["records"]
    assert api.send("DELETE", f"/sobjects/DatedConversionRate/{newest['Id']}").status_code == 204
    assert api.get("/queryAll", params={"q": "SELECT COUNT() FROM DatedConversionRate"})["totalSize"] == 1
    (euro,) = api.query("SELECT Id FROM CurrencyType WHERE IsoCode = 'EUR'")["records"]
    assert api.send("DELETE", f"/sobjects/CurrencyType/{euro['Id']}").status_code == 400
    new = {"IsoCode": "EUR", "StartDate": "2026-01-01", "ConversionRate": 0.9}
    assert api.post("/sobjects/DatedConversionRate", new, 400)[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    api.patch(f"/sobjects/CurrencyType/{euro['Id']}", {"ConversionRate": 0.9})
    assert api.get(f"/sobjects/CurrencyType/{euro['Id']}")["ConversionRate"] == 0.9


def test_several_currencies_survive_a_snapshot(several: SalesforceOrg, api: Api) -> None:
    before = {name: described(api, name) for name in ("CurrencyType", "DatedConversionRate", "Account")}
    several.allow_currencies(CODES, ["Account"])
    several.restore(several.snapshot())
    assert {name: described(api, name) for name in before} == before
    assert api.query("SELECT COUNT() FROM CurrencyType")["totalSize"] == 3
