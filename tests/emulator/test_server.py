"""The server and its control plane: announcement, time, counts, log, people, state file, command."""

import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from connector.emulator.org import Clock
from connector.emulator.server import Emulator, PortTaken

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running():
    with Emulator("hubspot") as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    running.reset()
    running.calls(forget=True)
    running.clock.advance(-running.clock.offset)
    return running


def hubspot(emulator, method="GET", path="/crm/v3/objects/companies", body=None):
    bearer = emulator.announcement["hubspot"]["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.request(method, emulator.url + path, json=body, headers=headers, timeout=10)


def control(emulator, method, path, body=None, status=200):
    answer = requests.request(method, emulator.control_url + path, json=body, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_announcement_says_how_to_connect(emulator):
    told = emulator.announcement
    assert told["hubspot"]["url"] == emulator.url
    assert told["control"] == emulator.control_url
    env = told["env"]["hubspot"]
    assert env["TOSSUP_CRM"] == "hubspot"
    assert env["TOSSUP_HUBSPOT_URL"] == emulator.url
    assert env["TOSSUP_HUBSPOT_ACCESS_TOKEN"] == told["hubspot"]["access_token"]
    assert env["TOSSUP_HUBSPOT_API_VERSION"] == "2026-09"
    assert int(env["TOSSUP_HUBSPOT_SEARCH_PER_SECOND"]) > 100
    assert control(emulator, "GET", "/")["hubspot"] == told["hubspot"]


def test_with_the_vendors_limits_nothing_is_said_about_searches():
    with Emulator("hubspot", limits="vendor") as running:
        assert "TOSSUP_HUBSPOT_SEARCH_PER_SECOND" not in running.announcement["env"]["hubspot"]
        assert hubspot(running).headers["X-HubSpot-RateLimit-Max"] == "190"


def test_both_crms_live_behind_one_port():
    with Emulator("both") as running:
        assert set(running.announcement) == {"salesforce", "hubspot", "control", "env"}
        assert hubspot(running).status_code == 200
        assert requests.get(f"{running.url}/services/data", timeout=10).status_code in {200, 401}
        control(running, "GET", "/inspect", status=400)
        assert "counts" in control(running, "GET", "/inspect?crm=hubspot")


def test_what_there_is_not_is_404_and_the_wrong_method_405(emulator):
    assert hubspot(emulator, path="/crm/v9/objects/companies").status_code == 404
    assert hubspot(emulator, "PUT").status_code == 405
    assert hubspot(emulator, path="/services/data/v68.0/query").json()[0]["errorCode"] == "NOT_FOUND"
    assert hubspot(emulator, path="/").status_code == 404


def test_requests_are_counted_by_route_and_the_control_plane_is_not(emulator):
    for version in ("2026-03", "2026-09"):
        hubspot(emulator, path=f"/crm/objects/{version}/companies")
    hubspot(emulator)
    counted = {"GET /crm/objects/{version}/{type}": 2, "GET /crm/v3/objects/{type}": 1}
    assert control(emulator, "GET", "/calls") == counted
    assert control(emulator, "DELETE", "/calls") == counted
    assert control(emulator, "GET", "/calls") == {}


def test_the_date_of_every_answer_is_the_emulated_time(emulator):
    moment = datetime(2030, 1, 31, 12, tzinfo=UTC)
    told = control(emulator, "POST", "/clock", {"set": moment.isoformat()})
    assert datetime.fromisoformat(told["now"]) - moment < timedelta(seconds=10)
    assert parsedate_to_datetime(hubspot(emulator).headers["Date"]) - moment < timedelta(seconds=10)
    control(emulator, "POST", "/clock", {"advance": 3600})
    now = datetime.fromisoformat(control(emulator, "GET", "/clock")["now"])
    assert timedelta(hours=1) <= now - moment < timedelta(hours=1, seconds=10)
    made = hubspot(emulator, "POST", body={"properties": {"name": "Example 001"}}).json()
    assert made["createdAt"].startswith("2030-01-31T13:0")
    control(emulator, "POST", "/clock", {"set": "2030-01-31T12:00:00"}, status=400)


def test_a_clock_goes_on_ticking_from_where_it_was_set():
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    first = clock.now()
    assert first <= clock.now()
    assert clock.advance(10) - first >= timedelta(seconds=10)


def test_the_log_has_one_line_a_request(tmp_path):
    log = tmp_path / "requests.jsonl"
    with Emulator("hubspot", log=log) as running:
        hubspot(running)
        hubspot(running, path="/nowhere")
        bearer = running.announcement["hubspot"]["access_token"]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/crm/v3/objects/companies", 200),
        ("GET", "/nowhere", 404),
    ]
    assert all(line["milliseconds"] >= 0 for line in lines)
    assert bearer not in log.read_text()


def test_records_are_seeded_inspected_and_touched_by_people(emulator):
    ids = control(emulator, "POST", "/seed", {"object": "companies", "records": [{"name": "Example 001"}]})["ids"]
    act = {"person": "Owner 01", "action": "update", "object": "companies", "id": ids[0], "values": {"city": "x"}}
    assert control(emulator, "POST", "/act", act)["properties"]["city"] == "x"
    assert control(emulator, "GET", "/inspect")["counts"]["companies"] == 1
    record = control(emulator, "GET", "/inspect?crm=hubspot&object=companies")["records"][0]
    assert record["properties"]["name"] == "Example 001"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/seed", {"object": "companies", "records": {}}),
        ("POST", "/seed", {"object": "companies", "records": [{"not_there": "1"}]}),
        ("POST", "/seed", {"object": "owners", "records": [{"not_there": "1"}]}),
        ("POST", "/seed", {"records": []}),
        ("POST", "/seed", {"world": "no such world"}),
        ("POST", "/seed", {"crm": "salesforce", "object": "Account", "records": []}),
        ("POST", "/act", {"person": "Owner 01", "action": "update", "object": "companies", "id": "1"}),
        ("POST", "/clock", {"set": "tomorrow"}),
        ("POST", "/faults", {"match": "anything", "kind": "429"}),
        ("POST", "/faults", {"match": "GET /*", "kind": "418"}),
        ("POST", "/faults", {"match": "GET /*", "kind": "429", "often": True}),
        ("GET", "/inspect?object=spaceships", None),
        ("POST", "/seed", []),
    ],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(emulator, method, path, body):
    assert control(emulator, method, path, body, status=400)["error"]
    assert set(control(emulator, "GET", "/inspect")["counts"].values()) == {0}


