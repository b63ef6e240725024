"""A request for help that names a product is a lead about it, from the mapping to the task, on both CRMs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jobs import verbs
from mappings.load import PRESETS
from tests.command import run
from tests.jobs.few_rules import UNREAD, few_rules
from tests.jobs.small import FREE, Company, company, leads

PLAY = "interest_tossup"
ASKED = "2026-10-30T12:00:00Z"


BY_ID, BY_CODE = "by its record id", "by its code"


@pytest.fixture(params=[("salesforce", BY_ID), ("hubspot", BY_ID), ("hubspot", BY_CODE)], ids=" ".join)
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A customer without Archive asked for help, and who noted it named Archive."""
    crm, named = request.param
    with company(crm, tmp_path / "store") as here:
        product = _product(here, "ARCHIVE")
        _request(here, "ARCHIVE" if named == BY_CODE else here.id_of(product))
        rules = few_rules(Path(here.settings.config), crm, unread=[one for one in UNREAD if one != "case"])
        yaml = YAML(typ="safe", pure=True)
        play = yaml.load((PRESETS / "plays.yaml").read_text("utf-8"))[PLAY]
        yaml.dump({PLAY: play}, rules / "plays.yaml")
        verbs.setup(here.settings, apply=True)
        yield here


def _product(here: Company, code: str) -> dict[str, Any]:
    object, field = ("Product2", "ProductCode") if here.crm == "salesforce" else ("products", "hs_sku")
    return next(one for one in here.records(object) if one[field] == code)


def _request(here: Company, named: str) -> None:
    customer = here.id_of(here.account(FREE))
    if here.crm == "salesforce":
        case = {"Subject": "Where do old files go?", "Priority": "Medium", "CreatedDate": ASKED}
        here.org.insert("Case", [{**case, "AccountId": customer, "ProductId": named}])
        return
    here.org.define("tickets", [_property(named)])
    ticket = {"subject": "Where do old files go?", "hs_ticket_priority": "MEDIUM", "createdate": ASKED}
    place = {"hs_pipeline": "0", "hs_pipeline_stage": "1", "product_id": named}
    here.org.insert("tickets", [{**ticket, **place, "associations": {"companies": [customer]}}])


def _property(named: str) -> dict[str, Any]:
    """A list to choose from, as RevOps would make it: the label is what people see."""
    shown = [{"value": named, "label": "Archive", "displayOrder": 0, "hidden": False}]
    shape = {"type": "enumeration", "fieldType": "select", "groupName": "ticketinformation", "options": shown}
    return {"name": "product_id", "label": "Product it is about", **shape}


def test_a_stated_problem_is_tossed_up_with_the_request_as_evidence(asked: Company, tmp_path: Path) -> None:
    checked = run("mappings", "check", folder=tmp_path, variables=asked.env)
    assert checked.code == 0
    assert "case" not in checked.out, "nothing is missing for it"
    result = asked.sync()
    assert (leads(result), result.refused) == ([("002", PLAY, "ARCHIVE", "open")], ())
    (handed,) = asked.ours("lead").values()
    (kept,) = asked.ours("task").values()
    assert kept[asked.names["subject"]] == "Example Industries 002: Archive, 1 request for help"
    field = {"salesforce": "Case.CreatedDate", "hubspot": "tickets.createdate"}[asked.crm]
    for record, body in ((handed, "lead_body"), (kept, "body")):
        text = record[asked.names[body]]
        assert "Example Industries 002 does not have Archive. Lately Archive was named in 1 request for help" in text
        assert f"Problem stated: October 30, 2026 ({field})" in text
        assert "interest" not in text
    assert asked.sync().written == 0
    _explained(asked, tmp_path)


def _explained(here: Company, folder: Path) -> None:
    object, id = {"salesforce": ("Case", "Id"), "hubspot": ("tickets", "id")}[here.crm]
    (request,) = here.records(object)
    told = " ".join(run("explain", "Example Industries 002", folder=folder, variables=here.env).out.split())
    assert "problem_cases >= 1" in told
    assert f"of {request[id]})" in told
