"""Every problem of a file at once, in words, with its place."""

from pathlib import Path

from mappings.problems import Problem, listed, suggestion
from tests.mappings.own_files import edited, faults, problems


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = """\
crm: sales
version: 2
compny: {}
company: {currency: usd, language: de}
read:
  account:
    object: 5
    fields:
      a: {feld: 1}
      b: 7
      c: {field: x, constant: 1}
      d:
      e: {field: x, values: {a: [1]}}
      f: {field: x, otherwise: 1}
      g: {constant: 1, fallback: x}
      h: {field: x, values: {}}
      i: {join: 5}
    where:
      - {field: x, op: equals, value: {a: 1}}
      - 5
  case: 5
  contact: [{object: x}]
write:
  account: true
  task:
    object: T
    key: K__c
    fields: {subject: {field: x, policy: our, create: maybe}}
    constants: [1]
    links: {a: b}
    read: {is_closed: [{x: 1}], status: 5}
  lead: {object: L}
catalog: {A: {tier: x, complements: 5, sla_days: 1.5}}
"""
    assert problems(tmp_path, text) == [
        "salesforce.yaml:1:1  crm: must be salesforce or hubspot, not sales. Did you mean salesforce?",
        "salesforce.yaml:2:1  version: must be 1, not 2.",
        "salesforce.yaml:3:1  compny: unknown key; known here: crm, version, company, read, write and catalog. "
        "Did you mean company?",
        "salesforce.yaml:4:1  company.name: is missing.",
        "salesforce.yaml:4:11  company.currency: must be a three-letter currency code such as USD or JPY, not usd.",
        "salesforce.yaml:4:26  company.language: must be en or ja, not de.",
        "salesforce.yaml:7:5  account.object: must be a text, not 5.",
        "salesforce.yaml:9:11  account.a.feld: unknown key; known here: field, join, fallback, constant, values, "
        "otherwise, unit and optional. Did you mean field?",
        "salesforce.yaml:10:7  account.b: must be the name of a field, or lines of the form name: value, not 7.",
        "salesforce.yaml:11:7  account.c: give one of field, join and constant.",
        "salesforce.yaml:12:7  account.d: must be the name of a field, or lines of the form name: value, "
        "but nothing stands here.",
        "salesforce.yaml:13:30  account.e.values.a: must be a text, a number, true or false, not a list.",
        "salesforce.yaml:14:7  account.f: otherwise needs values.",
        "salesforce.yaml:15:7  account.g: a constant is never empty: leave fallback out.",
        "salesforce.yaml:16:7  account.h: values needs at least one line.",
        "salesforce.yaml:17:11  account.i.join: must be a list, not 5.",
        "salesforce.yaml:19:20  account.where[1].op: must be eq, ne, in, not_in, gt, ge, lt, le, empty or not_empty, "
        "not equals.",
        "salesforce.yaml:19:32  account.where[1].value: must be a text, a number, true or false, or a list of these, "
        "not lines of the form name: value.",
        "salesforce.yaml:20:9  account.where[2]: must be lines of the form name: value (field, op), not 5.",
        "salesforce.yaml:21:3  case: must be lines of the form name: value (object, fields), not 5.",
        "salesforce.yaml:22:13  contact[1].fields: is missing.",
        "salesforce.yaml:24:3  write.account: must be lines of the form name: value (object, fields), not true.",
        "salesforce.yaml:28:34  write.task.subject.policy: must be ours, if_empty, create_only or pin_on_human_edit, "
        "not our. Did you mean ours?",
        "salesforce.yaml:28:47  write.task.subject.create: must be true or false, not maybe.",
        "salesforce.yaml:29:5  write.task.constants: must be lines of the form name: value, not a list.",
        "salesforce.yaml:30:13  write.task.links.a: must be account_id or contact_id, not b.",
        "salesforce.yaml:31:25  write.task.read.is_closed[1].x: unknown key; known here: field, join, fallback, "
        "constant, values, otherwise, unit and optional.",
        "salesforce.yaml:31:33  write.task.read.status: must be the name of a field, or lines of the form "
        "name: value, not 5.",
        "salesforce.yaml:32:3  write.lead.fields: is missing.",
        "salesforce.yaml:32:3  write.lead.key: is missing.",
        "salesforce.yaml:33:15  catalog.A.tier: must be a whole number, not x.",
        "salesforce.yaml:33:24  catalog.A.complements: must be a text, not 5.",
        "salesforce.yaml:33:40  catalog.A.sla_days: must be a whole number, not 1.5.",
    ]


