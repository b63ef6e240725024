"""The language of plays and gates: what it means, what it refuses, and that engines agree at every limit."""

import operator
import time
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leads.language import FUNCTIONS, BadExpression, Expression, Fault, parse
from mappings.canonical import Kind
from tests.spark import spark_sql

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
SAYS_NOTHING: dict[str, Any] = {}


def duckdb_sql(value: ir.Value) -> str:
    return str(ibis.to_sql(value.as_table(), dialect="duckdb"))


def _table(value: ir.Value) -> ir.Table:
    return TABLE.select(answer=value)


def answers(expression: Expression, *rows: Mapping[str, Any]) -> list[Any]:
    """What the expression gives on each row, as DuckDB computes it; facts that a row leaves out are NULL."""
    query = str(ibis.to_sql(_table(expression.build(COLUMNS, TODAY)), dialect="duckdb"))
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


def test_a_condition_tells_its_kind_and_the_names_it_mentions() -> None:
    found = parse("used >= used_share * seats and not overdue", KINDS, "boolean")
    assert (found.kind, found.names) == ("boolean", {"used", "used_share", "seats", "overdue"})
    assert found == parse(found.source, KINDS)


MEANINGS: list[tuple[str, dict[str, Any], Any]] = [
    ("seats + used * 2 - 1", {"seats": 10, "used": 3}, 15),
    ("-(seats - used)", {"seats": 10, "used": 3}, -7),
    ("+seats", {"seats": 10}, 10),
    ("used / seats", {"seats": 4, "used": 3}, 0.75),
    ("used / seats", {"seats": 0, "used": 3}, None),
    ("1 / seats", {"seats": 4}, 0.25),
    ("used / seats / 2", {"seats": 4, "used": 3}, 0.375),
    ("seats / used_share", {"seats": 9}, 10.0),
    ("nps / seats", {"nps": 5.0, "seats": 2}, 2.5),
    ("used / seats + used", {"seats": 4, "used": 3}, 3.75),
    ("used / seats + seats / used", {"seats": 4, "used": 2}, 2.5),
    ("used / seats * (seats / used)", {"seats": 4, "used": 2}, 1.0),
    ("used / seats / used", {"seats": 4, "used": 2}, 0.25),
    ("used / (seats / used)", {"seats": 4, "used": 2}, 1.0),
    ("1 - used / seats", {"seats": 4, "used": 3}, 0.25),
    ("2 * 3 + 0.5", {}, 6.5),
    ("2 * 3", {}, 6),
    ("nps + 1", {"nps": 6.5}, 7.5),
    ("nps * nps * 2", {"nps": 1.5}, 4.5),
    ("nps / 0.5", {"nps": 1.5}, 3.0),
    ("mrr * 12", {"mrr": 1999}, 23988),
    ("mrr * 0.5", {"mrr": 101}, 51),
    ("mrr * -0.5", {"mrr": 101}, -51),
    ("mrr / 2", {"mrr": 101}, 51),
    ("mrr / mrr_then", {"mrr": 150, "mrr_then": 100}, 1.5),
    ("mrr + 1", {"mrr": 150}, 151),
    ("mrr - mrr_then", {"mrr": 150, "mrr_then": 100}, 50),
    ("seats * mrr", {"seats": 9 * 10**9, "mrr": 9 * 10**9}, None),
    ("abs(used - seats)", {"seats": 10, "used": 3}, 7),
    ("abs((used - seats) / seats)", {"seats": -10, "used": 3}, 1.3),
    ("abs(-3)", {}, 3),
    ("abs(nps)", {"nps": -1.5}, 1.5),
    ("floor(0.1 * seats)", {"seats": 30}, 3),
    ("floor(used / seats)", {"seats": -2, "used": 3}, -2),
    ("ceil(0.1 * seats)", {"seats": 30}, 3),
    ("ceil(0.1 * seats)", {"seats": 31}, 4),
    ("floor(nps)", {"nps": 2.9999999999}, 3),
    ("ceil(nps)", {"nps": 3.0000000001}, 3),
    ("floor(mrr * 0.5)", {"mrr": 101}, 50),
    ("floor(2.5) + ceil(2.5) + round(2.5) + round(-2.5)", {}, 5),
    ("round(seats * 0.5)", {"seats": 5}, 3),
    ("round(seats * 0.5)", {"seats": -5}, -3),
    ("round(seats)", {"seats": 5}, 5),
    ("round(seats, 2)", {"seats": 5}, 5),
    ("round(mrr * 0.5, 0)", {"mrr": 101}, 51),
    ("round(used / seats, 2)", {"seats": 200, "used": 535}, 2.68),
    ("round(nps, 1)", {"nps": 2.25}, 2.3),
    ("round(seats / used)", {"seats": 10**15, "used": 1}, 10**15),
    ("round(nps)", {"nps": 1e300}, None),
    ("coalesce(nps, seats)", {"seats": 3}, 3.0),
    ("coalesce(nps, null, 0.5)", {}, 0.5),
    ("coalesce(mrr, 0)", {}, 0),
    ("coalesce(industry, plan, 'none')", {}, "none"),
    ("coalesce(overdue, false)", {}, False),
    ("coalesce(won_on, date '2026-01-31')", {}, date(2026, 1, 31)),
    ("greatest(seats, used, 5)", {"seats": 3, "used": 4}, 5),
    ("greatest(seats, used, 5)", {"seats": 3}, None),
    ("least(seats, nps)", {"seats": 3, "nps": 2.5}, 2.5),
    ("least(won_on, today())", {"won_on": date(2027, 1, 1)}, TODAY),
    ("least(won_on, today())", {}, None),
    ("greatest(1, 2.5)", {}, 2.5),
    ("case when seats > 5 then 'big' when seats > 2 then 'mid' else 'small' end", {"seats": 3}, "mid"),
    ("case when seats > 5 then 1 end", {"seats": 3}, None),
    ("case when overdue then null else 1.5 end", {"overdue": True}, None),
    ("case when overdue then mrr else 2 end", {"overdue": False}, 2),
    ("case when overdue then seats else used end * 0.5", {"overdue": True, "seats": 3}, 1.5),
    ("case when overdue then nps else 2.5 end * 2", {"overdue": True, "nps": 3.0}, 6.0),
    ("case when trial then overdue else false end", {"overdue": True, "trial": True}, True),
    ("lower(industry)", {"industry": "Food & DRINK"}, "food & drink"),
    ("contains(lower(industry), 'food')", {"industry": "Food & DRINK"}, True),
    ("contains(industry, 'food')", {"industry": "Food"}, False),
    ("contains(industry, plan)", {"industry": "Food", "plan": "oo"}, True),
    ("contains(industry, 'x')", {}, None),
    ("industry like 'F__d%'", {"industry": "Food and more"}, True),
    ("industry not like 'f%'", {"industry": "Food"}, True),
    ("industry not like 'F%'", {"industry": "Food"}, False),
    ("not industry not like 'F%'", {"industry": "Food"}, True),
    ("industry = 'it''s'", {"industry": "it's"}, True),
    ("industry = '小売'", {"industry": "小売"}, True),
    ("industry in ('a', 'b')", {"industry": "b"}, True),
    ("industry not in ('a', 'b')", {"industry": "c"}, True),
    ("industry not in ('a', 'b')", {}, None),
    ("seats in (1, 2.5, -3)", {"seats": -3}, True),
    ("seats in (1, 2.5)", {"seats": 2}, False),
    ("renews_on in (date '2026-01-31')", {"renews_on": date(2026, 1, 31)}, True),
    ("days_since(won_on)", {"won_on": date(2026, 7, 2)}, 30),
    ("days_since(won_on) >= min_days", {"won_on": date(2026, 7, 2)}, True),
    ("days_until(renews_on)", {"renews_on": date(2026, 8, 3)}, 2),
    ("days_since(date '2026-07-31')", {}, 1),
    ("days_until(renews_on)", {}, None),
    ("month(renews_on)", {"renews_on": date(2026, 8, 3)}, 8),
    ("today()", {}, TODAY),
    ("today() > DATE '2026-07-31'", {}, True),
    ("renews_on between today() and date '2026-12-31'", {"renews_on": TODAY}, True),
    ("seats between 1 and 3", {"seats": 3}, True),
    ("seats not between 1 and 3", {"seats": 3}, False),
    ("overdue = trial", {"overdue": True, "trial": True}, True),
    ("overdue <> false", {"overdue": True}, True),
    ("seats is null", {}, True),
    ("nps is not null", {"nps": 1.0}, True),
    ("(seats + used) is null", {"seats": 1}, True),
    ("seats > 1 or used > 1", {"seats": 2}, True),
    ("seats > 1 and used > 1", {"seats": 2}, None),
    ("not overdue", {}, None),
    ("not overdue or seats > 1 and used > 1", {"overdue": False}, True),
    ("1 = 1.0", {}, True),
    ('"seats" != 3', {"seats": 3}, False),
    ("SEATS.5 > 1", SAYS_NOTHING, BadExpression),
    ("used > 0 AND Not overdue", {"used": 1, "overdue": False}, True),
    ("used / seats = 0.9", {"used": 63, "seats": 70}, True),
    ("used / -seats <= -0.9", {"used": 63, "seats": 70}, True),
    ("0 * used / seats = 0", {"used": 63, "seats": 0}, None),
    ("used / (0 * seats) = 0", {"used": 63, "seats": 2}, None),
    ("(used + seats) / seats > 1.89", {"used": 63, "seats": 70}, True),
    ("used / seats - nps / 10 >= 0", {"used": 63, "seats": 70, "nps": 9.0}, True),
    ("used / seats >= used / seats", {"used": 63, "seats": 70}, True),
    ("0.000000001 * seats * 0.000000001 > 0", {"seats": 1}, False),
    ("seats * 123456789012345 * 123456789012345 > 0", {"seats": 1}, True),
    ("seats * 123456789012345 * 123456789012345 / 123456789012345", {"seats": 1}, 123456789012345.0),
    ("seats > " + "*".join(["123456789012345"] * 30), {"seats": 1}, False),
    ("123456789012345 * seats > 0.000000001 * used", {"seats": 1, "used": 9}, True),
    ("1 / (used / seats) > 0", {"seats": -9, "used": 0}, None),
    ("floor(123456789012345 * 123456789012345)", {}, None),
    ("123456789012345 * 123456789012345 / 123456789012345", {}, 123456789012345.0),
    ("0.000000001 * seats < 0.123456789 * 0.123456789 * used", {"seats": 1, "used": 1}, True),
    ("seats < 0.123456789 * used", {"seats": 123456789, "used": 10**9}, False),
    ("0.987654321 * 0.1234567 * seats < 0.123456789 * 0.7654321 * used", {"seats": 1, "used": 2}, True),
]


