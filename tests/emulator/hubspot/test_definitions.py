"""Property definitions and groups."""

import pytest

OLD, SEPTEMBER = "/crm/v3/properties", "/crm/properties/2026-09"


def text(name, **more):
    return {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "tossup", **more}


@pytest.fixture
def grouped(api):
    for object in ("companies", "tasks", "products"):
        api.ok("POST", f"{OLD}/{object}/groups", {"name": "tossup", "label": "Tossup"}, status=201)
    return api


def test_the_standard_properties_tell_type_options_and_what_is_read_only(api):
    found = {one["name"]: one for one in api.ok("GET", f"{SEPTEMBER}/companies")["results"]}
    assert len(found) > 40
    assert found["industry"]["type"] == "enumeration"
    assert len(found["industry"]["options"]) > 140
    assert found["hs_lastmodifieddate"]["modificationMetadata"]["readOnlyValue"] is True
    assert found["name"]["hubspotDefined"] is True
    assert found["name"]["hasUniqueValue"] is False
    assert [option["value"] for option in found["is_public"]["options"]] == ["true", "false"]
    assert set(found["hubspot_owner_id"]) >= {"label", "fieldType", "groupName", "externalOptions", "dataSensitivity"}


def test_a_property_is_created_in_its_group_read_changed_and_used(grouped):
    made = grouped.ok("POST", f"{OLD}/companies", text("tossup_note"), status=201)
    assert made["hubspotDefined"] is False
    assert made["archived"] is False
    grouped.company(tossup_note="x")
    changed = grouped.ok("PATCH", f"{OLD}/companies/tossup_note", {"label": "Note", "hasUniqueValue": True})
    assert (changed["label"], changed["hasUniqueValue"]) == ("Note", False)
    assert grouped.ok("GET", f"{SEPTEMBER}/companies/tossup_note") == changed