def test_a_reset_is_another_account_with_the_same_credentials(emulator):
    before = control(emulator, "GET", "/")["hubspot"]
    emulator.hubspot.insert("companies", [{"name": "Example 001"}])
    after = control(emulator, "POST", "/reset")["hubspot"]
    assert after["portal_id"] != before["portal_id"]
    assert after["access_token"] == before["access_token"]
    assert control(emulator, "GET", "/inspect")["counts"]["companies"] == 0


def test_what_was_restored_is_what_was_seen(emulator):
    org = emulator.hubspot
    group = {"groupName": "tossup", "label": "x", "type": "string", "fieldType": "text"}
    org.define("companies", [{"name": "example_key", "hasUniqueValue": True, **group}])
    usage = {"name": "usage_date", "type": "date", "fieldType": "date"}
    org.define_object({"name": "product_usage", "labels": {}, "properties": [usage]})
    org.insert("owners", [{"lastName": "01"}])
    firm, other = org.insert("companies", [{"name": "A", "example_key": "k"}, {"name": "B"}])
    org.insert("product_usage", [{"usage_date": "2026-01-31", "associations": {"companies": [firm]}}])
    org.insert("contacts", [{"email": "a@example.com", "associations": {"companies": [firm]}}])
    org.act("Owner 01", "update", "companies", firm, {"city": "x"})
    org.act("Owner 01", "delete", "companies", other, {})
    saved = control(emulator, "GET", "/snapshot")
    seen = {name: org.inspect(name) for name in ("companies", "contacts", "product_usage", "owners")}
    org.act("Owner 01", "delete", "companies", firm, {})
    assert control(emulator, "POST", "/restore", saved)["hubspot"]["portal_id"] == str(
        saved["hubspot"]["portal"]["id"]
    )
    assert {name: org.inspect(name) for name in seen} == seen
    assert hubspot(emulator, path="/crm/v3/objects/companies/k?idProperty=example_key").json()["id"] == firm
    assert hubspot(emulator, path="/crm/v3/objects/companies?archived=true").json()["results"][0]["id"] == other
    history = hubspot(emulator, path=f"/crm/v3/objects/companies/{firm}?propertiesWithHistory=city").json()
    assert history["propertiesWithHistory"]["city"][0]["sourceType"] == "CRM_UI"
    conflict = hubspot(emulator, "POST", body={"properties": {"example_key": "k"}})
    assert conflict.status_code == 409
    assert int(org.insert("companies", [{"name": "C"}])[0]) > int(other)


