"""The door itself: what sleeps, what RevOps can change, and what importing it costs."""

import re
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leads.answers import questions
from leads.considered import plays_said
from leads.find import Asleep
from mappings.canonical import TABLES
from mappings.config import Override, Rules
from tests.leads.acme import ACCOUNT, ROWS, alone, find_in, only
from tests.leads.world import LINEAGE, TODAY, World, rules
from tests.spark import spark_sql

PEERS: dict[str, list[dict[str, Any]]] = {
    "account": [ACCOUNT, {"id": "peer", "name": "Peer", "employees": 200}],
    "subscription": [
        {**ROWS["subscription"][0], "seats_used": 100},
        {"id": "peersub", "account_id": "peer", "product_id": "suite", "seats_paid": 150, "unit_price": 500},
    ],
}


def test_plays_whose_data_is_empty_or_not_mapped_are_asleep() -> None:
    mapped = {name: field for name, field in LINEAGE.items() if name != "subscription.seats_used"}
    found, accounts = find_in(ROWS, rules(), lineage=mapped)
    asleep = {play.play: play.needs for play in found.asleep}
    assert asleep["seat_limit"] == ("subscription.seats_used",)
    assert asleep["free_to_paid"] == ("account.free_users",)
    assert asleep["usage_drop_save"] == ("usage.quantity",)
    assert "company_wide" not in asleep
    assert [lead for lead in found.leads if lead.play in asleep] == []
    assert accounts[0]["headroom"] == 200


def test_an_empty_crm_has_no_leads_and_says_why() -> None:
    found, accounts = find_in({}, rules())
    assert found.leads == ()
    assert accounts == []
    assert {play.play for play in found.asleep} == set(rules().plays) - {"declined_save"}, "what we wrote we know"


def test_nothing_mapped_is_nothing_found() -> None:
    found, accounts = find_in(ROWS, alone(only("seat_limit")), lineage={})
    assert found.leads == ()
    assert found.asleep == (
        Asleep(
            play="seat_limit",
            needs=("subscription.seats_paid", "subscription.seats_used", "subscription.product_id"),
        ),
    )
    _, accounts = find_in({**ROWS, "subscription": []}, alone(only("seat_limit")))
    assert (accounts[0]["headroom"], accounts[0]["headroom_reason"]) == (None, "paid_users_missing")


def test_evidence_names_the_first_field_and_without_evidence_there_is_no_lead() -> None:
    lineage = {
        **LINEAGE,
        "subscription.id": "Asset.Id, Contract.Id",
        "subscription.seats_used": "Asset.Seats_Used__c, Contract.Used__c",
        "subscription.seats_paid": "constant 100",
        "subscription.ends_on": "constant 2027-02-01",
    }
    term = {**ROWS["subscription"][0], "ends_on": TODAY + timedelta(days=90), "seats_used": None, "id": "term"}
    rows = {**ROWS, "subscription": [*ROWS["subscription"], term]}
    found, _ = find_in(rows, alone(only("seat_limit", "renewal_window")), lineage=lineage)
    assert [(lead.play, [e.field for e in lead.evidence]) for lead in found.leads] == [
        ("seat_limit", ["Asset.Seats_Used__c"])
    ]


def test_a_play_for_the_phone_asks_for_somebody_who_takes_calls() -> None:
    plays = only("seat_limit", "company_wide").plays
    by_phone = {
        "seat_limit": plays["seat_limit"].model_copy(update={"channel": "phone"}),
        "company_wide": plays["company_wide"].model_copy(update={"channel": "email", "selling": False}),
    }
    found, _ = find_in(ROWS | PEERS, alone(rules().model_copy(update={"plays": by_phone})))
    seen = {
        lead.play: (lead.state, lead.contact_id, [reason.code for reason in lead.reasons]) for lead in found.leads
    }
    assert seen == {"seat_limit": ("suppressed", None, ["no_contact"]), "company_wide": ("open", "ann", [])}


def test_a_limit_of_the_risk_is_set_in_one_place_for_the_play_too() -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        **ROWS,
        "account": [{**ACCOUNT, "onboarding_started_on": TODAY - timedelta(days=61)}],
        "feedback": [{"id": "f1", "account_id": "acme", "kind": "nps", "score": 5, "on": TODAY}],
        "activity": [{"id": "a1", "account_id": "acme", "kind": "call", "on": TODAY - timedelta(days=61)}],
    }
    saves = only("nps_save", "silence_save", "onboarding_help")
    assert _saved(rows, saves) == ({"nps_save"}, "high", "last recommendation score 5")
    moved = saves.model_copy(
        update={
            "facts": {"churn": {"nps_low": 4, "no_contact_days": 60, "onboarding_days": 60, "weight_no_contact": 2}}
        }
    )
    assert _saved(rows, moved) == (
        {"silence_save", "onboarding_help"}, "high", "onboarding open for 61 days; no contact for 61 days"
    )  # fmt: skip


