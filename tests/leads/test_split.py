"""A split in time looks at the past only; a hit counts once an account; baskets foretell more than popularity."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.popularity import DATA, FILE, SPLITS, measured, purchases
from leads.split import first_k, hit_at, split

DAY, UNTIL = date(2026, 3, 1), date(2026, 6, 1)
Pair = tuple[str, str]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def _table(engine: Any, name: str, rows: Iterable[tuple[Any, ...]], *columns: str) -> Any:
    kinds = {"bought_on": pa.date32(), "score": pa.int64()}
    schema = pa.schema([(column, kinds.get(column, pa.string())) for column in columns])
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    return engine.create_table(name, pa.Table.from_pylist(data, schema), overwrite=True)


def _bought(engine: Any, rows: Iterable[tuple[str, str, date]]) -> Any:
    return _table(engine, "bought", rows, "account_id", "product", "bought_on")


def _set(rows: Any) -> set[Pair]:
    return {(row["account_id"], row["product"]) for row in rows.to_pyarrow().to_pylist()}


def test_the_day_itself_belongs_to_the_test_and_the_last_to_nobody(engine: Any) -> None:
    one = timedelta(1)
    rows = [("a", "A", DAY - one), ("a", "B", DAY), ("a", "C", UNTIL - one), ("a", "D", UNTIL)]
    apart = split(_bought(engine, rows), DAY, UNTIL)
    assert _set(apart.train) == {("a", "A")}
    assert _set(apart.test) == _set(apart.news) == {("a", "B"), ("a", "C")}


def test_only_what_an_account_with_a_past_had_not_bought_is_news(engine: Any) -> None:
    rows = [("a", "A", date(2026, 1, 1)), ("a", "A", DAY), ("a", "B", DAY), ("a", "B", DAY), ("new", "B", DAY)]
    assert _set(split(_bought(engine, rows), DAY, UNTIL).news) == {("a", "B")}


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("ABC"), st.dates(date(2026, 1, 1), date(2026, 7, 1))),
        max_size=8,
    ),
    st.dates(DAY, date(2027, 1, 1)),
)
def test_what_is_learned_does_not_change_with_the_future(
    engine: Any, rows: list[tuple[str, str, date]], later: date
) -> None:
    known = _set(split(_bought(engine, rows), DAY, UNTIL).train)
    assert known == {(account, product) for account, product, on in rows if on < DAY}
    assert _set(split(_bought(engine, [*rows, ("a", "Z", later)]), DAY, UNTIL).train) == known


def test_the_first_are_those_of_the_highest_score_and_then_by_code(engine: Any) -> None:
    scored = [("a", "D", 9), ("a", "C", 5), ("a", "B", 5), ("a", "A", 4), ("b", "A", 1)]
    train = _table(engine, "train", [("a", "D")], "account_id", "product")
    first = first_k(_table(engine, "scored", scored, "account_id", "product", "score"), train, 2)
    rows = {(row["account_id"], row["product"], row["place"]) for row in first.to_pyarrow().to_pylist()}
    assert rows == {("a", "B", 0), ("a", "C", 1), ("b", "A", 0)}


@pytest.mark.parametrize(
    ("recommended", "news", "hits"),
    [
        ([("a", "A"), ("a", "B"), ("b", "A")], [("a", "A"), ("a", "B"), ("b", "B")], (1, 2)),
        ([("a", "A")], [("a", "A"), ("b", "B")], (1, 2)),
        ([("a", "A"), ("c", "C")], [("a", "A")], (1, 1)),
        ([], [("a", "A")], (0, 1)),
        ([("a", "A")], [], (0, 0)),
    ],
    ids=["two of one account are one", "nothing recommended is a miss", "nothing to foretell", "nothing", "nobody"],
)
def test_a_hit_is_an_account(engine: Any, recommended: list[Pair], news: list[Pair], hits: tuple[int, int]) -> None:
    columns = ("account_id", "product")
    assert hit_at(_table(engine, "first", recommended, *columns), _table(engine, "news", news, *columns)) == hits


@pytest.mark.skipif(not (DATA / FILE).is_file(), reason=f"the public data is not at {DATA}")
def test_baskets_foretell_more_than_popularity_does(engine: Any) -> None:
    # every third customer, the last three months
    answer = measured(engine, purchases(engine, DATA / FILE, customers=3), *SPLITS[-1])
    assert answer.accounts > 400
    assert answer.better
    assert answer.hits["score"] > answer.hits["popularity"] * 1.1