@pytest.mark.parametrize(("source", "row", "expected"), MEANINGS)
def test_an_expression_means_what_it_says(source: str, row: dict[str, Any], expected: Any) -> None:
    if expected is BadExpression:
        assert faults(source)
        return
    found = answer(source, **row)
    assert (found, type(found)) == (pytest.approx(expected) if type(expected) is float else expected, type(expected))
    assert spark_sql(parse(source, KINDS).build(COLUMNS, TODAY)), "it compiles for a cluster as well"


def test_every_function_is_documented_by_its_call_and_has_a_meaning_tested_here() -> None:
    for name, doc in FUNCTIONS.items():
        assert doc.startswith(f"{name}(")
        assert doc.endswith(".")
        assert any(f"{name}(" in source for source, _, _ in MEANINGS)


def test_a_limit_holds_exactly_where_it_should_whatever_way_it_is_written() -> None:
    ways = (
        "used >= 0.9 * seats", "used >= used_share * seats", "used / seats >= 0.9", "used / seats >= used_share",
        "used - 0.9 * seats >= 0", "10 * used >= 9 * seats", "1 - used / seats <= 0.1", "used * 1.0 / seats >= 0.9",
        "not used < 0.9 * seats", "used between 0.9 * seats and seats",
    )  # fmt: skip
    rows = [{"seats": 70, "used": 63}, {"seats": 70, "used": 62}, {"seats": 7 * 10**12, "used": 63 * 10**11 - 1}]
    for way in ways:
        assert answers(parse(way, KINDS), *rows) == [True, False, False], way


