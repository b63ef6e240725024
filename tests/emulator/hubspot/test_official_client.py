"""The vendor's own Python client against the portal: it is strict about statuses, so the shapes must be right."""

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import (
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicDefaultAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
)
from hubspot.crm.companies import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.companies.exceptions import ApiException
from hubspot.crm.properties import BatchInputPropertyCreate, PropertyCreate, PropertyGroupCreate, PropertyUpdate


@pytest.fixture
def client(api) -> HubSpot:
    url = api.emulator.url
    return HubSpot(access_token=api.portal.auth.service_key, host=url, base_url=url, retry=False)


def key(name="example_key", **more):
    told = {"name": name, "label": "Key", "type": "string", "field_type": "text", "group_name": "companyinformation"}
    return PropertyCreate(**{**told, **more})


def test_companies_are_created_read_changed_listed_and_archived(client):
    companies = client.crm.companies.basic_api
    made = companies.create(SimplePublicObjectInputForCreate(properties={"name": "Example 001"}, associations=[]))
    assert made.properties["name"] == "Example 001"
    assert made.created_at.tzinfo is not None
    changed = companies.update(made.id, SimplePublicObjectInput(properties={"city": "Example City"}))
    assert changed.properties["city"] == "Example City"
    read = companies.get_by_id(made.id, properties=["city"], properties_with_history=["city"])
    assert read.properties_with_history["city"][0].source_type == "INTEGRATION"
    assert [one.id for one in companies.get_page(limit=100, properties=["city"]).results] == [made.id]
    assert companies.archive(made.id) is None
    with pytest.raises(ApiException) as gone:
        companies.get_by_id(made.id)
    assert gone.value.status == 404


def test_batches_give_typed_results_and_typed_errors(client):
    client.crm.properties.core_api.create("companies", key(has_unique_value=True))
    batch = client.crm.companies.batch_api
    inputs = [
        {"properties": {"name": "Example 001", "example_key": "k1"}, "objectWriteTraceId": "a"},
        {"properties": {"name": "Example 002", "industry": "NONE SUCH"}, "objectWriteTraceId": "b"},
    ]
    made = batch.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    assert type(made).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert (len(made.results), made.num_errors) == (1, 1)
    assert made.errors[0].context["objectWriteTraceId"] == ["b"]
    id = made.results[0].id
    read = batch.read(
        BatchReadInputSimplePublicObjectId(inputs=[{"id": id}], properties=["name"], properties_with_history=[])
    )
    assert read.results[0].properties["name"] == "Example 001"
    changed = batch.update(BatchInputSimplePublicObjectBatchInput(inputs=[{"id": id, "properties": {"city": "x"}}]))
    assert changed.results[0].properties["city"] == "x"
    told = [
        {"id": name, "idProperty": "example_key", "properties": {"city": name}, "objectWriteTraceId": name}
        for name in ("k1", "k2")
    ]
    put = batch.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=told))
    assert [one.new for one in put.results] == [False, True]
    assert batch.archive(BatchInputSimplePublicObjectId(inputs=[{"id": id}])) is None


def test_search_pages_and_sorts(client, api):
    api.portal.insert("companies", [{"name": f"Example {n:03}", "numberofemployees": n} for n in range(5)])
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "numberofemployees", "operator": "GTE", "value": "2"}]}],
        sorts=[{"propertyName": "numberofemployees", "direction": "DESCENDING"}],
        properties=["name"],
        limit=2,
        after="0",
    )
    found = client.crm.companies.search_api.do_search(request)
    assert (found.total, [one.properties["name"] for one in found.results]) == (3, ["Example 004", "Example 003"])
    assert found.paging.next.after == "2"


def test_properties_and_groups(client):
    properties = client.crm.properties
    assert (
        properties.groups_api.create("companies", PropertyGroupCreate(name="tossup", label="Tossup")).name == "tossup"
    )
    made = properties.core_api.create("companies", key(group_name="tossup", has_unique_value=True))
    assert made.has_unique_value is True
    assert properties.core_api.update("companies", "example_key", PropertyUpdate(label="The key")).label == "The key"
    assert properties.core_api.get_by_name("companies", "example_key").label == "The key"
    more = properties.batch_api.create("companies", BatchInputPropertyCreate(inputs=[key("one_more")]))
    assert more.results[0].name == "one_more"
    names = {one.name for one in properties.core_api.get_all("companies").results}
    assert names >= {"name", "industry", "example_key", "one_more"}
    assert properties.core_api.archive("companies", "example_key") is None
    with pytest.raises(Exception, match="OBJECT_ALREADY_EXISTS"):
        properties.core_api.create("companies", key("one_more"))


def test_associations(client, api):
    company, task = api.company(), api.portal.insert("tasks", [{"hs_timestamp": "0"}])[0]
    batch = client.crm.associations.v4.batch_api
    pair = {"from": {"id": task}, "to": {"id": company}}
    told = {**pair, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]}
    made = batch.create("tasks", "companies", BatchInputPublicAssociationMultiPost(inputs=[told]))
    assert made.results[0].to_object_id == company
    default = batch.create_default("tasks", "companies", BatchInputPublicDefaultAssociationMultiPost(inputs=[pair]))
    assert default.results[0].association_spec.association_type_id == 192
    read = batch.get_page("tasks", "companies", BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": task}]))
    assert read.results[0].to[0].association_types[0].type_id == 192
    labels = client.crm.associations.v4.schema.definitions_api.get_all("contacts", "companies").results
    assert {one.type_id for one in labels} == {1, 279}
    single = client.crm.associations.v4.basic_api.get_page("tasks", task, "companies")
    assert len(single.results) == 1


def test_owners_pipelines_and_tokens(client, api):
    id = api.portal.insert("owners", [{"firstName": "Owner", "lastName": "01", "email": "owner01@example.com"}])[0]
    owner = client.crm.owners.owners_api.get_page(limit=500).results[0]
    assert (owner.id, owner.type, owner.first_name) == (id, "PERSON", "Owner")
    stages = client.crm.pipelines.pipelines_api.get_all("deals").results[0].stages
    assert stages[-1].metadata["isClosed"] == "true"
    known = api.emulator.announcement["hubspot"]
    granted = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=known["client_id"],
        client_secret=known["client_secret"],
        refresh_token=known["refresh_token"],
    )
    client.access_token = granted.access_token
    assert client.crm.companies.basic_api.get_page().results == []


def test_custom_objects_and_leads_by_the_generic_client(client, api):
    company = api.company()
    lead = SimplePublicObjectInputForCreate(
        properties={"hs_lead_name": "More seats"},
        associations=[
            {"to": {"id": company}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 610}]}
        ],
    )
    assert client.crm.objects.leads.basic_api.create(lead).properties["hs_lead_name"] == "More seats"
    subscription = {"properties": {"hs_name": "Example subscription"}, "associations": []}
    made = client.crm.objects.basic_api.create("subscriptions", subscription)
    assert made.properties["hs_name"] == "Example subscription"
