"""Plays and gates as RevOps wrote them, parsed: what they mention, and what is wrong with them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import ibis.expr.types as ir

from leads.facts.families import FACTS, FAMILIES, facts_at
from leads.facts.family import Fact
from leads.language import BadExpression, Expression, Fault, parse
from leads.phrases import placeholders
from mappings.canonical import Kind
from mappings.config import Gate, Play, Ranking, Texts

if TYPE_CHECKING:
    from leads.facts.ground import Ground

Numbers = Mapping[str, float]
Wanted = Kind | Literal["any number"]
PythonPlay = Callable[["Ground", Numbers], ir.Table]
"""A play as code: the rows it finds, with account_id and, as far as it has them, the columns of CANDIDATE."""

PLAY_PARTS: Mapping[str, Wanted] = MappingProxyType(
    {
        "when": "boolean", "product": "text", "cycle": "date", "seats": "any number", "value": "any number",
        "timing": "any number", "score": "any number",
    }
)  # fmt: skip
"""The expressions of a play, and what each must come to."""


def _about(kind: Kind, doc: str, unit: str = "text") -> Fact:
    return Fact(kind=kind, unit=unit, doc=doc)


ABOUT_CANDIDATES: Mapping[str, Fact] = MappingProxyType(
    {
        "play": _about("text", "name of the play"),
        "motion": _about("text", "expansion, upsell, cross_sell or churn"),
        "pattern": _about("text", "the play's pattern"),
        "selling": _about("boolean", "whether the play sells"),
        "channel": _about("text", "any, phone or email"),
        "product": _about("text", "code of the product it is about; - where it names none", "product"),
        "product_name": _about("text", "its name", "product"),
        "seats_more": _about("integer", "seats proposed", "seats"),
        "value": _about("money", "worth a year, minor units of the account's currency", "money"),
        "contact_id": _about("text", "whom to talk to: the best contact whom the channel may reach"),
        "contact_name": _about("text", "that person's name"),
        "contact_role": _about("text", "that person's role, else title"),
        "contacts_n": _about("integer", "contacts of the account", "people"),
        "approached_on": _about("date", "when a selling play of ours last approached that person", "date"),
        "none_fresh": _about("boolean", "all who may be reached were approached within contact_frequency.days"),
        "owner_name": _about("text", "the account's owner"),
        "owner_active": _about("boolean", "whether the owner still works here"),
        "owners_known": _about("boolean", "whether owners are mapped at all"),
        "deal_record": _about("text", "an open deal for the same product"),
        "unnamed_deal": _about("text", "an open deal that names no product"),
        "task_record": _about("text", "somebody's open task whose subject names the product"),
        "other_key": _about("text", "another open lead of ours for the same product"),
        "decided_key": _about("text", "the same lead, closed by a person in this cycle"),
        "cycle": _about("text", "quarter, or day of the contract's end"),
    }
)
"""What gates may mention of a candidate, beside facts."""


GATE_OFFERS: Mapping[str, Fact] = FAMILIES["declined_offer"].facts
"""What gates may mention of an account and the candidate's product."""