def test_a_fact_that_carries_rounding_noise_meets_its_limit() -> None:
    noise = 0.1 + 0.2
    assert noise != 0.3
    for way in ("nps = 0.3", "nps <= 0.3", "nps in (0.3)", "nps * 10 = 3", "nps between 0.3 and 1", "0.3 >= nps"):
        assert answer(way, nps=noise) is True, way
    assert answer("nps = lift", nps=noise, lift=0.3) is True
    assert answer("nps > 0.3", nps=0.3 + 2e-9) is True


def test_numbers_of_a_play_that_are_no_plain_decimals_are_compared_as_floating_point() -> None:
    found = parse("used >= used_share * seats", KINDS)
    for number in (ibis.literal(1 / 3), TABLE.lift, ibis.literal(float("nan")), ibis.literal(float("inf"))):
        assert _table(found.build(COLUMNS | {"used_share": number}, TODAY)).schema()["answer"].is_boolean()


def test_columns_of_other_types_are_taken_as_what_they_are_declared() -> None:
    table = ibis.table({"seats": "int16", "industry": "string", "won_on": "timestamp"}, name="facts")
    columns = {name: table[name] for name in table.columns}
    assert parse("seats", KINDS).build(columns, TODAY).type() == ibis.dtype("int64")
    assert parse("coalesce(won_on, today())", KINDS).build(columns, TODAY).type() == ibis.dtype("date")


