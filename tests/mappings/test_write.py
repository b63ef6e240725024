"""Leads and facts as the records a CRM should hold."""

import re
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import Lead, LeadKey
from mappings.changes import Link
from mappings.config import MappingConfig
from mappings.schema import FieldType, Schema, WantedField
from mappings.spelling import cut_html, instant, shortened
from mappings.write import (
    ACCOUNT_OUTPUTS,
    account_policies,
    account_rows,
    becomes,
    closing,
    computed_at_field,
    lead_record,
    lead_target,
    list_target,
    member_record,
    owner_named,
    task_record,
    wanted_fields,
    wanted_lists,
)
from tests.mappings.orgs import also, hubspot, preset, salesforce


@dataclass(frozen=True)
class Said:
    subject: str = "Example Industries 001: 19 of 20 seats in use"
    body: str = "Why now: 19 of 20 seats.\nNext step: ask who waits for a seat."
    body_html: str = '<p><strong>Why now</strong></p><ul><li><a href="https://crm.example/1">19 &lt; 20</a></li></ul>'


LEAD = Lead(
    key=LeadKey(account_id="001A", play="cross_fit", product="SUITE", cycle="2026Q1"),
    account_id="001A",
    account_name="Example Industries 001",
    motion="cross_sell",
    pattern="affinity",
    play="cross_fit",
    product="SUITE",
    state="open",
    reasons=(),
    evidence=(),
    priority="mid",
    value=123456,
    currency="USD",
    p_win=0.2,
    owner_id="005A",
    contact_id="003A",
    due=date(2026, 12, 5),
    route="Suite Desk",
)


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
    task = mapping.write.task.model_copy(update={"fields": {"priority": priority}})
    mapping = mapping.model_copy(update={"write": mapping.write.model_copy(update={"task": task})})
    record = task_record(LEAD, Said(), mapping, salesforce())
    assert (record.values, record.policies) == ({"Priority": "Normal"}, {"Priority": "pin_on_human_edit"})
    assert record.once == {"Status": "Not Started"}


def test_text_is_written_as_text_and_html_as_html() -> None:
    body = "<script>alert('x')</script> & \"quoted\" <img src=x onerror=y>\x00\x1b"
    hostile = Said(subject="line one\nline\ttwo\x07", body=body, body_html="<p>\x00&lt;script&gt;</p>")
    record = task_record(LEAD, hostile, preset("hubspot"), hubspot())
    assert record.new["hs_task_subject"] == "line one line two"
    assert record.new["hs_task_body"] == "<p>&lt;script&gt;</p>"
    plain = task_record(LEAD, hostile, preset("salesforce"), salesforce())
    assert plain.new["Description"] == body.removesuffix("\x00\x1b")


def test_a_text_longer_than_its_field_is_cut_between_words() -> None:
    schema = salesforce()
    record = task_record(LEAD, Said(subject="word " * 100), preset("salesforce"), schema)
    subject = str(record.new["Subject"])
    assert len(subject) <= 255
    assert subject.endswith("word…")


@given(st.text(max_size=60), st.integers(1, 40))
def test_shortened_fits_and_keeps_the_beginning(text: str, length: int) -> None:
    short = shortened(text, length)
    assert len(short) <= length
    assert text.startswith(short.removesuffix("…").rstrip()) or short == text
    assert shortened(text, None) == text


PAGE = Said().body_html.replace("19", "1<br>9&amp;")


@pytest.mark.parametrize("length", range(1, len(PAGE) + 2))
def test_html_fits_its_field_and_neither_tag_nor_entity_is_cut(length: int) -> None:
    page = cut_html(PAGE, length)
    assert len(page) <= length
    assert page == PAGE or "…" in page
    shown = re.sub(r"</?(?:p|strong|ul|li|br)>|<a href=\"https://crm.example/1\">|</a>|&(?:lt|amp);", "", page)
    assert not set("<>&") & set(shown)
    for name in ("p", "strong", "ul", "li", "a"):
        assert len(re.findall(f"<{name}[ >]", page)) == page.count(f"</{name}>")
    assert PAGE.startswith(page.partition("…")[0])
    assert cut_html(PAGE, None) == PAGE


def test_nine_in_the_morning() -> None:
    assert instant(date(2026, 7, 1), "America/New_York") == "2026-07-01T13:00:00Z"


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


ACCOUNTS = pa.table(
    {
        "account_id": ["001A", "001B"],
        "headroom": pa.array([80, None], pa.int64()),
        "headroom_value": pa.array([123456, 5000], pa.int64()),
        "currency": ["USD", "JPY"],
        "risk": ["high", None],
        "risk_reasons": ["usage fell", None],
        "next_product": ["n" * 300, "SUITE"],
        "priority": ["high", "low"],
    }
)