def _saved(rows: dict[str, list[dict[str, Any]]], given: Rules) -> tuple[set[str], str, str]:
    found, (account,) = find_in(rows, given)
    return {lead.play for lead in found.leads}, account["risk"], account["risk_reasons"]


def test_every_gate_and_play_can_be_switched_off() -> None:
    off = {code: gate.model_copy(update={"enabled": False}) for code, gate in rules().gates.items()}
    refusing = {**ACCOUNT, "do_not_contact": True, "legal_hold": True, "owner_id": None}
    plays = only("seat_limit", "company_wide").plays
    one = {**plays, "company_wide": plays["company_wide"].model_copy(update={"enabled": False})}
    asked = [{"id": "q", "account_id": "acme", "is_closed": True, "opened_on": TODAY - timedelta(days=200)}]
    needy = rules().ranking.model_copy(update={"numbers": {**rules().ranking.numbers, "needy_cases": 1}})
    found, _ = find_in(
        ROWS | PEERS | {"account": [refusing], "case": asked},
        rules().model_copy(
            update={"gates": off, "plays": one, "ranking": needy, "facts": {"cases": {"needy_days": 300}}}
        ),
    )
    assert [(lead.play, lead.state, lead.reasons) for lead in found.leads] == [("seat_limit", "open", ())]
    assert found.leads[0].priority == "low", "needy by the numbers of the file, large by the defaults"
    assert found.asleep == ()


def test_reasons_speak_the_language_asked_for() -> None:
    rows = {**ROWS, "account": [{**ACCOUNT, "customer_since": TODAY - timedelta(days=10), "do_not_contact": True}]}
    found, _ = find_in(rows, alone(only("seat_limit")), language="ja")
    assert [(reason.code, reason.text) for reason in found.leads[0].reasons] == [
        ("do_not_contact", "Example Industries 001様は連絡を希望されていません。"),
        ("tenure", "お取引開始から10日です（提案は60日経過後から）。"),
    ]


def test_a_person_lets_one_account_pass_one_gate_until_a_day() -> None:
    asked = {"gate": "do_not_contact", "person": "Owner 01", "reason": "They asked.", "until": TODAY}
    changes: dict[str, dict[str, Any]] = {
        "by id": {},
        "by name": {"account": "Example by name"},
        "narrowed": {"play": "seat_limit", "product": "SUITE"},
        "over": {"until": TODAY - timedelta(days=1)},
        "half a name": {"account": "Example half"},
        "another play": {"play": "company_wide"},
        "another product": {"product": "OTHER"},
        "another gate": {"gate": "tenure"},
    }
    accounts = [{**ACCOUNT, "id": id, "name": f"Example {id}", "do_not_contact": True} for id in changes]
    rows = {
        **ROWS,
        "account": accounts,
        "contact": [{**ROWS["contact"][0], "id": f"c{id}", "account_id": id} for id in changes],
        "subscription": [{**ROWS["subscription"][0], "id": f"s{id}", "account_id": id} for id in changes],
    }
    passes = tuple(Override.model_validate({"account": id, **asked, **change}) for id, change in changes.items())
    found, _ = find_in(rows, alone(only("seat_limit")).model_copy(update={"overrides": passes}))
    states = {lead.account_id: lead.state for lead in found.leads}
    assert {id for id, state in states.items() if state != "suppressed"} == {"by id", "by name", "narrowed"}
    told = {lead.account_id: lead.facts.get("override") for lead in found.leads}
    assert told["by id"] == f"do_not_contact: Owner 01, {TODAY}"
    assert told["over"] is None


@pytest.mark.parametrize(
    ("passed", "states"),
    [
        ((), ["open", "suppressed"]),
        (("frequency",), ["open", "waiting"]),
        (("frequency", "capacity"), ["open", "open"]),
    ],
)
def test_a_person_lets_an_account_pass_what_compares_leads(passed: tuple[str, ...], states: list[str]) -> None:
    given = alone(only("seat_limit", "company_wide"))
    one_a_week = given.gates["capacity"].model_copy(update={"numbers": {"leads": 1, "days": 7}})
    asked = {"account": "acme", "person": "Owner 01", "reason": "They asked.", "until": TODAY}
    passes = tuple(Override.model_validate({**asked, "gate": gate}) for gate in passed)
    gates = {**given.gates, "capacity": one_a_week}
    found, _ = find_in({**ROWS, **PEERS}, given.model_copy(update={"gates": gates, "overrides": passes}))
    assert sorted(lead.state for lead in found.leads if lead.account_id == "acme") == states


