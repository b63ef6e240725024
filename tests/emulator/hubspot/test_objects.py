"""Single records and lists of them, over HTTP."""

import pytest

PREFIXES = ("/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", ["companies", "company", "0-2", "Companies"])
def test_an_object_goes_by_its_plural_its_singular_and_its_number_in_every_version(api, prefix, name):
    made = api.ok("POST", f"{prefix}/{name}", {"properties": {"name": "Example Industries 001"}}, status=201)
    read = api.ok("GET", f"{prefix}/{name}/{made['id']}")
    assert read["properties"]["name"] == "Example Industries 001"
    assert set(read) == {"id", "properties", "createdAt", "updatedAt", "archived"}
    assert read["properties"]["hs_object_id"] == made["id"]
    assert read["properties"]["hs_lastmodifieddate"] == read["updatedAt"]


def test_a_version_that_was_never_released_is_not_found(api):
    api.refused("GET", "/crm/objects/2025-01/companies", status=404)


def test_an_unknown_object_is_named_in_the_refusal(api):
    assert "spaceships" in api.refused("GET", "/crm/v3/objects/spaceships")["message"]


def test_contacts_are_stamped_lastmodifieddate_and_everything_else_hs_lastmodifieddate(api):
    contact = api.ok("GET", f"/crm/v3/objects/contacts/{api.contact()}")["properties"]
    assert "lastmodifieddate" in contact
    assert "hs_lastmodifieddate" not in contact
    task = api.ok("POST", "/crm/v3/objects/tasks", {"properties": {"hs_timestamp": 0}}, status=201)["properties"]
    assert "hs_lastmodifieddate" in task
    assert "lastmodifieddate" not in task


def test_every_value_is_a_text(api):
    properties = {"numberofemployees": 12, "is_public": True, "annualrevenue": 1.5, "closedate": 1767225600000}
    made = api.ok("POST", "/crm/v3/objects/companies", {"properties": properties}, status=201)["properties"]
    assert made["numberofemployees"] == "12"
    assert made["is_public"] == "true"
    assert made["annualrevenue"] == "1.5"
    assert made["closedate"] == "2026-01-01T00:00:00.000Z"


def test_an_empty_text_and_null_clear_a_value(api):
    id = api.company(city="Example City", zip="000")
    changed = api.ok("PATCH", f"/crm/v3/objects/companies/{id}", {"properties": {"city": "", "zip": None}})
    assert "city" not in changed["properties"]
    read = api.ok("GET", f"/crm/v3/objects/companies/{id}?properties=city,zip")["properties"]
    assert read["city"] is None
    assert read["zip"] is None


def test_a_list_pages_by_id_and_its_last_page_has_no_paging(api):
    ids = api.portal.insert("companies", [{"name": f"Example Industries {n:03}"} for n in range(5)])
    first = api.ok("GET", "/crm/v3/objects/companies?limit=3")
    assert [one["id"] for one in first["results"]] == ids[:3]
    after = first["paging"]["next"]["after"]
    assert f"after={after}" in first["paging"]["next"]["link"]
    second = api.ok("GET", f"/crm/v3/objects/companies?limit=3&after={after}")
    assert [one["id"] for one in second["results"]] == ids[3:]
    assert "paging" not in second


def test_more_than_a_hundred_a_page_is_refused_and_fifty_with_history(api):
    api.refused("GET", "/crm/v3/objects/companies?limit=101")
    api.refused("GET", "/crm/v3/objects/companies?limit=51&propertiesWithHistory=name")
    api.ok("GET", "/crm/v3/objects/companies?limit=50&propertiesWithHistory=name")


def test_a_url_too_long_is_414(api):
    names = ",".join(f"property_number_{n}" for n in range(1000))
    assert api.call("GET", f"/crm/v3/objects/companies?properties={names}").status_code == 414


