"""Half characters in JSON read as U+FFFD; nothing else is changed, and what is no JSON stays an error."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.hubspot.pages import texts
from connector.json_text import loads


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"a\ud83d"', "a\ufffd"),
        (rb'"\ude00b"', "\ufffdb"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\\ud83d \ud83d"', "\\ud83d \ufffd"),
        (rb'"\ud83d\n\""', '\ufffd\n"'),
    ],
)
def test_half_a_character_reads_as_a_replacement(body: bytes, value: str) -> None:
    assert loads(body) == value


@given(st.text(alphabet=st.characters(codec=None), max_size=20))
def test_every_text_that_json_can_spell_is_read(text: str) -> None:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert loads(json.dumps(text).encode()) == whole


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff", rb'"\ud83d', rb'{"a": "\ud83d"'])
def test_what_is_no_json_stays_an_error(body: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        loads(body)


def test_a_page_with_half_a_character_is_read() -> None:
    page = rb'{"results":[{"id":"1","properties":{"name":"cut \ud83d"}},{"id":"2","properties":{"name":"b"}}]}'
    ids, (names,) = texts([page], ["name"])
    assert (ids.to_pylist(), names.to_pylist()) == (["1", "2"], ["cut \ufffd", "b"])