def test_a_name_that_is_taken_is_a_conflict(grouped):
    grouped.ok("POST", f"{OLD}/companies", text("tossup_note"), status=201)
    refused = grouped.refused("POST", f"{OLD}/companies", text("tossup_note"), status=409)
    assert refused["category"] == "OBJECT_ALREADY_EXISTS"
    assert refused["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    grouped.refused("POST", f"{OLD}/companies/groups", {"name": "tossup", "label": "Tossup"}, status=409)


@pytest.mark.parametrize(
    "told",
    [
        text("Upper"),
        text("1st"),
        text("fine", type="number"),
        text("fine", type="unheard_of"),
        text("fine", groupName="no_such_group"),
        text("fine", label=""),
        text("fine", type="bool", fieldType="booleancheckbox"),
        text("fine", type="enumeration", fieldType="select", options=[{"value": "a"}, {"value": "a"}]),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(grouped, told):
    assert grouped.refused("POST", f"{OLD}/companies", told)["category"] == "VALIDATION_ERROR"


def test_an_unknown_property_is_not_found(api):
    api.refused("GET", f"{OLD}/companies/nothing_such", status=404)
    api.refused("PATCH", f"{OLD}/companies/nothing_such", {"label": "x"}, status=404)
    api.refused("GET", f"{OLD}/companies/groups/nothing_such", status=404)


def test_at_most_ten_properties_of_an_object_are_unique_and_none_of_products(grouped):
    for number in range(10):
        grouped.ok("POST", f"{OLD}/tasks", text(f"key_{number}", hasUniqueValue=True), status=201)
    grouped.refused("POST", f"{OLD}/tasks", text("key_10", hasUniqueValue=True))
    grouped.refused("POST", f"{OLD}/products", text("key", hasUniqueValue=True))


def test_new_options_replace_the_old_ones(grouped):
    risk = text("risk", type="enumeration", fieldType="select", options=[{"label": "None", "value": "none"}])
    grouped.ok("POST", f"{OLD}/companies", risk, status=201)
    grouped.company(risk="none")
    high = [{"label": "High", "value": "high", "displayOrder": 0, "hidden": False}]
    changed = grouped.ok("PATCH", f"{OLD}/companies/risk", {"options": high})
    assert [option["value"] for option in changed["options"]] == ["high"]
    refused = grouped.refused("POST", "/crm/v3/objects/companies", {"properties": {"risk": "none"}})
    assert refused["errors"][0]["code"] == "INVALID_OPTION"


def test_several_choices_are_separated_by_semicolons(api):
    made = api.contact(hs_buying_role="CHAMPION;END_USER")
    assert api.search("contacts", properties=["hs_buying_role"])["results"][0]["id"] == made
    body = {"properties": {"hs_buying_role": "CHAMPION;NOBODY"}}
    api.refused("PATCH", f"/crm/v3/objects/contacts/{made}", body)


def test_an_archived_property_takes_no_values_and_is_brought_back_by_its_name(grouped):
    grouped.ok("POST", f"{OLD}/companies", text("tossup_note"), status=201)
    id = grouped.company(tossup_note="kept")
    grouped.ok("DELETE", f"{OLD}/companies/tossup_note", status=204)
    grouped.refused("GET", f"{OLD}/companies/tossup_note", status=404)
    assert grouped.ok("GET", f"{OLD}/companies/tossup_note?archived=true")["archived"] is True
    path = f"/crm/v3/objects/companies/{id}"
    assert "tossup_note" not in grouped.ok("GET", f"{path}?properties=tossup_note")["properties"]
    grouped.refused("PATCH", path, {"properties": {"tossup_note": "x"}})
    grouped.ok("POST", f"{OLD}/companies", text("tossup_note"), status=201)
    assert grouped.ok("GET", f"{path}?properties=tossup_note")["properties"]["tossup_note"] == "kept"
    grouped.refused("DELETE", f"{OLD}/companies/name")


def test_a_batch_of_properties_is_201_in_v3_and_200_in_2026_09(grouped):
    made = grouped.ok("POST", f"{OLD}/companies/batch/create", {"inputs": [text("a1"), text("a2")]}, status=201)
    assert [one["name"] for one in made["results"]] == ["a1", "a2"]
    made = grouped.ok("POST", f"{SEPTEMBER}/companies/batch/create", {"inputs": [text("a3")]}, status=200)
    assert made["results"][0]["name"] == "a3"
    partly = grouped.ok("POST", f"{OLD}/companies/batch/create", {"inputs": [text("a3"), text("a4")]}, status=207)
    assert [one["name"] for one in partly["results"]] == ["a4"]
    assert partly["errors"][0]["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    read = grouped.ok("POST", f"{OLD}/companies/batch/read", {"inputs": [{"name": "a1"}], "archived": False})
    assert read["results"][0]["name"] == "a1"
    grouped.ok("POST", f"{OLD}/companies/batch/archive", {"inputs": [{"name": "a1"}]}, status=204)
    grouped.ok("POST", f"{OLD}/companies/batch/read", {"inputs": [{"name": "a1"}]}, status=207)


def test_groups_are_listed_with_the_standard_ones(grouped):
    names = {one["name"] for one in grouped.ok("GET", f"{OLD}/companies/groups")["results"]}
    assert names >= {"companyinformation", "tossup"}
    assert grouped.ok("GET", f"{OLD}/companies/groups/tossup")["label"] == "Tossup"


def test_a_custom_object_can_be_associated_with_more_objects_later(api):
    one = {"name": "usage_name", "label": "Name", "type": "string", "fieldType": "text"}
    labels = {"singular": "Usage", "plural": "Usages"}
    made = api.ok("POST", "/crm/v3/schemas", {"name": "usage", "labels": labels, "properties": [one]}, status=201)
    type_id = made["objectTypeId"]
    body = {"fromObjectTypeId": type_id, "toObjectTypeId": "0-7", "name": "usage_to_product"}
    told = api.ok("POST", f"/crm/v3/schemas/{type_id}/associations", body, status=201)
    assert (told["fromObjectTypeId"], told["toObjectTypeId"]) == (type_id, "0-7")
    api.refused("POST", "/crm/v3/schemas/companies/associations", body, status=404)
    seen = api.ok("GET", f"/crm/v3/schemas/{type_id}")["associations"]
    assert told["id"] in [one["id"] for one in seen]
