"""One record at a time, and the rules every record is held to."""

from datetime import timedelta
from typing import Any

import pytest

from connector.emulator.org import BadRequest
from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.salesforce.conftest import KEY_FIELD, Api


def _refused(api: Api, object: str, **values: object) -> tuple[str, list[str]]:
    error = api.post(f"/sobjects/{object}", values, 400)[0]
    return error["errorCode"], error.get("fields", [])


def test_a_record_lives_from_create_to_delete(api: Api) -> None:
    id = api.create("Account", Name="Example Industries 001", NumberOfEmployees=120)
    assert id.startswith("001")
    api.patch(f"/sobjects/Account/{id}", {"Industry": "Banking", "NumberOfEmployees": None})
    read = api.get(f"/sobjects/Account/{id}")
    assert (read["Industry"], read["NumberOfEmployees"]) == ("Banking", None)
    assert read["attributes"] == {"type": "Account", "url": f"/services/data/v68.0/sobjects/Account/{id}"}
    assert read["SystemModstamp"].endswith(".000+0000")
    some = api.get(f"/sobjects/Account/{id[:15]}?fields=Name,Industry")
    assert set(some) == {"attributes", "Name", "Industry"}
    assert api.send("DELETE", f"/sobjects/Account/{id}").status_code == 204
    assert api.get(f"/sobjects/Account/{id}", 404)[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert api.patch(f"/sobjects/Account/{id}", {"Name": "x"}, 404)[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert api.get("/sobjects/Account/0015e0000000099AAA", 404)[0]["errorCode"] == "NOT_FOUND"


def test_an_edit_moves_the_stamps_and_not_the_creation(api: Api, emulator: Emulator) -> None:
    id = api.create("Account", Name="Example Industries 001")
    before = api.get(f"/sobjects/Account/{id}")
    emulator.clock.advance(60)
    api.patch(f"/sobjects/Account/{id}", {"Industry": "Banking"})
    after = api.get(f"/sobjects/Account/{id}")
    assert after["CreatedDate"] == before["CreatedDate"]
    assert after["SystemModstamp"] == after["LastModifiedDate"] > before["SystemModstamp"]


@pytest.mark.parametrize(
    ("object", "values", "code", "fields"),
    [
        ("Contact", {"FirstName": "A"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", ["Name"]),
        ("Account", {"Name": ""}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Account", {"Name": 5}, "JSON_PARSER_ERROR", ["Name"]),
        ("Account", {"Name": "x", "Foo__c": 1}, "INVALID_FIELD", ["Foo__c"]),
        ("Account", {"Name": "x", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", ["NumberOfEmployees"]),
        ("Account", {"Name": "x", "NumberOfEmployees": 1e12}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ("Account", {"Name": "x", "ParentId": "0035e0000000001AAA"}, "MALFORMED_ID", ["ParentId"]),
        ("Account", {"Name": "x", "ParentId": "0015e0000000099AAC"}, "MALFORMED_ID", ["ParentId"]),
        ("Account", {"Name": "x", "ParentId": "0015e0000000099"}, "INVALID_CROSS_REFERENCE_KEY", ["ParentId"]),
        ("Account", {"Name": "x", "SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
        ("Contact", {"LastName": "x", "Email": "not an address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ("Contact", {"LastName": "x", "DoNotCall": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["DoNotCall"]),
        ("Task", {"TaskSubtype": "Chat"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["TaskSubtype"]),
        ("Opportunity", {"Name": "x", "StageName": "Prospecting", "CloseDate": "soon"}, "JSON_PARSER_ERROR", None),
    ],
)
def test_a_bad_value_is_refused_with_its_code(
    api: Api, object: str, values: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    seen, blamed = _refused(api, object, **values)
    assert seen == code
    assert fields is None or blamed == fields


def test_an_unrestricted_picklist_takes_any_value(api: Api) -> None:
    id = api.create("Account", Name="x", Industry="Beekeeping")
    assert api.get(f"/sobjects/Account/{id}?fields=Industry")["Industry"] == "Beekeeping"


def test_a_body_that_is_not_json_is_a_parser_error(api: Api) -> None:
    answer = api.send("POST", "/sobjects/Account", data="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_creation_may_be_dated_back_but_not_later(api: Api) -> None:
    id = api.create("Account", Name="x", CreatedDate="2020-05-01T10:00:00Z")
    read = api.get(f"/sobjects/Account/{id}")
    assert read["CreatedDate"] == read["LastModifiedDate"] == "2020-05-01T10:00:00.000+0000"
    assert read["SystemModstamp"] > "2026"
    error = api.patch(f"/sobjects/Account/{id}", {"CreatedDate": "2021-01-01T00:00:00Z"}, 400)[0]
    assert error["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_names_of_people_are_put_together(api: Api) -> None:
    id = api.create("Contact", FirstName="Example", LastName="Person 001", Email="Person001@Example.INVALID")
    read = api.get(f"/sobjects/Contact/{id}")
    assert (read["Name"], read["Email"]) == ("Example Person 001", "person001@example.invalid")
    api.patch(f"/sobjects/Contact/{id}", {"FirstName": None})
    assert api.get(f"/sobjects/Contact/{id}")["Name"] == "Person 001"


def test_a_stage_says_whether_a_deal_is_won(api: Api) -> None:
    id = api.create("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01", Amount=10)
    deal = api.get(f"/sobjects/Opportunity/{id}")
    assert (deal["IsClosed"], deal["IsWon"], deal["Probability"]) == (False, False, 10.0)
    api.patch(f"/sobjects/Opportunity/{id}", {"StageName": "Closed Won"})
    deal = api.get(f"/sobjects/Opportunity/{id}")
    assert (deal["IsClosed"], deal["IsWon"], deal["Probability"]) == (True, True, 100.0)


def test_lines_have_a_total_and_leave_the_amount_of_the_deal_alone(api: Api) -> None:
    product = api.create("Product2", Name="Example Suite", ProductCode="SUITE")
    deal = api.create("Opportunity", Name="x", StageName="Closed Won", CloseDate="2026-12-01", Amount=10)
    line = api.create("OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=3, UnitPrice=7.5)
    read = api.get(f"/sobjects/OpportunityLineItem/{line}")
    assert (read["TotalPrice"], read["ProductCode"]) == (22.5, "SUITE")
    api.patch(f"/sobjects/OpportunityLineItem/{line}", {"Quantity": 4})
    assert api.get(f"/sobjects/OpportunityLineItem/{line}")["TotalPrice"] == 30.0
    assert api.get(f"/sobjects/Opportunity/{deal}")["Amount"] == 10.0
    code, _ = _refused(api, "OpportunityLineItem", OpportunityId=deal, Quantity=1, UnitPrice=1)
    assert code == "FIELD_INTEGRITY_EXCEPTION"


def test_a_task_belongs_to_the_account_it_is_about(api: Api) -> None:
    account = api.create("Account", Name="x")
    contact = api.create("Contact", LastName="y", AccountId=account)
    deal = api.create("Opportunity", Name="z", AccountId=account, StageName="Prospecting", CloseDate="2026-12-01")
    for about in ({"WhatId": account}, {"WhatId": deal}, {"WhoId": contact}):
        task = api.get(f"/sobjects/Task/{api.create('Task', Subject='Call', **about)}")
        assert task["AccountId"] == account
        assert (task["Status"], task["Priority"], task["IsClosed"]) == ("Not Started", "Normal", False)


def test_completing_a_task_closes_it(api: Api) -> None:
    id = api.create("Task", Subject="Call")
    api.patch(f"/sobjects/Task/{id}", {"Status": "Completed"})
    task = api.get(f"/sobjects/Task/{id}")
    assert task["IsClosed"]
    assert task["CompletedDateTime"]


def test_an_asset_belongs_to_somebody_and_has_its_products_code(api: Api) -> None:
    assert _refused(api, "Asset", Name="x")[0] == "FIELD_INTEGRITY_EXCEPTION"
    account, product = api.create("Account", Name="x"), api.create("Product2", Name="y", ProductCode="SUITE")
    id = api.create("Asset", Name="x", AccountId=account, Product2Id=product, Quantity=3, Price=12.5)
    assert api.get(f"/sobjects/Asset/{id}")["ProductCode"] == "SUITE"


def test_a_case_is_numbered_opened_closed_and_opened_again(api: Api) -> None:
    account = api.create("Account", Name="x")
    contact = api.create("Contact", LastName="y", AccountId=account)
    id = api.create("Case", Subject="help", ContactId=contact)
    case = api.get(f"/sobjects/Case/{id}")
    assert (case["AccountId"], case["CaseNumber"], case["IsClosed"]) == (account, "00001001", False)
    api.patch(f"/sobjects/Case/{id}", {"Status": "Closed"})
    case = api.get(f"/sobjects/Case/{id}")
    assert case["IsClosed"]
    assert case["ClosedDate"]
    api.patch(f"/sobjects/Case/{id}", {"Status": "Working"})
    assert api.get(f"/sobjects/Case/{id}")["ClosedDate"] is None


def test_a_meeting_has_a_start_an_end_and_a_day(api: Api) -> None:
    account = api.create("Account", Name="x")
    id = api.create(
        "Event", Subject="m", WhatId=account, ActivityDateTime="2026-05-01T10:00:00Z", DurationInMinutes=30
    )
    event = api.get(f"/sobjects/Event/{id}")
    assert event["EndDateTime"] == "2026-05-01T10:30:00.000+0000"
    assert (event["ActivityDate"], event["AccountId"]) == ("2026-05-01", account)
    assert _refused(api, "Event", Subject="m")[0] == "REQUIRED_FIELD_MISSING"


def test_a_campaign_member_is_a_lead_or_a_contact(api: Api) -> None:
    campaign, contact = api.create("Campaign", Name="x"), api.create("Contact", LastName="y")
    id = api.create("CampaignMember", CampaignId=campaign, ContactId=contact, Status="Responded")
    member = api.get(f"/sobjects/CampaignMember/{id}")
    assert member["HasResponded"]
    assert member["FirstRespondedDate"] == member["CreatedDate"][:10]
    assert _refused(api, "CampaignMember", CampaignId=campaign)[0] == "REQUIRED_FIELD_MISSING"
    assert _refused(api, "CampaignMember", ContactId=contact)[0] == "REQUIRED_FIELD_MISSING"
    assert _refused(api, "CampaignMember", CampaignId=campaign, ContactId=contact)[0] == "DUPLICATE_VALUE"


def test_a_line_takes_product_and_price_from_its_price_book_entry(api: Api) -> None:
    product = api.create("Product2", Name="Suite", ProductCode="SUITE")
    book = api.query("SELECT Id FROM Pricebook2")["records"][0]["Id"]
    entry = api.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=9.5)
    deal = api.create("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01")
    id = api.create("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=entry, Quantity=2)
    line = api.get(f"/sobjects/OpportunityLineItem/{id}")
    assert (line["Product2Id"], line["UnitPrice"], line["TotalPrice"]) == (product, 9.5, 19.0)
    id = api.create("OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=4, TotalPrice=10)
    assert api.get(f"/sobjects/OpportunityLineItem/{id}")["UnitPrice"] == 2.5
    assert api.get(f"/sobjects/Opportunity/{deal}")["HasOpportunityLineItem"]
    for missing in ({"UnitPrice": 1}, {"Quantity": 1}):
        code, _ = _refused(api, "OpportunityLineItem", OpportunityId=deal, Product2Id=product, **missing)
        assert code == "REQUIRED_FIELD_MISSING"


def test_a_new_org_is_older_than_any_world(api: Api) -> None:
    (me,) = api.query("SELECT SystemModstamp FROM User WHERE Name = 'Integration'")["records"]
    assert me["SystemModstamp"] == "2020-01-01T00:00:00.000+0000"


def test_users_and_the_organization_cannot_be_deleted(api: Api, org: SalesforceOrg) -> None:
    answer = api.send("DELETE", f"/sobjects/User/{org.core.api_user}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "CANNOT_DELETE_ENTITY")


def test_the_id_is_not_among_the_fields_of_a_change(api: Api) -> None:
    id = api.create("Account", Name="x")
    assert api.patch(f"/sobjects/Account/{id}", {"Id": id}, 400)[0]["errorCode"] == "INVALID_FIELD"


def test_a_task_about_a_lead_is_about_nothing_else(api: Api) -> None:
    account, lead = api.create("Account", Name="x"), api.create("Lead", LastName="y", Company="z")
    assert _refused(api, "Task", WhoId=lead, WhatId=account)[0] == "FIELD_INTEGRITY_EXCEPTION"


def test_the_assignment_rule_takes_new_leads_unless_told_not_to(api: Api, org: SalesforceOrg) -> None:
    mine = org.core.api_user
    lead = {"LastName": "y", "Company": "z", "OwnerId": mine}

    def owner(**headers: str) -> str:
        id = api.post("/sobjects/Lead", lead, headers=headers)["id"]
        return str(api.get(f"/sobjects/Lead/{id}")["OwnerId"])

    assert owner() == org.records.lead_owner != mine
    assert owner(**{"Sforce-Auto-Assign": "FALSE"}) == mine
    org.settings({"assignment_rule": False})
    assert owner() == mine


def test_nothing_can_be_given_to_a_person_who_left_or_to_a_foreign_queue(api: Api) -> None:
    left = api.create("User", LastName="Owner 01", Username="owner01@example.invalid", IsActive=False)
    assert _refused(api, "Task", OwnerId=left)[0] == "INACTIVE_OWNER_OR_USER"
    queue = api.create("Group", Name="Example Queue", Type="Queue")
    header = {"Sforce-Auto-Assign": "FALSE"}
    lead = {"LastName": "y", "Company": "z", "OwnerId": queue}
    assert api.post("/sobjects/Lead", lead, 400, headers=header)[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    api.create("QueueSobject", QueueId=queue, SobjectType="Lead")
    id = api.post("/sobjects/Lead", lead, headers=header)["id"]
    assert api.get(f"/sobjects/Lead/{id}")["OwnerId"] == queue


def test_deleting_an_account_takes_its_contacts_and_deals_and_clears_other_lookups(api: Api) -> None:
    parent = api.create("Account", Name="x")
    child = api.create("Account", Name="y", ParentId=parent)
    contact = api.create("Contact", LastName="z", AccountId=parent)
    case = api.create("Case", Subject="help", AccountId=parent)
    api.send("DELETE", f"/sobjects/Account/{parent}")
    assert api.get(f"/sobjects/Contact/{contact}", 404)[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert api.get(f"/sobjects/Account/{child}")["ParentId"] is None
    assert api.get(f"/sobjects/Case/{case}")["AccountId"] is None


def test_upsert_creates_once_and_then_updates(api: Api, key: str) -> None:
    account = api.create("Account", Name="x")
    path = f"/sobjects/Task/{key}/a%2Fb%20c"
    made = api.patch(path, {"Subject": "Call", "WhatId": account}, 201)
    assert made["created"] is True
    again = api.patch(path, {"Subject": "Call again"}, 200)
    assert again == {"id": made["id"], "success": True, "errors": [], "created": False}
    read = api.get(path)
    assert (read["Subject"], read[key]) == ("Call again", "a/b c")
    assert api.send("DELETE", path).status_code == 204
    assert api.get(path, 404)[0]["errorCode"] == "NOT_FOUND"


def test_upsert_can_be_forbidden_to_create(api: Api, key: str) -> None:
    assert (
        api.patch(f"/sobjects/Lead/{key}/k1?updateOnly=true", {"LastName": "y"}, 404)[0]["errorCode"] == "NOT_FOUND"
    )


def test_upsert_by_what_is_no_external_id_is_not_found(api: Api) -> None:
    error = api.patch("/sobjects/Lead/Company/k1", {"LastName": "y"}, 404)[0]
    assert error["errorCode"] == "NOT_FOUND"
    assert "does not exist or is not accessible: Company" in error["message"]


def test_upsert_by_an_ambiguous_external_id_says_which(api: Api, org: SalesforceOrg) -> None:
    legacy = {"name": "Legacy__c", "label": "Legacy", "type": "Text", "length": 20, "externalId": True}
    org.define("Account", [legacy])
    ids = org.insert("Account", [{"Name": "x", "Legacy__c": "7"}, {"Name": "y", "Legacy__c": "7"}])
    urls = api.patch("/sobjects/Account/Legacy__c/7", {"Name": "z"}, 300)
    assert urls == [f"/services/data/v68.0/sobjects/Account/{id}" for id in ids]


def test_a_unique_key_is_unique_and_knows_its_case(api: Api, key: str) -> None:
    first = api.create("Lead", LastName="y", Company="z", **{key: "k1"})
    error = api.post("/sobjects/Lead", {"LastName": "y", "Company": "z", key: "k1"}, 400)[0]
    assert error["errorCode"] == "DUPLICATE_VALUE"
    assert first in error["message"]
    api.create("Lead", LastName="y", Company="z", **{key: "K1"})
    api.send("DELETE", f"/sobjects/Lead/{first}")
    api.create("Lead", LastName="y", Company="z", **{key: "k1"})


def test_updated_and_deleted_list_what_changed_in_whole_minutes(api: Api, emulator: Emulator) -> None:
    kept, gone = api.create("Account", Name="x"), api.create("Account", Name="y")
    api.send("DELETE", f"/sobjects/Account/{gone}")
    emulator.clock.advance(120)
    now = emulator.clock.now()
    span = {"start": (now - timedelta(hours=1)).isoformat(), "end": now.isoformat()}
    updated = api.get("/sobjects/Account/updated/", params=span)
    assert updated["ids"] == [kept]
    assert updated["latestDateCovered"][:16] == now.isoformat()[:16]
    deleted = api.get("/sobjects/Account/deleted/", params=span)
    assert [record["id"] for record in deleted["deletedRecords"]] == [gone]
    span["start"] = "2020-01-01T00:00:00+00:00"
    assert api.get("/sobjects/Account/updated", 400, params=span)[0]["errorCode"] == "INVALID_REPLICATION_DATE"


def test_describe_tells_types_lengths_and_choices_and_can_say_nothing_new(
    api: Api, org: SalesforceOrg, emulator: Emulator
) -> None:
    api.get("/sobjects/Task/describe")
    emulator.clock.advance(2)
    answer = api.send("GET", "/sobjects/Task/describe")
    fields = {field["name"]: field for field in answer.json()["fields"]}
    assert fields["Status"]["picklistValues"][0]["value"] == "Not Started"
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert fields["OwnerId"]["relationshipName"] == "Owner"
    assert not fields["AccountId"]["createable"]
    assert (fields["OwnerId"]["nillable"], fields["OwnerId"]["defaultedOnCreate"]) == (False, True)
    same = api.send("GET", "/sobjects/Task/describe", headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert api.send("GET", "/sobjects/Task/describe", headers=since).status_code == 304
    org.define("Activity", [{"name": "Note__c", "label": "Note", "type": "TextArea"}])
    assert api.send("GET", "/sobjects/Task/describe", headers=since).status_code == 200


def test_an_owner_cannot_be_taken_away(api: Api) -> None:
    id = api.create("Account", Name="x")
    assert api.patch(f"/sobjects/Account/{id}", {"OwnerId": None}, 400)[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_the_list_of_objects_has_their_prefixes(api: Api) -> None:
    listed = {each["name"]: each for each in api.get("/sobjects")["sobjects"]}
    assert listed["Lead"]["keyPrefix"] == "00Q"
    assert {"Account", "Asset", "Case", "Task", "Event", "Product2", "Organization"} <= set(listed)
    assert api.get("/sobjects/Nothing/describe", 404)[0]["errorCode"] == "NOT_FOUND"


def test_insert_in_process_is_all_or_none_and_may_set_any_stamp(org: SalesforceOrg) -> None:
    with pytest.raises(BadRequest, match="Account 2: REQUIRED_FIELD_MISSING"):
        org.insert("Account", [{"Name": "x"}, {"Industry": "Banking"}])
    assert "Account" not in {name for name, count in org.inspect(None)["counts"].items() if count}
    stamps = {"CreatedDate": "2020-01-01T00:00:00Z", "SystemModstamp": "2020-01-02T00:00:00Z"}
    org.insert("Account", [{"Name": "x", **stamps}])
    record = org.inspect("Account")["records"][0]
    assert record["SystemModstamp"] == "2020-01-02T00:00:00.000+0000"


def test_another_record_can_be_named_by_its_external_id(api: Api, org: SalesforceOrg) -> None:
    org.define("Account", [{"name": "Ext_Key__c", **KEY_FIELD, "caseSensitive": False}])
    account = api.create("Account", Name="Example Industries 001", Ext_Key__c="A-1")
    contact = api.create("Contact", LastName="Example 001", account={"ext_key__c": "a-1"})
    assert api.get(f"/sobjects/Contact/{contact}")["AccountId"] == account
    api.patch(f"/sobjects/Contact/{contact}", {"Account": {"Ext_Key__c": None}})
    assert api.get(f"/sobjects/Contact/{contact}")["AccountId"] is None
    assert _refused(api, "Contact", LastName="x", Account={"Ext_Key__c": "A-2"}) == ("INVALID_FIELD", ["AccountId"])
    assert _refused(api, "Contact", LastName="x", Account={"Name": "A-1"}) == ("INVALID_FIELD", ["AccountId"])
    assert _refused(api, "Contact", LastName="x", Nothing={"Ext_Key__c": "A-1"}) == ("INVALID_FIELD", ["Nothing"])


def test_a_person_is_made_with_the_settings_the_vendor_asks_for(api: Api) -> None:
    profile = api.query("SELECT Id FROM Profile WHERE Name = 'Standard User'")["records"][0]["Id"]
    settings = {"TimeZoneSidKey": "Asia/Tokyo", "LocaleSidKey": "ja_JP", "LanguageLocaleKey": "ja"}
    names = {"LastName": "Owner 01", "Alias": "owner01", "Username": "owner01@example.invalid"}
    person = api.create("User", **names, **settings, EmailEncodingKey="UTF-8", ProfileId=profile)
    found = api.query(f"SELECT Profile.Name, IsActive FROM User WHERE Id = '{person}'")["records"][0]
    assert (found["Profile"]["Name"], found["IsActive"]) == ("Standard User", True)
