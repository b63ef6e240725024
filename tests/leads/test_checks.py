"""What is wrong with plays, gates and texts is told before anything runs, with its place and the cure."""

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.settings import settings_of
from jobs.wiring import rules_of
from leads.checks import Placed, check
from leads.rules import Book
from mappings.config import Gate, Override, Rules
from mappings.load import BadConfig, init
from tests.leads.world import PRESETS, rules


def _lines(found: list[Placed]) -> list[str]:
    return [
        f"{file} {'/'.join(map(str, one.path))}: {one.text}" + (f" ({one.suggestion}?)" if one.suggestion else "")
        for file, one in found
    ]


def test_the_presets_say_everything() -> None:
    assert check(rules()) == []


def test_an_override_of_a_known_gate_and_play_is_in_order() -> None:
    said = {"account": "acme", "person": "Owner 01", "reason": "They asked.", "until": date(2026, 12, 31)}
    passes = [Override.model_validate({"gate": "tenure", "play": play, **said}) for play in (None, "seat_limit")]
    assert check(rules().model_copy(update={"overrides": tuple(passes)})) == []


def _with_text(part: str, key: str, value: str | None) -> Rules:
    """The presets with one English text changed, or taken out."""
    texts = rules().texts["en"].model_dump()
    place = texts[part] if part in ("reasons", "words") else texts["plays"]
    place = place if part != "seat_limit" else place["seat_limit"]
    place.pop(key) if value is None else place.update({key: value})
    changed = rules().texts["en"].model_validate(texts)
    return rules().model_copy(update={"texts": {**rules().texts, "en": changed}})


@pytest.mark.parametrize(
    ("part", "key", "value", "problem"),
    [
        ("seat_limit", "why", None, "plays/seat_limit/why: is missing"),
        ("seat_limit", "why", "", "plays/seat_limit/why: is missing"),
        ("seat_limit", "why", "Now {zzz}", "plays/seat_limit/why: {zzz} is not known here"),
        ("seat_limit", "why", "{acount}", "plays/seat_limit/why: {acount} is not known here ({account}?)"),
        ("seat_limit", "why", "{Account}",
         "plays/seat_limit/why: a brace is left over; a placeholder is {a_name} in small letters, "
         "or {a_name seat|seats}"),
        ("seat_limit", "script", "Hello, {owner} here, {product}.\n{company}",
         "plays/seat_limit/script: the first line must name {company}"),
        ("plays", "seat_limit", None, "plays/seat_limit: this play has no texts"),
        ("reasons", "tenure", None, "reasons/tenure: is missing"),
        ("reasons", "tenure", "{n} days", "reasons/tenure: {n} is not known here"),
        ("reasons", "tenur", "x", "reasons/tenur: there is no such gate (tenure?)"),
        ("words", "unit.seats", None, "words/unit.seats: is missing"),
        ("words", "risk.usage_drop", "fell {x}", "words/risk.usage_drop: {x} is not known here"),
    ],
)  # fmt: skip
def test_a_text_that_lacks_something_is_told(part: str, key: str, value: str | None, problem: str) -> None:
    assert _lines(check(_with_text(part, key, value))) == [f"texts.en.yaml {problem}"]


def test_a_language_that_is_missing_is_told() -> None:
    only = rules().model_copy(update={"texts": {"en": rules().texts["en"]}})
    assert _lines(check(only)) == ["texts.ja.yaml : is missing"]


def _changed(play: dict[str, Any], **rest: Any) -> Rules:
    """The presets with this in seat_limit, and other parts of the rules."""
    plays = {**rules().plays, "seat_limit": rules().plays["seat_limit"].model_copy(update=play)}
    return rules().model_copy(update={"plays": plays, **rest})


