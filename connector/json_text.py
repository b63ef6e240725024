"""JSON as CRMs send it, half characters included: a name cut in the middle of an emoji must not stop a whole read."""

import re
from typing import Any

import orjson

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)"
)
_LONE = 6
"""Bytes of `\\ud83d` without its other half; a pair has twelve, every other escape that is met here two."""


def loads(body: bytes) -> Any:
    """The parsed value; half a character reads U+FFFD. Raises `orjson.JSONDecodeError` for what is no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        mended = _ESCAPE.sub(lambda found: rb"\ufffd" if len(found[0]) == _LONE else found[0], body)
        if mended == body:
            raise
        return orjson.loads(mended)
