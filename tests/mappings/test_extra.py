"""Columns of the company's own on accounts: read, traced and checked like any other, in both CRMs."""

from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import pytest

from mappings.cells import IBIS_TYPES
from mappings.check import check, notes
from mappings.config import Rules
from mappings.extra import is_name, tables
from mappings.load import PRESETS, BadConfig, load_mapping, positions
from mappings.needs import needs
from mappings.read import canonical
from mappings.schema import Schema
from mappings.sources import lineage
from tests.mappings.orgs import Rows, also, hubspot, salesforce

SALESFORCE = """\
    extra:
      health_score: {field: Health__c, kind: number}
      seats_goal: {field: Goal__c, kind: integer, unit: thousands}
      segment: {field: Parent.Industry, kind: text, values: {Banking: regulated}, otherwise: free}
      vip: {field: Vip__c, kind: boolean}
      reviewed_on: {field: Reviewed__c, kind: date, optional: true}
"""
SCHEMA = also(salesforce(), Account="Health__c:n Goal__c:n Vip__c:b Reviewed__c:s")
OWN = ("x_health_score", "x_seats_goal", "x_segment", "x_vip", "x_reviewed_on")


def edited(folder: Path, crm: str, extra: str) -> Path:
    """The preset with these lines at the end of its account."""
    text = (PRESETS / f"{crm}.yaml").read_text("utf-8")
    place = text.index("\n  # What you sell")
    (folder / f"{crm}.yaml").write_text(text[:place] + "\n" + extra + text[place:], "utf-8")
    return folder


def line(folder: Path, crm: str, words: str) -> int:
    return (folder / f"{crm}.yaml").read_text("utf-8").splitlines().index(words) + 1


def problems(folder: Path, crm: str = "salesforce") -> list[str]:
    with pytest.raises(BadConfig) as caught:
        load_mapping(crm, folder)
    return [str(one).partition("  ")[2] for one in caught.value.problems]


def told(folder: Path, schema: Schema) -> tuple[list[str], list[str]]:
    """(problems, notes about extra columns)."""
    rules = Rules.model_construct(mapping=load_mapping(schema.crm, folder))
    places = positions(schema.crm, folder)
    found = [str(one).partition("  ")[2] for one in check(rules, schema, places)]
    return found, [str(one).partition("  ")[2] for one in notes(rules, schema, places) if "extra" in one.path]


def test_each_kind_is_read_in_its_type(tmp_path: Path) -> None:
    mapping = load_mapping("salesforce", edited(tmp_path, "salesforce", SALESFORCE))
    rows = Rows(
        SCHEMA,
        {
            "Account": [
                {"id": "001A", "Name": "Example 1", "Industry": "Banking"},
                {
                    "id": "001B", "Name": "Example 2", "ParentId": "001A", "Health__c": 7.5, "Goal__c": 1.2,
                    "Vip__c": True, "Reviewed__c": datetime(2026, 3, 31, 23, 30, tzinfo=UTC),
                },
            ]
        },
    )  # fmt: skip
    account = rows.canonical(mapping)["account"]
    spec = tables(mapping)["account"].columns
    assert tuple(account.columns)[-len(OWN) :] == OWN
    assert dict(account.schema().items()) == {name: ibis.dtype(IBIS_TYPES[what.kind]) for name, what in spec.items()}
    found = {str(row["id"]): row for row in rows.read(account)}
    assert [found["001A"][name] for name in OWN] == [None, None, "free", None, None]
    assert [found["001B"][name] for name in OWN] == [7.5, 1200, "regulated", True, date(2026, 3, 31)]


def test_it_is_pulled_and_traced_like_any_other(tmp_path: Path) -> None:
    mapping = load_mapping("salesforce", edited(tmp_path, "salesforce", SALESFORCE))
    assert {"Health__c", "Goal__c", "Vip__c", "Reviewed__c", "Industry"} <= set(
        needs(mapping, SCHEMA)["Account"].fields
    )
    traced = lineage(mapping, SCHEMA)
    assert traced["account.x_health_score"] == "Account.Health__c"
    assert traced["account.x_segment"] == "Account.Industry"
    assert list(traced).index("account.x_vip") < list(traced).index("product.id")
    bare = also(salesforce(), Account="Health__c:n Goal__c:n Vip__c:b")
    assert "account.x_reviewed_on" not in lineage(mapping, bare)


def test_hubspot_has_them_too(tmp_path: Path) -> None:
    extra = "    extra:\n      health_score: {field: health, kind: integer}\n"
    mapping = load_mapping("hubspot", edited(tmp_path, "hubspot", extra))
    schema = also(hubspot(), companies="health:n")
    portal = Rows(schema, {"companies": [{"id": "1", "name": "Example", "health": 9}]})
    (row,) = portal.read(canonical(mapping, schema, portal.table, portal.links)["account"])
    assert row["x_health_score"] == 9
    assert lineage(mapping, schema)["account.x_health_score"] == "companies.health"
    assert told(tmp_path, schema) == ([], [])
    assert told(tmp_path, hubspot())[0] == ["account.extra.health_score: companies has no field health."]


