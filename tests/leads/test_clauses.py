"""A condition told apart at its `and`s, and nowhere else."""

import pytest

from leads.clauses import clauses
from leads.language import parse

NAMES = {"a": "integer", "b": "integer", "c": "boolean", "day": "date", "name": "text"}


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("c", ["c"]),
        ("a > 1 and b > 2", ["a > 1", "b > 2"]),
        ("a > 1\n  AND (b > 2 or c)", ["a > 1", "(b > 2 or c)"]),
        ("a > 1 and b > 2 or c", ["a > 1 and b > 2 or c"]),
        ("a between 1 and 3 and b not between a and 9 and c", ["a between 1 and 3", "b not between a and 9", "c"]),
        ("not (a > 1 and b > 2) and c", ["not (a > 1 and b > 2)", "c"]),
        ("case when a > 1 and c then c else c end and c", ["case when a > 1 and c then c else c end", "c"]),
        ("name = 'this and  that' and a in (1, 2)", ["name = 'this and  that'", "a in (1, 2)"]),
        ("days_since(day) > 3 and coalesce(a, 0) > 1", ["days_since(day) > 3", "coalesce(a, 0) > 1"]),
    ],
)  # fmt: skip
def test_a_condition_falls_into_its_parts(source: str, parts: list[str]) -> None:
    found = clauses(source, NAMES)
    assert list(found) == parts
    for part in found:
        assert parse(part, NAMES, "boolean").kind == "boolean", "each part is a condition by itself"
