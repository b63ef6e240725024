"""A lead, and what is said about it."""

from dataclasses import dataclass
from datetime import date

from mappings.canonical import Lead, LeadKey


@dataclass(frozen=True)
class Said:
    subject: str = "Example Industries 001: 19 of 20 seats in use"
    body: str = "Why now: 19 of 20 seats.\nNext step: ask who waits for a seat."
    body_html: str = '<p><strong>Why now</strong></p><ul><li><a href="https://crm.example/1">19 &lt; 20</a></li></ul>'


LEAD = Lead(
    key=LeadKey(account_id="001A", play="cross_fit", product="SUITE", cycle="2026Q1"),
    account_id="001A",
    account_name="Example Industries 001",
    motion="cross_sell",
    pattern="affinity",
    play="cross_fit",
    product="SUITE",
    state="open",
    reasons=(),
    evidence=(),
    priority="mid",
    value=123456,
    currency="USD",
    p_win=0.2,
    owner_id="005A",
    contact_id="003A",
    due=date(2026, 12, 5),
    route="Suite Desk",
)