def test_a_number_that_is_missing_gives_null() -> None:
    value = parse("used > used_share * seats", KINDS).build(COLUMNS | {"used_share": ibis.null("float64")}, TODAY)
    assert duckdb.sql(f"WITH facts AS (SELECT 1 AS used, 2 AS seats) {duckdb_sql(value)}").fetchall() == [(None,)]


def test_a_division_by_a_number_of_the_play_that_is_zero_gives_null() -> None:
    value = parse("used / min_days", KINDS).build(COLUMNS | {"min_days": ibis.literal(0)}, TODAY)
    assert duckdb.sql(f"WITH facts AS (SELECT 1 AS used) {duckdb_sql(value)}").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("source", "want", "kind", "type_"),
    [
        ("seats", "number", "number", "float64"),
        ("seats", "money", "money", "int64"),
        ("0.5 * seats", "money", "money", "int64"),
        ("seats", "any number", "integer", "int64"),
        ("mrr", "any number", "money", "int64"),
        ("nps", None, "number", "float64"),
        ("seats > 1", "boolean", "boolean", "boolean"),
        ("industry", "text", "text", "string"),
        ("won_on", "date", "date", "date"),
        ("seats", "integer", "integer", "int64"),
    ],
)
def test_a_result_is_of_the_kind_that_is_wanted(source: str, want: Any, kind: str, type_: str) -> None:
    found = parse(source, KINDS, want)
    assert (found.kind, str(found.build(COLUMNS, TODAY).type())) == (kind, type_)


