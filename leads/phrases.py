"""How numbers, days, money and names read in a language, safely: nothing a record holds can break out of a line."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from leads.facts.families import FACTS
from leads.templates import PLACEHOLDER, fill, filled
from mappings.config import Texts
from mappings.money import digits
from mappings.outputs import SEGMENTS

MONEY = frozenset({"value", "expected", "stake"}) | {name for name, fact in FACTS.items() if fact.kind == "money"}
"""What is told in minor units of the lead's currency."""
SHARES = frozenset(name for name, fact in FACTS.items() if fact.unit == "share")
"""Facts between 0 and 1, told in percent."""
CODES: Mapping[str, tuple[str, ...]] = {
    "rfm_segment": SEGMENTS,
    "risk": ("none", "watch", "high"),
    "headroom_reason": ("employees_missing", "employees_negative", "employees_conflict", "paid_users_missing"),
    "usage_reason": ("feed_stopped", "few_weeks"),
    "similar_why": ("industry+band", "industry", "band"),
}
"""Facts that are one of a few codes: the words `fact.code` say them."""
NAME_LENGTH = 80
# not calendar.month_name: that one follows the locale of whoever runs us
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_JOINERS = "\u200c\u200d"  # needed inside words of Persian, Hindi and others
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def tidy(text: object, length: int = NAME_LENGTH) -> str:
    """One line of plain text: no control or direction characters, single spaces, at most `length` characters."""
    line = str(text)
    if not line.isprintable() or "  " in line or line.strip() != line:
        line = _cleaned(line)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _cleaned(text: str) -> str:
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C" or c in _JOINERS)
    return " ".join(kept.split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's way of saying things."""

    texts: Texts
    language: str

    def money(self, minor: int | None, currency: str) -> str:
        """The word `unknown`; `USD 12,000`, `USD 12.50`; yen in Japanese as 12,000円."""
        if minor is None:
            return self.texts.words["unknown"]
        places = digits(currency)
        whole, rest = divmod(abs(minor), 10**places)
        amount = ("-" if minor < 0 else "") + f"{whole:,}" + (f".{rest:0{places}d}" if rest else "")
        if self.language == "ja" and currency == "JPY":
            return f"{amount}円"
        return f"{currency} {amount}"

    def day(self, day: date) -> str:
        """`March 31, 2027`, or 2027年3月31日."""
        if self.language == "ja":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"

    def said(self, name: str, value: str | int | float, currency: str) -> str:
        """A fact as it reads in a sentence."""
        if isinstance(value, bool | str):
            return self.texts.words.get(f"{name}.{value}") or self._text(str(value))
        if name in MONEY:
            return self.money(int(value), currency)
        if name in SHARES:
            return f"{value * 100:.0f} %"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")

    def _text(self, value: str) -> str:
        return self.day(date.fromisoformat(value)) if _DAY.fullmatch(value) else tidy(value)

    def reason(self, code: str, value: Any, limit: float | None, row: Mapping[str, Any]) -> str:
        """A gate's refusal as a sentence: it may quote {value}, {limit}, {stake}, {last}, {signals} and {account}.

        {stake} is the word `stake` about the lead's value; nothing where nobody knows a value. {last} says why a lead
        comes after others whatever its chance (`last.no_rate`, `last.no_value`); else nothing. A lead that gives
        way to another one of today, not to an earlier approach, is refused in the word `outranked`, with {play}.
        """
        known: Mapping[str, Callable[[], str]] = {
            "value": lambda: self.word(f"seen.{value}", value),
            "limit": lambda: "" if limit is None else self.said("limit", limit, ""),
            "stake": lambda: self._stake(row),
            "last": lambda: self._last(row),
            "signals": lambda: tidy(row["risk_reasons"] or "", 500),
            "account": lambda: tidy(row["account_name"] or row["account_id"]),
            "play": lambda: tidy(row["chosen_play"] or ""),
        }
        return PLACEHOLDER.sub(lambda found: filled(found, known[found[1]]()), self._refusal(code, value))

    def _refusal(self, code: str, value: Any) -> str:
        return self.texts.words["outranked"] if code == "frequency" and value is None else self.texts.reasons[code]

    def _stake(self, row: Mapping[str, Any]) -> str:
        if not row["value"]:
            return ""
        return fill(self.texts.words["stake"], {"value": self.money(row["value"], row["currency"])})

    def _last(self, row: Mapping[str, Any]) -> str:
        # as order() in leads.ranking has it: without a value it comes last, whatever its currency
        why = "no_rate" if row["value"] and row["rate_unknown"] else "" if row["value"] else "no_value"
        return fill(self.texts.words[f"last.{why}"], {"currency": row["currency"]}) if why else ""

    def word(self, key: str, default: object) -> str:
        """The language's word for a code, or the thing itself."""
        return self.texts.words.get(key) or tidy("" if default is None else default, 300)
