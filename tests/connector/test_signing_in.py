"""Tokens are renewed once, in time, and by one thread for all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connector.errors import GiveUp
from connector.transport import Transport
from connector.wire import Call, Token
from tests.connector.acme import OK, get
from tests.connector.scripted import Reply


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
