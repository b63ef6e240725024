"""One sync, end to end, as a person runs it: over real HTTP, on both CRMs."""

import json

import orjson
import pytest

from jobs.demo import run_demo
from jobs.result import Shown, by_motion, lead_json
from tests.e2e.harness import CRMS, Serve, alike

RESULT_KEYS = {
    "run", "connection", "plan", "read", "leads", "changes", "written", "refused", "conflicts", "calls", "seconds",
}  # fmt: skip
LEAD_KEYS = {
    "key", "account_id", "account_name", "motion", "pattern", "play", "product", "state", "reasons", "evidence",
    "action", "priority", "value", "currency", "p_win", "expected", "owner_id", "contact_id", "due",
}  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """The example company, set up and synced twice in each CRM."""
    folder = tmp_path_factory.mktemp("demo")
    return {crm: run_demo(crm, folder, lambda *_: None) for crm in CRMS}  # type: ignore[arg-type]  # one of CRMS


@pytest.mark.parametrize("crm", CRMS)
def test_the_second_sync_writes_nothing_and_the_leads_stay(shown: dict[str, Shown], crm: str) -> None:
    first, again = shown[crm].result, shown[crm].again
    told = first.to_json()
    assert first.written == sum(told["changes"].values()) > 100  # type: ignore[attr-defined]  # JSON is told as objects
    assert (told["refused"], told["conflicts"]) == (0, 0)
    assert again.to_json()["changes"] == {"create": 0, "update": 0, "close": 0, "remove": 0}
    assert (again.written, again.refused, again.to_json()["conflicts"]) == (0, (), 0)
    assert first.found is not None
    assert again.found is not None
    assert first.found.leads == again.found.leads


def test_both_crms_give_the_same_leads(shown: dict[str, Shown]) -> None:
    found = [alike(json.loads(orjson.dumps([lead_json(lead) for lead in shown[crm].leads]))) for crm in CRMS]
    assert found[0] == found[1]


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
    tossup("setup", "--apply")
    before = tossup.emulator.hubspot.inspect(None)["counts"]
    planned = tossup("sync", "--json", expect=3).json()
    assert planned["written"] == 0
    assert planned["changes"]["create"] > 0
    assert tossup.emulator.hubspot.inspect(None)["counts"] == before
