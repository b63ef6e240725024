"""What every play made of an account: what it looked at, which part of its condition holds, what would wake it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from leads.clauses import clauses
from leads.facts.family import KEYS
from leads.find import Found
from leads.language import Expression, parse
from leads.plays import NO_PRODUCT, over, provable
from leads.rules import Rule
from mappings.canonical import Kind
from mappings.config import Play

Plain = str | int | float | bool | date | None
"""A fact's value; None where it is not known."""
Row = Mapping[str, Any]
Outcomes = tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]], tuple[tuple[str, str], ...]]
"""The account's leads and candidates by play and product; what the play can quote, with the column of its record."""
PlayAnswer = Literal["lead", "no evidence", "outdone", "near", "no", "nothing", "asleep", "off"]
"""lead: it found one; no evidence: its condition holds, and nothing it could quote has a record; outdone: the account
has enough better products for this play; near: all of its condition but one part holds; no: it does not hold;
nothing: the account has no product it could look at, or it is a play in Python that found nothing; asleep: its data
is missing; off: switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One part of a condition, whether it holds (None: not known), and what it mentions: facts and numbers."""

    text: str
    holds: bool | None
    seen: Mapping[str, Plain]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One thing a play looked at: the account, or one of its products; and what came of it."""

    product: str | None
    answer: PlayAnswer
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySaid:
    """A play's answer for the account. `needs` are the columns that would wake it; `looked` has the closest first."""

    name: str
    play: Play
    answer: PlayAnswer
    needs: tuple[str, ...] = ()
    looked: tuple[Looked, ...] = ()


def plays_said(found: Found, account_id: str) -> tuple[PlaySaid, ...]:
    """What every play of plays.yaml made of the account, in the file's order."""
    asleep = {one.play: one.needs for one in found.asleep}
    awake = {rule.name: rule for rule in found.workings.awake}
    parts = {name: _parts(rule) for name, rule in awake.items() if rule.play.when is not None}
    seen = _seen(found, account_id, {name: awake[name] for name in parts}, parts)
    theirs = frozenset((lead.play, lead.key.product) for lead in found.leads if lead.account_id == account_id)
    candidates = _candidates(found, account_id)
    said = []
    for name, play in found.workings.ground.inputs.rules.plays.items():
        if name not in awake:
            answer: PlayAnswer = "asleep" if name in asleep else "off"
            said.append(PlaySaid(name=name, play=play, answer=answer, needs=asleep.get(name, ())))
        elif name in parts:
            proofs = provable(awake[name], found.workings.ground.inputs.lineage)
            outcomes = (theirs, candidates, proofs)
            looked = [_looked(awake[name], parts[name], row, outcomes) for row in seen[play.per]]
            said.append(_of_all(name, play, looked))
        else:
            looked = [
                Looked(product=None if product == NO_PRODUCT else product, answer="lead", clauses=())
                for one, product in theirs
                if one == name
            ]
            said.append(_of_all(name, play, looked))
    return tuple(said)


def _parts(rule: Rule) -> tuple[Expression, ...]:
    numbers: dict[str, Kind] = {
        name: "integer" if float(value).is_integer() else "number" for name, value in rule.play.numbers.items()
    }
    names = {name: fact.kind for name, fact in rule.known.items()} | numbers
    return tuple(parse(text, names, "boolean") for text in clauses(rule.play.when or "", names))


def _seen(
    found: Found, account_id: str, rules: Mapping[str, Rule], parts: Mapping[str, tuple[Expression, ...]]
) -> Mapping[str, list[Row]]:
    """By grain: one row a thing that was looked at, with its facts and `<play> <n>` for each part of a condition."""
    ground = found.workings.ground
    seen: dict[str, list[Row]] = {}
    for grain in KEYS:
        here = [rule for rule in rules.values() if rule.play.per == grain]
        if not here:
            continue
        rows = ground.wide(grain)
        rows = rows.filter(rows.account_id == account_id)
        holds = {
            f"{rule.name} {n}": over(rows, rule.play.numbers, part, ground.inputs.today)
            for rule in here
            for n, part in enumerate(parts[rule.name])
        }
        seen[grain] = rows.mutate(**holds).to_pyarrow().to_pylist()
    return seen


def _candidates(found: Found, account_id: str) -> frozenset[tuple[str, str]]:
    judged = found.workings.judged
    rows = judged.filter(judged.account_id == account_id).select("play", "product").to_pyarrow().to_pylist()
    return frozenset((row["play"], row["product"]) for row in rows)


def _looked(
    rule: Rule,
    parts: tuple[Expression, ...],
    row: Row,
    outcomes: Outcomes,
) -> Looked:
    known = {**row, **{name: plain_number(value) for name, value in rule.play.numbers.items()}}
    told = tuple(
        Clause(
            text=part.source,
            holds=row[f"{rule.name} {n}"],
            seen={name: known[name] for name in in_order(part)},
        )
        for n, part in enumerate(parts)
    )
    product = row["product"] if rule.play.per != "account" else None
    return Looked(product=product, answer=_answer(rule, row, product, told, outcomes), clauses=told)


def _answer(
    rule: Rule,
    row: Row,
    product: str | None,
    told: tuple[Clause, ...],
    outcomes: Outcomes,
) -> PlayAnswer:
    failing = [one for one in told if not one.holds]
    if failing:
        near = len(told) > 1 and len(failing) == 1 and None not in failing[0].seen.values()
        return "near" if near else "no"
    theirs, candidates, proofs = outcomes
    if any(play == rule.name and product in (None, of) for play, of in theirs):
        return "lead"
    quoted = any(row[name] is not None and row[record] is not None for name, record in proofs)
    chosen = any(play == rule.name and product in (None, of) for play, of in candidates)
    return "outdone" if quoted and not chosen else "no evidence"


def _of_all(name: str, play: Play, looked: list[Looked]) -> PlaySaid:
    order: tuple[PlayAnswer, ...] = ("lead", "no evidence", "outdone", "near", "no")
    closest = sorted(looked, key=lambda one: (order.index(one.answer), -_share(one), one.product or ""))
    answer: PlayAnswer = closest[0].answer if closest else "nothing"
    return PlaySaid(name=name, play=play, answer=answer, looked=tuple(closest))


def _share(looked: Looked) -> float:
    """How much of the condition holds."""
    return sum(1 for one in looked.clauses if one.holds) / max(len(looked.clauses), 1)


def in_order(part: Expression) -> list[str]:
    """What an expression mentions, in the order of its text."""
    return sorted(part.names, key=lambda name: (part.source.find(name), name))


def plain_number(value: float) -> int | float:
    """A number of plays.yaml or gates.yaml as it was written: 12, not 12.0."""
    return int(value) if float(value).is_integer() else value
