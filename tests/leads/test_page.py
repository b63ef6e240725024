"""docs/facts.md is what the code says, and the list of facts says enough to write a condition."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from leads.facts.families import FACTS, FAMILIES
from leads.facts.family import Fact
from leads.page import CANDIDATE, facts_page, kind, listed, needs
from leads.rules import ABOUT_CANDIDATES, Book
from mappings.canonical import TABLES
from mappings.config import CatalogEntry, Gate, Override, Play, Source
from tests.leads.world import rules

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "facts.md"
COLUMNS = {f"{table}.{column}" for table, spec in TABLES.items() for column in spec.columns}


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == facts_page(), "write it anew: tossup mappings facts --markdown > docs/facts.md"


def test_every_fact_is_listed_once_where_it_may_be_mentioned() -> None:
    names = [(one.per, one.name) for one in listed()]
    assert len(set(names)) == len(names)
    assert {name for per, name in names if per != "candidate"} == set(FACTS)
    assert {name for per, name in names if per == "candidate"} == set(ABOUT_CANDIDATES)
    assert f"## {CANDIDATE}" in facts_page()


def test_a_word_is_looked_for_in_names_families_and_formulas() -> None:
    names = {one.name for one in listed() if one.holds("HEADROOM")}
    assert {"headroom", "reachable", "group_headroom"} <= names
    assert "nps" not in names


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_fact_says_how_it_is_computed_and_from_columns_that_exist(family: object) -> None:
    for one in (one for one in listed() if one.family == family.name):
        assert one.fact.doc.strip() == one.fact.doc != "", one.name
        assert not one.fact.doc.endswith("."), f"{one.name}: a formula is no sentence"
        assert {column for need in one.fact.needs for column in need.split("|")} <= COLUMNS, one.name
        assert one.fact.field is None or (one.fact.field in COLUMNS and one.fact.record), one.name


def test_kinds_are_told_with_units_that_say_more() -> None:
    assert kind(Fact(kind="integer", unit="seats", doc="")) == "integer, seats"
    assert kind(Fact(kind="date", unit="date", doc="")) == "date"
    assert kind(Fact(kind="boolean", unit="text", doc="")) == "boolean"
    both = Fact(kind="money", unit="money", doc="", needs=("a.b|c.d", "e.f"))
    assert (kind(both), needs(both)) == ("money", "a.b or c.d, e.f")


def _examples(file: str) -> Any:
    """The examples of docs/leads.md that are said to be of this file, as plain Python."""
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (DOCS / "leads.md").read_text("utf-8"), flags=re.DOTALL)
    return [YAML(typ="safe").load(text) for name, text in blocks if name == file]


def test_the_examples_on_the_page_about_leads_are_rules_that_work() -> None:
    plays = {name: Play.model_validate(play) for one in _examples("plays.yaml") for name, play in one.items()}
    gates = {code: Gate.model_validate(gate) for one in _examples("gates.yaml") for code, gate in one.items()}
    (lets,) = _examples("overrides.yaml")
    *own, catalog = _examples("mapping")
    extra = {name: column for one in own for name, column in one["extra"].items()}
    assert {Override.model_validate(one).gate for one in lets} <= set(rules().gates)
    assert all(CatalogEntry.model_validate(entry) for entry in catalog["catalog"].values())
    source = Source.model_validate({"object": "Account", "fields": {}, "extra": extra})
    mapping = rules().mapping.model_copy(update={"read": {"account": (source,)}})
    book = Book(rules().model_copy(update={"mapping": mapping, "plays": plays, "gates": gates}))
    assert list(book.faults()) == []
    assert {"seat_limit", "executive_review", "storage_limit"} == {rule.name for rule in book.plays()}
    assert plays["seat_limit"] == rules().plays["seat_limit"], "it is quoted as it stands"
    for rule in book.plays():
        assert set(rule.play.evidence) | set(rule.needed) <= set(rule.known)
