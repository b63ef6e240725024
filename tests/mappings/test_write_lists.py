"""Leads that become members of a list, and those that cannot."""

from dataclasses import replace

from mappings.write import (
    becomes,
    list_target,
    member_record,
)
from tests.mappings.one_lead import LEAD
from tests.mappings.orgs import hubspot, preset, salesforce


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
