"""What people read: complete, in both languages, within its limits."""

from dataclasses import replace
from datetime import date
from html import escape
from typing import Literal

import pytest

from leads.asides import ASIDES
from leads.replies import Reply
from leads.templates import placeholders
from leads.texts import ALWAYS, brief, in_short, names
from mappings.canonical import Lead
from tests.leads.said import LANGUAGES, record_url, text_of
from tests.leads.world import rules


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("play", rules().plays)
def test_every_play_says_everything(play: str, language: Literal["en", "ja"], leads: dict[str, Lead]) -> None:
    lead = leads[play]
    text = text_of(lead, language)
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
        assert record_url(evidence.field.split(".")[0], evidence.record) in text.body
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
        asked = Reply(field="Ergebnis", choices={"accepted": "Ja", "declined": "Nein"}, snooze=None)
        text = brief(lead, rules(), language, names(lead), record_url, asked)
        words = rules().texts[language].words
        order = [text.body.index(words[f"heading.{name}"]) for name in ("from", "why", "numbers", "next", "answer")]
        assert order == sorted(order)
        assert words["heading.script"] not in text.body, "the CSM's words to the customer are not the specialist's"
        assert words["heading.no"] not in text.body
        answer = text.body.split(words["heading.answer"])[1]
        assert all(one in answer for one in ("Ergebnis", "Ja", "Nein", "returned")), "as the CRM calls them"
        unasked = brief(lead, rules(), language, names(lead), record_url).body.split(words["heading.answer"])[1]
        assert words["no_field"] in unasked, "a record without such a field is answered by its status"
        assert rules().mapping.company.name in text.next_step, "who calls says first for whom"
        assert text_of(lead, language).subject == text.subject
        assert "{" not in text.body


def test_whom_nobody_may_call_is_said_to_the_specialist_too(leads: dict[str, Lead]) -> None:
    lead = next(lead for lead in leads.values() if lead.is_tossup)
    silent = replace(lead, facts={**lead.facts, "channels": "email"})
    assert rules().texts["en"].words["no_phone"] in brief(silent, rules(), "en", names(silent), record_url).body


def test_a_seat_limit_task_reads_like_this(leads: dict[str, Lead]) -> None:
    lead = replace(leads["seat_limit"], account_name="Example Industries 001", due=date(2026, 11, 25))
    text = text_of(lead)
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
        assert nameless not in text_of(lead, language).script.splitlines()[0], lead.key
    group = text_of(leads["group_wide"], language)
    assert "Suite" in group.script.splitlines()[0], "the product of the company that pays"


def test_a_not_now_says_how_long_it_holds(leads: dict[str, Lead]) -> None:
    def said(play: str, language: Literal["en", "ja"] = "en", **numbers: float) -> str:
        gate = rules().gates["already_worked"].model_copy(update={"numbers": numbers} if numbers else {})
        own = rules().model_copy(update={"gates": {**rules().gates, "already_worked": gate}})
        return text_of(leads[play], language, own=own).body.splitlines()[-1]

    assert said("seat_limit").endswith("this lead will not come back in this quarter, nor within 60 days.")
    assert said("seat_limit", days=90).endswith("nor within 90 days.")
    assert said("seat_limit", other=1).endswith("in this quarter.")
    assert said("seat_limit", "ja").endswith("今四半期中、および60日以内は同じリードを再作成しません。")
    for play in ("renewal_window", "downsell"):
        assert said(play).endswith("this lead will not come back before the contract ends.")
        assert said(play, "ja").endswith("この契約が満了するまで、同じリードは再作成しません。")


def test_who_refused_the_phone_is_written_to(leads: dict[str, Lead]) -> None:
    lead = replace(leads["seat_limit"], facts={**leads["seat_limit"].facts, "channels": "email"})
    text = text_of(lead)
    assert text.script.startswith("Please do not call")
    assert "by e-mail" in text.body
    assert "電話を希望されていません" in text_of(lead, "ja").script


def test_material_is_linked_where_a_play_has_any(leads: dict[str, Lead]) -> None:
    lead, texts = leads["seat_limit"], rules().texts["en"]
    link = "https://example.com/seats?for=1&more=2"
    plays = {**texts.plays, "seat_limit": {**texts.plays["seat_limit"], "material": link}}
    own = rules().model_copy(update={"texts": {**rules().texts, "en": texts.model_copy(update={"plays": plays})}})
    text = text_of(lead, own=own)
    assert f"{texts.words['heading.material']}\n{texts.words['material']}\n  {link}\n" in text.body
    assert f'<a href="{escape(link)}">' in text.body_html
    assert texts.words["heading.material"] not in text_of(lead).body
