"""Success stories: who is quoted to whom, why, and with which numbers."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.facts.similar import STEPS, WHY, customers, described, nearest, told
from leads.inputs import Inputs
from tests.leads.world import ARROW, LINEAGE, TODAY, World, rules

IDS = ("a1", "b1", "c1")
BANDS = (50, 200, 1000, 5000)
FLAGS = ("do_not_contact", "legal_hold", "invoice_overdue")
Account = Mapping[str, Any]
Case = tuple[Account, list[Account]]
"""An account, and others that have what it is offered."""
Story = tuple[str, str] | None
"""Who is quoted, and why."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def _load(engine: Any, name: str, rows: list[Account], /, **kinds: str) -> Any:
    schema = pa.schema([(column, ARROW[kind]) for column, kind in kinds.items()])
    return engine.create_table(name, pa.Table.from_pylist(rows, schema), overwrite=True)


def _who(engine: Any, accounts: list[Account], severe: tuple[str, ...] = ()) -> Any:
    kinds = {"id": "text", "name": "text", "industry": "text", "employees": "integer"}
    table = _load(engine, "account", accounts, **kinds, **dict.fromkeys(FLAGS, "boolean"))
    roots = _load(
        engine, "root", [{"account_id": one["id"], "root": one.get("root", one["id"])} for one in accounts],
        account_id="text", root="text",
    )  # fmt: skip
    trouble = _load(engine, "trouble", [{"account_id": id} for id in severe], account_id="text")
    return engine.create_table("who", described(table, roots, BANDS, trouble), overwrite=True)


def _pairs(engine: Any, name: str, pairs: list[tuple[str, str]]) -> Any:
    rows = [{"account_id": account, "product": product} for account, product in pairs]
    return _load(engine, name, rows, account_id="text", product="text")


def _stories(engine: Any, cases: list[Case], severe: tuple[str, ...] = ()) -> list[Story]:
    """Case by case, who is quoted to the first for a product that all the others have, and why.

    The cases do not know of each other: each has a product of its own.
    """
    accounts = [
        {**one, "id": f"{n}/{one['id']}", "root": f"{n}/{one.get('root', one['id'])}"}
        for n, (me, others) in enumerate(cases)
        for one in ({"id": "me", **me}, *others)
    ]
    who = _who(engine, accounts, tuple(f"{n}/{id}" for n in range(len(cases)) for id in severe))
    has = [(f"{n}/{one['id']}", f"P{n}") for n, (_, others) in enumerate(cases) for one in others]

    def stage(name: str, table: Any) -> Any:
        return engine.create_table(name, table, overwrite=True)

    offers = _pairs(engine, "offers", [(f"{n}/me", f"P{n}") for n in range(len(cases))])
    found = {
        row["account_id"]: (row["similar_account_id"].split("/")[1], row["similar_why"])
        for row in nearest(offers, who, _pairs(engine, "has", has), stage).to_pyarrow().to_pylist()
    }
    return [found.get(f"{n}/me") for n in range(len(cases))]


def _others(*accounts: tuple[str, str | None, int | None]) -> list[Account]:
    return [{"id": id, "industry": industry, "employees": employees} for id, industry, employees in accounts]


