"""What the transport does when the wire misbehaves."""

import logging
import socket
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from connector.address import checked, routed
from connector.errors import AskAPerson, GiveUp, Interrupted, TryAgain, Unclear
from connector.library import LibrarySession
from connector.limits import Allowance, Bucket, Pace
from connector.transport import Transport, scrubbed
from connector.wire import Call, Patience, Refusal, Timeouts, Token
from tests.connector.scripted import Reply, Server, scripted


class Acme:
    """A vendor with plain rules."""

    name = "Acme"
    request_id_headers = ("X-Vendor-Id",)
    probe = "/time"

    def refusal(self, status: int, _: Mapping[str, str], body: bytes) -> Refusal:
        then = {401: "sign in", 403: "ask", 429: "retry", 503: "retry", 423: "try again later"}.get(status, "give up")
        return Refusal(code=f"E{status}", message=body.decode(), then=then, untouched=status == 429)

    def allowance(self, headers: Mapping[str, str]) -> Allowance | None:
        used = headers.get("X-Used")
        return Allowance(limit=100, used=int(used)) if used else None

    def pace(self, headers: Mapping[str, str]) -> Pace | None:
        left = headers.get("X-Left")
        return Pace(most=10, per_s=1.0, left=int(left)) if left else None


class Wire:
    """A transport whose clock moves only when it sleeps."""

    def __init__(self, server: Server | str, **settings: Any) -> None:
        self.slept: list[float] = []
        self.at = 0.0
        url = server if isinstance(server, str) else server.url
        self.transport = Transport(
            Acme(), url, clock=lambda: self.at, sleep=self._sleep, **({"token": "first"} | settings)
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start(stack):
    def _start(*replies: Reply, **settings: Any) -> tuple[Server, Wire]:
        server = stack.enter_context(scripted(*replies))
        wire = Wire(server, **settings)
        stack.callback(wire.transport.close)
        return server, wire

    return _start


def get(path: str = "/things", **more: Any) -> Call:
    return Call(method="GET", target=path, **more)


def create() -> Call:
    return Call(method="POST", target="/things", json={"name": "x"})


def upsert() -> Call:
    return Call(method="PATCH", target="/things/key/1", json={"name": "x"}, repeatable=True)


OK = Reply(body=b'{"a": 1}')
BUSY = Reply(status=503, body=b"busy")


def test_an_answer_is_parsed_and_counted(start):
    server, wire = start(OK)
    answer = wire.transport.send(get(params={"q": "a b&c"}))
    assert answer.data == {"a": 1}
    assert wire.transport.calls == 1
    assert server.seen[0].path == "/things?q=a+b%26c"
    assert server.seen[0].headers["Authorization"] == "Bearer first"


def test_a_busy_vendor_is_asked_again_after_growing_waits(start):
    server, wire = start(BUSY, BUSY, OK)
    assert wire.transport.send(get()).data == {"a": 1}
    assert len(server.seen) == 3
    assert len(wire.slept) == 2
    assert all(0 <= seconds <= 60 for seconds in wire.slept)


def test_every_try_carries_the_same_request_id(start):
    server, wire = start(BUSY, OK)
    wire.transport.send(get())
    assert len({seen.headers["X-Request-Id"] for seen in server.seen}) == 1


@pytest.mark.parametrize("asked", ["7", "Wed, 01 Jul 2026 10:00:07 GMT"])
def test_retry_after_is_honoured_in_seconds_and_as_a_date_of_the_vendors_clock(start, asked):
    _, wire = start(Reply(status=429, headers={"Retry-After": asked}), OK)
    wire.transport.send(get())
    assert sum(wire.slept) >= 7


def test_a_vendor_that_asks_for_a_very_long_wait_ends_the_run(start):
    server, wire = start(Reply(status=429, body=b"later", headers={"Retry-After": "3600"}))
    with pytest.raises(TryAgain, match="3600 s"):
        wire.transport.send(get())
    assert len(server.seen) == 1


def test_patience_ends_with_try_again_and_the_vendors_request_id(start):
    server, wire = start(
        Reply(status=503, body=b"busy", headers={"X-Vendor-Id": "v-9"}), patience=Patience(attempts=3)
    )
    with pytest.raises(TryAgain, match=r"GET /things: busy \(E503, 503\)") as caught:
        wire.transport.send(get())
    assert caught.value.request_id == "v-9"
    assert (caught.value.code, caught.value.status) == ("E503", 503)
    assert len(server.seen) == 3


def test_a_bare_create_is_sent_again_only_where_nothing_was_done(start):
    server, wire = start(Reply(status=429), OK)
    wire.transport.send(create())
    assert len(server.seen) == 2


@pytest.mark.parametrize("reply", [BUSY, Reply(silent=True), Reply(cut=True, body=b'{"id": 1}')])
def test_a_bare_create_that_may_have_happened_is_never_sent_again(start, reply):
    server, wire = start(reply, OK)
    with pytest.raises(Unclear):
        wire.transport.send(create())
    assert len(server.seen) == 1


@pytest.mark.parametrize("reply", [BUSY, Reply(silent=True), Reply(cut=True, body=b'{"id": 1}')])
def test_an_upsert_is_sent_again(start, reply):
    server, wire = start(reply, OK)
    assert wire.transport.send(upsert()).data == {"a": 1}
    assert server.seen[0].body == server.seen[1].body == b'{"name":"x"}'


def test_a_create_that_could_not_connect_was_never_sent_so_it_is_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    wire = Wire(url, patience=Patience(attempts=3))
    with pytest.raises(TryAgain, match=f"nobody answers at {url}") as caught:
        wire.transport.send(create())
    assert not isinstance(caught.value, Unclear)
    assert wire.transport.calls == 3


def test_a_vendor_that_does_not_answer_in_time_is_not_waited_for(start):
    slow = Reply(after_s=0.2)
    server, wire = start(slow, OK, timeouts=Timeouts(read_s=0.05))
    assert wire.transport.send(get()).data == {"a": 1}
    server, wire = start(slow, timeouts=Timeouts(read_s=0.05))
    with pytest.raises(Unclear):
        wire.transport.send(create())
    assert len(server.seen) == 1


def test_an_error_without_the_vendors_request_id_carries_ours(start):
    server, wire = start(Reply(status=404))
    with pytest.raises(GiveUp) as caught:
        wire.transport.send(get())
    assert caught.value.request_id == server.seen[0].headers["X-Request-Id"]


def test_garbage_instead_of_json_is_asked_for_again_and_then_said(start):
    _, wire = start(Reply(body=b'{"a": '), OK)
    assert wire.transport.send(get()).data == {"a": 1}
    _, wire = start(Reply(body=b"<<<"), patience=Patience(attempts=2))
    with pytest.raises(TryAgain, match="not JSON"):
        wire.transport.send(get())
    with pytest.raises(Unclear, match="not JSON"):
        wire.transport.send(create())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>log in</html>", headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(status=302, headers={"Location": "https://login.example/"}),
    ],
)
def test_a_login_page_is_not_taken_for_an_answer(start, reply):
    _, wire = start(reply)
    with pytest.raises(GiveUp, match="something else answered") as caught:
        wire.transport.send(get())
    assert "Check the address" in str(caught.value)


