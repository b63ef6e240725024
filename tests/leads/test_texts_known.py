"""What is said of a lead only where it is known."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from leads.texts import Names, in_short
from mappings.canonical import Lead
from tests.leads.said import LANGUAGES, text_of
from tests.leads.world import rules


def test_a_save_task_without_a_contact_still_reads_well(leads: dict[str, Lead]) -> None:
    lead = replace(leads["usage_drop_save"], contact_id=None, facts={})
    nobody = Names(account=lead.account_name, owner=None, contact=None, product=None)
    text = text_of(lead, called=nobody)
    assert "the person in charge" in text.script
    assert "Talk to" not in text.body


def test_chance_and_value_say_where_they_come_from(leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    learnt = replace(lead, p_win=0.314, facts={**lead.facts, "decided_n": 120})
    assert "Chance: 31 %, from 120 decided deals" in text_of(learnt).body
    unknown = replace(lead, value=None, facts={**lead.facts, "decided_n": 0})
    body = text_of(unknown).body
    assert "a setting; there are no decided deals" in body
    assert "Value: not known" in body
    assert "No exchange rate" not in body
    foreign = replace(lead, facts={**lead.facts, "rate_unknown": True})
    assert "No exchange rate is known for this currency" in text_of(foreign).body


@pytest.mark.parametrize(
    "play", ["usage_drop_save", "nps_save", "downgrade_save", "silence_save", "champion_left_save"]
)
def test_what_is_at_stake_is_said_only_where_it_is_known(play: str, leads: dict[str, Lead]) -> None:
    lead = leads[play]
    for revenue, said in ((120000, "USD 1,200 a year is at stake."), (0, ""), (None, "")):
        facts = {name: value for name, value in lead.facts.items() if name != "account_revenue"}
        facts |= {} if revenue is None else {"account_revenue": revenue}
        why = text_of(replace(lead, facts=facts)).why
        assert "at stake" in why if said else "at stake" not in why
        assert said in why
        assert "unknown" not in why
        assert "  " not in why


def test_a_budget_season_is_told_by_what_is_known_of_it(leads: dict[str, Lead]) -> None:
    lead = leads["budget_season"]
    season = {"season_hits": 5, "season_n": 6, "season_on": "2027-02-01"}
    fiscal = {"fiscal_end_on": "2027-01-31"}
    rest = {name: value for name, value in lead.facts.items() if name not in season | fiscal}
    why = {
        known: text_of(replace(lead, facts=rest | facts)).why
        for known, facts in (("season", season), ("fiscal", fiscal))
    }
    assert "5 of their 6 orders were placed in the month that begins next on February 1, 2027." in why["season"]
    assert "fiscal" not in why["season"]
    assert "Their fiscal year ends on January 31, 2027." in why["fiscal"]
    assert "orders" not in why["fiscal"]


def test_a_text_says_that_they_were_delighted_only_where_they_were(leads: dict[str, Lead]) -> None:
    lead = leads["company_wide"]
    glad = replace(lead, facts={**lead.facts, "delighted_on": "2026-11-10"})
    assert "They were delighted when asked in a survey on November 10, 2026." in text_of(glad).why
    assert "2026年11月10日のアンケートで高い評価をいただきました。" in text_of(glad, "ja").why
    sober = replace(lead, facts={name: value for name, value in lead.facts.items() if name != "delighted_on"})
    assert "delighted" not in text_of(sober).why


def test_a_clause_about_nothing_is_left_out(leads: dict[str, Lead]) -> None:
    lead = leads["interest_tossup"]

    def why(n: int, language: Literal["en", "ja"] = "en") -> str:
        told = replace(lead, facts={**lead.facts, "interest_events": 3, "interest_pricing": n})
        return text_of(told, language).why

    assert "3 times lately, last on" in why(2)
    assert "Of these, 2 were on its price page." in why(2)
    assert "price page" not in why(0)
    assert "うち2回は価格ページの閲覧です。" in why(2, "ja")
    assert "価格ページ" not in why(0, "ja")


@pytest.mark.parametrize("play", ["interest_tossup", "paid_option"])
def test_who_only_asked_for_help_is_not_said_to_have_looked(play: str, leads: dict[str, Lead]) -> None:
    lead = leads[play]
    seen = {"interest_events": 4, "interest_on": "2026-11-16", "interest_pricing": 1}
    asked = {"problem_cases": 2, "problem_on": "2026-11-15"}
    rest = {name: value for name, value in lead.facts.items() if name not in seen | asked}

    def said(facts: dict[str, Any], language: Literal["en", "ja"] = "en") -> tuple[str, str, str]:
        told = replace(lead, account_name="Acme", facts=rest | facts)
        text = text_of(told, language)
        return text.subject, text.why, in_short(told, rules(), language)

    for words in said(asked):
        assert "2 requests for help" in words
        assert all(word not in words for word in ("looked", "clicks", "interest", "  "))
    subject, why, short = said(seen)
    assert subject.endswith(", 4 views or clicks")
    assert "looked at it or clicked on it 4 times lately, last on November 16, 2026." in why
    assert "looked at it or clicked on it 4 times" in short
    assert all("request" not in words for words in (subject, why, short))
    assert said(seen | asked)[0].endswith(", 4 views or clicks, 2 requests for help")
    assert said(seen | asked, "ja")[0].endswith("、閲覧・クリック4回、お問い合わせ2件")
    assert all("閲覧" not in words and "お問い合わせ" in words for words in said(asked, "ja"))


CLAIMS = {"en": ("contract", "the team", "unknown"), "ja": ("契約", "ほかの皆様", "不明")}
"""What nobody may say to or of those who have no contract."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_no_contract_is_not_spoken_to_as_if_they_had(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    lead = replace(leads["free_to_paid"], account_name="Acme", facts={"free_users": 8}, value=None)
    text = text_of(lead, language, called=Names(account="Acme", owner="O", contact="C", product=None))
    said = (text.subject, text.why, text.script, text.next_step, in_short(lead, rules(), language))
    assert not [word for word in CLAIMS[language] for one in said if word in one]
    paying = replace(lead, facts={"free_users": 8, "paid_users": 1})
    script = text_of(paying, language).script
    assert {"en": "a paid plan, such as 1 of your colleagues has, help them", "ja": "1名の皆様と同じ有料プラン"}[
        language
    ] in script


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("play", [name for name, play in rules().plays.items() if not play.selling])
def test_a_save_task_names_our_service_where_nobody_knows_the_product(
    play: str, language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    nobody = Names(account="Acme", owner="O", contact="C", product=None)
    first = text_of(leads[play], language, called=nobody).script.splitlines()[0]
    assert rules().texts[language].words["no_product"] in first
    assert not [word for word in CLAIMS[language] if word in first]


def test_a_story_without_a_day_tells_none(leads: dict[str, Lead]) -> None:
    story = {"similar_name": "Example Mining 0", "similar_why": "industry"}
    lead = leads["attribute_tossup"]
    plain = {name: value for name, value in lead.facts.items() if not name.startswith("similar_")}

    def why(language: Literal["en", "ja"], **more: str) -> str:
        return text_of(replace(lead, facts=plain | story | more), language).why

    assert why("en").endswith("Example Mining 0 (same industry) has it already.")
    assert why("en", similar_since="2025-03-19").endswith("has it already, since March 19, 2025.")
    assert why("ja").endswith("Example Mining 0様（同業種）は導入されています。")
    assert why("ja", similar_since="2025-03-19").endswith("は2025年3月19日に導入されています。")


@pytest.mark.parametrize("language", LANGUAGES)
def test_companies_of_unknown_size_are_told_only_where_there_are_any(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    lead = leads["group_wide"]
    said = {n: text_of(replace(lead, facts={**lead.facts, "group_abstained": n}), language).why for n in (0, 2)}
    told = {"en": " The size of 2 companies is not known.", "ja": "社員数が不明な会社が2社あります。"}[language]
    assert said[2] == said[0] + told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_play_that_is_not_about_money_tells_no_value(language: Literal["en", "ja"], leads: dict[str, Lead]) -> None:
    start = rules().texts[language].words["line.value"].split("{")[0]
    for play in ("survey", "first_purchase_followup"):
        assert start not in text_of(leads[play], language).body
    unknown = replace(leads["onboarding_help"], value=None)
    said = text_of(unknown, language).body
    assert rules().texts[language].words["line.no_value"] in said
    worth = replace(leads["survey"], value=1200)
    assert f"{start}USD 12" in text_of(worth, language).body


def test_given_up_seats_are_told_as_before_and_now(leads: dict[str, Lead]) -> None:
    lead = leads["seat_reduction_save"]
    facts = {**lead.facts, "seats_then": 268, "seats_now": 161, "seats_lost": 107}
    said = text_of(replace(lead, facts=facts)).why
    assert said.startswith(f"{lead.account_name} went down from 268 seats to 161: 107 fewer.")
    assert "268席から161席へ、107席減りました" in text_of(replace(lead, facts=facts), "ja").why
