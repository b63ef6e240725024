"""As of a past day: what came later is not seen, what changed later is undone, and what cannot be known is said."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.past import OVERWRITTEN, UNDATED, as_of, notes
from mappings.canonical import TABLES
from mappings.cells import IBIS_TYPES
from tests.leads.world import LINEAGE, TODAY, World, rules
from tests.spark import spark_sql

DAY = date(2026, 3, 31)
ENGINE = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
BEFORE, AFTER = "2026-03-30", "2026-04-01"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@cache
def engine() -> tuple[Any, dict[str, str]]:
    """Empty canonical tables, and for each the question what of it was there on the day."""
    con = duckdb.connect()
    schemas = {
        name: {column: IBIS_TYPES[what.kind] for column, what in spec.columns.items()}
        for name, spec in TABLES.items()
    }
    past = as_of({name: ibis.table(schema, name=name) for name, schema in schemas.items()}, DAY)
    assert {name: table.schema() for name, table in past.items()} == {n: ibis.schema(s) for n, s in schemas.items()}
    for name, schema in schemas.items():
        columns = ", ".join(f'"{column}" {ENGINE[type_]}' for column, type_ in schema.items())
        con.execute(f'CREATE TABLE "{name}" ({columns})')
    return con, {name: str(ibis.to_sql(table, dialect="duckdb", pretty=False)) for name, table in past.items()}


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    engine()[0].close()
    engine.cache_clear()


def seen(rows: Rows) -> dict[str, dict[str, dict[str, Any]]]:
    """What is left of the rows as of the day: table -> id -> columns."""
    con, questions = engine()
    for table, of in rows.items():
        for row in of:
            columns = ", ".join(f'"{name}"' for name in row)
            con.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(row))})', list(row.values()))
    found = {table: con.sql(questions[table]).to_arrow_table().to_pylist() for table in rows}
    for table in rows:
        con.execute(f'DELETE FROM "{table}"')
    return {table: {row["id"]: row for row in of} for table, of in found.items()}


def told(table: str, *columns: str, **row: Any) -> tuple[Any, ...] | None:
    """Columns of one row as of the day; None: it is not seen."""
    found = seen({table: [{"id": "1", **row}]})[table]
    return tuple(found["1"][name] for name in columns) if found else None


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("account", "customer_since"), ("subscription", "starts_on"), ("purchase", "bought_on"),
        ("opportunity", "created_on"), ("activity", "on"), ("case", "opened_on"), ("engagement", "on"),
        ("feedback", "on"), ("usage", "on"), ("ours", "created_on"),
    ],
)  # fmt: skip
def test_a_row_is_seen_from_its_first_day_on(table: str, column: str) -> None:
    assert told(table, column, **{column: "2026-03-31"}) == (DAY,)
    assert told(table, column, **{column: AFTER}) is None
    kept = table in ("account", "subscription")
    assert (told(table, column) is not None) == kept, "without a day: only where that means always"


def test_a_rate_that_starts_later_is_not_known_yet() -> None:
    rates = [{"id": "1", "currency": "EUR", "starts_on": AFTER}, {"id": "2", "currency": "EUR"}]
    assert list(seen({"rate": rates})["rate"]) == ["2"]


def test_a_deal_that_was_decided_later_is_open_and_its_day_unknown() -> None:
    columns = ("is_closed", "is_won", "closes_on")
    deal = {"created_on": BEFORE, "is_closed": True, "is_won": True}
    assert told("opportunity", *columns, **deal, closes_on="2026-03-31") == (True, True, DAY)
    assert told("opportunity", *columns, **deal, closes_on=AFTER) == (False, False, None)
    assert told("opportunity", *columns, **deal) is None, "it may have been decided before or after"
    still = {"created_on": BEFORE, "is_closed": False, "closes_on": AFTER}
    assert told("opportunity", *columns, **still) == (False, None, date(2026, 4, 1))


def test_a_deal_that_does_not_say_when_it_was_entered_is_seen_once_decided() -> None:
    assert told("opportunity", "is_won", is_closed=True, is_won=True, closes_on=BEFORE) == (True,)
    assert told("opportunity", "is_won", is_closed=True, is_won=True, closes_on=AFTER) is None
    assert told("opportunity", "is_won", closes_on=AFTER) is None


def test_a_case_that_was_solved_later_is_open() -> None:
    columns = ("is_closed", "closed_on")
    assert told("case", *columns, opened_on=BEFORE, is_closed=True, closed_on=AFTER) == (False, None)
    assert told("case", *columns, opened_on=BEFORE, is_closed=True, closed_on="2026-03-31") == (True, DAY)
    assert told("case", *columns, is_closed=True, closed_on=BEFORE) == (True, date(2026, 3, 30))
    assert told("case", *columns, opened_on=BEFORE, is_closed=False) == (False, None)


def test_an_onboarding_that_ended_later_is_still_going_on() -> None:
    columns = ("onboarding_started_on", "onboarded_on")
    assert told("account", *columns, onboarding_started_on=BEFORE, onboarded_on=AFTER) == (date(2026, 3, 30), None)
    assert told("account", *columns, onboarding_started_on=BEFORE, onboarded_on=BEFORE) == (date(2026, 3, 30),) * 2


def test_a_contact_who_left_later_is_still_there() -> None:
    assert told("contact", "left_on", left_on=AFTER) == (None,)
    assert told("contact", "left_on", left_on=BEFORE) == (date(2026, 3, 30),)


def test_a_cancelled_term_that_ran_on_does_not_say_that_it_was_cancelled() -> None:
    assert told("subscription", "cancelled", cancelled=True, ends_on=AFTER) == (None,)
    assert told("subscription", "cancelled", cancelled=True, ends_on=BEFORE) == (True,)
    assert told("subscription", "cancelled", cancelled=True) == (True,)


def test_an_answer_to_our_lead_bears_no_day_so_it_is_not_known() -> None:
    ours = {"created_on": BEFORE, "key": "a/p/-/2026Q1", "kind": "task", "status": "Done", "outcome": "declined"}
    assert told("ours", "status", "outcome", "is_closed", is_closed=True, **ours) == (None, None, True)


def test_an_answer_with_its_day_is_known_from_that_day_on() -> None:
    ours = {"created_on": BEFORE, "key": "a/p/-/2026Q1", "kind": "task", "outcome": "declined", "is_closed": True}
    names = ("outcome", "is_closed", "decided_on")
    assert told("ours", *names, decided_on=DAY, **ours) == ("declined", True, DAY)
    assert told("ours", *names, decided_on=AFTER, **ours) == (None, False, None)


def test_our_own_task_is_seen_whenever_it_is_due() -> None:
    tasks = [{"id": id, "on": AFTER, "contact_id": "c"} for id in ("t1", "t2", "t3")]
    ours = [{"id": "t1", "created_on": BEFORE}, {"id": "t2", "created_on": AFTER}]
    assert list(seen({"activity": tasks, "ours": ours})["activity"]) == ["t1"]


def test_a_part_of_the_tables_is_as_they_were_too() -> None:
    columns = {name: IBIS_TYPES[what.kind] for name, what in TABLES["usage"].columns.items()}
    assert list(as_of({"usage": ibis.table(columns, name="usage")}, DAY)) == ["usage"]


def test_what_has_no_day_at_all_stays() -> None:
    assert all(told(name, "id") == ("1",) for name in UNDATED)


def test_the_note_names_the_mapped_columns_that_have_no_history() -> None:
    said = " ".join(notes(DAY, {"account.employees", "account.x_health_score", "subscription.starts_on"}))
    assert "As of 2026-03-31" in said
    assert "as they are now: account.employees, account.x_health_score." in said
    assert "starts_on" not in said
    assert "ours.is_closed" in " ".join(notes(DAY, {"ours.is_closed"}))
    assert "ours.is_closed" not in " ".join(notes(DAY, {"ours.is_closed", "ours.decided_on"}))
    assert len(notes(DAY, ())) == 3
    assert all(name in TABLES[table].columns for table, names in OVERWRITTEN.items() for name in names)


def test_it_compiles_for_spark() -> None:
    kinds = {"text": "string", "integer": "int64", "number": "float64", "money": "int64"}
    tables = {
        name: ibis.table(
            {column: kinds.get(what.kind, what.kind) for column, what in spec.columns.items()}, name=name
        )
        for name, spec in TABLES.items()
    }
    for name, table in as_of(tables, DAY).items():
        assert spark_sql(table).startswith(("SELECT", "WITH")), name


THEN = st.integers(0, 500).map(lambda n: DAY - timedelta(days=n))
LATER = st.integers(1, 200).map(lambda n: DAY + timedelta(days=n))
OF_DAY = {
    "account": ("customer_since",), "subscription": ("starts_on",), "purchase": ("bought_on",),
    "opportunity": ("created_on",), "activity": ("on",), "case": ("opened_on",), "engagement": ("on",),
    "feedback": ("on",), "usage": ("on",), "rate": ("starts_on",), "ours": ("created_on",),
}  # fmt: skip
OTHER_DAYS = {"opportunity": "closes_on", "case": "closed_on", "account": "onboarded_on", "subscription": "ends_on"}


@st.composite
def histories(draw: st.DrawFn) -> tuple[Rows, Rows]:
    """(rows up to the day, the same rows as they are later: more of them, some decided or closed since)."""
    early: dict[str, list[dict[str, Any]]] = {}
    late: dict[str, list[dict[str, Any]]] = {}
    for table, (column,) in OF_DAY.items():
        other = OTHER_DAYS.get(table)
        count = draw(st.integers(0, 2))
        rows = [{"id": f"{table}{place}", column: draw(THEN)} for place in range(count)]
        later = [dict(row) for row in rows]
        for row, now in zip(rows, later, strict=True):
            if table in ("opportunity", "case"):
                row["is_closed"] = now["is_closed"] = draw(st.booleans())
                row[other] = now[other] = row[column] if row["is_closed"] else None
                if not row["is_closed"] and draw(st.booleans()):
                    now |= {"is_closed": True, other: draw(LATER)}
            elif table == "account" and draw(st.booleans()):
                now[other] = draw(LATER)
            elif table == "ours":
                now["outcome"] = draw(st.sampled_from([None, "won", "declined"]))
                if draw(st.booleans()):
                    now |= {"is_closed": True, "decided_on": draw(LATER)}
            elif table == "subscription":
                row[other] = now[other] = draw(LATER)
                now["cancelled"] = draw(st.sampled_from([None, True]))
        added = [{"id": f"{table}+{place}", column: draw(LATER)} for place in range(draw(st.integers(0, 2)))]
        early[table], late[table] = rows, [*later, *added]
    return early, late


def _undone(rows: dict[str, dict[str, dict[str, Any]]]) -> Any:
    """Missing and false are the same answer to a yes or no."""
    return {
        table: {id: {name: value or None for name, value in row.items()} for id, row in of.items()}
        for table, of in rows.items()
    }


@settings(max_examples=20, deadline=None)
@given(histories())
def test_nothing_that_came_or_changed_after_the_day_is_seen(history: tuple[Rows, Rows]) -> None:
    early, late = history
    assert _undone(seen(late)) == _undone(seen(early))


def test_the_answer_as_of_a_day_is_the_same_whatever_happened_since() -> None:
    then = TODAY - timedelta(days=60)
    twins = [(side, f"{side}{n}", n) for side in "ab" for n in range(3)]
    rows: dict[str, list[dict[str, Any]]] = {
        "owner": [{"id": f"o{side}", "name": f"CSM {side}"} for side in "ab"],
        "product": [{"id": "plan", "code": "PLAN", "name": "Plan", "family": "F", "tier": 1, "list_price": 1000}],
        "account": [{"id": id, "name": id, "owner_id": f"o{side}", "employees": 500} for side, id, _ in twins],
        "subscription": [
            {
                "id": f"s{id}", "account_id": id, "product_id": "plan", "seats_paid": 100, "seats_used": 95 + n,
                "unit_price": 1000, "starts_on": "2024-01-01",
            }
            for _, id, n in twins
        ],
    }  # fmt: skip
    after = {"id": "later", "account_id": "a1", "product_id": "plan"}
    since = {
        "account": [{"id": "a9", "name": "a9", "owner_id": "oa", "employees": 90, "customer_since": TODAY}],
        "subscription": [{**after, "seats_paid": 50, "seats_used": 49, "unit_price": 9, "starts_on": TODAY}],
        "opportunity": [{**after, "created_on": TODAY, "closes_on": TODAY, "is_closed": False}],
        "case": [{"id": "k", "account_id": "a2", "severity": "high", "opened_on": TODAY, "is_closed": False}],
        "purchase": [{**after, "amount": 9_000_000, "bought_on": TODAY}],
        "ours": [{"id": "t", "key": "a0/seat_limit/PLAN/2026Q3", "kind": "task", "created_on": TODAY}],
    }
    with closing(World({name: [*rows.get(name, ()), *since.get(name, ())] for name in {*rows, *since}})) as world:
        world.tables = as_of(world.tables, then)
        leads = world.find(rules(), today=then, lineage=LINEAGE).leads
    answers = {
        side: [
            (one.account_id[1:], one.play, one.product, one.state, one.value, one.priority, one.p_win, one.due)
            for one in leads
            if one.account_id.startswith(side)
        ]
        for side in "ab"
    }
    assert answers["a"] == answers["b"]
    assert {id for id, *_ in answers["a"]} == {"0", "1", "2"}
