"""What the transport does when the wire misbehaves."""

import socket
from datetime import UTC, datetime

import pytest

from connector.errors import AskAPerson, GiveUp, Interrupted, TryAgain, Unclear
from connector.library import LibrarySession
from connector.wire import Patience, Timeouts
from tests.connector.acme import BUSY, OK, Wire, create, get, upsert
from tests.connector.scripted import Reply


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


def test_now_is_the_vendors_clock(start):
    server, wire = start(OK)
    assert wire.transport.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert wire.transport.now() == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert [seen.path for seen in server.seen] == ["/time"]
    assert "Authorization" not in server.seen[0].headers


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
