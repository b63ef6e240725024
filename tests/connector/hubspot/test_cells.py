"""Text values to typed columns."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import GiveUp
from connector.hubspot.cells import iso, milliseconds, typed
from mappings.schema import FieldType


def column(kind, *values):
    return typed(pa.array(values, pa.string()), kind, lambda row: f"HubSpot companies {row}: example").to_pylist()


def test_empty_text_is_missing_for_every_type():
    for kind in FieldType:
        assert column(kind, "", None) == [None, None]


def test_numbers_keep_their_fraction_and_their_sign():
    assert column(FieldType.NUMBER, "12.5", "-3", "1e3", " 7 ") == [12.5, -3.0, 1000.0, 7.0]
    assert column(FieldType.INTEGER, "12", "12.0", "-3") == [12, 12, -3]


def test_a_day_may_come_as_a_day_a_moment_or_milliseconds():
    assert column(FieldType.DATE, "2026-01-31", "2026-01-31T00:00:00Z", "1769817600000") == [date(2026, 1, 31)] * 3


def test_a_moment_may_come_in_every_spelling():
    moment = datetime(2026, 1, 31, 12, 30, 0, 123000, tzinfo=UTC)
    spellings = (
        "2026-01-31T12:30:00.123Z",
        "2026-01-31T12:30:00.123+00:00",
        "2026-01-31T21:30:00.123+09:00",
        "2026-01-31T12:30:00.123456Z",
        "2026-01-31T12:30:00.123",
        "1769862600123",
    )
    for spelling in spellings:
        assert column(FieldType.DATETIME, spelling) == [moment]
    assert column(FieldType.DATETIME, *spellings) == [moment] * len(spellings)


def test_truth_is_spelled_true_or_false():
    assert column(FieldType.BOOLEAN, "true", "false", "TRUE") == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FieldType.NUMBER, "a number"),
        (FieldType.DATE, "a date"),
        (FieldType.DATETIME, "a point in time"),
        (FieldType.BOOLEAN, "true or false"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_record_and_property_but_never_quoted(kind, words):
    with pytest.raises(GiveUp, match=f"HubSpot companies 1: example does not hold {words}") as refused:
        column(kind, "", "personal words")
    assert "personal" not in str(refused.value)


@given(st.integers(min_value=0, max_value=253402300799999))
def test_a_cursors_stamp_reads_back_as_the_same_millisecond(ms):
    assert milliseconds(iso(ms)) == ms
