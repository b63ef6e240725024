"""Two hundred records in one call."""

from typing import Any

from connector.emulator.salesforce.app import SalesforceOrg
from tests.emulator.salesforce.conftest import Api

COLLECTION = "/composite/sobjects"


def _body(object: str, *records: dict[str, Any], all_or_none: bool = False) -> dict[str, Any]:
    return {"allOrNone": all_or_none, "records": [{"attributes": {"type": object}, **record} for record in records]}


def test_each_record_has_its_own_outcome_in_order(api: Api) -> None:
    made = api.post(COLLECTION, _body("Contact", {"LastName": "a"}, {"FirstName": "b"}, {"LastName": "c"}), 200)
    assert [item["success"] for item in made] == [True, False, True]
    assert made[0] == {"id": made[0]["id"], "success": True, "errors": []}
    error = made[1]["errors"][0]
    assert error["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert error["fields"] == ["LastName"]


def test_objects_may_be_mixed(api: Api) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": "x"}, {"attributes": {"type": "Lead"}, "Company": "y"}]
    made = api.post(COLLECTION, {"records": [*records, {"Name": "no type"}]}, 200)
    assert made[0]["id"].startswith("001")
    assert [item["errors"][0]["statusCode"] for item in made[1:]] == ["REQUIRED_FIELD_MISSING", "INVALID_TYPE"]


def test_all_or_none_leaves_everything_as_it_was(api: Api, org: SalesforceOrg, key: str) -> None:
    old = org.insert("Lead", [{"LastName": "a", "Company": "b", key: "k1"}])[0]
    before = api.get(f"/sobjects/Lead/{old}")
    body = _body("Lead", {key: "k1", "LastName": "new"}, {key: "k2", "LastName": "c"}, all_or_none=True)
    done = api.patch(f"{COLLECTION}/Lead/{key}", body, 200)
    assert done[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert done[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert api.get(f"/sobjects/Lead/{old}") == before
    body = _body("Lead", {key: "k3", "LastName": "c", "Company": "d"}, {key: "k4"}, all_or_none=True)
    assert not any(item["success"] for item in api.patch(f"{COLLECTION}/Lead/{key}", body, 200))
    assert api.query("SELECT COUNT() FROM Lead")["totalSize"] == 1
    body = _body("Lead", {key: "k3", "LastName": "c", "Company": "d"}, all_or_none=True)
    assert api.patch(f"{COLLECTION}/Lead/{key}", body, 200)[0]["created"] is True


def test_a_rolled_back_delete_deletes_nothing(api: Api, org: SalesforceOrg) -> None:
    account = org.insert("Account", [{"Name": "x"}])[0]
    org.insert("Contact", [{"LastName": "y", "AccountId": account}])
    response = api.send("DELETE", f"{COLLECTION}?ids={account},0015e0000000099AAA&allOrNone=true")
    assert [item["success"] for item in response.json()] == [False, False]
    assert api.query("SELECT COUNT() FROM Contact WHERE AccountId != null")["totalSize"] == 1
    assert org.core.tables["Account"].deletions == []


def test_update_needs_the_id_once(api: Api, org: SalesforceOrg) -> None:
    one, two = org.insert("Account", [{"Name": "x"}, {"Name": "y"}])
    body = _body(
        "Account", {"Id": one, "Name": "a"}, {"Id": two, "Name": "b"}, {"Id": two, "Name": "c"}, {"Name": "d"}
    )
    done = api.patch(COLLECTION, body, 200)
    assert [item["success"] for item in done] == [True, False, False, False]
    assert done[1]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert api.get(f"/sobjects/Account/{one}")["Name"] == "a"


def test_upsert_says_what_it_created_and_refuses_a_key_named_twice(api: Api, key: str) -> None:
    path = f"{COLLECTION}/Task/{key}"
    first = api.patch(path, _body("Task", {key: "k1", "Subject": "a"}, {key: "k2", "Subject": "b"}), 200)
    assert [item["created"] for item in first] == [True, True]
    records = [{key: "k1", "Subject": "c"}, {key: "k3"}, {key: "k3"}, {"Subject": "no key"}]
    second = api.patch(path, _body("Task", *records), 200)
    assert second[0] == {"id": first[0]["id"], "success": True, "errors": [], "created": False}
    codes = [item["errors"][0]["statusCode"] for item in second[1:]]
    assert codes == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", "MISSING_ARGUMENT"]
    assert api.query("SELECT COUNT() FROM Task")["totalSize"] == 2


def test_more_than_two_hundred_are_too_many(api: Api) -> None:
    error = api.post(COLLECTION, _body("Account", *[{"Name": "x"}] * 201), 400)[0]
    assert error["errorCode"] == "EXCEEDED_MAX_SIZE_REQUEST"
    assert len(api.post(COLLECTION, _body("Account", *[{"Name": "x"}] * 200), 200)) == 200


def test_records_are_fetched_by_id_and_missing_ones_are_null(api: Api, org: SalesforceOrg) -> None:
    one, gone = org.insert("Account", [{"Name": "x", "Industry": "Banking"}, {"Name": "y"}])
    api.send("DELETE", f"/sobjects/Account/{gone}")
    ids = [one, gone, "0015e0000000099AAA"]
    read = api.post(f"{COLLECTION}/Account", {"ids": ids, "fields": ["Id", "Name", "Industry"]}, 200)
    assert read[1:] == [None, None]
    assert (read[0]["Id"], read[0]["Name"], read[0]["Industry"]) == (one, "x", "Banking")
    by_url = api.get(f"{COLLECTION}/Account", params={"ids": ",".join(ids), "fields": "Id,Name,Industry"})
    assert by_url == read
    error = api.post(f"{COLLECTION}/Account", {"ids": ids, "fields": ["Foo__c"]}, 400)[0]
    assert error["errorCode"] == "INVALID_FIELD"
