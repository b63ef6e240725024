"""Questions are put into the very words that Ibis finds on its longer way."""

import re
from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from ibis import _
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler

from jobs.store.wording import BringsRows, Wording, question
from mappings.read import canonical
from tests.mappings.orgs import Rows, hubspot, preset, salesforce


@pytest.fixture(autouse=True)
def _unfused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the mirror has it."""
    monkeypatch.setattr(ibis.options.sql, "fuse_selects", False)


def words(compiler: DuckDBCompiler, table: ir.Table) -> str:
    """The question with what is said first put in its place, names in the order in which they are met."""
    query = compiler.to_sqlglot(table)
    firsts = list(query.ctes)
    query.args.pop("with_", None)
    text = query.sql(dialect="duckdb")
    for first in reversed(firsts):
        text = text.replace(f'"{first.alias}" AS', f"({first.this.sql(dialect='duckdb')}) AS")
    met: dict[str, str] = {}
    text = re.sub(r'"t\d+"', lambda found: met.setdefault(found[0], f"t{len(met)}"), text)
    # which columns are left out is a set, which has no order
    return re.sub(r"EXCLUDE \((.*?)\)", lambda found: " ".join(sorted(found[1].split(", "))), text)


def assert_said_alike(table: ir.Table) -> None:
    assert words(Wording(), table) == words(DuckDBCompiler(), table)


def test_all_questions_of_a_decision(questions: list[ir.Table]) -> None:
    assert len(questions) > 80
    for table in questions:
        assert_said_alike(table)


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_all_questions_to_what_was_read_of_a_crm(crm: str) -> None:
    org = Rows(salesforce() if crm == "salesforce" else hubspot())
    for table in canonical(preset(crm), org.schema, org.table, org.links).values():
        assert_said_alike(table)


ROWS = ibis.table({"id": "string", "n": "int64", "on": "date", "yes": "boolean"}, name="rows")
OTHERS = ibis.memtable({"id": ["a"], "more": [1]}, schema={"id": "string", "more": "int64"})


TWICE = ROWS.filter(_.n > 1).mutate(n=_.n + 1)
RANK = ibis.row_number().over(group_by="id", order_by="on")
SHORT = (
    ROWS,
    ROWS.mutate(place=RANK, total=_.n.sum().over(group_by="id"), named=_.n.name("other")),
    ROWS.mutate(place=ibis.rank().over(order_by="n")).filter(_.place == 0).filter(_.n.rank() < 3, _.yes),
    ROWS.select("id", "n", "on", "yes").select("n", "id").select(id="n", n="id"),
    ROWS.filter(_.n.isin([])).union(ROWS.filter(_.n.isin([1, 2])), distinct=True),
    ROWS.filter(_.n.notin([])).intersect(ROWS).difference(ROWS.filter(~_.yes)),
    ROWS.drop("n").drop("on", "yes").distinct().order_by(_.id.desc()).limit(3, offset=1),
    ROWS.drop_null(["n", "on"]).drop_null(["id", "yes"], how="all"),
    ROWS.inner_join(OTHERS, "id").left_join(ROWS.filter(_.yes).view(), "id").select("id", "more", "n"),
    ROWS.anti_join(OTHERS, "id").semi_join(OTHERS.filter(_.more > 1), "id").cross_join(OTHERS),
    TWICE.left_join(TWICE.group_by("id").aggregate(most=_.n.max()), "id").filter(_.n == _.most),
    TWICE.filter(_.n == TWICE.n.max()).mutate(share=_.n / TWICE.count()),
    TWICE.union(TWICE.select("id", "n", "on", "yes")),
)
LONG = (
    ROWS.drop_null(),
    ROWS.fill_null({"n": 1}),
    ROWS.aggregate(one=_.n.first(), n=_.count()),
    ROWS.mutate(half=ibis.ntile(2).over(order_by="n")),
    ROWS.mutate(at=_.id.find("a")),
    ROWS.mutate(kind=_.n.bucket([1, 2]), name=_.id.capitalize()),
    ROWS.mutate(last=_.n.last().over(group_by="id")),
    ROWS.alias("named").mutate(n=_.n + 1),
)


@pytest.mark.parametrize("place", range(len(SHORT + LONG)))
def test_all_kinds_of_questions(place: int) -> None:
    assert_said_alike((SHORT + LONG)[place])


def test_what_ibis_would_only_replace_is_worded_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    longer: list[object] = []
    translate = DuckDBCompiler.translate

    def seen(self: DuckDBCompiler, op: object, **options: Any) -> object:
        longer.append(op)
        return translate(self, op, **options)

    monkeypatch.setattr(DuckDBCompiler, "translate", seen)
    for table in SHORT + LONG:
        Wording().to_sqlglot(table)
    assert longer == [table.op() for table in LONG]


def test_a_question_that_brings_rows_is_not_put_into_words_nor_remembered_with_them() -> None:
    kept = question.cache_info().currsize
    for asked in (OTHERS, ROWS.inner_join(OTHERS, "id")):
        with pytest.raises(BringsRows):
            question(asked.op())
    assert question.cache_info().currsize == kept


@pytest.mark.parametrize(
    ("ask", "kept"),
    [
        (lambda rows: rows.select("id", n=_.n + 1), False),
        (lambda rows: rows.group_by("id").aggregate(n=_.n.sum()), True),
    ],
)
def test_what_only_reads_rows_is_not_written_down_in_between(ask: Callable[[ir.Table], ir.Table], kept: bool) -> None:
    rows = ask(ROWS)
    said = question(rows.inner_join(rows.filter(_.n > 1).select("id", more="n"), "id").op())
    assert ("NOT MATERIALIZED" in said) != kept
    assert said.startswith("WITH")
