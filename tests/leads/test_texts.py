"""What people read: complete, in both languages, within its limits, and safe whatever a record is called."""

from dataclasses import replace
from datetime import date
from html import escape
from html.parser import HTMLParser
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.asides import ASIDES
from leads.find import Found
from leads.phrases import Phrases, tidy
from leads.replies import reply
from leads.templates import placeholders
from leads.texts import ALWAYS, Names, brief, in_short, names, say
from mappings.canonical import Lead
from mappings.config import RecordOut
from mappings.load import load_mapping
from mappings.schema import Field, FieldType, ObjectSchema, Schema
from mappings.write import task_record
from tests.leads.world import rules

LANGUAGES: tuple[Literal["en", "ja"], ...] = ("en", "ja")


def _url(object: str, id: str) -> str:
    return f"https://crm.example/{object}/{id}?a=1&b=2"


@pytest.fixture(scope="module")
def leads(answer: tuple[Found, dict[str, dict[str, Any]]]) -> dict[str, Lead]:
    """One open lead a play, or else any, from the worlds of the cases."""
    best = sorted(
        answer[0].leads, key=lambda lead: (lead.state == "open", lead.contact_id is not None, lead.value or 0)
    )
    return {lead.play: lead for lead in best}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("play", rules().plays)
def test_every_play_says_everything(play: str, language: Literal["en", "ja"], leads: dict[str, Lead]) -> None:
    lead = leads[play]
    text = say(lead, rules(), language, names(lead), _url)
    for part in (text.subject, text.why, text.script, text.next_step):
        assert part.strip()
        assert "{" not in part
        assert "None" not in part
    assert not _unknown(lead), "everything a reason quotes is known"
    assert len(text.subject) <= 80
    assert "\n" not in text.subject
    words = rules().texts[language].words
    order = [text.body.index(words[f"heading.{name}"]) for name in ("why", "numbers", "script", "next", "no")]
    assert order == sorted(order)
    for evidence in lead.evidence:
        assert _url(evidence.field.split(".")[0], evidence.record) in text.body
        assert evidence.field in text.body
    if language == "ja":
        assert " の" not in text.why
        assert "、 " not in text.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_in_short_is_one_line_of_a_plain_field(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    for lead in leads.values():
        why = in_short(lead, rules(), language)
        assert 20 < len(why) <= 255, why
        assert "\n" not in why
        assert "{" not in why
    story = rules().texts[language].words["story"].partition("{similar_why}")[2]
    assert not any(in_short(lead, rules(), language).endswith(story[-8:]) for lead in leads.values())


def _unknown(lead: Lead) -> set[str]:
    template = rules().texts["en"].plays[lead.play]["why"]
    return placeholders(template) - set(lead.facts) - ALWAYS - set(ASIDES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_specialist_reads_from_whom_it_comes_why_and_how_to_answer(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    for lead in (lead for lead in leads.values() if lead.is_tossup):
        text, words = brief(lead, rules(), language, names(lead), _url), rules().texts[language].words
        order = [text.body.index(words[f"heading.{name}"]) for name in ("from", "why", "numbers", "next", "answer")]
        assert order == sorted(order)
        assert words["heading.script"] not in text.body, "the CSM's words to the customer are not the specialist's"
        assert words["heading.no"] not in text.body
        assert "Tossup response" in text.body
        assert rules().mapping.company.name in text.next_step, "who calls says first for whom"
        assert say(lead, rules(), language, names(lead), _url).subject == text.subject
        assert "{" not in text.body


def test_whom_nobody_may_call_is_said_to_the_specialist_too(leads: dict[str, Lead]) -> None:
    lead = next(lead for lead in leads.values() if lead.is_tossup)
    silent = replace(lead, facts={**lead.facts, "channels": "email"})
    assert rules().texts["en"].words["no_phone"] in brief(silent, rules(), "en", names(silent), _url).body


def test_a_seat_limit_task_reads_like_this(leads: dict[str, Lead]) -> None:
    lead = replace(leads["seat_limit"], account_name="Example Industries 001", due=date(2026, 11, 25))
    text = say(lead, rules(), "en", names(lead), _url)
    assert text.subject.startswith("Example Industries 001: ")
    first = text.script.splitlines()[0]
    assert all(word in first for word in ("Owner 01", "Example Vendor", str(lead.facts["product_name"])))
    assert "delete this task: one that you complete counts as a talk" in text.body
    assert "Until November 25, 2026." in text.next_step


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_sold_something_by_telephone_hears_first_what_it_is(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    nameless = rules().texts[language].words["no_product"]
    for lead in (lead for lead in leads.values() if rules().plays[lead.play].about):
        assert nameless not in say(lead, rules(), language, names(lead), _url).script.splitlines()[0], lead.key
    group = say(leads["group_wide"], rules(), language, names(leads["group_wide"]), _url)
    assert "Suite" in group.script.splitlines()[0], "the product of the company that pays"


def test_a_not_now_says_how_long_it_holds(leads: dict[str, Lead]) -> None:
    def said(play: str, language: Literal["en", "ja"] = "en", **numbers: float) -> str:
        gate = rules().gates["already_worked"].model_copy(update={"numbers": numbers} if numbers else {})
        own = rules().model_copy(update={"gates": {**rules().gates, "already_worked": gate}})
        return say(leads[play], own, language, names(leads[play]), _url).body.splitlines()[-1]

    assert said("seat_limit").endswith("this lead will not come back in this quarter, nor within 60 days.")
    assert said("seat_limit", days=90).endswith("nor within 90 days.")
    assert said("seat_limit", other=1).endswith("in this quarter.")
    assert said("seat_limit", "ja").endswith("今四半期中、および60日以内は同じリードを再作成しません。")
    for play in ("renewal_window", "downsell"):
        assert said(play).endswith("this lead will not come back before the contract ends.")
        assert said(play, "ja").endswith("この契約が満了するまで、同じリードは再作成しません。")


def test_who_refused_the_phone_is_written_to(leads: dict[str, Lead]) -> None:
    lead = replace(leads["seat_limit"], facts={**leads["seat_limit"].facts, "channels": "email"})
    text = say(lead, rules(), "en", names(lead), _url)
    assert text.script.startswith("Please do not call")
    assert "by e-mail" in text.body
    assert "電話を希望されていません" in say(lead, rules(), "ja", names(lead), _url).script


def test_a_save_task_without_a_contact_still_reads_well(leads: dict[str, Lead]) -> None:
    lead = replace(leads["usage_drop_save"], contact_id=None, facts={})
    nobody = Names(account=lead.account_name, owner=None, contact=None, product=None)
    text = say(lead, rules(), "en", nobody, _url)
    assert "the person in charge" in text.script
    assert "Talk to" not in text.body


def test_chance_and_value_say_where_they_come_from(leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    learnt = replace(lead, p_win=0.314, facts={**lead.facts, "decided_n": 120})
    assert "Chance: 31 %, from 120 decided deals" in say(learnt, rules(), "en", names(lead), _url).body
    unknown = replace(lead, value=None, facts={**lead.facts, "decided_n": 0})
    body = say(unknown, rules(), "en", names(lead), _url).body
    assert "a setting; there are no decided deals" in body
    assert "Value: not known" in body
    assert "No exchange rate" not in body
    foreign = replace(lead, facts={**lead.facts, "rate_unknown": True})
    assert "No exchange rate is known for this currency" in say(foreign, rules(), "en", names(lead), _url).body


@pytest.mark.parametrize(
    "play", ["usage_drop_save", "nps_save", "downgrade_save", "silence_save", "champion_left_save"]
)
def test_what_is_at_stake_is_said_only_where_it_is_known(play: str, leads: dict[str, Lead]) -> None:
    lead = leads[play]
    for revenue, said in ((120000, "USD 1,200 a year is at stake."), (0, ""), (None, "")):
        facts = {name: value for name, value in lead.facts.items() if name != "account_revenue"}
        facts |= {} if revenue is None else {"account_revenue": revenue}
        why = say(replace(lead, facts=facts), rules(), "en", names(lead), _url).why
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
        known: say(replace(lead, facts=rest | facts), rules(), "en", names(lead), _url).why
        for known, facts in (("season", season), ("fiscal", fiscal))
    }
    assert "5 of their 6 orders were placed in the month that begins next on February 1, 2027." in why["season"]
    assert "fiscal" not in why["season"]
    assert "Their fiscal year ends on January 31, 2027." in why["fiscal"]
    assert "orders" not in why["fiscal"]


def test_a_text_says_that_they_were_delighted_only_where_they_were(leads: dict[str, Lead]) -> None:
    lead = leads["company_wide"]
    glad = replace(lead, facts={**lead.facts, "delighted_on": "2026-11-10"})
    assert (
        "They were delighted when asked in a survey on November 10, 2026."
        in say(glad, rules(), "en", names(lead), _url).why
    )
    assert "2026年11月10日のアンケートで高い評価をいただきました。" in say(glad, rules(), "ja", names(lead), _url).why
    sober = replace(lead, facts={name: value for name, value in lead.facts.items() if name != "delighted_on"})
    assert "delighted" not in say(sober, rules(), "en", names(lead), _url).why


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


def test_a_clause_about_nothing_is_left_out(leads: dict[str, Lead]) -> None:
    lead = leads["interest_tossup"]

    def why(n: int, language: Literal["en", "ja"] = "en") -> str:
        told = replace(lead, facts={**lead.facts, "interest_events": 3, "interest_pricing": n})
        return say(told, rules(), language, names(told), _url).why

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
        text = say(told, rules(), language, names(told), _url)
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
    text = say(lead, rules(), language, Names(account="Acme", owner="O", contact="C", product=None), _url)
    said = (text.subject, text.why, text.script, text.next_step, in_short(lead, rules(), language))
    assert not [word for word in CLAIMS[language] for one in said if word in one]
    paying = replace(lead, facts={"free_users": 8, "paid_users": 1})
    script = say(paying, rules(), language, names(paying), _url).script
    assert {"en": "a paid plan, such as 1 of your colleagues has, help them", "ja": "1名の皆様と同じ有料プラン"}[
        language
    ] in script


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("play", [name for name, play in rules().plays.items() if not play.selling])
def test_a_save_task_names_our_service_where_nobody_knows_the_product(
    play: str, language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    nobody = Names(account="Acme", owner="O", contact="C", product=None)
    first = say(leads[play], rules(), language, nobody, _url).script.splitlines()[0]
    assert rules().texts[language].words["no_product"] in first
    assert not [word for word in CLAIMS[language] if word in first]


def test_a_story_without_a_day_tells_none(leads: dict[str, Lead]) -> None:
    story = {"similar_name": "Example Mining 0", "similar_why": "industry"}
    lead = leads["attribute_tossup"]
    plain = {name: value for name, value in lead.facts.items() if not name.startswith("similar_")}

    def why(language: Literal["en", "ja"], **more: str) -> str:
        return say(replace(lead, facts=plain | story | more), rules(), language, names(lead), _url).why

    assert why("en").endswith("Example Mining 0 (same industry) has it already.")
    assert why("en", similar_since="2025-03-19").endswith("has it already, since March 19, 2025.")
    assert why("ja").endswith("Example Mining 0様（同業種）は導入されています。")
    assert why("ja", similar_since="2025-03-19").endswith("は2025年3月19日に導入されています。")


@pytest.mark.parametrize("language", LANGUAGES)
def test_companies_of_unknown_size_are_told_only_where_there_are_any(
    language: Literal["en", "ja"], leads: dict[str, Lead]
) -> None:
    lead = leads["group_wide"]
    said = {
        n: say(replace(lead, facts={**lead.facts, "group_abstained": n}), rules(), language, names(lead), _url).why
        for n in (0, 2)
    }
    told = {"en": " The size of 2 companies is not known.", "ja": "社員数が不明な会社が2社あります。"}[language]
    assert said[2] == said[0] + told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_play_that_is_not_about_money_tells_no_value(language: Literal["en", "ja"], leads: dict[str, Lead]) -> None:
    start = rules().texts[language].words["line.value"].split("{")[0]
    for play in ("survey", "first_purchase_followup"):
        assert start not in say(leads[play], rules(), language, names(leads[play]), _url).body
    unknown = replace(leads["onboarding_help"], value=None)
    said = say(unknown, rules(), language, names(unknown), _url).body
    assert rules().texts[language].words["line.no_value"] in said
    worth = replace(leads["survey"], value=1200)
    assert f"{start}USD 12" in say(worth, rules(), language, names(worth), _url).body


def test_given_up_seats_are_told_as_before_and_now(leads: dict[str, Lead]) -> None:
    lead = leads["seat_reduction_save"]
    facts = {**lead.facts, "seats_then": 268, "seats_now": 161, "seats_lost": 107}
    said = say(replace(lead, facts=facts), rules(), "en", names(lead), _url).why
    assert said.startswith(f"{lead.account_name} went down from 268 seats to 161: 107 fewer.")
    assert (
        "268席から161席へ、107席減りました" in say(replace(lead, facts=facts), rules(), "ja", names(lead), _url).why
    )


def test_material_is_linked_where_a_play_has_any(leads: dict[str, Lead]) -> None:
    lead, texts = leads["seat_limit"], rules().texts["en"]
    link = "https://example.com/seats?for=1&more=2"
    plays = {**texts.plays, "seat_limit": {**texts.plays["seat_limit"], "material": link}}
    own = rules().model_copy(update={"texts": {**rules().texts, "en": texts.model_copy(update={"plays": plays})}})
    text = say(lead, own, "en", names(lead), _url)
    assert f"{texts.words['heading.material']}\n{texts.words['material']}\n  {link}\n" in text.body
    assert f'<a href="{escape(link)}">' in text.body_html
    assert texts.words["heading.material"] not in say(lead, rules(), "en", names(lead), _url).body


def test_a_long_account_name_gives_way_in_the_subject(leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    long = Names(account="Example Industries " * 10, owner="Owner 01", contact="Contact 01", product="Suite")
    text = say(lead, rules(), "en", long, _url)
    assert len(text.subject) <= 80
    assert "…: " in text.subject
    assert text.subject.endswith("in use")
    both = replace(long, product="Suite " * 30)
    assert len(say(lead, rules(), "en", both, _url).subject) <= 80


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = (
    '<script>alert("1")</script>',
    "A\nSubject: B",
    "{company}",
    "x\u202egnp.exe",
    "\x00\x07bell",
    "& <b>",
    "'\"",
    '"><a href="javascript:alert(1)">x</a>',
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name: str, leads: dict[str, Lead]) -> None:
    lead = leads["affinity_tossup"]
    hostile = Names(account=name, owner=name, contact=name, product=name)
    text = say(lead, rules(), "en", hostile, _url)
    seen = _Seen()
    seen.feed(text.body_html)
    assert seen.tags == {"p", "strong", "ul", "li", "a", "br"}
    assert seen.links == [_url(e.field.split(".")[0], e.record) for e in lead.evidence]
    assert tidy(name) in seen.text
    assert len(text.subject.splitlines()) == 1
    assert not {"\u202e", "\x00", "\x07"} & set(text.body + text.body_html)
    assert len(text.script.splitlines()) == len(rules().texts["en"].plays[lead.play]["script"].splitlines())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://crm.example", '"onclick="x'])
def test_only_an_address_of_the_web_becomes_a_link(url: str, leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    seen = _Seen()
    seen.feed(say(lead, rules(), "en", names(lead), lambda _object, _id: url).body_html)
    assert seen.links == []
    assert "a" not in seen.tags
    assert "Seats in use" in seen.text


def test_the_crm_gets_the_html_with_its_links(leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    text = say(lead, rules(), "en", replace(names(lead), account="<script>alert(1)</script>"), _url)
    mapping = load_mapping("hubspot", None)
    fields = (Field(name="hs_task_body", label="Body", type=FieldType.LONG_TEXT, length=900),)
    tasks = ObjectSchema(name="tasks", label="Tasks", fields={one.name: one for one in fields})
    schema = Schema(crm="hubspot", objects={"tasks": tasks})
    page = str(task_record(lead, text, mapping, schema).new["hs_task_body"])
    seen = _Seen()
    seen.feed(page)
    assert len(page) <= 900 < len(text.body_html)
    assert seen.tags <= {"p", "strong", "ul", "li", "a", "br"}
    assert set(seen.links) <= {_url(e.field.split(".")[0], e.record) for e in lead.evidence}
    assert seen.links
    assert "&lt;script&gt;" in page


def _tasks(*fields: Field) -> Schema:
    tasks = ObjectSchema(name="tasks", label="Tasks", fields={one.name: one for one in fields})
    return Schema(crm="hubspot", objects={"tasks": tasks})


def _answered(label: str, *choices: str) -> Field:
    return Field(name="tossup_response", label=label, type=FieldType.CHOICE, choices=choices)


SNOOZE = Field(name="tossup_snooze_until", label="Tossup snooze until", type=FieldType.DATE)


@pytest.mark.parametrize("play", rules().plays)
def test_every_task_says_what_to_choose_when_it_worked_and_when_not(play: str, leads: dict[str, Lead]) -> None:
    lead, task = leads[play], load_mapping("hubspot", None).write.task
    there = _tasks(_answered("Tossup response", "accepted", "won", "lost", "declined", "returned", "snoozed"), SNOOZE)
    english = say(lead, rules(), "en", names(lead), _url, reply(task, there))
    assert (
        "WHAT CAME OF IT (choose in Tossup response)\n"
        "- It worked: accepted / won\n- They said no: declined\n"
        "- Too early: snoozed, with the day in Tossup snooze until"
    ) in english.body
    assert "<li>It worked: accepted / won</li>" in english.body_html
    assert english.body.index(english.next_step[-20:]) < english.body.index("WHAT CAME OF IT") < len(english.body)
    assert len(english.body_html) < 32_000
    japanese = say(lead, rules(), "ja", names(lead), _url, reply(task, _tasks(_answered("対応結果", "accepted"))))
    assert "【結果のご記入】「対応結果」欄でお選びください\n- うまくいった場合：accepted\n\n" in japanese.body
    assert "お断り" not in japanese.body.split("【結果のご記入】")[1].split("\n\n")[0], "only choices that are there"


def test_a_task_names_the_choices_as_the_crm_spells_them(leads: dict[str, Lead]) -> None:
    read = {"outcome": {"field": "Ergebnis", "values": {"Ja": "accepted", "Nein": "declined", "Zu früh": "snoozed"}}}
    task = RecordOut.model_validate({"object": "tasks", "key": "k", "fields": {}, "answer": "Ergebnis", "read": read})
    field = Field(name="Ergebnis", label="Ergebnis", type=FieldType.TEXT)
    lead = leads["seat_limit"]
    body = say(lead, rules(), "en", names(lead), _url, reply(task, _tasks(field))).body
    assert "(choose in Ergebnis)\n- It worked: Ja\n- They said no: Nein\n- Too early: Zu früh\n" in body


def test_without_a_field_for_answers_a_task_says_nothing_of_it(leads: dict[str, Lead]) -> None:
    lead, task = leads["seat_limit"], load_mapping("hubspot", None).write.task
    assert reply(task, _tasks(SNOOZE)) is None, "setup has not made it yet"
    assert reply(task, Schema(crm="hubspot", objects={})) is None
    assert reply(task.model_copy(update={"answer": None}), _tasks(_answered("Tossup response"))) is None
    assert "WHAT CAME OF IT" not in say(lead, rules(), "en", names(lead), _url).body
    unread = task.model_copy(update={"read": task.read.model_copy(update={"outcome": None})})
    nothing = reply(unread, _tasks(_answered("Tossup response")))
    assert nothing is not None
    assert "WHAT CAME OF IT" not in say(lead, rules(), "en", names(lead), _url, nothing).body


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(), st.integers(1, 100))
def test_a_tidy_text_is_one_short_line(text: str, length: int) -> None:
    line = tidy(text, length)
    assert len(line) <= length
    assert len(line.splitlines()) <= 1
    assert tidy(line, length) == line


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
