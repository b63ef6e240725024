"""The least set of rights is enough to live on, and says what is lacking and what is too much."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.errors import GiveUp
from jobs import verbs
from tests.command import run
from tests.jobs.small import CRMS, Company, company

ACCOUNTS = {"salesforce": ("Account", "read"), "hubspot": ("crm.objects.companies.read", "scope")}
EVERY_SCOPE = [
    f"crm.{kind}.{object}.{may}"
    for kind in ("objects", "schemas")
    for object in (
        "companies", "contacts", "custom", "deals", "feedback_submissions", "invoices", "leads", "line_items",
        "orders", "owners", "products", "quotes", "subscriptions", "tickets",
    )
    for may in ("read", "write")
] + ["crm.lists.read", "crm.lists.write"]  # fmt: skip


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Company]]:
    with (
        company("salesforce", tmp_path_factory.mktemp("rights") / "s") as salesforce,
        company("hubspot", tmp_path_factory.mktemp("rights") / "h") as hubspot,
    ):
        yield {"salesforce": salesforce, "hubspot": hubspot}


def test_with_the_listed_scopes_and_no_other_a_run_writes_everything(companies: dict[str, Company]) -> None:
    served = companies["hubspot"]
    told = verbs.rights(served.settings)
    listed = {one.target for one in told.needed if one.purpose == "run"}
    assert {one.target for one in told.needed if one.purpose == "setup"} >= {"crm.schemas.companies.write"}
    assert "crm.objects.deals.write" not in listed
    served.org.settings({"missing_scopes": [scope for scope in EVERY_SCOPE if scope not in listed]})
    result = served.sync()
    assert result.refused == ()
    assert result.written > 3
    served.next_day()
    assert served.sync().refused == ()
    served.org.settings({"missing_scopes": ["crm.objects.companies.read"]})
    lacking = run("rights", "--json", folder=served.settings.state_dir, variables=served.env)
    assert lacking.code == 2, lacking
    told = {one["target"]: one for one in lacking.json()["needed"]}["crm.objects.companies.read"]
    assert (told["held"], told["purpose"]) == (False, "run")
    assert {"read.account", "read.contact", "read.opportunity"} <= set(told["parts"])
    served.org.settings({"missing_scopes": []})


def test_where_no_lead_object_is_seen_its_rights_are_lacking_and_setup_does_not_say_that_all_is_there(
    companies: dict[str, Company],
) -> None:
    served = companies["hubspot"]
    for hidden, object in ((("leads", "deals"), "leads"), (("companies",), "companies")):
        served.org.settings({"missing_scopes": [f"crm.objects.{one}.read" for one in hidden]})
        lacking = {one.target for one in verbs.rights(served.settings).lacking}
        assert f"crm.objects.{object}.read" in lacking
        with pytest.raises(GiveUp, match=rf"does not see {object} in .*`tossup rights` lists"):
            verbs.setup(served.settings, apply=False)
    served.org.settings({"missing_scopes": []})
    assert verbs.setup(served.settings, apply=False).steps == ()


def test_a_hidden_field_is_lacking_and_other_fields_are_too_much(
    companies: dict[str, Company], tmp_path: Path
) -> None:
    served = companies["salesforce"]
    told = verbs.rights(served.settings)
    assert told.lacking == ()
    held = {(one.target, one.may) for one in told.needed}
    assert {
        ("Account", "read"),
        ("Account", "edit"),
        ("Task", "create"),
        ("Account.Tossup_Priority__c", "edit"),
    } <= held
    assert not [one for one in told.needed if one.target == "Opportunity" and one.may != "read"]
    assert "Account.Name" in {one.target for one in told.excess}
    assert not {one.target for one in told.excess} & {one.target for one in told.needed if one.may == "edit"}
    served.org.hide("Task", "Subject")
    ended = run("rights", folder=tmp_path, variables=served.env)
    served.org.hide("Task", "Subject", hidden=False)
    assert ended.code == 2
    lines = [line.strip() for line in ended.out.splitlines()]
    at = lines.index("LACKING: 1 right")
    assert lines[at + 1 : at + 4] == ["Task", "edit Subject", "for  write.task"]
    json = run("rights", "--json", folder=tmp_path, variables=served.env)
    assert (json.code, json.err) == (0, "")
    assert json.json()["connection"].startswith("salesforce:")


@pytest.mark.parametrize("crm", CRMS)
def test_every_right_of_a_night_names_the_parts_of_the_mapping_that_ask_for_it(
    companies: dict[str, Company], crm: str
) -> None:
    told = {(one.target, one.may): one.parts for one in verbs.rights(companies[crm].settings).needed}
    if crm == "salesforce":
        assert told["Opportunity", "read"] == ("read.opportunity", "read.purchase")
        assert told["Task", "create"] == ("write.task",)
        assert told["Account.Tossup_Priority__c", "edit"] == ("write.account",)
        assert told["Task.TaskSubtype", "read"] == ("read.activity",)
    else:
        assert told["crm.objects.deals.read", "scope"] == ("read.opportunity", "read.purchase")
        assert told["crm.objects.contacts.write", "scope"] == ("write.task",)
        assert told["crm.lists.write", "scope"] == ("write.list",)
    nightly = [one for one in verbs.rights(companies[crm].settings).needed if one.purpose == "run"]
    assert [one for one in nightly if not one.parts] == []
    assert {"read.account", "write.account"} <= set(told[ACCOUNTS[crm]])


def test_what_the_crm_hides_and_runs_do_without_is_listed_apart(
    companies: dict[str, Company], tmp_path: Path
) -> None:
    served = companies["hubspot"]
    presets = {name: value for name, value in served.env.items() if name != "TOSSUP_CONFIG"}
    served.org.settings({"missing_scopes": ["crm.objects.tickets.read"]})
    ended = run("rights", folder=tmp_path, variables=presets)
    json = run("rights", "--json", folder=tmp_path, variables=presets).json()
    served.org.settings({"missing_scopes": []})
    assert ended.code == 0, ended
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    at = lines.index("Hidden: read if you grant it, done without until then")
    assert lines[at + 1 : at + 3] == ["crm.objects.tickets.read read.case", "crm.schemas.tickets.read read.case"]
    more = {one["target"]: (one["held"], one["parts"]) for one in json["needed"] if one["purpose"] == "more"}
    assert more["crm.objects.tickets.read"] == (False, ["read.case"])


def test_a_hidden_object_that_no_run_does_without_is_lacking(companies: dict[str, Company], tmp_path: Path) -> None:
    served = companies["hubspot"]
    served.org.settings({"missing_scopes": ["crm.objects.deals.read", "crm.objects.leads.read"]})
    ended = run("rights", folder=tmp_path, variables=served.env)
    refused = run("sync", folder=tmp_path, variables=served.env)
    served.org.settings({"missing_scopes": []})
    assert (ended.code, refused.code) == (2, 2)
    assert "deals" in refused.err
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "LACKING: 4 rights" in lines
    assert "crm.objects.deals.read read.opportunity, read.purchase" in lines
    assert "crm.objects.leads.read write.lead" in lines


@pytest.mark.parametrize("crm", CRMS)
def test_rights_fit_a_terminal(companies: dict[str, Company], crm: str, tmp_path: Path) -> None:
    ended = run("rights", folder=tmp_path, variables=companies[crm].env)
    assert ended.code == 0, ended
    assert "rights that Tossup needs in " in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
