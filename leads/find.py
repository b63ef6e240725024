"""The one door: canonical tables, rules, what we wrote before and today's date in; leads with their reasons out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import ibis.expr.types as ir

from leads import gates, plays
from leads.answers import answers, questions
from leads.assemble import assemble
from leads.facts.families import FACTS, FAMILIES, SPINES
from leads.facts.family import KEYS, Grain
from leads.facts.ground import Ground
from leads.facts.rates import RATES
from leads.inputs import Inputs, LetGo, Stage, filled, keep
from leads.language import Expression
from leads.lifecycle import Worked
from leads.propensity import Report, learnt
from leads.ranking import chosen, valued
from leads.rules import Book, Guard, Rule
from leads.told import Told
from leads.wide import ALWAYS, wide
from mappings.canonical import Lead
from mappings.config import Rules
from mappings.extra import PREFIX

READS = ("account", "product", "subscription", "purchase", "opportunity", "contact", "activity", "case",
         "engagement", "feedback", "usage", "owner", "ours", "rate")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """A play that could not be judged: the columns it needs that are not mapped, or hold nothing."""

    play: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """What the answer was computed with, for those who ask why; readable for as long as the stage keeps its tables.

    `judged` has one row a candidate with every gate's verdict, `ranked` those of the gates that compare candidates.
    """

    ground: Ground
    awake: tuple[Rule, ...]
    guards: tuple[Guard, ...]
    judged: ir.Table
    ranked: ir.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Every lead with its state, sorted by key; what to write on accounts; the plays that are asleep.

    `accounts` has one row an account with the columns of leads.answers; `facts` gives every fact that was computed,
    one row an account, for those who ask why. `model` says what decided deals taught about the chance to win, and
    whether that is used.
    """

    leads: tuple[Lead, ...]
    accounts: ir.Table
    facts: ir.Table
    asleep: tuple[Asleep, ...]
    model: Report
    workings: Workings
    worked: tuple[Worked, ...] = ()
    """What became of the leads we made (leads.lifecycle), where somebody asked."""


def find(
    tables: Mapping[str, ir.Table],
    rules: Rules,
    *,
    today: date,
    lineage: Mapping[str, str],
    stage: Stage,
    let_go: LetGo = keep,
    language: Literal["en", "ja"] | None = None,
) -> Found:
    """Decide whom to approach, with what, and why, as of `today`. Same inputs, same answer, in the same order.

    `tables` hold every table and column of mappings.canonical.TABLES; `lineage` says which columns are mapped and
    from where (`account.employees` -> `Account.NumberOfEmployees`). `let_go` is told what `stage` need not keep any
    longer. `language` is that of reasons; default the company's.
    """
    language = language or rules.mapping.company.language
    book = Book(rules)
    enabled, guards, ranking = book.plays(), book.gates(), book.priorities()
    bare = Inputs(
        tables={}, rules=rules, today=today, lineage=lineage, filled=frozenset(), stage=stage, let_go=let_go
    )
    inputs = _inputs(bare, tables, enabled)
    awake, asleep = _awake(inputs, enabled)
    if any(rule.play.python is not None for rule in awake):
        inputs = replace(inputs, let_go=keep)  # code may hold on to any table
    ground = Ground(
        inputs, families=FAMILIES, spines=SPINES, words=rules.texts[language].words,
        wanted=_wanted(awake, _judges(guards, ranking) | questions(rules)), quoted=_quoted(awake),
    )  # fmt: skip
    found, sold = plays.candidates(ground, awake), plays.sold(ground, awake)
    rows = wide(ground, found, sold, _judges(guards, ranking), _quarter(today))
    taught = learnt(ground)
    judged = gates.judged(ground, stage("candidates_valued", valued(ground, rows, ranking, taught)), guards)
    ranked = chosen(ground, judged)
    leads = assemble(judged, ranked, Told(ground, judged, awake), inputs, awake, language)
    return Found(
        leads=leads,
        accounts=answers(ground, judged, ranked, leads, language),
        facts=ground.wide("account"),
        asleep=asleep,
        model=taught.report,
        workings=Workings(ground=ground, awake=awake, guards=guards, judged=judged, ranked=ranked),
    )


def _inputs(bare: Inputs, tables: Mapping[str, ir.Table], enabled: Iterable[Rule]) -> Inputs:
    # a canonical table that is still an expression would be computed again by every fact that reads it
    ready = {name: bare.staged(f"canonical_{name}", tables[name]) for name in READS}
    needs = {need for one in enabled for need in one.needs} | {need for fact in FACTS.values() for need in fact.needs}
    known = filled(ready, bare.lineage, needs | RATES | {"owner.name"})
    return replace(bare, tables=ready, filled=known)


def _awake(inputs: Inputs, enabled: Iterable[Rule]) -> tuple[tuple[Rule, ...], tuple[Asleep, ...]]:
    missing = {one.name: inputs.missing(one.needs) for one in enabled}
    asleep = tuple(Asleep(play=name, needs=needs) for name, needs in missing.items() if needs)
    return tuple(one for one in enabled if not missing[one.name]), asleep


def _judges(guards: Iterable[Guard], ranking: Mapping[str, Expression]) -> frozenset[str]:
    """The facts that gates and ranking mention."""
    said = {name for one in guards for name in one.facts}
    return frozenset(said | {name for part in ranking.values() for name in part.names})


def _wanted(awake: Iterable[Rule], asked: frozenset[str]) -> Mapping[Grain, frozenset[str]]:
    """The columns that plays look at, at each grain; of accounts whatever anything mentions."""
    wanted: dict[Grain, set[str]] = {"account": set(asked | ALWAYS), "owned": set(), "offer": set()}
    for one in awake:
        looked_at = one.facts | set(one.needed) | (_own(one) if one.play.python is not None else set())
        wanted[one.play.per] |= _with_records(one, looked_at)
        wanted["account"] |= _with_records(one, looked_at | one.quotes)
    return {grain: frozenset(names) for grain, names in wanted.items()}


def _quoted(awake: Iterable[Rule]) -> Mapping[Grain, frozenset[str]]:
    """The columns that texts quote, at each grain."""
    quoted: dict[Grain, set[str]] = {grain: set() for grain in KEYS}
    for one in awake:
        quoted[one.play.per] |= _with_records(one, one.quotes)
    return {grain: frozenset(names) for grain, names in quoted.items()}


def _own(rule: Rule) -> set[str]:
    """The company's own facts, any of which a play in Python may look at."""
    return {name for name in rule.known if name.startswith(PREFIX)}


def _with_records(rule: Rule, facts: Iterable[str]) -> set[str]:
    return {*facts, *(rule.known[name].record or "" for name in facts)} - {"", "account_id"}


def _quarter(today: date) -> str:
    return f"{today.year}Q{(today.month + 2) // 3}"