def test_a_list_needs_to_know_the_campaign_and_the_contact(tmp_path: Path) -> None:
    text = edited(
        **{
            "      list_id: CampaignId\n": "      campaign: CampaignId\n",
            "      Status: Sent\n": "      ContactId: x\n",
        }
    )
    assert faults(tmp_path, text) == [
        "write.list: ContactId is written by two lines; keep one.",
        "write.list.fields: needs list_id (the campaign or list of its play).",
        "write.list.campaign: Tossup writes nothing of this name here; it writes list_id, contact_id, product, "
        "value, due, priority, play and motion.",
    ]


def test_a_mapping_that_contradicts_the_tables_is_told_so(tmp_path: Path) -> None:
    text = edited(**{
        "UTC": "Asia/Tokio",
        "employees: ": "employes: ",
        "code: ProductCode": "cod: ProductCode",
        "{Obsolete: true}": "{Obsolete: yes}",
        "op: eq, value: true": "op: eq, value: [true]",
        "Low: low}}": "Low: lo}}",
        "  contact:": "  contacts:",
        "low: Low}": "lo: Low}",
        "tier: {field: Tier__c,": "tier: {field: Tier__c, unit: minor,",
        "      is_active: IsActive\n      tier": "      is_active: {field: IsActive, unit: thousands}\n      tier",
        " on: ActivityDate\n": " on: Activity..Date\n",
        "kind: {constant: meeting}": "kind: {constant: true}",
        "subject: {field: Subject,": "subjct: {field: Subject,",
        "account_id: {field: Tossup_Account__c,": "account_id: {field: Tossup_Product__c,",
        "headroom: {field: Tossup_Headroom__c,": "headroom: {field: Tossup_Headroom__c, values: {a: b},",
        "      status: Status\n      outcome": "      status: .\n      outcome",
        "        - IsClosed\n": "        - {constant: 1}\n",
        "    answer: {field: Tossup_Response__c, create: true}   #":
            "    answer: {field: Subject, values: {yes: accepted}}   #",
    })  # fmt: skip
    assert faults(tmp_path, text) == [
        "company.time_zone: there is no time zone Asia/Tokio; write it like America/New_York or Asia/Tokyo. "
        "Did you mean Asia/Tokyo?",
        "account.employes: account has no column of this name. Did you mean employees?",
        "product.fields: product needs code (SKU; the same product has the same code in every CRM): "
        "without it every row is left out.",
        "product.cod: product has no column of this name. Did you mean code?",
        "product.is_active.unit: a unit is for numbers and money.",
        "product.tier.unit: minor is for money.",
        "subscription.cancelled.values.Obsolete: must be true or false, not yes.",
        "purchase.where[1].value: eq takes one value, not a list. Did you mean in?",
        "contacts: unknown table; known: account, product, subscription, purchase, opportunity, contact, activity, "
        "case, engagement, feedback, usage, owner and rate. Did you mean contact?",
        "activity[1].on: Activity..Date is not a field, nor a path of fields with dots.",
        "activity[2].kind.constant: must be a text, not true.",
        "activity[2].kind.constant: must become task, call, email or meeting, not true.",
        "case.severity.values.Low: must become high, normal or low, not lo. Did you mean low?",
        "write.account.headroom.values: this value is free text or a number; values does not apply.",
        "write.task: Subject is written by two lines; keep one.",
        "write.task.subjct: Tossup writes nothing of this name here; it writes subject, body, body_html, owner_id, "
        "account_id, contact_id, product, value, due, priority, play, motion and note. Did you mean subject?",
        "write.task.priority.values: says nothing of low.",
        "write.task.priority.values.lo: Tossup never says this; it says high, mid or low. Did you mean low?",
        "write.task.answer.values: says nothing of accepted, won, lost, declined, returned and snoozed.",
        "write.task.answer.values.yes: Tossup never says this; it says accepted, won, lost, declined, returned or "
        "snoozed.",
        "write.task.read.status: . is not a field, nor a path of fields with dots.",
        "write.task.read.is_closed[1].constant: must be true or false, not 1.",
        "write.lead[1]: Tossup_Product__c is written by two lines; keep one.",
    ]