def test_unknown_properties_are_ignored_when_reading_and_refused_when_writing(api):
    id = api.company()
    read = api.ok("GET", f"/crm/v3/objects/companies/{id}?properties=name&properties=not_there")
    assert "not_there" not in read["properties"]
    refused = api.refused("PATCH", f"/crm/v3/objects/companies/{id}", {"properties": {"not_there": "1"}})
    assert refused["category"] == "VALIDATION_ERROR"
    assert refused["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert refused["errors"][0]["context"] == {"propertyName": ["not_there"]}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("industry", "NOT_AN_INDUSTRY", "INVALID_OPTION"),
        ("hs_num_child_companies", "1", "READ_ONLY_VALUE"),
        ("numberofemployees", "many", "INVALID_INTEGER"),
        ("is_public", "perhaps", "INVALID_OPTION"),
        ("closedate", "soon", "INVALID_LONG"),
        ("hubspot_owner_id", "1", "INVALID_OWNER_ID"),
    ],
)
def test_one_bad_value_rejects_the_whole_record(api, name, value, code):
    refused = api.refused("POST", "/crm/v3/objects/companies", {"properties": {"name": "x", name: value}})
    assert [error["code"] for error in refused["errors"]] == [code]
    assert refused["message"].startswith("Property values were not valid: [")
    assert api.search("companies")["total"] == 0


def test_several_bad_values_are_all_named(api):
    refused = api.refused("POST", "/crm/v3/objects/companies", {"properties": {"industry": "x", "a": "b"}})
    assert len(refused["errors"]) == 2


def test_a_task_needs_its_due_date_and_a_lead_its_name(api):
    refused = api.refused("POST", "/crm/v3/objects/tasks", {"properties": {"hs_task_subject": "Call"}})
    assert refused["context"] == {"properties": ["hs_timestamp"]}
    refused = api.refused("POST", "/crm/v3/objects/leads", {"properties": {}})
    assert refused["context"] == {"properties": ["hs_lead_name"]}


def test_a_lead_needs_an_existing_contact_or_company(api):
    lead = {"properties": {"hs_lead_name": "More seats"}, "associations": []}
    assert "associated" in api.refused("POST", "/crm/v3/objects/leads", lead)["message"]
    lead["associations"] = [
        {"to": {"id": "1"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]}
    ]
    assert "does not exist" in api.refused("POST", "/crm/v3/objects/leads", lead)["message"]
    lead["associations"][0]["to"]["id"] = contact = api.contact()
    made = api.ok("POST", "/crm/v3/objects/leads", lead, status=201)
    assert made["properties"]["hs_pipeline_stage"] == "new-stage-id"
    assert made["properties"]["hs_lead_is_open"] == "true"
    assert api.portal.inspect("leads")["records"][0]["properties"]["hs_primary_contact_id"] == contact


def test_a_lead_without_any_primary_is_gone(api):
    contact = api.contact()
    lead = api.portal.insert("leads", [{"hs_lead_name": "x", "associations": {"contacts": [contact]}}])[0]
    api.ok("DELETE", f"/crm/v4/objects/leads/{lead}/associations/contacts/{contact}", status=204)
    api.refused("GET", f"/crm/v3/objects/leads/{lead}", status=404)


def test_a_second_contact_with_the_same_email_is_a_conflict_that_names_the_first(api):
    first = api.contact(email="someone@example.com")
    body = {"properties": {"email": "Someone@Example.com"}}
    refused = api.refused("POST", "/crm/v3/objects/contacts", body, status=409)
    assert refused["category"] == "CONFLICT"
    assert refused["message"] == f"Contact already exists. Existing ID: {first}"


def test_a_record_is_read_and_changed_by_a_unique_property(api):
    id = api.contact(email="someone@example.com")
    read = api.ok("GET", "/crm/v3/objects/contacts/SOMEONE@example.com?idProperty=email")
    assert read["id"] == id
    path = "/crm/v3/objects/contacts/someone@example.com?idProperty=email"
    assert api.ok("PATCH", path, {"properties": {"jobtitle": "Buyer"}})["id"] == id
    api.refused("GET", "/crm/v3/objects/contacts/x?idProperty=jobtitle")


