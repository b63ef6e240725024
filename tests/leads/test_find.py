"""The door itself: what sleeps, what RevOps can change, and what importing it costs."""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pytest
from ibis.backends.sql.compilers import pyspark
from ibis.config import Config
from ruamel.yaml import YAML

from leads.answers import questions
from leads.checks import check
from leads.considered import plays_said
from leads.facts.ground import Ground
from leads.find import Asleep, Found
from leads.rules import GROUP, python_plays
from mappings.canonical import TABLES
from mappings.config import Gate, Override, Play, Rules, Source
from tests.leads.case_files import background
from tests.leads.world import LINEAGE, TODAY, World, rules

ACCOUNT = {"id": "acme", "name": "Example Industries 001", "owner_id": "csm", "employees": 300}
ROWS: dict[str, list[dict[str, Any]]] = {
    "owner": [{"id": "csm", "name": "Owner 01"}],
    "product": [{"id": "suite", "code": "SUITE", "name": "Suite"}],
    "account": [ACCOUNT],
    "contact": [{"id": "ann", "account_id": "acme", "name": "Contact 01", "no_phone": True}],
    "subscription": [
        {
            "id": "sub",
            "account_id": "acme",
            "product_id": "suite",
            "seats_paid": 100,
            "seats_used": 95,
            "unit_price": 500,
        }
    ],
}
PEERS: dict[str, list[dict[str, Any]]] = {
    "account": [ACCOUNT, {"id": "peer", "name": "Peer", "employees": 200}],
    "subscription": [
        {**ROWS["subscription"][0], "seats_used": 100},
        {"id": "peersub", "account_id": "peer", "product_id": "suite", "seats_paid": 150, "unit_price": 500},
    ],
}


def _find(rows: dict[str, list[dict[str, Any]]], rules: Rules, **options: Any) -> tuple[Found, list[dict[str, Any]]]:
    with closing(World(rows)) as world:
        found = world.find(rules, **options)
        return found, found.accounts.to_pyarrow().to_pylist()


def _plays(*names: str) -> Rules:
    return rules().model_copy(update={"plays": {name: rules().plays[name] for name in names}})


def _alone(given: Rules) -> Rules:
    """These plays, without the gates and priorities that take many facts: computing them takes time."""
    costly = ("churn_high", "low_rank", "severe_case")
    gates = given.gates | {code: given.gates[code].model_copy(update={"enabled": False}) for code in costly}
    never = dict.fromkeys(("low", "high", "mid"), "employees < 0")
    return given.model_copy(update={"gates": gates, "ranking": given.ranking.model_copy(update=never)})


def test_plays_whose_data_is_empty_or_not_mapped_are_asleep() -> None:
    mapped = {name: field for name, field in LINEAGE.items() if name != "subscription.seats_used"}
    found, accounts = _find(ROWS, rules(), lineage=mapped)
    asleep = {play.play: play.needs for play in found.asleep}
    assert asleep["seat_limit"] == ("subscription.seats_used",)
    assert asleep["free_to_paid"] == ("account.free_users",)
    assert asleep["usage_drop_save"] == ("usage.quantity",)
    assert "company_wide" not in asleep
    assert [lead for lead in found.leads if lead.play in asleep] == []
    assert accounts[0]["headroom"] == 200


def test_an_empty_crm_has_no_leads_and_says_why() -> None:
    found, accounts = _find({}, rules())
    assert found.leads == ()
    assert accounts == []
    assert {play.play for play in found.asleep} == set(rules().plays) - {"declined_save"}, "what we wrote we know"


def test_nothing_mapped_is_nothing_found() -> None:
    found, accounts = _find(ROWS, _alone(_plays("seat_limit")), lineage={})
    assert found.leads == ()
    assert found.asleep == (
        Asleep(
            play="seat_limit",
            needs=("subscription.seats_paid", "subscription.seats_used", "subscription.product_id"),
        ),
    )
    _, accounts = _find({**ROWS, "subscription": []}, _alone(_plays("seat_limit")))
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
    found, _ = _find(rows, _alone(_plays("seat_limit", "renewal_window")), lineage=lineage)
    assert [(lead.play, [e.field for e in lead.evidence]) for lead in found.leads] == [
        ("seat_limit", ["Asset.Seats_Used__c"])
    ]


