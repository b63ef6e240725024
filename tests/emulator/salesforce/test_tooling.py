"""Custom fields and objects, and who may see them."""

from typing import Any

import pytest

from connector.emulator.salesforce.app import SalesforceOrg
from tests.emulator.salesforce.conftest import KEY_FIELD, Api

TOOLING = "/tooling/sobjects"


def _make(api: Api, full_name: str, status: int = 201, **metadata: Any) -> Any:
    return api.post(f"{TOOLING}/CustomField", {"FullName": full_name, "Metadata": metadata}, status)


def _fields(api: Api, object: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in api.get(f"/sobjects/{object}/describe")["fields"]}


def test_a_new_field_is_visible_to_nobody_until_it_is_granted(api: Api) -> None:
    account = api.create("Account", Name="x")
    _fields(api, "Account")
    made = _make(api, "Account.Score__c", label="Score", type="Number", precision=5, scale=2)
    assert made["id"].startswith("00N")
    assert made["success"] is True
    assert "Score__c" not in _fields(api, "Account")
    assert api.query("SELECT Score__c FROM Account", 400)[0]["errorCode"] == "INVALID_FIELD"
    error = api.patch(f"/sobjects/Account/{account}", {"Score__c": 1}, 400)[0]
    assert (error["errorCode"], error["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Score__c"])
    api.grant("Account.Score__c")
    field = _fields(api, "Account")["Score__c"]
    assert (field["type"], field["precision"], field["scale"], field["custom"]) == ("double", 5, 2, True)
    api.patch(f"/sobjects/Account/{account}", {"Score__c": 1.239})
    assert api.query("SELECT Score__c FROM Account")["records"][0]["Score__c"] == 1.24