def test_the_stage_of_a_deal_decides_whether_it_is_closed_and_won(api):
    deal = {"properties": {"dealname": "Example deal", "dealstage": "closedwon", "amount": "10"}}
    made = api.ok("POST", "/crm/v3/objects/deals", deal, status=201)
    assert made["properties"]["hs_is_closed"] == "true"
    assert made["properties"]["hs_is_closed_won"] == "true"
    assert made["properties"]["pipeline"] == "default"
    assert made["properties"]["deal_currency_code"] == "USD"
    assert made["properties"]["closedate"] is not None
    path = f"/crm/v3/objects/deals/{made['id']}"
    lost = api.ok("PATCH", path, {"properties": {"dealstage": "closedlost"}})["properties"]
    assert (lost["hs_is_closed"], lost["hs_is_closed_won"]) == ("true", "false")
    refused = api.refused("PATCH", path, {"properties": {"dealstage": "no such stage"}})
    assert refused["errors"][0]["code"] == "INVALID_OPTION"
    refused = api.refused("PATCH", path, {"properties": {"pipeline": "no such pipeline"}})
    assert refused["errors"][0]["context"]["propertyName"] == ["pipeline"]


def test_a_closed_ticket_has_a_closing_date_and_a_reopened_one_none(api):
    made = api.portal.insert("tickets", [{"subject": "Example", "hs_pipeline_stage": "4"}])[0]
    path = f"/crm/v3/objects/tickets/{made}?properties=closed_date,hs_pipeline"
    assert api.ok("GET", path)["properties"]["closed_date"] is not None
    api.ok("PATCH", f"/crm/v3/objects/tickets/{made}", {"properties": {"hs_pipeline_stage": "1"}})
    assert api.ok("GET", path)["properties"]["closed_date"] is None


def test_a_line_item_takes_name_and_price_from_its_product(api):
    product = api.portal.insert("products", [{"name": "Example Product 01", "price": "30"}])[0]
    body = {"properties": {"hs_product_id": product, "quantity": "3"}}
    made = api.ok("POST", "/crm/v3/objects/line_items", body, status=201)["properties"]
    assert (made["name"], made["price"], made["amount"]) == ("Example Product 01", "30", "90")


def test_an_archived_record_is_found_only_where_archived_ones_are_asked_for(api):
    id = api.company()
    api.ok("DELETE", f"/crm/v3/objects/companies/{id}", status=204)
    api.ok("DELETE", f"/crm/v3/objects/companies/{id}", status=204)
    api.refused("GET", f"/crm/v3/objects/companies/{id}", status=404)
    assert api.ok("GET", "/crm/v3/objects/companies")["results"] == []
    archived = api.ok("GET", "/crm/v3/objects/companies?archived=true")["results"]
    assert [one["id"] for one in archived] == [id]
    assert archived[0]["archived"] is True
    assert "archivedAt" in archived[0]


def test_history_tells_every_value_when_and_by_whom(api):
    id = api.company(city="First City")
    api.emulator.clock.advance(60)
    api.portal.act("Owner 01", "update", "companies", id, {"city": "Second City"})
    read = api.ok("GET", f"/crm/v3/objects/companies/{id}?propertiesWithHistory=city,name")
    city = read["propertiesWithHistory"]["city"]
    assert [(entry["value"], entry["sourceType"]) for entry in city] == [
        ("Second City", "CRM_UI"),
        ("First City", "INTEGRATION"),
    ]
    assert city[0]["timestamp"] == read["updatedAt"]
    assert city[1]["timestamp"] == read["createdAt"]
    user = city[0]["updatedByUserId"]
    assert isinstance(user, int)
    assert (city[0]["sourceId"], city[0]["sourceLabel"]) == (f"userId:{user}", None)
    assert (city[1]["updatedByUserId"], city[1]["sourceLabel"]) == (None, "Integration")
    assert city[1]["sourceId"].isdigit()
    assert len(read["propertiesWithHistory"]["name"]) == 1


def test_writing_the_same_value_again_does_not_move_the_modification_time(api):
    id = api.company(city="Same City")
    before = api.ok("GET", f"/crm/v3/objects/companies/{id}")["updatedAt"]
    api.emulator.clock.advance(60)
    assert (
        api.ok("PATCH", f"/crm/v3/objects/companies/{id}", {"properties": {"city": "Same City"}})["updatedAt"]
        == before
    )


