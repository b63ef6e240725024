"""What people do meanwhile, and the org's memory."""

import json
from typing import Any

import pytest

from connector.emulator.org import BadRequest
from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.salesforce.conftest import KEY_FIELD, Api


@pytest.fixture
def owner(org: SalesforceOrg) -> str:
    return org.insert("User", [{"FirstName": "Owner", "LastName": "01"}])[0]


def _one(org: SalesforceOrg, object: str, **values: Any) -> str:
    return org.insert(object, [values])[0]


def _record(org: SalesforceOrg, object: str, id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in org.inspect(object)["records"] if each["Id"] == id)
    return found


def test_what_a_person_does_bears_that_persons_name(org: SalesforceOrg, owner: str) -> None:
    task = _one(org, "Task", Subject="Call")
    org.hide("Task", "Description")
    org.act("Owner 01", "update", "Task", task, {"Description": "hidden from the integration"})
    org.act(owner, "complete", "Task", task, {})
    seen = _record(org, "Task", task)
    assert (seen["Status"], seen["IsClosed"], seen["LastModifiedById"]) == ("Completed", True, owner)
    assert seen["Description"] == "hidden from the integration"


def test_converting_a_lead_makes_it_read_only(org: SalesforceOrg, owner: str, api: Api) -> None:
    account = _one(org, "Account", Name="x")
    lead = _one(org, "Lead", LastName="y", Company="z", OwnerId=owner)
    done = org.act("Owner 01", "convert", "Lead", lead, {"account_id": account, "opportunity": "Example deal"})
    seen = _record(org, "Lead", lead)
    assert seen["IsConverted"]
    assert seen["ConvertedOpportunityId"] == done["opportunity_id"]
    assert seen["ConvertedAccountId"] == account
    assert _record(org, "Contact", done["contact_id"])["AccountId"] == account
    assert api.patch(f"/sobjects/Lead/{lead}", {"Title": "q"}, 400)[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    with pytest.raises(BadRequest, match="converted already"):
        org.act("Owner 01", "convert", "Lead", lead, {})


def test_merging_accounts_moves_what_belongs_to_the_loser(org: SalesforceOrg, api: Api, owner: str) -> None:
    master, loser = _one(org, "Account", Name="x"), _one(org, "Account", Name="y")
    contact = _one(org, "Contact", LastName="c", AccountId=loser)
    task = _one(org, "Task", Subject="t", WhatId=loser)
    org.act("Owner 01", "merge", "Account", master, {"losers": [loser]})
    assert _record(org, "Contact", contact)["AccountId"] == master
    assert (_record(org, "Task", task)["WhatId"], _record(org, "Task", task)["AccountId"]) == (master, master)
    soql = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true"
    (gone,) = api.get("/queryAll", params={"q": soql})["records"]
    assert (gone["Id"], gone["MasterRecordId"]) == (loser, master)


def test_the_recycle_bin_gives_back(org: SalesforceOrg, owner: str, api: Api) -> None:
    id = _one(org, "Account", Name="x")
    org.act("Owner 01", "delete", "Account", id, {})
    assert org.inspect("Account")["records"] == []
    org.act("Owner 01", "undelete", "Account", id, {})
    assert api.get(f"/sobjects/Account/{id}")["Name"] == "x"


@pytest.mark.parametrize(
    ("person", "action", "object", "words"),
    [
        ("Nobody", "update", "Task", "no user Nobody"),
        ("Integration", "paint", "Task", "action must be one of"),
        ("Integration", "update", "Nothing", "no object Nothing"),
        ("Integration", "complete", "Account", "cannot be completed"),
        ("Integration", "update", "Task", "MALFORMED_ID"),
    ],
)
def test_an_impossible_act_is_refused(org: SalesforceOrg, person: str, action: str, object: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        org.act(person, action, object, "00T", {})


def test_a_snapshot_brings_everything_back(org: SalesforceOrg, api: Api, emulator: Emulator, key: str) -> None:
    org.define("Usage__c", [{"name": "Quantity__c", "label": "Q", "type": "Number", "precision": 9, "scale": 0}])
    api.post("/tooling/sobjects/CustomField", {"FullName": "Account.Code__c", "Metadata": KEY_FIELD})
    api.grant("Account.Code__c")
    account = api.create("Account", Name="x", Code__c="c1")
    gone = api.create("Account", Name="y")
    api.send("DELETE", f"/sobjects/Account/{gone}")
    org.act("Integration", "purge", "Account", api.create("Account", Name="z"), {})
    org.insert("Usage__c", [{"Quantity__c": 3}])
    api.patch(f"/sobjects/Task/{key}/k1", {"Subject": "Call", "WhatId": account}, 201)
    before, inspected = json.loads(json.dumps(org.snapshot())), org.inspect(None)
    emulator.reset()
    org.restore(before)
    assert org.inspect(None) == inspected
    assert json.loads(json.dumps(org.snapshot())) == before
    assert api.patch(f"/sobjects/Task/{key}/k1", {"Subject": "Again"}, 200)["created"] is False
    assert api.get("/sobjects/Account/Code__c/c1")["Id"] == account
    assert api.create("Account", Name="new") > gone
    assert api.query("SELECT Id FROM Organization")["records"][0]["Id"] == org.org_id
    everything = api.get("/queryAll", params={"q": "SELECT Name FROM Account ORDER BY SystemModstamp, Id"})
    assert [record["Name"] for record in everything["records"]] == ["x", "y", "new"]


def test_settings_are_checked(org: SalesforceOrg) -> None:
    for wrong in ({"limits": "some"}, {"daily_calls": "many"}, {"hide": ["Nothing.X"]}, {"hide": ["Account.X"]}):
        with pytest.raises(BadRequest):
            org.settings(wrong)
    assert org.settings({"limits": "vendor"})["daily_calls"] == 100_000
