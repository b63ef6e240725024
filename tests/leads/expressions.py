"""Expressions over a few facts: what they give on rows, what is wrong with them, and how engines are asked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pytest

from leads.language import BadExpression, Expression, Fault, parse
from mappings.canonical import Kind

TODAY = date(2026, 8, 1)
KINDS: Mapping[str, Kind] = {
    "seats": "integer",
    "used": "integer",
    "nps": "number",
    "lift": "number",
    "mrr": "money",
    "mrr_then": "money",
    "industry": "text",
    "plan": "text",
    "renews_on": "date",
    "won_on": "date",
    "overdue": "boolean",
    "trial": "boolean",
    "used_share": "number",
    "min_days": "integer",
}
TYPES = {"integer": "int64", "number": "float64", "money": "int64", "text": "string", "date": "date"}
SQL_TYPES = {"int64": "BIGINT", "float64": "DOUBLE", "string": "VARCHAR", "date": "DATE", "boolean": "BOOLEAN"}
TABLE = ibis.table({name: TYPES.get(kind, kind) for name, kind in KINDS.items()}, name="facts")
NUMBERS = {"used_share": ibis.literal(0.9), "min_days": ibis.literal(30)}
COLUMNS: dict[str, ir.Value] = {name: TABLE[name] for name in KINDS} | NUMBERS


def duckdb_sql(value: ir.Value) -> str:
    """What DuckDB would be asked."""
    return str(ibis.to_sql(value.as_table(), dialect="duckdb"))


def table_of(value: ir.Value) -> ir.Table:
    """The value on each row of the facts, as `answer`."""
    return TABLE.select(answer=value)


def answers(expression: Expression, *rows: Mapping[str, Any]) -> list[Any]:
    """What the expression gives on each row, as DuckDB computes it; facts that a row leaves out are NULL."""
    query = str(ibis.to_sql(table_of(expression.build(COLUMNS, TODAY)), dialect="duckdb"))
    marks = ", ".join(f"CAST(? AS {SQL_TYPES[str(TABLE[name].type())]})" for name in KINDS)
    values = ", ".join(f"({marks})" for _ in rows)
    given = [row.get(name) for row in rows for name in KINDS]
    found = duckdb.execute(f"WITH facts({', '.join(KINDS)}) AS (VALUES {values}) {query}", given)
    return [answer for (answer,) in found.fetchall()]


def answer(source: str, **row: Any) -> Any:
    """What the expression gives on one row."""
    return answers(parse(source, KINDS), row)[0]


def faults(source: str, want: Any = None) -> tuple[Fault, ...]:
    """What is wrong with it."""
    with pytest.raises(BadExpression) as caught:
        parse(source, KINDS, want)
    return caught.value.faults
