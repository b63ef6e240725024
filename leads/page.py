"""The page that lists every fact: what a condition in plays.yaml, gates.yaml or ranking.yaml may mention."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from leads.facts.families import FAMILIES
from leads.facts.family import Fact, Family, Grain
from leads.language import FUNCTIONS
from leads.rules import ABOUT_CANDIDATES

GRAINS: Mapping[Grain, str] = {
    "account": "Facts of an account: every play may mention them",
    "owned": "Facts of a product that an account pays for: plays with `per: owned`",
    "offer": "Facts of a product that an account does not have: plays with `per: offer`",
}
CANDIDATE = "Of a candidate: gates may mention these as well"
_HEAD = """# Facts

What conditions may mention, by the name in the first column; `tossup mappings facts` prints the same. This page is
written from the code: a test holds it to that. How plays and gates use facts: [leads.md](leads.md).

A fact that is not known is empty (NULL), and a condition over it does not hold. Money is in minor units (cents, yen)
of the account's currency. "Needs" are the columns of [the mapping](mapping.md) without which a fact cannot be known.
"Record" is the column that a fact was read from as it is: such facts can be quoted as evidence. "Numbers" are the
windows and thresholds of a family, which `facts.yaml` changes; a formula says them by name.

Columns of your own (`extra` of an account in the mapping) are facts too: `health` is `x_health`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A fact as it is listed: with its family, and what a row is (`candidate`: the facts that only gates know)."""

    name: str
    per: Grain | Literal["candidate"]
    family: str
    fact: Fact
    numbers: Mapping[str, float]

    def holds(self, word: str) -> bool:
        """Whether its name, family or formula has this in it, capitals or not."""
        return any(word.lower() in text.lower() for text in (self.name, self.family, self.fact.doc))


def listed() -> tuple[Listed, ...]:
    """Every fact in the order of the page."""
    found = [
        Listed(name=name, per=grain, family=family.name, fact=fact, numbers=family.numbers)
        for grain in GRAINS
        for family in _families(grain)
        for name, fact in family.facts.items()
    ]
    found += [
        Listed(name=name, per="candidate", family="candidate", fact=fact, numbers={})
        for name, fact in ABOUT_CANDIDATES.items()
    ]
    return tuple(found)


def facts_page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines())


def _families(grain: Grain) -> Iterator[Family]:
    return (family for family in FAMILIES.values() if family.grain == grain)


def _lines() -> Iterator[str]:
    yield _HEAD
    for grain, title in GRAINS.items():
        yield f"## {title}\n"
        for family in _families(grain):
            yield from _family(family)
    yield f"## {CANDIDATE}\n"
    yield from _table(ABOUT_CANDIDATES)
    yield "## Functions\n"
    yield "| function | gives |\n|---|---|"
    for doc in FUNCTIONS.values():
        call, _, gives = doc.partition(": ")
        yield f"| `{call}` | {_cell(gives)} |"
    yield ""


def _family(family: Family) -> Iterator[str]:
    yield f"### {family.name}\n"
    if family.numbers:
        yield "Numbers: " + ", ".join(f"`{name}` {value:g}" for name, value in family.numbers.items()) + "\n"
    yield from _table(family.facts)


def _table(facts: Mapping[str, Fact]) -> Iterator[str]:
    yield "| fact | kind | formula | needs | record |\n|---|---|---|---|---|"
    for name, fact in facts.items():
        yield f"| `{name}` | {kind(fact)} | {_cell(fact.doc)} | {needs(fact)} | {fact.field or ''} |"
    yield ""


def kind(fact: Fact) -> str:
    """`integer, seats`; `date`: its kind, and its unit where that says more."""
    return fact.kind if fact.unit in (fact.kind, "text") else f"{fact.kind}, {fact.unit}"


def needs(fact: Fact) -> str:
    """`account.employees, subscription.seats_paid or account.paid_users`."""
    return ", ".join(need.replace("|", " or ") for need in fact.needs)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