@cache
def python_plays() -> Mapping[str, PythonPlay]:
    """Plays that installed packages register (entry point group `tossup.plays`)."""
    return {entry.name: entry.load() for entry in entry_points(group="tossup.plays")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A play whose expressions are parsed. `facts` are all it mentions; `needed` those it sleeps without."""

    name: str
    play: Play
    parts: Mapping[str, Expression]
    facts: frozenset[str]
    needed: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Canonical columns that must be mapped and filled."""
        return tuple(dict.fromkeys(need for name in self.needed for need in FACTS[name].needs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A gate whose expressions are parsed: when, value, limit; none for the built-in ones."""

    code: str
    gate: Gate
    parts: Mapping[str, Expression]

    @property
    def facts(self) -> frozenset[str]:
        """Everything it mentions beside its numbers."""
        return frozenset(name for part in self.parts.values() for name in part.names) - set(self.gate.numbers)


def rule(name: str, play: Play) -> Rule:
    """The play, parsed. Raises BadExpression for the first expression that is wrong; `play_faults` tells all."""
    parts = {part: parse(text, play_names(play, part), PLAY_PARTS[part]) for part, text in play_parts(play)}
    mentioned = {fact for part in parts.values() for fact in part.names}
    facts = frozenset((mentioned | set(play.evidence)) & set(facts_at(play.per)))
    when = parts["when"].names if "when" in parts else frozenset()
    needed = play.needs if play.needs is not None else tuple(sorted(when & facts))
    return Rule(name=name, play=play, parts=parts, facts=facts, needed=needed)


def guard(code: str, gate: Gate) -> Guard:
    """The gate, parsed. Raises BadExpression for the first expression that is wrong; `gate_faults` tells all."""
    parts = {part: parse(text, gate_names(gate), want) for part, text, want in _gate_parts(gate)}
    return Guard(code=code, gate=gate, parts=parts)


def priorities(ranking: Ranking) -> Mapping[str, Expression]:
    """The conditions of low, high and mid, parsed."""
    return {part: parse(text, ranking_names(ranking), "boolean") for part, text in _ranking_parts(ranking)}


def play_parts(play: Play) -> Iterator[tuple[str, str]]:
    """Its expressions by the part of the play they are."""
    for part in PLAY_PARTS:
        text = getattr(play, part)
        if text is not None:
            yield part, text


def _gate_parts(gate: Gate) -> Iterator[tuple[str, str, Wanted | None]]:
    for part, want in (("when", "boolean"), ("value", None), ("limit", None)):
        text = getattr(gate, part)
        if text is not None:
            yield part, text, want  # type: ignore[misc]  # a Literal in a tuple widens to str


def _ranking_parts(ranking: Ranking) -> Iterator[tuple[str, str]]:
    return ((part, getattr(ranking, part)) for part in ("low", "high", "mid"))


def play_names(play: Play, part: str) -> dict[str, Kind]:
    """What this expression of the play may mention, with its kind."""
    names = {name: fact.kind for name, fact in facts_at(play.per).items()} | _kinds(play.numbers)
    return names | {"seats_more": "integer"} if part == "value" and play.seats is not None else names


def gate_names(gate: Gate) -> dict[str, Kind]:
    """What a gate's expressions may mention, with its kind."""
    about = {name: fact.kind for name, fact in {**facts_at("account"), **GATE_OFFERS, **ABOUT_CANDIDATES}.items()}
    return about | _kinds(gate.numbers)


def ranking_names(ranking: Ranking) -> dict[str, Kind]:
    """What the conditions of priority may mention, with its kind."""
    names = facts_at("account") | {"selling": ABOUT_CANDIDATES["selling"], "motion": ABOUT_CANDIDATES["motion"]}
    return {name: fact.kind for name, fact in names.items()} | _kinds(ranking.numbers)


def _kinds(numbers: Numbers) -> dict[str, Kind]:
    return {name: "integer" if float(value).is_integer() else "number" for name, value in numbers.items()}


def quoted(rule: Rule, texts: Mapping[Literal["en", "ja"], Texts]) -> frozenset[str]:
    """The facts that the play's texts quote, in any language."""
    said = [(text, one) for one in texts.values() for text in one.plays.get(rule.name, {}).values()]
    names = {name for text, _ in said for name in placeholders(text)}
    # a word of that name may stand in the place of a fact, and quotes facts itself
    names |= {fact for _, one in said for word in names & set(one.words) for fact in placeholders(one.words[word])}
    return frozenset(names & set(facts_at(rule.play.per)))


def play_faults(play: Play) -> Iterator[tuple[str, Fault]]:
    """Everything wrong with a play's expressions: the part, and the fault."""
    for part, text in play_parts(play):
        yield from _faults(part, text, play_names(play, part), PLAY_PARTS[part])


def gate_faults(gate: Gate) -> Iterator[tuple[str, Fault]]:
    """Everything wrong with a gate's expressions."""
    for part, text, want in _gate_parts(gate):
        yield from _faults(part, text, gate_names(gate), want)


def ranking_faults(ranking: Ranking) -> Iterator[tuple[str, Fault]]:
    """Everything wrong with the conditions of priority."""
    for part, text in _ranking_parts(ranking):
        yield from _faults(part, text, ranking_names(ranking), "boolean")


def _faults(part: str, text: str, names: Mapping[str, Kind], want: Wanted | None) -> Iterator[tuple[str, Fault]]:
    try:
        parse(text, names, want)
    except BadExpression as error:
        yield from ((part, fault) for fault in error.faults)
