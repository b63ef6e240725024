"""What setup is to make: fields, where leads really go, and a list for each play that asks for one."""

from types import SimpleNamespace
from typing import Any

from mappings.schema import FieldType, Schema, WantedField
from mappings.write import (
    ACCOUNT_OUTPUTS,
    wanted_fields,
    wanted_lists,
)
from tests.mappings.orgs import hubspot, preset, salesforce, writing


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
    wanted = wanted_fields(writing(mapping, "task", contact_id=out), salesforce())
    made = next(field for field in wanted if field.name == "Person__c")
    assert isinstance(made, WantedField)
    assert (made.references, made.label) == (("Contact",), "Whom to call")


def test_setup_makes_a_list_for_each_play_that_asks_for_one() -> None:
    def play(action: str, *, enabled: bool = True) -> Any:
        return SimpleNamespace(enabled=enabled, action={"high": "task", "mid": action, "low": "fields"})

    plays = {"b": play("list"), "a": play("list"), "calls": play("task"), "off": play("list", enabled=False)}
    rules: Any = SimpleNamespace(mapping=preset("salesforce"), plays=plays)
    found = wanted_lists(rules, salesforce())
    assert [one.name for one in found] == ["Tossup a", "Tossup b"]
    assert found[0].values == {"Status": "In Progress", "IsActive": True}
    assert wanted_lists(rules, salesforce(without=["CampaignMember"])) == ()
