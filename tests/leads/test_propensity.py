"""The chance to win: what a model learns from decided deals, when it is believed, and what is said without one."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from math import log
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.encoding import COLUMNS
from leads.facts.families import FAMILIES, SPINES
from leads.facts.ground import Ground
from leads.find import Found
from leads.history import deals, described
from leads.inputs import Inputs
from leads.logistic import auc, bins, brier, calibrated, chances, fitted
from leads.propensity import Learnt, learnt, learnt_from
from leads.texts import names, say
from mappings.config import Rules
from tests.leads.world import LINEAGE, TODAY, World, rules

FIRST = date(2024, 1, 1)


def _deals(n: int, seed: int, strength: float, **columns: Any) -> pa.Table:
    """Generated deals whose outcome follows industry and earlier wins as strongly as told; at 0 chance decides."""
    random = np.random.default_rng(seed)
    industry, wins = random.integers(0, 6, n), random.poisson(1.5, n)
    won = random.random(n) < chances(-0.6 + strength * ((industry - 2.5) * 0.6 + wins * 0.5 - 0.7))
    told = {
        "id": [f"d{place:06}" for place in range(n)],
        "on": pa.array(
            [FIRST + timedelta(days=int(day)) for day in np.sort(random.integers(0, 900, n))], pa.date32()
        ),
        "won": won.astype(np.int64),
        "industry": [f"Industry {one}" for one in industry],
        "band": [str(one) for one in random.integers(0, 5, n)],
        "product": [f"P{one}" for one in random.integers(0, 8, n)],
        "family": ["Suite"] * n,
        "month": [str(one) for one in random.integers(1, 13, n)],
        "wins_before": wins,
        "losses_before": random.poisson(1.0, n),
        "tenure_days": pa.array(np.where(wins > 0, random.exponential(600, n), np.nan), from_pandas=True),
        "since_days": pa.array(np.where(wins > 0, random.exponential(200, n), np.nan), from_pandas=True),
        "customer": (wins > 0).astype(np.int64),
    }
    return pa.table(told | columns)


def _learnt(rows: pa.Table) -> Learnt:
    return learnt_from(rows, (rows.num_rows, int(np.sum(rows["won"].to_numpy()))))


def test_what_decides_deals_is_found_and_foretells_the_later_ones() -> None:
    told = _learnt(_deals(2500, seed=1, strength=1.0)).report
    assert told.used
    assert told.reason.startswith("it foretold later deals better than base rates: AUC 0.")
    assert told.scores is not None
    assert 0.5 < told.scores.auc.low < told.scores.auc.value < told.scores.auc.high < 1
    assert told.scores.auc.value > 0.65
    assert told.scores.brier < told.scores.brier_base
    assert told.trained[0] + told.evaluated[0] == told.decided[0] == 2500
    assert 600 <= told.evaluated[0] <= 630, "the later quarter, by whole days"
    table = told.scores.calibration
    assert sum(one.n for one in table) == told.evaluated[0]
    off = sum(abs(one.predicted - one.observed) * one.n for one in table) / told.evaluated[0]
    assert off < 0.07, "calibrated: what is said comes true about as often"


@pytest.mark.parametrize("seed", range(8))
def test_where_chance_alone_decides_no_model_is_believed(seed: int) -> None:
    told = _learnt(_deals(300 + 100 * seed, seed=seed, strength=0.0))
    assert told.model is None
    assert not told.report.used
    assert told.report.reason.startswith(("it does not tell later deals apart", "it is no nearer to what came"))
    assert told.report.scores is not None, "how it fared is told all the same"


def test_that_lost_deals_were_never_filled_in_is_no_signal() -> None:
    rows = _deals(1000, seed=3, strength=0.0)
    won = rows["won"].to_pylist()
    for name in ("industry", "product", "band"):
        kept = [value if one else None for value, one in zip(rows[name].to_pylist(), won, strict=True)]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(kept, pa.string()))
    assert not _learnt(rows).report.used


def test_a_value_that_is_missing_or_new_says_nothing() -> None:
    rows = _deals(1500, seed=1, strength=1.0)
    model = _learnt(rows).model
    assert model is not None
    one = rows.slice(0, 1)
    unknown = one.set_column(one.column_names.index("industry"), "industry", pa.array([None], pa.string()))
    new = one.set_column(one.column_names.index("industry"), "industry", pa.array(["Industry 99"]))
    of_each = [
        float(model.chances(one.set_column(one.column_names.index("industry"), "industry", pa.array([name])))[0])
        for name in (f"Industry {place}" for place in range(6))
    ]
    assert model.chances(unknown)[0] == model.chances(new)[0]
    assert min(of_each) < model.chances(unknown)[0] < max(of_each)


def test_the_same_deals_give_the_same_model_and_others_another() -> None:
    rows = _deals(600, seed=5, strength=1.0)
    first, again, fewer = _learnt(rows), _learnt(rows), _learnt(rows.slice(0, 599))
    assert first.report == again.report
    assert first.report.version != fewer.report.version
    assert json.loads(json.dumps(first.report.to_json()))["version"] == first.report.version


@pytest.mark.parametrize(
    "changes",
    [
        {"on": pa.array([FIRST] * 300, pa.date32())},
        {"won": np.array([1] * 150 + [0] * 150)},
        {"won": np.array([0] * 100 + [1] * 100 + [0] * 100)},
    ],
    ids=["all on one day", "only wins, then only losses", "no win among the later"],
)
def test_deals_that_cannot_be_parted_by_time_teach_nothing(changes: dict[str, Any]) -> None:
    told = _learnt(_deals(300, seed=2, strength=1.0, **changes)).report
    assert (told.used, told.scores) == (False, None)
    assert "one outcome" in told.reason


def test_coefficients_of_a_table_of_four_are_its_log_odds() -> None:
    x = np.column_stack([np.ones(100), np.repeat([0.0, 1.0], 50)])
    won = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [30, 20])])
    level, more = fitted(x, won, np.zeros(2))
    assert level == pytest.approx(log(10 / 40))
    assert more == pytest.approx(log(30 / 20) - log(10 / 40))
    assert 0 < fitted(x, won, np.array([0.0, 10.0]))[1] < more, "a ridge holds it towards 0"


def test_far_from_its_solution_the_fit_does_not_overshoot() -> None:
    x = np.column_stack([np.ones(40), np.linspace(-400, 400, 40)])
    won = (x[:, 1] > 15).astype(np.float64)
    b = fitted(x, won, np.array([0.01, 0.01]))
    assert np.all(np.isfinite(b))
    assert np.array_equal(chances(x @ b) > 0.5, won > 0)


def test_calibration_moves_chances_to_what_came() -> None:
    random = np.random.default_rng(7)
    honest = random.normal(0, 1.2, 4000)
    won = (random.random(4000) < chances(honest)).astype(np.float64)
    level, slope = calibrated(honest * 3 + 1, won)
    assert (level, slope) == (pytest.approx(-1 / 3, abs=0.12), pytest.approx(1 / 3, abs=0.05))
    assert calibrated(honest[:20] * 3, won[:20])[1] > 0.4, "twenty cases are believed less"
    assert calibrated(-honest, won)[1] == 0.0, "an order is never turned round"


OUTCOMES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({won for _, won in rows}) == 2
)


@settings(max_examples=60, deadline=None)
@given(OUTCOMES)
def test_the_area_counts_the_pairs_that_are_in_order(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in rows])
    won = np.array([float(one) for _, one in rows])
    pairs = [(a > b) + (a == b) / 2 for a in scores[won > 0] for b in scores[won <= 0]]
    told = auc(scores, won)
    assert told.value == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= told.low <= told.value <= told.high <= 1


@settings(max_examples=60, deadline=None)
@given(OUTCOMES)
def test_the_calibration_table_parts_nobody_with_the_same_chance(rows: list[tuple[int, bool]]) -> None:
    p = np.array([score / 5 for score, _ in rows])
    won = np.array([float(one) for _, one in rows])
    table = bins(p, won, 4)
    assert len(table) <= 4
    assert sum(one.n for one in table) == len(rows)
    assert sum(one.observed * one.n for one in table) == pytest.approx(won.sum(), abs=0.01)
    assert [one.predicted for one in table] == sorted({one.predicted for one in table})
    assert brier(won, won) == 0


# what was known of an account on a day

SUITE = [{"id": "suite", "code": "SUITE", "name": "Suite", "family": "Suites"}]
HISTORY: dict[str, list[dict[str, Any]]] = {
    "product": SUITE,
    "account": [
        {"id": "acme", "name": "Acme", "industry": "Retail", "employees": 300, "customer_since": date(2025, 3, 1)},
        {"id": "bcme", "name": "Bcme"},
    ],
    "opportunity": [
        {"id": "a1", "account_id": "acme", "is_closed": True, "is_won": True, "closes_on": date(2025, 3, 1),
         "created_on": date(2025, 1, 10), "product_id": "suite"},
        {"id": "a2", "account_id": "acme", "is_closed": True, "is_won": False, "closes_on": date(2025, 6, 30),
         "created_on": date(2025, 2, 1)},
        {"id": "a3", "account_id": "acme", "is_closed": True, "is_won": True, "closes_on": date(2025, 9, 30)},
        {"id": "a4", "account_id": "acme", "is_closed": True, "is_won": False, "closes_on": date(2026, 1, 15),
         "created_on": date(2026, 2, 1)},
        {"id": "open", "account_id": "acme", "is_closed": False, "closes_on": date(2026, 1, 1)},
        {"id": "undated", "account_id": "acme", "is_closed": True, "is_won": True},
        {"id": "later", "account_id": "acme", "is_closed": True, "is_won": True, "closes_on": TODAY + timedelta(1)},
        {"id": "b1", "account_id": "bcme", "is_closed": True, "is_won": False, "closes_on": date(2025, 5, 1)},
    ],
    "purchase": [
        {"id": "l1", "account_id": "acme", "opportunity_id": "a1", "bought_on": date(2025, 1, 5)},
        {"id": "x1", "account_id": "acme", "bought_on": date(2025, 8, 1)},
        {"id": "x2", "account_id": "acme", "bought_on": date(2025, 8, 1)},
        {"id": "x3", "account_id": "acme", "opportunity_id": "gone", "bought_on": date(2025, 10, 1)},
    ],
}  # fmt: skip


def test_a_deal_is_told_by_what_was_known_on_the_day_it_began() -> None:
    with closing(World(HISTORY)) as world:
        ground = _ground(world)
        rows = described(ground, world.stage("asked", deals(ground))).to_pyarrow().to_pylist()
    told = {row["id"]: row for row in rows}
    assert set(told) == {"a1", "a2", "a3", "a4", "b1"}, "decided, on a day that is known and not to come"
    before = {
        id: (row["wins_before"], row["losses_before"], row["since_days"], row["tenure_days"], row["customer"])
        for id, row in told.items()
    }
    assert before == {
        "a1": (0, 0, None, None, 0),  # neither its own lines nor its own day as a customer
        "a2": (0, 0, None, None, 0),  # it began before a1 was decided
        "a3": (2, 1, 60, 213, 1),  # a1, and the basket of August 1st
        "a4": (4, 1, 106, 320, 1),  # it cannot have begun after its end
        "b1": (0, 0, None, None, 0),
    }
    assert [told["a1"][name] for name in ("industry", "band", "product", "family", "month")] == [
        "Retail", "2", "SUITE", "Suites", "1",
    ]  # fmt: skip
    assert [told["b1"][name] for name in ("industry", "band", "product", "family")] == [None] * 4
    assert set(COLUMNS) <= set(told["a1"])


def _ground(world: World) -> Ground:
    inputs = Inputs(
        tables=world.tables, rules=rules(), today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=world.stage
    )
    return Ground(inputs, families=FAMILIES, spines=SPINES, words={}, wanted={})


def test_too_few_deals_or_one_outcome_cost_one_count() -> None:
    with closing(World(HISTORY)) as world:
        few = learnt(_ground(world)).report
    assert (few.used, few.decided) == (False, (5, 2))
    assert few.reason == "5 decided deals; a model is learnt from 200 on"
    alike = [{"id": f"d{n}", "account_id": "acme", "is_closed": True, "closes_on": TODAY} for n in range(200)]
    with closing(World({"opportunity": alike})) as world:
        assert learnt(_ground(world)).report.reason == "all 200 decided deals ended alike"


# the whole way: from deals in the CRM to the chance of a lead


def _only(**numbers: float) -> Rules:
    one = rules()
    ranking = one.ranking.model_copy(update={"numbers": {**one.ranking.numbers, **numbers}})
    return one.model_copy(update={"plays": {"seat_limit": one.plays["seat_limit"]}, "ranking": ranking})


def _company(strength: float) -> dict[str, list[dict[str, Any]]]:
    """Two customers near their limit, in an industry that buys and one that does not, and 300 decided deals."""
    random = np.random.default_rng(11)
    retail = random.integers(0, 2, 300)
    won = random.random(300) < chances(strength * (retail - 0.5) * 4)
    prospects = [{"id": f"p{n}", "name": f"P {n}", "industry": ("Energy", "Retail")[retail[n]]} for n in range(300)]
    return {
        "product": SUITE,
        "owner": [{"id": "csm", "name": "Owner 01"}],
        "account": [
            *({"id": f"a{n}", "name": f"A {n}", "industry": industry, "owner_id": "csm"}
              for n, industry in enumerate(("Energy", "Retail"))),
            *prospects,
        ],
        "contact": [{"id": f"c{n}", "account_id": f"a{n}", "name": "Contact 01"} for n in range(2)],
        "subscription": [
            {"id": f"s{n}", "account_id": f"a{n}", "product_id": "suite", "seats_paid": 100, "seats_used": 95,
             "unit_price": 500} for n in range(2)
        ],
        "opportunity": [
            {"id": f"d{n:03}", "account_id": f"p{n}", "product_id": "suite", "is_closed": True,
             "is_won": bool(won[n]), "closes_on": TODAY - timedelta(days=600 - 2 * n)} for n in range(300)
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def planted() -> Iterator[tuple[Found, Found]]:
    """A company whose industries decide: with the model, and with more deals asked for than there are."""
    answers = ["declined"] * 6 + ["lost"] * 2 + ["won"] * 2 + ["accepted"] * 10 + ["snoozed", "returned", None]
    ours = [
        {"id": f"t{n}", "key": f"gone{n}/seat_limit/SUITE/2026Q1", "kind": "task", "is_closed": True,
         "outcome": answer, "created_on": TODAY - timedelta(days=200)} for n, answer in enumerate(answers)
    ]  # fmt: skip
    with closing(World(_company(1.0) | {"ours": ours})) as world:
        yield world.find(_only()), world.find(_only(model_deals=301))


def test_a_model_that_proves_itself_gives_the_chance_and_says_so(planted: tuple[Found, Found]) -> None:
    found, _ = planted
    told = found.model
    assert told.used
    energy, retail = found.leads
    assert energy.p_win < 0.3
    assert retail.p_win > 0.7
    assert energy.facts["win_source"] == "model"
    assert (energy.facts["win_model"], energy.facts["decided_n"]) == (told.version, told.trained[0])
    for language, words in (("en", "have in common (model"), ("ja", f"モデル{told.version}")):
        assert words in say(energy, _only(), language, names(energy), lambda *_: "https://crm.example").body


def test_with_fewer_deals_than_asked_for_base_rates_tell(planted: tuple[Found, Found]) -> None:
    _, found = planted
    assert (found.model.used, found.model.version) == (False, None)
    assert found.model.reason == "300 decided deals; a model is learnt from 301 on"
    assert {lead.facts["win_source"] for lead in found.leads} == {"deals"}
    assert found.leads[0].facts["decided_n"] == 300 + 20
    assert "win_model" not in found.leads[0].facts


def test_what_people_answered_to_our_leads_moves_the_rate_of_the_play(planted: tuple[Found, Found]) -> None:
    _, found = planted
    deals = _company(1.0)["opportunity"]
    of_energy = [deal["is_won"] for deal, one in zip(deals, _company(1.0)["account"][2:], strict=True)
                 if one["industry"] == "Energy"]  # fmt: skip
    overall = (sum(deal["is_won"] for deal in deals) + 0.3 * 20) / (300 + 20)
    before = (sum(of_energy) + 20 * overall) / (len(of_energy) + 20)
    # of twenty decided leads two were won, and ten that were accepted are as likely to be as any deal
    assert found.leads[0].p_win == pytest.approx((2 + (10 + 20) * before) / (20 + 20), abs=1e-4)


def test_where_industries_tell_nothing_there_is_no_model() -> None:
    with closing(World(_company(0.0))) as world:
        told = learnt(_ground(world))
    assert (told.model, told.report.used) == (None, False)
    assert told.report.scores is not None
