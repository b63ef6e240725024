"""The page that lists every fact: what a condition in plays.yaml, gates.yaml or ranking.yaml may mention."""

from collections.abc import Iterator, Mapping

from leads.facts.families import FAMILIES
from leads.facts.family import Fact, Family
from leads.language import FUNCTIONS
from leads.rules import ABOUT_CANDIDATES

GRAINS = {
    "account": "Facts of an account: every play may mention them",
    "owned": "Facts of a product that an account pays for: plays with `per: owned`",
    "offer": "Facts of a product that an account does not have: plays with `per: offer`",
}
_HEAD = """# Facts

What conditions may mention, by the name in the first column. Written from the code: `tossup mappings facts` prints it.

A fact that is not known is empty (NULL), and a condition over it does not hold. Money is in minor units (cents, yen) of
the account's currency. "Record" is the field a fact was read from as it is: such facts can be shown as evidence.
`numbers` are the windows and thresholds; facts.yaml changes them.
"""


def facts_page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for grain, title in GRAINS.items():
        yield f"## {title}\n"
        for family in FAMILIES.values():
            if family.grain == grain:
                yield from _family(family)
    yield "## Of a candidate: gates may mention these as well\n"
    yield from _table(ABOUT_CANDIDATES)
    yield "## Functions\n"
    yield "| function | gives |\n|---|---|"
    yield from (f"| `{name}` | {_cell(doc)} |" for name, doc in FUNCTIONS.items())
    yield ""


def _family(family: Family) -> Iterator[str]:
    yield f"### {family.name}\n"
    if family.numbers:
        yield "numbers: " + ", ".join(f"`{name}` {value:g}" for name, value in family.numbers.items()) + "\n"
    yield from _table(family.facts)


def _table(facts: Mapping[str, Fact]) -> Iterator[str]:
    yield "| fact | kind | formula | needs | record |\n|---|---|---|---|---|"
    for name, fact in facts.items():
        needs = ", ".join(need.replace("|", " or ") for need in fact.needs)
        yield f"| `{name}` | {fact.kind} | {_cell(fact.doc)} | {needs} | {fact.field or ''} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
