"""What an account does: every fact at its limits, blind to days to come, silent where nothing is known."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from leads.facts.cases import CASES
from leads.facts.catalogue import catalogue, codes, named
from leads.facts.declined import DECLINED, DECLINED_OFFER
from leads.facts.family import KEYS, Family
from leads.facts.feedback import FEEDBACK
from leads.facts.interest import INTEREST_OFFER, INTEREST_OWNED, INTEREST_TOP, price_ranks
from leads.facts.onboarding import ONBOARDING
from leads.facts.ours import Ours, approaches, ours
from leads.facts.people import CHAMPION
from leads.facts.problem import PROBLEM
from leads.facts.touches import APPROACHED, CONTACTED, WON
from leads.facts.usage import USAGE
from leads.inputs import Inputs
from mappings.canonical import TABLES
from tests.leads.world import LINEAGE, TODAY, World
from tests.spark import spark_sql

FAMILIES = {
    family.name: family
    for family in (
        APPROACHED, CASES, CHAMPION, CONTACTED, DECLINED, DECLINED_OFFER, FEEDBACK, INTEREST_OFFER, INTEREST_OWNED,
        INTEREST_TOP, ONBOARDING, PROBLEM, USAGE, WON,
    )
}  # fmt: skip
EVERYTHING = frozenset(LINEAGE)
RULES: Any = SimpleNamespace(  # all that these families ask the rules for
    plays={
        "seat_limit": SimpleNamespace(selling=True, expire_days=30),
        "usage_drop_save": SimpleNamespace(selling=False, expire_days=10),
    },
    mapping=SimpleNamespace(company=SimpleNamespace(currency="USD", rates={})),
    facts={},
)
Row = dict[str, Any]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class Facts:
    """The families over one world, with numbers of their own where a test says so."""

    def __init__(self, world: World, filled: frozenset[str], numbers: Mapping[str, Mapping[str, float]]) -> None:
        self.inputs = Inputs(
            tables=world.tables, rules=RULES, today=TODAY, lineage=LINEAGE, filled=filled, stage=world.stage
        )
        self._numbers = numbers
        self._made: dict[str, ir.Table] = {}
        self.rows: dict[str, dict[tuple[str, ...], Row]] = {}
        self.sources: dict[str, dict[str, Row]] = {}
        self.price_ranks: dict[str, int] = {}

    def numbers(self, family: str) -> Mapping[str, float]:
        return {**FAMILIES[family].numbers, **self._numbers.get(family, {})}

    def family(self, name: str) -> ir.Table:
        if name not in self._made:
            self._made[name] = self.inputs.stage(f"facts_{name}", FAMILIES[name].table(self))
        return self._made[name]

    @cached_property
    def codes(self) -> ir.Table:
        return codes(self.inputs)

    @cached_property
    def named(self) -> ir.Table:
        return named(self.inputs, self.codes)

    @cached_property
    def products(self) -> ir.Table:
        return catalogue(self.inputs, self.codes)

    @cached_property
    def ours(self) -> Ours:
        return ours(self.inputs)

    @cached_property
    def approaches(self) -> ir.Table:
        return approaches(self.inputs, self.ours)

    @cached_property
    def owned(self) -> ir.Table:
        rows = self.inputs.tables["subscription"].select("account_id", "product_id", live=ibis.literal(value=True))
        return rows.inner_join(self.codes, "product_id").select("account_id", "product", "live")

    def of(self, family: str, *key: str) -> Row:
        """The row of this key, empty where there is none."""
        if family not in self.rows:
            rows = self.family(family).to_pyarrow().to_pylist()
            keyed = {tuple(row[name] for name in KEYS[FAMILIES[family].grain]): row for row in rows}
            assert len(keyed) == len(rows), f"{family} repeats a key"
            self.rows[family] = keyed
        return self.rows[family].get(key, {})

    def fetch(self) -> None:
        """Keep every answer in memory: the next world takes the place of this one."""
        for name in FAMILIES:
            self.of(name)
        priced = self.products.mutate(compared=self.products.list_price, compared_in=self.products.product_currency)
        self.price_ranks = {row["product"]: row["price_rank"] for row in price_ranks(priced).to_pyarrow().to_pylist()}
        for name, table in self.inputs.tables.items():
            self.sources[name] = {row["id"]: row for row in table.to_pyarrow().to_pylist()}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Rows of one account, and what a family must say about it; `product` where the grain has one."""

    family: Family
    name: str
    rows: Mapping[str, list[Row]]
    expect: Mapping[str, Any]
    account: Row = field(default_factory=dict)
    product: str | None = None

    @property
    def key(self) -> str:
        return f"{self.family.name}: {self.name}"


