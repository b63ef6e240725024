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


def create(emulator, name="Example 001"):
    return requests.post(
        f"{emulator.url}/crm/v3/objects/companies",
        json={"properties": {"name": name}},
        headers={"Authorization": f"Bearer {emulator.announcement['hubspot']['access_token']}"},
        timeout=10,
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
