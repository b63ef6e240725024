"""The demo world holds what it promises, and is the same every time."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import get_args

import pytest

from connector.emulator.demo.cast import CAST, LEAST_ACCOUNTS, PLAN, PLAYS
from connector.emulator.demo.generate import AT, generate
from connector.emulator.demo.model import Account, Deal, EngagementKind, Subscription, World

TODAY = AT.date()


@pytest.fixture(scope="module")
def world() -> World:
    return generate()


@pytest.fixture(scope="module")
def accounts(world: World) -> dict[str, Account]:
    return {account.key: account for account in world.accounts}


@pytest.fixture(scope="module")
def terms(world: World) -> dict[str, list[Subscription]]:
    """Each account's subscriptions, the current one first."""
    found = defaultdict(list)
    for subscription in world.subscriptions:
        found[subscription.account].append(subscription)
    return found


@pytest.fixture(scope="module")
def deals(world: World) -> dict[str, list[Deal]]:
    found = defaultdict(list)
    for deal in world.deals:
        found[deal.account].append(deal)
    return found


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    assert generate() == world
    assert generate(seed=8) != world


def test_more_accounts_change_nothing_about_those_that_were_there(world: World) -> None:
    bigger = generate(accounts=320)
    assert bigger.accounts[:300] == world.accounts
    assert len(bigger.accounts) == 320


def test_fewer_accounts_than_the_cast_needs_are_refused() -> None:
    with pytest.raises(ValueError, match=f"needs {LEAST_ACCOUNTS} accounts"):
        generate(accounts=LEAST_ACCOUNTS - 1)


def test_every_part_is_played_by_as_many_accounts_as_the_programme_says(world: World) -> None:
    assert {part.name: part.count for part in CAST} == {
        name: len(keys) for name, keys in world.cast.items() if name != "ordinary"
    }
    played = [key for keys in world.cast.values() for key in keys]
    assert sorted(played) == [account.key for account in world.accounts]


def test_a_catalogue_of_45_products_with_plans_options_and_services_of_other_teams(world: World) -> None:
    by_code = {product.code: product for product in world.products}
    assert len(by_code) == len(world.products) == 45
    tiers = Counter(product.family for product in world.products if product.tier)
    assert tiers == {"Core": 4, "Suite": 4, "Analytics": 3}
    assert sum(product.is_option for product in world.products) == 10
    queues = {owner.name for owner in world.owners if owner.kind == "queue"}
    assert {product.specialist for product in world.products} == {*queues, None}
    assert all(code in by_code for product in world.products for code in product.complements)


def test_every_reference_inside_the_world_leads_somewhere(world: World, accounts: dict[str, Account]) -> None:
    contacts = {contact.key: contact.account for contact in world.contacts}
    codes = {product.code for product in world.products}
    owners = {owner.name for owner in world.owners}
    for rows in (world.contacts, world.subscriptions, world.deals, world.cases, world.activities, world.usage):
        assert {row.account for row in rows} <= accounts.keys()
    for row in (*world.cases, *world.activities, *world.feedback, *world.engagement, *world.proposals):
        assert row.contact is None or contacts[row.contact] == row.account
    assert {line.product for deal in world.deals for line in deal.lines} <= codes
    assert {row.product for row in (*world.subscriptions, *world.usage)} <= codes
    assert {row.product for row in (*world.engagement, *world.proposals)} <= codes
    assert {account.owner for account in world.accounts} - {None} <= owners
    assert {account.parent for account in world.accounts} - {None} <= accounts.keys()


def test_names_are_plainly_made_up_and_unique(world: World) -> None:
    names = [account.name for account in world.accounts]
    assert len(set(names)) == len(names)
    assert all(name.startswith(("Example ", "株式会社サンプル")) for name in names)
    assert {account.currency for account in world.accounts} == {"USD", "JPY", "EUR"}


def test_the_hierarchy_has_three_levels_and_one_cycle(world: World, accounts: dict[str, Account]) -> None:
    def ancestors(key: str) -> list[str]:
        seen: list[str] = []
        parent = accounts[key].parent
        while parent is not None and parent not in seen:
            seen.append(parent)
            parent = accounts[parent].parent
        return seen

    group = world.cast["group_wide"]
    paying = {subscription.account for subscription in world.subscriptions}
    assert [place for place, key in enumerate(group) if key not in paying] == [3, 4, 5, 8, 9, 11]
    assert max(len(ancestors(key)) for key in group[:6]) == 2
    assert ancestors(group[10]) == [group[11], group[10]]