PRODUCTS = [
    {"id": "p0", "code": "FREE", "name": "No price"},
    *({"id": f"p{n}", "code": f"P{n}", "name": f"Plan {n}", "list_price": n * 1000} for n in range(1, 6)),
    {"id": "p6", "code": "OLD", "name": "Not sold any more", "list_price": 9000, "is_active": False},
    {"id": "p7", "code": "EURO", "name": "Another currency", "list_price": 1, "currency": "EUR"},
]
SCENES: list[Scene] = []


def scene(family: Family, name: str, expect: Mapping[str, Any], **options: Any) -> None:
    """One more account in the world; tables are given by name, `account` its own columns."""
    account, product = options.pop("account", {}), options.pop("product", None)
    SCENES.append(Scene(family=family, name=name, rows=options, expect=expect, account=account, product=product))


def cases_on(*ages: int, **more: Any) -> list[Row]:
    return [{"opened_on": ago(age), "severity": "normal", **more} for age in ages]


def score(kind: str, points: float, age: int) -> Row:
    return {"kind": kind, "score": points, "on": ago(age)}


def views(*ages: int, product: str = "p5", **more: Any) -> list[Row]:
    return [{"kind": "page_view", "product_id": product, "on": ago(age), **more} for age in ages]


def lead(play: str, product: str, age: int, **more: Any) -> Row:
    return {"key": f"@/{play}/{product}/{age}", "kind": "task", "created_on": ago(age), **more}


OPEN_CASE = {"severity": "high", "is_closed": False}
NO_SEVERE = {"severe_n": 0, "severe_opened_on": None, "severe_record": None}
scene(
    CASES, "an account without cases has had none", {**NO_SEVERE, "cases_n": 0, "cases_28": 0, "last_case_on": None}
)
scene(
    CASES,
    "the oldest severe case that is open is quoted",
    {
        "severe_n": 2,
        "severe_opened_on": ago(9),
        "severe_record": "@2",
        "last_case_on": ago(2),
        "last_case_record": "@1",
    },
    case=[{**OPEN_CASE, "opened_on": ago(2)}, {**OPEN_CASE, "opened_on": ago(9)}],
)
scene(
    CASES,
    "a severe case without a day counts, and stands behind those with one",
    {"severe_n": 2, "severe_opened_on": ago(3), "severe_record": "@2"},
    case=[OPEN_CASE, {**OPEN_CASE, "opened_on": ago(3)}],
)
scene(
    CASES,
    "a severe case without a day can be quoted alone",
    {"severe_n": 1, "severe_opened_on": None, "severe_record": "@1", "cases_n": 0},
    case=[OPEN_CASE],
)
scene(
    CASES,
    "a case that is solved today is open no more",
    {**NO_SEVERE, "cases_n": 1},
    case=[{"severity": "high", "is_closed": True, "opened_on": ago(1), "closed_on": TODAY}],
)
scene(
    CASES,
    "a case that will be solved tomorrow is open today",
    {"severe_n": 1, "severe_record": "@1"},
    case=[{"severity": "high", "is_closed": True, "opened_on": ago(1), "closed_on": ago(-1)}],
)
scene(
    CASES,
    "a case of tomorrow is not known yet",
    {**NO_SEVERE, "cases_n": 0, "cases_28": 0, "last_case_on": None},
    case=[{**OPEN_CASE, "opened_on": ago(-1)}],
)
scene(CASES, "the 90th day back is outside, the 89th inside", {"cases_n": 1}, case=cases_on(89, 90))
scene(CASES, "the 28th day back is outside, the 27th inside", {"cases_28": 2}, case=cases_on(0, 27, 28))
OLD = {"customer_since": ago(392)}
scene(
    CASES,
    "five cases against a mean of 33 / 13 are not twice as many",
    {"cases_28": 5, "cases_mean": 2.5385, "cases_spike": False},
    account=OLD,
    case=cases_on(*[1] * 5, *[28] * 16, *[391] * 17, 392),
)
scene(
    CASES,
    "six cases against a mean of exactly three are twice as many, not more",
    {"cases_28": 6, "cases_mean": 3.0, "cases_spike": False},
    account=OLD,
    case=cases_on(*[1] * 6, *[100] * 39),
)
scene(
    CASES,
    "six cases against a mean just under three are more than twice as many",
    {"cases_28": 6, "cases_mean": 2.9231, "cases_spike": True},
    account=OLD,
    case=cases_on(*[1] * 6, *[100] * 38),
)
scene(CASES, "four cases are too few to be a spike", {"cases_spike": False}, account=OLD, case=cases_on(1, 1, 1, 1))
scene(CASES, "five are enough", {"cases_spike": True, "cases_mean": 0}, account=OLD, case=cases_on(1, 1, 1, 1, 1))
scene(
    CASES,
    "a customer of 391 days has no habit yet",
    {"cases_28": 5, "cases_mean": None, "cases_spike": None},
    account={"customer_since": ago(391)},
    case=cases_on(1, 1, 1, 1, 1),
)
scene(CASES, "one of unknown age has none either", {"cases_mean": None, "cases_spike": None}, case=cases_on(1))

