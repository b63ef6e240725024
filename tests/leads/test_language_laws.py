"""The language of plays and gates against exact fractions, whatever the numbers, and any text answered at once."""

import operator
import time
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leads.language import FUNCTIONS, BadExpression, Expression, Fault, parse
from mappings.canonical import Kind
from tests.leads.expressions import COLUMNS, KINDS, TODAY, answers, duckdb_sql
from tests.spark import spark_sql

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