def test_a_play_for_the_phone_asks_for_somebody_who_takes_calls() -> None:
    plays = _plays("seat_limit", "company_wide").plays
    by_phone = {
        "seat_limit": plays["seat_limit"].model_copy(update={"channel": "phone"}),
        "company_wide": plays["company_wide"].model_copy(update={"channel": "email", "selling": False}),
    }
    found, _ = _find(ROWS | PEERS, _alone(rules().model_copy(update={"plays": by_phone})))
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
    saves = _plays("nps_save", "silence_save", "onboarding_help")
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
    found, (account,) = _find(rows, given)
    return {lead.play for lead in found.leads}, account["risk"], account["risk_reasons"]


def test_every_gate_and_play_can_be_switched_off() -> None:
    off = {code: gate.model_copy(update={"enabled": False}) for code, gate in rules().gates.items()}
    refusing = {**ACCOUNT, "do_not_contact": True, "legal_hold": True, "owner_id": None}
    plays = _plays("seat_limit", "company_wide").plays
    one = {**plays, "company_wide": plays["company_wide"].model_copy(update={"enabled": False})}
    asked = [{"id": "q", "account_id": "acme", "is_closed": True, "opened_on": TODAY - timedelta(days=200)}]
    needy = rules().ranking.model_copy(update={"numbers": {**rules().ranking.numbers, "needy_cases": 1}})
    found, _ = _find(
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
    found, _ = _find(rows, _alone(_plays("seat_limit")), language="ja")
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
    found, _ = _find(rows, _alone(_plays("seat_limit")).model_copy(update={"overrides": passes}))
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
    given = _alone(_plays("seat_limit", "company_wide"))
    one_a_week = given.gates["capacity"].model_copy(update={"numbers": {"leads": 1, "days": 7}})
    asked = {"account": "acme", "person": "Owner 01", "reason": "They asked.", "until": TODAY}
    passes = tuple(Override.model_validate({**asked, "gate": gate}) for gate in passed)
    gates = {**given.gates, "capacity": one_a_week}
    found, _ = _find({**ROWS, **PEERS}, given.model_copy(update={"gates": gates, "overrides": passes}))
    assert sorted(lead.state for lead in found.leads if lead.account_id == "acme") == states


def test_a_company_adds_a_play_a_gate_and_a_fact_of_its_own() -> None:
    play = Play.model_validate(
        {"motion": "upsell", "pattern": "healthy", "when": "employees >= 100 and x_health >= 80", "value": 1200,
             "about": "main_product_name",
         "evidence": ["x_health"]}
    )  # fmt: skip
    gate = Gate.model_validate(
        {"when": "x_health > most", "value": "x_health", "limit": "most", "numbers": {"most": 90}}
    )
    texts = {}
    for language, said in rules().texts.items():
        plays = {**said.plays, "healthy": {**said.plays["company_wide"], "why": "{account}: {x_health}"}}
        reasons = {**said.reasons, "too_healthy": "{value} > {limit}"}
        words = {**said.words, "fact.x_health": "Health"}
        texts[language] = said.model_copy(update={"plays": plays, "reasons": reasons, "words": words})
    source = {"object": "Account", "fields": {}, "extra": {"health": {"field": "Health__c", "kind": "integer"}}}
    mapping = rules().mapping.model_copy(update={"read": {"account": (Source.model_validate(source),)}})
    own = rules().model_copy(
        update={"plays": {"healthy": play}, "gates": {**rules().gates, "too_healthy": gate}, "texts": texts,
                "mapping": mapping}
    )  # fmt: skip
    assert [line for file, line in check(own) if not file.startswith("texts") or "healthy" in str(line)] == []
    healths = (79, 80, 91)
    customers = [{**ACCOUNT, "id": f"a{health}", "name": f"Example {health}"} for health in healths]
    people = [{**ROWS["contact"][0], "id": f"c{health}", "account_id": f"a{health}"} for health in healths]
    with closing(World({"owner": ROWS["owner"], "account": customers, "contact": people})) as world:
        accounts = world.tables["account"]
        health = accounts.id.cases(*((f"a{health}", health) for health in healths)).cast("int64")
        world.tables["account"] = accounts.mutate(x_health=health)
        found = world.find(_alone(own), lineage={**LINEAGE, "account.x_health": "Account.Health__c"})
    seen = {
        lead.account_id: (lead.state, [r.text for r in lead.reasons], [(e.field, e.value) for e in lead.evidence])
        for lead in found.leads
    }
    evidence = "Account.Health__c"
    assert seen == {"a80": ("open", [], [(evidence, 80)]), "a91": ("suppressed", ["91 > 90"], [(evidence, 91)])}


def test_the_limit_that_the_page_shows_finds_who_comes_near_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "leads.md").read_text("utf-8")
    shown = page.split("### A limit of the plan other than seats")[1].split("```")
    extra, plays = (YAML(typ="safe").load(part.removeprefix("yaml")) for part in (shown[1], shown[3]))
    [(name, written)] = plays.items()
    texts = {
        language: said.model_copy(
            update={
                "plays": {**said.plays, name: {**said.plays["plan_up"], "why": "{account}: {x_storage_percent}"}},
                "words": {**said.words, "fact.x_storage_percent": "Storage"},
            }
        )
        for language, said in rules().texts.items()
    }
    source = Source.model_validate({"object": "Account", "fields": {}, **extra})
    mapping = rules().mapping.model_copy(update={"read": {"account": (source,)}})
    own = rules().model_copy(
        update={"plays": {name: Play.model_validate(written)}, "texts": texts, "mapping": mapping}
    )
    assert [line for file, line in check(own) if not file.startswith("texts") or name in str(line)] == []
    shares = (89, 90)
    rows = background() | {
        "account": [{**ACCOUNT, "id": f"a{share}", "name": f"Example {share}"} for share in shares],
        "contact": [{**ROWS["contact"][0], "id": f"c{share}", "account_id": f"a{share}"} for share in shares],
        "subscription": [
            {
                "id": f"s{share}",
                "account_id": f"a{share}",
                "product_id": "suite",
                "seats_paid": 100,
                "unit_price": 1500,
            }
            for share in shares
        ],
    }
    with closing(World(rows)) as world:
        accounts = world.tables["account"]
        used = accounts.id.cases(*((f"a{share}", float(share)) for share in shares))
        world.tables["account"] = accounts.mutate(x_storage_percent=used.cast("float64"))
        lineage = {**LINEAGE, "account.x_storage_percent": "Account.Storage_Used_Percent__c"}
        found = world.find(_alone(own), lineage=lineage)
    seen = [(lead.account_id, lead.product, [(e.field, e.value) for e in lead.evidence]) for lead in found.leads]
    assert seen == [("a90", "SUITE-PRO", [("Account.Storage_Used_Percent__c", 90)])]