def test_the_renewal_window_is_met_at_both_ends(world: World, terms: dict[str, list[Subscription]]) -> None:
    def days(part: str) -> set[int]:
        return {(terms[key][0].ends_on - TODAY).days for key in world.cast[part]}

    assert {60, 120} <= days("renewal_window")
    assert all(60 <= day <= 120 for day in days("renewal_window"))
    assert days("renewal_too_early") == {121}
    assert days("renewal_too_late") == {59}


def test_seats_at_the_limit_and_below(world: World, terms: dict[str, list[Subscription]]) -> None:
    def share(key: str) -> float:
        term = terms[key][0]
        assert term.seats_used is not None
        assert term.seats_paid is not None
        return term.seats_used / term.seats_paid

    assert all(share(key) >= 0.9 for key in world.cast["seat_limit"])
    assert {share(key) for key in world.cast["seat_limit_exactly_90"]} == {0.9}
    assert all(share(key) < 0.9 for key in (*world.cast["quiet"], *world.cast["ordinary"]))


def test_a_seat_reduction_shows_in_the_dates_of_two_subscriptions(
    world: World, terms: dict[str, list[Subscription]]
) -> None:
    for key in world.cast["seat_reduction"]:
        now, before = terms[key][:2]
        assert before.ends_on + timedelta(days=1) == now.starts_on
        assert now.seats_paid is not None
        assert before.seats_paid is not None
        assert now.seats_paid / before.seats_paid == pytest.approx(0.6, abs=0.02)


def test_usage_falls_by_more_than_30_percent_and_two_standard_deviations_only_where_it_should(world: World) -> None:
    weeks = defaultdict(list)
    for row in sorted(world.usage, key=lambda row: row.on):
        weeks[row.account].append(row.quantity)
    falling = {key for part in ("usage_drop", "high_risk", "held_by_risk") for key in world.cast[part]}
    for key, quantities in weeks.items():
        before, last = sum(quantities[4:8]), sum(quantities[8:])
        mean = sum(quantities[:8]) / 8
        spread = (sum((quantity - mean) ** 2 for quantity in quantities[:8]) / 7) ** 0.5
        dropped = last <= 0.7 * before and last / 4 <= mean - 2 * spread
        assert dropped == (key in falling), key
        assert len(quantities) == 12


def test_endpoint_protection_is_bought_after_core_professional(world: World, deals: dict[str, list[Deal]]) -> None:
    def day(key: str, code: str) -> list[int]:
        won = [deal for deal in deals[key] if deal.outcome == "won"]
        return sorted(deal.closes_on.toordinal() for deal in won for line in deal.lines if line.product == code)

    both = [key for key in deals if day(key, "CORE-PRO") and day(key, "SEC-EDR")]
    assert len(both) >= 30
    assert all(day(key, "CORE-PRO")[0] < day(key, "SEC-EDR")[0] for key in both)
    assert not any(day(key, "SEC-EDR") for key in world.cast["affinity"])
    share = len(both) / sum(bool(day(key, "CORE-PRO")) for key in deals)
    assert share / (len(both) / len(deals)) > 3


def test_between_a_quarter_and_three_fifths_of_what_was_decided_was_won(
    world: World, accounts: dict[str, Account]
) -> None:
    decided: dict[str, Counter[str]] = defaultdict(Counter)
    for deal in world.deals:
        products = [line.product for line in deal.lines] if len(deal.lines) == 1 else []
        for segment in (accounts[deal.account].industry, *products):
            decided[segment][deal.outcome] += 1
    rates = {name: found["won"] / (found["won"] + found["lost"]) for name, found in decided.items()}
    industries = {rates[account.industry] for account in world.accounts}
    assert 0.25 < min(industries) < max(industries) - 0.15 < 0.45, rates
    offered = {code for part in CAST for _, code in part.recipe.won if code != PLAN}
    assert offered == {"CORE-AUDIT", "SEC-EDR", "SEC-AUDIT"}
    assert all(0.25 < rates[product] < 0.6 for product in offered), rates


def test_what_was_turned_down_holds_nothing_back_today(world: World, deals: dict[str, list[Deal]]) -> None:
    refusers = {key for part in CAST if part.recipe.lost for key in world.cast[part.name]}
    for key in deals.keys() - refusers:
        had = {line.product for deal in deals[key] if deal.outcome == "won" for line in deal.lines}
        lost = [deal for deal in deals[key] if deal.outcome == "lost"]
        assert all(deal.closes_on < TODAY - timedelta(days=180) for deal in lost)
        assert {line.product for deal in lost for line in deal.lines} <= had
        assert all(deal.amount > 0 or key in world.cast["price_zero"] for deal in lost)