FAULTS: list[tuple[str, int, str, str | None]] = [
    ("", 0, "the expression is empty", None),
    (" \n ", 0, "the expression is empty", None),
    ("usde > 3", 0, "there is no fact or number usde", "used"),
    ("zzzzzz > 3", 0, "there is no fact or number zzzzzz", None),
    ("Seats > 3", 0, "there is no fact or number Seats", "seats"),
    ("account.seats > 3", 0, "account.seats: a fact is named without a table", "seats"),
    ('industry = "Retail"', 11, 'there is no fact or number "Retail"', "'Retail'"),
    ("today > won_on", 0, "today is a function", "today()"),
    ("flor(nps) > 3", 0, "there is no function flor", "floor"),
    ("max(seats, used) > 3", 0, "there is no function max: an expression sees the facts of one row", "greatest"),
    ("cast(seats) > 3", 0, "there is no function cast: every fact has its kind already", None),
    ("current_date > won_on", 0, "there is no current_date here: days are counted", "today()"),
    ("(select 1) > 3", 1, "there is no select here: an expression sees the facts of one row", None),
    ("seats > 3 -- really", 10, "-- opens a comment", None),
    ("seats /* all */ > 3", 6, "/* opens a comment", None),
    ("seats > 3; used > 3", 9, "; ends nothing", None),
    ("seats::text = '3'", 5, ":: converts", None),
    ("seats == 3", 6, "== has one = too many", "="),
    ("seats ＞ 3", 6, "＞ it has to be written in half width", ">"),
    ("seats > ?", 8, "? means nothing here", None),
    ("seats > €", 8, "€ this character means nothing here", None),
    ("seats > \x07", 8, "\\u0007 this character means nothing here", None),
    ("industry = 'Retail", 11, "' opens a text that is not closed", None),
    ("industry = 'a\nb'", 11, "a text is one line of printable characters", None),
    ("seats > 1e5", 8, "1e5 is no plain number", None),
    ("seats > 1_000", 8, "1_000 is no plain number", None),
    ("seats > 1234567890123456", 8, "1234567890123456 has too many digits", None),
    ("nps > 0.0000000001", 6, "0.0000000001 has too many digits", None),
    ("nps > " + "9" * 60, 6, "9" * 40 + "... has too many digits", None),
    ("won_on > date '2026-02-30'", 9, "'2026-02-30' is no day", None),
    ("won_on > date '2026-2-3'", 9, "'2026-2-3' is no day", None),
    ("won_on > '2026-02-03'", 9, "a date cannot be compared with a text", "date '2026-02-03'"),
    ("'2026-02-03' < won_on", 0, "a text cannot be compared with a date", "date '2026-02-03'"),
    ("won_on > 'soon'", 9, "a date cannot be compared with a text", None),
    ("won_on - 3 > today()", 0, "- takes numbers, and this is a date: count days with days_since(day)", None),
    ("seats = 'many'", 8, "an integer cannot be compared with a text", None),
    ("industry > 'a'", 11, "a text has no order", None),
    ("overdue < true", 10, "a condition has no order", None),
    ("overdue is true", 8, "is asks for NULL only", "= true"),
    ("overdue is seats", 11, "is asks for NULL only", "is null"),
    ("1 < seats < 9", 12, "a condition cannot be compared with an integer", "... < x and x < ..."),
    ("seats and overdue", 0, "and takes conditions, and this is an integer", None),
    ("not seats", 4, "not takes conditions, and this is an integer", None),
    ("-industry = 'a'", 1, "- takes numbers, and this is a text", None),
    ("seats = null", 8, "with NULL written out the answer is always NULL", "is null"),
    ("seats in (1, null)", 13, "with NULL written out the answer is always NULL", "is null"),
    ("null is null", 0, "with NULL written out the answer is always NULL", "is null"),
    ("null", 0, "this is always NULL", None),
    ("coalesce(null, null)", 0, "this is always NULL", None),
    ("seats in used", 9, "in takes a list in parentheses", "in (1, 2)"),
    ("seats in 3", 9, "in takes a list in parentheses", "in (1, 2)"),
    ("not", 0, "something is missing or out of order at not", None),
    ("*", 0, "something is missing or out of order here", None),
    ("else seats", 0, "something is missing or out of order at else", None),
    ("coalesce(seats, usde)", 16, "there is no fact or number usde", "used"),
    ("seats in (1, used)", 13, "a list holds literals only", None),
    ("seats in ()", 0, "in takes a list in parentheses", "in (1, 2)"),
    ("seats = (1, 2)", 9, "a list stands after in only", None),
    ("() = 1", 0, "a list stands after in only", None),
    ("mrr * mrr_then > 1", 6, "money cannot be multiplied by money", None),
    ("seats / mrr > 1", 8, "a plain number cannot be divided by money", None),
    ("seats / 0 > 1", 8, "nothing can be divided by 0", None),
    ("industry / 2 > 1", 0, "/ takes numbers, and this is a text", None),
    ("industry like plan", 14, "the pattern of like is written out", "contains(text, part)"),
    ("industry like 'a\\_b'", 14, "engines disagree about \\ in a pattern", "contains(text, part)"),
    ("seats like '1%'", 0, "like takes texts, and this is an integer", None),
    ("case seats when 1 then 2 end = 2", 5, "a case says its conditions", "case when ... = ... then ... end"),
    ("case when overdue then 1 else 'x' end = 1", 30, "results are of one kind: this is a text", None),
    ("case when seats then 1 end = 1", 10, "when takes conditions, and this is an integer", None),
    ("case when overdue then 1", 0, "case is never closed", None),
    ("case end", 5, "something is missing or out of order at end", None),
    ("(seats > 3", 0, "( is never closed", None),
    ("seats > 3)", 9, ") closes nothing", None),
    ("seats > 3 end", 10, "end closes nothing", None),
    ("seats used", 6, "an operator is missing before used", None),
    ("seats not null", 6, "something is missing or out of order at not", None),
    ("seats >", 6, "something is missing or out of order at >", None),
    ("seats between 1", 14, "something is missing or out of order at 1", None),
    (", seats", 0, "something is missing or out of order at ,", None),
    ("floor()", 0, "floor takes one argument", "floor(x)"),
    ("today(1) = won_on", 0, "today takes no arguments", "today()"),
    ("contains(plan)", 0, "contains takes 2 arguments", "contains(text, part)"),
    ("coalesce(seats)", 0, "coalesce takes 2 to 50 arguments", "coalesce(a, b, ...)"),
    ("lower(seats)", 6, "lower takes texts, and this is an integer", None),
    ("month(seats)", 6, "month takes dates, and this is an integer", None),
    ("floor(won_on)", 6, "floor takes numbers, and this is a date", None),
    ("round(nps, seats)", 11, "round takes 0 to 6 digits, written out", None),
    ("round(nps, 7)", 11, "round takes 0 to 6 digits, written out", None),
    ("round(nps, 'x')", 11, "round takes numbers, and this is a text", None),
    ("round(mrr, 2)", 11, "money is whole minor units", None),
    ("greatest(plan, industry)", 0, "greatest is for numbers and dates", None),
    ("least(seats, null)", 13, "with NULL written out the answer is always NULL", "is null"),
    ("coalesce(seats, won_on)", 16, "results are of one kind: this is a date, another is an integer", None),
    ("seats > 3 and " * 150 + "overdue", 2000, "an expression has 2000 characters at most", None),
    ("1+" * 300 + "1", 400, "an expression has 400 words at most", None),
    ("seats" + "+1" * 100 + " > 3", 0, "this has too many operations in a row", None),
    ("(" * 11 + "seats" + ")" * 11, 10, "this is nested too deep", None),
    ("not " * 11 + "overdue", 40, "this is nested too deep", None),
    ("floor(" * 8 + "greatest(" + "nps, " * 20 + "1)" + ")" * 8, 0, "this is too much for one", None),
]