def test_every_product_is_looked_at_whatever_a_condition_mentions_and_without_evidence_there_is_no_lead() -> None:
    told = {"motion": "upsell", "pattern": "own", "when": "employees >= 100"}
    plays = {
        "each": Play.model_validate({**told, "per": "owned", "evidence": ["employees"]}),
        "bare": Play.model_validate(told),
    }
    texts = {
        language: said.model_copy(
            update={"plays": {name: {**said.plays["company_wide"], "why": ""} for name in plays}}
        )
        for language, said in rules().texts.items()
    }
    with closing(World(ROWS)) as world:
        found = world.find(_alone(rules().model_copy(update={"plays": plays, "texts": texts})))
        said = {one.name: one.answer for one in plays_said(found, "acme")}
    assert [(lead.play, lead.product) for lead in found.leads] == [("each", "SUITE")]
    assert said == {"each": "lead", "bare": "no evidence"}


@pytest.mark.parametrize(("about", "key"), [(None, "-"), ("main_product", "SUITE")])
def test_a_play_about_the_account_may_sell_a_product_and_is_told_no_for_that_product(
    about: str | None, key: str
) -> None:
    told = {"motion": "upsell", "pattern": "own", "when": "employees >= 100", "evidence": ["employees"]}
    given = _alone(_plays("company_wide"))
    plays = {"company_wide": Play.model_validate({**told, "product": about, "target": "'CARE'"})}
    care = {"id": "care", "code": "CARE", "name": "Care"}
    no = {"id": "t1", "key": f"acme/company_wide/{key}/2026Q2", "kind": "task", "is_closed": True,
          "outcome": "declined", "created_on": TODAY - timedelta(days=100)}  # fmt: skip
    rows = {**ROWS, "product": [*ROWS["product"], care], "ours": [no]}
    found, accounts = _find(rows, given.model_copy(update={"plays": plays}))
    (lead,) = found.leads
    assert (lead.product, lead.key.product, lead.facts["product_name"]) == ("CARE", key, "Care")
    assert [reason.code for reason in lead.reasons] == ["declined_product"]
    assert accounts[0]["next_product"] is None
    offered, accounts = _find({**rows, "ours": []}, given.model_copy(update={"plays": plays}))
    assert offered.leads[0].state == "open"
    assert accounts[0]["next_product"] == "CARE Care"