def test_what_a_gate_needs_is_there(world: World, accounts: dict[str, Account], deals: dict[str, list[Deal]]) -> None:
    def of(part: str) -> list[Account]:
        return [accounts[key] for key in world.cast[part]]

    refusing = {contact.account: contact.refuses for contact in world.contacts}
    with_contacts = set(refusing)
    inactive = {owner.name for owner in world.owners if not owner.is_active}
    assert all(account.employees is None for account in of("employees_missing"))
    assert all(account.employees_reported == 3 * account.employees for account in of("employees_conflicting"))
    assert all(account.do_not_contact for account in of("do_not_contact"))
    assert all(account.invoice_overdue for account in of("invoice_overdue"))
    assert all(account.legal_hold for account in of("legal_hold"))
    assert all(account.owner is None for account in of("no_owner"))
    assert {account.owner for account in of("inactive_owner")} == inactive
    assert all(refusing[key] == ("phone",) for key in world.cast["no_phone"])
    assert not with_contacts & set(world.cast["no_contacts"])
    assert all((TODAY - account.customer_since).days < 60 for account in of("young") if account.customer_since)
    for part, outcome in (("open_opportunity", "open"), ("declined_once", "lost"), ("declined_twice", "lost")):
        for key in world.cast[part]:
            assert {line.product for deal in deals[key] if deal.outcome == outcome for line in deal.lines} == {
                "CORE-STD"
            }


def test_quiet_accounts_have_no_room_and_bought_nothing_for_more_than_a_year(
    world: World, accounts: dict[str, Account], terms: dict[str, list[Subscription]], deals: dict[str, list[Deal]]
) -> None:
    for key in world.cast["quiet"]:
        assert terms[key][0].seats_paid == accounts[key].employees
        bought = [deal.closes_on for deal in deals[key] if deal.outcome == "won"]
        assert max(bought) < TODAY - timedelta(days=366)


def test_every_play_has_a_few_accounts_to_find(world: World) -> None:
    assert {part for parts in PLAYS.values() for part in parts} <= {part.name for part in CAST}
    cast = {play: sum(len(world.cast[part]) for part in parts) for play, parts in PLAYS.items()}
    assert {play: count for play, count in cast.items() if not 2 <= count <= 12} == {}


def test_the_season_accounts_bought_in_five_januaries_and_at_no_other_time_but_first(
    world: World, deals: dict[str, list[Deal]]
) -> None:
    for key in world.cast["budget_season"]:
        days = sorted(deal.closes_on for deal in deals[key] if deal.outcome == "won")
        assert [(day.year, day.month) for day in days[1:]] == [(year, 1) for year in range(2022, 2027)]


def test_schools_buy_security_audits_and_nobody_else_does(
    world: World, accounts: dict[str, Account], deals: dict[str, list[Deal]]
) -> None:
    bought = {
        key
        for key in deals
        for deal in deals[key]
        if deal.outcome == "won" and any(line.product == "SEC-AUDIT" for line in deal.lines)
    }
    schools = {account.key for account in world.accounts if account.industry == "Education"}
    assert bought == set(world.cast["attribute_buyers"])
    assert schools - bought == set(world.cast["attribute_fit"])
    assert len(bought) == 20


def test_interest_is_shown_in_what_the_account_does_not_have(world: World) -> None:
    had = {(row.account, row.product) for row in world.subscriptions}
    assert {(row.account, row.product) for row in world.engagement} & had == set()
    assert {row.kind for row in world.engagement} == set(get_args(EngagementKind))


def test_a_champion_who_left_is_not_the_one_to_talk_to(world: World) -> None:
    left = [contact for contact in world.contacts if contact.left_on is not None]
    assert {contact.account for contact in left} == set(world.cast["champion_left"])
    assert {contact.role for contact in left} == {"champion"}
    assert all(contact.left_on < TODAY for contact in left if contact.left_on)


def test_three_proposals_were_declined_and_one_of_them_by_a_specialist(world: World) -> None:
    for key in world.cast["declined_three"]:
        told = [(row.outcome, row.is_tossup) for row in world.proposals if row.account == key]
        assert told == [("declined", False), ("declined", False), ("declined", True)]
    answers = [row.outcome for row in world.proposals if row.account in world.cast["worked_before"]]
    assert Counter(answers) == {"accepted": 2, "won": 2, None: 2}


def test_recipes_name_products_of_the_catalogue(world: World) -> None:
    codes = {PLAN, *(product.code for product in world.products)}
    for part in CAST:
        named = {part.recipe.plan, *(code for _, code in (*part.recipe.won, *part.recipe.lost))}
        named |= {code for _, _, code in part.recipe.interest} | {code for _, _, code, _ in part.recipe.proposals}
        assert named | set(part.recipe.open_deals) <= codes
