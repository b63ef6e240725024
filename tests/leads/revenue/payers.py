"""Accounts that pay in every way, on one day, and what is asked about them."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir

from leads.facts.churn import CHURN, READS
from leads.facts.family import KEYS, Family
from leads.facts.ground import Ground
from leads.facts.headroom import HEADROOM
from leads.facts.hierarchy import GROUP
from leads.facts.owned import COMPLEMENT, OFFER_PRODUCT, OPTION
from leads.facts.plan import PLAN, VOLUME
from leads.facts.renewal import RENEWAL
from leads.facts.revenue import REVENUE
from leads.facts.seats import SEATS, UTILISATION
from leads.facts.shrinking import DOWNGRADE, REDUCTION
from leads.inputs import Inputs
from tests.leads.world import LINEAGE, PRESETS, TODAY, World, read_yaml

Row = dict[str, Any]
Told = Mapping[str, Mapping[tuple[str, ...], Row]]
OURS = (REVENUE, SEATS, UTILISATION, REDUCTION, DOWNGRADE, RENEWAL, HEADROOM, GROUP, PLAN, VOLUME, OFFER_PRODUCT,
        COMPLEMENT, OPTION, CHURN)  # fmt: skip
SPINES: Any = {"account": ("account",), "owned": ("plan",), "offer": ("complement", "option")}
WANTED: Any = {"offer": frozenset({"complement_of", "option_of"})}
RULES: Any = SimpleNamespace(facts={}, mapping=SimpleNamespace(company=SimpleNamespace(currency="USD", rates={})))
WORDS = read_yaml(PRESETS / "texts.en.yaml")["words"]


def ago(days: int) -> date:
    """The day so many days before today."""
    return TODAY - timedelta(days=days)


def account(id: str, **columns: Any) -> Row:
    """An account that is called as its id."""
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
    """The rows by key, one a key."""
    rows = table.to_pyarrow().to_pylist()
    found = {tuple(row[name] for name in KEYS[family.grain]): row for row in rows}
    assert len(found) == len(rows), "one row a key"
    return found


def seen(told: Told, family: str, *key: str) -> Any:
    """The row, or None."""
    return told[family].get(key)


def picked(row: Row, *names: str) -> tuple[Any, ...]:
    """These columns of the row."""
    return tuple(row[name] for name in names)


def made(rows: list[Row], schema: Mapping[str, str]) -> ir.Table:
    return ibis.memtable([{name: row.get(name) for name in schema} for row in rows], schema=ibis.schema(schema))
