"""The language of plays and gates: what an expression means, to DuckDB and to Spark alike."""

from datetime import date
from typing import Any

import duckdb
import ibis
import pytest

from leads.language import FUNCTIONS, BadExpression, parse
from tests.leads.expressions import COLUMNS, KINDS, TABLE, TODAY, answer, answers, duckdb_sql, faults, table_of
from tests.spark import spark_sql

SAYS_NOTHING: dict[str, Any] = {}


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
        assert table_of(found.build(COLUMNS | {"used_share": number}, TODAY)).schema()["answer"].is_boolean()


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


def test_numbers_handed_in_make_the_same_query_as_numbers_written_out() -> None:
    named, written = (parse(way, KINDS) for way in ("used >= used_share * seats", "used >= 0.9 * seats"))
    assert duckdb_sql(named.build(COLUMNS, TODAY)) == duckdb_sql(written.build(COLUMNS, TODAY))
