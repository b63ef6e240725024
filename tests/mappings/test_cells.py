"""One CRM value at a time: what each kind of column makes of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.canonical import Kind
from mappings.cells import as_date, as_kind, cell, spelled
from mappings.config import FieldSource, Unit
from mappings.days import local_date, offsets
from mappings.money import digits, factor, major

con = ibis.duckdb.connect()
# The engine's own zone must never matter.
con.raw_sql("SET TimeZone = 'Pacific/Auckland'")


def column(values: list[object], type_: pa.DataType) -> ir.Table:
    return con.create_table("cells", pa.table({"v": pa.array(values, type_)}), overwrite=True)


def out(expression: ir.Value) -> list[object]:
    found = con.to_pyarrow(expression)
    return [found.as_py()] if isinstance(found, pa.Scalar) else list(found.to_pylist())


def kind(values: list[object], type_: pa.DataType, to: Kind, unit: Unit | None = None) -> list[object]:
    per_major = ibis.literal(100)
    return out(as_kind(column(values, type_).v, to, unit=unit, per_major=per_major, zone_name="Asia/Tokyo"))


def test_texts() -> None:
    assert kind(["a", "", None, " "], pa.string(), "text") == ["a", None, None, " "]
    assert kind([1.0, 2.5, None, 1e300], pa.float64(), "text") == ["1", "2.5", None, "1e+300"]
    assert kind([True, False, None], pa.bool_(), "text") == ["true", "false", None]
    assert kind([7, None], pa.int64(), "text") == ["7", None]
    assert kind([date(2026, 1, 31)], pa.date32(), "text") == ["2026-01-31"]


def test_numbers() -> None:
    texts: list[object] = ["12", " -1.5 ", "1e3", "twelve", "", None, "1,200", "NaN"]
    assert kind(texts, pa.string(), "number") == [12.0, -1.5, 1000.0, None, None, None, None, None]
    assert kind([3, None], pa.int64(), "number") == [3.0, None]
    assert kind([date(2026, 1, 31)], pa.date32(), "number") == [None]


def test_whole_numbers_round_halves_away_from_zero_and_abstain_when_too_large() -> None:
    assert kind([2.4, 2.5, -2.5, 1e30, None], pa.float64(), "integer") == [2, 3, -3, None, None]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [(None, 1236), ("major", 1236), ("minor", 12), ("thousands", 1236000), ("per_year", 103), ("per_quarter", 412)],
)
def test_money_by_unit(unit: Unit | None, expected: int) -> None:
    assert kind([12.36], pa.float64(), "money", unit) == [expected]


def test_percent_is_a_share() -> None:
    assert kind([12.5], pa.float64(), "number", "percent") == [0.125]


def test_truths() -> None:
    texts: list[object] = ["true", "No", "1", "0", "maybe", "", None, " YES "]
    assert kind(texts, pa.string(), "boolean") == [True, False, True, False, None, None, None, True]
    assert kind([0.0, 2.0, None], pa.float64(), "boolean") == [False, True, None]
    assert kind([date(2026, 1, 1), None], pa.date32(), "boolean") == [True, False]
    assert kind([True, None], pa.bool_(), "boolean") == [True, None]


def test_days_from_text() -> None:
    good = ["2026-01-31", "2024-02-29", "2000-02-29", "2026-12-30"]
    bad = ["2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "31.01.2026", "2026-01-31T00:00:00Z", "", None]
    found = kind([*good, *bad], pa.string(), "date")
    assert found == [date.fromisoformat(text) for text in good] + [None] * len(bad)


def test_a_moment_without_a_zone_is_in_utc() -> None:
    table = column([datetime(2026, 1, 1, 20, 0)], pa.timestamp("us"))  # noqa: DTZ001 - that is the point
    assert out(as_date(table.v, "Asia/Tokyo")) == [date(2026, 1, 2)]


ZONES = [
    "UTC",
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
]


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_the_calendars_day_in_every_zone_on_both_sides_of_every_clock_change(zone: str) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    seconds = [second + step for second, _ in offsets(zone) for step in (-1, 0, 1)]
    midnights = [86_400 * day - hour * 3600 for day in range(0, 32_000, 211) for hour in (-1, 0, 1)]
    moments = [start + timedelta(seconds=s) for s in [*seconds, *midnights] if s >= 0]
    found = out(local_date(column([*moments], pa.timestamp("ms", tz="UTC")).v, zone))
    assert found == [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2), min_size=1, max_size=30))
def test_money_with_cents_goes_in_and_out_without_losing_a_cent(amounts: list[object]) -> None:
    floats: list[object] = [float(str(amount)) for amount in amounts]
    cents = kind(floats, pa.float64(), "money")
    assert cents == [round(float(str(amount)) * 100) for amount in amounts]
    assert [major(int(str(cent)), "USD") for cent in cents] == floats


def test_digits_of_currencies() -> None:
    assert [digits(code) for code in ("USD", "jpy", "KWD", "CLF", "XXX")] == [2, 0, 3, 4, 2]
    codes: list[object] = ["USD", "JPY", "KWD", "CLF"]
    assert out(factor(column(codes, pa.string()).v)) == [100, 1, 1000, 10000]
    assert (major(1250, "USD"), major(1250, "JPY"), major(1250, "KWD")) == (12.5, 1250.0, 1.25)


def test_values_are_spelled_as_people_write_them() -> None:
    assert [spelled(value) for value in (True, 12, 12.0, 1.5, "x")] == ["true", "12", "12", "1.5", "x"]


def source(**text: object) -> FieldSource:
    return FieldSource.model_validate(text)


def read_as(kind: Kind, field: FieldSource, **columns: ir.Value) -> list[object]:
    return out(cell(columns.get, field, kind, per_major=ibis.literal(100), zone_name="UTC"))


def test_numbers_and_truths_are_mapped_by_the_texts_that_spell_them() -> None:
    field = source(field="a", values={1: "one", 2.5: "more", "true": "yes", "": "none"}, otherwise="rest")
    assert read_as("text", field, a=column([1.0, 2.5, 3.0, None], pa.float64()).v) == ["one", "more", "rest", "rest"]
    assert read_as("text", field, a=column([True, False], pa.bool_()).v) == ["yes", "rest"]


def test_an_absent_field_is_empty_unless_the_mapping_has_a_word_for_it() -> None:
    assert read_as("integer", source(field="gone")) == [None]
    assert read_as("boolean", source(field="gone", values={"x": True}, otherwise=False)) == [False]
    assert read_as("money", source(constant=1.5)) == [150]


def test_a_fallback_stands_in_where_the_first_is_empty_or_absent() -> None:
    table = con.create_table("two", pa.table({"a": ["x", "", None], "b": ["1", "2", "3"]}), overwrite=True)
    field = source(field="a", fallback="b")
    assert read_as("text", field, a=table.a, b=table.b) == ["x", "2", "3"]
    assert read_as("text", field, b=table.b) == ["1", "2", "3"]
    mapped = source(field="a", fallback="b", values={"x": "first", "2": "second"}, otherwise="rest")
    assert read_as("text", mapped, a=table.a, b=table.b) == ["first", "second", "rest"]


def test_a_join_leaves_out_what_is_not_there() -> None:
    table = con.create_table("two", pa.table({"a": [" Ann ", None, ""], "b": ["Lee", "Lee", None]}), overwrite=True)
    field = source(join=["a", "gone", "b"])
    assert read_as("text", field, a=table.a, b=table.b) == ["Ann Lee", "Lee", None]
    assert read_as("text", source(join=["gone"])) == [None]
