"""What accounts pay, could pay and stop paying: facts at their limits, blind to days to come, silent where unsure."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from leads.facts.churn import CHURN, LIMITS, READS, SIGNALS, at_risk
from leads.facts.family import KEYS, Family
from leads.facts.ground import Ground
from leads.facts.headroom import HEADROOM, measured, within_reach
from leads.facts.hierarchy import GROUP
from leads.facts.lifetime import lifetimes
from leads.facts.owned import COMPLEMENT, OFFER_PRODUCT, OPTION, offerable
from leads.facts.percentile import percentile
from leads.facts.plan import PLAN, VOLUME
from leads.facts.renewal import RENEWAL
from leads.facts.revenue import REVENUE
from leads.facts.seats import SEATS, UTILISATION
from leads.facts.shrinking import DOWNGRADE, REDUCTION
from leads.inputs import Inputs
from tests.leads.world import ARROW, LINEAGE, PRESETS, TODAY, World, read_yaml
from tests.spark import spark_sql

Row = dict[str, Any]
Told = Mapping[str, Mapping[tuple[str, ...], Row]]
OURS = (REVENUE, SEATS, UTILISATION, REDUCTION, DOWNGRADE, RENEWAL, HEADROOM, GROUP, PLAN, VOLUME, OFFER_PRODUCT,
        COMPLEMENT, OPTION, CHURN)  # fmt: skip
SPINES: Any = {"account": ("account",), "owned": ("plan",), "offer": ("complement", "option")}
WANTED: Any = {"offer": frozenset({"complement_of", "option_of"})}
RULES: Any = SimpleNamespace(facts={}, mapping=SimpleNamespace(company=SimpleNamespace(currency="USD", rates={})))
WORDS = read_yaml(PRESETS / "texts.en.yaml")["words"]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def account(id: str, **columns: Any) -> Row:
    return {"id": id, "name": id.title(), **columns}


def sub(
    account: str, product: str | None = "suite", seats: int | None = 10, price: int | None = 500, **columns: Any
) -> Row:
    number = next(NUMBERS)
    return {"id": f"s{number:04d}", "account_id": account, "product_id": product, "seats_paid": seats,
            "unit_price": price, **columns}  # fmt: skip


def line(account: str, product: str | None, amount: int, days: int, **columns: Any) -> Row:
    return {"id": f"l{next(NUMBERS):04d}", "account_id": account, "product_id": product, "amount": amount,
            "bought_on": ago(days), **columns}  # fmt: skip


NUMBERS = iter(range(10_000))
PRODUCTS = [
    {"id": "suite", "code": "SUITE", "name": "Suite", "family": "Suite", "tier": 1, "list_price": 500,
     "complements": "PHONE; BACKUP; SSO; SUITE; OLD"},
    {"id": "pro", "code": "PRO", "name": "Suite Pro", "family": "Suite", "tier": 2, "list_price": 900},
    {"id": "prox", "code": "PROX", "name": "Suite Prox", "family": "Suite", "tier": 2, "list_price": 950},
    {"id": "max", "code": "MAX", "name": "Suite Max", "family": "Suite", "tier": 3, "list_price": 1500,
     "is_active": False},
    {"id": "backup", "code": "BACKUP", "name": "Backup", "family": "Suite", "list_price": 100, "is_option": True},
    {"id": "sso", "code": "SSO", "name": "Single Sign-on", "list_price": 50, "is_option": True,
     "specialist": "Desk"},
    {"id": "phone", "code": "PHONE", "name": "Phone", "family": "Phone", "tier": 1, "list_price": 300},
    {"id": "old", "code": "OLD", "name": "Old", "list_price": 300, "is_active": False},
    {"id": "audit", "code": "AUDIT", "name": "Audit"},
    {"id": "mini", "code": "DESKMINI", "name": "Desk Mini", "family": "Desk", "tier": 1, "list_price": 100},
    {"id": "desk", "code": "DESK", "name": "Desk", "family": "Desk", "tier": 2, "list_price": 1000},
    {"id": "deskall", "code": "DESKALL", "name": "Desk for all", "family": "Desk", "tier": 3, "list_price": 600},
]  # fmt: skip
ENDED = {"starts_on": ago(400)}
ACCOUNTS = [
    account("whole", customer_since=ago(200)), account("told", paid_users=40, customer_since=ago(-1)),
    account("below", paid_users=-1), account("gone"), account("never"), account("buyer"),
    account("unpriced", paid_users=50), account("noprice"), account("euro"), account("later"), account("abroad"),
    account("yen1", currency="JPY"), account("yen2", currency="JPY"),
    account("nearly"), account("unused"), account("fewer"), account("long-ago"), account("grew"),
    account("undated"),
    *(account(f"down-{name}") for name in ("now", "gap30", "gap31", "day90", "day91", "kept", "lower")),
    *(account(f"let-{name}") for name in ("day90", "day91", "again", "alone", "soon")),
    *(account(f"ends-{days}") for days in (-1, 0, 59, 60, 120, 121, 400, 401)), account("two-terms"),
    *(account(f"learnt-{n}", industry="Learnt") for n in range(1, 32)),
    *(account(f"few-{n}", industry="Few") for n in range(1, 30)),
    account("learnt-now", industry="Learnt"), account("few-now", industry="Few"),
    account("top", employees=100, parent_id="nowhere"), account("mid", employees=300, parent_id="top"),
    account("low", employees=400, parent_id="mid"), account("lost", parent_id="top"),
    account("franc", employees=50, parent_id="top", currency="CHF"),
    account("ring-a", parent_id="ring-c"), account("ring-b", parent_id="ring-a"),
    account("ring-c", parent_id="ring-b"), account("tail", parent_id="ring-c"), account("self", parent_id="self"),
    account("volume", employees=1000), account("dear"), account("same"),
    account("had-phone"), account("caller"),
]  # fmt: skip
SUBSCRIPTIONS = [
    sub("whole", starts_on=ago(300)), sub("whole", "backup", 10, 100),
    sub("told", starts_on=ago(30)), sub("told", "suite", 5, starts_on=ago(-1)),
    sub("below"), sub("gone", **ENDED, ends_on=ago(1)), sub("noprice", "audit", price=None),
    sub("euro", currency="EUR", seats_used=5), sub("later", starts_on=ago(-1)),
    sub("yen1", seats=10, price=1000, currency="JPY"), sub("yen2", seats=30, price=500, currency="JPY"),
    sub("nearly", seats=10, seats_used=9), sub("nearly", seats=20, seats_used=15), sub("nearly", seats=5),
    sub("nearly", "backup", 10, seats_used=10), sub("unused", seats=10, seats_used=-1),
    sub("fewer", seats=90, **ENDED), sub("fewer", seats=10, **ENDED, ends_on=ago(90)),
    sub("long-ago", seats=90, **ENDED), sub("long-ago", seats=10, **ENDED, ends_on=ago(91)),
    sub("grew", seats=10, **ENDED), sub("grew", seats=10, starts_on=ago(1)),
    sub("undated", seats=10), sub("undated", seats=10, cancelled=True),
    sub("down-now", "max", **ENDED, ends_on=ago(6)), sub("down-now", "pro", **ENDED, ends_on=ago(5)),
    sub("down-now", id="lower", starts_on=ago(4)),
    sub("down-gap30", "pro", **ENDED, ends_on=ago(34)), sub("down-gap30", starts_on=ago(4)),
    sub("down-gap31", "pro", **ENDED, ends_on=ago(35)), sub("down-gap31", starts_on=ago(4)),
    sub("down-day90", "pro", **ENDED, ends_on=ago(90)), sub("down-day90", starts_on=ago(90)),
    sub("down-day91", "pro", **ENDED, ends_on=ago(91)), sub("down-day91", starts_on=ago(91)),
    sub("down-kept", "pro", **ENDED, ends_on=ago(5)), sub("down-kept", "pro", starts_on=ago(4)),
    sub("down-kept", starts_on=ago(4)),
    sub("down-lower", **ENDED, ends_on=ago(5)), sub("down-lower", "pro", starts_on=ago(4)),
    *(sub(f"let-{name}") for name in ("day90", "day91", "again", "soon")),
    sub("let-day90", "backup", id="option", **ENDED, ends_on=ago(90)),
    sub("let-day91", "backup", **ENDED, ends_on=ago(91)),
    sub("let-again", "backup", **ENDED, ends_on=ago(5)), sub("let-again", "backup", starts_on=ago(4)),
    sub("let-alone", "backup", **ENDED, ends_on=ago(5)), sub("let-soon", "backup", **ENDED, ends_on=ago(-5)),
    *(sub(f"ends-{days}", ends_on=ago(-days), auto_renews=True) for days in (-1, 0, 59, 60, 120, 121, 400, 401)),
    sub("two-terms", id="small", seats=2, seats_used=1, ends_on=ago(-80)),
    sub("two-terms", "backup", 9, 100, ends_on=ago(-80)), sub("two-terms", seats=50, ends_on=ago(-100)),
    *(sub(f"learnt-{n}", **ENDED, ends_on=ago(100)) for n in range(1, 32)),
    *(sub(f"few-{n}", **ENDED, ends_on=ago(100)) for n in range(1, 30)),
    sub("learnt-now", ends_on=ago(-127)), sub("few-now", ends_on=ago(-127)),
    sub("top", id="top-sub", seats=100, price=500), sub("franc", seats=10, price=9999),
    sub("volume", "desk", 100, 1000), sub("volume", "desk", 100, 1000),
    sub("dear", price=901), sub("same", price=900), sub("dear", "pro", 3, 900, id="dear-pro"),
    sub("caller", "phone", 4, 300), sub("had-phone"), sub("had-phone", "phone", **ENDED, ends_on=ago(200)),
]  # fmt: skip
PURCHASES = [
    line("whole", "audit", 30_000, 100), line("whole", "audit", 10, 364), line("whole", "audit", 100, 365),
    line("whole", "audit", -1000, 10), line("whole", "suite", 60_000, 50), line("whole", None, 5000, 50),
    line("abroad", "audit", 7000, 50, currency="EUR"), line("abroad", "audit", 1, 50),
    line("whole", "audit", 99_999, -1),
    line("gone", "audit", 500, 20), line("buyer", "audit", 300, 20), line("buyer", None, 40, 20),
    line("never", "audit", 9, -1),
    # each of these was won 100 + n days before its term ended, but for the plain renewal and the one to come
    *(line(f"learnt-{n}", "pro", 100, 200 + n) for n in range(1, 16)),
    *(line(f"learnt-{n}", "backup", 100, 200 + n) for n in range(16, 31)),
    line("learnt-31", "suite", 100, 101), line("learnt-now", "pro", 100, -1),
    *(line(f"few-{n}", "pro", 100, 200 + n) for n in range(1, 30)),
]  # fmt: skip
ROWS = {"product": PRODUCTS, "account": ACCOUNTS, "subscription": SUBSCRIPTIONS, "purchase": PURCHASES}


def _silent(name: str) -> Family:
    kinds = {"usage_drop": "boolean", "onboarding_open": "boolean", "champion_left_on": "date"}
    schema = {"account_id": "string"} | {fact: kinds.get(fact, "int64") for fact in READS[name]}
    rows = [dict.fromkeys(schema) | {"account_id": "down-now"}]
    return Family(
        name=name, grain="account", facts={}, table=lambda _ground: ibis.memtable(rows, schema=ibis.schema(schema))
    )


FAMILIES = {name: _silent(name) for name in READS} | {family.name: family for family in OURS}


def ground(world: World, filled: frozenset[str] = frozenset(LINEAGE), stage: Any = None) -> Ground:
    inputs = Inputs(
        tables=world.tables, rules=RULES, today=TODAY, lineage=LINEAGE, filled=filled, stage=stage or world.stage
    )
    return Ground(inputs, families=FAMILIES, spines=SPINES, words=WORDS, wanted=WANTED)


def read(family: Family, table: ir.Table) -> dict[tuple[str, ...], Row]:
    rows = table.to_pyarrow().to_pylist()
    found = {tuple(row[name] for name in KEYS[family.grain]): row for row in rows}
    assert len(found) == len(rows), "one row a key"
    return found


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Every family over the one world, by key: it has the columns it says, and compiles for a cluster as well."""
    with closing(World(ROWS)) as world:

        def stage(name: str, expr: ir.Table) -> ir.Table:
            assert spark_sql(expr)
            return world.stage(name, expr)

        of = ground(world, stage=stage)
        for family in OURS:
            schema = of.family(family.name).schema().to_pyarrow()
            assert family.columns | set(KEYS[family.grain]) <= set(schema.names), family.name
            for name, fact in family.facts.items():
                assert schema.field(name).type == ARROW[fact.kind], name
        yield {family.name: read(family, of.family(family.name)) for family in OURS}


