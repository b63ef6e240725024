"""Phrases that stand alone: reasons to wait, and money."""

import pytest

from leads.phrases import Phrases
from tests.leads.world import rules


def test_a_held_lead_tells_its_worth_where_it_has_any() -> None:
    row = {"value": 330000, "currency": "EUR", "risk_reasons": "x.", "account_name": "A", "account_id": "a"}
    said = Phrases(rules().texts["en"], "en")
    assert said.reason("churn_high", 2, 2, row).startswith("Held, EUR 3,300 a year: the risk")
    assert said.reason("churn_high", 2, 2, {**row, "value": 0}).startswith("Held: the risk")


def test_who_gives_way_to_another_lead_is_not_said_to_have_been_approached() -> None:
    row = {"chosen_play": "seat_limit", "account_name": "A", "account_id": "a"}
    en, ja = Phrases(rules().texts["en"], "en"), Phrases(rules().texts["ja"], "ja")
    assert en.reason("frequency", None, 30, row) == (
        "Another lead for this account comes first today (seat_limit): one proposal at a time."
    )
    assert "本日は別のリード（seat_limit）を優先します" in ja.reason("frequency", None, 30, row)
    assert en.reason("frequency", 1, 30, row) == (
        "This account was approached 1 day ago; the next approach may follow 30 days after it."
    )
    assert ja.reason("frequency", 29, 30, row).startswith("この取引先には29日前に")


def test_who_waits_for_want_of_a_rate_or_a_price_hears_so() -> None:
    row = {"value": 100, "currency": "EUR", "rate_unknown": True, "account_name": "A", "account_id": "a"}
    en, ja = Phrases(rules().texts["en"], "en"), Phrases(rules().texts["ja"], "ja")
    assert en.reason("capacity", 11, 10, row).endswith("as no exchange rate is known for EUR.")
    assert ja.reason("capacity", 11, 10, row) == (
        "担当者の一覧で11番目です（1週間の目安は10件）。EURの為替レートが登録されていないため、金額を比較できるリードの後になります。"
    )
    rated = {**row, "rate_unknown": None}
    assert en.reason("capacity", 11, 10, rated) == "Place 11 on the owner's list; 10 fit into a week."
    # a rate would not help what has no price
    for priced in (row, rated):
        said = ja.reason("capacity", 11, 10, {**priced, "value": None})
        assert said.endswith("10件）。金額が不明なため、最後になります。")


@pytest.mark.parametrize(
    ("language", "minor", "currency", "said"),
    [
        ("en", 1200000, "USD", "USD 12,000"),
        ("en", 1250, "USD", "USD 12.50"),
        ("en", 5, "USD", "USD 0.05"),
        ("en", -1250, "USD", "USD -12.50"),
        ("en", 12000, "JPY", "JPY 12,000"),
        ("ja", 12000, "JPY", "12,000円"),
        ("ja", 1200, "USD", "USD 12"),
        ("en", 1234, "KWD", "KWD 1.234"),
    ],
)
def test_money_reads_as_people_write_it(language: str, minor: int, currency: str, said: str) -> None:
    assert Phrases(rules().texts["en"], language).money(minor, currency) == said