scene(
    PROBLEM,
    "cases that name a product they lack are problems it would solve: open or solved, of half a year",
    {"problem_cases": 3, "problem_on": ago(3), "problem_record": "@2"},
    product="P4",
    case=[*cases_on(180, 3, product_id="p4"), *cases_on(3, product_id="p4", is_closed=True)],
)
scene(
    PROBLEM,
    "one of 181 days ago, of tomorrow or of an unknown day says nothing",
    {},
    product="P4",
    case=[*cases_on(181, -1, product_id="p4"), {"product_id": "p4"}],
)
scene(PROBLEM, "a case that names no product says nothing of any", {}, product="P4", case=cases_on(3))
scene(
    PROBLEM,
    "what goes wrong with a product they have is no wish for it",
    {},
    product="P4",
    subscription=[{"product_id": "p4"}],
    case=cases_on(3, product_id="p4"),
)

NO_ANSWER = dict.fromkeys(
    ["nps", "nps_on", "nps_before", "nps_fall", "csat", "csat_before", "csat_fall", "delighted_on"]
)
scene(FEEDBACK, "who never answered has no row", {}, feedback=[])
scene(
    FEEDBACK,
    "a promoter who became a detractor fell by five",
    {
        "nps": 4, "nps_on": ago(10), "nps_record": "@2", "nps_before": 9, "nps_before_record": "@1", "nps_fall": 5,
        "csat": None, "delighted_on": None, "feedback_since": ago(10), "feedback_record": "@2",
    },
    feedback=[score("nps", 9, 100), score("nps", 4, 10)],
)  # fmt: skip
scene(
    FEEDBACK,
    "a score that rose did not fall",
    {"nps": 9, "nps_before": 4, "nps_fall": 0},
    feedback=[score("nps", 4, 100), score("nps", 9, 10)],
)
scene(
    FEEDBACK,
    "two answers of one day are one moment: the first id is quoted, nothing fell",
    {"nps": 9, "nps_record": "@1", "nps_before": None, "nps_before_record": None, "nps_fall": None},
    feedback=[score("nps", 9, 10), score("nps", 3, 10)],
)
scene(
    FEEDBACK,
    "satisfaction falls like recommendation, each from its own answers",
    {
        "csat": 3.1, "csat_on": ago(10), "csat_record": "@3", "csat_before": 4.6, "csat_before_record": "@1",
        "csat_fall": 1.5, "nps": 9, "nps_before": None, "nps_fall": None,
    },
    feedback=[score("csat", 4.6, 100), score("nps", 9, 50), score("csat", 3.1, 10)],
)  # fmt: skip
scene(
    FEEDBACK,
    "satisfaction that rose or stayed did not fall",
    {"csat": 5, "csat_before": 4, "csat_before_record": "@2", "csat_fall": 0},
    feedback=[score("csat", 5, 101), score("csat", 4, 100), score("csat", 5, 10)],
)
scene(
    FEEDBACK,
    "satisfaction of over 180 days ago is none to fall from",
    {"csat": 2, "csat_before": None, "csat_before_record": None, "csat_fall": None},
    feedback=[score("csat", 5, 181), score("csat", 2, 10)],
)
scene(FEEDBACK, "an answer of 180 days ago still says something", {"nps": 7}, feedback=[score("nps", 7, 180)])
scene(
    FEEDBACK,
    "one of 181 days ago only says when people last answered",
    {**NO_ANSWER, "feedback_since": ago(181), "feedback_record": "@1"},
    feedback=[score("nps", 7, 181)],
)
scene(
    FEEDBACK,
    "an answer of tomorrow is not known yet",
    {"nps": 8, "nps_record": "@1", "feedback_since": ago(5), "delighted_on": None},
    feedback=[score("nps", 8, 5), score("nps", 10, -1), score("csat", 5, -1)],
)
scene(FEEDBACK, "a 9 of 30 days ago delights", {"delighted_on": ago(30)}, feedback=[score("nps", 9, 30)])
scene(FEEDBACK, "a 10 of 31 days ago no longer does", {"delighted_on": None}, feedback=[score("nps", 10, 31)])
scene(FEEDBACK, "an 8 does not", {"delighted_on": None, "nps": 8}, feedback=[score("nps", 8, 1)])
scene(
    FEEDBACK,
    "the top box of a satisfaction survey does",
    {
        "delighted_on": ago(1),
        "delighted_record": "@1",
        "csat": 5,
        "csat_on": ago(1),
        "csat_record": "@1",
        "nps": None,
    },
    feedback=[score("csat", 5, 1)],
)
scene(FEEDBACK, "the box below does not", {"delighted_on": None, "csat": 4.5}, feedback=[score("csat", 4.5, 1)])
scene(
    FEEDBACK,
    "a score off the scale is no answer",
    {},
    feedback=[
        score("nps", 11, 1),
        score("nps", -1, 1),
        score("nps", 8.5, 1),
        score("csat", 0, 1),
        score("csat", 6, 1),
    ],
)


