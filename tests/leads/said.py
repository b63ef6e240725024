"""What is said about a lead, in both languages and with addresses of records."""

from typing import Literal

from leads.replies import Reply
from leads.texts import Names, Text, names, say
from mappings.canonical import Lead
from mappings.config import Rules
from tests.leads.world import rules

LANGUAGES: tuple[Literal["en", "ja"], ...] = ("en", "ja")


def record_url(object: str, id: str) -> str:
    """Where a record is seen, an address with characters that HTML must escape."""
    return f"https://crm.example/{object}/{id}?a=1&b=2"


def text_of(
    lead: Lead,
    language: Literal["en", "ja"] = "en",
    *,
    own: Rules | None = None,
    called: Names | None = None,
    answer: Reply | None = None,
) -> Text:
    """What is said about the lead: by the presets and with the names that it knows, unless told otherwise."""
    return say(lead, own or rules(), language, called or names(lead), record_url, answer)