@pytest.mark.parametrize(("source", "at", "text", "instead"), FAULTS)
def test_what_is_wrong_is_said_with_its_place_and_what_to_write(
    source: str, at: int, text: str, instead: str | None
) -> None:
    found = faults(source)[0]
    assert (found.at, found.text[: len(text)], found.suggestion) == (at, text, instead)


def test_all_faults_are_told_at_once_in_the_order_of_the_text() -> None:
    found = faults("usde > 3 and sets < 'x' or seats = 'y' and flor(nps) > 1", "boolean")
    assert [(one.at, one.suggestion) for one in found] == [(0, "used"), (13, "seats"), (35, None), (43, "floor")]
    with pytest.raises(
        BadExpression, match=r"^character 1: there is no fact or number usde\. Did you mean used\?\nch"
    ):
        parse("usde > 3 and sets < 'x'", KINDS)


@pytest.mark.parametrize(
    ("source", "want", "text", "instead"),
    [
        ("seats", "boolean", "the result must be a condition, and this is an integer", None),
        ("seats > 1", "any number", "the result must be a number, and this is a condition", None),
        ("nps", "integer", "the result must be an integer, and this is a number", "round(...)"),
        ("mrr", "integer", "the result must be an integer, and this is money", None),
        ("mrr", "number", "the result must be a number, and this is money", None),
        ("seats", "text", "the result must be a text, and this is an integer", None),
        ("plan", "date", "the result must be a date, and this is a text", None),
        ("plan", "money", "the result must be money, and this is a text", None),
    ],
)
def test_a_result_of_another_kind_is_refused(source: str, want: Any, text: str, instead: str | None) -> None:
    assert faults(source, want) == (Fault(text=text, at=0, suggestion=instead),)


@pytest.mark.parametrize(
    "name", ["date", "sum", "select", "interval", "if", "x1", "_1", "floor", "売上", "timestamp", "any"]
)
def test_a_fact_may_have_a_name_that_other_sql_reserves(name: str) -> None:
    table = ibis.table({name: "int64"}, name="facts")
    found = parse(f"{name} > 1 and floor({name} / 2) = 1", {name: "integer"}, "boolean")
    assert found.names == {name}
    value = found.build({name: table[name]}, TODAY)
    assert duckdb.sql(f'WITH facts AS (SELECT 3 AS "{name}") {duckdb_sql(value)}').fetchall() == [(True,)]


