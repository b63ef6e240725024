"""The same expressions on another engine: Sail, which speaks Spark Connect, gives the leads that DuckDB gives."""

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir
import pytest

from leads.find import Found, find
from mappings.canonical import TABLES
from mappings.config import Rules
from tests.leads.world import LINEAGE, TODAY, Rows, arrow, rules

pysail = pytest.importorskip("pysail.spark", reason="pip install 'tossup[test]' brings Sail")

# Ibis hands over a schema that a Connect session has no use for
pytestmark = pytest.mark.filterwarnings("ignore:'verifySchema' is ignored")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    server = pysail.SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        session = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).getOrCreate()
        yield session
        session.stop()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def found_and_asked(
    session: Any, every_case: Rows, saying_why: Rules, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Found, list[ir.Table]]:
    from benchmarks.scale.spark import SparkWorld

    world = SparkWorld(session, tmp_path_factory.mktemp("spark"))
    tables = world.load({name: arrow(name, every_case.get(name, ())) for name in TABLES})
    asked: list[ir.Table] = []

    def stage(name: str, expr: ir.Table) -> ir.Table:
        asked.append(expr)
        return world.stage(name, expr)

    return find(tables, saying_why, today=TODAY, lineage=LINEAGE, stage=stage, language="en"), asked


@pytest.fixture(scope="module")
def on_spark(found_and_asked: tuple[Found, list[ir.Table]]) -> Found:
    found, _asked = found_and_asked
    return found


def test_spark_finds_the_same_leads_row_for_row(on_spark: Found, answer: tuple[Found, Any]) -> None:
    found, _accounts = answer
    assert {lead.play for lead in on_spark.leads} == set(rules().plays)
    assert on_spark.leads == found.leads
    assert on_spark.asleep == found.asleep


def test_spark_writes_the_same_on_accounts(on_spark: Found, answer: tuple[Any, dict[str, Any]]) -> None:
    _found, accounts = answer
    assert _rows(on_spark.accounts) == accounts


def test_spark_knows_the_same_facts(on_spark: Found, facts: dict[str, Any]) -> None:
    assert _rows(on_spark.facts) == facts


def test_no_table_is_computed_twice(found_and_asked: tuple[Found, list[ir.Table]]) -> None:
    _found, asked = found_and_asked
    assert len(asked) == len({table.op() for table in asked}) > 80


def _rows(table: ir.Table) -> dict[str, Any]:
    return {row["account_id"]: row for row in table.to_pyarrow().to_pylist()}
