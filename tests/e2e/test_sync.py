"""One sync, end to end, as a person runs it: over real HTTP, on both CRMs."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from ruamel.yaml import YAML

from connector.emulator.server import Emulator
from jobs import verbs
from jobs.demo import run_demo
from jobs.result import Shown, by_motion, lead_json
from jobs.settings import Settings, settings_of
from jobs.unrated import rates_missing
from jobs.view import latest_view
from jobs.wiring import rules_of
from leads.rules import Book
from mappings.canonical import Evidence
from mappings.load import PRESETS
from mappings.sources import lineage
from tests.command import run
from tests.e2e.harness import CRMS, Serve, alike
from tests.jobs.few_rules import few_rules

RESULT_KEYS = {
    "run", "connection", "plan", "read", "leads", "changes", "written", "refused", "conflicts", "calls", "seconds",
    "left_alone", "gone",
    "first_write", "left",
}  # fmt: skip
LEAD_KEYS = {
    "key", "account_id", "account_name", "motion", "pattern", "play", "product", "state", "reasons", "evidence",
    "action", "priority", "value", "currency", "p_win", "expected", "owner_id", "contact_id", "due",
    "worked",
}  # fmt: skip

Records = dict[str, dict[str, dict[str, Any]]]
"""What a CRM holds: flat records by object and id."""


class Watched(Emulator):
    """An emulator that tells, when it ends, what the CRM holds."""

    held: Records

    def __exit__(self, *ended: object) -> None:
        (org,) = self.orgs.values()
        self.held = {object: _by_id(org, object) for object in org.inspect(None)["counts"]}
        super().__exit__(*ended)


def _by_id(org: Any, object: str) -> dict[str, dict[str, Any]]:
    flat = ({**one, **one.get("properties", {})} for one in org.inspect(object)["records"])
    return {str(one.get("Id") or one["id"]): one for one in flat}


@pytest.fixture(scope="module")
def shown_and_held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Shown, Records]]:
    """The example company, set up and synced twice in each CRM; and what each CRM held then."""
    folder, served = tmp_path_factory.mktemp("demo"), []

    def watched(*args: Any, **options: Any) -> Watched:
        served.append(Watched(*args, **options))
        return served[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("jobs.demo.Emulator", watched)
        return {crm: (run_demo(crm, folder, "en", lambda *_: None), served[-1].held) for crm in CRMS}


@pytest.fixture(scope="module")
def shown(shown_and_held: dict[str, tuple[Shown, Records]]) -> dict[str, Shown]:
    return {crm: shown for crm, (shown, _) in shown_and_held.items()}


@pytest.mark.parametrize("crm", CRMS)
def test_the_second_sync_writes_nothing_and_the_leads_stay(shown: dict[str, Shown], crm: str) -> None:
    first, again = shown[crm].result, shown[crm].again
    told = first.to_json()
    assert first.written == sum(told["changes"].values()) > 100
    assert (told["refused"], told["conflicts"]) == (0, 0)
    assert again.to_json()["changes"] == {"create": 0, "update": 0, "close": 0, "remove": 0}
    assert (again.written, again.refused, again.to_json()["conflicts"]) == (0, (), 0)
    assert first.found is not None
    assert again.found is not None
    assert first.found.leads == again.found.leads


def test_who_reads_japanese_sees_the_demo_in_japanese(tmp_path: Path) -> None:
    ended = run("demo", "--crm", "hubspot", folder=tmp_path, variables={"TOSSUP_LANGUAGE": "ja"})
    assert (ended.code, ended.err) == (0, "")
    assert "【根拠となる数値】" in ended.out
    assert "export TOSSUP_LANGUAGE=ja" in ended.out


def test_both_crms_give_the_same_leads(shown: dict[str, Shown]) -> None:
    found = [alike(json.loads(orjson.dumps([lead_json(lead) for lead in shown[crm].leads]))) for crm in CRMS]
    assert found[0] == found[1]


@pytest.mark.parametrize("crm", CRMS)
def test_leads_of_every_currency_are_ranked_by_the_rates_that_the_crm_keeps(
    shown: dict[str, Shown], crm: str
) -> None:
    found = shown[crm].result.found
    assert found is not None
    worth = {"USD": 1.0, "EUR": 1.25, "JPY": 0.00625 * 100}  # of a cent or a yen, in cents
    valued = [lead for lead in found.leads if lead.facts.get("expected")]
    assert {lead.currency for lead in valued} == set(worth)
    for lead in valued:
        assert lead.facts["ranked"] == pytest.approx(lead.facts["expected"] * worth[lead.currency], abs=1)
    assert not any(lead.facts.get("rate_unknown") for lead in found.leads)
    assert rates_missing(found, found.leads) is None


@pytest.mark.parametrize("crm", CRMS)
def test_every_lead_has_evidence_and_one_that_is_not_open_says_why(shown: dict[str, Shown], crm: str) -> None:
    leads = [json.loads(orjson.dumps(lead_json(lead))) for lead in shown[crm].leads]
    assert all(set(lead) == LEAD_KEYS for lead in leads)
    assert all(lead["evidence"] for lead in leads)
    assert all(lead["reasons"] for lead in leads if lead["state"] != "open")


@pytest.mark.parametrize("crm", CRMS)
def test_every_evidence_of_every_lead_names_a_record_that_holds_it(
    shown_and_held: dict[str, tuple[Shown, Records]], crm: str
) -> None:
    shown, held = shown_and_held[crm]
    quoted = [(lead.play, evidence) for lead in shown.leads for evidence in lead.evidence]
    for play, evidence in quoted:
        object, _, field = evidence.field.partition(".")
        there = held[object]
        assert evidence.record in there, (play, evidence)
        assert _same(there[evidence.record][field], evidence), (play, evidence, there[evidence.record])
    assert {"anchor_bought_on", "won_on", "interest_on"} <= {evidence.fact for _, evidence in quoted}
    assert len({play for play, _ in quoted}) == 28


def _same(held: object, evidence: Evidence) -> bool:
    if evidence.unit == "date":
        return str(held)[:10] == evidence.value
    if isinstance(evidence.value, str):
        return held == evidence.value
    return float(str(held)) == evidence.value


@pytest.mark.parametrize("crm", CRMS)
def test_the_account_says_why_its_best_offer_fits(shown_and_held: dict[str, tuple[Shown, Records]], crm: str) -> None:
    _, held = shown_and_held[crm]
    object, product, reason, name = {
        "salesforce": ("Account", "Tossup_Next_Product__c", "Tossup_Next_Reason__c", "Name"),
        "hubspot": ("companies", "tossup_next_product", "tossup_next_reason", "name"),
    }[crm]
    offered = [one for one in held[object].values() if one.get(product)]
    assert len(offered) > 20
    assert all(one[name] in one[reason] and len(one[reason]) <= 255 for one in offered)
    assert not any(one.get(reason) for one in held[object].values() if not one.get(product))


OPTIONAL = ("usage", "feedback", "engagement", "case")
ASLEEP = {
    "plan_up": ("engagement.product_id",),
    "paid_option": ("engagement.product_id|case.product_id",),
    "premium_support": ("case.opened_on",),
    "interest_tossup": ("engagement.product_id|case.product_id",),
    "usage_drop_save": ("usage.quantity",),
    "nps_save": ("feedback.score",),
    "training": ("case.opened_on",),
}
"""The plays that stand on the optional tables alone, and the columns that would wake them."""


def _half_mapped(crm: str, shown: Shown, folder: Path) -> Settings:
    """The synced company with the preset's mapping, but for usage, surveys, web and mail events, and cases."""
    yaml = YAML(typ="safe", pure=True)
    mapping = yaml.load((PRESETS / f"{crm}.yaml").read_text("utf-8"))
    for table in OPTIONAL:
        del mapping["read"][table]
    yaml.dump(mapping, folder / f"{crm}.yaml")
    told = {"TOSSUP_CRM": crm, "TOSSUP_STATE_DIR": str(shown.store), "TOSSUP_CONFIG": str(folder)}
    return settings_of(told, offline=True)