def weeks(*quantities: float) -> list[Row]:
    """One row a week, the latest first; None leaves the week out."""
    return [{"on": ago(7 * n), "quantity": q} for n, q in enumerate(quantities) if q is not None]


scene(
    USAGE,
    "a drop by 30 % of a steady account is one",
    {
        "used_now": 70, "used_before": 100, "own_mean": 100, "own_sd": 0, "usage_fall": 30, "usage_growth": -30,
        "usage_drop": True, "usage_last": 70, "usage_record": "@1",
    },
    usage=weeks(*[70.0] * 4, *[100.0] * 8),
)  # fmt: skip
scene(USAGE, "29.9 % is none", {"usage_fall": 29.9, "usage_drop": False}, usage=weeks(*[70.1] * 4, *[100.0] * 8))
scene(
    USAGE,
    "a drop that is within the account's habit is none",
    {"usage_fall": 50, "own_mean": 125, "own_sd": 46.291, "usage_drop": False},
    usage=weeks(*[75.0] * 4, *[150.0] * 4, *[50.0, 150.0, 50.0, 150.0]),
)
scene(USAGE, "growth is told", {"usage_growth": 50, "usage_drop": False}, usage=weeks(*[150.0] * 4, *[100.0] * 8))
FEW: dict[str, Any] = {"used_now": None, "usage_drop": None, "usage_reason": "few_weeks"}
scene(USAGE, "one week of late says nothing", FEW, usage=weeks(1.0, None, None, None, *[100.0] * 8))
scene(USAGE, "two weeks do", {"usage_drop": True}, usage=weeks(1.0, 1.0, None, None, *[100.0] * 8))
scene(USAGE, "three weeks of history say nothing", FEW, usage=weeks(*[1.0] * 4, *[100.0] * 3))
scene(USAGE, "four do", {"usage_drop": True}, usage=weeks(*[1.0] * 4, *[100.0] * 4))
scene(
    USAGE,
    "who is silent after a habit uses nothing, while others are heard of",
    {
        "used_now": 0, "used_before": 100, "own_mean": 100, "usage_fall": 100, "usage_drop": True,
        "usage_last": 100, "usage_last_on": ago(28), "usage_record": "@1", "usage_reason": None,
    },
    usage=weeks(*[None] * 4, *[100.0] * 8),
)  # fmt: skip
scene(
    USAGE,
    "two silent weeks of one who was heard of weekly count as none",
    {"used_now": 50, "usage_fall": 50, "usage_drop": True},
    usage=weeks(None, None, 100.0, 100.0, *[100.0] * 8),
)
scene(
    USAGE,
    "one silent week says nothing",
    {"used_now": 100, "usage_fall": 0, "usage_drop": False},
    usage=weeks(None, *[100.0] * 11),
)
scene(
    USAGE,
    "two silent weeks of one who is heard of every other week say nothing",
    {"used_now": None, "usage_fall": None, "usage_drop": None, "usage_reason": "few_weeks"},
    usage=weeks(None, None, 100.0, None, *[None, 100.0] * 4),
)
scene(
    USAGE,
    "four silent weeks of one who was heard of every other week may be chance",
    {"used_now": None, "usage_fall": None, "usage_drop": None, "usage_reason": "few_weeks"},
    usage=weeks(*[None] * 4, *[100.0, None] * 8),
)
scene(
    USAGE,
    "four silent weeks of one who was heard of in three of four count as none",
    {"used_now": 0, "usage_fall": 100, "usage_drop": True},
    usage=weeks(*[None] * 4, *[100.0, None, 100.0, 100.0] * 3),
)
scene(
    USAGE,
    "silence without a habit is none",
    FEW,
    usage=weeks(*[None] * 4, 100.0),
)
scene(
    USAGE,
    "usage of tomorrow is not known yet",
    {"used_now": 100, "usage_last": 100, "usage_record": "@1"},
    usage=[*weeks(*[100.0] * 12), {"on": ago(-1), "quantity": 9999.0}],
)

