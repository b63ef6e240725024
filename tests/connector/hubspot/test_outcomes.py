"""Values on their way out, and what a batch answer says about each record."""

import pytest

from connector.hubspot.outcomes import distinct, item, outcomes, text_of
from connector.port import Record


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (12.0, "12"),
        (0.1, "0.1"),
        (100.0, "100"),
        (1e16, "10000000000000000"),
        (1.5e-7, "0.00000015"),
        ("2026-01-31", "2026-01-31"),
    ],
)
def test_values_leave_as_plain_text(value, text):
    assert text_of(value) == text


def records(n):
    return [item(Record(ref=f"r{i}", id=str(i), values={"name": "x"}), i, id=str(i)) for i in range(n)]


def test_every_record_gets_its_own_outcome_in_the_order_given():
    answer = {
        "results": [{"id": "2", "objectWriteTraceId": "t2", "properties": {}}],
        "errors": [
            {
                "category": "VALIDATION_ERROR",
                "message": "not valid",
                "context": {"objectWriteTraceId": ["t0"]},
                "errors": [{"message": "no such", "code": "INVALID_OPTION", "context": {"propertyName": ["tier"]}}],
            }
        ],
    }
    first, second, third = outcomes(records(3), answer)
    assert (first.ref, first.ok, first.code, first.fields) == ("r0", False, "INVALID_OPTION", ("tier",))
    assert (second.ref, second.code, second.retryable) == ("r1", "NO_ANSWER", True)
    assert (third.ref, third.ok, third.id) == ("r2", True, "2")


def test_an_answer_without_trace_ids_is_matched_by_record_id():
    found = outcomes(records(2), {"results": [{"id": "1", "properties": {}}, {"id": "0", "properties": {}}]})
    assert [(o.ref, o.id) for o in found] == [("r0", "0"), ("r1", "1")]


def test_two_records_for_one_key_are_told_apart_before_they_are_sent():
    three = [Record(ref=ref, key=key, values={}) for ref, key in (("a", "k1"), ("b", "k1"), ("c", None), ("d", "k2"))]
    kept, turned_away = distinct(three, "key")
    assert [record.ref for record in kept] == ["a", "d"]
    assert {o.ref: o.code for o in turned_away} == {"b": "DUPLICATE_IN_BATCH", "c": "MISSING_KEY"}
