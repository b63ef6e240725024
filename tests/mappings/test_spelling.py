"""How values are spelled for a CRM: texts and HTML that fit their field, and nine in the morning."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.spelling import cut_html, instant, shortened
from mappings.write import (
    task_record,
)
from tests.mappings.one_lead import LEAD, Said
from tests.mappings.orgs import hubspot, preset, salesforce


def test_text_is_written_as_text_and_html_as_html() -> None:
    body = "<script>alert('x')</script> & \"quoted\" <img src=x onerror=y>\x00\x1b"
    hostile = Said(subject="line one\nline\ttwo\x07", body=body, body_html="<p>\x00&lt;script&gt;</p>")
    record = task_record(LEAD, hostile, preset("hubspot"), hubspot())
    assert record.new["hs_task_subject"] == "line one line two"
    assert record.new["hs_task_body"] == "<p>&lt;script&gt;</p>"
    plain = task_record(LEAD, hostile, preset("salesforce"), salesforce())
    assert plain.new["Description"] == body.removesuffix("\x00\x1b")


def test_a_text_longer_than_its_field_is_cut_between_words() -> None:
    schema = salesforce()
    record = task_record(LEAD, Said(subject="word " * 100), preset("salesforce"), schema)
    subject = str(record.new["Subject"])
    assert len(subject) <= 255
    assert subject.endswith("word…")


@given(st.text(max_size=60), st.integers(1, 40))
def test_shortened_fits_and_keeps_the_beginning(text: str, length: int) -> None:
    short = shortened(text, length)
    assert len(short) <= length
    assert text.startswith(short.removesuffix("…").rstrip()) or short == text
    assert shortened(text, None) == text


PAGE = Said().body_html.replace("19", "1<br>9&amp;")


@pytest.mark.parametrize("length", range(1, len(PAGE) + 2))
def test_html_fits_its_field_and_neither_tag_nor_entity_is_cut(length: int) -> None:
    page = cut_html(PAGE, length)
    assert len(page) <= length
    assert page == PAGE or "…" in page
    shown = re.sub(r"</?(?:p|strong|ul|li|br)>|<a href=\"https://crm.example/1\">|</a>|&(?:lt|amp);", "", page)
    assert not set("<>&") & set(shown)
    for name in ("p", "strong", "ul", "li", "a"):
        assert len(re.findall(f"<{name}[ >]", page)) == page.count(f"</{name}>")
    assert PAGE.startswith(page.partition("…")[0])
    assert cut_html(PAGE, None) == PAGE


def test_nine_in_the_morning() -> None:
    assert instant(date(2026, 7, 1), "America/New_York") == "2026-07-01T13:00:00Z"
