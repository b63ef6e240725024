"""Field history: what is kept of changes, of which fields, and who may see it."""

import pytest

from connector.emulator.org import BadRequest

ROWS = "SELECT AccountId, Field, DataType, OldValue, NewValue, CreatedBy.Name, CreatedDate FROM AccountHistory"


def track(org, *fields):
    org.settings({"track": list(fields)})


def rows(api, where="Field != 'created'"):
    found = api.query(f"{ROWS} WHERE {where} ORDER BY CreatedDate, Id")["records"]
    return [(row["Field"], row["OldValue"], row["NewValue"], row["CreatedBy"]["Name"]) for row in found]


def test_changes_of_tracked_fields_are_kept_with_both_values_and_the_person(api, org, emulator):
    track(org, "Account.NumberOfEmployees")
    id = api.create("Account", Name="Example Industries 001", NumberOfEmployees=5)
    org.insert("User", [{"LastName": "CSM 03"}])
    emulator.clock.advance(60)
    org.act("CSM 03", "update", "Account", id, {"NumberOfEmployees": 7, "Industry": "Retail"})
    api.patch(f"/sobjects/Account/{id}", {"NumberOfEmployees": 9, "Name": "Another name"})
    api.patch(f"/sobjects/Account/{id}", {"NumberOfEmployees": None})
    assert rows(api) == [
        ("NumberOfEmployees", 5, 7, "CSM 03"),
        ("NumberOfEmployees", 7, 9, "Integration"),
        ("NumberOfEmployees", 9, None, "Integration"),
    ]


def test_the_making_of_a_record_is_one_row_without_values_and_the_same_value_none(api, org):
    track(org, "Account.Name")
    id = api.create("Account", Name="Example Industries 001")
    api.patch(f"/sobjects/Account/{id}", {"Name": "Example Industries 001"})
    assert rows(api, f"AccountId = '{id}'") == [("created", None, None, "Integration")]


def test_what_is_not_tracked_leaves_no_row(api):
    id = api.create("Account", Name="Example Industries 001")
    api.patch(f"/sobjects/Account/{id}", {"Name": "Another name"})
    assert rows(api, "Id != null") == []


def test_a_lookup_is_told_by_name_and_by_id_and_a_long_text_without_values(api, org):
    track(org, "Account.OwnerId", "Account.Description")
    id = api.create("Account", Name="Example Industries 001", Description="Before")
    (user,) = org.insert("User", [{"LastName": "CSM 03"}])
    api.patch(f"/sobjects/Account/{id}", {"OwnerId": user, "Description": "After"})
    told = rows(api)
    assert ("Owner", "Integration", "CSM 03", "Integration") in told
    assert any(field == "Owner" and new == user for field, _, new, _ in told)
    assert ("Description", None, None, "Integration") in told


def test_history_is_described_read_only_and_its_values_are_not_filtered_on(api):
    described = api.get("/sobjects/AccountHistory/describe")
    fields = {field["name"]: field for field in described["fields"]}
    assert set(fields) == {
        "Id", "IsDeleted", "AccountId", "CreatedById", "CreatedDate", "Field", "DataType", "OldValue", "NewValue",
    }  # fmt: skip
    assert (described["createable"], described["updateable"], described["deletable"]) == (False, False, False)
    assert (fields["NewValue"]["type"], fields["NewValue"]["filterable"]) == ("anyType", False)
    refused = api.query(f"{ROWS} WHERE NewValue = '7'", 400)
    assert refused[0]["errorCode"] == "INVALID_FIELD"
    api.post("/sobjects/AccountHistory", {"Field": "Name"}, 400)


def test_a_refused_batch_leaves_no_history(api, org):
    track(org, "Account.Name")
    id = api.create("Account", Name="Example Industries 001")
    records = [
        {"attributes": {"type": "Account"}, "id": id, "Name": "Another name"},
        {"attributes": {"type": "Account"}, "id": "001000000099999AAA", "Name": "Nobody"},
    ]
    api.patch("/composite/sobjects", {"allOrNone": True, "records": records}, 200)
    assert rows(api) == []


def test_history_goes_with_its_record_and_survives_a_snapshot(api, org):
    track(org, "Account.Name")
    id = api.create("Account", Name="Example Industries 001")
    api.patch(f"/sobjects/Account/{id}", {"Name": "Another name"})
    org.restore(org.snapshot())
    api.patch(f"/sobjects/Account/{id}", {"Name": "A third name"})
    assert [new for _, _, new, _ in rows(api)] == ["Another name", "A third name"]
    api.send("DELETE", f"/sobjects/Account/{id}")
    assert rows(api) == []


def test_at_most_twenty_fields_of_an_object_are_tracked(org):
    names = [name for name in org.core.tables["Account"].fields if name != "Id"]
    track(org, *(f"Account.{name}" for name in names[:20]))
    with pytest.raises(BadRequest, match="at most 20"):
        track(org, *(f"Account.{name}" for name in names[:21]))
    with pytest.raises(BadRequest, match="no field"):
        track(org, "Task.Subject")


def test_a_custom_field_may_be_tracked_from_the_start(api, org):
    wanted = {"label": "Tier", "type": "Number", "precision": 8, "scale": 0, "trackHistory": True}
    api.post("/tooling/sobjects/CustomField", {"FullName": "Account.Tier__c", "Metadata": wanted})
    assert org.core.tables["Account"].tracked == {"Tier__c"}
    refused = {"FullName": "Activity.Tier__c", "Metadata": wanted}
    assert api.post("/tooling/sobjects/CustomField", refused, 400)[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
