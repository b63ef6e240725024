"""What an account does: every fact at its limits, blind to days to come, silent where nothing is known."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from leads.facts.family import KEYS, Family
from leads.facts.interest import INTEREST_OFFER, INTEREST_OWNED
from mappings.canonical import TABLES
from tests.leads.scenes import (
    approached,
    cases,
    declined,
    feedback,
    interest,
    onboarding,
    people,
    problem,
    touches,
    usage,
)
from tests.leads.scenes.facts import EVERYTHING, FAMILIES, Facts
from tests.leads.scenes.scene import PRODUCTS, Row, Scene, ago, cases_on, lead, score, views, weeks
from tests.leads.world import World
from tests.spark import spark_sql

SCENES = [
    one
    for family in (
        cases.cases, problem.problem, feedback.feedback, usage.usage, touches.contacted, touches.won,
        onboarding.onboarding, people.champion, declined.declined, declined.declined_offer, approached.approached,
        interest.interest, interest.interest_top,
    )
    for one in family.told
]  # fmt: skip


def written(place: int, scene: Scene) -> Iterator[tuple[str, Row]]:
    """The scene's rows as records of an account of its own; ids sort as they are listed."""
    account = f"a{place:03}"
    yield "account", {"id": account, "name": scene.name, **scene.account}
    for table, rows in scene.rows.items():
        for n, row in enumerate(rows, 1):
            key = {"key": row["key"].replace("@", account)} if "key" in row else {"account_id": account}
            yield table, {"id": f"{account}-{table}-{n:03}", **row, **key}


