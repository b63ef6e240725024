"""Associations: default and labelled, single and in batches."""

import pytest

V4, SEPTEMBER = "/crm/v4/associations", "/crm/associations/2026-09"


def spec(id):
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id}


def read(api, one, other, *ids, prefix=V4, status=200):
    body = {"inputs": [{"id": id} for id in ids]}
    return api.ok("POST", f"{prefix}/{one}/{other}/batch/read", body, status=status)


def types(entry):
    return {type["typeId"]: type["label"] for type in entry["associationTypes"]}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("contacts", "companies", {1: "Primary", 279: None}),
        ("companies", "contacts", {2: "Primary", 280: None}),
        ("deals", "companies", {5: "Primary", 341: None}),
        ("deals", "contacts", {3: None}),
        ("deals", "line_items", {19: None}),
        ("tickets", "contacts", {16: None}),
        ("tasks", "companies", {192: None}),
        ("tasks", "contacts", {204: None}),
        ("tasks", "deals", {216: None}),
    ],
)
def test_the_default_link_has_the_vendors_type_ids_from_both_ends(api, one, other, expected):
    values = {
        "contacts": {"lastname": "x"},
        "companies": {"name": "x"},
        "deals": {"dealname": "x"},
        "line_items": {"name": "x"},
        "tickets": {"subject": "x", "hs_pipeline_stage": "1"},
        "tasks": {"hs_timestamp": "0"},
    }
    id, to = (api.portal.insert(object, [values[object]])[0] for object in (one, other))
    body = {"inputs": [{"from": {"id": id}, "to": {"id": to}}]}
    made = api.ok("POST", f"{V4}/{one}/{other}/batch/associate/default", body)
    assert len(made["results"]) == 2
    assert made["results"][0]["from"]["id"] == id
    found = read(api, one, other, id)["results"][0]
    assert found["from"]["id"] == id
    assert found["to"][0]["toObjectId"] == to
    assert types(found["to"][0]) == expected
    assert read(api, other, one, to)["results"][0]["to"][0]["toObjectId"] == id


