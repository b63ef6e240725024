"""Every part of the demo world gets the lead, the refusal or the silence it was written for, by the preset rules."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from connector.emulator.demo.generate import AT, generate
from connector.emulator.demo.model import World
from leads.find import Found
from mappings.canonical import Lead
from tests.emulator.worlds.canonical_rows import canonical_rows
from tests.leads import world as canonical_world

WORKED = frozenset({"open", "waiting"})
OFFERED = {
    "free_to_paid": "free_to_paid",
    "company_wide": "company_wide",
    "seat_limit": "seat_limit",
    "seat_limit_exactly_90": "seat_limit",
    "higher_plan": "seat_limit",
    "renewal_window": "renewal_window",
    "affinity": "affinity_tossup",
    "attribute_fit": "affinity_tossup",
    "complement": "complement_tossup",
    "just_bought": "affinity_tossup",
    "just_bought_when_young": "affinity_tossup",
    "seat_reduction": "seat_reduction_save",
    "usage_drop": "usage_drop_save",
    "employees_missing": "seat_limit",
    "employees_conflicting": "seat_limit",
}
REFUSED = {
    "do_not_contact": "do_not_contact",
    "refuse_everything": "no_contact",
    "no_contacts": "no_contact",
    "legal_hold": "legal_hold",
    "invoice_overdue": "invoice_overdue",
    "onboarding_open": "onboarding_open",
    "young": "tenure",
    "open_opportunity": "duplicate_opportunity",
    "open_task": "duplicate_task",
    "no_owner": "owner",
    "inactive_owner": "owner",
    "held_by_risk": "churn_high",
    "high_risk": "severe_case",
}
SILENT = ("quiet", "seats_missing", "renewal_too_early", "renewal_too_late", "ordinary")


@pytest.fixture(scope="module")
def world() -> World:
    return generate()


@pytest.fixture(scope="module")
def found(world: World) -> Iterator[Found]:
    engine = canonical_world.World(canonical_rows(world))
    yield engine.find(canonical_world.rules(route=None), today=AT.date())
    engine.close()


@pytest.fixture(scope="module")
def leads(found: Found) -> dict[str, list[Lead]]:
    by_account = defaultdict(list)
    for lead in found.leads:
        by_account[lead.account_id].append(lead)
    return by_account


def test_no_play_is_asleep(found: Found) -> None:
    assert found.asleep == ()


@pytest.mark.parametrize("part", OFFERED)
def test_it_is_offered(part: str, world: World, leads: dict[str, list[Lead]]) -> None:
    for key in world.cast[part]:
        assert OFFERED[part] in {lead.play for lead in leads[key] if lead.state in WORKED}, key


@pytest.mark.parametrize("part", REFUSED)
def test_it_is_refused(part: str, world: World, leads: dict[str, list[Lead]]) -> None:
    for key in world.cast[part]:
        selling = [lead for lead in leads[key] if lead.motion != "churn"]
        assert selling, key
        for lead in selling:
            assert lead.state not in WORKED, key
            assert REFUSED[part] in {reason.code for reason in lead.reasons}, key


@pytest.mark.parametrize("part", SILENT)
def test_it_is_left_alone(part: str, world: World, leads: dict[str, list[Lead]]) -> None:
    assert [key for key in world.cast[part] if leads[key]] == []


def test_groups_are_offered_at_their_ultimate_parent_even_in_a_cycle(
    world: World, leads: dict[str, list[Lead]]
) -> None:
    group = world.cast["group_wide"]
    offered = [place for place, key in enumerate(group) for lead in leads[key] if lead.play == "group_wide"]
    assert offered == [0, 6, 10]


def test_risks_stand_on_the_accounts(world: World, found: Found) -> None:
    risk = {row["account_id"]: row["risk"] for row in found.accounts.to_pyarrow().to_pylist()}
    for part, band in (
        ("usage_drop", "high"),
        ("seat_reduction", "high"),
        ("nps_detractor", "high"),
        ("nps_fall", "watch"),
        ("severe_case", "watch"),
        ("no_contact", "watch"),
        ("onboarding_stuck", "watch"),
        ("quiet", "none"),
    ):
        assert {risk[key] for key in world.cast[part]} == {band}, part


def test_unclear_employee_counts_give_no_headroom(world: World, found: Found) -> None:
    headroom = {row["account_id"]: row["headroom"] for row in found.accounts.to_pyarrow().to_pylist()}
    unclear = {*world.cast["employees_missing"], *world.cast["employees_conflicting"]}
    assert {key for key in unclear if headroom[key] is not None} == set()