def all_rows() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {"product": list(PRODUCTS)}
    for place, one in enumerate(SCENES):
        for table, row in written(place, one):
            rows.setdefault(table, []).append(row)
    return rows


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Every scene in one world."""
    with closing(World(all_rows())) as world:
        found = Facts(world, EVERYTHING, {})
        found.fetch()
    return found


@pytest.mark.parametrize("place", range(len(SCENES)), ids=[one.key for one in SCENES])
def test_a_scene_is_told_as_it_is(facts: Facts, place: int) -> None:
    one = SCENES[place]
    account = f"a{place:03}"
    row = facts.of(one.family.name, *(account, one.product) if one.product else (account,))
    seen = {name: _short(row.get(name), account) for name in one.expect} if one.expect else row
    assert seen == dict(one.expect)


def _short(value: Any, account: str) -> Any:
    is_record = isinstance(value, str) and value.startswith(f"{account}-")
    return f"@{int(value.rpartition('-')[2])}" if is_record else value


def test_every_family_has_scenes() -> None:
    assert {one.family.name for one in SCENES} == set(FAMILIES) - {"interest_owned"}, "those are told like offers"


def test_owned_products_are_looked_at_with_the_same_eyes(facts: Facts) -> None:
    assert facts.rows["interest_owned"] == facts.rows["interest_offer"]
    assert INTEREST_OWNED.facts == INTEREST_OFFER.facts


def test_price_ranks_count_the_cheaper_products_that_are_sold_in_the_currency(facts: Facts) -> None:
    assert facts.price_ranks == {"FREE": 1, "P1": 1, "P2": 2, "P3": 3, "P4": 4, "P5": 5, "OLD": 5, "EURO": 1}


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda kind: kind.is_string(),
    "integer": lambda kind: kind.is_int64(),
    "number": lambda kind: kind.is_float64(),
    "boolean": lambda kind: kind.is_boolean(),
    "date": lambda kind: kind.is_date(),
}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_gives_the_columns_and_kinds_it_promises(facts: Facts, family: Family) -> None:
    schema = facts.family(family.name).schema()
    assert set(KEYS[family.grain]) | family.columns <= set(schema.names)
    wrong = {name: schema[name] for name, fact in family.facts.items() if not KINDS[fact.kind](schema[name])}
    assert not wrong


def _quoted() -> list[tuple[Family, str]]:
    return [
        (family, name)
        for family in FAMILIES.values()
        if family is not INTEREST_OWNED
        for name, fact in family.facts.items()
        if fact.record
    ]


@pytest.mark.parametrize(("family", "name"), _quoted(), ids=lambda part: getattr(part, "name", part))
def test_what_is_quoted_is_the_very_value_of_its_record(facts: Facts, family: Family, name: str) -> None:
    fact = family.facts[name]
    assert fact.record is not None
    assert fact.field is not None
    table, _dot, column = fact.field.partition(".")
    told = [row for row in facts.rows[family.name].values() if row[name] is not None]
    assert told
    assert [row for row in told if facts.sources[table][row[fact.record]][column] != row[name]] == []


def test_every_need_and_field_is_a_canonical_column() -> None:
    named = {
        column
        for family in FAMILIES.values()
        for fact in family.facts.values()
        for column in (
            *(one for need in fact.needs for one in need.split("|")),
            *([fact.field] if fact.field else []),
        )
    }
    known = {f"{table}.{column}" for table, spec in TABLES.items() for column in spec.columns}
    assert named <= known


def test_where_nothing_is_kept_nothing_is_known() -> None:
    with closing(World({"account": [{"id": "a1", "name": "One", "customer_since": ago(900)}]})) as world:
        bare = Facts(world, frozenset(), {})
        rows = [bare.of(name, "a1") for name, family in FAMILIES.items() if family.grain == "account"]
        known = {name for row in rows for name, value in row.items() if value is not None and name != "account_id"}
        assert known == set()


@pytest.mark.parametrize(
    ("heard", "quiet_weeks", "said"),
    [
        (2, 4, {"used_now": 0, "usage_drop": True, "usage_reason": None}),
        (1, 4, {"used_now": None, "usage_drop": None, "usage_reason": "feed_stopped"}),
        (0, 4, {"used_now": None, "usage_drop": None, "usage_reason": "feed_stopped"}),
    ],
)
def test_silence_is_a_drop_only_where_half_of_the_others_are_heard_of(
    heard: int, quiet_weeks: int, said: Row
) -> None:
    rows: list[Row] = []
    for n in range(4):
        now = [100.0 if n < heard else None] * quiet_weeks
        rows += [
            {**row, "account_id": f"a{n}", "id": f"u{n}.{at}"} for at, row in enumerate(weeks(*now, *[100.0] * 8))
        ]
    with closing(World({"account": [{"id": f"a{n}"} for n in range(4)], "usage": rows})) as world:
        told = Facts(world, EVERYTHING, {}).of("usage", "a3")
    assert {name: told[name] for name in said} == said


def test_numbers_move_the_limits() -> None:
    numbers = {
        "cases": {"needy_days": 5, "spike_times": 4, "spike_cases": 2},
        "feedback": {"days": 9, "delighted_days": 8},
        "usage": {"share": 0.5, "deviations": 0},
        "declined": {"days": 20, "ignored_days": 10},
        "interest_offer": {"days": 10, "half_life": 5},
    }
    account = {"id": "a1", "name": "One", "customer_since": ago(900)}
    rows = [
        *(("case", row) for row in cases_on(*[4] * 4, 5, *[100] * 16)),
        *(("feedback", row) for row in (score("nps", 9, 9), score("nps", 3, 10))),
        *(("usage", row) for row in weeks(*[50.0] * 4, *[100.0] * 4)),
        *(("ours", {**lead("seat_limit", "P1", age), "key": f"a1/seat_limit/P1/{age}"}) for age in (9, 10, 20, 21)),
        *(("engagement", row) for row in views(5, 10, 11)),
    ]
    tables: dict[str, list[Row]] = {"account": [account], "product": list(PRODUCTS)}
    for n, (table, row) in enumerate(rows):
        whose = {} if table == "ours" else {"account_id": "a1"}
        tables.setdefault(table, []).append({"id": f"r{n:03}", **whose, **row})
    expect = {
        "cases": {"cases_n": 4, "cases_28": 5, "cases_mean": 1.2308, "cases_spike": True},
        "feedback": {"nps": 9, "nps_before": None, "delighted_on": None},
        "usage": {"usage_fall": 50, "usage_drop": True},
        "declined": {"ignored_n": 2},
    }
    with closing(World(tables)) as world:
        moved = Facts(world, EVERYTHING, numbers)
        seen = {family: {name: moved.of(family, "a1")[name] for name in names} for family, names in expect.items()}
        assert seen == expect
        assert moved.of("interest_offer", "a1", "P5")["interest"] == 3.75


def test_all_families_can_be_said_to_spark(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    # the engine that stages has another world by now
    monkeypatch.setattr(facts, "inputs", replace(facts.inputs, stage=lambda _name, table: table))
    # the one question that is asked while others are put together
    monkeypatch.setattr("leads.facts.usage._alive", lambda _sums, _share: (0, 1, 2, 3))
    for name, family in FAMILIES.items():
        assert spark_sql(family.table(facts)).startswith(("SELECT", "WITH")), name


def test_the_order_of_rows_changes_nothing(facts: Facts) -> None:
    turned = {table: list(reversed(rows)) for table, rows in all_rows().items()}
    with closing(World(turned)) as world:
        again = Facts(world, EVERYTHING, {})
        for name in ("feedback", "contacted", "interest_offer", "interest_top", "declined"):
            again.of(name)
            assert again.rows[name] == facts.rows[name]
