"""How facts read in a terminal: with their units, in one language."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from leads.considered import Clause, Plain
from leads.facts.family import Fact
from leads.phrases import SHARES, Phrases, tidy
from leads.rules import ABOUT_CANDIDATES, GATE_OFFERS, Book
from leads.templates import fill
from mappings.canonical import Evidence
from mappings.config import Rules

PLAIN_UNITS = frozenset({"date", "month", "points", "product", "rank", "ratio", "text", "times", "usage", "users"})
"""Units that a number is told without."""


class Telling:
    """How values of facts read: money in the one currency, shares in percent, numbers with their units."""

    def __init__(self, rules: Rules, currency: str, language: Literal["en", "ja"] | None = None) -> None:
        """`language` is that of values and their units; by default the company's."""
        self._currency = currency
        language = language or rules.mapping.company.language
        self.phrases = Phrases(rules.texts[language], language)
        book = Book(rules)
        self._facts = {
            **ABOUT_CANDIDATES,
            **GATE_OFFERS,
            **book.at("offer"),
            **book.at("owned"),
            **book.at("account"),
        }

    def value(self, name: str, value: Plain, fact: Fact | None = None) -> str:
        """`62.5 %`, `USD 1,200`, `2026-03-31`, `12 seats`, `yes`, `unknown`."""
        fact = fact or self._facts.get(name)
        if value is None:
            return self.phrases.texts.words["unknown"]
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str | date):
            return tidy(value, 200)
        if fact is None:
            return number(value)
        return self._counted(name, value, fact)

    def _counted(self, name: str, value: float, fact: Fact) -> str:
        if fact.kind == "money":
            return self.phrases.money(round(value), self._currency)
        if name in SHARES:
            return f"{number(value * 100)} %"
        if fact.unit == "percent":
            return f"{number(value)} %"
        if fact.unit in PLAIN_UNITS:
            return number(value)
        return fill(self.phrases.word(f"unit.{fact.unit}", f"{{value}} {fact.unit}"), {"value": number(value)})

    def seen(self, seen: Mapping[str, Plain]) -> str:
        """`reachable 12 seats, group_members 3`: facts with their values; those that are not known last, together."""
        known = [f"{name} {self.value(name, value)}" for name, value in seen.items() if value is not None]
        unknown = [name for name, value in seen.items() if value is None]
        told = [f"{self.value('', None)}: {', '.join(unknown)}"] if unknown else []
        return "; ".join([*([", ".join(known)] if known else []), *told])

    def clause(self, clause: Clause, numbers: Mapping[str, float]) -> str:
        """`reachable >= 20: 12 seats`: a part of a condition, its numbers written out, with what its facts are.

        So are facts that are numbers of facts.yaml: `silent_days > silent_limit` reads `silent_days > 90`.
        """
        numbers = {**numbers, **self._settings(clause.seen)}
        text = re.sub(
            r"\w+", lambda found: number(numbers[found[0]]) if found[0] in numbers else found[0], clause.text
        )
        facts = {name: value for name, value in clause.seen.items() if name not in numbers}
        if len(facts) == 1:
            ((name, value),) = facts.items()
            return f"{text}: {self.value(name, value)}"
        return f"{text} ({self.seen(facts)})"

    def _settings(self, seen: Mapping[str, Plain]) -> dict[str, float]:
        repeats = {name for name in seen.keys() & self._facts.keys() if self._facts[name].setting}
        return {name: value for name, value in seen.items() if name in repeats and isinstance(value, int | float)}

    def proof(self, proof: Evidence) -> str:
        """`Seats in use: 117 seats`."""
        called = self.phrases.texts.words.get(f"fact.{proof.fact}", proof.fact.replace("_", " "))
        return f"{called}: {self.value(proof.fact, proof.value)}"


def number(value: float) -> str:
    """`1,200`, `62.5`: two digits after the point at most."""
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
