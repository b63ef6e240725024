"""Signing in."""

import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.salesforce.conftest import Api

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def app(emulator: Emulator, org: SalesforceOrg) -> dict[str, str]:
    announced: dict[str, str] = emulator.announcement["salesforce"]
    return announced


def _assertion(app: dict[str, str], key: str | None = None, **changes: object) -> str:
    claims: dict[str, Any] = {
        "iss": app["client_id"],
        "sub": app["username"],
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **changes,
    }
    return jwt.encode(claims, key or Path(app["private_key_file"]).read_text(), "RS256")


def _sign_in(app: dict[str, str], **form: str) -> requests.Response:
    return requests.post(app["token_url"], data=form, timeout=10)


def test_a_signed_assertion_gives_a_token_that_works(app: dict[str, str], org: SalesforceOrg) -> None:
    answer = _sign_in(app, grant_type=GRANT, assertion=_assertion(app))
    assert answer.status_code == 200
    body = answer.json()
    assert body["instance_url"] == app["url"]
    assert body["token_type"] == "Bearer"
    assert body["id"].split("/")[-2:] == [org.org_id, org.core.api_user]
    header = {"Authorization": f"Bearer {body['access_token']}"}
    assert requests.get(f"{app['url']}/services/data/v68.0/limits", headers=header, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "audience",
    ["https://test.salesforce.com", "https://acme.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com/"],
)
def test_every_audience_that_salesforce_takes_is_taken(app: dict[str, str], audience: str) -> None:
    assert _sign_in(app, grant_type=GRANT, assertion=_assertion(app, aud=audience)).status_code == 200


def test_the_expiry_may_be_text_as_simple_salesforce_sends_it(app: dict[str, str]) -> None:
    soon = str(int(time.time()) + 180)
    assert _sign_in(app, grant_type=GRANT, assertion=_assertion(app, exp=soon)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"exp": 1_000_000_000}, "invalid_grant"),
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"aud": "https://login.salesforce.com.example.com"}, "invalid_grant"),
        ({"sub": "nobody@example.invalid"}, "invalid_grant"),
        ({"iss": "someone else"}, "invalid_client_id"),
    ],
)
def test_a_wrong_claim_gives_no_token(app: dict[str, str], changes: dict[str, object], error: str) -> None:
    answer = _sign_in(app, grant_type=GRANT, assertion=_assertion(app, **changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_a_signature_by_another_key_gives_no_token(app: dict[str, str]) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    answer = _sign_in(app, grant_type=GRANT, assertion=_assertion(app, other.decode()))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_client_credentials_come_in_the_form_or_as_basic(app: dict[str, str]) -> None:
    secret = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    assert _sign_in(app, grant_type="client_credentials", **secret).status_code == 200
    basic = requests.post(
        app["token_url"],
        data={"grant_type": "client_credentials"},
        auth=(app["client_id"], app["client_secret"]),
        timeout=10,
    )
    assert basic.status_code == 200
    wrong = _sign_in(app, grant_type="client_credentials", client_id=app["client_id"], client_secret="no")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


def test_other_grants_are_refused(app: dict[str, str]) -> None:
    answer = _sign_in(app, grant_type="password", username="a", password="b")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_the_private_key_is_readable_by_its_owner_only(app: dict[str, str]) -> None:
    assert stat.S_IMODE(Path(app["private_key_file"]).stat().st_mode) == 0o600


def test_the_credentials_in_a_folder_are_used_again(tmp_path: Path, emulator: Emulator) -> None:
    first = SalesforceOrg(emulator.clock).announcement("http://127.0.0.1:1", tmp_path)
    second = SalesforceOrg(emulator.clock).announcement("http://127.0.0.1:1", tmp_path)
    assert first == second


def test_without_a_good_token_there_is_no_data(api: Api) -> None:
    answer = api.send("GET", "/limits", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_tokens_expire_by_the_clock_and_all_at_once_on_demand(
    app: dict[str, str], api: Api, org: SalesforceOrg, emulator: Emulator
) -> None:
    def status() -> int:
        return api.send("GET", "/limits", headers={"Authorization": f"Bearer {token}"}).status_code

    token = _sign_in(app, grant_type=GRANT, assertion=_assertion(app)).json()["access_token"]
    assert status() == 200
    emulator.clock.advance(7201)
    assert status() == 401
    token = _sign_in(app, grant_type=GRANT, assertion=_assertion(app)).json()["access_token"]
    org.settings({"expire_tokens": True})
    assert status() == 401
    assert api.send("GET", "/limits").status_code == 200


def test_a_reset_makes_another_org(org: SalesforceOrg, emulator: Emulator) -> None:
    before = org.org_id
    emulator.reset()
    assert org.org_id != before
    assert len(org.org_id) == 18


def test_versions_need_no_token_and_retired_ones_are_gone(api: Api) -> None:
    listed = requests.get(f"{api.url}/services/data/", timeout=10).json()
    assert listed[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    gone = api.http.get(f"{api.url}/services/data/v30.0/limits", timeout=10)
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (410, "UNSUPPORTED_API_VERSION")
    assert api.http.get(f"{api.url}/services/data/v99.0/limits", timeout=10).status_code == 404


def test_the_daily_limit_is_told_and_kept(api: Api, org: SalesforceOrg) -> None:
    org.settings({"daily_calls": 100, "calls_used": 98})
    told = api.send("GET", "/limits")
    assert told.headers["Sforce-Limit-Info"] == "api-usage=99/100"
    assert told.json()["DailyApiRequests"] == {"Max": 100, "Remaining": 1}
    assert api.send("GET", "/limits").status_code == 200
    refused = api.send("GET", "/limits")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=100/100"


def test_the_daily_limit_is_free_again_after_a_day(api: Api, org: SalesforceOrg, emulator: Emulator) -> None:
    api.get("/limits")
    org.settings({"daily_calls": 10, "calls_used": 10})
    assert api.send("GET", "/limits").status_code == 403
    emulator.clock.advance(86_401)
    assert api.send("GET", "/limits").status_code == 200
