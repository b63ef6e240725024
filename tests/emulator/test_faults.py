"""Faults: what they hit, what they answer, and what they leave behind."""

import json
import time

import pytest
import requests

from connector.emulator.faults import Faults, answer
from connector.emulator.server import Emulator


@pytest.fixture(scope="module")
def running():
    with Emulator("hubspot") as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    running.reset()
    running.calls(forget=True)
    return running


def fault(emulator, **told):
    answered = requests.post(f"{emulator.control_url}/faults", json=told, timeout=10)
    assert answered.ok, answered.text
    return answered.json()


def create(emulator, name="Example 001", *, inputs=None, timeout=10):
    return requests.post(
        f"{emulator.url}/crm/v3/objects/companies{'/batch/create' if inputs else ''}",
        json={"inputs": inputs} if inputs else {"properties": {"name": name}},
        headers={"Authorization": f"Bearer {emulator.announcement['hubspot']['access_token']}"},
        timeout=timeout,
    )


def companies(emulator):
    return emulator.hubspot.inspect(None)["counts"]["companies"]


@pytest.mark.parametrize(
    ("kind", "status", "member", "word"),
    [
        ("429", 429, "errorType", "RATE_LIMIT"),
        ("503", 503, "category", "SERVICE_UNAVAILABLE"),
        ("401", 401, "category", "EXPIRED_AUTHENTICATION"),
        ("lock", 423, "category", "LOCKED"),
    ],
)
def test_the_next_calls_fail_as_hubspot_fails_and_write_nothing(emulator, kind, status, member, word):
    fault(emulator, match="POST /crm/*/companies", kind=kind, times=2)
    for _ in range(2):
        refused = create(emulator)
        assert (refused.status_code, refused.json()[member]) == (status, word)
    assert companies(emulator) == 0
    assert create(emulator).status_code == 201
    assert emulator.calls() == {
        f"POST /crm/v3/objects/companies (fault {kind})": 2,
        "POST /crm/v3/objects/{type}": 1,
    }


def test_a_connection_dropped_before_the_commit_wrote_nothing(emulator):
    fault(emulator, match="POST /crm/*", kind="drop_before")
    with pytest.raises(requests.ConnectionError):
        create(emulator)
    assert companies(emulator) == 0
    assert create(emulator).status_code == 201


def test_a_connection_dropped_after_the_commit_did_write(emulator):
    fault(emulator, match="POST /crm/*", kind="drop_after")
    with pytest.raises(requests.ConnectionError):
        create(emulator)
    assert companies(emulator) == 1
    assert emulator.calls() == {"POST /crm/v3/objects/{type}": 1}


def test_a_slow_answer_comes_late_and_whole(emulator):
    fault(emulator, match="POST /crm/*", kind="slow", seconds=0.05)
    began = time.perf_counter()
    assert create(emulator).status_code == 201
    assert time.perf_counter() - began >= 0.05