ME = {"industry": "Retail", "employees": 100}
CLOSEST: dict[str, tuple[list[Account], Story]] = {
    "both come first": (_others(("a", "Retail", 199), ("b", "Retail", 49), ("c", "Energy", 100)), ("a", WHY[0])),
    "then the industry": (_others(("b", "Retail", 9000), ("c", "Energy", 100)), ("b", "industry")),
    "then the size": (_others(("c", "Energy", 199), ("d", "Energy", 49)), ("c", "band")),
    "nobody is similar": (_others(("d", "Energy", 49), ("e", "Energy", 200)), None),
    "the closest in employees": (
        _others(("a", "Retail", 190), ("b", "Retail", 60), ("c", "Retail", 120)), ("c", WHY[0]),
    ),
    "the smallest id within a step": (_others(("z", "Retail", 101), ("y", "Retail", 149)), ("y", WHY[0])),
    "known sizes first": (_others(("a", "Retail", None), ("b", "Retail", 5000)), ("b", "industry")),
    "industry before size": (_others(("a", "Retail", None), ("c", "Energy", 100)), ("a", "industry")),
    "no industry, but the size": (_others(("a", None, 100)), ("a", "band")),
    "nothing known": (_others(("a", None, None)), None),
    "nobody works there": (_others(("a", "Retail", 0)), ("a", "industry")),
    "the closest of the same size": (
        _others(("b", None, 60), ("c", "Energy", 120), ("d", "Food", 120)), ("c", "band"),
    ),
    "nobody has it": ([], None),
}  # fmt: skip


def test_the_closest_is_quoted_and_says_why(engine: Any) -> None:
    found = _stories(engine, [(ME, others) for others, _ in CLOSEST.values()])
    assert dict(zip(CLOSEST, found, strict=True)) == {name: story for name, (_, story) in CLOSEST.items()}


def test_who_is_half_known_is_compared_by_the_other_half(engine: Any) -> None:
    others = _others(("a", "Retail", 100), ("b", "Retail", 190), ("c", None, None))
    mine: list[Account] = [{"industry": "Retail"}, {"employees": 60}, {}, {"industry": "", "employees": -1}]
    found = _stories(engine, [(me, others) for me in mine])
    assert found == [("a", "industry"), ("a", "band"), None, None]


def test_who_must_be_left_alone_is_never_quoted(engine: Any) -> None:
    far = {"id": "b", "industry": "Retail", "employees": 5000}
    alone: list[Account] = [{"id": "a", **ME, flag: True} for flag in FLAGS]
    found = _stories(engine, [(ME, [one, far]) for one in alone] + [(ME, [one]) for one in alone])
    assert found == [("b", "industry")] * 3 + [None] * 3


def test_who_has_a_severe_case_open_is_not_quoted(engine: Any) -> None:
    others: list[Account] = [{"id": "a", **ME}, {"id": "b", **ME}]
    assert _stories(engine, [(ME, others)], severe=("a",)) == [("b", "industry+band")]


def test_the_own_group_is_never_quoted(engine: Any) -> None:
    group: list[Account] = [{"id": f"a{n}", **ME, "root": "top"} for n in range(4)]
    far: list[Account] = [*group, {"id": "b", "industry": "Retail", "employees": 160}]
    mine = {**ME, "root": "top"}
    found = _stories(engine, [(mine, group), (mine, far), (ME, far)])
    assert found == [None, ("b", "industry+band"), ("a0", "industry+band")]


def test_who_pays_or_bought_lately_is_a_customer(engine: Any) -> None:
    rows: list[Account] = [
        {"account_id": "pays", "product": "P", "live": True},
        {"account_id": "lately", "product": "P", "live": False, "bought_on": date(2025, 1, 1)},
        {"account_id": "once", "product": "P", "live": False, "bought_on": date(2024, 12, 31)},
        {"account_id": "left", "product": "P", "live": False},
    ]
    owned = _load(engine, "owned", rows, account_id="text", product="text", live="boolean", bought_on="date")
    found = customers(owned, ibis.date(2025, 1, 1)).to_pyarrow()["account_id"].to_pylist()
    assert sorted(found) == ["lately", "pays"]


_ACCOUNT = st.fixed_dictionaries(
    {
        "industry": st.sampled_from(["Retail", "Energy", None]),
        "employees": st.sampled_from([None, 5, 40, 60, 190, 210, 900]),
        "root": st.sampled_from(["r", "s", "t", "u", "v", "w"]),
        "legal_hold": st.sampled_from([None, False, False, True]),
    }
)


