"""What Tossup writes on its own records later on: why it closed one, or why it leaves one to whoever works on it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal

from ibis import _

from leads.find import Found
from leads.phrases import Phrases, tidy
from leads.rules import Rule
from leads.templates import between, fill
from mappings.canonical import LeadKey

What = Literal["closed", "left", "back", "late", "expired"]
"""closed: by Tossup; left: it would be, but somebody worked on it; back: the reason that was gone holds again; late:
nobody touched it since it was due, and it will be closed; expired: it was."""
LENGTH = 255
"""Longest note: a plain text field of either CRM holds it."""
_QUOTED = frozenset({"day", "why", "due", "until"})
WORDS: Mapping[str, frozenset[str]] = {
    **{f"note.{what}": _QUOTED for what in ("closed", "left", "back", "late", "expired")},
    **dict.fromkeys(("note.cleared", "note.contact", "note.gone", "note.answered", "note.over"), frozenset[str]()),
    "note.cleared_now": frozenset({"now"}),
    "note.fact": frozenset({"fact", "amount"}),
}
"""The words that notes are made of, and what each may quote."""
_FIGURES = re.compile(r"\d[\d.,:/年月日-]*")


def note(
    what: What, phrases: Phrases, today: date, *, why: str = "", due: date | None = None, until: date | None = None
) -> str:
    """One sentence that begins with the day; `why` is one without its end, and gives way where it is long."""
    template = phrases.texts.words[f"note.{what}"]
    values = {"day": today.isoformat(), "due": phrases.day(due) if due else ""}
    values |= {"until": phrases.day(until) if until else ""}
    room = max(LENGTH - len(fill(template, {**values, "why": ""})), 1)
    return tidy(fill(template, {**values, "why": tidy(why.rstrip(" .。"), room)}), LENGTH)


def is_a(what: What, text: str, phrases: Phrases) -> bool:
    """Whether this is a note of that kind, whatever it quotes."""
    return reads_as(phrases.texts.words[f"note.{what}"], text)


def reads_as(template: str, text: str) -> bool:
    """Whether the text is this template, whatever it quotes."""
    parts = (re.escape(part) for part in between(template))
    return re.fullmatch(".*".join(parts), text) is not None


def same_note(one: str, other: str) -> bool:
    """Whether two notes say the same apart from days and figures: nobody needs to be told again."""
    return _FIGURES.sub("#", one) == _FIGURES.sub("#", other)


def cleared(found: Found, keys: Iterable[LeadKey], phrases: Phrases) -> dict[LeadKey, str]:
    """Why leads that no play finds any more are gone: what their evidence says now, as far as anybody knows it."""
    wanted = sorted(keys)
    rules = {rule.name: rule for rule in found.workings.awake}
    told: dict[LeadKey, str] = {}
    for play in sorted({key.play for key in wanted}):
        here = [key for key in wanted if key.play == play]
        rows = _rows(found, rules[play], here) if play in rules else {}
        for key in here:
            row = rows.get((key.account_id, key.product), rows.get((key.account_id, "")))
            said = "; ".join(_facts(rules[play], row, phrases)) if row else ""
            words = phrases.texts.words
            told[key] = fill(words["note.cleared_now"], {"now": said}) if said else words["note.cleared"]
    return told


def _rows(found: Found, rule: Rule, keys: Iterable[LeadKey]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What the play looks at now of these leads' accounts, by account and product (none where it has no product)."""
    rows = found.workings.ground.wide(rule.play.per)
    rows = rows.filter(_.account_id.isin(sorted({key.account_id for key in keys})))
    named = rule.play.per != "account"
    columns = ["account_id", *(["product"] if named else []), *rule.play.evidence]
    seen = rows.select(*dict.fromkeys(columns)).to_pyarrow().to_pylist()
    return {(row["account_id"], row["product"] if named else ""): row for row in seen}


def _facts(rule: Rule, row: Mapping[str, Any], phrases: Phrases) -> Iterator[str]:
    words = phrases.texts.words
    for name in rule.play.evidence:
        if row[name] is not None:
            value = row[name].isoformat() if isinstance(row[name], date) else row[name]
            amount = fill(words[f"unit.{rule.known[name].unit}"], {"value": phrases.said(name, value, "")})
            yield fill(words["note.fact"], {"fact": words[f"fact.{name}"], "amount": amount})
