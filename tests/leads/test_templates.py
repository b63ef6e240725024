"""Places in sentences: a value, or a number and what it counts."""

import ibis
import pytest

from leads.facts.churn import _phrase
from leads.phrases import CODES, Phrases
from leads.templates import between, fill, placeholders
from mappings.outputs import ACCOUNT_OUTPUTS, SEGMENTS
from tests.leads.world import rules


@pytest.mark.parametrize(
    ("value", "said"), [("1", "1 seat is left."), ("0", "0 seats are left."), ("12", "12 seats are left.")]
)
def test_a_number_says_one_or_many_of_what_it_counts(value: str, said: str) -> None:
    assert fill("{seats_left seat is|seats are} left.", {"seats_left": value}) == said


def test_a_value_that_looks_like_a_place_stays_a_value() -> None:
    assert fill("{a} and {b day|days}", {"a": "{b day|days}", "b": "{a}"}) == "{b day|days} and {a} days"


def test_a_place_is_quoted_by_its_name_alone() -> None:
    assert placeholders("{a} {b day|days} {B} {c|d}") == {"a", "b"}
    assert between("on {day}: {n day|days} left") == ["on ", ": ", " left"]


@pytest.mark.parametrize(("days", "said"), [(1, "silent for 1 day!; "), (90, "silent for 90 days!; ")])
def test_sql_says_one_or_many_alike(days: int, said: str) -> None:
    told = _phrase("silent for {value day|days}!", ibis.literal(days))
    assert ibis.duckdb.connect().execute(told) == said
    plain = _phrase("silent", ibis.literal(days))
    assert ibis.duckdb.connect().execute(plain) == "silent; "


def test_no_count_in_english_is_told_with_a_wrong_number() -> None:
    words = rules().texts["en"]
    counts = {"{" + f"{name}" + "}" for name in ("days_left", "seats_more", "silent_days", "refusals", "cases_n")}
    said = [text for play in words.plays.values() for text in play.values()]
    assert not [text for text in said for count in counts if count in text]
    for unit in ("people", "seats", "cases", "days", "months", "years", "accounts", "customers", "products"):
        one = fill(words.words[f"unit.{unit}"], {"value": "1"})
        assert one == {"people": "1 person"}.get(unit, f"1 {unit[:-1]}")
        assert fill(words.words[f"unit.{unit}"], {"value": "2"}) == f"2 {unit}"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_code_is_read_where_there_is_a_word_for_it(language: str) -> None:
    phrases = Phrases(rules().texts[language], language)
    for fact, codes in CODES.items():
        told = [phrases.said(fact, code, "USD") for code in codes]
        assert len(set(told)) == len(codes)
        assert not [text for text in told if "_" in text]
    assert ACCOUNT_OUTPUTS["rfm_segment"].codes == SEGMENTS
    assert (
        phrases.said("rfm_segment", "cant_lose", "USD")
        == {"en": "Can't lose them", "ja": "離反させたくない優良顧客"}[language]
    )
