"""Mappings of hundreds and thousands of fields: their names fit into no address, and still every value arrives."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.command import run
from tests.e2e.harness import CRMS, Serve, Tossup
from tests.jobs.few_rules import few_rules
from tests.jobs.small import FULL, Company, company

FIELDS = 300


def names(crm: str) -> list[str]:
    long = "a_rather_long_name_for_a_field"
    return [
        f"{long}_{n:03}" if crm == "hubspot" else f"A_Rather_Long_Name_For_A_Field_{n:03}__c" for n in range(FIELDS)
    ]


def widen(tossup: Tossup) -> None:
    """Give the account object three hundred text fields, and one account with all of them filled."""
    org = getattr(tossup.emulator, tossup.crm)
    wide = names(tossup.crm)
    values = {name: f"v{n:03}" for n, name in enumerate(wide)}
    if tossup.crm == "hubspot":
        shape = {"type": "string", "fieldType": "text", "groupName": "companyinformation"}
        org.define("companies", [{"name": name, "label": name, **shape} for name in wide])
        org.insert("companies", [{"name": "Example Wide 001", **values}])
    else:
        org.define("Account", [{"name": name, "label": name[:40], "type": "Text", "length": 80} for name in wide])
        org.insert("Account", [{"Name": "Example Wide 001", **values}])


def mapped(tossup: Tossup) -> Path:
    """A configuration whose account names are all those fields in a row."""
    folder = few_rules(tossup.folder / "config", tossup.crm)
    yaml, file = YAML(typ="safe", pure=True), folder / f"{tossup.crm}.yaml"
    mapping = yaml.load(file.read_text(encoding="utf-8"))
    fields = mapping["read"]["account"]["fields"]
    fields["name"] = {"join": names(tossup.crm), "fallback": fields["name"]}
    yaml.dump(mapping, file)
    return folder


@pytest.mark.parametrize("crm", CRMS)
def test_three_hundred_fields_of_one_object_all_arrive(serve: Serve, crm: str) -> None:
    tossup = serve(crm, "empty")
    widen(tossup)
    folder = mapped(tossup)
    result = tossup("pull", "--json", TOSSUP_CONFIG=str(folder)).json()
    accounts = result["read"]["Account" if crm == "salesforce" else "companies"]
    assert accounts == {"rows": 1, "crm_count": 1, "deleted": 0}
    story = tossup("explain", "v000", "--json", TOSSUP_CONFIG=str(folder)).json()
    assert story["account_name"].split() == [f"v{n:03}" for n in range(FIELDS)]


MANY = 5_000
SPREAD = {
    "salesforce": ("Account",),
    "hubspot": ("companies", "contacts", "deals", "subscriptions", "line_items", "tickets"),
}
"""Objects that so many fields are of: HubSpot lets a portal define 1,000 of each of them."""
PATHS = {
    "Account": "",
    "companies": "",
    "contacts": "contacts.",
    "deals": "deals.",
    "subscriptions": "subscriptions.",
}
PATHS |= {"line_items": "deals.line_items.", "tickets": "tickets."}


def own_columns(here: Company, stem: str) -> None:
    """Map five thousand more columns of accounts, each filled for one of them."""
    file = Path(here.env["TOSSUP_CONFIG"]) / f"{here.crm}.yaml"
    yaml, objects = YAML(typ="safe", pure=True), SPREAD[here.crm]
    end, each = ("__c", MANY) if here.crm == "salesforce" else ("", -(-MANY // len(objects)))
    extra = {}
    for place, object in enumerate(objects):
        wide = [f"{stem}{place * each + n:04}{end}" for n in range(each)]
        here.org.define(object, [{"name": name, "label": name, **SHAPE[here.crm]} for name in wide])
        filled = [here.of(FULL, "account")] if not place else here.records(object)[:1]
        for one in filled:
            here.person("update", object, one, **{name: name for name in wide})
        extra |= {
            f"f{len(extra) + n}": {"field": PATHS[object] + name, "kind": "text"} for n, name in enumerate(wide)
        }
    mapping = yaml.load(file.read_text(encoding="utf-8"))
    mapping["read"]["account"]["extra"] = extra
    yaml.dump(mapping, file)


SHAPE = {
    "salesforce": {"type": "Text", "length": 80},
    "hubspot": {"type": "string", "fieldType": "text", "groupName": "own"},
}


@pytest.mark.parametrize("crm", CRMS)
def test_a_mapping_of_five_thousand_fields_is_synced_like_any_other(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as here:
        own_columns(here, "f_" if crm == "hubspot" else "Field_")
        env = {**here.env, "TOSSUP_MEMORY_LIMIT": "1GB"}
        first = run("sync", "--yes", "--json", folder=tmp_path, variables=env)
        assert first.code == 0, first
        assert len(here.ours("task")) > 1
        told = first.json()
        assert (told["refused"], told["conflicts"]) == (0, 0)


def test_a_query_longer_than_salesforce_takes_is_refused_before_anything_is_read_or_written(tmp_path: Path) -> None:
    with company("salesforce", tmp_path / "store") as here:
        own_columns(here, "A_Long_Name_Of_")
        before = here.state()
        ended = run("sync", "--yes", folder=tmp_path, variables=here.env)
        assert ended.code == 2, ended
        assert "fields mapped of Account make a query of 1" in ended.err
        assert "Salesforce takes 100,000. Map fewer fields of it" in ended.err
        assert here.state() == before
        assert here.emulator.calls().get("POST /services/data/{version}/jobs/query", 0) == 0
        assert "pull" in run("leads", folder=tmp_path, variables=here.env).err
