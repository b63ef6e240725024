"""A mapping against what a CRM has: stock orgs are fine, slips are told with suggestions, all at once."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mappings.check import check, notes
from mappings.config import Ranking, Rules
from mappings.load import PRESETS, load_mapping, positions
from mappings.schema import Schema
from tests.mappings.orgs import also, hubspot, salesforce


@cache
def rules(crm: str, folder: Path | None = None) -> Rules:
    ranking = Ranking(low="false", high="false", mid="false")
    return Rules(mapping=load_mapping(crm, folder), plays={}, gates={}, ranking=ranking, texts={})


places = cache(positions)


def told(schema: Schema, folder: Path | None = None) -> list[str]:
    found = check(rules(schema.crm, folder), schema, places(schema.crm, folder))
    return [str(problem).partition("  ")[2] for problem in found]


def edited(folder: Path, crm: str, **changes: str) -> Path:
    text = (PRESETS / f"{crm}.yaml").read_text("utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / f"{crm}.yaml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    "schema",
    [
        salesforce(),
        salesforce(stock=True),
        hubspot(),
        hubspot(stock=True),
        hubspot(stock=True, without=["subscriptions"]),
    ],
    ids=["world", "stock org", "world portal", "stock portal", "free portal"],
)
def test_the_presets_fit_as_they_are(schema: Schema) -> None:
    assert told(schema) == []


def test_a_missing_field_is_told_with_its_line_and_the_likely_name() -> None:
    found = check(rules("salesforce"), salesforce(without=["Account.NumberOfEmployees"]), places("salesforce", None))
    lines = (PRESETS / "salesforce.yaml").read_text("utf-8").splitlines()
    hidden = "or field-level security hides it: then grant our user Read on it, by a permission set"
    assert found[0].text == f"Account has no field NumberOfEmployees, {hidden}"
    assert found[0].path == "account.employees"
    assert lines[found[0].line - 1].strip() == "employees: NumberOfEmployees"


def test_everything_wrong_with_what_is_read_is_told_at_once(tmp_path: Path) -> None:
    folder = edited(tmp_path, "salesforce", **{
        "employees: NumberOfEmployees": "employees: Name",
        "industry: Industry": "industry: Indstry",
        "customer_since: {field: Customer_Since__c, optional: true}": "customer_since: Industry",
        "object: Product2": "object: Product3",
        "account_id: Opportunity.AccountId": "account_id: Oportunity.AccountId",
        "field: Opportunity.IsWon, op: eq, value: true": "field: Opportunity.IsWon, op: eq, value: perhaps",
        "{Critical: high, High: high, Medium: normal, Low: low}": "{Hihg: high, Medium: normal, Low: low}",
        "no_phone: {field: DoNotCall, optional: true}": "no_phone: {field: Title, optional: true}",
        "kind: Kind__c                                                        #":
            "kind: {field: Kind__c, values: {Happiness: nps, Joy: csat}}  #",
        "field: Type, op: eq, value: Queue": "field: Tipe, op: eq, value: Queue",
    })  # fmt: skip
    schema = also(salesforce(), Survey_Response__c="Kind__c:p=nps|csat")
    assert told(schema, folder) == [
        "account.industry: Account has no field Indstry. Did you mean Industry?",
        "account.employees: Account.Name is a text, but this must be a number.",
        "account.customer_since: Account.Industry is a choice, but this must be a day.",
        "product.object: there is no object Product3. Did you mean Product2?",
        "purchase.where[1].value: Opportunity.IsWon is true or false; perhaps is not.",
        "purchase.account_id: OpportunityLineItem has no relationship Oportunity. Did you mean Opportunity?",
        "contact.no_phone: Contact.Title is a text, but this must be true or false.",
        "case.severity.values.Hihg: Case.Priority has no value Hihg; it has High, Medium and Low. Did you mean High?",
        "feedback.kind.values.Happiness: Survey_Response__c.Kind__c has no value Happiness; it has nps and csat.",
        "feedback.kind.values.Joy: Survey_Response__c.Kind__c has no value Joy; it has nps and csat.",
        "owner[2].where[1].field: Group has no field Tipe. Did you mean Type?",
    ]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("Customer_Since__c, op: ge, value: 2026-01-31", []),
        ("Customer_Since__c, op: ge, value: 2026-02-31", ["Account.Customer_Since__c is a day; 2026-02-31 is not"]),
        ("Customer_Since__c, op: ge, value: 20260131", ["Account.Customer_Since__c is a day; 20260131 is not"]),
        ("NumberOfEmployees, op: in, value: [1, '2.5', '-3']", []),
        ("NumberOfEmployees, op: eq, value: many", ["Account.NumberOfEmployees is a whole number; many is not"]),
        ("Industry, op: not_empty", []),
        ("Name, op: eq, value: 5", []),
        (
            "Tossup_Risk__c, op: eq, value: hihg",
            ["Account.Tossup_Risk__c has no value hihg; it has none, watch and high"],
        ),
    ],
)
def test_a_filters_value_must_suit_its_field(tmp_path: Path, limit: str, said: list[str]) -> None:
    old = "    object: Account\n    fields:\n      name"
    new = f"    object: Account\n    where: {{field: {limit}}}\n    fields:\n      name"
    folder = edited(tmp_path, "salesforce", **{old: new})
    found = check(rules("salesforce", folder), salesforce(), places("salesforce", folder))
    assert [problem.text for problem in found] == said


def test_a_yes_or_no_may_be_a_choice_of_such_words() -> None:
    assert told(also(salesforce(), Account="Legal_Hold__c:p=true|false")) == []
    assert told(also(salesforce(), Account="Legal_Hold__c:o")) == []
    assert told(also(salesforce(), Account="Legal_Hold__c:p=Yes|No|Perhaps")) == [
        "account.legal_hold: Account.Legal_Hold__c is a choice, but this must be true or false."
    ]


def test_an_object_we_may_not_see_says_why() -> None:
    schema = replace(salesforce(without=["Task"]), hidden={"Task": "our user lacks the permission Edit Tasks"})
    assert told(schema) == [
        "activity[1].object: our user may not read Task: our user lacks the permission Edit Tasks.",
        "write.task.object: our user may not read Task: our user lacks the permission Edit Tasks.",
    ]


def test_an_association_that_is_not_there_is_told() -> None:
    portal = hubspot()
    deals = replace(portal.objects["deals"], associations=("contacts",))
    leads = replace(portal.objects["leads"], associations=("companies",))
    schema = replace(portal, objects={**portal.objects, "deals": deals, "leads": leads})
    assert told(schema) == [
        "purchase.account_id: deals has no association with companies.",
        "opportunity.account_id: deals has no association with companies.",
        "write.lead[1].links.contacts: leads has no association with contacts.",
    ]
    without = hubspot(without=["contacts"])
    assert "write.task.links.contacts: there is no object contacts." in "\n".join(told(without))


def test_everything_wrong_with_what_is_written_is_told_at_once(tmp_path: Path) -> None:
    folder = edited(tmp_path, "salesforce", **{
        "risk: {field: Tossup_Risk__c, create: true}":
            "risk: {field: Tossup_Risk__c, values: {none: no, watch: watch, high: hihg}}",
        "next_product: {field: Tossup_Next_Product__c, create: true}": "next_product: Tossup_Next_Prodct__c",
        "headroom: {field: Tossup_Headroom__c, create: true}": "headroom: Customer_Since__c",
        "due: {field: ActivityDate, policy: create_only}": "due: {field: IsClosed, policy: create_only}",
        "account_id: {field: WhatId, policy: create_only}": "account_id: {field: WhoId, policy: create_only}",
        "contact_id: {field: WhoId, policy: create_only}": "motion: {field: CreatedDate}",
        "      Status: Not Started": "      Status: Not Begun\n      Nothing__c: 1",
        "        contact_name: {field: LastName, policy: create_only}\n": "",
        "      status: Status\n      outcome": "      status: Statu\n      outcome",
        "        - IsClosed\n": "        - Subject\n",
        "    answer: {field: Tossup_Response__c, create: true}   #": "    answer: AccountId   #",
        "    close:                                          # written":
            "    links: {contacts: contact_id}\n    close:  #",
    })  # fmt: skip
    schema = also(salesforce(), Account="Tossup_Priority__c-:p=high|mid|low")
    calculated = replace(schema.objects["Account"].fields["Tossup_Computed_At__c"], calculated=True)
    account = replace(
        schema.objects["Account"], fields={**schema.objects["Account"].fields, "Tossup_Computed_At__c": calculated}
    )
    schema = replace(schema, objects={**schema.objects, "Account": account})
    assert told(schema, folder) == [
        "write.account.headroom: Account.Customer_Since__c is a day, but Tossup writes a whole number here.",
        "write.account.risk.values.none: Account.Tossup_Risk__c has no value no; it has none, watch and high. "
        "Did you mean none?",
        "write.account.risk.values.high: Account.Tossup_Risk__c has no value hihg; it has none, watch and high. "
        "Did you mean high?",
        "write.account.next_product: Account has no field Tossup_Next_Prodct__c. "
        "Did you mean Tossup_Next_Product__c?",
        "write.account.priority: our user may not write Account.Tossup_Priority__c.",
        "write.account.computed_at: Account.Tossup_Computed_At__c is calculated by the CRM; nobody can write it.",
        "write.task.account_id: Task.WhoId points at Contact or Lead, not at Account.",
        "write.task.motion: Task.CreatedDate is a moment, but Tossup writes a choice here.",
        "write.task.motion: our user may not write Task.CreatedDate.",
        "write.task.due: Task.IsClosed is true or false, but Tossup writes a day here.",
        "write.task.due: our user may not write Task.IsClosed.",
        "write.task.constants.Status: Task.Status has no value Not Begun; it has Not Started, In Progress and "
        "Completed.",
        "write.task.constants.Nothing__c: Task has no field Nothing__c.",
        "write.task.links.contacts: Salesforce links by reference fields; put the field under fields instead.",
        "write.task.answer: Task.AccountId is a reference, but Tossup writes a choice here.",
        "write.task.read.status: Task has no field Statu. Did you mean Status?",
        "write.task.read.is_closed[1]: Task.Subject is a text, but this must be true or false.",
        "write.lead[1].fields: Lead cannot be made without LastName (LastName); fill it here or under constants.",
    ]


def test_a_key_that_would_not_keep_records_apart_is_told() -> None:
    assert told(also(salesforce(), Task="Tossup_Key__c")) == [
        "write.task.key: Task.Tossup_Key__c is not unique: the same record could be made twice; "
        "use a field of our own (Tossup key)."
    ]
    assert told(also(salesforce(), Task="Tossup_Key__c*:n")) == [
        "write.task.key: Task.Tossup_Key__c is a number, but Tossup writes a text here."
    ]
    schema = salesforce()
    short = replace(schema.objects["Task"].fields["Tossup_Key__c"], length=64, upsert_key=False)
    task = replace(schema.objects["Task"], fields={**schema.objects["Task"].fields, "Tossup_Key__c": short})
    assert told(replace(schema, objects={**schema.objects, "Task": task})) == [
        "write.task.key: Task.Tossup_Key__c holds 64 characters; the key needs 200.",
        "write.task.key: Task.Tossup_Key__c is no external id; tick External ID in its definition.",
    ]


def test_an_object_our_user_may_not_make_is_told() -> None:
    schema = salesforce()
    lead = replace(schema.objects["Lead"], createable=False)
    assert told(replace(schema, objects={**schema.objects, "Lead": lead})) == [
        "write.lead[1].object: our user may not create Lead."
    ]


def test_a_list_that_takes_no_members_is_told() -> None:
    schema = also(salesforce(), CampaignMember="Status:p=Invited|Attended Tossup_Key__c Wave__c:n!")
    closed = replace(schema.objects["CampaignMember"], createable=False)
    assert told(replace(schema, objects={**schema.objects, "CampaignMember": closed})) == [
        "write.list.object: our user may not create CampaignMember.",
        "write.list.key: CampaignMember.Tossup_Key__c is not unique: the same record could be made twice; use a "
        "field of our own (Tossup key).",
        "write.list.fields: CampaignMember cannot be made without Wave__c (Wave__c); fill it here or under "
        "constants.",
        "write.list.constants.Status: CampaignMember.Status has no value Sent; it has Invited and Attended.",
    ]


def test_without_lists_a_mapping_works_unless_it_insists_on_them(tmp_path: Path) -> None:
    schema = hubspot(without=["list_memberships"])
    assert told(schema) == []
    insisting = {"object: list_memberships\n    optional: true ": "object: list_memberships\n    optional: false "}
    assert told(schema, edited(tmp_path, "hubspot", **insisting)) == [
        "write.list.object: there is no object list_memberships."
    ]


def test_a_day_of_an_account_needs_a_field_for_days() -> None:
    assert told(also(salesforce(), Account="Tossup_Renewal_On__c:s")) == [
        "write.account.renewal_on: Account.Tossup_Renewal_On__c is a moment, but Tossup writes a day here."
    ]


def test_a_crm_without_accounts_or_leads_is_told() -> None:
    found = told(salesforce(without=["Account", "Lead"]))
    assert "account.object: there is no object Account." in found
    assert "write.account.object: there is no object Account." in found
    assert "write.lead[1].object: there is no object Lead." in found


def test_an_object_that_exists_but_was_not_shown_is_not_called_missing() -> None:
    schema = replace(salesforce(without=["Case"]), known=("Account", "Case"))
    assert "case.object: our user may not read Case." in noted(schema)


def noted(schema: Schema, folder: Path | None = None) -> list[str]:
    found = notes(rules(schema.crm, folder), schema, places(schema.crm, folder))
    return [str(problem).partition("  ")[2] for problem in found]


def test_notes_name_what_could_be_more(tmp_path: Path) -> None:
    schema = also(
        salesforce(without=["Account.Free_Users__c", "Survey_Response__c"]),
        Account="FreeUsers__c:n",
        Contact="Role__c:p=champion|boss",
        Case="Priority:p=High|Urgent",
    )
    assert noted(schema) == [
        "account.paid_users: nothing fills this column (paid users, where the CRM keeps the total; else the seats of "
        "live subscriptions).",
        "account.free_users: Account has no field Free_Users__c. Did you mean FreeUsers__c?",
        "account.fiscal_month: Account has no field Fiscal_Year_End_Month__c, or field-level security hides it: then "
        "grant our user Read on it, by a permission set.",
        "product.is_flat: nothing fills this column (list_price is for all seats together, however many; missing "
        "means no).",
        "subscription.seats_since: nothing fills this column (day since which it has that many seats; missing: "
        "nobody changed them).",
        "contact.role: Contact.Role__c can hold boss, which means none of decision_maker, champion, user and other.",
        "case.severity: Case.Priority can hold Urgent, which means none of high, normal and low.",
        "feedback: nothing fills this table (An answer to a survey).",
        "feedback.object: there is no object Survey_Response__c.",
    ]


def test_a_required_object_that_is_missing_is_a_problem_and_no_note() -> None:
    assert not any(line.startswith("account.object") for line in noted(salesforce(without=["Account"])))


def test_a_first_status_that_the_mapping_does_not_tell_is_noted(tmp_path: Path) -> None:
    def at_first(folder: Path | None) -> list[str]:
        return [line for line in noted(hubspot(), folder) if "at first" in line]

    assert at_first(None) == []
    assert at_first(edited(tmp_path, "hubspot", **{"hs_pipeline_stage: new-stage-id": "hs_lead_type: UPSELL"})) == [
        "write.lead[1].close.hs_pipeline_stage: say under constants what it is at first: else a record that somebody "
        "moved on looks as if nobody had touched it."
    ]
