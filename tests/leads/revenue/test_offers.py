"""What can be offered: the next plan, a price for many seats, options, complements, and what they are worth."""

from contextlib import closing

import ibis

from leads.facts.owned import offerable
from tests.leads.revenue.payers import ROWS, Told, ago, ground, picked, seen
from tests.leads.world import World


def test_the_next_plan_is_the_next_tier_that_is_still_sold(told: Told) -> None:
    below = seen(told, "plan", "below", "SUITE")
    assert picked(below, "plan_name", "plan_family", "plan_tier", "is_option", "is_top") == (
        "Suite", "Suite", 1, False, False
    )  # fmt: skip
    assert picked(below, "next_product", "next_product_name", "next_price", "next_uplift") == (
        "PRO", "Suite Pro", 900, 400 * 10 * 12
    )  # fmt: skip
    assert picked(below, "plan_seats", "plan_total_seats", "plan_monthly") == (10, 10, 5000)
    assert picked(seen(told, "plan", "dear", "PRO"), "is_top", "next_product") == (True, None)
    assert picked(seen(told, "plan", "whole", "BACKUP"), "is_option", "is_top", "next_product") == (True, None, None)


def test_an_upgrade_that_would_cost_less_has_no_value(told: Told) -> None:
    assert seen(told, "plan", "dear", "SUITE")["next_uplift"] is None
    assert seen(told, "plan", "same", "SUITE")["next_uplift"] == 0
    assert picked(seen(told, "plan", "yen1", "SUITE"), "next_price", "next_uplift") == (None, None)
    assert picked(seen(told, "plan", "euro", "SUITE"), "plan_monthly", "next_uplift") == (None, None)


def test_a_lower_price_for_everybody_raises_the_total(told: Told) -> None:
    more = seen(told, "headroom", "volume")["reachable"]
    row = seen(told, "volume", "volume", "DESK")
    assert picked(row, "volume_product", "volume_product_name", "volume_price") == ("DESKALL", "Desk for all", 600)
    assert row["volume_seats"] == 200 + more
    assert row["volume_value"] == ((200 + more) * 600 - 200_000) * 12 > 0
    assert set(told["volume"]) == {("volume", "DESK")}, "a lower tier is no bargain, and the same price none either"


def test_options_of_a_plan_are_offered_to_those_who_lack_them(told: Told) -> None:
    row = seen(told, "option", "below", "BACKUP")
    assert picked(row, "option_of", "option_of_name", "option_plan_seats", "option_value") == (
        "SUITE", "Suite", 10, 10 * 100 * 12
    )  # fmt: skip
    assert seen(told, "option", "whole", "BACKUP") is seen(told, "option", "let-day91", "BACKUP") is None
    assert seen(told, "option", "yen1", "BACKUP")["option_value"] is None
    assert {key[1] for key in told["option"]} == {"BACKUP"}


def test_declared_complements_are_offered_with_the_subscription_they_go_with(told: Told) -> None:
    offers = {key[1]: row for key, row in told["complement"].items() if key[0] == "whole"}
    assert set(offers) == {"PHONE", "SSO"}, "nothing that is no longer sold, and no option without a specialist"
    names = ("complement_of", "complement_name", "complement_seats", "complement_since", "complement_bought_on")
    assert picked(offers["PHONE"], *names) == ("SUITE", "Suite", 10, ago(300), ago(50))
    assert ("had-phone", "PHONE") not in told["complement"], "they had it"
    assert ("gone", "PHONE") not in told["complement"], "what it went with is gone"


def test_an_offer_tells_what_customers_pay_for_the_product(told: Told) -> None:
    offer = seen(told, "offer_product", "below", "BACKUP")
    assert picked(offer, "product_name", "product_family", "product_is_option", "tossable") == (
        "Backup", "Suite", True, False
    )  # fmt: skip
    assert offer["list_price"] == 100
    assert picked(offer, "worth", "worth_n") == (100, 15), "fifteen bought it, four subscribe to it"
    assert picked(seen(told, "offer_product", "below", "PHONE"), "worth", "worth_n", "tossable") == (14_400, 1, True)
    yen = seen(told, "offer_product", "yen1", "PHONE")
    assert picked(yen, "list_price", "worth", "worth_n") == (None, None, None)


def test_only_what_fits_can_be_offered() -> None:
    pairs = [("whole", product) for product in ("PRO", "BACKUP", "SSO", "PHONE", "OLD", "AUDIT")]
    pairs += [("never", product) for product in ("PRO", "BACKUP", "SSO", "NOSUCH")] + [("had-phone", "PHONE")]
    with closing(World(ROWS)) as world:
        rows = ibis.memtable([{"account_id": one, "product": product} for one, product in pairs])
        found = offerable(ground(world), world.stage("pairs", rows)).to_pyarrow().to_pylist()
    assert {(row["account_id"], row["product"]) for row in found} == {
        ("whole", "SSO"), ("whole", "PHONE"), ("never", "PRO"), ("never", "SSO"),
    }  # fmt: skip
