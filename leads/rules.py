"""Plays and gates as RevOps wrote them, parsed: what they mention, and what is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import ibis.expr.types as ir

from leads.facts.families import FAMILIES, facts_at
from leads.facts.family import Fact, Grain
from leads.language import BadExpression, Expression, Fault, parse
from leads.templates import placeholders
from mappings.canonical import Kind
from mappings.config import Gate, Play, Rules
from mappings.extra import PREFIX, tables

if TYPE_CHECKING:
    from leads.facts.ground import Ground

Numbers = Mapping[str, float]
Wanted = Kind | Literal["any number"]
Written = tuple[str, str, Mapping[str, Kind], Wanted | None]
"""The part of a rule, its text, what it may mention, and what it must come to."""
PythonPlay = Callable[["Ground", Numbers], ir.Table]
"""A play as code: the rows it finds, with account_id and, as far as it has them, the columns of CANDIDATE."""

PLAY_PARTS: Mapping[str, Wanted] = MappingProxyType(
    {
        "when": "boolean", "product": "text", "target": "text", "cycle": "date", "seats": "any number",
        "value": "any number", "timing": "any number", "score": "any number",
    }
)  # fmt: skip
"""The expressions of a play, and what each must come to."""
GATE_PARTS: Mapping[str, Wanted | None] = MappingProxyType({"when": "boolean", "value": None, "limit": None})
"""The expressions of a gate, and what each must come to."""


def _about(kind: Kind, doc: str, unit: str = "text") -> Fact:
    return Fact(kind=kind, unit=unit, doc=doc)


ABOUT_CANDIDATES: Mapping[str, Fact] = MappingProxyType(
    {
        "play": _about("text", "name of the play"),
        "motion": _about("text", "expansion, upsell, cross_sell or churn"),
        "pattern": _about("text", "the play's pattern"),
        "selling": _about("boolean", "whether the play sells"),
        "raised_hand": _about("boolean", "whether the play finds something that the customer did"),
        "cooldown_days": _about("integer", "the play's cooldown_days", "days"),
        "play_days": _about(
            "integer", "days since the play last approached the account, whatever came of it", "days"
        ),
        "channel": _about("text", "any, phone or email"),
        "product": _about("text", "code of the product it is about; - where it names none", "product"),
        "target": _about("text", "code of the product it sells: the play's `target`, else product", "product"),
        "product_name": _about("text", "the name of target", "product"),
        "seats_more": _about("integer", "seats proposed", "seats"),
        "value": _about("money", "worth a year, minor units of the account's currency", "money"),
        "contact_id": _about("text", "whom to talk to: the best contact whom the channel may reach"),
        "contact_name": _about("text", "that person's name"),
        "contact_role": _about("text", "that person's role, else title"),
        "contacts_n": _about("integer", "contacts of the account who have not left", "people"),
        "approached_on": _about("date", "when a selling play of ours last approached that person", "date"),
        "none_fresh": _about("boolean", "all who may be reached were approached within contact_frequency.days"),
        "owner_name": _about("text", "the account's owner"),
        "owner_active": _about("boolean", "whether the owner still works here"),
        "owners_known": _about("boolean", "whether owners are mapped at all"),
        "deal_record": _about("text", "an open deal for target"),
        "unnamed_deal": _about("text", "an open deal that names no product"),
        "task_record": _about("text", "somebody's open task whose subject names target"),
        "other_key": _about("text", "another open lead of ours that sells target"),
        "decided_key": _about("text", "the same lead, closed by a person in this quarter or term"),
        "decided_cycle": _about("text", "the quarter or term of the same lead that a person closed last"),
        "decided_days": _about(
            "integer",
            "days since a person last closed the same lead (else since it was written), in whatever quarter; missing "
            "where its play goes by terms",
            "days",
        ),
        "withdrawn_n": _about("integer", "how often Tossup took this lead back in this quarter or term", "times"),
        "withdrawn_days": _about("integer", "days since it last did", "days"),
        "cycle": _about("text", "quarter, or day of the contract's end"),
    }
)
"""What gates may mention of a candidate, beside facts."""


GATE_OFFERS: Mapping[str, Fact] = FAMILIES["declined_offer"].facts
"""What gates may mention of an account and the candidate's product."""


GROUP = "tossup.plays"
"""The entry point group in which packages register plays."""


@cache
def python_plays() -> Mapping[str, PythonPlay]:
    """Plays that installed packages register (entry point group `tossup.plays`)."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A play whose expressions are parsed.

    `facts` are all it mentions, `either` those of which it needs one each to be awake, `quotes` those its texts
    mention; `known` gives every fact of its grain by name.
    """

    name: str
    play: Play
    parts: Mapping[str, Expression]
    facts: frozenset[str]
    either: tuple[tuple[str, ...], ...]
    quotes: frozenset[str]
    known: Mapping[str, Fact]

    @property
    def needed(self) -> tuple[str, ...]:
        """Every fact of `either`."""
        return tuple(name for names in self.either for name in names)

    @property
    def needs(self) -> tuple[str, ...]:
        """Canonical columns that must be mapped and filled."""
        return tuple(dict.fromkeys(need for names in self.either for need in _columns(names, self.known)))


