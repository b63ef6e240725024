"""The risk to lose an account: what each signal weighs, and what it says."""

import pytest

from leads.facts.churn import CHURN, LIMITS, SIGNALS, at_risk
from tests.leads.revenue.payers import ACCOUNTS, WORDS, Row, Told, ago, made, picked, seen
from tests.leads.world import World

RISK = {"account_id": "string", "usage_drop": "boolean", "usage_fall": "float64", "seats_then": "int64",
        "seats_lost": "int64", "downgraded_on": "date", "option_cancelled_on": "date", "option_cancelled": "string",
        "nps": "int64", "nps_before": "int64", "onboarding_open": "boolean", "onboarding_days": "int64",
        "severe_n": "int64", "silent_days": "int64", "champion_left_on": "date", "champion_left_days": "int64",
        "refusals": "int64"}  # fmt: skip
SIGNS = [
    ("usage_drop", {"usage_drop": True, "usage_fall": 31.9}, "usage fell by 31 % in 28 days"),
    (None, {"usage_drop": False, "usage_fall": 31.9}, None),
    ("seat_reduction", {"seats_then": 100, "seats_lost": 10}, "10 seats given up"),
    (None, {"seats_then": 101, "seats_lost": 10}, None),
    ("seat_reduction", {"seats_then": 5, "seats_lost": 5}, "5 seats given up"),
    (None, {"seats_then": 5, "seats_lost": 4}, None),
    ("nps_low", {"nps": 6, "nps_before": 9}, "last recommendation score 6"),
    ("nps_fall", {"nps": 7, "nps_before": 9}, "recommendation score fell to 7"),
    (None, {"nps": 7, "nps_before": 8}, None),
    (None, {"nps": 9, "nps_before": 10}, None),
    ("downgrade", {"downgraded_on": ago(5)}, f"moved to a lower plan on {ago(5)}"),
    ("option_cancelled", {"option_cancelled_on": ago(5), "option_cancelled": "Backup"}, "option given up: Backup"),
    ("onboarding_late", {"onboarding_open": True, "onboarding_days": 91}, "onboarding open for 91 days"),
    (None, {"onboarding_open": True, "onboarding_days": 90}, None),
    (None, {"onboarding_open": False, "onboarding_days": 91}, None),
    ("severe_case", {"severe_n": 1}, "open severe cases: 1"),
    (None, {"severe_n": 0}, None),
    ("no_contact", {"silent_days": 91}, "no contact for 91 days"),
    (None, {"silent_days": 90}, None),
    ("champion_left", {"champion_left_on": ago(180), "champion_left_days": 180},
     f"their champion left on {ago(180)}"),
    (None, {"champion_left_on": ago(181), "champion_left_days": 181}, None),
    ("refusals", {"refusals": 3}, "3 proposals declined or left open"),
    (None, {"refusals": 2}, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def risks(engine: World) -> list[Row]:
    both = {"account_id": "both", "severe_n": 2, "silent_days": 100}
    rows = [{"account_id": f"{n:02d}", **facts} for n, (_signal, facts, _said) in enumerate(SIGNS)]
    table = engine.stage("risk_facts", made([*rows, both, {"account_id": "nothing"}], RISK))
    found = engine.engine.to_pyarrow(at_risk(table, CHURN.numbers, WORDS)).to_pylist()
    return sorted(found, key=lambda row: str(row["account_id"]))


@pytest.mark.parametrize("place", range(len(SIGNS)), ids=lambda n: f"{SIGNS[n][0]} {SIGNS[n][1]}")
def test_each_signal_weighs_what_it_says_and_says_why(risks: list[Row], place: int) -> None:
    signal, _facts, said = SIGNS[place]
    row, points = risks[place], SIGNALS[signal] if signal else 0
    assert [name for name in SIGNALS if row[f"risk_{name}"]] == ([signal] if signal else [])
    assert picked(row, "risk_points", "risk_reasons") == (points, said)
    assert picked(row, "risk", "risk_limit") == (("none", "watch", "high")[points], 2)


@pytest.mark.parametrize(("seats_then", "limit"), [(None, None), (0, 5), (50, 5), (51, 6), (60, 6), (101, 11)])
def test_seats_lost_are_a_signal_from_the_share_rounded_up_and_from_five(
    engine: World, seats_then: int | None, limit: int | None
) -> None:
    given = [{"account_id": str(lost), "seats_then": seats_then, "seats_lost": lost} for lost in (4, 5, 6, 10, 11)]
    table = engine.stage("risk_seats", made(given, RISK))
    found = engine.engine.to_pyarrow(at_risk(table, CHURN.numbers, WORDS)).to_pylist()
    for row in found:
        signal = None if limit is None else int(str(row["account_id"])) >= limit
        assert picked(row, "seats_lost_limit", "risk_seat_reduction") == (limit, signal)


def test_limits_are_the_numbers_of_the_family_and_move_with_them(engine: World) -> None:
    table = engine.stage("risk_limits", made([{"account_id": "one", "seats_then": 100}], RISK))
    for given in ({}, {"nps_low": 4, "nps_promoter": 8, "no_contact_days": 30, "refusals": 2, "seats_share": 0.125}):
        numbers = {**CHURN.numbers, **given}
        (row,) = engine.engine.to_pyarrow(at_risk(table, numbers, WORDS)).to_pylist()
        settings = {name: fact.setting for name, fact in CHURN.facts.items() if fact.setting is not None}
        assert set(settings) == set(LIMITS)
        assert {name: row[name] for name in settings} == {name: numbers[one] for name, one in settings.items()}
        assert row["seats_lost_limit"] == (13 if given else 10)


def test_small_signals_add_up_and_missing_data_is_none(risks: list[Row]) -> None:
    *_rest, both, nothing = risks
    assert picked(both, "risk", "risk_points", "risk_reasons") == (
        "high", 2, "open severe cases: 2; no contact for 100 days"
    )  # fmt: skip
    assert picked(nothing, "risk", "risk_points", "risk_reasons") == ("none", 0, None)
    assert nothing["risk_no_contact"] is None, "unknown is not no"


def test_the_risk_of_every_account_comes_from_the_families(told: Told) -> None:
    assert set(told["churn"]) == {(row["id"],) for row in ACCOUNTS}
    assert picked(seen(told, "churn", "down-now"), "risk", "risk_downgrade") == ("high", True)
    assert picked(seen(told, "churn", "fewer"), "risk", "risk_reasons") == ("high", "10 seats given up")
    assert seen(told, "churn", "whole")["risk"] == "none"