def test_a_reset_connection_did_write(emulator):
    fault(emulator, match="POST /crm/*", kind="reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        create(emulator)
    assert companies(emulator) == 1


def test_a_call_that_hangs_did_write_and_ends_when_the_client_gives_up(emulator):
    fault(emulator, match="POST /crm/*", kind="hang")
    with pytest.raises(requests.ReadTimeout):
        create(emulator, timeout=0.1)
    assert companies(emulator) == 1


def test_half_an_answer_is_told_of_what_was_done(emulator):
    fault(emulator, match="POST /crm/*", kind="half")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        create(emulator)
    assert companies(emulator) == 1


def test_an_error_can_come_after_the_commit(emulator):
    fault(emulator, match="POST /crm/*", kind="500_after")
    answered = create(emulator)
    assert (answered.status_code, answered.json()["category"]) == (500, "INTERNAL_ERROR")
    assert companies(emulator) == 1


def test_a_refusal_can_say_how_long_to_wait(emulator):
    fault(emulator, match="POST /crm/*", kind="429", retry_after=7)
    assert create(emulator).headers["Retry-After"] == "7"


def test_of_a_hubspot_batch_every_second_record_can_be_locked(emulator):
    fault(emulator, match="POST /crm/*", kind="partial")
    inputs = [{"properties": {"name": f"Example 00{n}"}, "objectWriteTraceId": f"t{n}"} for n in range(4)]
    answered = create(emulator, inputs=inputs)
    assert [one["objectWriteTraceId"] for one in answered.json()["results"]] == ["t0", "t2"]
    (error,) = answered.json()["errors"]
    assert (error["category"], error["context"]["objectWriteTraceId"]) == ("LOCKED", ["t1", "t3"])
    assert companies(emulator) == 2


def test_of_a_salesforce_collection_every_second_record_can_be_locked():
    with Emulator("salesforce") as emulator:
        fault(emulator, match="* /*", kind="partial")
        records = [{"attributes": {"type": "Account"}, "Name": f"Example 00{n}"} for n in range(3)]
        answered = requests.patch(
            f"{emulator.url}/services/data/v68.0/composite/sobjects/Account/Id",
            json={"allOrNone": False, "records": records},
            headers={"Authorization": f"Bearer {emulator.announcement['salesforce']['access_token']}"},
            timeout=10,
        )
        assert [one["success"] for one in answered.json()] == [True, False, True]
        assert answered.json()[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
        assert emulator.salesforce.inspect(None)["counts"]["Account"] == 2


def test_what_is_no_batch_is_not_done_by_half():
    with Emulator("salesforce") as emulator:
        at = f"{emulator.url}/services/data/v68.0/jobs/query"
        headers = {"Authorization": f"Bearer {emulator.announcement['salesforce']['access_token']}"}
        fault(emulator, match="* /services/data/*", kind="partial", times=9)
        told = {"operation": "query", "query": "SELECT Id FROM Account"}
        job = requests.post(at, json=told, headers=headers, timeout=10).json()["id"]
        while requests.get(f"{at}/{job}", headers=headers, timeout=10).json()["state"] != "JobComplete":
            time.sleep(0.01)
        streamed = requests.get(f"{at}/{job}/results", headers=headers, timeout=10)
        assert (streamed.status_code, streamed.text.split()) == (200, ['"Id"'])


def test_what_was_sent_can_be_logged_with_the_fault_that_struck(tmp_path):
    log = tmp_path / "requests.jsonl"
    with Emulator("hubspot", log=log, log_bodies=True) as emulator:
        fault(emulator, match="POST /crm/*", kind="500_after")
        create(emulator)
    (line,) = map(json.loads, log.read_text().splitlines())
    assert (line["status"], line["fault"]) == (500, "500_after")
    assert json.loads(line["body"])["properties"] == {"name": "Example 001"}


def test_faults_hit_only_what_they_match_and_can_let_some_pass_first(emulator):
    fault(emulator, match="POST /crm/v3/objects/deals", kind="503")
    fault(emulator, match="POST /crm/v3/objects/companies", kind="503", skip=1)
    assert [create(emulator).status_code for _ in range(3)] == [201, 503, 201]
    shown = requests.get(f"{emulator.control_url}/faults", timeout=10).json()["faults"]
    assert [(one["hits"], one["times"]) for one in shown] == [(0, 1), (1, 0)]
    assert requests.delete(f"{emulator.control_url}/faults", timeout=10).json() == {"faults": []}


def test_a_storm_is_the_same_for_the_same_seed():
    def storm(seed):
        faults = Faults()
        faults.add({"match": "* /crm/*", "kind": "503", "probability": 0.3, "seed": seed})
        return [faults.hit("GET", "/crm/x") is not None for _ in range(200)]

    assert storm(7) == storm(7)
    assert storm(7) != storm(8)
    assert 30 < sum(storm(7)) < 90


def test_a_storm_can_end_after_so_many_hits():
    faults = Faults()
    faults.add({"match": "* /*", "kind": "503", "probability": 1, "times": 3})
    assert [faults.hit("GET", "/x") is not None for _ in range(5)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("429", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("503", 503, "SERVER_UNAVAILABLE"),
        ("401", 401, "INVALID_SESSION_ID"),
        ("lock", 400, "UNABLE_TO_LOCK_ROW"),
    ],
)
def test_salesforce_fails_in_its_own_words(kind, status, code):
    answered, body = answer(kind, "/services/data/v68.0/sobjects/Account/001", b"{}")
    assert (answered, json.loads(body)[0]["errorCode"]) == (status, code)


def test_a_locked_row_in_a_salesforce_collection_is_told_record_by_record():
    told = json.dumps({"allOrNone": False, "records": [{}, {}]}).encode()
    status, body = answer("lock", "/services/data/v68.0/composite/sobjects", told)
    results = json.loads(body)
    assert status == 200
    assert [(one["success"], one["errors"][0]["statusCode"]) for one in results] == [
        (False, "UNABLE_TO_LOCK_ROW")
    ] * 2


READ = "GET /crm/*/companies"


def companies_page(emulator, **kind):
    fault(emulator, match=READ, times=3, **kind)
    return requests.get(
        f"{emulator.url}/crm/v3/objects/companies",
        headers={"Authorization": f"Bearer {emulator.announcement['hubspot']['access_token']}"},
        timeout=10,
        allow_redirects=False,
    )


def test_an_echo_quotes_what_it_was_sent(emulator):
    answered = companies_page(emulator, kind="echo")
    assert answered.status_code == 400
    assert emulator.announcement["hubspot"]["access_token"] in answered.json()["message"]


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_quote_refuses_every_record_with_the_token_that_was_sent(crm):
    with Emulator(crm) as emulator:
        path, name = {
            "salesforce": ("/services/data/v68.0/composite/sobjects", "records"),
            "hubspot": ("/crm/v3/objects/companies/batch/create", "inputs"),
        }[crm]
        fault(emulator, match="POST /*", kind="quote", times=2)
        headers = {"Authorization": "Bearer canary"}
        batch = {name: [{"objectWriteTraceId": "a"}, {"objectWriteTraceId": "b"}]}
        answered = requests.post(f"{emulator.url}{path}", json=batch, headers=headers, timeout=10).json()
        each = [one["errors"][0] for one in answered] if crm == "salesforce" else answered["errors"]
        assert [one["message"] for one in each] == ["cannot take Bearer canary"] * 2
        single = requests.post(f"{emulator.url}{path}", json={}, headers=headers, timeout=10)
        assert (single.status_code, "Bearer canary" in single.text) == (400, True)


def test_other_answers_than_the_apis_own(emulator):
    page = companies_page(emulator, kind="login_page")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    emulator.faults.clear()
    elsewhere = companies_page(emulator, kind="redirect", to="http://127.0.0.1:9")
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (
        302, "http://127.0.0.1:9/crm/v3/objects/companies",
    )  # fmt: skip
    for kind in ("garbage", "empty"):
        emulator.faults.clear()
        broken = companies_page(emulator, kind=kind)
        assert broken.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting value|decode"):
            broken.json()
    emulator.faults.clear()
    assert isinstance(companies_page(emulator, kind="shapeless").json(), list)


def test_answers_that_are_not_the_whole_truth(emulator):
    create(emulator)
    whole = companies_page(emulator, kind="slow").content
    emulator.faults.clear()
    half = companies_page(emulator, kind="truncated")
    assert half.content == whole[: len(whole) * 2 // 3]
    assert int(half.headers["Content-Length"]) == len(half.content)
    emulator.faults.clear()
    typed = companies_page(emulator, kind="wrong_type")
    assert (typed.headers["Content-Type"], typed.content) == ("text/plain", whole)
    emulator.faults.clear()
    first = companies_page(emulator, kind="repeat")
    create(emulator, "Example 002")
    again = requests.get(first.request.url, headers=first.request.headers, timeout=10)
    assert again.content == first.content


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_what_became_of_the_last_record_of_a_batch_is_not_told(crm):
    with Emulator(crm) as emulator:
        told = emulator.announcement[crm]
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        fault(emulator, match="* /*", kind="unsaid")
        if crm == "salesforce":
            records = [{"attributes": {"type": "Account"}, "Name": f"Example {n}"} for n in range(3)]
            url = f"{emulator.url}/services/data/v68.0/composite/sobjects"
            said = requests.post(url, json={"records": records}, headers=headers, timeout=10).json()
        else:
            inputs = [{"properties": {"name": f"Example {n}"}} for n in range(3)]
            url = f"{emulator.url}/crm/v3/objects/companies/batch/create"
            said = requests.post(url, json={"inputs": inputs}, headers=headers, timeout=10).json()["results"]
        assert len(said) == 2
        assert len(emulator.orgs[crm].inspect("Account" if crm == "salesforce" else "companies")["records"]) == 3


def test_a_count_that_is_too_high(emulator):
    create(emulator)
    fault(emulator, match="POST /crm/*/search", kind="miscount")
    answered = requests.post(
        f"{emulator.url}/crm/v3/objects/companies/search",
        json={"limit": 1},
        headers={"Authorization": f"Bearer {emulator.announcement['hubspot']['access_token']}"},
        timeout=10,
    )
    assert answered.json()["total"] == 1 + 7
