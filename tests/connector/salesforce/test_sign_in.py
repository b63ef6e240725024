"""Signing in through simple-salesforce over our transport."""

import base64
import traceback
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from connector.errors import GiveUp
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.crm import open_salesforce
from tests.connector.scripted import Reply, scripted

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(tmp_path) -> Path:
    path = tmp_path / "server.key"
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    return path


def token(url: str) -> Reply:
    said = {
        "access_token": "00D000000000001!secret",
        "instance_url": url,
        "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
        "token_type": "Bearer",
    }
    return Reply(body=orjson.dumps(said))


def test_a_jwt_is_signed_for_the_user_and_sent_to_the_configured_address(key_file):
    with scripted(Reply()) as server:
        server.script = [token(server.url)]
        config = SalesforceConfig(
            url=server.url, client_id="app", username="user@example.com", private_key=SecretStr(key_file.read_text())
        )
        crm = open_salesforce(config)
        assert crm.connection() == "salesforce:00D000000000001AAA"
        assert crm.user_id() == "005000000000001AAA"
        (seen,) = server.seen
        form = parse_qs(seen.body.decode())
        assert seen.path == "/services/oauth2/token"
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(
            form["assertion"][0], KEY.public_key(), algorithms=["RS256"], audience="https://login.salesforce.com"
        )
        assert (claims["iss"], claims["sub"]) == ("app", "user@example.com")
        assert crm.calls == 1
        crm.close()


def test_client_credentials_are_sent_as_basic_authorization():
    with scripted(Reply()) as server:
        server.script = [token(server.url)]
        crm = open_salesforce(SalesforceConfig(url=server.url, client_id="app", client_secret=SecretStr("s3")))
        (seen,) = server.seen
        assert seen.headers["Authorization"] == "Basic " + base64.b64encode(b"app:s3").decode()
        assert seen.body == b"grant_type=client_credentials"
        crm.close()


def test_a_refused_sign_in_says_what_to_check(key_file):
    said = b'{"error":"invalid_grant","error_description":"user hasn\'t approved this consumer"}'
    with scripted(Reply(status=400, body=said)) as server:
        config = SalesforceConfig(
            url=server.url, client_id="app", username="user@example.com", private_key=SecretStr(key_file.read_text())
        )
        with pytest.raises(GiveUp, match=r"approved this consumer \(invalid_grant, 400\).*approved for this user"):
            open_salesforce(config)
        assert len(server.seen) == 1


def test_a_useless_key_is_named_and_not_shown():
    config = SalesforceConfig(
        url="http://127.0.0.1:1", client_id="app", username="u", private_key=SecretStr("canary, not a key")
    )
    with pytest.raises(GiveUp, match=r"private key cannot be used .*in PEM form") as raised:
        open_salesforce(config)
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_incomplete_credentials_are_said_before_anything_is_sent():
    with pytest.raises(GiveUp, match="credentials are incomplete"):
        open_salesforce(SalesforceConfig(url="http://127.0.0.1:1", client_id="app", username="u"))


def test_the_address_for_people_is_told_apart():
    config = SalesforceConfig(url="https://acme.lightning.force.com", client_id="app", client_secret=SecretStr("s"))
    with pytest.raises(GiveUp, match=r"Programs use https://acme\.my\.salesforce\.com"):
        open_salesforce(config)
