"""Amounts of several currencies in the company's: exact, by the rate of the day, and NULL where none is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.facts.currency import in_company_currency
from leads.facts.rates import FIRST, LAST, dated_rates, told_elsewhere
from leads.inputs import Inputs
from mappings.config import Company, Rules
from mappings.money import digits
from tests.spark import spark_sql

TODAY = date(2026, 11, 18)
MONEY = pa.schema([("id", pa.int64()), ("currency", pa.string()), ("amount", pa.int64()), ("day", pa.date32())])
RATES = ibis.schema(
    {
        "id": "string", "currency": "string", "starts_on": "date", "rate": "float64", "inverse": "float64",
        "into": "string", "is_base": "boolean",
    }
)  # fmt: skip
DOLLARS = {
    "JPY": [("2026-01-01", "0.0064"), ("2026-07-01", "0.0067")],
    "KWD": [("2026-01-01", "3.25")],
    "EUR": [("2026-03-01", "1.1"), ("2026-12-01", "9")],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    con = ibis.duckdb.connect()
    yield con
    con.disconnect()


def rules(currency: str, rates: Mapping[str, Sequence[tuple[str, str]]]) -> Rules:
    lines = {code: [{"from": day, "rate": rate} for day, rate in every] for code, every in rates.items()}
    company = Company.model_validate({"name": "Example Vendor", "currency": currency, "rates": lines})
    # only the company is looked at
    return Rules.model_construct(mapping=_Mapping(company))


class _Mapping:
    def __init__(self, company: Company) -> None:
        self.company = company


def inputs(
    currency: str = "USD", rates: Mapping[str, Sequence[tuple[str, str]]] = DOLLARS, read: Any = None
) -> Inputs:
    return Inputs(
        tables={} if read is None else {"rate": read},
        rules=rules(currency, rates),
        today=TODAY,
        lineage={} if read is None else {"rate.inverse": "DatedConversionRate.ConversionRate"},
        filled=frozenset() if read is None else frozenset({"rate.inverse"}),
        stage=lambda _, expr: expr,
    )


def converted(
    engine: Any, given: Inputs, *rows: tuple[str | None, int | None, str | None], on: str | None = "day"
) -> list[int | None]:
    data = [
        {"id": place, "currency": code, "amount": amount, "day": date.fromisoformat(day) if day else None}
        for place, (code, amount, day) in enumerate(rows)
    ]
    table = engine.create_table("money", pa.Table.from_pylist(data, MONEY), overwrite=True)
    out = in_company_currency(given, table, "amount", on)
    assert out.columns == (*table.columns, "amount_company")
    found = engine.to_pyarrow(out.order_by("id"))
    assert found.schema.field("amount_company").type == pa.int64()
    assert found.num_rows == len(rows)
    return list(found.column("amount_company").to_pylist())


def test_a_deal_is_worth_what_its_currency_was_on_its_day(engine: Any) -> None:
    rows = [("JPY", 10_000, day) for day in ("2026-01-01", "2026-06-30", "2026-07-01", "2026-11-18")]
    assert converted(engine, inputs(), *rows) == [6400, 6400, 6700, 6700]


def test_what_is_paid_now_is_worth_what_its_currency_is_today(engine: Any) -> None:
    rows = [("JPY", 10_000, "2026-01-01"), ("EUR", 200, None), ("USD", 7, None), (None, 8, None)]
    assert converted(engine, inputs(), *rows, on=None) == [6700, 220, 7, 8]


def test_a_currency_without_a_rate_that_day_is_unknown_never_guessed(engine: Any) -> None:
    rows = [("GBP", 100, "2026-05-01"), ("EUR", 100, "2026-02-28"), ("EUR", 100, None), ("EUR", None, "2026-05-01")]
    assert converted(engine, inputs(), *rows) == [None, None, None, None]
    assert converted(engine, inputs(rates={}), ("EUR", 100, "2026-05-01"), ("USD", 100, None)) == [None, 100]
    assert converted(engine, inputs(rates={}), ("EUR", 100, None), ("USD", 100, None), on=None) == [None, 100]


def test_a_day_after_today_knows_todays_rate_and_no_later_one(engine: Any) -> None:
    assert converted(engine, inputs(), ("EUR", 100, "2027-01-31"), ("EUR", 100, "2026-12-01")) == [110, 110]


@pytest.mark.parametrize(
    ("own", "other", "rate", "amount", "expected"),
    [
        ("USD", "JPY", "0.0067", 1, 1),  # 0.67 cents
        ("JPY", "USD", "150", 1, 2),  # 1.5 yen
        ("JPY", "USD", "150", -1, -2),
        ("USD", "EUR", "1.005", 100, 101),  # 100.5 cents: a float would say 100
        ("USD", "EUR", "1.004", 100, 100),
        ("USD", "KWD", "3.25", 1000, 325),  # a dinar has a thousand fils
        ("KWD", "USD", "0.3077", 100, 308),
        ("KWD", "JPY", "0.0021", 10_000, 21_000),
        ("JPY", "KWD", "480", 1_000, 480),
        ("VND", "USD", "25345.5", 1, 253),
        ("USD", "VND", "0.0000395", 1_000_000_000, 3_950_000),
        ("USD", "EUR", "1", 9_999_999_999_999_999, 9_999_999_999_999_999),
        ("USD", "EUR", "1", 10_000_000_000_000_000, None),
        ("USD", "EUR", "99999999", 9_999_999_999_999_999, None),
    ],
)
def test_halves_are_rounded_away_from_zero_in_the_smallest_unit(
    engine: Any, own: str, other: str, rate: str, amount: int, expected: int | None
) -> None:
    given = inputs(own, {other: [("2026-01-01", rate)]})
    assert converted(engine, given, (other, amount, "2026-05-01")) == [expected]
    assert converted(engine, given, (other, amount, None), on=None) == [expected]


Row = (
    tuple[str, str | None, float | None, float | None]
    | tuple[str, str | None, float | None, float | None, str | None]
)


def stored(engine: Any, *rows: Row, base: str | None = None) -> Any:
    # written as text: Python knows no day before the year 1, of which Salesforce speaks
    texts = [
        [str(place), code, day, *(None if one is None else str(one) for one in more[:2]), *(more[2:] or [None])]
        for place, (code, day, *more) in enumerate(rows)
    ]
    texts = [[*row, str(row[1] == base) if base else None] for row in texts]
    columns = {name: pa.array([row[place] for row in texts], pa.string()) for place, name in enumerate(RATES)}
    engine.create_table("rates", pa.table(columns), overwrite=True)
    return engine.table("rates").cast(RATES)


def test_rates_are_read_from_the_crm_for_currencies_that_the_mapping_does_not_name(engine: Any) -> None:
    read = stored(
        engine,
        ("GBP", "0001-12-30 (BC)", None, 0.8),
        ("GBP", "2026-06-01", None, 0.5),
        ("CHF", None, 1.25, 9.0),
        ("EUR", "2020-01-01", 5.0, None),
        ("usd ", "2020-01-01", 5.0, None),
        ("SEK", "2020-01-01", None, 0.0),
        ("NOK", "2020-01-01", float("nan"), None),
        ("DKK", "2020-01-01", None, None),
        ("CZK", "2020-01-01", 1e9, None),
    )
    given = inputs(read=read)
    rows = [
        ("GBP", 100, "1999-05-01"),
        ("GBP", 100, "2026-06-01"),
        ("CHF", 100, "2026-06-01"),
        ("EUR", 100, "2026-06-01"),
        ("EUR", 100, "2025-06-01"),
    ]
    assert converted(engine, given, *rows) == [125, 200, 125, 110, None]
    others = [(code, 100, "2026-06-01") for code in ("SEK", "NOK", "DKK", "CZK")]
    assert converted(engine, given, *others) == [None] * 4
    assert [(one.currency, one.since, one.until) for one in dated_rates(given) if one.currency in ("CHF", "GBP")] == [
        ("CHF", FIRST, LAST),
        ("GBP", FIRST, date(2026, 6, 1)),
        ("GBP", date(2026, 6, 1), LAST),
    ]


def test_a_rate_with_a_date_wins_over_one_without_from_its_day_on(engine: Any) -> None:
    rows: list[Row] = [
        ("EUR", None, 9.0, None), ("EUR", "2026-03-01", 1.2, None), ("EUR", "2026-09-01", 1.1, None),
        ("GBP", "0001-12-30 (BC)", 1.3, None), ("GBP", None, 9.0, None),
    ]  # fmt: skip
    for order in (rows, rows[::-1]):
        given = inputs(rates={}, read=stored(engine, *order))
        days = ("2026-02-28", "2026-03-01", "2026-11-18")
        assert converted(engine, given, *(("EUR", 100, day) for day in days)) == [900, 120, 110]
        assert converted(engine, given, *(("GBP", 100, day) for day in days)) == [130, 130, 130]


def test_rates_that_the_crm_tells_in_another_currency_are_no_rates(engine: Any) -> None:
    rows: list[Row] = [("EUR", None, None, 1.0), ("JPY", None, None, 160.0), ("JPY", "2026-01-01", None, 150.0)]
    days = [("JPY", 1000, "2026-05-01"), ("EUR", 100, "2026-05-01")]
    told = inputs(rates={}, read=stored(engine, *rows, base="EUR"))
    assert converted(engine, told, *days) == [None, None]
    assert told_elsewhere(told, ["JPY", "GBP"]) == ("EUR",)
    ours = inputs("EUR", rates={}, read=stored(engine, *rows, base="EUR"))
    assert converted(engine, ours, *days) == [667, 100]
    assert told_elsewhere(ours, ["JPY"]) == ()
    two = inputs(rates={}, read=stored(engine, *rows, ("USD", None, 1.0, None, "USD"), base="USD"))
    assert converted(engine, two, *days) == [667, 100]


def test_a_row_may_say_itself_which_currency_it_is_told_in(engine: Any) -> None:
    rows: list[Row] = [
        ("EUR", "2020-01-01", 170.0, None, "JPY"), ("EUR", "2026-01-01", 1.1, None, "usd "),
        ("GBP", None, 9.0, None, "JPY"), ("CHF", None, 1.2, None, ""),
    ]  # fmt: skip
    given = inputs(rates={}, read=stored(engine, *rows))
    assert converted(engine, given, ("EUR", 100, "2026-05-01"), ("EUR", 100, "2025-05-01")) == [110, None]
    assert converted(engine, given, ("GBP", 100, None), ("CHF", 100, None), on=None) == [None, 120]
    assert told_elsewhere(given, ["GBP"]) == told_elsewhere(given, ["EUR", "GBP"]) == ("JPY",)


def test_rates_that_nothing_fills_are_not_asked_for() -> None:
    class Refuses:
        def select(self, *_: object, **__: object) -> None:
            raise AssertionError("the table was read")

    assert dated_rates(replace(inputs(rates={}, read=Refuses()), filled=frozenset())) == ()
    assert dated_rates(inputs(rates={})) == ()


def test_it_compiles_for_spark() -> None:
    table = ibis.table({"currency": "string", "amount": "int64", "day": "date"}, name="money")
    for on in ("day", None):
        sql = spark_sql(in_company_currency(inputs(), table, "amount", on))
        assert "AS DECIMAL(21, 13)" in sql or on == "day"
        assert "ROUND" in sql


CODES = ("USD", "JPY", "KWD", "EUR")
DAYS = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(
    own=st.sampled_from(CODES),
    rates=st.dictionaries(
        st.sampled_from(CODES), st.dictionaries(DAYS, st.decimals("0.0001", "5000", places=4), min_size=1, max_size=4)
    ),
    rows=st.lists(st.tuples(st.sampled_from(CODES), st.integers(-(10**12), 10**12), DAYS), min_size=1, max_size=8),
)
def test_every_amount_is_what_decimals_on_paper_give(
    engine: Any,
    own: str,
    rates: dict[str, dict[date, Decimal]],
    rows: list[tuple[str, int, date]],
) -> None:
    said = {code: [(str(day), str(rate)) for day, rate in by_day.items()] for code, by_day in rates.items()}
    said.pop(own, None)

    def on_paper(code: str, amount: int, day: date) -> int | None:
        begun = [since for since in rates.get(code, {}) if since <= min(day, TODAY)]
        if code == own or not begun:
            return amount if code == own else None
        exact = Decimal(amount) * rates[code][max(begun)] * Decimal(10) ** (digits(own) - digits(code))
        # what no longer fits exactly stays unknown
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP)) if abs(exact) < 10**16 else None

    expected = [on_paper(*row) for row in rows]
    assert converted(engine, inputs(own, said), *((code, amount, str(day)) for code, amount, day in rows)) == expected