def test_facts_that_only_the_reason_of_a_gate_that_is_off_would_tell_are_not_asked_for() -> None:
    gates = rules().gates
    off = {**gates, "churn_high": gates["churn_high"].model_copy(update={"enabled": False})}
    assert "risk_reasons" in questions(rules())
    assert "risk_reasons" not in questions(rules().model_copy(update={"gates": off}))


def test_what_cannot_be_shown_takes_no_place_from_what_can() -> None:
    renewing = {**ROWS["subscription"][0], "ends_on": TODAY + timedelta(days=90), "unit_price": 100_000}
    rows = {**ROWS, "subscription": [renewing]}
    both = alone(only("seat_limit", "renewal_window"))
    found, _ = find_in(rows, both)
    assert {lead.play: lead.state for lead in found.leads} == {"renewal_window": "suppressed", "seat_limit": "open"}
    # read from no field of a record: a constant of the mapping
    blind = {
        name: of for name, of in LINEAGE.items() if name not in ("subscription.seats_used", "subscription.seats_paid")
    }
    constant = dict.fromkeys(("subscription.seats_used", "subscription.seats_paid"), "a constant")
    with closing(World(rows)) as world:
        found = world.find(both, lineage={**blind, **constant})
        answers = {one.name: one.answer for one in plays_said(found, "acme")}
    assert {lead.play: lead.state for lead in found.leads} == {"renewal_window": "open"}
    assert answers == {"renewal_window": "lead", "seat_limit": "no evidence"}


def test_the_chance_to_win_is_learnt_from_decided_deals_and_yen_stay_yen() -> None:
    deals = [
        {"id": f"d{n}", "account_id": "bcme" if n < 10 else "acme", "product_id": "other", "is_closed": True,
         "is_won": n < 30}
        for n in range(40)
    ]  # fmt: skip
    other = {**ACCOUNT, "id": "bcme", "industry": "Retail", "currency": "JPY"}
    rows = {
        **ROWS,
        "account": [ACCOUNT, other],
        "contact": [*ROWS["contact"], {"id": "bob", "account_id": "bcme", "name": "Contact 02"}],
        "subscription": [
            *ROWS["subscription"],
            {**ROWS["subscription"][0], "id": "sub2", "account_id": "bcme", "currency": "JPY", "unit_price": 800},
        ],
        "opportunity": deals,
    }
    found, accounts = find_in(rows, alone(only("seat_limit")), language=None)
    first, second = found.leads
    overall = (30 + 0.3 * 20) / (40 + 20)
    assert (first.p_win, first.facts["decided_n"]) == (pytest.approx(overall), 40)
    assert second.p_win == pytest.approx((10 + 20 * overall) / (10 + 20), abs=1e-4)
    assert (first.value, first.currency) == (20 * 500 * 12, "USD")
    assert (second.value, second.currency) == (20 * 800 * 12, "JPY")
    answers = {row["account_id"]: (row["currency"], row["headroom_value"]) for row in accounts}
    assert answers == {"acme": ("USD", 200 * 500 * 12), "bcme": ("JPY", 200 * 800 * 12)}


def test_tables_that_are_still_expressions_are_materialised_once() -> None:
    with closing(World(ROWS)) as world:
        staged: list[str] = []
        asked: list[Any] = []

        def stage(name: str, expr: Any) -> Any:
            staged.append(name)
            asked.append(expr.op())
            assert spark_sql(expr), "it compiles for a cluster as well"
            return world.stage(name, expr)

        world.tables = {name: table.filter(table.id != "") for name, table in world.tables.items()}
        found = world.find(alone(only("seat_limit")), stage=stage)
    assert [lead.play for lead in found.leads] == ["seat_limit"]
    assert {f"canonical_{name}" for name in TABLES if name not in ("engagement", "rate")} <= set(staged)
    assert len(asked) == len(set(asked)), "nothing is computed twice"


def test_importing_the_rules_loads_nothing_that_talks() -> None:
    modules = "leads.find, leads.texts, leads.checks, mappings.canonical, mappings.config"
    program = (
        "import sys, ibis, pyarrow\nimport ibis.expr.types\nbefore = set(sys.modules)\n"
        f"import {modules}\n"
        "loaded = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "talkers = {'requests', 'urllib3', 'http', 'socket', 'ssl', 'sqlalchemy', 'duckdb', 'sqlite3', 'asyncio',\n"
        "           'simple_salesforce', 'hubspot', 'connector', 'jobs', 'structlog', 'rich', 'sqlglot'}\n"
        "print(sorted(loaded & talkers))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_about_leads_names_every_play_and_gate() -> None:
    page = (Path(__file__).parents[2] / "docs" / "leads.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert listed == [*rules().plays, *rules().gates]