@pytest.mark.parametrize(("prefix", "status"), [(V4, 207), (SEPTEMBER, 200)])
def test_records_without_links_are_missing_from_a_batch_and_named(api, prefix, status):
    contact = api.contact(associations={"companies": [api.company()]})
    lonely = api.contact()
    found = read(api, "contacts", "companies", contact, lonely, "4", prefix=prefix, status=status)
    assert [one["from"]["id"] for one in found["results"]] == [contact]
    assert found["numErrors"] == 2
    assert found["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert found["errors"][0]["context"]["fromObjectId"] == [lonely]


def test_many_links_come_in_pages(api):
    firm = api.company()
    contacts = api.portal.insert("contacts", [{"associations": {"companies": [firm]}} for _ in range(501)])
    first = read(api, "companies", "contacts", firm)["results"][0]
    assert [one["toObjectId"] for one in first["to"]] == contacts[:500]
    after = first["paging"]["next"]["after"]
    body = {"inputs": [{"id": firm, "after": after}]}
    second = api.ok("POST", f"{V4}/companies/contacts/batch/read", body)["results"][0]
    assert [one["toObjectId"] for one in second["to"]] == contacts[500:]
    assert "paging" not in second
    single = api.ok("GET", f"/crm/v4/objects/companies/{firm}/associations/contacts?limit=2")
    assert [one["toObjectId"] for one in single["results"]] == contacts[:2]


def test_a_new_primary_takes_the_place_of_the_old_one(api):
    first, second = api.company(), api.company()
    contact = api.contact(associations={"companies": [first, second]})
    assert [1 in types(one) for one in read(api, "contacts", "companies", contact)["results"][0]["to"]] == [
        True,
        False,
    ]
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{second}"
    made = api.ok("PUT", path, [spec(1)], status=201)
    assert made["labels"] == ["Primary"]
    assert made["fromObjectTypeId"] == "0-1"
    assert [1 in types(one) for one in read(api, "contacts", "companies", contact)["results"][0]["to"]] == [
        False,
        True,
    ]
    assert api.portal.inspect("contacts")["records"][0]["properties"]["associatedcompanyid"] == second


def test_a_batch_of_links_answers_201_and_tells_what_is_not_there(api):
    task = api.portal.insert("tasks", [{"hs_timestamp": "0"}])[0]
    contact = api.contact()
    good = {"from": {"id": task}, "to": {"id": contact}, "types": [spec(204)]}
    made = api.ok("POST", f"{V4}/tasks/contacts/batch/create", {"inputs": [good]}, status=201)
    assert made["results"][0]["toObjectId"] == contact
    bad = good | {"to": {"id": "4"}}
    mixed = api.ok("POST", f"{V4}/tasks/contacts/batch/create", {"inputs": [good, bad]}, status=207)
    assert (len(mixed["results"]), mixed["numErrors"]) == (1, 1)
    wrong = good | {"types": [spec(279)]}
    refused = api.ok("POST", f"{SEPTEMBER}/tasks/contacts/batch/create", {"inputs": [wrong]}, status=201)
    assert "279" in refused["errors"][0]["message"]


def test_unlinking_is_204_in_v4_and_200_in_dated_versions(api):
    firm = api.company()
    for prefix, status in ((V4, 204), (SEPTEMBER, 200)):
        contact = api.contact(associations={"companies": [firm]})
        body = {"inputs": [{"from": {"id": contact}, "to": [{"id": firm}]}]}
        api.ok("POST", f"{prefix}/contacts/companies/batch/archive", body, status=status)
        assert read(api, "contacts", "companies", contact, status=207)["results"] == []


def test_only_a_label_can_be_taken_away(api):
    made = api.ok("POST", f"{V4}/contacts/companies/labels", {"label": "Buyer", "name": "buyer"})
    label = made["results"][0]["typeId"]
    firm = api.company()
    contact = api.contact(associations={"companies": [firm]})
    told = {"from": {"id": contact}, "to": {"id": firm}, "types": [{"associationTypeId": label}]}
    api.ok("POST", f"{V4}/contacts/companies/batch/create", {"inputs": [told]}, status=201)
    assert "Buyer" in types(read(api, "contacts", "companies", contact)["results"][0]["to"][0]).values()
    api.ok("POST", f"{V4}/contacts/companies/batch/labels/archive", {"inputs": [told]}, status=204)
    assert types(read(api, "contacts", "companies", contact)["results"][0]["to"][0]) == {1: "Primary", 279: None}
    labels = api.ok("GET", f"{V4}/contacts/companies/labels")["results"]
    assert {one["label"] for one in labels} == {"Primary", None, "Buyer"}


def test_batches_have_their_limits(api):
    inputs = {"inputs": [{"id": str(n)} for n in range(1001)]}
    api.refused("POST", f"{V4}/contacts/companies/batch/read", inputs)
    pairs = [{"from": {"id": "1"}, "to": {"id": "2"}}] * 2001
    api.refused("POST", f"{V4}/contacts/companies/batch/associate/default", {"inputs": pairs})
    api.refused("POST", f"{V4}/contacts/companies/batch/archive", {"inputs": [{"from": {"id": "1"}, "to": []}] * 101})


def test_a_parent_company_shows_on_its_child(api):
    parent, child = api.company(), api.company()
    body = {"inputs": [{"from": {"id": child}, "to": {"id": parent}, "types": [spec(14)]}]}
    api.ok("POST", f"{V4}/companies/companies/batch/create", body, status=201)
    path = f"/crm/v3/objects/companies/{child}?properties=hs_parent_company_id"
    assert api.ok("GET", path)["properties"]["hs_parent_company_id"] == parent
    back = read(api, "companies", "companies", parent)["results"][0]["to"][0]
    assert types(back) == {13: "Child company", 450: None}
    api.ok("DELETE", f"/crm/v4/objects/companies/{child}/associations/companies/{parent}", status=204)
    assert api.ok("GET", path)["properties"]["hs_parent_company_id"] is None


def test_a_seeded_parent_is_linked_too(api):
    parent = api.company()
    child = api.company(hs_parent_company_id=parent)
    assert read(api, "companies", "companies", child)["results"][0]["to"][0]["toObjectId"] == parent


def test_two_companies_may_be_each_others_parent_as_careless_people_make_them(api):
    first = api.company()
    second = api.company(hs_parent_company_id=first)
    api.portal.link("companies", "companies", [(first, second)], [14])
    records = {one["id"]: one["properties"] for one in api.portal.inspect("companies")["records"]}
    assert records[first]["hs_parent_company_id"] == second
    assert records[second]["hs_parent_company_id"] == first
    api.portal.act("Owner 01", "unlink", "companies", first, {"to": "companies", "id": second})
    assert not any("hs_parent_company_id" in one["properties"] for one in api.portal.inspect("companies")["records"])


def test_a_default_link_takes_no_label_away(api):
    firm, contact = api.company(), api.contact()
    label = api.ok("POST", f"{V4}/contacts/companies/labels", {"label": "Buyer", "name": "buyer"})["results"][0]
    api.portal.link("contacts", "companies", [(contact, firm)], [label["typeId"]])
    api.ok("PUT", f"/crm/v4/objects/contacts/{contact}/associations/default/companies/{firm}")
    assert label["typeId"] in types(read(api, "contacts", "companies", contact)["results"][0]["to"][0])


def test_links_do_not_move_the_modification_time(api):
    contact, firm = api.contact(), api.company()
    before = api.ok("GET", f"/crm/v3/objects/contacts/{contact}")["updatedAt"]
    api.emulator.clock.advance(60)
    api.ok("PUT", f"/crm/objects/2026-09/contacts/{contact}/associations/default/companies/{firm}")
    assert api.ok("GET", f"/crm/v3/objects/contacts/{contact}")["updatedAt"] == before


def test_an_archived_record_is_linked_to_nothing(api):
    firm = api.company()
    contact = api.contact(associations={"companies": [firm]})
    api.ok("DELETE", f"/crm/v3/objects/companies/{firm}", status=204)
    assert read(api, "contacts", "companies", contact, status=207)["results"] == []