def _columns(names: Iterable[str], known: Mapping[str, Fact]) -> Iterator[str]:
    """Columns to be there for one of the facts at least; none where one of them needs none."""
    return ("|".join(dict.fromkeys(needs)) for needs in product(*(known[name].needs for name in names)))


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


class Book:
    """Everything RevOps wrote, and the facts it may mention: ours, and those that their mapping adds to accounts."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._own = own_facts(rules)

    def at(self, grain: Grain) -> dict[str, Fact]:
        """Every fact that a condition at this grain may name."""
        return facts_at(grain) | self._own

    def plays(self) -> tuple[Rule, ...]:
        """The plays that are on, parsed. Raises BadExpression for the first expression that is wrong."""
        return tuple(self._rule(name, play) for name, play in self.rules.plays.items() if play.enabled)

    def gates(self) -> tuple[Guard, ...]:
        """The gates that are on, parsed. Raises BadExpression for the first expression that is wrong."""
        on = {code: gate for code, gate in self.rules.gates.items() if gate.enabled}
        return tuple(
            Guard(code=code, gate=gate, parts=self._parsed(self._of_gate(gate))) for code, gate in on.items()
        )

    def priorities(self) -> Mapping[str, Expression]:
        """The conditions of low, high and mid, parsed."""
        return self._parsed(self._of_ranking())

    def faults(self) -> Iterator[tuple[str, tuple[str, ...], Fault]]:
        """Everything wrong with any expression: the file, the path in it, and the fault."""
        for name, play in self.rules.plays.items():
            yield from (("plays.yaml", (name, part), fault) for part, fault in _faults(self._of_play(play)))
        for code, gate in self.rules.gates.items():
            yield from (("gates.yaml", (code, part), fault) for part, fault in _faults(self._of_gate(gate)))
        yield from (("ranking.yaml", (part,), fault) for part, fault in _faults(self._of_ranking()))

    def _rule(self, name: str, play: Play) -> Rule:
        parts = self._parsed(self._of_play(play))
        known = self.at(play.per)
        facts = frozenset(
            ({fact for part in parts.values() for fact in part.names} | set(play.evidence)) & set(known)
        )
        when = parts["when"].names if "when" in parts else frozenset()
        return Rule(
            name=name,
            play=play,
            parts=parts,
            facts=facts,
            either=tuple(tuple(names.split("|")) for names in play.needs)
            if play.needs is not None
            else tuple((name,) for name in sorted(when & facts)),
            quotes=(quoted(name, self.rules) | {play.about or ""}) & set(known),
            known=known,
        )

    def _parsed(self, written: Iterable[Written]) -> dict[str, Expression]:
        return {part: parse(text, names, want) for part, text, names, want in written}

    def _of_play(self, play: Play) -> Iterator[Written]:
        names = {name: fact.kind for name, fact in self.at(play.per).items()} | _kinds(play.numbers)
        seats: dict[str, Kind] = {"seats_more": "integer"} if play.seats is not None else {}
        for part, want in PLAY_PARTS.items():
            if (text := getattr(play, part)) is not None:
                yield part, text, names | seats if part == "value" else names, want

    def _of_gate(self, gate: Gate) -> Iterator[Written]:
        about = {**self.at("account"), **GATE_OFFERS, **ABOUT_CANDIDATES}
        names = {name: fact.kind for name, fact in about.items()} | _kinds(gate.numbers)
        for part, want in GATE_PARTS.items():
            if (text := getattr(gate, part)) is not None:
                yield part, text, names, want

    def _of_ranking(self) -> Iterator[Written]:
        about = self.at("account") | {name: ABOUT_CANDIDATES[name] for name in ("selling", "motion")}
        names = {name: fact.kind for name, fact in about.items()} | _kinds(self.rules.ranking.numbers)
        return ((part, getattr(self.rules.ranking, part), names, "boolean") for part in ("low", "high", "mid"))


def own_facts(rules: Rules) -> dict[str, Fact]:
    """Facts of accounts that the mapping adds (`extra`): x_health, ..."""
    columns = tables(rules.mapping)["account"].columns
    return {
        name: Fact(
            kind=column.kind, unit="text", doc=column.doc, needs=(f"account.{name}",), record="account_id",
            field=f"account.{name}",
        )
        for name, column in columns.items()
        if name.startswith(PREFIX)
    }  # fmt: skip


def quoted(play: str, rules: Rules) -> frozenset[str]:
    """What the play's texts quote, in any language."""
    said = [(text, one) for one in rules.texts.values() for text in one.plays.get(play, {}).values()]
    names = {name for text, _ in said for name in placeholders(text)}
    # a word of that name may stand in the place of a fact, and quotes facts itself, or another such word
    for _ in range(2):
        names |= {
            fact for _, one in said for word in names & set(one.words) for fact in placeholders(one.words[word])
        }
    return frozenset(names)


def _kinds(numbers: Numbers) -> dict[str, Kind]:
    return {name: "integer" if float(value).is_integer() else "number" for name, value in numbers.items()}


def _faults(written: Iterable[Written]) -> Iterator[tuple[str, Fault]]:
    for part, text, names, want in written:
        try:
            parse(text, names, want)
        except BadExpression as error:
            yield from ((part, fault) for fault in error.faults)