@pytest.mark.parametrize("crm", CRMS)
def test_with_half_of_a_mapping_exactly_the_plays_that_need_the_rest_are_asleep(
    shown: dict[str, Shown], crm: str, tmp_path: Path
) -> None:
    settings = _half_mapped(crm, shown[crm], tmp_path)
    rules = rules_of(settings)
    mapped = lineage(rules.mapping, latest_view(settings.state_dir, crm, None).schema)
    missing = {
        rule.name: tuple(need for need in rule.needs if not set(need.split("|")) & set(mapped))
        for rule in Book(rules).plays()
    }
    assert {play: needs for play, needs in missing.items() if needs} == ASLEEP


def test_with_half_of_a_mapping_every_other_lead_is_given_with_the_same_evidence(
    shown: dict[str, Shown], tmp_path: Path
) -> None:
    whole = shown["hubspot"].leads
    half = verbs.find_leads(_half_mapped("hubspot", shown["hubspot"], tmp_path))
    assert {one.play: one.needs for one in half.asleep} == ASLEEP
    worked = {lead.play for lead in half.leads if lead.state in ("open", "waiting")}
    assert worked == {lead.play for lead in whole} - set(ASLEEP)
    given = {lead.key: lead.evidence for lead in half.leads}
    # who was delighted is read from answers, which this half leaves out: no play sleeps for it
    told = {lead.key: tuple(one for one in lead.evidence if one.fact != "delighted_on") for lead in whole}
    assert given == {lead.key: told[lead.key] for lead in whole if lead.play not in ASLEEP}


