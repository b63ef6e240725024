"""The calls of a day and the pace of calls stay within what the vendor allows."""

import pytest

from connector.errors import TryAgain
from connector.limits import Bucket, Pace
from tests.connector.acme import OK, get
from tests.connector.scripted import Reply


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