def test_a_field_granted_for_reading_cannot_be_written(api: Api) -> None:
    _make(api, "Account.Score__c", label="Score", type="Number", precision=5, scale=2)
    api.grant("Account.Score__c", edit=False)
    assert not _fields(api, "Account")["Score__c"]["updateable"]
    error = api.post("/sobjects/Account", {"Name": "x", "Score__c": 1}, 400)[0]
    assert error["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_an_activity_field_is_on_task_and_event_and_granted_apart(api: Api) -> None:
    _make(api, "Activity.Key__c", **KEY_FIELD)
    api.grant("Task.Key__c")
    key = _fields(api, "Task")["Key__c"]
    assert all(key[trait] for trait in ("externalId", "unique", "caseSensitive", "idLookup"))
    assert "Key__c" not in _fields(api, "Event")
    assert api.patch("/sobjects/Task/Key__c/k1", {"Subject": "x"}, 201)["created"] is True
    assert api.patch("/sobjects/Event/Key__c/k1", {"Subject": "x"}, 404)[0]["errorCode"] == "NOT_FOUND"
    error = _make(api, "Task.Other__c", 400, label="Other", type="Text", length=10)[0]
    assert error["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@pytest.mark.parametrize(
    ("metadata", "seen"),
    [
        ({"type": "Text", "length": 40}, {"type": "string", "length": 40}),
        ({"type": "LongTextArea", "length": 32768, "visibleLines": 5}, {"type": "textarea", "length": 32768}),
        ({"type": "Currency", "precision": 16, "scale": 2}, {"type": "currency", "precision": 16, "scale": 2}),
        ({"type": "Percent", "precision": 5, "scale": 2}, {"type": "percent", "scale": 2}),
        ({"type": "Checkbox", "defaultValue": "true"}, {"type": "boolean", "defaultValue": True}),
        ({"type": "Date"}, {"type": "date"}),
        ({"type": "DateTime"}, {"type": "datetime"}),
        (
            {"type": "Lookup", "referenceTo": "Account", "relationshipName": "Others"},
            {"type": "reference", "referenceTo": ["Account"], "relationshipName": "Thing__r"},
        ),
    ],
)
def test_every_type_we_use_can_be_made(api: Api, metadata: dict[str, Any], seen: dict[str, Any]) -> None:
    _make(api, "Lead.Thing__c", label="Thing", **metadata)
    api.grant("Lead.Thing__c")
    field = _fields(api, "Lead")["Thing__c"]
    assert {name: field[name] for name in seen} == seen


def test_a_restricted_picklist_takes_its_values_only(api: Api) -> None:
    values = [{"fullName": name, "label": name, "default": name == "none"} for name in ("none", "high")]
    definition = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    _make(api, "Account.Risk__c", label="Risk", type="Picklist", valueSet=definition)
    api.grant("Account.Risk__c")
    field = _fields(api, "Account")["Risk__c"]
    assert [value["value"] for value in field["picklistValues"]] == ["none", "high"]
    assert field["restrictedPicklist"]
    id = api.create("Account", Name="x")
    assert api.get(f"/sobjects/Account/{id}?fields=Risk__c")["Risk__c"] == "none"
    error = api.patch(f"/sobjects/Account/{id}", {"Risk__c": "very high"}, 400)[0]
    assert error["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@pytest.mark.parametrize(
    ("name", "metadata", "code"),
    [
        ("Lead.Company", {"label": "x", "type": "Text", "length": 10}, "INVALID_FULL_NAME"),
        ("Lead.Bad__Name__c", {"label": "x", "type": "Text", "length": 10}, "INVALID_FULL_NAME"),
        ("Lead.X__c", {"type": "Text", "length": 10}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Text", "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "LongTextArea", "length": 500}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Number", "precision": 19, "scale": 0}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Picklist"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Lookup", "referenceTo": "Nothing"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Date", "unique": True}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Lead.X__c", {"label": "x", "type": "Poem"}, "JSON_PARSER_ERROR"),
        ("Nothing.X__c", {"label": "x", "type": "Date"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ],
)
def test_a_wrong_definition_is_refused(api: Api, name: str, metadata: dict[str, Any], code: str) -> None:
    assert _make(api, name, 400, **metadata)[0]["errorCode"] == code


def test_a_field_is_made_once(api: Api) -> None:
    _make(api, "Lead.X__c", label="x", type="Date")
    error = _make(api, "Lead.X__c", 400, label="x", type="Date")[0]
    assert error["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    assert error["message"] == "There is already a field named X on Lead."


def test_tooling_query_finds_fields_that_nobody_may_see(api: Api) -> None:
    made = _make(api, "Lead.X__c", label="x", type="Date")
    soql = "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'X'"
    found = api.get("/tooling/query", params={"q": soql})
    record = found["records"][0]
    assert (found["size"], record["Id"], record["TableEnumOrId"]) == (1, made["id"], "Lead")
    soql = "SELECT Id FROM CustomField WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    assert api.get("/tooling/query", params={"q": soql})["totalSize"] == 1


def test_a_custom_object_is_hidden_until_it_is_granted(api: Api) -> None:
    metadata = {"label": "Usage", "nameField": {"type": "Text", "label": "Name"}}
    api.post(f"{TOOLING}/CustomObject", {"FullName": "Usage__c", "Metadata": metadata})
    assert api.get("/sobjects/Usage__c/describe", 404)[0]["errorCode"] == "NOT_FOUND"
    assert api.query("SELECT Id FROM Usage__c", 400)[0]["errorCode"] == "INVALID_TYPE"
    api.grant()
    granted = api.query("SELECT Id FROM PermissionSet")["records"][0]["Id"]
    api.create("ObjectPermissions", ParentId=granted, SobjectType="Usage__c", PermissionsRead=True)
    id = api.create("Usage__c")
    assert id[:2] == "a0"
    assert api.get(f"/sobjects/Usage__c/{id}")["Name"] == id[:15]
    error = api.post(f"{TOOLING}/CustomObject", {"FullName": "Usage__c", "Metadata": metadata}, 400)[0]
    assert error["errorCode"] == "DUPLICATE_DEVELOPER_NAME"


def test_what_a_world_defines_is_visible_at_once_and_can_be_hidden(api: Api, org: SalesforceOrg) -> None:
    lookup = {"type": "Lookup", "referenceTo": "Account", "relationshipName": "Usages"}
    fields = [
        {"name": "Account__c", "label": "Account", **lookup},
        {"name": "Quantity__c", "label": "Quantity", "type": "Number", "precision": 18, "scale": 0},
    ]
    org.define("Usage__c", fields, "Usage")
    org.define("Usage__c", fields)
    account = org.insert("Account", [{"Name": "x"}])[0]
    org.insert("Usage__c", [{"Account__c": account, "Quantity__c": 5}])
    record = api.query("SELECT Account__r.Name, Quantity__c FROM Usage__c")["records"][0]
    assert (record["Account__r"]["Name"], record["Quantity__c"]) == ("x", 5.0)
    org.hide("Usage__c", "Quantity__c")
    assert api.query("SELECT Quantity__c FROM Usage__c", 400)[0]["errorCode"] == "INVALID_FIELD"
    org.settings({"show": ["Usage__c.Quantity__c"]})
    api.query("SELECT Quantity__c FROM Usage__c")
    org.settings({"hide": ["Account.Industry"]})
    assert "Industry" not in _fields(api, "Account")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Field": "Lead.Nothing__c"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"SobjectType": "Account"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Field": "Lead.Company"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"PermissionsRead": False}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
def test_a_wrong_grant_is_refused(api: Api, changes: dict[str, Any], code: str) -> None:
    _make(api, "Lead.X__c", label="x", type="Date")
    parent = api.create("PermissionSet", Name="Set", Label="Set")
    grant = {"ParentId": parent, "SobjectType": "Lead", "Field": "Lead.X__c", "PermissionsRead": True}
    body = {**grant, "PermissionsEdit": True, **changes}
    assert api.post("/sobjects/FieldPermissions", body, 400)[0]["errorCode"] == code


def test_the_same_grant_twice_is_refused_and_a_grant_taken_back_hides_again(api: Api) -> None:
    _make(api, "Lead.X__c", label="x", type="Date")
    api.grant("Lead.X__c")
    grant = api.query("SELECT Id, ParentId, Field FROM FieldPermissions")["records"][0]
    body = {"ParentId": grant["ParentId"], "SobjectType": "Lead", "Field": "Lead.X__c", "PermissionsRead": True}
    assert api.post("/sobjects/FieldPermissions", body, 400)[0]["errorCode"] == "DUPLICATE_VALUE"
    error = api.post("/sobjects/PermissionSet", {"Name": "Set0", "Label": "x"}, 400)[0]
    assert error["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    assert "X__c" in _fields(api, "Lead")
    api.send("DELETE", f"/sobjects/FieldPermissions/{grant['Id']}")
    assert "X__c" not in _fields(api, "Lead")