CALL = {"kind": "call"}
scene(
    CONTACTED,
    "the last contact is quoted, the smallest id among equals",
    {"contacted_on": ago(3), "contacted_record": "@2", "silent_days": 3, "contacted_ever": True, "meetings_90": 0},
    activity=[{**CALL, "on": ago(4)}, {**CALL, "on": ago(3)}, {**CALL, "on": ago(3)}],
)
scene(
    CONTACTED,
    "an account the log does not know is not silent, but was never contacted",
    {"contacted_on": None, "silent_days": None, "meetings_90": None, "contacted_ever": False},
)
scene(
    CONTACTED,
    "an open task and a meeting of tomorrow are no contact",
    {"contacted_on": None, "contacted_ever": False, "meetings_90": None},
    activity=[{"kind": "task", "is_closed": False, "on": ago(1)}, {"kind": "meeting", "on": ago(-1)}],
)
scene(
    CONTACTED,
    "a task that is done is one, today too",
    {"contacted_on": TODAY, "silent_days": 0},
    activity=[{"kind": "task", "is_closed": True, "on": TODAY}],
)
scene(
    CONTACTED,
    "the meeting of the 90th day back is outside, the 89th inside",
    {"meetings_90": 2},
    activity=[{"kind": "meeting", "on": ago(n)} for n in (0, 89, 90)],
)