@pytest.mark.parametrize(
    ("play", "problem"),
    [
        ({"when": "product_usd > 1"}, "when: at character 1: there is no fact or number product_usd (product_used?)"),
        ({"when": None}, ": give either `when` or `python`"),
        ({"python": "ours"}, ": give either `when` or `python`"),
        ({"product": "plan_name"}, "product: a play per owned is about that row's product"),
        ({"about": "plan_nam"}, "about: there is no such fact (plan_name?)"),
        ({"about": "plan_seats"}, "about: plan_seats is no name; give a fact that is a text"),
        ({"per": "account", "when": "employees > 9", "seats": None, "value": "0", "evidence": ("employees",)},
         ": sells, but names no product: who sells by telephone must say first what it is about; give `product`, "
         "`target`, or `about` with a fact that names it (about: main_product_name?)"),
        ({"evidence": ("record_usd",)}, "evidence/0: there is no such fact (record_used?)"),
        ({"evidence": ("used_percent",)},
         "evidence/0: used_percent is computed from many records; evidence is a fact read from one"),
        ({"evidence": ()}, ": names no evidence: no lead without a record to show"),
        ({"needs": ("sseats_total",)}, "needs/0: there is no such fact (seats_total?)"),
        ({"needs": ("seats_total", "employees|sseats_total")}, "needs/1: there is no such fact (seats_total?)"),
        ({"evidence": ("nps|csat",)}, "evidence/0: there is no such fact (csat?)"),
        ({"numbers": {**rules().plays["seat_limit"].numbers, "employees": 3}},
         "numbers/employees: is the name of a fact already; choose another"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_wrong_with_a_play_is_told(play: dict[str, Any], problem: str) -> None:
    assert f"plays.yaml seat_limit{'' if problem.startswith(':') else '/'}{problem}" in _lines(check(_changed(play)))


def test_a_play_that_needs_either_of_two_facts_sleeps_without_the_columns_of_both() -> None:
    def needs(*names: str) -> tuple[str, ...]:
        book = Book(_changed({"needs": names}))
        return next(one.needs for one in book.plays() if one.name == "seat_limit")

    assert needs("employees|free_users") == ("account.employees|account.free_users",)
    assert needs("renews_on|employees", "employees") == (
        "subscription.ends_on|account.employees", "account.employees",
    )  # fmt: skip
    assert needs("account_name|employees") == (), "one that needs nothing is always there"


def test_what_is_wrong_with_gates_priorities_numbers_and_overrides_is_told() -> None:
    gates = {
        **rules().gates,
        "qqq": Gate(),
        "optoins": Gate(),
        "frequency": Gate(numbers={"day": 3}),
        "options": Gate(when="nps > 3", numbers={"options": 2}),
        "tenure": Gate(when="tenur_days < 3"),
    }
    until = date(2027, 1, 1)
    passes = (Override(gate="tenur", play="seat_limt", account="a", person="b", reason="c", until=until),)
    wrong = _changed(
        {}, gates=gates, overrides=passes,
        facts={"usge": {"share": 1}, "usage": {"shar": 1}, "interest_offer": {"half_life": 0}},
        ranking=rules().ranking.model_copy(update={"mid": "rfm_rank <"}),
    )  # fmt: skip
    told = [line for line in _lines(check(wrong)) if not line.startswith("texts")]
    for line in (
        "gates.yaml tenure/when: at character 1: there is no fact or number tenur_days (tenure_days?)",
        "gates.yaml frequency/numbers/day: there is no such number (days?)",
        "gates.yaml options: is built in and takes no condition",
        "gates.yaml optoins: needs a condition: `when` (options?)",
        "gates.yaml qqq: needs a condition: `when`",
        "facts.yaml usage/shar: there is no such number (share?)",
        "facts.yaml interest_offer/half_life: must be more than 0",
        "facts.yaml usge: there is no such family of facts (usage?)",
        "overrides.yaml 0/gate: there is no such gate (tenure?)",
        "overrides.yaml 0/play: there is no such play (seat_limit?)",
    ):
        assert line in told, told
    assert [line for line in told if line.startswith("ranking.yaml mid: at character")]


def test_a_play_that_is_off_needs_no_words_and_words_need_no_play() -> None:
    texts = rules().texts["en"]
    words = {("seat_limt" if name == "seat_limit" else name): said for name, said in texts.plays.items()}
    spelled = {**rules().texts, "en": texts.model_copy(update={"plays": words})}
    assert check(_changed({"enabled": False}, texts=spelled)) == []
    assert _lines(check(_changed({}, texts=spelled))) == [
        "texts.en.yaml plays/seat_limit: this play has no texts (seat_limt?)"
    ]
    fewer = rules().model_copy(update={"plays": {"seat_limit": rules().plays["seat_limit"]}})
    assert check(fewer) == [], "a play left out of plays.yaml is off, and its words are not in the way"


def test_material_must_be_there_in_every_language() -> None:
    texts = dict(rules().texts)
    for language, link in (("en", "https://example.com/seats"), ("ja", "http://example.com")):
        said = {**texts[language].plays["seat_limit"], "material": link}
        plays = {**texts[language].plays, "seat_limit": said}
        texts[language] = texts[language].model_copy(update={"plays": plays})
    assert _lines(check(_changed({}, texts=texts))) == [
        "texts.ja.yaml plays/seat_limit/material: is not an https:// address"
    ]
    assert _lines(check(_changed({}, texts={"en": texts["en"], "ja": rules().texts["ja"]}))) == [
        "texts.ja.yaml plays/seat_limit/material: is missing, but another language has one"
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The presets in a folder of one's own, with a mistake in each shared file."""
    for file, text in init(tmp_path, "hubspot").items():
        file.write_text(text, "utf-8")
    for name, right, wrong in (
        ("plays.yaml", "used_share: 0.9", "used_shar: 0.9"),
        ("gates.yaml", "tenure_days < days", "tenur_days < days"),
        ("texts.en.yaml", "At {account}, {free_users", "At {acount}, {free_users"),
        ("texts.ja.yaml", "  heading.why:", "  heading.way:"),
    ):
        text = (tmp_path / name).read_text("utf-8")
        assert right in text
        (tmp_path / name).write_text(text.replace(right, wrong, 1), "utf-8")
    return tmp_path


def _line(name: str, words: str) -> int:
    return (PRESETS / name).read_text("utf-8").split(words)[0].count("\n") + 1


def _told(folder: Path) -> list[str]:
    gate, when = _line("gates.yaml", "  when: tenure_days"), _line("plays.yaml", "  when: product_seats > 0")
    why = _line("texts.en.yaml", "why: >-")
    words = _line("texts.ja.yaml", "words:\n")
    return [
        f"{folder}/gates.yaml:{gate}:3  tenure.when: at character 1: there is no fact or number tenur_days. "
        "Did you mean tenure_days?",
        f"{folder}/plays.yaml:{when}:3  seat_limit.when: at character 39: there is no fact or number used_share. "
        "Did you mean used_shar?",
        f"{folder}/texts.en.yaml:{why}:5  plays.free_to_paid.why: {{acount}} is not known here. "
        "Did you mean {account}?",
        f"{folder}/texts.ja.yaml:{words}:1  words.heading.why: is missing.",
    ]


def test_the_link_that_the_page_shows_is_accepted_in_the_texts_of_a_company(tmp_path: Path) -> None:
    page = (PRESETS.parents[1] / "docs" / "leads.md").read_text("utf-8").split("### A link to send")[1]
    play, material = page.split("```")[1].splitlines()[2:4]
    link = material.split()[1]
    for file, text in init(tmp_path, "salesforce").items():
        shown = f"\n{play}\n"
        own = file.name.startswith("texts.")
        assert not own or text.count(shown) == 1
        file.write_text(text.replace(shown, f"{shown}{material}\n") if own else text, "utf-8")
    told = rules_of(settings_of({"TOSSUP_CRM": "salesforce", "TOSSUP_CONFIG": str(tmp_path)}, offline=True))
    assert {name: one.plays["seat_limit"]["material"] for name, one in told.texts.items()} == {"en": link, "ja": link}
    assert check(told) == []


def test_every_command_tells_all_of_them_at_their_lines(folder: Path) -> None:
    with pytest.raises(BadConfig) as caught:
        rules_of(settings_of({"TOSSUP_CRM": "hubspot", "TOSSUP_CONFIG": str(folder)}, offline=True), "hubspot")
    assert str(caught.value).splitlines() == _told(folder)
    shutil.copy(PRESETS / "texts.ja.yaml", folder)
    with pytest.raises(BadConfig, match="used_shar") as caught:
        rules_of(settings_of({"TOSSUP_CRM": "hubspot", "TOSSUP_CONFIG": str(folder)}, offline=True), "salesforce")
    assert len(caught.value.problems) == 3


def test_mappings_check_tells_them_too(folder: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")}
    ours = {"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "mappings", "check", str(folder)],
        env={**env, **ours, "PYTHONPATH": str(PRESETS.parents[1]), "COLUMNS": "400"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert [line for line in _told(folder) if line not in done.stdout + done.stderr] == []
