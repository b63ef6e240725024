"""Where calls go: which addresses are taken, through which proxy, and who is shown the token."""

import traceback

import pytest

from connector.address import checked, routed
from connector.errors import GiveUp
from tests.connector.acme import OK, Wire, create, get


def test_plain_http_is_refused_except_to_this_machine():
    with pytest.raises(GiveUp, match="Plain http"):
        checked("http://acme.example")
    assert checked("http://localhost:8080/") == "http://localhost:8080"
    assert checked("https://acme.example/") == "https://acme.example"
    for bad in ("acme.example", "https://user:pw@acme.example", "ftp://acme.example"):
        with pytest.raises(GiveUp):
            checked(bad)


def test_an_address_that_a_library_hard_codes_is_sent_to_a_loopback_base():
    assert routed("http://127.0.0.1:9", "https://acme.my.salesforce.com/a?b=c") == "http://127.0.0.1:9/a?b=c"
    assert routed("https://acme.example", "https://other.example/a?b=/c") == "https://other.example/a?b=/c"
    with pytest.raises(GiveUp):
        routed("https://acme.example", "http://other.example/a")


def test_the_token_is_not_shown_to_another_host(start):
    server, wire = start(OK)
    other, _ = start(OK)
    wire.transport.base_url = other.url
    wire.transport.send(get())
    assert other.seen[0].headers["Authorization"] == "Bearer first"
    prepared = wire.transport._prepared(get())
    prepared.url = server.url + "/things"
    wire.transport._delivered(get(), prepared)
    assert "Authorization" not in server.seen[0].headers


def test_proxies_and_netrc_of_the_environment_are_not_used_on_this_machine(start, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server, wire = start(OK)
    wire.transport.send(get())
    assert server.seen[0].headers["Authorization"] == "Bearer first"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "address",
    [
        "http://user:s3cret@proxy.example:port",
        "http://user:s3cret@proxy.example:99999",
        "http:/user:s3cret@proxy",
        "ftp://user:s3cret@p",
        "::::",
    ],
)
def test_a_malformed_proxy_is_a_setting_to_mend_and_shows_no_password(monkeypatch, variable, address):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, address)
    wire = Wire("https://acme.example")
    with pytest.raises(GiveUp, match=f"{variable} is no address of a proxy. Write it as http://HOST:PORT") as caught:
        wire.transport.send(get())
    assert "s3cret" not in "".join(traceback.format_exception(caught.value)), "nor does --debug show it"
    assert wire.slept == []
    with pytest.raises(GiveUp, match=variable):
        wire.transport.send(create())


def test_proxies_and_certificates_of_the_environment_are_used_for_the_vendor(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/company.pem")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    settings = Wire("https://acme.example").transport._settings("https://acme.example/things")
    assert settings["proxies"]["https"] == "http://proxy.example:3128"
    assert settings["verify"] == "/etc/company.pem"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert Wire("https://acme.example").transport._settings("https://acme.example/things")["verify"] is True
