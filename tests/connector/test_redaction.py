"""What calls and vendors say is told without tokens and without people's data."""

import logging

import structlog
from structlog.testing import capture_logs

from connector.transport import scrubbed
from connector.wire import Call
from tests.connector.acme import get
from tests.connector.scripted import Reply


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
