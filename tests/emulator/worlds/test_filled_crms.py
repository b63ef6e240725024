"""A world fills both CRMs with the same facts, fast, over the same rules as HTTP."""

import time
from collections.abc import Iterator

import pytest
import requests

from connector.emulator import worlds
from connector.emulator.demo.generate import AT, generate
from connector.emulator.hubspot.app import HubSpotPortal
from connector.emulator.org import BadRequest, Clock, Org
from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.worlds.spelled import Facts, of_hubspot, of_salesforce

LEFT = "CSM 07"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def salesforce(clock: Clock) -> SalesforceOrg:
    org = SalesforceOrg(clock)
    worlds.fill("demo", orgs={"salesforce": org}, clock=clock)
    return org


@pytest.fixture(scope="module")
def hubspot(clock: Clock) -> HubSpotPortal:
    portal = HubSpotPortal(clock)
    worlds.fill("demo", orgs={"hubspot": portal}, clock=clock)
    return portal


@pytest.fixture(scope="module")
def facts(salesforce: SalesforceOrg, hubspot: HubSpotPortal) -> tuple[Facts, Facts]:
    return of_salesforce(salesforce), of_hubspot(hubspot)


def test_both_crms_hold_the_same_facts(facts: tuple[Facts, Facts]) -> None:
    ours, theirs = facts
    assert ours.keys() == theirs.keys()
    for name in ours.keys() - {"account"}:
        assert ours[name] == theirs[name], name


def test_accounts_agree_except_that_salesforce_always_has_an_owner(facts: tuple[Facts, Facts]) -> None:
    ours, theirs = facts
    owned = [(*row[:2], row[2] or LEFT, *row[3:]) for row in theirs["account"]]
    assert sorted(ours["account"], key=repr) == sorted(owned, key=repr)
    assert sum(row[2] is None for row in theirs["account"]) == len(generate().cast["no_owner"])


def test_nothing_of_the_world_is_left_out(facts: tuple[Facts, Facts]) -> None:
    world = generate()
    counts = {name: len(rows) for name, rows in facts[0].items()}
    assert counts == {
        "account": 300,
        "product": 45,
        "contact": len(world.contacts),
        "subscription": len(world.subscriptions),
        "deal": len(world.deals),
        "line": sum(len(deal.lines) for deal in world.deals),
        "case": len(world.cases),
        "activity": len(world.activities) + len(world.proposals),
        "open_task": 3,
        "usage": len(world.usage),
        "feedback": len(world.feedback),
        "engagement": len(world.engagement),
        "proposal": len(world.proposals),
        "tossup": sum(each.is_tossup for each in world.proposals),
        "owner": 8,
        "queue": 3,
    }


def test_the_clock_starts_at_the_worlds_moment(clock: Clock, salesforce: SalesforceOrg) -> None:
    worlds.fill("demo", orgs={}, clock=clock)
    assert 0 <= (clock.now() - AT).total_seconds() < 5


def test_filling_both_takes_less_than_three_seconds() -> None:
    clock = Clock()
    orgs: dict[str, Org] = {"salesforce": SalesforceOrg(clock), "hubspot": HubSpotPortal(clock)}
    before = time.process_time()
    worlds.fill("demo", orgs=orgs, clock=clock)
    assert time.process_time() - before < 3


def test_a_filled_org_survives_its_snapshot(salesforce: SalesforceOrg, hubspot: HubSpotPortal) -> None:
    clock = Clock(AT)
    org, portal = SalesforceOrg(clock), HubSpotPortal(clock)
    org.restore(salesforce.snapshot())
    portal.restore(hubspot.snapshot())
    assert of_salesforce(org) == of_salesforce(salesforce)
    assert of_hubspot(portal) == of_hubspot(hubspot)


def test_an_unknown_world_is_refused_by_name() -> None:
    with pytest.raises(BadRequest, match="there is no world atlantis: the worlds are empty, demo and scale-N"):
        worlds.fill("atlantis", orgs={}, clock=Clock())


def test_scale_worlds_hold_as_many_accounts_as_they_say() -> None:
    clock = Clock()
    orgs: dict[str, Org] = {"salesforce": SalesforceOrg(clock), "hubspot": HubSpotPortal(clock)}
    worlds.fill("scale-20001", orgs=orgs, clock=clock)
    assert orgs["salesforce"].inspect(None)["counts"]["Account"] == 20_001
    assert orgs["hubspot"].inspect(None)["counts"]["companies"] == 20_001


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(crm="both", world="demo") as running:
        yield running


def test_the_custom_fields_can_be_read_over_http_at_once(emulator: Emulator) -> None:
    told = emulator.announcement
    query = "SELECT Name, CurrencyIsoCode, Free_Users__c, Parent.Name FROM Account WHERE Free_Users__c > 0"
    answer = requests.get(
        f"{told['salesforce']['url']}/services/data/v68.0/query",
        params={"q": query},
        headers={"Authorization": f"Bearer {told['salesforce']['access_token']}"},
        timeout=10,
    ).json()
    assert answer["totalSize"] == len(generate().cast["free_to_paid"])
    search = {
        "filterGroups": [{"filters": [{"propertyName": "free_users", "operator": "GT", "value": "0"}]}],
        "sorts": [],
        "properties": ["name", "free_users", "currency_code"],
        "limit": 200,
        "after": "0",
    }
    found = requests.post(
        f"{told['hubspot']['url']}/crm/objects/2026-09/companies/search",
        json=search,
        headers={"Authorization": f"Bearer {told['hubspot']['access_token']}"},
        timeout=10,
    ).json()
    named = {(each["properties"]["name"], each["properties"]["currency_code"]) for each in found["results"]}
    assert named == {(each["Name"], each["CurrencyIsoCode"]) for each in answer["records"]}