def test_facts_that_only_the_reason_of_a_gate_that_is_off_would_tell_are_not_asked_for() -> None:
    gates = rules().gates
    off = {**gates, "churn_high": gates["churn_high"].model_copy(update={"enabled": False})}
    assert "risk_reasons" in questions(rules())
    assert "risk_reasons" not in questions(rules().model_copy(update={"gates": off}))


def test_what_cannot_be_shown_takes_no_place_from_what_can() -> None:
    renewing = {**ROWS["subscription"][0], "ends_on": TODAY + timedelta(days=90), "unit_price": 100_000}
    rows = {**ROWS, "subscription": [renewing]}
    both = _alone(_plays("seat_limit", "renewal_window"))
    found, _ = _find(rows, both)
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


def test_a_play_in_python_is_registered_by_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def grown(ground: Ground, numbers: Mapping[str, float]) -> ir.Table:
        rows = ground.wide("account")
        return rows.filter(rows.employees >= int(numbers["people"])).select("account_id", value=rows.employees * 100)

    monkeypatch.setattr("leads.rules.entry_points", lambda group: [_Entry("grown", grown)] if group == GROUP else [])
    python_plays.cache_clear()
    play = Play.model_validate(
        {"motion": "expansion", "pattern": "grown", "python": "grown", "evidence": ["employees"],
         "numbers": {"people": 300}}
    )  # fmt: skip
    texts = {
        language: said.model_copy(update={"plays": {**said.plays, "grown": said.plays["company_wide"]}})
        for language, said in rules().texts.items()
    }
    found, _ = _find(ROWS, _alone(rules().model_copy(update={"plays": {"grown": play}, "texts": texts})))
    python_plays.cache_clear()
    assert [(lead.play, lead.value, lead.state) for lead in found.leads] == [("grown", 30000, "open")]


def _of_family(ground: Ground, numbers: Mapping[str, float]) -> ir.Table:
    # held on to while everything else is computed
    rows, whole = ground.family("revenue"), ground.wide("account")
    rows = rows.semi_join(whole, "account_id")
    return rows.filter(rows.paid_users >= int(numbers["people"])).select("account_id", value=rows.paid_users)