WON_DEAL = {"is_closed": True, "is_won": True}
scene(
    WON,
    "the last won deal and the first purchase are quoted",
    {
        "won_on": ago(5), "won_record": "@2", "won_days": 5,
        "first_bought_on": ago(400), "first_purchase_record": "@2", "first_bought_days": 400,
    },
    opportunity=[{**WON_DEAL, "closes_on": ago(9)}, {**WON_DEAL, "closes_on": ago(5)}],
    purchase=[{"bought_on": ago(3)}, {"bought_on": ago(400)}, {"bought_on": ago(400)}],
)  # fmt: skip
scene(
    WON,
    "a lost deal, an open one and one that closes tomorrow are not won",
    {},
    opportunity=[
        {"is_closed": True, "is_won": False, "closes_on": ago(1)},
        {"is_closed": False, "closes_on": ago(1)},
        {**WON_DEAL, "closes_on": ago(-1)},
    ],
    purchase=[{"bought_on": ago(-1)}],
)
scene(
    WON,
    "a deal won today counts; purchases without deals too",
    {"won_on": TODAY, "won_days": 0, "first_bought_on": None, "first_purchase_record": None},
    opportunity=[{**WON_DEAL, "closes_on": TODAY}],
)
scene(
    WON,
    "a purchase needs no deal",
    {"won_on": None, "won_days": None, "first_bought_on": TODAY, "first_bought_days": 0},
    purchase=[{"bought_on": TODAY}],
)

scene(
    ONBOARDING,
    "begun today is open",
    {
        "onboarding_open": True, "onboarding_days": 0, "onboarded_days": None, "onboarding_started_on": TODAY,
        "onboarded_on": None,
    },
    account={"onboarding_started_on": TODAY},
)  # fmt: skip
scene(
    ONBOARDING,
    "completed today is done",
    {"onboarding_open": False, "onboarding_days": 30, "onboarded_days": 0, "onboarded_on": TODAY},
    account={"onboarding_started_on": ago(30), "onboarded_on": TODAY},
)
scene(
    ONBOARDING,
    "completed tomorrow is open today",
    {"onboarding_open": True, "onboarded_days": None, "onboarded_on": None},
    account={"onboarding_started_on": ago(30), "onboarded_on": ago(-1)},
)
scene(
    ONBOARDING,
    "one that begins tomorrow has not begun",
    {"onboarding_open": None, "onboarding_days": None, "onboarding_started_on": None},
    account={"onboarding_started_on": ago(-1)},
)
scene(ONBOARDING, "not tracked is not open", {"onboarding_open": None, "onboarding_days": None})
scene(
    ONBOARDING,
    "completed without a first day is done",
    {"onboarding_open": False, "onboarding_days": None, "onboarded_days": 7},
    account={"onboarded_on": ago(7)},
)

CHAMPION_ROW = {"name": "Contact", "role": "champion"}
scene(
    CHAMPION,
    "who left today is gone, who leaves tomorrow is there",
    {
        "champion_left_on": TODAY, "champion_record": "@1", "champion_left_days": 0, "champions_left": 2,
        "champions_n": 2,
    },
    contact=[
        {**CHAMPION_ROW, "left_on": TODAY}, {**CHAMPION_ROW, "left_on": ago(9)}, {**CHAMPION_ROW, "left_on": ago(-1)},
        CHAMPION_ROW,
    ],
)  # fmt: skip
scene(
    CHAMPION,
    "others who leave are no champions",
    {"champion_left_on": None, "champion_record": None, "champions_left": 0, "champions_n": 0},
    contact=[{"name": "Contact", "role": "user", "left_on": ago(1)}, {"name": "Contact", "left_on": ago(1)}],
)
scene(CHAMPION, "nobody is nobody", {"champion_left_on": None, "champions_left": 0, "champions_n": 0})

