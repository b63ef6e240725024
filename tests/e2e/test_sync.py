"""One sync, end to end, as a person runs it: over real HTTP, on both CRMs, three times."""

from typing import Any

import pytest

from tests.e2e.harness import CRMS, Serve, Tossup, alike

RESULT_KEYS = {
    "run", "connection", "plan", "read", "leads", "changes", "written", "refused", "conflicts", "calls", "seconds",
}  # fmt: skip
LEAD_KEYS = {
    "key", "account_id", "account_name", "motion", "pattern", "play", "product", "state", "reasons", "evidence",
    "priority", "value", "currency", "p_win", "owner_id", "contact_id", "due",
}  # fmt: skip


def synced(tossup: Tossup) -> dict[str, Any]:
    result: dict[str, Any] = tossup("sync", "--yes", "--json").json()
    return result


@pytest.mark.parametrize("crm", CRMS)
def test_the_second_and_third_sync_write_nothing_and_the_leads_stay(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    tossup("setup", "--apply", "--json")
    first = synced(tossup)
    leads = tossup("leads", "--json").json()
    assert first["written"] == sum(first["changes"].values()) > 100
    assert first["refused"] == first["conflicts"] == 0
    for _ in range(2):
        again = synced(tossup)
        assert again["changes"] == {"create": 0, "update": 0, "close": 0}
        assert again["written"] == again["refused"] == again["conflicts"] == 0
        assert tossup("leads", "--json").json() == leads


def test_both_crms_give_the_same_leads(serve: Serve) -> None:
    found = {}
    for crm in CRMS:
        tossup = serve(crm)
        tossup("setup", "--apply")
        synced(tossup)
        found[crm] = alike(tossup("leads", "--json").json())
    assert found["salesforce"] == found["hubspot"]


@pytest.mark.parametrize("crm", CRMS)
def test_what_scripts_read_is_what_the_interface_page_promises(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
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


@pytest.mark.parametrize("crm", CRMS)
def test_without_yes_nothing_is_written_and_a_person_is_asked(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    tossup("setup", "--apply")
    planned = tossup("sync", "--json", expect=3).json()
    assert planned["written"] == 0
    assert planned["changes"]["create"] > 0
    assert tossup("sync", "--json", expect=3).json()["plan"] == planned["plan"]