def test_an_empty_portal_can_be_filled_with_feedback(api):
    firm = api.company()
    body = {"properties": {"hs_survey_type": "NPS", "hs_value": 9, "hs_submission_timestamp": "2026-01-31T09:00:00Z"}}
    id = api.ok("POST", "/crm/v3/objects/feedback_submissions", body, status=201)["id"]
    api.ok("PUT", f"/crm/v4/objects/feedback_submissions/{id}/associations/default/companies/{firm}")
    told = api.ok("GET", f"/crm/v3/objects/feedback_submissions/{id}?properties=hs_value&associations=companies")
    assert told["properties"]["hs_value"] == "9"
    assert [one["id"] for one in told["associations"]["companies"]["results"]] == [firm]


def test_the_word_bearer_may_be_written_in_any_case(api):
    key = api.portal.auth.service_key
    for word, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401)):
        answer = api.call("GET", "/crm/v3/objects/companies", headers={"Authorization": f"{word} {key}"})
        assert answer.status_code == status


def test_rules_of_the_portal_bind_from_2026_09_on_and_not_before(api):
    api.portal.settings({"required_since_2026_09": {"companies": ["domain"]}})
    body = {"properties": {"name": "Example Industries 001"}}
    api.ok("POST", "/crm/v3/objects/companies", body, status=201)
    api.ok("POST", "/crm/objects/2026-03/companies", body, status=201)
    refused = api.refused("POST", "/crm/objects/2026-09/companies", body)
    assert refused["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"


def test_bad_json_is_told_by_line_and_column(api):
    answer = api.session.post(f"{api.emulator.url}/crm/v3/objects/companies", data=b'{"properties": ', timeout=10)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON on line 1, column ")


def test_listing_shows_associations_when_asked_and_at_most_a_hundred_of_each(api):
    company = api.company()
    contacts = api.portal.insert(
        "contacts", [{"lastname": f"Example {n:03}", "associations": {"companies": [company]}} for n in range(101)]
    )
    read = api.ok("GET", "/crm/v3/objects/companies?associations=contacts,deals")["results"][0]
    assert set(read["associations"]) == {"contacts"}
    linked = read["associations"]["contacts"]
    assert list(dict.fromkeys(entry["id"] for entry in linked["results"])) == contacts[:100]
    assert linked["paging"]["next"]["after"] == contacts[99]
    one = api.ok("GET", f"/crm/v3/objects/contacts/{contacts[0]}?associations=companies")["associations"]["companies"]
    assert {entry["type"] for entry in one["results"]} == {"contact_to_company", "contact_to_company_unlabeled"}


def test_a_custom_object_behaves_like_any_other(api):
    schema = {
        "name": "product_usage",
        "labels": {"singular": "Product usage", "plural": "Product usages"},
        "primaryDisplayProperty": "usage_date",
        "requiredProperties": ["usage_date"],
        "properties": [
            {"name": "usage_date", "label": "Date", "type": "date", "fieldType": "date"},
            {"name": "quantity", "label": "Users", "type": "number", "fieldType": "number"},
        ],
        "associatedObjects": ["COMPANY", "0-7"],
    }
    made = api.ok("POST", "/crm/v3/schemas", schema, status=201)
    assert made["objectTypeId"].startswith("2-")
    assert made["fullyQualifiedName"].endswith("_product_usage")
    assert {one["toObjectTypeId"] for one in made["associations"]} >= {"0-2", "0-7"}
    company = api.company()
    for name in (made["objectTypeId"], made["fullyQualifiedName"], "product_usage"):
        body = {"properties": {"usage_date": "2026-01-31", "quantity": 5}}
        id = api.ok("POST", f"/crm/objects/2026-09/{name}", body, status=201)["id"]
        api.ok("PUT", f"/crm/v4/objects/{name}/{id}/associations/default/companies/{company}")
    listed = api.ok("GET", f"/crm-object-schemas/2026-03/schemas/{made['objectTypeId']}")
    assert listed["name"] == "product_usage"
    assert [one["name"] for one in api.ok("GET", "/crm/v3/schemas")["results"]] == ["product_usage"]
    api.refused("POST", "/crm/v3/objects/product_usage", {"properties": {"quantity": 5}})
    assert api.search("product_usage")["total"] == 3
    api.refused("POST", "/crm/v3/schemas", schema, status=409)
