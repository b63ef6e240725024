"""What follows a toss-up: the cases of handover.yaml, and what its messages say."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from ruamel.yaml import YAML

from leads.handover import (
    NOTED,
    WORDS,
    Handed,
    Message,
    Step,
    What,
    is_taken_back,
    lead_of_message,
    message,
    message_key,
    noted,
    steps,
)
from leads.phrases import Phrases
from leads.replies import Reply
from mappings.canonical import LeadKey
from mappings.config import Handover
from tests.leads.world import rules

CASES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("handover.yaml").read_text("utf-8"))
KEY = LeadKey(account_id="a1", play="complement_tossup", product="ARCHIVE", cycle="2026Q4")
HANDED = Handed(
    key=KEY,
    record="lead1",
    account_name="Example Industries 001",
    product="ARCHIVE",
    product_name="Archive",
    csm_id="csm",
    csm_name="CSM 01",
    specialist_id="specialist",
    specialist_name="Specialist 01",
    handed_on=date(2026, 11, 2),
    due_on=date(2026, 11, 9),
    outcome=None,
    reason=None,
    decided_on=None,
    is_closed=False,
    untouched=True,
    reminded_on=None,
)
DAY = date(2026, 11, 12)
WHATS: tuple[What, ...] = get_args(What)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_follows_a_toss_up(case: dict[str, Any]) -> None:
    handed = replace(HANDED, **case["given"])
    terms = Handover.model_validate(case.get("terms", {}))
    told = {message_key(KEY, what) for what in case.get("told", ())}
    found = list(steps([handed], terms, case["on"], told))
    if case["expect"] == "nothing":
        assert found == []
        return
    (step,) = found
    seen: dict[str, Any] = {"what": step.what, "to": step.owner_id, "due": step.due, "told": step.told}
    seen |= {"voice": step.voice, "returns": step.returns}
    assert {name: seen[name] for name in case["expect"]} == case["expect"]


def _said(what: What, language: Literal["en", "ja"] = "en", **other: Any) -> Message:
    step = Step(handed=replace(HANDED, **other), what=what, owner_id="csm", due=date(2026, 11, 15), told=False)
    return message(step, rules(), language, "https://crm.example/lead1?a=1&b=2")


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_message_says_what_where_and_what_next(what: What, language: Literal["en", "ja"]) -> None:
    said = _said(what, language)
    assert "Example Industries 001" in said.subject
    assert len(said.subject) <= 80
    assert "Archive" in said.body
    assert said.body.endswith("https://crm.example/lead1?a=1&b=2")
    assert 'href="https://crm.example/lead1?a=1&amp;b=2"' in said.body_html
    starts = [line[0] for line in said.body.splitlines()[:-1]]
    assert language == "ja" or all(start.isupper() for start in starts), "each line is a paragraph in HubSpot"
    for text in (said.subject, said.body, said.body_html):
        assert "{" not in text
        assert "None" not in text


def test_a_refusal_reads_like_this() -> None:
    said = _said("declined", reason="They signed with\nsomebody else in May.")
    assert said.subject == "Example Industries 001: your toss-up of Archive was declined"
    assert said.body.splitlines()[0] == (
        "Specialist 01 declined your toss-up of Archive to Example Industries 001. "
        "Their reason: They signed with somebody else in May."
    )


def _reminder(language: Literal["en", "ja"] = "en", **other: Any) -> Message:
    (step,) = steps([replace(HANDED, **other)], Handover(return_after_days=2), date(2026, 11, 10), ())
    answer = Reply(field="Ergebnis", choices={"accepted": "Ja"}, snooze=None)
    return message(step, rules(), language, "https://crm.example/lead1", answer)


def test_a_specialist_is_asked_for_an_answer_and_told_when_it_is_taken_back() -> None:
    said = _reminder()
    assert said.subject == "Example Industries 001: Archive waits for your answer"
    assert said.body.splitlines()[1:3] == [
        "Please answer in the field Ergebnis of the record: Ja; declined, with the reason; or returned.",
        "Left as it is, it is taken back on November 12, 2026 at the earliest.",
    ]
    assert "taken back" not in _reminder(untouched=False).body


def test_who_tossed_up_to_a_queue_is_told_to_ask_not_to_answer() -> None:
    said = _reminder(specialist_id=None, specialist_name="Archive Desk")
    assert said.subject == "Example Industries 001: nobody has taken up Archive yet"
    assert said.body.splitlines()[1:3] == [
        "It still lies with Archive Desk: please find out who takes it up.",
        "They answer in the field Ergebnis of the record.",
    ]
    japanese = _reminder("ja", specialist_id=None, specialist_name="専門窓口")
    assert "現在は専門窓口にあります。" in japanese.body
    assert "2026年11月12日に取り下げます" in japanese.body


def test_what_goes_to_a_pool_is_not_called_over() -> None:
    handed = replace(HANDED, reminded_on=date(2026, 11, 10))
    told = [message_key(KEY, "overdue")]
    (step,) = steps([handed], Handover(pool="Partner Desk"), date(2026, 11, 20), told, "Partner Desk")
    assert (step.what, step.voice, step.key) == ("unanswered", "pooled", message_key(KEY, "unanswered"))
    said = message(step, rules(), "en", "https://crm.example/lead1")
    assert said.subject == "Example Industries 001: Partner Desk has Archive now"
    assert said.body.splitlines()[1:3] == [
        "Specialist 01 did not answer, and it was given to Partner Desk.",
        "There is nothing to do: you will hear what comes of it.",
    ]
    for language in ("en", "ja"):
        note = noted(step, rules(), language, DAY)
        assert "Partner Desk" in note
        assert not is_taken_back(note, Phrases(rules().texts[language], language))
        assert "Partner Desk" in message(step, rules(), language, "").body


def test_what_is_not_known_is_said_so() -> None:
    said = _said("overdue", specialist_name=None, csm_name=None, handed_on=None, due_on=None)
    unknown = rules().texts["en"].words["unknown"]
    assert said.body.splitlines()[0] == (
        f"the account's owner tossed Archive for Example Industries 001 up to the specialists on {unknown}. "
        f"An answer was due by {unknown}."
    )
    assert "Their reason: none was given" in _said("returned").body


@pytest.mark.parametrize("what", NOTED)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_note_is_one_sentence_that_begins_with_the_day(what: What, language: Literal["en", "ja"]) -> None:
    handed = replace(HANDED, reason="They signed with somebody else. " * 20)
    step = Step(handed=handed, what=what, owner_id="csm", due=date(2026, 11, 15), told=False)
    said = noted(step, rules(), language, DAY)
    assert said.startswith("2026-11-12")
    assert len(said) <= 255
    assert "{" not in said


@pytest.mark.parametrize("language", ["en", "ja"])
def test_only_the_note_of_taking_it_back_says_that_it_was_taken_back(language: Literal["en", "ja"]) -> None:
    terms, phrases = rules(), Phrases(rules().texts[language], language)
    notes = {
        what: noted(Step(handed=HANDED, what=what, owner_id="csm", due=None, told=False), terms, language, DAY)
        for what in NOTED
    }
    assert [what for what, text in notes.items() if is_taken_back(text, phrases)] == ["unanswered"]
    assert not is_taken_back("2026-11-12: they took it back to the shop", phrases)


def test_a_long_account_name_is_cut_and_the_product_kept() -> None:
    said = _said("unanswered", account_name="Example " * 12)
    assert len(said.subject) <= 80
    assert said.subject.endswith("…: nobody took up Archive")


def test_what_people_wrote_cannot_break_out_of_its_line() -> None:
    said = _said("declined", account_name="<b>{csm}</b>", reason="<script>alert(1)</script>\u202e\x00 =1+1")
    assert "<b>" not in said.body_html
    assert "<script>" not in said.body_html
    assert "{csm}" in said.body, "what a record holds is no template"
    assert "\u202e" not in said.body
    assert "\x00" not in said.body


def test_a_link_that_is_none_is_left_out_of_html() -> None:
    step = Step(handed=HANDED, what="won", owner_id="csm", due=date(2026, 11, 15), told=False)
    assert "href" not in message(step, rules(), "en", "javascript:alert(1)").body_html


def test_the_key_of_a_message_names_its_lead_and_is_no_lead() -> None:
    key = message_key(KEY, "declined")
    assert LeadKey.parse(key) is None
    assert lead_of_message(key) == KEY
    assert lead_of_message(str(KEY)) is None
    assert lead_of_message("declined") is None


def test_every_language_has_the_words_of_every_message() -> None:
    for texts in rules().texts.values():
        assert set(texts.words) >= set(WORDS)


def test_a_step_is_told_as_the_company_chose_and_what_needs_an_answer_by_a_task() -> None:
    chosen = Handover.model_validate({"inform": {"accepted": "nothing", "lost": "note"}})
    ways = {
        what: Step(handed=HANDED, what=what, owner_id="csm", due=date(2026, 11, 15), told=False) for what in WHATS
    }
    assert {what: step.how(chosen) for what, step in ways.items()} == {
        "accepted": "nothing", "declined": "task", "returned": "task", "won": "task", "lost": "note",
        "overdue": "task", "unanswered": "task",
    }  # fmt: skip
    assert ways["won"].how(Handover()) == "task"
    assert ways["accepted"].how(Handover()) == "note"


def test_every_step_has_a_key_of_its_own_that_leads_back_to_the_lead() -> None:
    keys = [Step(handed=HANDED, what=what, owner_id="csm", due=date(2026, 11, 15), told=False).key for what in WHATS]
    assert keys[WHATS.index("overdue")] == "a1/complement_tossup/ARCHIVE/2026Q4/overdue"
    assert len(set(keys)) == len(WHATS)
    assert {lead_of_message(key) for key in keys} == {KEY}