def test_a_long_list_of_conditions_is_read_and_built() -> None:
    found = parse(" or ".join(f"seats = {number}" for number in range(90)), KINDS, "boolean")
    assert answers(found, {"seats": 89}, {"seats": 90}) == [True, False]


SIGNS = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
SHARES = st.decimals(min_value="0.001", max_value=20, places=3)
COUNTS = st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=1, max_size=6)


@given(share=SHARES, more=st.integers(-50, 50), seats=COUNTS, sign=st.sampled_from([*SIGNS]))
@example(share=Decimal("0.9"), more=0, seats=[70], sign=">=")
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_linear_conditions_agree_with_fractions_on_both_sides_of_the_limit(
    share: Decimal, more: int, seats: list[int], sign: str
) -> None:
    written, exact = f"{share:.3f}", Fraction(share)
    rows = [{"seats": count, "used": floor(exact * count + more) + step} for count in seats for step in (-1, 0, 1)]
    expected = [SIGNS[sign](row["used"], exact * row["seats"] + more) for row in rows]
    for way in (f"used {sign} {written} * seats + {more}", f"used - {written} * seats {sign} {more}"):
        assert answers(parse(way, KINDS), *rows) == expected, way


def test_numbers_handed_in_make_the_same_query_as_numbers_written_out() -> None:
    named, written = (parse(way, KINDS) for way in ("used >= used_share * seats", "used >= 0.9 * seats"))
    assert duckdb_sql(named.build(COLUMNS, TODAY)) == duckdb_sql(written.build(COLUMNS, TODAY))


MILLIONS = st.integers(-(10**6), 10**6)


@given(used=MILLIONS, seats=st.lists(MILLIONS, min_size=1, max_size=4), share=SHARES, sign=st.sampled_from([*SIGNS]))
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_quotients_agree_with_fractions_and_are_null_at_zero(
    used: int, seats: list[int], share: Decimal, sign: str
) -> None:
    near = [(round(Fraction(share) * count) + step, count) for count in seats for step in (-1, 0, 1)]
    rows = [{"used": one, "seats": count} for one, count in (*near, (used, seats[0]), (used, 0))]
    quotients = [Fraction(row["used"], row["seats"]) if row["seats"] else None for row in rows]
    expected = [None if one is None else SIGNS[sign](one, Fraction(share)) for one in quotients]
    assert answers(parse(f"used / seats {sign} {share:.3f}", KINDS), *rows) == expected


@given(
    counts=st.lists(st.integers(-(10**7), 10**7), min_size=3, max_size=9), seats=st.integers(1, 10**7), share=SHARES
)
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
def test_rounding_agrees_with_fractions(counts: list[int], seats: int, share: Decimal) -> None:
    rows = [{"used": count, "seats": seats} for count in counts]
    for source, exact in (
        (f"{share:.3f} * used", [Fraction(share) * count for count in counts]),
        (f"used / seats + {share:.3f}", [Fraction(count, seats) + Fraction(share) for count in counts]),
    ):
        for way, rounded in (("floor", floor), ("ceil", ceil), ("round", _nearest)):
            assert answers(parse(f"{way}({source})", KINDS), *rows) == [rounded(one) for one in exact], source


def _nearest(exact: Fraction) -> int:
    return floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)


def _exact(tree: Any, row: Mapping[str, int | None]) -> Fraction | None:
    if not isinstance(tree, tuple):
        value = row.get(tree, tree)
        return None if value is None else Fraction(value)
    sign, left, right = tree[0], _exact(tree[1], row), _exact(tree[2], row)
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    return {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign](left, right)


def _written(tree: Any) -> str:
    return f"({_written(tree[1])} {tree[0]} {_written(tree[2])})" if isinstance(tree, tuple) else str(tree)


LEAVES = st.sampled_from(["seats", "used", "min_days", "1", "2", "0.5", "0.1", "1.5"])
TREES = st.recursive(LEAVES, lambda inner: st.tuples(st.sampled_from("+-*/"), inner, inner), max_leaves=4)
SMALL = st.fixed_dictionaries({name: st.none() | st.integers(-9, 9) for name in ("seats", "used")})


