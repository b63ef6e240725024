"""Batches: what stands alone, what fails together, and which status says so."""

import pytest

OLD, MARCH, SEPTEMBER = "/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"


def company(name, trace=None, **properties):
    told = {"properties": {"name": name, **properties}}
    return told if trace is None else told | {"objectWriteTraceId": trace}


def define_key(api, object="companies", name="example_key"):
    body = {
        "name": name,
        "label": "Key",
        "type": "string",
        "fieldType": "text",
        "groupName": f"{object[:-1] if object != 'companies' else 'company'}information",
        "hasUniqueValue": True,
    }
    if object == "tasks":
        body["groupName"] = "task"
    api.ok("POST", f"/crm/v3/properties/{object}", body, status=201)


@pytest.mark.parametrize("prefix", [OLD, MARCH, SEPTEMBER])
def test_a_batch_of_new_records_is_201_complete_and_in_order(api, prefix):
    body = {"inputs": [company(f"Example Industries {n:03}", f"t{n}") for n in range(3)]}
    made = api.ok("POST", f"{prefix}/companies/batch/create", body, status=201)
    assert made["status"] == "COMPLETE"
    assert "startedAt" in made
    assert "errors" not in made
    assert [one["objectWriteTraceId"] for one in made["results"]] == ["t0", "t1", "t2"]
    assert [one["properties"]["name"] for one in made["results"]] == [f"Example Industries {n:03}" for n in range(3)]


@pytest.mark.parametrize(("prefix", "status"), [(OLD, 207), (MARCH, 207), (SEPTEMBER, 201)])
def test_with_traces_each_input_stands_alone(api, prefix, status):
    inputs = [company("Example Industries 001", "a"), company("Example Industries 002", "b", industry="NONE SUCH")]
    made = api.ok("POST", f"{prefix}/companies/batch/create", {"inputs": inputs}, status=status)
    assert [one["objectWriteTraceId"] for one in made["results"]] == ["a"]
    assert made["numErrors"] == 1
    error = made["errors"][0]
    assert error["context"]["objectWriteTraceId"] == ["b"]
    assert error["category"] == "VALIDATION_ERROR"
    assert error["errors"][0]["code"] == "INVALID_OPTION"


@pytest.mark.parametrize("traces", [(None, None), ("same", "same"), ("only the first", None)])
def test_without_a_trace_of_its_own_on_every_input_the_first_problem_fails_all(api, traces):
    inputs = [company("Example Industries 001", traces[0]), company("x", traces[1], industry="NONE SUCH")]
    refused = api.refused("POST", f"{OLD}/companies/batch/create", {"inputs": inputs})
    assert refused["errors"][0]["code"] == "INVALID_OPTION"
    assert api.search("companies")["total"] == 0


def test_more_than_a_hundred_inputs_are_refused(api):
    body = {"inputs": [company("x")] * 101}
    api.refused("POST", f"{OLD}/companies/batch/create", body)
    api.refused("POST", f"{OLD}/companies/batch/read", {"inputs": [{"id": str(n)} for n in range(101)]})


