"""An object with hundreds of fields: its names fit into no address, and still every value arrives."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.e2e.harness import CRMS, Serve, Tossup
from tests.jobs.small import few_rules

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
