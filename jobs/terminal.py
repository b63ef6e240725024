"""The two consoles: what others wrote into a CRM can neither steer the terminal nor style or reorder its text."""

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment

from connector.redaction import redacted

# controls (line feed aside), what reorders a line from inside it, and halves of characters that no terminal can show
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """The text without anything that a terminal acts on; a tab becomes a space."""
    return _UNSAFE.sub(lambda found: " " if found[0] == "\t" else "", text)


def spoken(text: str) -> str:
    """The same without secrets: for words that were made of something that went wrong.

    Before and after: one that others put controls into is a secret again once those are taken out.
    """
    return redacted(plain(redacted(text)))


def quiet(json: str) -> str:
    """A JSON document that says the same without a character that a terminal acts on."""
    return re.sub("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", lambda found: f"\\u{ord(found[0]):04x}", json)


class _Plain:
    """A renderable whose text is plain; styles are ours and stay."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same segments, cleaned."""
        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Everything that is printed, cleaned."""
        return [_Plain(one) for one in renderables]


def console(**settings: Any) -> Console:
    """A console that takes no markup and no emoji names out of texts, and prints nothing a terminal acts on."""
    made = Console(highlight=False, markup=False, emoji=False, **settings)
    made.push_render_hook(_Hook())
    return made


def log_line(_logger: object, _method: str, event: Any) -> Any:
    """For structlog: values of an event without secrets and controls."""
    return {name: spoken(value) if isinstance(value, str) else value for name, value in event.items()}


def lines(parts: Iterable[str]) -> str:
    """A stack trace in words; it names lines of code and never the values of variables."""
    return spoken("".join(parts))