def test_a_field_that_is_not_there_is_a_problem_unless_it_may_be_missing(tmp_path: Path) -> None:
    folder = edited(tmp_path, "salesforce", SALESFORCE)
    assert told(folder, SCHEMA) == ([], [])
    schema = also(salesforce(), Account="Healthy__c:n Goal__c Vip__c:p=a|b")
    found, noted = told(folder, schema)
    assert found == [
        "account.extra.health_score: Account has no field Health__c. Did you mean Healthy__c?",
        "account.extra.seats_goal: Account.Goal__c is a text, but this must be a number.",
        "account.extra.vip: Account.Vip__c is a choice, but this must be true or false.",
    ]
    assert len(noted) == 1
    assert noted[0].startswith("account.extra.reviewed_on: Account has no field Reviewed__c")


def test_a_mapping_without_any_has_the_canonical_tables() -> None:
    assert "x_" not in "".join(tables(load_mapping("salesforce", None))["account"].columns)


@pytest.mark.parametrize("name", ["health_score", "a", "a1", "x" * 40])
def test_a_name_that_conditions_can_say(name: str) -> None:
    assert is_name(name)


HOSTILE = [
    "",
    " ",
    "Health",
    "1st",
    "_a",
    "a_",
    "a b",
    "a-b",
    'a"b',
    "a;drop table account",
    "a.b",
    "ａ",
    "é",
    "x" * 41,
    "a\\n",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    key = f'"{name}"' if '"' not in name else f"'{name}'"
    own = f"      {key}: {{field: Name, kind: text}}"
    folder = edited(tmp_path, "salesforce", f"    extra:\n{own}\n")
    with pytest.raises(BadConfig) as caught:
        load_mapping("salesforce", folder)
    (problem,) = caught.value.problems
    assert "is no name: small letters, digits and _, a letter first" in problem.text
    assert (problem.line, problem.column) == (line(folder, "salesforce", own), 7)


def test_every_slip_is_told(tmp_path: Path) -> None:
    extra = """\
    extra:
      a: Health__c
      b: {field: Health__c, kind: money}
      c: {kind: number}
      d: {field: Health__c, kind: numbr}
      e: {field: Health__c, kind: text, unit: thousands}
      f: {field: Health__c, kind: boolean, values: {Good: yes}}
      g: {field: Health__c.., kind: number}
"""
    kinds = "integer, number, text, boolean or date"
    assert problems(edited(tmp_path, "salesforce", extra)) == [
        "account.extra.a.kind: is missing.",
        f"account.extra.b.kind: must be {kinds}, not money.",
        "account.extra.c: give one of field, join and constant.",
        f"account.extra.d.kind: must be {kinds}, not numbr. Did you mean number?",
        "account.extra.e.unit: a unit is for numbers and money.",
        "account.extra.f.values.Good: must be true or false, not yes.",
        "account.extra.g: Health__c.. is not a field, nor a path of fields with dots.",
    ]


TWO = """\
  account:
    - object: Account
      fields: {{name: Name}}
      extra: {{score: {{field: Health__c, kind: number}}, vip: {{field: Vip__c, kind: boolean}}}}
    - object: Partner__c
      fields: {{name: Name}}
      extra: {{score: {{field: Grade__c, kind: {kind}}}}}
"""


def two(folder: Path, kind: str) -> Path:
    text = (PRESETS / "salesforce.yaml").read_text("utf-8")
    start, end = text.index("  account:\n    object"), text.index("\n  # What you sell")
    (folder / "salesforce.yaml").write_text(text[:start] + TWO.format(kind=kind) + text[end:], "utf-8")
    return folder


def test_several_sources_fill_the_same_column_of_one_kind(tmp_path: Path) -> None:
    mapping = load_mapping("salesforce", two(tmp_path, "number"))
    partner = also(SCHEMA, Account="Health__c:n").objects["Account"]
    fields = {**partner.fields, **also(SCHEMA, Account="Grade__c:n").objects["Account"].fields}
    schema = Schema(
        crm="salesforce",
        objects={**SCHEMA.objects, "Partner__c": type(partner)(name="Partner__c", label="Partner", fields=fields)},
    )
    rows = Rows(
        schema,
        {
            "Account": [{"id": "1", "Name": "Example 1", "Health__c": 5.0, "Vip__c": True}],
            "Partner__c": [{"id": "2", "Name": "Example 2", "Grade__c": 2.0}],
        },
    )
    found = {str(row["id"]): row for row in rows.read(rows.canonical(mapping)["account"])}
    assert [(found[id]["x_score"], found[id]["x_vip"]) for id in ("1", "2")] == [(5.0, True), (2.0, None)]
    assert lineage(mapping, schema)["account.x_score"] == "Account.Health__c, Partner__c.Grade__c"


def test_two_kinds_of_one_column_are_refused(tmp_path: Path) -> None:
    assert problems(two(tmp_path, "text")) == [
        "account[2].extra.score.kind: must be number, as in the source before, not text: one column holds one kind."
    ]


def test_only_accounts_take_them(tmp_path: Path) -> None:
    text = (PRESETS / "salesforce.yaml").read_text("utf-8")
    own = "    object: Contact\n    extra: {a: {field: Name, kind: text}}\n"
    (tmp_path / "salesforce.yaml").write_text(text.replace("    object: Contact\n", own), "utf-8")
    assert problems(tmp_path) == ["contact.extra: is for accounts alone; contact takes none."]
