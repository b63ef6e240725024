"""What to describe and to pull, and where each column is read from."""

from dataclasses import replace

from mappings.needs import Needs, needs, objects, parts
from mappings.read import lineage
from tests.mappings.orgs import hubspot, mapping, preset, salesforce

DEEP = """
crm: salesforce
company: {name: Example}
read:
  account:
    object: Account
    fields: {name: Name, owner_id: Owner.Manager.Name, industry: {field: Gone__r.Name, optional: true}}
  case:
    object: Case
    fields: {account_id: Account.Parent.Id, severity: Contact.Title, opened_on: SystemModstamp}
write:
  account: {object: Account, fields: {}}
  task: {object: Task, key: Tossup_Key__c, fields: {}}
  lead: {object: Lead, key: Tossup_Key__c, fields: {}}
"""


def test_objects_behind_references_are_found_step_by_step() -> None:
    first = objects(mapping(DEEP))
    assert first == ("Account", "Case", "Lead", "Task")
    org = salesforce(without=["Contact", "User"])
    second = objects(mapping(DEEP), org)
    assert second == ("Account", "Case", "Contact", "Lead", "Task", "User")
    assert objects(mapping(DEEP), salesforce()) == second


def test_children_are_found_by_name_and_pulled_with_the_field_that_points_back() -> None:
    rules = mapping(
        DEEP.replace("severity: Contact.Title", "severity: Task.Subject").replace("Account.Parent.Id", "Id")
    )
    assert "Task" in objects(rules, salesforce(without=["Task"]))
    childless = salesforce(without=["Lead"])
    deeper = mapping(DEEP.replace("severity: Contact.Title", "severity: Account.Asset.Price"))
    org = replace(childless, objects={k: v for k, v in childless.objects.items() if k != "Asset"})
    assert "Asset" in objects(deeper, org)
    assert needs(deeper, childless)["Asset"] == Needs(fields=("AccountId", "Price"))


def test_hubspots_paths_name_their_objects() -> None:
    found = objects(preset("hubspot"))
    assert {"companies", "deals", "line_items", "leads", "owners"} <= set(found)


def test_paths_are_expanded_and_ids_and_stamps_come_by_themselves() -> None:
    wanted = needs(mapping(DEEP), salesforce())
    assert wanted["Case"] == Needs(fields=("AccountId", "ContactId"))
    assert wanted["Account"] == Needs(fields=("Name", "ParentId"))
    assert wanted["Contact"] == Needs(fields=("Title",))


def test_associations_on_the_way_are_links() -> None:
    wanted = needs(preset("hubspot"), hubspot())
    assert wanted["line_items"].links == ("deals",)
    assert wanted["deals"].links == ("companies", "line_items")
    assert wanted["subscriptions"].links == ("companies", "line_items")
    assert wanted["companies"].links == ()


def test_what_is_compared_before_writing_is_pulled_too() -> None:
    wanted = needs(preset("salesforce"), salesforce())
    assert "Tossup_Headroom__c" in wanted["Account"].fields
    assert {"Tossup_Key__c", "Status", "Description"} <= set(wanted["Task"].fields)
    assert {"LastName", "Tossup_Value__c"} <= set(wanted["Lead"].fields)


def test_what_the_crm_lacks_is_not_asked_for() -> None:
    wanted = needs(preset("salesforce"), salesforce(stock=True, without=["Event", "Case"]))
    assert not {"Event", "Case", "Survey_Response__c"} & set(wanted)
    assert "Free_Users__c" not in wanted["Account"].fields
    assert "Lead" not in wanted, "without a key field no lead can be ours"
    without = needs(preset("salesforce"), salesforce(without=["Account"]))
    assert "Account" not in without


def test_lineage_names_the_crms_fields_and_only_what_is_there() -> None:
    found = lineage(preset("salesforce"), salesforce(stock=True))
    assert found["account.employees"] == "Account.NumberOfEmployees"
    assert found["purchase.account_id"] == "Opportunity.AccountId"
    assert found["activity.on"] == "Task.ActivityDate, Event.ActivityDate, Event.ActivityDateTime"
    assert found["owner.kind"] == "constant person, constant queue"
    assert "account.free_users" not in found
    assert "usage.quantity" not in found
    without = lineage(preset("salesforce"), salesforce(without=["Task.TaskSubtype"]))
    assert without["activity.kind"] == "constant task, constant meeting"


def test_a_catalog_is_a_source_too() -> None:
    rules = mapping(DEEP + "catalog: {SUITE: {tier: 2}}\n")
    assert lineage(rules, salesforce())["product.tier"] == "catalog"


def test_the_parts_together_need_what_the_mapping_needs() -> None:
    for rules, org in ((preset("salesforce"), salesforce()), (preset("hubspot"), hubspot())):
        whole = {(object, name) for object, need in needs(rules, org).items() for name in (*need.fields, *need.links)}
        apart = {
            (object, name)
            for part in parts(rules)
            for object, need in needs(rules, org, part).items()
            for name in (*need.fields, *need.links)
        }
        assert apart == whole
    assert set(needs(preset("salesforce"), salesforce(), "read.case")) >= {"Case"}
    assert "Tossup_Key__c" in needs(preset("salesforce"), salesforce(), "write.task")["Task"].fields