NO = {"is_closed": True, "outcome": "declined"}
scene(
    DECLINED,
    "refusals of 365 days count, older ones are only dated",
    {"declined_n": 1, "ignored_n": 0, "refusals": 1, "declined_on": ago(365), "declined_record": "@1"},
    ours=[lead("seat_limit", "P1", 365, **NO), lead("seat_limit", "P1", 366, **NO)],
)
scene(
    DECLINED,
    "the last one is quoted, however old",
    {"declined_n": 0, "refusals": 0, "declined_on": ago(500), "declined_record": "@1"},
    ours=[lead("seat_limit", "P1", 500, **NO), lead("seat_limit", "P1", 501, **NO)],
)
scene(
    DECLINED,
    "a refusal counts from the day of the answer",
    {"declined_n": 1, "refusals": 1, "declined_on": ago(400), "declined_days": 365, "declined_record": "@1"},
    ours=[
        lead("seat_limit", "P1", 400, decided_on=ago(365), **NO),
        lead("seat_limit", "P1", 399, decided_on=ago(366), **NO),
    ],
)
scene(
    DECLINED,
    "what is declined tomorrow is open and unanswered today",
    {"declined_n": 0, "ignored_n": 1, "declined_on": None, "declined_days": None},
    ours=[lead("seat_limit", "P1", 60, decided_on=ago(-1), **NO)],
)
scene(
    DECLINED,
    "a lead of 45 days that nobody answered was ignored, one of 44 not yet",
    {
        "declined_n": 0,
        "ignored_n": 1,
        "refusals": 1,
        "declined_on": None,
        "ignored_on": ago(45),
        "ignored_record": "@1",
    },
    ours=[lead("seat_limit", "P1", 45), lead("seat_limit", "P1", 44)],
)
scene(
    DECLINED,
    "who put it off did not ignore it, and what is closed is not open",
    {"declined_n": 0, "ignored_n": 0, "refusals": 0, "ignored_on": None, "ignored_record": None},
    ours=[lead("seat_limit", "P1", 60, outcome="snoozed"), lead("seat_limit", "P1", 70, is_closed=True)],
)
scene(
    DECLINED,
    "a task and a lead record of one lead are one refusal",
    {"declined_n": 1, "declined_record": "@2"},
    ours=[
        lead("affinity_tossup", "P1", 9, outcome="accepted", is_closed=True),
        lead("affinity_tossup", "P1", 9, kind="lead", **NO),
    ],
)
scene(
    DECLINED,
    "a save play that was declined is no refusal to buy; nor is what was lost, or written tomorrow",
    {"declined_n": 0, "ignored_n": 0, "declined_on": None},
    ours=[
        lead("usage_drop_save", "-", 9, **NO),
        lead("seat_limit", "P1", 9, is_closed=True, outcome="lost"),
        lead("seat_limit", "P1", -1, **NO),
    ],
)
scene(
    DECLINED,
    "whose task was begun, or put off by its due day, was not ignored",
    {"ignored_n": 0},
    ours=[
        lead("seat_limit", "P1", 60, touched="begun"),
        lead("seat_limit", "P2", 60, touched="deferred", deferred_to=ago(-9)),
    ],
)
scene(
    DECLINED,
    "a task that nobody touched until Tossup closed it late was ignored, one whose reason had gone was not",
    {"ignored_n": 1, "ignored_on": ago(38), "ignored_record": "@1"},
    ours=[
        lead("seat_limit", "P1", 38, is_closed=True, due_on=ago(31), withdrawn_on=ago(0)),
        lead("seat_limit", "P2", 37, is_closed=True, due_on=ago(30), withdrawn_on=ago(0)),
        lead("usage_drop_save", "-", 37, is_closed=True, due_on=ago(30), withdrawn_on=ago(0)),
    ],
)
scene(DECLINED, "who was never asked never refused", {"declined_n": 0, "ignored_n": 0, "refusals": 0})
scene(
    DECLINED_OFFER,
    "refusals of a product are never forgotten",
    {
        "product_declined_n": 2, "product_declined_on": ago(180), "product_declined_days": 180,
        "product_declined_record": "@2",
    },
    product="P1",
    ours=[lead("seat_limit", "P1", 900, **NO), lead("affinity_tossup", "P1", 180, **NO), lead("seat_limit", "P2", 1)],
)  # fmt: skip
scene(
    DECLINED_OFFER,
    "a product is refused on the day of the answer",
    {"product_declined_n": 1, "product_declined_on": ago(300), "product_declined_days": 5},
    product="P1",
    ours=[lead("seat_limit", "P1", 300, decided_on=ago(5), **NO)],
)
scene(
    DECLINED_OFFER,
    "the later of two days until which they want to hear nothing",
    {"product_snoozed_until": ago(-20), "product_declined_n": None},
    product="P1",
    ours=[
        lead("usage_drop_save", "P1", 9, outcome="snoozed", snooze_until=ago(-5)),
        lead("seat_limit", "P1", 20, outcome="snoozed", decided_on=ago(10), is_closed=True),
    ],
)
scene(
    DECLINED_OFFER,
    "a day alone says as much as the answer, and a task that was put off too; whatever was declined before",
    {"product_snoozed_until": ago(-7), "product_declined_n": 1, "product_declined_days": 300},
    product="P1",
    ours=[
        lead("seat_limit", "P1", 9, snooze_until=ago(-5)),
        lead("company_wide", "P1", 9, touched="deferred", deferred_to=ago(-7)),
        lead("seat_limit", "P1", 300, **NO),
    ],
)
scene(DECLINED_OFFER, "another product was not declined", {}, product="P2", ours=[lead("seat_limit", "P1", 9, **NO)])
scene(
    DECLINED_OFFER, "a play without a product declines none", {}, product="-", ours=[lead("seat_limit", "-", 9, **NO)]
)
scene(
    APPROACHED,
    "yesterday's work is an approach, today's open work is not",
    {"sold_on": ago(1), "sold_days": 1},
    ours=[lead("seat_limit", "P1", 1), lead("seat_limit", "P1", 0)],
)
scene(
    APPROACHED,
    "what was decided today is",
    {"sold_on": TODAY, "sold_days": 0},
    ours=[lead("seat_limit", "P1", 0, is_closed=True)],
)
scene(APPROACHED, "a save task is no approach", {}, ours=[lead("usage_drop_save", "-", 9)])
scene(
    APPROACHED,
    "what is written tomorrow has not approached anybody",
    {"sold_on": ago(9)},
    ours=[lead("seat_limit", "P1", 9), lead("seat_limit", "P1", -1, is_closed=True)],
)

