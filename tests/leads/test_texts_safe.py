"""Texts stay texts, and within their limits, whatever a record is called."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.phrases import tidy
from leads.texts import Names, names, say
from mappings.canonical import Lead
from mappings.load import load_mapping
from mappings.schema import Field, FieldType, ObjectSchema, Schema
from mappings.write import task_record
from tests.leads.said import record_url, text_of
from tests.leads.world import rules


def test_a_long_account_name_gives_way_in_the_subject(leads: dict[str, Lead]) -> None:
    lead = leads["seat_limit"]
    long = Names(account="Example Industries " * 10, owner="Owner 01", contact="Contact 01", product="Suite")
    text = text_of(lead, called=long)
    assert len(text.subject) <= 80
    assert "…: " in text.subject
    assert text.subject.endswith("in use")
    both = replace(long, product="Suite " * 30)
    assert len(text_of(lead, called=both).subject) <= 80


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
    text = text_of(lead, called=hostile)
    seen = _Seen()
    seen.feed(text.body_html)
    assert seen.tags == {"p", "strong", "ul", "li", "a", "br"}
    assert seen.links == [record_url(e.field.split(".")[0], e.record) for e in lead.evidence]
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
    text = text_of(lead, called=replace(names(lead), account="<script>alert(1)</script>"))
    mapping = load_mapping("hubspot", None)
    fields = (Field(name="hs_task_body", label="Body", type=FieldType.LONG_TEXT, length=900),)
    tasks = ObjectSchema(name="tasks", label="Tasks", fields={one.name: one for one in fields})
    schema = Schema(crm="hubspot", objects={"tasks": tasks})
    page = str(task_record(lead, text, mapping, schema).new["hs_task_body"])
    seen = _Seen()
    seen.feed(page)
    assert len(page) <= 900 < len(text.body_html)
    assert seen.tags <= {"p", "strong", "ul", "li", "a", "br"}
    assert set(seen.links) <= {record_url(e.field.split(".")[0], e.record) for e in lead.evidence}
    assert seen.links
    assert "&lt;script&gt;" in page


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(), st.integers(1, 100))
def test_a_tidy_text_is_one_short_line(text: str, length: int) -> None:
    line = tidy(text, length)
    assert len(line) <= length
    assert len(line.splitlines()) <= 1
    assert tidy(line, length) == line
