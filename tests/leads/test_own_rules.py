"""What a company adds without touching Tossup: plays, gates, facts, and plays in Python."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import pytest
from ruamel.yaml import YAML

from leads.checks import check
from leads.considered import plays_said
from leads.facts.ground import Ground
from leads.rules import GROUP, python_plays
from mappings.config import Gate, Play, Source
from tests.leads.acme import ACCOUNT, ROWS, alone, find_in, only
from tests.leads.case_files import background
from tests.leads.world import LINEAGE, TODAY, World, rules


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
        found = world.find(alone(own), lineage={**LINEAGE, "account.x_health": "Account.Health__c"})
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
        found = world.find(alone(own), lineage=lineage)
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
        found = world.find(alone(rules().model_copy(update={"plays": plays, "texts": texts})))
        said = {one.name: one.answer for one in plays_said(found, "acme")}
    assert [(lead.play, lead.product) for lead in found.leads] == [("each", "SUITE")]
    assert said == {"each": "lead", "bare": "no evidence"}


@pytest.mark.parametrize(("about", "key"), [(None, "-"), ("main_product", "SUITE")])
def test_a_play_about_the_account_may_sell_a_product_and_is_told_no_for_that_product(
    about: str | None, key: str
) -> None:
    told = {"motion": "upsell", "pattern": "own", "when": "employees >= 100", "evidence": ["employees"]}
    given = alone(only("company_wide"))
    plays = {"company_wide": Play.model_validate({**told, "product": about, "target": "'CARE'"})}
    care = {"id": "care", "code": "CARE", "name": "Care"}
    no = {"id": "t1", "key": f"acme/company_wide/{key}/2026Q2", "kind": "task", "is_closed": True,
          "outcome": "declined", "created_on": TODAY - timedelta(days=100)}  # fmt: skip
    rows = {**ROWS, "product": [*ROWS["product"], care], "ours": [no]}
    found, accounts = find_in(rows, given.model_copy(update={"plays": plays}))
    (lead,) = found.leads
    assert (lead.product, lead.key.product, lead.facts["product_name"]) == ("CARE", key, "Care")
    assert [reason.code for reason in lead.reasons] == ["declined_product"]
    assert accounts[0]["next_product"] is None
    offered, accounts = find_in({**rows, "ours": []}, given.model_copy(update={"plays": plays}))
    assert offered.leads[0].state == "open"
    assert accounts[0]["next_product"] == "CARE Care"


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
    found, _ = find_in(ROWS, alone(rules().model_copy(update={"plays": {"grown": play}, "texts": texts})))
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
            alone(rules().model_copy(update={"plays": plays, "texts": texts, "mapping": mapping})),
            lineage={**LINEAGE, "account.x_health": "Account.Health__c"},
        )
    python_plays.cache_clear()
    assert {lead.play for lead in found.leads} == {"code", "seat_limit"}


class _Entry(NamedTuple):
    """An entry point as a package declares it."""

    name: str
    play: Callable[..., Any]

    def load(self) -> Callable[..., Any]:
        return self.play
