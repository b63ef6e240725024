"""Seats in use, seats and plans given up, and the renewal that comes next."""

from tests.leads.revenue.payers import Told, ago, picked, seen


def test_seats_in_use_are_told_where_they_are_known(told: Told) -> None:
    nearly = seen(told, "seats", "nearly", "SUITE")
    assert picked(nearly, "product_seats", "product_used", "used_percent") == (30, 24, 80)
    assert picked(nearly, "record_seats", "record_used", "seat_price") == (20, 15, 500)
    assert picked(seen(told, "utilisation", "nearly"), "seats_total", "seats_used_total", "utilisation_percent") == (
        30, 24, 80
    )  # fmt: skip
    assert seen(told, "seats", "nearly", "BACKUP") is None, "whoever holds an option has a seat of the plan already"
    assert seen(told, "utilisation", "unused") is seen(told, "utilisation", "whole") is None
    assert seen(told, "seats", "euro", "SUITE")["seat_price"] is None, "a price in another currency"


def test_seats_given_up_count_for_ninety_days(told: Told) -> None:
    names = ("seats_then", "seats_now", "seats_lost", "seats_lost_percent", "ended_on", "monthly_then")
    assert picked(seen(told, "reduction", "fewer"), *names) == (100, 90, 10, 10, ago(90), 50_000)
    assert picked(seen(told, "reduction", "long-ago"), *names) == (90, 90, 0, 0, None, 45_000)
    assert picked(seen(told, "reduction", "grew"), *names) == (10, 20, 0, 0, None, 5000)
    assert picked(seen(told, "reduction", "undated"), *names) == (10, 10, 0, 0, None, 5000)
    assert picked(seen(told, "reduction", "later"), *names) == (0, 0, 0, None, None, None)


def test_a_downgrade_is_a_lower_plan_right_after_a_higher_one(told: Told) -> None:
    names = ("downgraded_on", "downgrade_record", "downgraded_from", "downgraded_to")
    assert picked(seen(told, "downgrade", "down-now"), *names) == (ago(4), "lower", "Suite Max", "Suite")
    told_of = {key[0] for key, row in told["downgrade"].items() if row["downgraded_on"]}
    assert told_of == {"down-now", "down-gap30", "down-day90"}


def test_an_option_given_up_counts_while_its_plan_lives(told: Told) -> None:
    names = ("option_cancelled_on", "option_record", "option_cancelled")
    assert picked(seen(told, "downgrade", "let-day90"), *names) == (ago(90), "option", "Backup")
    assert {key[0] for key, row in told["downgrade"].items() if row["option_cancelled_on"]} == {"let-day90"}


def test_the_next_contract_end_within_the_horizon_is_the_renewal(told: Told) -> None:
    left = {days: seen(told, "renewal", f"ends-{days}") for days in (-1, 0, 59, 60, 120, 121, 400, 401)}
    assert {days for days, row in left.items() if row} == {0, 59, 60, 120, 121, 400}
    assert all(row["days_left"] == days and row["renewal_learned_n"] == 0 for days, row in left.items() if row)
    assert {days for days, row in left.items() if row and row["in_renewal_window"]} == {60, 120}
    two = seen(told, "renewal", "two-terms")
    assert picked(two, "renews_on", "renewal_record", "term_seats", "term_used") == (ago(-80), "small", 2, 1)
    assert picked(two, "renewal_seats", "renewal_monthly") == (2, 2 * 500 + 9 * 100)


def test_thirty_past_upsells_tell_when_to_talk(told: Told) -> None:
    names = ("renewal_first_day", "renewal_last_day", "renewal_learned_n", "in_renewal_window")
    assert picked(seen(told, "renewal", "learnt-now"), *names) == (103, 127, 30, True)
    assert picked(seen(told, "renewal", "few-now"), *names) == (60, 120, 0, False)
