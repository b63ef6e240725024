"""Every part of the demo world gets the lead, the refusal or the silence it was written for, by the preset rules."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from connector.emulator.demo.cast import PLAYS
from connector.emulator.demo.generate import AT, generate
from connector.emulator.demo.model import World
from leads.find import Found
from mappings.canonical import Lead
from tests.emulator.worlds.canonical_rows import canonical_rows
from tests.leads import world as canonical_world

WORKED = frozenset({"open", "waiting"})
ULTIMATE = (0, 6, 10)
"""The members of `group_wide` at which the group is offered more, by place."""
REFUSED = {
    "do_not_contact": "do_not_contact",
    "refuse_everything": "no_contact",
    "no_contacts": "no_contact",
    "legal_hold": "legal_hold",
    "invoice_overdue": "invoice_overdue",
    "onboarding_open": "onboarding_open",
    "young": "tenure",
    "declined_once": "declined_product",
    "declined_twice": "declined_product",
    "open_opportunity": "duplicate_opportunity",
    "open_task": "duplicate_task",
    "no_owner": "owner",
    "inactive_owner": "owner",
    "held_by_risk": "churn_high",
    "high_risk": "severe_case",
}
STILL_WORKED = ("employees_missing", "employees_conflicting", "declined_long_ago", "worked_before", "no_phone")
"""Parts with nearly full seats that nothing holds back from `seat_limit`."""
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


def test_every_play_of_the_presets_has_its_cast() -> None:
    assert set(PLAYS) == set(canonical_world.rules().plays)


def accounts_for(world: World, play: str) -> set[str]:
    """The accounts that this play is to find."""
    if play == "group_wide":
        return {world.cast["group_wide"][place] for place in ULTIMATE}
    return {key for part in PLAYS[play] for key in world.cast[part]}


@pytest.mark.parametrize("play", PLAYS)
def test_the_play_finds_its_accounts(play: str, world: World, leads: dict[str, list[Lead]]) -> None:
    found = {key for key, own in leads.items() for lead in own if lead.play == play and lead.state in WORKED}
    assert accounts_for(world, play) - found == set()


@pytest.mark.parametrize("part", STILL_WORKED)
def test_what_is_no_reason_holds_nothing_back(part: str, world: World, leads: dict[str, list[Lead]]) -> None:
    for key in world.cast[part]:
        assert "seat_limit" in {lead.play for lead in leads[key] if lead.state in WORKED}, key


def test_who_buys_rarely_is_offered_no_other_product(world: World, leads: dict[str, list[Lead]]) -> None:
    for key in world.cast["bought_long_ago"]:
        crossing = [lead for lead in leads[key] if lead.motion == "cross_sell"]
        assert {reason.code for lead in crossing for reason in lead.reasons} >= {"low_rank"}, key


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
    assert offered == list(ULTIMATE)


def test_risks_stand_on_the_accounts(world: World, found: Found) -> None:
    risk = {row["account_id"]: row["risk"] for row in found.accounts.to_pyarrow().to_pylist()}
    for part, band in (
        ("usage_drop", "high"),
        ("seat_reduction", "high"),
        ("nps_detractor", "high"),
        ("high_risk", "high"),
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
