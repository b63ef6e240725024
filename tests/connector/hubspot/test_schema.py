"""Describing an emulated account, and setting up what is missing."""

import pytest
from pydantic import SecretStr

from connector.errors import AskAPerson, GiveUp
from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.hubspot.scopes import scopes
from mappings.schema import FieldType, WantedField
from tests.connector.scripted import Reply, scripted

OUTPUTS = [
    WantedField(object="companies", name="tossup_headroom", label="Headroom", type=FieldType.NUMBER, help="Seats."),
    WantedField(
        object="companies",
        name="tossup_risk",
        label="Risk",
        type=FieldType.CHOICE,
        help="Churn risk.",
        choices=("none", "watch", "high"),
    ),
    WantedField(object="companies", name="tossup_reasons", label="Why", type=FieldType.LONG_TEXT, help="Reasons."),
    WantedField(object="companies", name="tossup_at", label="At", type=FieldType.DATETIME, help="Computed."),
    WantedField(object="tasks", name="tossup_key", label="Key", type=FieldType.TEXT, help="Lead.", unique=True),
]


def test_setup_creates_groups_and_properties_and_asks_for_nothing_the_second_time(world):
    steps = world.crm.missing(OUTPUTS)
    assert [step.action for step in steps[:2]] == ["create_group", "create_group"]
    assert "crm.schemas.contacts.write" in " ".join(step.text for step in steps)
    world.crm.setup(steps)
    assert world.crm.missing(OUTPUTS) == ()
    world.crm.setup(steps)
    fields = world.crm.describe(["companies", "tasks"]).objects
    assert fields["companies"].fields["tossup_risk"].choices == ("none", "watch", "high")
    assert fields["tasks"].fields["tossup_key"].upsert_key


def test_a_property_that_is_not_unique_but_must_be_is_a_persons_decision(world):
    world.define("tasks", tossup_key="string")
    with pytest.raises(AskAPerson, match="only at creation"):
        world.crm.missing(OUTPUTS)


def test_a_property_of_another_type_is_a_persons_decision(world):
    world.define("companies", tossup_headroom="string")
    with pytest.raises(AskAPerson, match="tossup_headroom exists as text"):
        world.crm.missing(OUTPUTS)


def test_setup_without_the_scope_names_it(world):
    world.emulator.hubspot.settings({"missing_scopes": ["crm.schemas.companies.write"]})
    with pytest.raises(GiveUp, match=r"crm\.schemas\.companies\.write"):
        world.crm.setup(world.crm.missing(OUTPUTS[:1]))


def test_objects_we_may_not_see_are_hidden_with_the_reason(world):
    world.emulator.hubspot.settings({"missing_scopes": ["crm.objects.leads.read"]})
    schema = world.crm.describe(["companies", "leads", "no_such_object"])
    assert set(schema.objects) == {"companies"}
    assert "crm.objects.leads.read" in schema.hidden["leads"]
    assert "no_such_object" not in schema.hidden
    assert {"companies", "owners", "leads"} <= set(schema.known)


def test_companies_are_described_with_what_can_be_read_and_written(world):
    company = world.crm.describe(["companies"]).objects["companies"]
    assert company.id_field == "id"
    assert company.stamp_field == "hs_lastmodifieddate"
    assert company.fields["numberofemployees"].type is FieldType.NUMBER
    assert not company.fields["hs_lastmodifieddate"].updateable
    assert company.fields["hubspot_owner_id"].references == ("owners",)
    assert company.fields["hs_parent_company_id"].type is FieldType.REFERENCE
    assert {"contacts", "deals", "tasks"} <= set(company.associations)
    assert world.crm.describe(["contacts"]).objects["contacts"].stamp_field == "lastmodifieddate"
    assert not world.crm.describe(["feedback_submissions"]).objects["feedback_submissions"].updateable


def test_stages_are_choices_though_hubspot_keeps_them_with_the_pipelines(world):
    found = world.crm.describe(["deals", "leads"]).objects
    assert {"closedwon", "closedlost"} <= set(found["deals"].fields["dealstage"].choices)
    assert found["deals"].fields["pipeline"].choices == ("default",)
    assert found["leads"].fields["hs_pipeline_stage"].restricted


def test_an_object_of_the_accounts_own_is_found_by_name_full_name_or_type_id(world):
    world.define_object("product_usage", usage_date="date", quantity="number")
    own = world.crm.describe(["product_usage"])
    assert "product_usage" in own.known
    usage = own.objects["product_usage"]
    assert usage.custom
    assert usage.fields["usage_date"].type is FieldType.DATE
    assert {"companies", "products"} <= set(usage.associations)
    assert "product_usage" in world.crm.describe(["companies"]).objects["companies"].associations
    portal = world.crm.connection().removeprefix("hubspot:")
    for name in (f"p{portal}_product_usage", world.crm.record_url("product_usage", "1").split("/")[-2]):
        assert set(world.crm.describe([name]).objects[name].fields) == set(usage.fields)


def test_objects_of_the_accounts_own_are_hidden_where_the_app_may_not_see_them(world):
    world.define_object("product_usage", usage_date="date", quantity="number")
    world.emulator.hubspot.settings({"missing_scopes": ["crm.schemas.custom.read"]})
    schema = world.crm.describe(["companies", "product_usage"])
    assert set(schema.objects) == {"companies"}
    assert "crm.schemas.custom.read" in schema.hidden["product_usage"]


def test_exchange_rates_that_we_may_not_see_are_hidden_with_the_scope_that_is_lacking(world):
    assert "exchange_rates" in world.crm.describe(["exchange_rates"]).objects
    world.emulator.hubspot.settings({"missing_scopes": ["settings.currencies.read"]})
    schema = world.crm.describe(["exchange_rates"])
    assert not schema.objects
    assert "settings.currencies.read" in schema.hidden["exchange_rates"]
    assert "exchange_rates" in schema.known


@pytest.mark.parametrize("status", [400, 404])
def test_an_account_that_has_no_exchange_rates_to_ask_for_has_no_such_object(status):
    said = b'{"status":"error","category":"OBJECT_NOT_FOUND","message":"Multi-currency is not enabled."}'
    with scripted(Reply(body=b'{"results":[]}'), Reply(status=status, body=said)) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
        assert not crm.describe(["exchange_rates"]).objects
        crm.close()


def test_a_records_address_leads_to_it(world):
    (id,) = world.seed("companies", {"name": "one"})
    portal = world.crm.connection().removeprefix("hubspot:")
    assert world.crm.record_url("companies", id).endswith(f"/contacts/{portal}/record/0-2/{id}")


def test_the_scopes_to_tick_are_listed():
    assert scopes(["tasks", "companies", "owners", "product_usage"], ["tasks"], ["companies"]) == (
        "crm.objects.companies.read",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.custom.read",
        "crm.objects.owners.read",
        "crm.schemas.companies.read",
        "crm.schemas.companies.write",
        "crm.schemas.contacts.read",
        "crm.schemas.custom.read",
    )
    assert scopes(["exchange_rates"]) == ("settings.currencies.read",)