def seen(told: Told, family: str, *key: str) -> Any:
    """The row, or None."""
    return told[family].get(key)


def picked(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


@pytest.fixture(scope="module")
def engine() -> Iterator[World]:
    with closing(World({})) as world:
        yield world


def made(rows: list[Row], schema: Mapping[str, str]) -> ir.Table:
    return ibis.memtable([{name: row.get(name) for name in schema} for row in rows], schema=ibis.schema(schema))


def test_evidence_is_the_very_value_of_its_field(told: Told) -> None:
    records = {table: {row["id"]: row for row in rows} for table, rows in ROWS.items()}
    quoted = 0
    for family in OURS:
        for name, fact in family.facts.items():
            if fact.record is None or fact.field is None:
                continue
            table, column = fact.field.split(".")
            for row in told[family.name].values():
                if row[name] is not None:
                    quoted += 1
                    assert records[table][row[fact.record]].get(column) == row[name], (name, row)
    assert quoted > 200


def test_revenue_is_users_times_price_and_other_services(told: Told) -> None:
    whole = seen(told, "revenue", "whole")
    assert picked(whole, "paid_users", "monthly", "arppu", "products_n", "main_product", "main_product_name") == (
        10, 6000, 7200, 2, "SUITE", "Suite"
    )  # fmt: skip
    assert picked(whole, "seat_revenue", "other_revenue", "account_revenue", "alive") == (
        72_000,
        29_010,
        101_010,
        True,
    )
    assert picked(whole, "first_day", "tenure_days") == (ago(300), 200)


def test_the_total_that_the_crm_keeps_counts_if_it_can_be_true(told: Told) -> None:
    assert picked(seen(told, "revenue", "told"), "paid_users", "told_users", "arppu") == (40, 40, 5000 * 12 // 40)
    assert picked(seen(told, "revenue", "below"), "paid_users", "told_users") == (10, None)
    assert seen(told, "revenue", "told")["tenure_days"] == 30, "a customer from tomorrow on tells nothing yet"


@pytest.mark.parametrize(
    ("id", "alive", "seat_revenue", "revenue"),
    [
        ("gone", False, 0, 500),
        ("never", None, 0, 0),
        ("buyer", True, 0, 340),
        ("unpriced", True, None, None),
        ("noprice", True, None, None),
        ("euro", True, None, None),
        ("abroad", None, 0, None),
        ("later", False, 0, 0),
    ],
)
def test_who_left_pays_nothing_for_seats_and_an_unknown_price_makes_no_sum(
    told: Told, id: str, alive: bool | None, seat_revenue: int | None, revenue: int | None
) -> None:
    assert picked(seen(told, "revenue", id), "alive", "seat_revenue", "account_revenue") == (
        alive, seat_revenue, revenue
    )  # fmt: skip


def test_the_usual_revenue_is_that_of_the_same_currency(told: Told) -> None:
    names = ("usual_arppu", "usual_arppu_n", "usual_revenue", "usual_revenue_n")
    assert picked(seen(told, "revenue", "yen1"), *names) == (7500, 2, 150_000, 2)


def test_a_crm_without_subscriptions_and_purchases_says_nothing_of_revenue() -> None:
    with closing(World({"account": [account("bare")]})) as world:
        row = read(REVENUE, ground(world, filled=frozenset()).family("revenue"))[("bare",)]
    assert [name for name in REVENUE.facts if row[name] is not None] == []


LIVES = {"account_id": "string", "industry": "string", "was_live": "boolean", "is_live": "boolean"}
LTV = {**REVENUE.numbers}


def _lives(industry: str | None, n: int, left: int) -> list[Row]:
    return [
        {"account_id": f"{industry}{i}", "industry": industry, "was_live": True, "is_live": i >= left}
        for i in range(n)
    ]


def _years(engine: World, *rows: Row) -> dict[str, tuple[float | None, int | None]]:
    found = engine.engine.to_pyarrow(lifetimes(made(list(rows), LIVES), LTV)).to_pylist()
    return {row["account_id"]: (row["ltv_years"], row["ltv_n"]) for row in found}


def test_nineteen_accounts_say_nothing_about_how_long_accounts_stay(engine: World) -> None:
    assert set(_years(engine, *_lives("A", 19, 3)).values()) == {(None, None)}
    newer = {"account_id": "new", "industry": "A", "was_live": False, "is_live": True}
    assert _years(engine, *_lives("A", 19, 3), newer)["new"] == (None, None), "who came later cannot tell"


def test_an_industry_tells_for_itself_from_twenty_accounts_on(engine: World) -> None:
    years = _years(engine, *_lives("A", 20, 10), *_lives("B", 19, 0), *_lives(None, 61, 0))
    everyone = (10 + 20 / 10) / (100 + 20)
    assert years["A0"] == (pytest.approx((20 + 20) / (10 + 20 * everyone), abs=1e-4), 20)
    assert years["B0"] == years["None0"] == (pytest.approx(1 / everyone, abs=1e-4), 100)


def test_nobody_is_expected_to_stay_longer_than_the_limit(engine: World) -> None:
    assert set(_years(engine, *_lives("A", 5000, 0)).values()) == {(10.0, 5000)}


def test_lifetime_value_is_yearly_revenue_times_the_years(told: Told) -> None:
    row = seen(told, "revenue", "whole")
    assert row["ltv_n"] >= 20
    assert row["ltv"] == int(101_010 * row["ltv_years"])


def test_seats_in_use_are_told_where_they_are_known(told: Told) -> None:
    nearly = seen(told, "seats", "nearly", "SUITE")
    assert picked(nearly, "product_seats", "product_used", "used_percent") == (30, 24, 80)
    assert picked(nearly, "record_seats", "record_used", "seat_price") == (20, 15, 500)
    assert picked(seen(told, "utilisation", "nearly"), "seats_total", "seats_used_total", "utilisation_percent") == (
        30, 24, 80
    )  # fmt: skip
    assert seen(told, "seats", "nearly", "BACKUP") is None, "whoever holds an option has a seat of the plan already"
    assert seen(told, "utilisation", "unused") is seen(told, "utilisation", "whole") is None
    assert seen(told, "seats", "euro", "SUITE")["seat_price"] is None, "a price in another currency"


def test_seats_given_up_count_for_ninety_days(told: Told) -> None:
    names = ("seats_then", "seats_now", "seats_lost", "seats_lost_percent", "ended_on", "monthly_then")
    assert picked(seen(told, "reduction", "fewer"), *names) == (100, 90, 10, 10, ago(90), 50_000)
    assert picked(seen(told, "reduction", "long-ago"), *names) == (90, 90, 0, 0, None, 45_000)
    assert picked(seen(told, "reduction", "grew"), *names) == (10, 20, 0, 0, None, 5000)
    assert picked(seen(told, "reduction", "undated"), *names) == (10, 10, 0, 0, None, 5000)
    assert picked(seen(told, "reduction", "later"), *names) == (0, 0, 0, None, None, None)


def test_a_downgrade_is_a_lower_plan_right_after_a_higher_one(told: Told) -> None:
    names = ("downgraded_on", "downgrade_record", "downgraded_from", "downgraded_to")
    assert picked(seen(told, "downgrade", "down-now"), *names) == (ago(4), "lower", "Suite Max", "Suite")
    told_of = {key[0] for key, row in told["downgrade"].items() if row["downgraded_on"]}
    assert told_of == {"down-now", "down-gap30", "down-day90"}


def test_an_option_given_up_counts_while_its_plan_lives(told: Told) -> None:
    names = ("option_cancelled_on", "option_record", "option_cancelled")
    assert picked(seen(told, "downgrade", "let-day90"), *names) == (ago(90), "option", "Backup")
    assert {key[0] for key, row in told["downgrade"].items() if row["option_cancelled_on"]} == {"let-day90"}


def test_the_next_contract_end_within_the_horizon_is_the_renewal(told: Told) -> None:
    left = {days: seen(told, "renewal", f"ends-{days}") for days in (-1, 0, 59, 60, 120, 121, 400, 401)}
    assert {days for days, row in left.items() if row} == {0, 59, 60, 120, 121, 400}
    assert all(row["days_left"] == days and row["renewal_learned_n"] == 0 for days, row in left.items() if row)
    assert {days for days, row in left.items() if row and row["in_renewal_window"]} == {60, 120}
    two = seen(told, "renewal", "two-terms")
    assert picked(two, "renews_on", "renewal_record", "term_seats", "term_used") == (ago(-80), "small", 2, 1)
    assert picked(two, "renewal_seats", "renewal_monthly") == (2, 2 * 500 + 9 * 100)


def test_thirty_past_upsells_tell_when_to_talk(told: Told) -> None:
    names = ("renewal_first_day", "renewal_last_day", "renewal_learned_n", "in_renewal_window")
    assert picked(seen(told, "renewal", "learnt-now"), *names) == (103, 127, 30, True)
    assert picked(seen(told, "renewal", "few-now"), *names) == (60, 120, 0, False)


MEASURED = {"account_id": "string", "industry": "string", "employees": "int64", "employees_reported": "int64",
            "paid_users": "int64", "monthly": "int64"}  # fmt: skip


def _reach(engine: World, rows: list[Row], **numbers: float) -> dict[str, Row]:
    numbers = {**HEADROOM.numbers, **numbers}
    known = engine.stage("measured", measured(made(rows, MEASURED), numbers))
    found = engine.engine.to_pyarrow(within_reach(known, numbers)).to_pylist()
    return {row["account_id"]: row for row in found}


def _peers(industry: str, n: int) -> list[Row]:
    return [
        {"account_id": f"{industry}{i}", "industry": industry, "employees": 100, "paid_users": i + 1}
        for i in range(n)
    ]


def test_the_ceiling_is_what_the_best_tenth_of_comparable_accounts_reach(engine: World) -> None:
    few = {"account_id": "few", "industry": "Twenty", "employees": 199, "paid_users": None}
    rows = _reach(engine, [*_peers("Twenty", 20), *_peers("Nineteen", 19), few])
    assert picked(rows["Twenty0"], "ceiling", "ceiling_n", "headroom", "reachable") == (180, 20, 99, 17)
    assert picked(rows["Nineteen0"], "ceiling", "ceiling_n", "reachable") == (180, 39, 17)
    assert rows["Twenty19"]["reachable"] == 0, "above the ceiling already"
    assert picked(rows["few"], "headroom", "headroom_reason", "reachable") == (None, "paid_users_missing", None)
    assert _reach(engine, [*_peers("Nineteen", 19)], comparable=19)["Nineteen0"]["ceiling_n"] == 19


def test_without_anybody_who_pays_there_is_no_ceiling(engine: World) -> None:
    row = _reach(engine, [{"account_id": "alone", "employees": 10, "paid_users": 0, "monthly": None}])["alone"]
    assert picked(row, "headroom", "headroom_value", "penetration", "ceiling", "reachable") == (
        10, None, None, None, None
    )  # fmt: skip


def test_headroom_says_why_it_abstains(engine: World) -> None:
    cases = [
        (None, None, None, "employees_missing"), (0, None, None, "employees_missing"),
        (-1, None, None, "employees_negative"), (49, None, 0, None), (50, None, 1, None), (4999, None, 3, None),
        (5000, None, 4, None), (100, 75, 1, None), (100, 74, 1, "employees_conflict"),
        (100, -1, 1, "employees_conflict"),
    ]  # fmt: skip
    given = [
        {"account_id": str(n), "employees": one, "employees_reported": other, "paid_users": 10, "monthly": 1000}
        for n, (one, other, _band, _reason) in enumerate(cases)
    ]
    found = _reach(engine, given)
    for n, (_one, _other, band, reason) in enumerate(cases):
        row = found[str(n)]
        assert picked(row, "band", "headroom_reason") == (band, reason)
        assert (row["headroom"] is None) == (row["headroom_value"] is None) == (reason is not None)


def test_a_percentile_is_the_first_value_that_enough_rows_do_not_exceed(engine: World) -> None:
    dice = Random(1)
    groups = {str(n): sorted(dice.randint(0, 9) for _ in range(dice.randint(1, 40))) for n in range(100)}
    rows = made([{"g": g, "v": v} for g, values in groups.items() for v in values], {"g": "string", "v": "int64"})
    for share in (0.1, 0.9):
        found = engine.engine.to_pyarrow(percentile(rows, "g", value="v", share=share)).to_pylist()
        told = {row["g"]: (row["at"], row["n"]) for row in found}
        assert told == {g: (values[-(-len(values) * round(share * 10) // 10) - 1], len(values))
                        for g, values in groups.items()}  # fmt: skip


def test_every_account_has_a_root_whatever_people_entered(told: Told) -> None:
    roots = {key[0]: row["root"] for key, row in told["group"].items()}
    assert {roots[id] for id in ("top", "mid", "low", "lost", "franc")} == {"top"}, "no such parent, no parent"
    assert {roots[id] for id in ("ring-a", "ring-b", "ring-c", "tail")} == {"ring-a"}
    assert (roots["self"], roots["whole"]) == ("self", "whole")
    assert {key[0] for key, row in told["group"].items() if row["group_members"]} == {"top", "ring-a"}


def test_the_group_is_told_at_its_ultimate_parent(told: Told) -> None:
    row, ceiling = seen(told, "group", "top"), seen(told, "headroom", "top")["ceiling"]
    assert picked(row, "group_members", "group_paying", "group_abstained", "group_headroom") == (5, 2, 1, 700)
    assert picked(row, "group_users", "group_monthly") == (100, 50_000), "francs are not dollars"
    assert row["group_reachable"] == 700 * ceiling // 1000
    assert row["group_value"] == row["group_reachable"] * 6000
    assert picked(row, "group_member", "group_member_employees", "group_record") == ("Low", 400, "low")
    assert picked(row, "group_paid_seats", "group_paid_record", "group_product_name") == (100, "top-sub", "Suite")


def test_the_next_plan_is_the_next_tier_that_is_still_sold(told: Told) -> None:
    below = seen(told, "plan", "below", "SUITE")
    assert picked(below, "plan_name", "plan_family", "plan_tier", "is_option", "is_top") == (
        "Suite", "Suite", 1, False, False
    )  # fmt: skip
    assert picked(below, "next_product", "next_product_name", "next_price", "next_uplift") == (
        "PRO", "Suite Pro", 900, 400 * 10 * 12
    )  # fmt: skip
    assert picked(below, "plan_seats", "plan_total_seats", "plan_monthly") == (10, 10, 5000)
    assert picked(seen(told, "plan", "dear", "PRO"), "is_top", "next_product") == (True, None)
    assert picked(seen(told, "plan", "whole", "BACKUP"), "is_option", "is_top", "next_product") == (True, None, None)


def test_an_upgrade_that_would_cost_less_has_no_value(told: Told) -> None:
    assert seen(told, "plan", "dear", "SUITE")["next_uplift"] is None
    assert seen(told, "plan", "same", "SUITE")["next_uplift"] == 0
    assert picked(seen(told, "plan", "yen1", "SUITE"), "next_price", "next_uplift") == (None, None)
    assert picked(seen(told, "plan", "euro", "SUITE"), "plan_monthly", "next_uplift") == (None, None)


def test_a_lower_price_for_everybody_raises_the_total(told: Told) -> None:
    more = seen(told, "headroom", "volume")["reachable"]
    row = seen(told, "volume", "volume", "DESK")
    assert picked(row, "volume_product", "volume_product_name", "volume_price") == ("DESKALL", "Desk for all", 600)
    assert row["volume_seats"] == 200 + more
    assert row["volume_value"] == ((200 + more) * 600 - 200_000) * 12 > 0
    assert set(told["volume"]) == {("volume", "DESK")}, "a lower tier is no bargain, and the same price none either"


def test_options_of_a_plan_are_offered_to_those_who_lack_them(told: Told) -> None:
    row = seen(told, "option", "below", "BACKUP")
    assert picked(row, "option_of", "option_of_name", "option_plan_seats", "option_value") == (
        "SUITE", "Suite", 10, 10 * 100 * 12
    )  # fmt: skip
    assert seen(told, "option", "whole", "BACKUP") is seen(told, "option", "let-day91", "BACKUP") is None
    assert seen(told, "option", "yen1", "BACKUP")["option_value"] is None
    assert {key[1] for key in told["option"]} == {"BACKUP"}


def test_declared_complements_are_offered_with_the_subscription_they_go_with(told: Told) -> None:
    offers = {key[1]: row for key, row in told["complement"].items() if key[0] == "whole"}
    assert set(offers) == {"PHONE", "SSO"}, "nothing that is no longer sold, and no option without a specialist"
    names = ("complement_of", "complement_name", "complement_seats", "complement_since", "complement_bought_on")
    assert picked(offers["PHONE"], *names) == ("SUITE", "Suite", 10, ago(300), ago(50))
    assert ("had-phone", "PHONE") not in told["complement"], "they had it"
    assert ("gone", "PHONE") not in told["complement"], "what it went with is gone"


def test_an_offer_tells_what_customers_pay_for_the_product(told: Told) -> None:
    offer = seen(told, "offer_product", "below", "BACKUP")
    assert picked(offer, "product_name", "product_family", "product_is_option", "tossable") == (
        "Backup", "Suite", True, False
    )  # fmt: skip
    assert offer["list_price"] == 100
    assert picked(offer, "worth", "worth_n") == (100, 15), "fifteen bought it, four subscribe to it"
    assert picked(seen(told, "offer_product", "below", "PHONE"), "worth", "worth_n", "tossable") == (14_400, 1, True)
    yen = seen(told, "offer_product", "yen1", "PHONE")
    assert picked(yen, "list_price", "worth", "worth_n") == (None, None, None)


def test_only_what_fits_can_be_offered() -> None:
    pairs = [("whole", product) for product in ("PRO", "BACKUP", "SSO", "PHONE", "OLD", "AUDIT")]
    pairs += [("never", product) for product in ("PRO", "BACKUP", "SSO", "NOSUCH")] + [("had-phone", "PHONE")]
    with closing(World(ROWS)) as world:
        rows = ibis.memtable([{"account_id": one, "product": product} for one, product in pairs])
        found = offerable(ground(world), world.stage("pairs", rows)).to_pyarrow().to_pylist()
    assert {(row["account_id"], row["product"]) for row in found} == {
        ("whole", "SSO"), ("whole", "PHONE"), ("never", "PRO"), ("never", "SSO"),
    }  # fmt: skip


RISK = {"account_id": "string", "usage_drop": "boolean", "usage_fall": "float64", "seats_then": "int64",
        "seats_lost": "int64", "downgraded_on": "date", "option_cancelled_on": "date", "option_cancelled": "string",
        "nps": "int64", "nps_before": "int64", "onboarding_open": "boolean", "onboarding_days": "int64",
        "severe_n": "int64", "silent_days": "int64", "champion_left_on": "date", "champion_left_days": "int64",
        "refusals": "int64"}  # fmt: skip
SIGNS = [
    ("usage_drop", {"usage_drop": True, "usage_fall": 31.9}, "usage fell by 31 % in 28 days"),
    (None, {"usage_drop": False, "usage_fall": 31.9}, None),
    ("seat_reduction", {"seats_then": 100, "seats_lost": 10}, "10 seats given up"),
    (None, {"seats_then": 101, "seats_lost": 10}, None),
    ("seat_reduction", {"seats_then": 5, "seats_lost": 5}, "5 seats given up"),
    (None, {"seats_then": 5, "seats_lost": 4}, None),
    ("nps_low", {"nps": 6, "nps_before": 9}, "last recommendation score 6"),
    ("nps_fall", {"nps": 7, "nps_before": 9}, "recommendation score fell to 7"),
    (None, {"nps": 7, "nps_before": 8}, None),
    (None, {"nps": 9, "nps_before": 10}, None),
    ("downgrade", {"downgraded_on": ago(5)}, f"moved to a lower plan on {ago(5)}"),
    ("option_cancelled", {"option_cancelled_on": ago(5), "option_cancelled": "Backup"}, "option given up: Backup"),
    ("onboarding_late", {"onboarding_open": True, "onboarding_days": 91}, "onboarding open for 91 days"),
    (None, {"onboarding_open": True, "onboarding_days": 90}, None),
    (None, {"onboarding_open": False, "onboarding_days": 91}, None),
    ("severe_case", {"severe_n": 1}, "open severe cases: 1"),
    (None, {"severe_n": 0}, None),
    ("no_contact", {"silent_days": 91}, "no contact for 91 days"),
    (None, {"silent_days": 90}, None),
    ("champion_left", {"champion_left_on": ago(180), "champion_left_days": 180},
     f"their champion left on {ago(180)}"),
    (None, {"champion_left_on": ago(181), "champion_left_days": 181}, None),
    ("refusals", {"refusals": 3}, "3 proposals declined or left open"),
    (None, {"refusals": 2}, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def risks(engine: World) -> list[Row]:
    both = {"account_id": "both", "severe_n": 2, "silent_days": 100}
    rows = [{"account_id": f"{n:02d}", **facts} for n, (_signal, facts, _said) in enumerate(SIGNS)]
    table = engine.stage("risk_facts", made([*rows, both, {"account_id": "nothing"}], RISK))
    found = engine.engine.to_pyarrow(at_risk(table, CHURN.numbers, WORDS)).to_pylist()
    return sorted(found, key=lambda row: str(row["account_id"]))


@pytest.mark.parametrize("place", range(len(SIGNS)), ids=lambda n: f"{SIGNS[n][0]} {SIGNS[n][1]}")
def test_each_signal_weighs_what_it_says_and_says_why(risks: list[Row], place: int) -> None:
    signal, _facts, said = SIGNS[place]
    row, points = risks[place], SIGNALS[signal] if signal else 0
    assert [name for name in SIGNALS if row[f"risk_{name}"]] == ([signal] if signal else [])
    assert picked(row, "risk_points", "risk_reasons") == (points, said)
    assert picked(row, "risk", "risk_limit") == (("none", "watch", "high")[points], 2)


@pytest.mark.parametrize(("seats_then", "limit"), [(None, None), (0, 5), (50, 5), (51, 6), (60, 6), (101, 11)])
def test_seats_lost_are_a_signal_from_the_share_rounded_up_and_from_five(
    engine: World, seats_then: int | None, limit: int | None
) -> None:
    given = [{"account_id": str(lost), "seats_then": seats_then, "seats_lost": lost} for lost in (4, 5, 6, 10, 11)]
    table = engine.stage("risk_seats", made(given, RISK))
    found = engine.engine.to_pyarrow(at_risk(table, CHURN.numbers, WORDS)).to_pylist()
    for row in found:
        signal = None if limit is None else int(str(row["account_id"])) >= limit
        assert picked(row, "seats_lost_limit", "risk_seat_reduction") == (limit, signal)


def test_limits_are_the_numbers_of_the_family_and_move_with_them(engine: World) -> None:
    table = engine.stage("risk_limits", made([{"account_id": "one", "seats_then": 100}], RISK))
    for given in ({}, {"nps_low": 4, "nps_promoter": 8, "no_contact_days": 30, "refusals": 2, "seats_share": 0.125}):
        numbers = {**CHURN.numbers, **given}
        (row,) = engine.engine.to_pyarrow(at_risk(table, numbers, WORDS)).to_pylist()
        settings = {name: fact.setting for name, fact in CHURN.facts.items() if fact.setting is not None}
        assert set(settings) == set(LIMITS)
        assert {name: row[name] for name in settings} == {name: numbers[one] for name, one in settings.items()}
        assert row["seats_lost_limit"] == (13 if given else 10)


def test_small_signals_add_up_and_missing_data_is_none(risks: list[Row]) -> None:
    *_rest, both, nothing = risks
    assert picked(both, "risk", "risk_points", "risk_reasons") == (
        "high", 2, "open severe cases: 2; no contact for 100 days"
    )  # fmt: skip
    assert picked(nothing, "risk", "risk_points", "risk_reasons") == ("none", 0, None)
    assert nothing["risk_no_contact"] is None, "unknown is not no"


def test_the_risk_of_every_account_comes_from_the_families(told: Told) -> None:
    assert set(told["churn"]) == {(row["id"],) for row in ACCOUNTS}
    assert picked(seen(told, "churn", "down-now"), "risk", "risk_downgrade") == ("high", True)
    assert picked(seen(told, "churn", "fewer"), "risk", "risk_reasons") == ("high", "10 seats given up")
    assert seen(told, "churn", "whole")["risk"] == "none"