@pytest.mark.parametrize(("prefix", "status"), [(OLD, 207), (MARCH, 207), (SEPTEMBER, 200)])
def test_reading_names_the_ids_that_are_not_there(api, prefix, status):
    id = api.company()
    body = {"inputs": [{"id": id}, {"id": "4"}, {"id": "5"}], "properties": ["name"]}
    read = api.ok("POST", f"{prefix}/companies/batch/read", body, status=status)
    assert [one["id"] for one in read["results"]] == [id]
    assert read["numErrors"] == 1
    assert read["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert read["errors"][0]["context"]["ids"] == ["4", "5"]


def test_reading_by_a_unique_property_and_with_history(api):
    define_key(api)
    id = api.company(example_key="k1")
    body = {"inputs": [{"id": "k1"}], "idProperty": "example_key", "propertiesWithHistory": ["name"]}
    read = api.ok("POST", f"{OLD}/companies/batch/read", body)
    assert read["results"][0]["id"] == id
    assert read["results"][0]["propertiesWithHistory"]["name"][0]["value"] == "Example Industries 001"
    api.refused("POST", f"{OLD}/companies/batch/read", {"inputs": [{"id": "x"}], "idProperty": "name"})


def test_an_upsert_creates_then_updates_and_says_which(api):
    define_key(api, "tasks")
    task = {
        "id": "play|42",
        "idProperty": "example_key",
        "properties": {"hs_timestamp": "0", "hs_task_subject": "Call"},
        "objectWriteTraceId": "t",
    }
    first = api.ok("POST", f"{SEPTEMBER}/tasks/batch/upsert", {"inputs": [task]})["results"][0]
    assert first["new"] is True
    assert first["properties"]["example_key"] == "play|42"
    task["properties"] = {"hs_task_subject": "Call again"}
    second = api.ok("POST", f"{SEPTEMBER}/tasks/batch/upsert", {"inputs": [task]})["results"][0]
    assert (second["new"], second["id"]) == (False, first["id"])
    assert second["objectWriteTraceId"] == "t"


def test_an_upsert_needs_a_unique_property_and_an_update_takes_no_record_id_for_one(api):
    id = api.company()
    for verb in ("upsert", "update"):
        told = {"id": id, "idProperty": "hs_object_id", "properties": {"city": "x"}}
        refused = api.refused("POST", f"{OLD}/companies/batch/{verb}", {"inputs": [told]})
        assert refused["message"] == f"Unable to perform {verb} by non-unique 0-2 property hs_object_id"
    api.refused("POST", f"{OLD}/companies/batch/upsert", {"inputs": [{"id": id, "properties": {}}]})
    told = {"id": id, "properties": {"city": "Example City"}}
    changed = api.ok("POST", f"{OLD}/companies/batch/update", {"inputs": [told]})["results"][0]
    assert changed["properties"]["city"] == "Example City"


def test_contacts_are_upserted_by_email_but_not_updated_by_it(api):
    told = {"id": "someone@example.com", "idProperty": "email", "properties": {"lastname": "Example 001"}}
    api.refused("POST", f"{OLD}/contacts/batch/update", {"inputs": [told]})
    made = api.ok("POST", f"{OLD}/contacts/batch/upsert", {"inputs": [told]})["results"][0]
    assert made["new"] is True
    assert made["properties"]["email"] == "someone@example.com"


def test_two_inputs_for_one_record_fail_the_whole_batch_even_with_traces(api):
    define_key(api)
    id = api.company(example_key="k1")
    twice = [
        {"id": id, "properties": {"city": "a"}, "objectWriteTraceId": "1"},
        {"id": "k1", "idProperty": "example_key", "properties": {"city": "b"}, "objectWriteTraceId": "2"},
    ]
    refused = api.refused("POST", f"{OLD}/companies/batch/update", {"inputs": twice})
    assert "Duplicate" in refused["message"]
    new = [
        {"id": "k9", "idProperty": "example_key", "properties": {}, "objectWriteTraceId": str(n)} for n in range(2)
    ]
    api.refused("POST", f"{OLD}/companies/batch/upsert", {"inputs": new})
    assert "city" not in api.portal.inspect("companies")["records"][0]["properties"]


def test_a_unique_value_that_another_record_has_is_a_conflict(api):
    define_key(api)
    api.company(example_key="k1")
    inputs = [
        company("x", "a", example_key="k1"),
        company("y", "b", example_key="k2"),
        company("z", "c", example_key="k2"),
    ]
    made = api.ok("POST", f"{OLD}/companies/batch/create", {"inputs": inputs}, status=207)
    assert [one["objectWriteTraceId"] for one in made["results"]] == ["b"]
    assert [error["category"] for error in made["errors"]] == ["CONFLICT", "CONFLICT"]
    assert made["errors"][0]["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    api.refused("POST", f"{OLD}/companies", {"properties": {"example_key": "k1"}}, status=409)


def test_a_unique_value_is_free_again_when_its_record_is_archived(api):
    define_key(api)
    id = api.company(example_key="k1")
    api.ok("POST", f"{OLD}/companies/batch/archive", {"inputs": [{"id": id}]}, status=204)
    api.ok("POST", f"{OLD}/companies", {"properties": {"example_key": "k1"}}, status=201)


def test_a_missing_record_in_an_update_is_told_with_its_id(api):
    id = api.company()
    inputs = [
        {"id": id, "properties": {"city": "x"}, "objectWriteTraceId": "a"},
        {"id": "4", "properties": {"city": "x"}, "objectWriteTraceId": "b"},
    ]
    changed = api.ok("POST", f"{OLD}/companies/batch/update", {"inputs": inputs}, status=207)
    assert changed["errors"][0]["context"] == {"ids": ["4"], "objectWriteTraceId": ["b"]}
    for told in inputs:
        del told["objectWriteTraceId"]
    api.refused("POST", f"{OLD}/companies/batch/update", {"inputs": inputs}, status=404)


def test_a_batch_of_leads_brings_their_associations(api):
    contact, firm = api.contact(), api.company()
    link = {"associationCategory": "HUBSPOT_DEFINED"}
    lead = {
        "properties": {"hs_lead_name": "More seats", "hs_lead_label": "HOT"},
        "associations": [
            {"to": {"id": contact}, "types": [link | {"associationTypeId": 578}]},
            {"to": {"id": firm}, "types": [link | {"associationTypeId": 610}]},
        ],
    }
    made = api.ok("POST", f"{SEPTEMBER}/leads/batch/create", {"inputs": [lead]}, status=201)["results"][0]
    read = api.ok("GET", f"/crm/v3/objects/leads/{made['id']}?associations=contacts,companies")["associations"]
    assert {entry["id"] for entry in read["contacts"]["results"]} == {contact}
    assert {entry["id"] for entry in read["companies"]["results"]} == {firm}


def test_archiving_what_is_gone_is_fine_and_one_that_is_no_id_refuses_all(api):
    kept, gone = api.company(), api.company()
    path = f"{OLD}/companies/batch/archive"
    for _ in range(2):
        api.ok("POST", path, {"inputs": [{"id": gone}, {"id": "999999"}]}, status=204)
    api.refused("POST", path, {"inputs": [{"id": kept}, {"id": "abc"}]})
    assert api.ok("GET", f"{OLD}/companies/{kept}")["id"] == kept