def test_the_state_file_carries_an_account_over_a_restart(tmp_path):
    state = tmp_path / "state.json"
    with Emulator("hubspot", state=state) as running:
        running.clock.advance(10 * 24 * 3600)
        id = running.hubspot.insert("companies", [{"name": "Example 001"}])[0]
        before = running.announcement["hubspot"]
    with Emulator("hubspot", "no such world", state=state) as running:
        after = running.announcement["hubspot"]
        assert {**after, "url": ""} == {**before, "url": ""}
        assert hubspot(running, path=f"/crm/v3/objects/companies/{id}").status_code == 200
        assert running.clock.now() - datetime.now(UTC) > timedelta(days=9)
    assert {path.name for path in tmp_path.iterdir()} == {"state.json", "state.json.keys"}


def test_a_port_in_use_is_said_so(emulator):
    port = int(emulator.url.rsplit(":", 1)[1])
    with pytest.raises(PortTaken, match=f"port {port} is in use"), Emulator("hubspot", port=port):
        pass


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_announces_itself_first_and_saves_when_it_is_told_to_stop(tmp_path, stop):
    state = tmp_path / "state.json"
    code = "import sys; from pathlib import Path; from connector.emulator.server import serve; "
    code += "serve(crm='hubspot', state=Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        told = json.loads(running.stdout.readline())
        requests.post(
            f"{told['hubspot']['url']}/crm/v3/objects/companies",
            json={"properties": {"name": "Example 001"}},
            headers={"Authorization": f"Bearer {told['hubspot']['access_token']}"},
            timeout=10,
        ).raise_for_status()
        running.send_signal(stop)
        rest, problems = running.communicate(timeout=10)
    assert (running.returncode, rest, problems) == (0, b"", b"")
    saved = json.loads(state.read_text())
    assert len(saved["hubspot"]["portal"]["tables"]["companies"]["live"]) == 1


def test_saving_while_requests_come_in_waits_for_its_turn(tmp_path):
    with Emulator("hubspot", state=tmp_path / "state.json") as running:
        running.hubspot.insert("companies", [{"name": "Example 001"}])
        running.save_while_serving()
        saved = json.loads((tmp_path / "state.json").read_text())
        assert len(saved["hubspot"]["portal"]["tables"]["companies"]["live"]) == 1


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_the_coverage_page_has_a_row_for_every_route_and_no_others(crm):
    page = (ROOT / "connector/emulator/COVERAGE.md").read_text("utf-8")
    with Emulator(crm) as running:
        served = {f"{method} {route.path}" for route in running.routes for method in route.methods - {"HEAD"}}
    rows = set(re.findall(r"^\| `([A-Z]+ /[^`]*)`", page, re.MULTILINE))
    mine = re.compile(r"[A-Z]+ /services" if crm == "salesforce" else r"[A-Z]+ /(?!services)")
    assert {row for row in rows if mine.match(row)} == {row for row in served if mine.match(row)}


def test_every_secret_that_was_ever_given_out_is_known_and_is_in_no_log(tmp_path):
    log = tmp_path / "requests.jsonl"
    with Emulator("both", log=log, log_bodies=True) as emulator:
        told = emulator.announcement
        app = {name: told["hubspot"][name] for name in ("client_id", "client_secret", "refresh_token")}
        form = {"grant_type": "refresh_token", **app}
        asked = requests.post(f"{emulator.url}/oauth/v1/token", data=form, timeout=10).json()
        app = {name: told["salesforce"][name] for name in ("client_id", "client_secret")}
        form = {"grant_type": "client_credentials", **app}
        session = requests.post(f"{emulator.url}/services/oauth2/token", data=form, timeout=10).json()
        state = emulator.snapshot()
        control(emulator, "POST", "/settings", {"expire_tokens": True})
        emulator.restore(state)
        of_hubspot = control(emulator, "GET", "/secrets?crm=hubspot")
        of_salesforce = control(emulator, "GET", "/secrets?crm=salesforce")
    assert {asked["access_token"], told["hubspot"]["access_token"], app["client_secret"]} <= {
        *of_hubspot.values(), *of_salesforce.values()
    }  # fmt: skip
    assert of_salesforce["token 0"] == session["access_token"]
    assert of_salesforce["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert not [one for one in (*of_hubspot.values(), *of_salesforce.values()) if one in log.read_text()]
    assert log.read_text().count("(a form of ") == 2
