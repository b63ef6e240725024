"""Leads as the tasks and lead records that a CRM should hold."""

from dataclasses import replace

import pytest

from mappings.changes import Link
from mappings.write import (
    closing,
    lead_record,
    lead_target,
    owner_named,
    task_record,
)
from tests.mappings.one_lead import LEAD, Said
from tests.mappings.orgs import also, hubspot, preset, salesforce, writing


def test_a_salesforce_task_is_the_owners_about_the_account_and_the_contact() -> None:
    task = task_record(LEAD, Said(), preset("salesforce"), salesforce())
    assert (task.object, task.key_field, task.key) == ("Task", "Tossup_Key__c", "001A/cross_fit/SUITE/2026Q1")
    assert task.new == {
        "Status": "Not Started",
        "Subject": Said().subject,
        "Description": Said().body,
        "OwnerId": "005A",
        "WhatId": "001A",
        "WhoId": "003A",
        "ActivityDate": "2026-12-05",
        "Priority": "Normal",
    }
    assert (task.values, task.policies, task.links, task.why) == ({}, {}, (), "cross_fit")


def test_a_worth_that_nobody_knows_leaves_its_field_empty() -> None:
    lead = lead_record(replace(LEAD, value=None), Said(), preset("salesforce"), salesforce())
    assert lead is not None
    assert lead.new.get("Tossup_Value__c") is None


def test_a_salesforce_lead_has_the_last_name_and_company_it_must_have() -> None:
    lead = lead_record(LEAD, Said(), preset("salesforce"), salesforce(), owner_id="00GA", contact_name="Contact 01")
    assert lead is not None
    assert lead.new == {
        "Status": "Open - Not Contacted",
        "LastName": "Contact 01",
        "Company": "Example Industries 001",
        "OwnerId": "00GA",
        "Description": Said().body,
        "Rating": "Warm",
        "Tossup_Account__c": "001A",
        "Tossup_Product__c": "SUITE",
        "Tossup_Value__c": 1234.56,
        "Tossup_Due__c": "2026-12-05",
    }
    nobody = lead_record(LEAD, Said(), preset("salesforce"), salesforce())
    assert nobody is not None
    assert (nobody.new["LastName"], nobody.new["OwnerId"]) == ("Example Industries 001", "005A")


def test_a_hubspot_task_is_due_at_nine_where_the_company_is_and_linked() -> None:
    mapping = preset("hubspot")
    mapping = mapping.model_copy(update={"company": mapping.company.model_copy(update={"time_zone": "Asia/Tokyo"})})
    task = task_record(LEAD, Said(), mapping, hubspot())
    assert task.new["hs_timestamp"] == "2026-12-05T00:00:00Z"
    assert task.new["hs_task_priority"] == "MEDIUM"
    assert task.new["hs_task_body"] == Said().body_html
    assert (task.new["hs_task_status"], task.new["hs_task_type"]) == ("NOT_STARTED", "TODO")
    assert task.links == (Link(object="companies", id="001A"), Link(object="contacts", id="003A"))


def test_without_a_contact_a_task_is_linked_to_the_company_alone() -> None:
    task = task_record(replace(LEAD, contact_id=None), Said(), preset("hubspot"), hubspot())
    assert task.links == (Link(object="companies", id="001A"),)


def test_a_hubspot_lead_without_a_contact_is_not_made() -> None:
    assert lead_record(replace(LEAD, contact_id=None), Said(), preset("hubspot"), hubspot()) is None
    made = lead_record(LEAD, Said(), preset("hubspot"), hubspot(), owner_id="77")
    assert made is not None
    assert (made.object, made.new["hs_lead_name"], made.new["hs_lead_label"]) == ("leads", Said().subject, "WARM")
    assert made.new["hubspot_owner_id"] == "77"


def test_a_portal_without_leads_gets_a_deal() -> None:
    schema = hubspot(without=["leads"])
    assert lead_target(preset("hubspot"), schema).object == "deals"
    deal = lead_record(replace(LEAD, contact_id=None), Said(), preset("hubspot"), schema)
    assert deal is not None
    assert deal.new["dealstage"] == "appointmentscheduled"
    assert deal.new["closedate"] == "2026-12-05T09:00:00Z"
    assert deal.links == (Link(object="companies", id="001A"),)


def test_a_crm_with_neither_says_what_to_name() -> None:
    with pytest.raises(LookupError, match="the CRM has no leads nor deals; name an object it has"):
        lead_target(preset("hubspot"), hubspot(without=["leads", "deals"]))


def test_fields_the_crm_lacks_or_does_not_let_us_set_are_left_out() -> None:
    schema = also(salesforce(without=["Lead.Rating"]), Lead="Description:l- Status:p-")
    lead = lead_record(LEAD, Said(), preset("salesforce"), schema)
    assert lead is not None
    assert not {"Rating", "Description", "Status"} & set(lead.new)


def test_a_value_to_keep_up_to_date_carries_its_policy() -> None:
    mapping = preset("salesforce")
    priority = mapping.write.task.fields["priority"].model_copy(update={"policy": "pin_on_human_edit"})
    record = task_record(LEAD, Said(), writing(mapping, "task", priority=priority), salesforce())
    assert (record.values, record.policies) == ({"Priority": "Normal"}, {"Priority": "pin_on_human_edit"})
    assert record.once == {"Status": "Not Started"}


def test_a_route_is_an_owner_by_id_or_by_name() -> None:
    owners = {"005A": "Owner 01", "00GA": "Suite Desk", "005B": "Twin", "005C": "twin "}
    assert owner_named("00GA", owners) == "00GA"
    assert owner_named(" suite desk", owners) == "00GA"
    assert owner_named("Twin", owners) is None
    assert owner_named("Nobody", owners) is None
    assert owner_named(None, owners) is None


def test_closing_is_what_the_mapping_says() -> None:
    assert closing(preset("salesforce"), "Task") == {"Status": "Completed"}
    assert closing(preset("salesforce"), "Lead") == {"Status": "Closed - Not Converted"}
    assert closing(preset("hubspot"), "deals") == {"dealstage": "closedlost"}
    assert closing(preset("hubspot"), "companies") == {}