SEEN = INTEREST_OFFER
scene(
    SEEN,
    "today's view of the dearest of five products scores 5, one of 30 days ago half of it",
    {"interest": 7.5, "interest_events": 2, "interest_on": TODAY, "interest_record": "@1", "interest_contacts": 0},
    product="P5",
    engagement=views(0, 30),
)
scene(
    SEEN, "90 days ago still counts", {"interest": 0.625, "interest_on": ago(90)}, product="P5", engagement=views(90)
)
scene(SEEN, "91 days ago does not", {}, product="P5", engagement=views(91))
scene(SEEN, "tomorrow is not known yet", {"interest": 5, "interest_on": TODAY}, product="P5", engagement=views(0, -1))
scene(SEEN, "the weight multiplies", {"interest": 10}, product="P5", engagement=views(0, weight=2.0))
scene(SEEN, "so does the price rank", {"interest": 1}, product="P1", engagement=views(0, product="p1"))
scene(SEEN, "no price is the lowest rank", {"interest": 1}, product="FREE", engagement=views(0, product="p0"))
scene(SEEN, "nothing is about an unknown product", {}, product="P5", engagement=views(0, product="nowhere"))
scene(
    SEEN,
    "kinds and people are counted",
    {
        "interest_events": 6, "interest_pricing": 1, "interest_help": 1, "interest_mail": 2, "interest_locked": 1,
        "interest_contacts": 2,
    },
    product="P5",
    engagement=[
        *views(1, 2, kind="mail_click", contact_id="c1"),
        *views(1, kind="pricing_view", contact_id="c2"),
        *views(1, kind="help_view"),
        *views(1, kind="locked_feature", contact_id="c1"),
        *views(1),
    ],
)  # fmt: skip
scene(
    INTEREST_TOP,
    "the product it does not have is named, all are added up",
    {"interest_product": "P4", "interest_total": 9.0},
    engagement=[*views(0), *views(0, product="p4")],
    subscription=[{"product_id": "p5"}],
)
scene(
    INTEREST_TOP,
    "the first by code among equals",
    {"interest_product": "P1", "interest_total": 2},
    engagement=[*views(0, product="p1"), *views(30, product="p2")],
)
scene(
    INTEREST_TOP,
    "what is not sold any more is not named",
    {"interest_product": None, "interest_total": 5},
    engagement=views(0, product="p6"),
)
scene(INTEREST_TOP, "no interest is not known to be none", {}, engagement=[])


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
