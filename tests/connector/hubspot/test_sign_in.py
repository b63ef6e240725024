"""Signing in and the library's calls, over the transport."""

from functools import partial
from urllib.parse import parse_qs

import orjson
import pytest
from pydantic import SecretStr

from connector.errors import GiveUp
from connector.hubspot.auth import sign_in
from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.hubspot.envelope import HubSpotAnswers
from connector.hubspot.paths import Paths
from connector.transport import Transport
from connector.wire import Call, Patience
from tests.connector.scripted import Reply, scripted

OAUTH = {
    "client_id": "example-app",
    "client_secret": SecretStr("example-secret"),
    "refresh_token": SecretStr("example-refresh"),
}
ACCOUNT = Reply(body=orjson.dumps({"portalId": 123, "uiDomain": "app.hubspot.com"}))
EXPIRED = Reply(status=401, body=b'{"status":"error","category":"EXPIRED_AUTHENTICATION","message":"expired"}')


def token(name):
    return Reply(body=orjson.dumps({"access_token": name, "expires_in": 1800, "token_type": "bearer"}))


def opened(server, **more):
    patience = Patience(attempts=2, first_s=0.001)
    return open_hubspot(HubSpotConfig(url=server.url, patience=patience, **more))


def test_a_token_is_fetched_once_and_used():
    with scripted(token("one"), ACCOUNT) as server:
        crm = opened(server, **OAUTH)
        assert crm.connection() == "hubspot:123"
        assert crm.connection() == "hubspot:123"
        crm.close()
    asked, used = server.seen
    assert asked.path == "/oauth/2026-09/token"
    assert "Authorization" not in asked.headers
    form = parse_qs(asked.body.decode())
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == ["example-refresh"]
    assert used.headers["Authorization"] == "Bearer one"


def test_an_expired_token_is_replaced_once_in_the_middle_of_a_sync():
    with scripted(token("one"), EXPIRED, token("two"), ACCOUNT) as server:
        crm = opened(server, **OAUTH)
        assert crm.connection() == "hubspot:123"
        crm.close()
    assert [seen.headers.get("Authorization") for seen in server.seen] == [None, "Bearer one", None, "Bearer two"]


def test_a_token_is_replaced_five_minutes_before_it_ends():
    now = [0.0]
    oauth = ("example-app", "example-secret", "example-refresh")
    with scripted(token("one"), ACCOUNT, ACCOUNT, token("two"), ACCOUNT) as server:
        login = partial(sign_in, Paths(version="2026-09"), oauth)
        transport = Transport(HubSpotAnswers(), server.url, login=login, clock=lambda: now[0])
        for now[0] in (0.0, 1495.0, 1505.0):
            transport.send(Call(method="GET", target="/account-info/2026-09/details"))
        transport.close()
    used = [seen.headers["Authorization"] for seen in server.seen if "account-info" in seen.path]
    assert used == ["Bearer one", "Bearer one", "Bearer two"]


def test_a_wrong_refresh_token_is_given_up_with_the_next_step():
    bad = Reply(status=400, body=b'{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"}')
    with scripted(bad) as server:
        crm = opened(server, **OAUTH)
        with pytest.raises(GiveUp, match="Check the app's client id, client secret and refresh token"):
            crm.connection()
        crm.close()


def test_a_token_that_is_refused_twice_ends_the_run_with_the_next_step():
    with scripted(EXPIRED) as server:
        crm = opened(server, access_token=SecretStr("pat-example-token"))
        with pytest.raises(GiveUp, match="Check the token"):
            crm.connection()
        crm.close()
    assert len(server.seen) == 1


def test_no_way_in_is_said_before_anything_is_sent():
    with pytest.raises(GiveUp, match="No way to sign in"):
        open_hubspot(HubSpotConfig(client_id="example-app"))


def test_no_secret_shows_in_the_configuration():
    config = HubSpotConfig(access_token=SecretStr("pat-example-token"), **OAUTH)
    assert "pat-example-token" not in repr(config)
    assert "example-secret" not in repr(config)


def test_a_busy_vendor_is_asked_again_through_the_library_too():
    owners = Reply(body=orjson.dumps({"results": [{"id": "7", "firstName": "Owner", "lastName": "07"}]}))
    busy = Reply(status=429, body=b'{"status":"error","policyName":"SECONDLY","message":"slow down"}')
    with scripted(busy, owners) as server:
        crm = opened(server, access_token=SecretStr("pat-example-token"), api_version="v3")
        assert crm.count("owners") == 1
        crm.close()
    assert [seen.path.partition("?")[0] for seen in server.seen] == ["/crm/v3/owners"] * 3
    assert server.seen[0].headers["Authorization"] == "Bearer pat-example-token"