@given(left=TREES, right=TREES, sign=st.sampled_from([*SIGNS]), rows=st.lists(SMALL, min_size=4, max_size=8))
@settings(max_examples=70, deadline=None, derandomize=True, database=None)
def test_arithmetic_agrees_with_fractions_and_missing_stays_missing(
    left: Any, right: Any, sign: str, rows: list[dict[str, int | None]]
) -> None:
    both = [(_exact(left, {**row, "min_days": 30}), _exact(right, {**row, "min_days": 30})) for row in rows]
    expected = [None if one is None or two is None else SIGNS[sign](one, two) for one, two in both]
    assert answers(parse(f"{_written(left)} {sign} {_written(right)}", KINDS), *rows) == expected


WORDS = st.sampled_from(
    [
        *KINDS, *(f"{name}(" for name in FUNCTIONS), *SIGNS, *"+-*/(),;.'\"?:%)", "and", "or", "not", "is", "null",
        "in", "like", "between", "case", "when", "then", "else", "end", "true", "'text'", "date '2026-01-31'", "1",
        "0.5",
        "--", "/*", "select", "cast(", "as", "::", "over", "9" * 30, "\x00", "\u3000", "\uff11", "if(", "_1", "x1",
    ]
)  # fmt: skip


def _parsed(source: str, names: Mapping[str, Kind]) -> tuple[Expression | None, tuple[Fault, ...]]:
    try:
        return parse(source, names), ()
    except BadExpression as error:
        return None, error.faults


@given(source=st.text(max_size=80) | st.lists(WORDS, max_size=25).map(" ".join))
@settings(max_examples=250, deadline=None, derandomize=True, database=None)
def test_any_text_is_an_expression_or_a_list_of_faults(source: str) -> None:
    found, wrong = _parsed(source, KINDS)
    assert (found is None) == bool(wrong)
    assert all(0 <= one.at <= len(source) and one.text.isprintable() for one in wrong)
    if found:
        value = found.build(COLUMNS, TODAY)
        assert duckdb_sql(value)
        assert spark_sql(value)


def test_any_two_words_are_an_expression_or_a_list_of_faults() -> None:
    some = ["seats", "overdue", "1", "null", "true", "today()", "floor(", *"()=-*,", "and", "or", "not", "is", "in"]
    some += ["like", "between", "case", "when", "then", "else", "end", "date", "'x'"]
    for source in (f"{one} {two}" for one in some for two in some):
        found, wrong = _parsed(source, KINDS)
        assert found or wrong, source


COMPARED = st.tuples(TREES, st.sampled_from([*SIGNS]), TREES)
CONDITIONS = st.recursive(
    COMPARED.map(lambda parts: f"{_written(parts[0])} {parts[1]} {_written(parts[2])}")
    | st.sampled_from(["overdue", "nps is null", "industry like 'a%'", "won_on > today()", "seats in (1, 2)"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})")
        | inner.map(lambda one: f"not ({one})")
    ),
    max_leaves=4,
)


@given(source=CONDITIONS)
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_conditions_of_any_shape_build_and_run(source: str) -> None:
    assert answers(parse(source, KINDS, "boolean"), {})[0] in {None, True, False}


HOSTILE = [
    "(" * 2000, ")" * 2000, "not " * 500, "-" * 2000, "- " * 1000 + "1", "case when " * 200, "a " * 1000,
    "seats+" * 300, "floor(" * 300, "greatest(1," * 150, "'" * 1999, '"' * 1999, "1." * 1000, "9" * 2000, "a." * 1000,
    "seats>1 and " * 130, "seatz" * 400, " ".join(f"nam{number}" for number in range(280)), "in (" * 400,
    "seats in (" + "1," * 195 + "1)", "\u202e\u0000\ud7ff" * 600, "seats = " * 200, "seats is null " * 100,
    "between 1 and " * 100, "/*" * 1000, "date ''" * 280, "((seats)," * 200, "floor((" * 200,
    "coalesce((seats), (" * 100,
]  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_answered_at_once(source: str) -> None:
    names: dict[str, Kind] = dict(KINDS)
    names.update((f"name{number}", "integer") for number in range(300))
    started = time.process_time()
    found, wrong = _parsed(source, names)
    assert time.process_time() - started < 0.5
    assert found or wrong
