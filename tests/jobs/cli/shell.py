"""A command as a shell runs it, and how wide what it prints is."""

import unicodedata
from collections.abc import Callable

from tests.command import Ended

Tossup = Callable[..., Ended]


def columns(text: str) -> int:
    """Columns of the widest line; a wide character takes two."""
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines() or [""])
