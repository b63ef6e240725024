"""What is wrong with plays, gates and texts is told before anything runs, with its place and the cure."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.settings import settings_of
from jobs.wiring import rules_of
from leads.checks import Placed, check
from mappings.config import Gate, Play, Rules
from mappings.load import BadConfig, init
from tests.leads.world import PRESETS, rules


def _lines(found: list[Placed]) -> list[str]:
    return [
        f"{file} {'/'.join(map(str, one.path))}: {one.text}" + (f" ({one.suggestion}?)" if one.suggestion else "")
        for file, one in found
    ]


def test_the_presets_say_everything() -> None:
    assert check(rules()) == []


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
         "plays/seat_limit/why: a brace is left over; a placeholder is {a_name} in small letters"),
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


def test_names_that_do_not_exist_are_told_with_a_suggestion() -> None:
    plays: dict[str, Any] = {
        "seat_limt": rules().plays["seat_limit"],
        "renewal_window": Play(motion="upsell", pattern="renewal", numbers={"first_dya": 3, "zzz": 1}),
    }
    gates = {"tenur": Gate(), "qqq": Gate(), "frequency": Gate(numbers={"day": 3})}
    assert _lines(check(rules().model_copy(update={"plays": plays, "gates": gates}))) == [
        "plays.yaml renewal_window/numbers/first_dya: there is no such number (first_day?)",
        "plays.yaml renewal_window/numbers/zzz: there is no such number",
        "plays.yaml seat_limt: there is no such play (seat_limit?)",
        "gates.yaml frequency/numbers/day: there is no such number (days?)",
        "gates.yaml qqq: there is no such gate",
        "gates.yaml tenur: there is no such gate (tenure?)",
    ]


def test_a_play_that_is_off_needs_no_words_and_words_need_a_play() -> None:
    off = rules().plays["seat_limit"].model_copy(update={"enabled": False})
    texts = rules().texts["en"]
    words = {("seat_limt" if name == "seat_limit" else name): said for name, said in texts.plays.items()}
    changed = rules().model_copy(
        update={
            "plays": {**rules().plays, "seat_limit": off},
            "texts": {**rules().texts, "en": texts.model_copy(update={"plays": words})},
        }
    )
    assert _lines(check(changed)) == ["texts.en.yaml plays/seat_limt: there is no such play (seat_limit?)"]
    fewer = rules().model_copy(update={"plays": {"seat_limit": rules().plays["seat_limit"]}})
    assert check(fewer) == [], "a play left out of plays.yaml is off, and its words are not in the way"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The presets in a folder of one's own, with a mistake in each shared file."""
    for file, text in init(tmp_path, "hubspot").items():
        file.write_text(text, "utf-8")
    for name, right, wrong in (
        ("plays.yaml", "used_share:", "used_shar:"),
        ("gates.yaml", "\ntenure:", "\ntenur:"),
        ("texts.en.yaml", "people at {account} already", "people at {acount} already"),
        ("texts.ja.yaml", "  heading.why:", "  heading.way:"),
    ):
        text = (tmp_path / name).read_text("utf-8")
        assert right in text
        (tmp_path / name).write_text(text.replace(right, wrong, 1), "utf-8")
    return tmp_path


def _line(name: str, words: str) -> int:
    return (PRESETS / name).read_text("utf-8").split(words)[0].count("\n") + 1


def _told(folder: Path) -> list[str]:
    gate, number, why = (
        _line("gates.yaml", "tenure:\n"), _line("plays.yaml", "used_share:"),
        _line("texts.en.yaml", "why: >-"),
    )  # fmt: skip
    words = _line("texts.ja.yaml", "words:\n")
    return [
        f"{folder}/gates.yaml:{gate}:1  tenur: there is no such gate. Did you mean tenure?",
        f"{folder}/plays.yaml:{number}:5  seat_limit.numbers.used_shar: there is no such number. "
        "Did you mean used_share?",
        f"{folder}/texts.en.yaml:{why}:5  plays.free_to_paid.why: {{acount}} is not known here. "
        "Did you mean {account}?",
        f"{folder}/texts.ja.yaml:{words}:1  words.heading.why: is missing.",
    ]


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