def _of_own(ground: Ground, numbers: Mapping[str, float]) -> ir.Table:
    rows = ground.family("account")
    return rows.filter(rows.x_health >= int(numbers["people"])).select("account_id", value=rows.x_health)


def _of_needs(ground: Ground, numbers: Mapping[str, float]) -> ir.Table:
    rows = ground.wide("account")
    found = (rows.x_health >= int(numbers["people"])) & rows.country.isnull()
    return rows.filter(found).select("account_id", value=rows.x_health)


@pytest.mark.parametrize("code", [_of_family, _of_own, _of_needs])
@pytest.mark.parametrize("first", [True, False])
def test_a_play_in_python_may_look_at_every_family_and_own_column(
    monkeypatch: pytest.MonkeyPatch, code: Any, first: bool
) -> None:
    monkeypatch.setattr("leads.rules.entry_points", lambda group: [_Entry("code", code)] if group == GROUP else [])
    python_plays.cache_clear()
    play = Play.model_validate(
        {"motion": "expansion", "pattern": "grown", "python": "code", "evidence": ["employees"], "needs": ["country"],
         "numbers": {"people": 3}}
    )  # fmt: skip
    own = {"object": "Account", "fields": {}, "extra": {"health": {"field": "Health__c", "kind": "integer"}}}
    mapping = rules().mapping.model_copy(update={"read": {"account": (Source.model_validate(own),)}})
    texts = {
        language: said.model_copy(update={"plays": {**said.plays, "code": said.plays["company_wide"]}})
        for language, said in rules().texts.items()
    }
    beside = {"seat_limit": rules().plays["seat_limit"]}
    plays = {"code": play, **beside} if first else {**beside, "code": play}
    with closing(World({**ROWS, "account": [*ROWS["account"], {"id": "other", "country": "JP"}]})) as world:
        accounts = world.tables["account"]
        world.tables["account"] = accounts.mutate(x_health=ibis.literal(80).cast("int64"))
        found = world.find(
            _alone(rules().model_copy(update={"plays": plays, "texts": texts, "mapping": mapping})),
            lineage={**LINEAGE, "account.x_health": "Account.Health__c"},
        )
    python_plays.cache_clear()
    assert {lead.play for lead in found.leads} == {"code", "seat_limit"}


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
    found, accounts = _find(rows, _alone(_plays("seat_limit")), language=None)
    first, second = found.leads
    overall = (30 + 0.3 * 20) / (40 + 20)
    assert (first.p_win, first.facts["decided_n"]) == (pytest.approx(overall), 40)
    assert second.p_win == pytest.approx((10 + 20 * overall) / (10 + 20), abs=1e-4)
    assert (first.value, first.currency) == (20 * 500 * 12, "USD")
    assert (second.value, second.currency) == (20 * 800 * 12, "JPY")
    answers = {row["account_id"]: (row["currency"], row["headroom_value"]) for row in accounts}
    assert answers == {"acme": ("USD", 200 * 500 * 12), "bcme": ("JPY", 200 * 800 * 12)}


class _Entry(NamedTuple):
    """An entry point as a package declares it."""

    name: str
    play: Callable[..., Any]

    def load(self) -> Callable[..., Any]:
        return self.play


class _Spark(Config):
    """What the Spark engine would set when it connects."""

    treat_nan_as_null: bool = False


def test_tables_that_are_still_expressions_are_materialised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibis.options, "pyspark", _Spark())
    with closing(World(ROWS)) as world:
        staged: list[str] = []
        asked: list[Any] = []

        def stage(name: str, expr: Any) -> Any:
            staged.append(name)
            asked.append(expr.op())
            assert pyspark.compiler.to_sqlglot(expr.unbind()).sql("spark"), "it compiles for a cluster as well"
            return world.stage(name, expr)

        world.tables = {name: table.filter(table.id != "") for name, table in world.tables.items()}
        found = world.find(_alone(_plays("seat_limit")), stage=stage)
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
