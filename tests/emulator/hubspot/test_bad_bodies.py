"""Whatever a client sends, the portal answers: 2xx, or 4xx in HubSpot's envelope."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = (
    "inputs id properties associations types to from associationTypeId idProperty filterGroups filters propertyName",
    "operator value values sorts limit after query name label type fieldType groupName options hasUniqueValue labels",
    "objectWriteTraceId propertiesWithHistory highValue archived associatedObjects requiredProperties",
)
LEAVES = st.sampled_from(
    [None, True, 0, 1, 2.5, "", "x", "1", "name", "EQ", "string", "text", "companyinformation", "192"]
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(" ".join(WORDS).split()), inner, max_size=4)
    ),
    max_leaves=12,
)
BATCHES = ("read", "create", "update", "upsert", "archive")
LINKS = ("batch/read", "batch/create", "batch/associate/default", "batch/archive", "batch/labels/archive", "labels")
REQUESTS = [
    ("POST", "/crm/v3/objects/companies"),
    ("PATCH", "/crm/v3/objects/companies/{id}"),
    ("POST", "/crm/v3/objects/companies/search"),
    *[
        ("POST", f"/crm/v3/objects/companies/batch/{verb}")
        for verb in ("read", "create", "update", "upsert", "archive")
    ],
    *[
        ("POST", f"/crm/v4/associations/tasks/companies/{verb}")
        for verb in (
            "batch/read",
            "batch/create",
            "batch/associate/default",
            "batch/archive",
            "batch/labels/archive",
            "labels",
        )
    ],
    ("PUT", "/crm/v4/objects/companies/{id}/associations/companies/{id}"),
    ("POST", "/crm/v3/properties/companies"),
    ("POST", "/crm/v3/properties/companies/groups"),
    *[("POST", f"/crm/v3/properties/companies/batch/{verb}") for verb in ("read", "create", "archive")],
    ("PATCH", "/crm/v3/properties/companies/city"),
    ("POST", "/crm/v3/schemas"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_no_body_makes_the_portal_fall_over(api, method, path):
    id = api.company()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(body=BODIES | st.fixed_dictionaries({"inputs": st.lists(BODIES, max_size=2)}))
    def sends(body):
        answer = api.call(method, path.format(id=id), body)
        assert answer.status_code < 500, answer.text

    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    sends()


@pytest.mark.parametrize(
    "query",
    ["limit=x", "limit=-1", "after=x", "archived=perhaps", "associations=nothing", "properties=", "idProperty=x"],
)
def test_no_query_does_either(api, query):
    id = api.company()
    paths = (
        "/crm/v3/objects/companies",
        f"/crm/v3/objects/companies/{id}",
        "/crm/v3/owners",
        "/crm/v3/properties/companies",
        f"/crm/v4/objects/companies/{id}/associations/contacts",
    )
    for path in paths:
        assert api.call("GET", f"{path}?{query}").status_code < 500


@pytest.mark.parametrize("verb", ["update", "upsert"])
@pytest.mark.parametrize("name", [["name"], {"name": 1}, 1, "no_such_property"])
def test_what_is_no_unique_property_is_refused(api, verb, name):
    inputs = [{"id": "1", "idProperty": name, "properties": {"city": "Example"}}]
    told = api.refused("POST", f"/crm/v3/objects/companies/batch/{verb}", {"inputs": inputs})
    assert told["category"] == "VALIDATION_ERROR"