def rows(schema: Schema | None, crm: str = "salesforce") -> list[dict[str, object]]:
    con = ibis.duckdb.connect()
    table = account_rows(con.create_table("accounts", ACCOUNTS), preset(crm), schema)
    return sorted(con.to_pyarrow(table).to_pylist(), key=lambda row: str(row["id"]))


def test_account_fields_leave_in_the_crms_names_and_major_units() -> None:
    first, second = rows(salesforce())
    assert first == {
        "id": "001A",
        "Tossup_Headroom__c": 80,
        "Tossup_Headroom_Value__c": 1234.56,
        "Tossup_Risk__c": "high",
        "Tossup_Risk_Reasons__c": "usage fell",
        "Tossup_Next_Product__c": "n" * 254 + "…",
        "Tossup_Priority__c": "high",
    }
    assert (second["Tossup_Headroom__c"], second["Tossup_Headroom_Value__c"]) == (None, 5000.0)
    assert second["Tossup_Risk__c"] is None


def test_account_fields_that_are_not_there_are_left_out() -> None:
    assert set(rows(salesforce(stock=True))[0]) == {"id"}
    assert len(rows(None, "hubspot")[0]) == 7


def test_what_is_known_of_an_account_is_written_and_days_leave_as_text() -> None:
    more = {
        "renewal_on": pa.array([date(2027, 3, 31), None], pa.date32()),
        "open_value": pa.array([250000, 0], pa.int64()),
        "rfm": ["1-2-3", None],
    }
    known = ACCOUNTS.select(["account_id", "currency"])
    for name, values in more.items():
        known = known.append_column(name, pa.array(values) if isinstance(values, list) else values)
    con = ibis.duckdb.connect()
    table = con.to_pyarrow(account_rows(con.create_table("known", known), preset("hubspot")))
    assert sorted(table.to_pylist(), key=lambda row: row["id"])[0] == {
        "id": "001A",
        "tossup_rfm": "1-2-3",
        "tossup_renewal_on": "2027-03-31",
        "tossup_open_value": 2500.0,
    }


def test_account_values_are_spelled_by_the_mapping() -> None:
    mapping = preset("salesforce")
    risk = mapping.write.account.fields["risk"].model_copy(update={"values": {"high": "Red", "none": "Green"}})
    account = mapping.write.account.model_copy(update={"fields": {"risk": risk}})
    mapping = mapping.model_copy(update={"write": mapping.write.model_copy(update={"account": account})})
    con = ibis.duckdb.connect()
    table = account_rows(con.create_table("accounts", ACCOUNTS), mapping)
    assert con.to_pyarrow(table)["Tossup_Risk__c"].to_pylist() == ["Red", None]
    assert computed_at_field(mapping) is None


def test_a_code_is_written_in_words_unless_the_mapping_or_a_list_of_choices_says_otherwise() -> None:
    table = pa.table({"account_id": ["1", "2"], "currency": ["USD", "USD"], "rfm_segment": ["at_risk", "loyal"]})
    words = {"rfm_segment.at_risk": "At risk", "rfm_segment.new": "New customers"}
    con = ibis.duckdb.connect()

    def written(mapping: MappingConfig, schema: Schema | None = None) -> list[object]:
        told = con.to_pyarrow(account_rows(con.create_table("t", table, overwrite=True), mapping, schema, words))
        return [row["Tossup_RFM_Segment__c"] for row in sorted(told.to_pylist(), key=lambda row: str(row["id"]))]

    mapping = preset("salesforce")
    field = mapping.write.account.fields["rfm_segment"].model_copy(update={"values": {"at_risk": "R"}})
    account = mapping.write.account.model_copy(update={"fields": {"rfm_segment": field}})
    own = mapping.model_copy(update={"write": mapping.write.model_copy(update={"account": account})})
    assert written(mapping) == ["At risk", "loyal"]
    assert written(own) == ["R", "loyal"]
    there = salesforce()
    some = there.objects["Account"].fields["Tossup_Risk__c"]
    picklist = replace(some, name="Tossup_RFM_Segment__c", choices=("at_risk", "loyal"))
    account_object = there.objects["Account"]
    fields = {**account_object.fields, picklist.name: picklist}
    listed = replace(there, objects={**there.objects, "Account": replace(account_object, fields=fields)})
    assert written(mapping, listed) == ["at_risk", "loyal"]


def test_when_the_fields_changed_is_ours_and_stands_apart() -> None:
    assert computed_at_field(preset("hubspot")) == "tossup_computed_at"
    policies = account_policies(preset("hubspot"))
    assert (policies["tossup_computed_at"], policies["tossup_risk"]) == ("ours", "pin_on_human_edit")
    assert "computed_at" in ACCOUNT_OUTPUTS


