"""What `explain` knows of an account: facts with their records, every play's answer, every gate's, and the place."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connector.errors import GiveUp
from jobs.decide import Decided
from jobs.explain import Story, explain
from jobs.show import waking
from jobs.story import account_story
from leads import plays
from leads.considered import PlaySaid
from leads.facts.ground import Ground
from leads.verdicts import GateSaid, Judgement
from mappings.config import Override, Play, Rules
from tests.leads.world import LINEAGE, TODAY, World, rules


def _account(id: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": id,
        "name": f"Example Industries {id}",
        "owner_id": f"csm {id}",
        "employees": 300,
        "country": "Japan",
    }
    return {**plain, "currency": "USD", **more}


def _seats(account: str, paid: int, used: int) -> dict[str, Any]:
    return {"id": f"s-{account}", "account_id": account, "product_id": "suite", "seats_paid": paid,
            "seats_used": used, "unit_price": 500, "starts_on": TODAY - timedelta(days=400)}  # fmt: skip


LATELY = TODAY - timedelta(days=10)
ACCOUNTS = (
    _account("full", legal_hold=True, employees=120),
    _account("young", name="株式会社サンプル００１ほっかいどう営業本部第二営業所", customer_since=LATELY),
    _account("ours"),
    _account("calm"),
    _account("bare"),
    _account("small", owner_id="shared", employees=100),
    _account("large", owner_id="shared", employees=1000),
)  # fmt: skip
ROWS: dict[str, list[dict[str, Any]]] = {
    "owner": [{"id": one["owner_id"], "name": f"Owner {one['owner_id']}"} for one in ACCOUNTS[:-1]],
    "product": [
        {"id": "suite", "code": "SUITE", "name": "Suite", "complements": "GUARD; VAULT; ARCHIVE"},
        *({"id": code.lower(), "code": code, "name": code.title()} for code in ("GUARD", "VAULT", "ARCHIVE")),
    ],
    "account": [*ACCOUNTS],
    "contact": [
        {"id": f"c-{one['id']}", "account_id": one["id"], "name": "Contact", "role": "champion"} for one in ACCOUNTS
    ],
    "subscription": [
        _seats("full", 100, 95), _seats("young", 100, 95), _seats("ours", 100, 95), _seats("calm", 100, 80),
        _seats("small", 100, 95), _seats("large", 1000, 1000),
    ],
    "ours": [
        {"id": "t1", "key": "ours/seat_limit/SUITE/2026Q4", "kind": "task", "owner_id": "csm ours",
         "is_closed": False, "created_on": TODAY - timedelta(days=3)},
    ],
    "opportunity": [{"id": "d", "account_id": "ours", "name": "Suite", "product_id": "suite", "is_closed": False}],
    "feedback": [
        {"id": f"f-{account}", "account_id": account, "kind": "nps", "score": score, "on": TODAY}
        for account, score in (("ours", 3), ("calm", 9))
    ],
}  # fmt: skip
LET_PASS = (
    Override(gate="legal_hold", account="full", person="Owner 01", reason="They asked.", until=TODAY),
    Override(gate="tenure", account="young", play="company_wide", person="Owner 01", reason="R.", until=TODAY),
)


def _changed(part: str, name: str, **changes: Any) -> Any:
    return getattr(rules(), part)[name].model_copy(update=changes)


def _rules() -> Rules:
    plays = {name: rules().plays[name] for name in ("seat_limit", "company_wide", "nps_save", "renewal_window")}
    plays["complement_tossup"] = _changed("plays", "complement_tossup", per_account=2)
    plays["survey"] = _changed("plays", "survey", enabled=False)
    plain = {"motion": "upsell", "pattern": "own"}
    plays["no_record"] = Play.model_validate({**plain, "when": "employees < 200", "evidence": ["country"]})
    plays["by_code"] = Play.model_validate({**plain, "python": "loud", "evidence": ["employees"], "selling": False})
    gates = {**rules().gates, "capacity": _changed("gates", "capacity", numbers={"leads": 1, "days": 7})}
    gates["declined_product"] = _changed("gates", "declined_product", enabled=False)
    return rules().model_copy(update={"plays": plays, "gates": gates, "overrides": LET_PASS})


def _loud(ground: Ground, _: Mapping[str, float]) -> Any:
    rows = ground.wide("account")
    return rows.filter(rows.account_id == "bare").select("account_id")


@pytest.fixture(scope="module")
def decided() -> Iterator[Decided]:
    """Seven accounts, each with a story of its own, decided once."""
    mapped = {**LINEAGE, "account.employees": "companies.numberofemployees", "account.id": "companies.id",
              "account.country": "constant Japan"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, closing(World(ROWS)) as world:
        patch.setattr(plays, "python_plays", lambda: {"loud": _loud})
        yield Decided(found=world.find(_rules(), lineage=mapped), tables=world.tables)


@pytest.fixture(scope="module")
def stories(decided: Decided) -> Mapping[str, Story]:
    """The story of every account, by id."""
    return {one["id"]: explain(one["id"], decided) for one in ACCOUNTS}


Stories = Mapping[str, Story]


def _said(story: Story, play: str) -> PlaySaid:
    return next(one for one in story.plays if one.name == play)


def _judged(story: Story, play: str) -> Judgement:
    return next(one for one in story.judgements if one.lead.play == play)


def _gate(judged: Judgement, code: str) -> GateSaid:
    return next(one for one in judged.gates if one.code == code)


def test_a_fact_names_the_record_and_field_it_was_read_from_and_others_are_computed(stories: Stories) -> None:
    facts = {one["fact"]: one for one in json.loads(json.dumps(stories["full"].to_json()))["facts"]}
    assert facts["employees"]["value"] == 120
    assert (facts["employees"]["record"], facts["employees"]["field"]) == ("full", "companies.numberofemployees")
    assert (facts["main_seats"]["record"], facts["main_seats"]["field"]) == ("s-full", "Subscription.seats_paid")
    revenue = facts["account_revenue"]
    assert (revenue["value"], revenue["unit"], revenue["field"]) == (6000.0, "money", "computed")
    assert revenue["formula"].startswith("paid users x ARPPU x alive")
    assert facts["nps"] | {"formula": ""} == {
        "fact": "nps", "value": None, "kind": "integer", "unit": "points", "family": "feedback", "formula": "",
        "record": None, "field": None, "matters": False,
    }  # fmt: skip
    assert facts["employees"]["matters"]


def test_every_play_says_what_it_found_or_what_its_condition_lacked(stories: Stories) -> None:
    assert {one.name: one.answer for one in stories["full"].plays} == {
        "seat_limit": "lead", "company_wide": "near", "complement_tossup": "lead", "nps_save": "no",
        "renewal_window": "asleep", "survey": "off", "no_record": "no evidence", "by_code": "nothing",
    }  # fmt: skip
    assert [(one.product, one.answer) for one in _said(stories["full"], "complement_tossup").looked] == [
        ("ARCHIVE", "lead"), ("GUARD", "lead"), ("VAULT", "outdone"),
    ]  # fmt: skip
    (full,) = _said(stories["full"], "seat_limit").looked
    assert [(part.text, part.holds) for part in full.clauses] == [
        ("product_seats > 0", True), ("product_used >= used_share * product_seats", True),
    ]  # fmt: skip
    assert full.clauses[1].seen == {"product_used": 95, "used_share": 0.9, "product_seats": 100}
    (wide,) = _said(stories["full"], "company_wide").looked
    assert len([part for part in wide.clauses if not part.holds]) == 1
    assert _said(stories["full"], "renewal_window").needs == ("subscription.ends_on",)
    assert _said(stories["bare"], "by_code").answer == "lead"


def test_nearly_is_all_but_one_part_whose_facts_are_known(stories: Stories) -> None:
    assert _said(stories["calm"], "seat_limit").answer == "near", "80 of 100"
    assert _said(stories["calm"], "nps_save").answer == "no", "it has one part only"
    assert _said(stories["bare"], "company_wide").answer == "no", "nobody knows what they pay"
    assert _said(stories["bare"], "seat_limit").answer == "nothing"


def test_a_gate_that_refused_tells_value_and_limit_and_later_ones_were_not_asked(stories: Stories) -> None:
    judged = _judged(stories["young"], "seat_limit")
    tenure = _gate(judged, "tenure")
    assert (tenure.answer, tenure.value, tenure.limit) == ("refused", 10, 60)
    assert tenure.text == "A customer for 10 days; selling starts after 60."
    assert tenure.seen["tenure_days"] == 10
    assert [_gate(judged, code).answer for code in ("frequency", "options", "capacity")] == ["not asked"] * 3
    assert judged.place is None
    passed = _gate(judged, "severe_case")
    assert (passed.answer, dict(passed.seen)) == ("passed", {"severe_n": None})
    assert _gate(judged, "declined_product").answer == "off"


def test_a_gate_that_a_person_opened_names_the_person_the_reason_and_the_day(stories: Stories) -> None:
    said = _gate(_judged(stories["full"], "seat_limit"), "legal_hold")
    assert (said.answer, said.override) == ("let pass", LET_PASS[0])
    document = next(
        gate for gate in stories["full"].to_json()["judgements"][0]["gates"]
        if gate["gate"] == "legal_hold"
    )  # fmt: skip
    assert document["override"] == {"person": "Owner 01", "reason": "They asked.", "until": "2026-11-18"}


def test_gates_spare_our_open_leads_and_do_not_concern_plays_that_sell_nothing(stories: Stories) -> None:
    sold, saved = _judged(stories["ours"], "seat_limit"), _judged(stories["ours"], "nps_save")
    assert _gate(sold, "duplicate_opportunity").answer == "spared"
    assert _gate(sold, "churn_high").answer == "refused"
    assert {_gate(saved, code).answer for code in ("churn_high", "frequency", "options")} == {"not concerned"}
    assert saved.place is not None


def test_what_waits_tells_its_place_and_what_it_is_worth(stories: Stories) -> None:
    judged = _judged(stories["small"], "seat_limit")
    assert (judged.lead.state, judged.place, judged.places) == ("waiting", 2, 1)
    assert (judged.lead.value, judged.timing) == (120_000, 1.2)
    assert (judged.win_source, judged.win_model, judged.decided_n) == ("setting", None, 0)
    assert judged.expected == round(120_000 * judged.lead.p_win * 1.2)
    assert _gate(judged, "capacity").seen == {"place": 2}
    other = _judged(stories["small"], "complement_tossup")
    assert _gate(other, "frequency").seen["chosen_play"] == "seat_limit"


def test_the_document_has_the_keys_of_the_page(stories: Stories) -> None:
    document = json.loads(json.dumps(stories["full"].to_json()))
    page = (Path(__file__).parents[2] / "docs" / "interface.md").read_text("utf-8")
    assert list(document) == [
        "account_id", "account_name", "currency", "answers", "facts", "plays", "leads", "judgements", "history",
    ]  # fmt: skip
    assert [one["key"] for one in document["judgements"]] == [one["key"] for one in document["leads"]]
    play = next(one for one in document["plays"] if one["play"] == "renewal_window")
    assert play["needs"] == [{"subscription.ends_on": "Subscription.ends_on"}]
    assert document["answers"]["open_value"] == sum(
        one["value"] or 0 for one in document["leads"] if one["state"] == "open"
    )
    judged = document["judgements"][0]
    looked = document["plays"][0]["looked_at"][0]
    for part in (document, document["facts"][0], play, looked, looked["clauses"][0], judged, judged["gates"][0]):
        assert [key for key in part if f'"{key}"' not in page] == []


def _printed(story: Story, *, every_fact: bool = False) -> str:
    out = StringIO()
    Console(file=out, width=80, highlight=False).print(account_story(story, every_fact=every_fact))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _columns(text: str) -> int:
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines())


def _spaced(story: Story) -> str:
    return " ".join(_printed(story).replace("│", " ").split())


def test_people_read_values_with_units_and_numbers_in_the_place_of_their_names(stories: Stories) -> None:
    text = _spaced(stories["full"])
    assert "near company_wide" in text
    assert "nps <= 6 or (nps_before >= 9 and nps < 9) (nps 9; unknown: nps_before)" in _spaced(stories["calm"]), (
        "limits are facts"
    )
    assert "holds: product_used >= 0.9 * product_seats (product_used 95 seats, product_seats 100 seats)" in text
    assert "USD 1,200 a year x 30.0 % to win (a setting: no decided deals tell) x timing 1.2" in text
    assert "proof: Seats in use: 95 seats (Subscription.seats_used of s-full)" in text
    assert "Subscription.ends_on (subscription.ends_on) is empty" in text
    assert "let pass legal_hold [" in text, "several leads: each answer says whose it is"
    assert "Owner 01 let it pass until 2026-11-18: They asked. legal_hold yes" in text
    assert "no evidence no_record the condition holds, but no record shows it" in text
    assert "off survey enabled: false" in text
    assert "nothing by_code found nothing" in text
    assert "account_revenue USD 6,000 computed" in text
    assert "paid users x ARPPU" not in text
    refused = _spaced(stories["young"]).partition("selling starts after 60. ")[2][:120]
    assert "tenure_days 10 days" in refused
    assert "(days 60" in refused
    text = _spaced(stories["small"])
    assert "place 2 on the list of Owner shared; 1 fits into a week" in text
    assert "waiting by capacity: Place 2 on the owner's list; 1 fits into a week." in text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_stories_fit_80_columns_with_every_fact_and_in_japanese(stories: Stories, language: str) -> None:
    company = rules().mapping.company.model_copy(update={"language": language})
    using = _rules().model_copy(update={"mapping": rules().mapping.model_copy(update={"company": company})})
    for story in stories.values():
        told = replace(story, rules=using)
        text = _printed(told, every_fact=True)
        assert max(_columns(text), _columns(_printed(told))) <= 80
        assert "paid users x ARPPU x alive" in " ".join(text.split())
    shown = _printed(replace(stories["full"], rules=using), every_fact=True)
    assert not any(word in shown for word in ("席", "不明", "円")), "values read as the words around them"


def test_an_account_that_no_play_found_is_told_without_gates(stories: Stories) -> None:
    assert stories["calm"].judgements != ()
    text = _printed(replace(stories["calm"], judgements=()))
    assert "Gates" not in text


def test_what_would_wake_a_play_is_to_map_a_column_or_to_fill_it() -> None:
    assert waking("a.b|c.d", {}) == "a.b or c.d are not mapped"
    assert waking("a.b|c.d", {"a.b": "Asset.B"}) == "Asset.B (a.b) is empty, c.d is not mapped"


def test_the_account_is_found_by_id_name_or_part_of_it(decided: Decided) -> None:
    for wanted in ("full", "example industries FULL", "ies full"):
        assert explain(wanted, decided).account_id == "full"
    with pytest.raises(GiveUp, match=r"matches several accounts: Example Industries bare \(bare\), "):
        explain("Example", decided)
    with pytest.raises(GiveUp, match="No account is called 'nobody'"):
        explain("nobody", decided)
