"""What an expression of plays and gates must not say, told with its place and what to write instead."""

from typing import Any

import pytest

from leads.language import BadExpression, Fault, parse
from tests.leads.expressions import KINDS, faults

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