def test_what_contradicts_itself_is_told_together_with_what_cannot_be_read(tmp_path: Path) -> None:
    text = edited(**{"time_zone: UTC": "time_zone: Mars", "  subscription:\n": "  subscriptoin:\n"})
    text = text.replace("policy: ours", "policy: mine", 1).replace("employees: NumberOfEmployees", "employees: [a]")
    told = problems(tmp_path, text + "\nnonsense: true\n")
    places = [line.split("  ", 1)[1].split(":")[0] for line in told]
    assert places == [
        "company.time_zone", "account.employees", "subscriptoin", "write.account.computed_at.policy", "nonsense",
    ]  # fmt: skip
    assert told[2].endswith("Did you mean subscription?")


def test_a_filter_with_too_much_or_too_little_is_told_so(tmp_path: Path) -> None:
    text = edited(**{
        "      - {field: Opportunity.IsWon, op: eq, value: true}": "      - {field: A, op: empty, value: 1}\n"
        "      - {field: A, op: gt}\n      - {field: A, op: gt, value: [1]}\n      - {field: A, op: in, value: [1]}\n"
        "      - {field: A, op: ne, value: [1]}",
    })  # fmt: skip
    assert faults(tmp_path, text) == [
        "purchase.where[1].value: empty takes no value.",
        "purchase.where[2]: gt needs a value.",
        "purchase.where[3].value: gt takes one value, not a list.",
        "purchase.where[5].value: ne takes one value, not a list. Did you mean not_in?",
    ]


def test_a_mapping_for_another_crm_or_without_accounts_or_leads_is_told_so(tmp_path: Path) -> None:
    text = """\
crm: hubspot
company: {name: Example}
read: {ours: {object: Task, fields: {}}}
write:
  account: {object: Account, fields: {risk: A, priority: A}}
  task: {object: Task, key: K, fields: {subject: K}}
  lead: []
"""
    assert faults(tmp_path, text) == [
        "crm: this file must be for salesforce, not hubspot.",
        "account: is missing: every rule is about accounts.",
        "ours: is read back from what the write section writes; leave it out.",
        "write.account: A is written by two lines; keep one.",
        "write.task: K is written by two lines; keep one.",
        "write.lead: needs at least one object.",
    ]


def test_plays_gates_and_texts_are_checked_too_and_against_each_other(tmp_path: Path) -> None:
    (tmp_path / "plays.yaml").write_text(
        "a: {motion: expand, pattern: p}\nb: {motion: churn, pattern: p, due_days: 400}\n"
    )
    (tmp_path / "gates.yaml").write_text("g: {enabled: 1.5, numbers: {days: many}}\nh: 5\n")
    assert problems(tmp_path, "plays: {}\nreasons: {}\n", "texts.en.yaml") == [
        "gates.yaml:1:5  g.enabled: must be true or false, not 1.5.",
        "gates.yaml:1:29  g.numbers.days: must be a number, not many.",
        "gates.yaml:2:1  h: must be lines of the form name: value (enabled, state, concerns), not 5.",
        "plays.yaml:1:5  a.motion: must be expansion, upsell, cross_sell or churn, not expand. "
        "Did you mean expansion?",
        "plays.yaml:2:32  b.due_days: must be at most 365, not 400.",
        "texts.en.yaml:1:1  words: is missing.",
    ]
    (tmp_path / "plays.yaml").write_text("a: {motion: churn, pattern: p, due_days: -1}\n")
    assert "plays.yaml:1:32  a.due_days: must be at least 0, not -1." in problems(tmp_path, "x: 1", "texts.en.yaml")


def test_problems_read_like_a_compilers() -> None:
    problem = Problem(
        file="m.yaml", line=14, column=5, path="account.paid_users", text="no field", suggestion="Seats__c"
    )
    assert str(problem) == "m.yaml:14:5  account.paid_users: no field. Did you mean Seats__c?"
    assert suggestion("numberofemployes", ["NumberOfEmployees", "Name"]) == "NumberOfEmployees"
    assert suggestion("zzz", ["Name"]) is None
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b or c"]


def test_a_value_map_that_is_none_is_told_so(tmp_path: Path) -> None:
    text = edited(**{"{Obsolete: true}": "5"})
    assert faults(tmp_path, text) == ["subscription.cancelled.values: must be lines of the form name: value, not 5."]