def test_the_class_of_an_error_says_what_to_do(start):
    for status, kind in ((403, AskAPerson), (404, GiveUp), (423, TryAgain)):
        server, wire = start(Reply(status=status))
        with pytest.raises(kind):
            wire.transport.send(get())
        assert len(server.seen) == 1


class Door:
    """Signs in with numbered tokens."""

    def __init__(self, good_for_s: float | None = None) -> None:
        self.times = 0
        self.good_for_s = good_for_s

    def __call__(self, _: Transport) -> Token:
        self.times += 1
        return Token(value=f"token-{self.times}", good_for_s=self.good_for_s)


def test_a_refused_token_is_renewed_once_and_the_same_request_sent_again(start):
    door = Door()
    server, wire = start(Reply(status=401), OK, token=None, login=door)
    call = Call(method="POST", target="/things", json={"a": 1}, headers={"Sforce-Auto-Assign": "FALSE"})
    wire.transport.send(call)
    first, second = server.seen
    assert first.headers["Authorization"] == "Bearer token-1"
    assert second.headers["Authorization"] == "Bearer token-2"
    assert first.body == second.body
    assert {k: v for k, v in first.headers.items() if k != "Authorization"} == {
        k: v for k, v in second.headers.items() if k != "Authorization"
    }


def test_a_token_refused_twice_is_given_up(start):
    door = Door()
    server, wire = start(Reply(status=401, body=b"no"), token=None, login=door)
    with pytest.raises(GiveUp, match="E401"):
        wire.transport.send(get())
    assert (door.times, len(server.seen)) == (2, 2)


def test_a_fixed_token_that_is_refused_is_given_up_at_once(start):
    server, wire = start(Reply(status=401, body=b"no"))
    with pytest.raises(GiveUp):
        wire.transport.send(get())
    assert len(server.seen) == 1


def test_threads_that_are_refused_together_sign_in_once(start):
    door = Door()
    server, wire = start(OK, token=None, login=door)
    gate = threading.Barrier(4)

    def answer(seen: Any) -> Reply:
        if seen.headers["Authorization"] == "Bearer token-1":
            return Reply(status=401)
        return OK

    server.by_path["/things"] = answer

    def one(_: int) -> int:
        gate.wait()
        return wire.transport.send(get()).status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(4))) == [200] * 4
    assert door.times == 2