@pytest.mark.parametrize("crm", CRMS)
def test_the_demo_prints_what_sync_prints(
    serve: Serve, shown: dict[str, Shown], crm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.demo.run_demo", lambda asked, *_: shown[asked])
    told = serve(crm, "empty")("demo", "--crm", crm, "--json").json()
    assert set(told) == RESULT_KEYS | {"leads_by_motion"}
    assert told["leads_by_motion"] == by_motion(shown[crm].leads)
    assert told["changes"] == shown[crm].result.to_json()["changes"]
    assert "every task and toss-up" not in json.dumps(told)


def test_what_scripts_read_is_what_the_interface_page_promises(serve: Serve) -> None:
    tossup = serve("salesforce")
    tossup.env["TOSSUP_CONFIG"] = str(few_rules(tossup.folder / "config", tossup.crm))
    assert tossup("setup", "--json", expect=3).json()["steps"]
    assert tossup("setup", "--apply", "--json").json()["applied"] is True
    assert tossup("setup", "--json").json()["steps"] == []
    pulled = tossup("pull", "--json").json()
    assert set(pulled) == RESULT_KEYS
    assert all(set(counts) == {"rows", "crm_count", "deleted"} for counts in pulled["read"].values())
    assert all(counts["rows"] == counts["crm_count"] for counts in pulled["read"].values())
    planned = tossup("plan", "--json").json()
    assert planned["written"] == 0
    assert planned["changes"]["create"] > 0
    applied = tossup("apply", planned["plan"], "--json").json()
    assert applied["written"] == sum(planned["changes"].values())
    leads = tossup("leads", "--json").json()
    assert [lead["key"] for lead in leads] == sorted(lead["key"] for lead in leads)
    assert all(set(lead) == LEAD_KEYS for lead in leads)
    assert all(lead["evidence"] for lead in leads)
    assert all(lead["reasons"] for lead in leads if lead["state"] != "open")
    story = tossup("explain", leads[0]["account_id"], "--json").json()
    assert story["account_name"] == leads[0]["account_name"]
    assert leads[0] in story["leads"]
    ran = tossup("runs", "--json").json()
    assert [run["verb"] for run in ran] == ["apply", "plan", "pull"]
    assert {run["exit_code"] for run in ran} == {0}


def test_without_yes_nothing_is_written_and_a_person_is_asked(serve: Serve) -> None:
    tossup = serve("hubspot")
    tossup.env["TOSSUP_CONFIG"] = str(few_rules(tossup.folder / "config", tossup.crm))
    tossup("setup", "--apply")
    before = tossup.emulator.hubspot.inspect(None)["counts"]
    planned = tossup("sync", "--json", expect=3).json()
    assert tossup("runs", "--json").json()[0]["exit_code"] == 3, "what the command ended with"
    assert planned["written"] == 0
    assert planned["changes"]["create"] > 0
    assert tossup.emulator.hubspot.inspect(None)["counts"] == before