@settings(max_examples=4, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(_ACCOUNT, st.lists(_ACCOUNT, max_size=7)), min_size=5, max_size=20))
def test_the_story_is_that_of_a_comparison_one_by_one(engine: Any, cases: list[Case]) -> None:
    named: list[Case] = [(me, [{**one, "id": f"a{n}"} for n, one in enumerate(others)]) for me, others in cases]
    assert _stories(engine, named) == [_one_by_one(me, others) for me, others in named]


def _one_by_one(me: Account, others: list[Account]) -> Story:
    ranked = sorted(filter(None, (_rank(me, one) for one in others)))
    return (ranked[0][2], WHY[ranked[0][0]]) if ranked else None


def _rank(me: Account, one: Account) -> tuple[int, int, str] | None:
    if one["legal_hold"] or one["root"] == me["root"]:
        return None
    industry = me["industry"] is not None and me["industry"] == one["industry"]
    mine, theirs = me["employees"], one["employees"]
    known = bool(mine and theirs)
    band = known and sum(mine >= start for start in BANDS) == sum(theirs >= start for start in BANDS)
    if not (industry or band):
        return None
    steps = abs(sum(mine >= start for start in STEPS) - sum(theirs >= start for start in STEPS)) if known else 99
    tier = 2 if not industry else 0 if band else 1
    return tier, steps, one["id"]


def test_a_story_has_the_numbers_of_its_records() -> None:
    accounts = [
        {"id": id, "name": f"Example {id}", "industry": "Retail", "employees": 100} for id in ("a1", "b1", "c1")
    ]
    rows = {
        "account": accounts,
        "product": [{"id": "p1", "code": "P", "name": "Example P"}],
        "purchase": [
            {"id": "l2", "account_id": "a1", "product_id": "p1", "bought_on": "2025-11-19"},
            {"id": "l1", "account_id": "a1", "product_id": "p1", "bought_on": "2025-03-19"},
            {"id": "l0", "account_id": "a1", "product_id": "p1", "bought_on": "2026-12-01"},
        ],
    }
    paid = {"product": "P", "live": True}
    with closing(World(rows)) as world:
        inputs = Inputs(
            tables=world.tables, rules=rules(), today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=world.stage
        )
        live = _load(
            world.engine, "live", [
                {**paid, "id": "s1", "account_id": "a1", "seats": 10, "starts_on": date(2025, 6, 1)},
                {**paid, "id": "s2", "account_id": "a1", "seats": 30, "starts_on": date(2025, 7, 1)},
                {**paid, "id": "s3", "account_id": "a1", "seats": 90, "live": False},
                {**paid, "id": "s4", "account_id": "b1", "seats": 7, "starts_on": date(2025, 11, 18)},
                {**paid, "id": "s5", "account_id": "c1", "seats": 7},
            ],
            id="text", account_id="text", product="text", live="boolean", seats="integer", starts_on="date",
        )  # fmt: skip
        codes = _load(
            world.engine, "codes", [{"product_id": "p1", "product": "P"}], product_id="text", product="text"
        )
        pairs = _load(
            world.engine, "found",
            [{"account_id": f"x{id}", "product": "P", "similar_account_id": id} for id in IDS],
            account_id="text", product="text", similar_account_id="text",
        )  # fmt: skip
        who = world.tables["account"].select("name", account_id="id")
        found = {row["account_id"]: row for row in told(inputs, pairs, who, live, codes).to_pyarrow().to_pylist()}
        for name in ("live", "codes", "found"):
            world.engine.drop_table(name)
    assert found["xa1"] == {
        "account_id": "xa1", "product": "P", "similar_account_id": "a1", "similar_name": "Example a1",
        "similar_seats": 30, "similar_subscription": "s2", "similar_bought_on": date(2025, 3, 19),
        "similar_record": "l1", "similar_since": date(2025, 3, 19), "similar_months": 19,
    }  # fmt: skip
    assert (found["xb1"]["similar_bought_on"], found["xb1"]["similar_months"]) == (None, 12)
    assert (found["xc1"]["similar_since"], found["xc1"]["similar_months"]) == (None, None)