def test_a_token_is_renewed_before_it_ends(start):
    door = Door(good_for_s=1800)
    _, wire = start(OK, token=None, login=door)
    wire.transport.send(get())
    wire.at = 1600.0
    wire.transport.send(get())
    wire.at = 1700.0
    wire.transport.send(get())
    assert door.times == 2


def test_the_budgets_reserve_is_not_eaten(start):
    server, wire = start(Reply(headers={"X-Used": "79"}), Reply(headers={"X-Used": "80"}), reserve=0.2)
    wire.transport.send(get())
    assert wire.transport.budget.left() == 1
    wire.transport.send(get())
    with pytest.raises(TryAgain, match="80 of 100 calls of the day are used, and 20% are kept"):
        wire.transport.send(get())
    assert len(server.seen) == 2


def test_an_old_budget_is_asked_for_again(start):
    server, wire = start(Reply(headers={"X-Used": "90"}), Reply(headers={"X-Used": "10"}))
    wire.transport.send(get())
    wire.at = 1000.0
    wire.transport.send(get())
    assert wire.transport.budget.left() == 70
    assert len(server.seen) == 2


def test_a_bucket_lets_a_burst_through_and_then_keeps_the_pace():
    slept: list[float] = []
    bucket = Bucket(Pace(most=2, per_s=1.0), lambda: 0.0, slept.append)
    for _ in range(4):
        bucket.take()
    assert slept == [0.5, 1.0]


def test_a_bucket_never_believes_more_than_the_vendor_says_is_left():
    slept: list[float] = []
    bucket = Bucket(None, lambda: 0.0, slept.append)
    bucket.take()
    bucket.learn(Pace(most=10, per_s=1.0, left=0))
    bucket.take()
    assert slept == [0.1]


def test_search_has_a_bucket_of_its_own(start):
    _, wire = start(OK, paces={"search": Pace(most=1, per_s=1.0)})
    for _ in range(3):
        wire.transport.send(get())
    assert wire.slept == []
    for _ in range(3):
        wire.transport.send(get(bucket="search"))
    assert wire.slept == [1.0, 1.0]


def test_the_vendors_headers_slow_the_bucket(start):
    _, wire = start(Reply(headers={"X-Left": "0"}))
    wire.transport.send(get())
    wire.transport.send(get())
    assert wire.slept == [pytest.approx(0.1)]


def test_now_is_the_vendors_clock(start):
    server, wire = start(OK)
    assert wire.transport.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert wire.transport.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert [seen.path for seen in server.seen] == ["/time"]
    assert "Authorization" not in server.seen[0].headers


def test_logs_hold_neither_tokens_nor_queries(start):
    _, wire = start(Reply(headers={"X-Vendor-Id": "v-1"}))
    # whatever another test made of it
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    with capture_logs() as logs:
        wire.transport.send(get("/things?name=Someone", params={"q": "WHERE Email = 'someone@example.com'"}))
    (entry,) = logs
    assert entry["call"] == "GET /things"
    assert (entry["status"], entry["vendor_id"]) == (200, "v-1")
    assert not any(word in str(entry) for word in ("first", "Someone", "someone@"))


def test_a_call_shows_neither_what_it_asks_nor_what_it_writes():
    call = Call(method="POST", target="/x", params={"q": "someone"}, json={"a": "someone"}, headers={"b": "someone"})
    assert "someone" not in repr(call)


def test_a_vendors_words_lose_addresses_and_tokens():
    text = scrubbed("no someone@example.com with 00D5e000000abcd!AQ.xyz_1 or pat-na1-12345678-ab or Bearer abc")
    assert text == "no ... with ... or ... or ..."
    assert len(scrubbed("x" * 9000)) < 600


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


def test_a_stream_hands_over_bytes_as_they_come(start):
    _, wire = start(Reply(body=b"a,b\n1,2\n", headers={"Content-Type": "text/csv", "X-Count": "1"}))
    with wire.transport.stream(get(expects="bytes")) as (body, headers):
        assert headers["X-Count"] == "1"
        assert body.read(4) == b"a,b\n"
        assert body.read() == b"1,2\n"


def test_a_stream_that_breaks_off_says_so(start):
    _, wire = start(Reply(body=b"x" * 1000, cut=True))
    with wire.transport.stream(get(expects="bytes")) as (body, _), pytest.raises(Interrupted, match="in the middle"):
        body.read()


def test_a_librarys_session_sends_through_the_transport(start):
    server, wire = start(OK)
    session = LibrarySession(wire.transport)
    response = session.request(
        "GET", "https://acme.my.salesforce.com/x", headers={"Authorization": "Bearer stale", "X-A": "1"}
    )
    assert response.json() == {"a": 1}
    assert server.seen[0].headers["Authorization"] == "Bearer first"
    assert server.seen[0].headers["X-A"] == "1"
    session.post("https://login.salesforce.com/services/oauth2/token", data={"grant_type": "x"})
    assert "Authorization" not in server.seen[1].headers
    assert server.seen[1].body == b"grant_type=x"