def test_setup_is_told_every_field_to_make() -> None:
    wanted = {
        f"{field.object}.{field.name}": field for field in wanted_fields(preset("salesforce"), salesforce(stock=True))
    }
    of_account = {name for name in wanted if name.startswith("Account.Tossup_")}
    assert len(of_account) == len(ACCOUNT_OUTPUTS)
    assert {"Account.Tossup_Headroom_Value__c", "Account.Tossup_Next_Product_2__c"} <= of_account
    assert sorted(wanted.keys() - of_account) == [
        "CampaignMember.Tossup_Key__c",
        "CampaignMember.Tossup_Product__c",
        "Lead.Tossup_Account__c",
        "Lead.Tossup_Answer_Reason__c",
        "Lead.Tossup_CSM__c",
        "Lead.Tossup_Due__c",
        "Lead.Tossup_Key__c",
        "Lead.Tossup_Note__c",
        "Lead.Tossup_Product__c",
        "Lead.Tossup_Response__c",
        "Lead.Tossup_Snooze_Until__c",
        "Lead.Tossup_Value__c",
        "Task.Tossup_Answer_Reason__c",
        "Task.Tossup_Key__c",
        "Task.Tossup_Note__c",
        "Task.Tossup_Response__c",
        "Task.Tossup_Snooze_Until__c",
    ]
    key = wanted["Task.Tossup_Key__c"]
    assert (key.type, key.unique, key.length) == (FieldType.TEXT, True, 255)
    assert wanted["Account.Tossup_Risk__c"].choices == ("none", "watch", "high")
    assert wanted["Lead.Tossup_Account__c"].references == ("Account",)


def test_setup_makes_fields_where_leads_really_go() -> None:
    def objects(schema: Schema) -> set[str]:
        return {field.object for field in wanted_fields(preset("hubspot"), schema)}

    assert objects(hubspot()) == {"companies", "tasks", "leads"}
    assert objects(hubspot(without=["leads"])) == {"companies", "tasks", "deals"}


def test_a_field_for_the_contact_points_at_contacts_and_labels_can_be_ones_own() -> None:
    mapping = preset("salesforce")
    out = mapping.write.task.key.model_copy(update={"field": "Person__c", "label": "Whom to call"})
    task = mapping.write.task.model_copy(update={"fields": {"contact_id": out}})
    mapping = mapping.model_copy(update={"write": mapping.write.model_copy(update={"task": task})})
    made = next(field for field in wanted_fields(mapping, salesforce()) if field.name == "Person__c")
    assert isinstance(made, WantedField)
    assert (made.references, made.label) == (("Contact",), "Whom to call")


def test_a_lead_becomes_what_its_play_says() -> None:
    members = list_target(preset("salesforce"), salesforce())
    listed = replace(LEAD, action="list")
    assert becomes(LEAD, members) == ("task", "lead")
    assert becomes(replace(LEAD, route=None), members) == ("task",)
    assert becomes(replace(listed, route="Archive Desk"), members) == ("member",)
    assert becomes(replace(LEAD, action="fields"), members) == ()


def test_without_a_list_or_a_contact_a_lead_is_a_task_after_all() -> None:
    listed = replace(LEAD, action="list", route=None)
    hidden = list_target(preset("hubspot"), hubspot(without=["list_memberships"]))
    assert hidden is None
    assert becomes(listed, hidden) == ("task",)
    assert becomes(replace(listed, contact_id=None), list_target(preset("hubspot"), hubspot())) == ("task",)


def test_a_member_of_a_campaign_leaves_in_the_crms_words() -> None:
    mapping = preset("salesforce")
    members = list_target(mapping, salesforce())
    assert members is not None
    desired = member_record(LEAD, members, "701A", mapping, salesforce())
    assert (desired.object, desired.key_field, desired.key) == ("CampaignMember", "Tossup_Key__c", str(LEAD.key))
    assert desired.new == {
        "CampaignId": "701A",
        "ContactId": LEAD.contact_id,
        "Status": "Sent",
        **({"Tossup_Product__c": LEAD.product} if LEAD.product else {}),
    }


def test_setup_makes_a_list_for_each_play_that_asks_for_one() -> None:
    def play(action: str, *, enabled: bool = True) -> Any:
        return SimpleNamespace(enabled=enabled, action={"high": "task", "mid": action, "low": "fields"})

    plays = {"b": play("list"), "a": play("list"), "calls": play("task"), "off": play("list", enabled=False)}
    rules: Any = SimpleNamespace(mapping=preset("salesforce"), plays=plays)
    found = wanted_lists(rules, salesforce())
    assert [one.name for one in found] == ["Tossup a", "Tossup b"]
    assert found[0].values == {"Status": "In Progress", "IsActive": True}
    assert wanted_lists(rules, salesforce(without=["CampaignMember"])) == ()
