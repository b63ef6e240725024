"""What is noted on records: one sentence with its day, in either language, and nothing that was said before."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import get_args

import pytest

from leads.find import Found
from leads.notes import LENGTH, What, cleared, is_a, note, same_note
from leads.phrases import Phrases
from mappings.canonical import LeadKey
from tests.leads.world import TODAY, World, rules

EN, JA = (Phrases(rules().texts[language], language) for language in ("en", "ja"))
DUE = date(2026, 11, 2)


def _said(what: What, phrases: Phrases, why: str = "") -> str:
    return note(what, phrases, TODAY, why=why, due=DUE, until=date(2026, 12, 3))


def test_a_note_begins_with_its_day_and_says_who_closed_it() -> None:
    assert _said("closed", EN, "Nobody may approach this account.") == (
        "2026-11-18: Nobody may approach this account. Tossup closed this."
    )
    assert _said("closed", JA, "この企業への連絡は禁止されています。") == (
        "2026-11-18：この企業への連絡は禁止されています。Tossupが完了にしました。"
    )


def test_a_reminder_says_until_when_there_is_time() -> None:
    assert _said("late", EN) == (
        "2026-11-18: this was due on November 2, 2026. If nobody touches it, Tossup closes it on December 3, 2026."
    )
    assert _said("late", JA) == (
        "2026-11-18：期限は2026年11月2日でした。対応がなければ、Tossupが2026年12月3日に完了にします。"
    )


def test_a_note_fits_into_a_plain_field_whatever_a_record_is_called() -> None:
    hostile = "{day} {why}\r\n<b>" + "x" * 400
    text = note("left", EN, TODAY, why=hostile)
    assert len(text) == LENGTH
    assert text.startswith("2026-11-18: {day} {why} <b>xx")


def test_the_same_with_other_figures_is_no_news() -> None:
    one = note("left", EN, TODAY, why="the reason no longer holds (Seats in use: 60 seats)")
    other = note("left", EN, date(2026, 12, 1), why="the reason no longer holds (Seats in use: 59 seats)")
    assert same_note(one, other)
    assert not same_note(one, note("left", EN, TODAY, why="Nobody may approach this account"))


@pytest.mark.parametrize("phrases", [EN, JA], ids=["en", "ja"])
def test_a_note_is_known_by_what_it_says(phrases: Phrases) -> None:
    every: tuple[What, ...] = get_args(What)
    told = {what: _said(what, phrases, "why it is so") for what in every}
    assert all(is_a(what, text, phrases) for what, text in told.items())
    assert [what for what, text in told.items() if is_a("left", text, phrases)] == ["left"]


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    """An account whose seats are not full any more, and one that reads nothing."""
    seats = {
        "product_id": "suite",
        "seats_paid": 100,
        "seats_used": 60,
        "unit_price": 100,
        "ends_on": date(2027, 2, 1),
    }
    rows = {
        "account": [{"id": "full", "name": "Full", "employees": 300}, {"id": "bare", "name": "Bare"}],
        "product": [{"id": "suite", "code": "SUITE", "name": "Suite"}],
        "subscription": [{"id": "s1", "account_id": "full", **seats}],
        "feedback": [{"id": "f1", "account_id": "full", "kind": "nps", "score": 9, "on": TODAY}],
    }
    with closing(World(rows)) as world:
        yield world.find(rules())


def _key(account: str, play: str, product: str) -> LeadKey:
    return LeadKey(account_id=account, play=play, product=product, cycle="2026Q4")


def test_why_a_lead_is_gone_is_told_by_what_its_evidence_says_now(found: Found) -> None:
    seats, renewal, nps = (
        _key("full", play, product)
        for play, product in (("seat_limit", "SUITE"), ("renewal_window", "-"), ("nps_save", "-"))
    )
    told = cleared(found, [seats, renewal, nps], EN)
    assert told[seats] == "the reason no longer holds (Seats in use: 60 seats; Seats paid: 100 seats)"
    assert "Contract ends: February 1, 2027" in told[renewal]
    assert told[nps] == "the reason no longer holds (Recommendation score: 9)"
    assert cleared(found, [seats], JA)[seats].startswith("条件を満たさなくなりました（")


@pytest.mark.parametrize("key", [_key("bare", "seat_limit", "SUITE"), _key("full", "usage_drop_save", "-"),
                                 _key("full", "long_gone_play", "-"), _key("bare", "nps_save", "-")])  # fmt: skip
def test_where_nothing_is_known_no_figure_is_told(found: Found, key: LeadKey) -> None:
    assert cleared(found, [key], EN)[key] == "the reason no longer holds"
