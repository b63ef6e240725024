"""A vendor whose certificate nobody vouches for gets no token, and nothing in our settings can change that."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.errors import GiveUp
from connector.transport import Transport
from connector.wire import Call
from jobs.settings import Settings
from tests.connector.acme import Acme
from tests.connector.scripted import Reply, Server, scripted


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A certificate that signs itself, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tossup test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(params=["127.0.0.1", "192.0.2.1"])
def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Path, str]]:
    """A vendor on this machine whose certificate is for this address."""
    path = certificate(tmp_path, x509.IPAddress(ipaddress.ip_address(request.param)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with scripted(Reply(), tls=context) as server:
        yield server, path, request.param


def asked(server: Server) -> None:
    transport = Transport(Acme(), server.url, token="canary")
    try:
        transport.send(Call(method="GET", target="/things"))
    finally:
        transport.close()


def test_a_certificate_must_be_vouched_for_and_be_for_the_address(
    vendor: tuple[Server, Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, path, address = vendor
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(GiveUp, match="is not trusted"):
        asked(server)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    if address == "127.0.0.1":
        asked(server)
        assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer canary"]
    else:
        with pytest.raises(GiveUp, match="is not trusted"):
            asked(server)
        assert server.seen == []


def test_no_setting_speaks_of_verification() -> None:
    words = ("verify", "insecure", "ssl", "tls", "cert", "ca_bundle")
    assert [name for name in Settings.model_fields for word in words if word in name] == []
