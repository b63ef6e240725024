"""What WHERE and ORDER BY mean, against a plain filter in Python that shares no code with the evaluator."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.emulator.org import Clock
from connector.emulator.salesforce import literals, select, soql
from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.salesforce.scope import Scope

Record = dict[str, Any]
TEXTS = ("Alpha", "alpha", "Beta", "be_ta", "100%", "O'Brien", "a\\b", "line\nbreak")
STAMPS = tuple(f"2026-03-0{day}T0{hour}:00:0{second}Z" for day in (1, 2) for hour in (1, 2) for second in (0, 1))
DAYS = ("2026-01-31", "2026-02-01", "2026-02-28")

records = st.lists(
    st.fixed_dictionaries(
        {
            "Name": st.sampled_from(TEXTS),
            "Site": st.none() | st.sampled_from(TEXTS),
            "Size": st.none() | st.integers(-2, 3),
            "Since": st.none() | st.sampled_from(DAYS),
            "SystemModstamp": st.sampled_from(STAMPS),
            "Good": st.booleans(),
            "Parent": st.none() | st.integers(0, 3),
        }
    ),
    min_size=4,
    max_size=12,
)


@dataclass(frozen=True)
class Check:
    """A condition as SOQL text and as a plain function of the record."""

    text: str
    holds: Callable[[Record], bool]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a is not None and b is not None and a < b,
    "<=": lambda a, b: a is not None and b is not None and a <= b,
    ">": lambda a, b: a is not None and b is not None and a > b,
    ">=": lambda a, b: a is not None and b is not None and a >= b,
}
FIELDS = {"Site": "Site__c", "Size": "Size__c", "Since": "Since__c", "Good": "Good__c"}


def _written(name: str, value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if name in ("Size", "Since", "SystemModstamp") else _quoted(value)


def _like(pattern: str, value: str | None) -> bool:
    if value is None:
        return False
    seen = {(0, 0)}
    while seen:
        at, place = seen.pop()
        if at == len(pattern):
            if place == len(value):
                return True
            continue
        if pattern[at] == "%":
            seen |= {(at + 1, place)} | ({(at, place + 1)} if place < len(value) else set())
        elif place < len(value) and (pattern[at] == "_" or pattern[at].lower() == value[place].lower()):
            seen.add((at + 1, place + 1))
    return False


def _value(name: str) -> st.SearchStrategy[Any]:
    choices: dict[str, st.SearchStrategy[Any]] = {
        "Name": st.sampled_from(TEXTS),
        "Site": st.none() | st.sampled_from(TEXTS),
        "Size": st.none() | st.integers(-2, 3),
        "Since": st.none() | st.sampled_from(DAYS),
        "SystemModstamp": st.sampled_from(STAMPS),
        "Good": st.booleans(),
        "Parent.Name": st.none() | st.sampled_from(TEXTS),
    }
    return choices[name]


def _compared(name: str, op: str, value: Any) -> Check:
    def holds(record: Record) -> bool:
        return _OPS[op](_fold(record[name]), _fold(value))

    return Check(f"{FIELDS.get(name, name)} {op} {_written(name, value)}", holds)


def _among(name: str, values: list[Any], absent: bool) -> Check:
    def holds(record: Record) -> bool:
        return (_fold(record[name]) in [_fold(value) for value in values]) != absent

    listed = ", ".join(_written(name, value) for value in values)
    return Check(f"{FIELDS.get(name, name)} {'NOT IN' if absent else 'in'} ({listed})", holds)


names = st.sampled_from(["Name", "Site", "Size", "Since", "SystemModstamp", "Parent.Name"])
simple = st.one_of(
    names.flatmap(lambda n: st.builds(_compared, st.just(n), st.sampled_from(sorted(_OPS)), _value(n))),
    names.flatmap(
        lambda n: st.builds(_among, st.just(n), st.lists(_value(n), min_size=1, max_size=3), st.booleans())
    ),
    st.builds(_compared, st.just("Good"), st.sampled_from(["=", "!="]), st.booleans()),
    st.sampled_from(["%a", "b%", "_lpha", "%_t%", "%", "100%", "o'%"]).map(
        lambda pattern: Check(f"Name LIKE {_quoted(pattern)}", lambda record: _like(pattern, record["Name"]))
    ),
)


def _joined(op: str, parts: list[Check]) -> Check:
    test = all if op == "AND" else any
    return Check(
        "(" + f" {op} ".join(part.text for part in parts) + ")", lambda r: test(part.holds(r) for part in parts)
    )


conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(_joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
        inner.map(lambda part: Check(f"NOT ({part.text})", lambda r: not part.holds(r))),
    ),
    max_leaves=5,
)
orders = st.lists(
    st.tuples(
        st.sampled_from(["Name", "Site", "Size", "Since", "SystemModstamp", "Parent.Name"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def org() -> SalesforceOrg:
    made = SalesforceOrg(Clock())
    fields: list[dict[str, object]] = [
        {"name": "Site__c", "label": "Site", "type": "Text", "length": 80},
        {"name": "Size__c", "label": "Size", "type": "Number", "precision": 9, "scale": 0},
        {"name": "Since__c", "label": "Since", "type": "Date"},
        {"name": "Good__c", "label": "Good", "type": "Checkbox", "defaultValue": "false"},
    ]
    made.define("Account", fields)
    return made


def _fill(org: SalesforceOrg, rows: list[Record]) -> list[Record]:
    table = org.core.tables["Account"]
    for row in range(len(table)):
        if row not in table.purged:
            table.purge(row)
    later = {"SystemModstamp": "2099-01-01T00:00:00Z"}
    parents = org.insert("Account", [{"Name": text, **later} for text in TEXTS[:4]])
    kept = []
    for place, row in enumerate(rows):
        values = {FIELDS.get(name, name): value for name, value in row.items() if "Parent" not in name}
        parent = row["Parent"]
        values["ParentId"] = parents[parent] if parent is not None else None
        id = org.insert("Account", [values])[0]
        kept.append({**row, "Parent.Name": TEXTS[parent] if parent is not None else None, "Id": id, "place": place})
    for id in parents:
        row_number = table.row(id)
        assert row_number is not None
        table.columns["Type"][row_number] = "parent"
    return kept


def _found(org: SalesforceOrg, text: str) -> list[str]:
    answer = select.run(Scope(org.core, None, text), soql.parse(text), include_deleted=False, api="")
    return [answer.table.ids[row] for row in answer.rows]


def _sorted(rows: list[Record], keys: list[tuple[str, bool, bool]]) -> list[Record]:
    def compare(a: Record, b: Record) -> int:
        for name, descending, nulls_last in keys:
            left, right = a[name], b[name]
            if left is None or right is None:
                if (left is None) != (right is None):
                    return (1 if nulls_last else -1) * (1 if left is None else -1)
                continue
            one, two = (_fold(left), left), (_fold(right), right)
            if one != two:
                return (1 if one > two else -1) * (-1 if descending else 1)
        return 0

    return sorted(rows, key=cmp_to_key(compare))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    rows=records,
    condition=conditions,
    keys=orders,
    limit=st.sampled_from([None, None, 0, 3]),
    offset=st.sampled_from([0, 0, 0, 2]),
)
def test_where_order_and_limit_agree_with_a_plain_filter(
    org: SalesforceOrg,
    rows: list[Record],
    condition: Check,
    keys: list[tuple[str, bool, bool]],
    limit: int | None,
    offset: int,
) -> None:
    kept = _fill(org, rows)
    order = ", ".join(
        f"{FIELDS.get(name, name)} {'DESC' if down else 'ASC'} NULLS {'LAST' if last else 'FIRST'}"
        for name, down, last in [*keys, ("Id", False, False)]
    )
    text = f"SELECT Id FROM Account WHERE Type = null AND {condition.text} ORDER BY {order}"
    text += (f" LIMIT {limit}" if limit is not None else "") + f" OFFSET {offset}"
    wanted = [record["Id"] for record in _sorted([r for r in kept if condition.holds(r)], keys)]
    stop = None if limit is None else offset + limit
    assert _found(org, text) == wanted[offset:stop]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=records, condition=conditions)
def test_the_shortcut_by_modification_order_changes_no_answer(
    org: SalesforceOrg, rows: list[Record], condition: Check
) -> None:
    kept = _fill(org, rows)
    text = f"SELECT Id FROM Account WHERE {condition.text} AND Type = null ORDER BY SystemModstamp, Id"
    holding = [record for record in kept if condition.holds(record)]
    assert _found(org, text) == [r["Id"] for r in sorted(holding, key=lambda r: (r["SystemModstamp"], r["Id"]))]


VALUES: dict[str, list[Any]] = {
    "Name": list(TEXTS),
    "Site": [None, *TEXTS],
    "Size": [None, -2, 0, 1, 3],
    "Since": [None, *DAYS],
    "SystemModstamp": list(STAMPS),
    "Parent.Name": [None, *TEXTS],
}


@pytest.mark.parametrize("op", sorted(_OPS))
@pytest.mark.parametrize("name", sorted(VALUES))
def test_every_operator_agrees_with_plain_python_on_every_value(org: SalesforceOrg, name: str, op: str) -> None:
    rows = [{key: values[i % len(values)] for key, values in VALUES.items()} for i in range(24)]
    kept = _fill(org, [{**row, "Good": False, "Parent": None if i % 5 == 4 else i % 5} for i, row in enumerate(rows)])
    for value in VALUES[name]:
        check = _compared(name, op, value)
        holding = [record for record in kept if check.holds(record)]
        ordered = sorted(holding, key=lambda r: (r["SystemModstamp"], r["Id"]))
        text = f"SELECT Id FROM Account WHERE Type = null AND {check.text}"
        assert _found(org, text) == [record["Id"] for record in holding]
        assert _found(org, f"{text} ORDER BY SystemModstamp, Id") == [record["Id"] for record in ordered]


@pytest.mark.parametrize("op", sorted(_OPS))
def test_a_span_of_stamps_alone_needs_no_filter_and_is_exact(org: SalesforceOrg, op: str) -> None:
    row = {"Name": "x", "Site": None, "Size": None, "Since": None, "Good": False, "Parent": None}
    kept = _fill(org, [{**row, "SystemModstamp": stamp} for stamp in (*STAMPS, *STAMPS)])
    for stamp in STAMPS:
        check = _compared("SystemModstamp", op, stamp)
        text = f"SELECT Id FROM Account WHERE {check.text} AND SystemModstamp < 2098-01-01T00:00:00.500Z"
        holding = [record for record in kept if check.holds(record)]
        ordered = sorted(holding, key=lambda r: (r["SystemModstamp"], r["Id"]))
        assert _found(org, f"{text} ORDER BY SystemModstamp, Id") == [record["Id"] for record in ordered]
        assert _found(org, text) == [record["Id"] for record in holding]


def test_text_escapes_are_understood() -> None:
    query = soql.parse(r"SELECT Id FROM Lead WHERE Name = 'it\'s \"so\"\n\\'")
    assert isinstance(query.where, soql.Comparison)
    assert query.where.values[0].value == 'it\'s "so"\n\\'


def test_and_binds_closer_than_or() -> None:
    query = soql.parse("SELECT Id FROM Lead WHERE A = 1 OR B = 2 AND NOT C = 3")
    assert isinstance(query.where, soql.Junction)
    assert query.where.op == "OR"
    assert isinstance(query.where.parts[1], soql.Junction)
    assert isinstance(query.where.parts[1].parts[1], soql.Negation)


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("TODAY", "2026-11-22", "2026-11-23"),
        ("YESTERDAY", "2026-11-21", "2026-11-22"),
        ("LAST_N_DAYS:7", "2026-11-15", "2026-11-23"),
        ("NEXT_N_DAYS:2", "2026-11-23", "2026-11-25"),
        ("N_DAYS_AGO:3", "2026-11-19", "2026-11-20"),
        ("THIS_WEEK", "2026-11-22", "2026-11-29"),
        ("LAST_WEEK", "2026-11-15", "2026-11-22"),
        ("LAST_MONTH", "2026-10-01", "2026-11-01"),
        ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
        ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
        ("LAST_QUARTER", "2026-07-01", "2026-10-01"),
        ("LAST_N_MONTHS:2", "2026-09-01", "2026-11-01"),
        ("NEXT_N_QUARTERS:1", "2027-01-01", "2027-04-01"),
        ("THIS_YEAR", "2026-01-01", "2027-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
        ("LAST_90_DAYS", "2026-08-24", "2026-11-23"),
    ],
)
def test_relative_dates_are_spans_of_days(word: str, first: str, after: str) -> None:
    assert literals.span(word, date(2026, 11, 22)) == (date.fromisoformat(first), date.fromisoformat(after))


def test_words_that_are_no_relative_dates_are_none() -> None:
    assert literals.span("LAST_N_DAYS", date(2026, 11, 22)) is None
    assert literals.span("TODAY:1", date(2026, 11, 22)) is None
    assert literals.span("SOMEDAY", date(2026, 11, 22)) is None
