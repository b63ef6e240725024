"""Turns ranked rows into leads: the only place where rows become objects, one by one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal

import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from leads.facts.idioms import attach
from leads.gates import LIMITS, in_force
from leads.inputs import Inputs
from leads.origins import Origins, Proof
from leads.phrases import Phrases
from leads.plays import NO_PRODUCT
from leads.rules import Rule
from leads.told import Told
from mappings.canonical import Action, Evidence, Lead, LeadKey, Reason, State
from mappings.config import Gate, Override, Play

Row = Mapping[str, Any]
"""One ranked candidate, as the engine gives it."""

STRENGTH: tuple[State, ...] = ("suppressed", "held", "waiting")
STATES: Mapping[str, State] = MappingProxyType(
    {"frequency": "suppressed", "options": "suppressed", "capacity": "waiting"}
)
"""Of the gates that compare candidates, which say nothing of it themselves."""
KEY = ("account_id", "play", "product")
"""What names a candidate."""
AT_ONCE = 500
"""Accounts whose candidates are objects at the same time."""
COMMON = ("account_name", "owner_name", "contact_name", "contact_role", "product_name", "decided_n", "win_source",
          "win_model", "rate_unknown", "expected", "ranked",
          "seats_more", "risk", "won_on", "material")  # fmt: skip
"""Facts of every lead, where they are known."""


def assemble(
    judged: ir.Table,
    ranked: ir.Table,
    told: Told,
    inputs: Inputs,
    awake: Iterable[Rule],
    language: Literal["en", "ja"],
) -> tuple[Lead, ...]:
    """One lead a candidate that has evidence, sorted by key."""
    places = ranked.select(*KEY, *(name for name in ranked.columns if name not in judged.columns))
    rows = inputs.stage("candidates_placed", attach(judged, places, *KEY))
    pa.default_memory_pool().release_unused()  # what learning took is given back before leads take as much
    making = Making(inputs, {rule.name: rule for rule in awake}, language)
    drafts = [making.draft(row) for part in _parts(rows) for row in told.about(part)]
    origins = Origins(inputs, (quote.asked for draft in drafts for quote in draft.quotes))
    leads = (draft.proven(origins) for draft in drafts)
    return tuple(sorted((lead for lead in leads if lead.evidence), key=lambda lead: str(lead.key)))


def _parts(rows: ir.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows as objects, not all at once: they take many times the memory so."""
    accounts = sorted(rows.select("account_id").distinct().to_pyarrow()["account_id"].to_pylist())
    for at in range(0, len(accounts), AT_ONCE):
        part = accounts[at : at + AT_ONCE]
        yield rows.filter(_.account_id.between(part[0], part[-1])).to_pyarrow().to_pylist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A value that proves something, and the record it was read from."""

    proof: Proof
    value: Any
    record: str

    @property
    def asked(self) -> tuple[Mapping[str, str], tuple[Proof, ...]]:
        """As Origins asks for it."""
        return {self.proof.record: self.record}, (self.proof,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A lead whose evidence has yet to be looked up."""

    lead: Lead
    quotes: tuple[Quote, ...]

    def proven(self, origins: Origins) -> Lead:
        """The lead with all evidence whose record and field are known."""
        found = ((quote, origins.of(quote.proof, quote.record)) for quote in self.quotes)
        evidence = (
            Evidence(fact=one.proof.fact, value=one.value, unit=one.proof.unit, record=place[0], field=place[1])
            for one, place in found
            if place is not None
        )
        return replace(self.lead, evidence=tuple(evidence))


class Making:
    """What making a lead of a row needs: the rules and the language's words."""

    def __init__(self, inputs: Inputs, rules: Mapping[str, Rule], language: Literal["en", "ja"]) -> None:
        self._inputs = inputs
        self._gates = {code: gate for code, gate in inputs.rules.gates.items() if gate.enabled}
        self._plays = {name: rule.play for name, rule in rules.items()}
        self._proofs = {name: proofs(rule) for name, rule in rules.items()}
        self._quotes = {name: rule.quotes for name, rule in rules.items()}
        self._phrases = Phrases(inputs.rules.texts[language], language)

    def draft(self, row: Row) -> Draft:
        """The row as a lead, with reasons, and what would prove it."""
        return Draft(lead=self._lead(row), quotes=tuple(self._quotes_of(row)))

    def _lead(self, row: Row) -> Lead:
        play = self._plays[row["play"]]
        reasons = tuple(self._reasons(row))
        return Lead(
            key=LeadKey(account_id=row["account_id"], play=row["play"], product=row["product"], cycle=row["cycle"]),
            account_id=row["account_id"],
            account_name=row["account_name"] or row["account_id"],
            motion=play.motion,
            pattern=play.pattern,
            play=row["play"],
            product=None if row["target"] == NO_PRODUCT else row["target"],
            state=self._state(reasons),
            reasons=reasons,
            evidence=(),
            priority=row["priority"],
            value=row["value"],
            currency=row["currency"],
            p_win=row["p_win"],
            owner_id=row["owner_id"],
            contact_id=row["contact_id"],
            due=_due(row, self._inputs.today),
            route=_route(row, self._inputs),
            action=_action(play, row),
            facts=MappingProxyType(self._facts(row)),
        )

    def _reasons(self, row: Row) -> Iterable[Reason]:
        for code, gate in self._gates.items():
            if row.get(f"refused_{code}"):
                value, limit = _plain(row.get(f"value_{code}")), _limit(code, gate, row)
                yield Reason(code=code, value=value, limit=limit, text=self._phrases.reason(code, value, limit, row))

    def _state(self, reasons: Iterable[Reason]) -> State:
        states = {STATES.get(reason.code, self._gates[reason.code].state) for reason in reasons}
        return next((state for state in STRENGTH if state in states), "open")

    def _quotes_of(self, row: Row) -> Iterable[Quote]:
        for proof in self._proofs[row["play"]]:
            value, record = row.get(proof.fact), row.get(proof.record)
            if value is not None and record is not None:
                yield Quote(proof=proof, value=_plain(value), record=record)

    def _facts(self, row: Row) -> dict[str, str | int | float]:
        """What the texts may quote, dates as ISO 8601 text; whatever is unknown is left out."""
        names = {*COMMON, *self._quotes[row["play"]]}
        given = {name: row.get(name) for name in names} | _derived(row)
        let_pass = [one for one in in_force(self._inputs) if _concerns(one, row)]
        given["override"] = "; ".join(f"{one.gate}: {one.person}, {one.until}" for one in let_pass) or None
        return {name: _plain(value) for name, value in sorted(given.items()) if value is not None}


def _concerns(one: Override, row: Row) -> bool:
    return one.account in (row["account_id"], row["account_name"]) and all(
        said is None or said == row[name] for name, said in (("play", one.play), ("target", one.product))
    )


def proofs(rule: Rule) -> tuple[Proof, ...]:
    """The facts that the play quotes as evidence, with the columns and fields they come from."""
    found = [(name, rule.known[name]) for name in rule.play.evidence]
    return tuple(
        Proof(fact=name, unit=fact.unit, record=fact.record, field=fact.field)
        for name, fact in found
        if fact.record is not None and fact.field is not None
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _limit(code: str, gate: Gate, row: Row) -> Any:
    if code in LIMITS:
        return gate.numbers[LIMITS[code]]
    return _plain(row.get(f"limit_{code}"))


def _action(play: Play, row: Row) -> Action:
    action = play.action[row["priority"]]
    # who is on a list gets mail: whom no mail may reach is talked to instead
    return "task" if action == "list" and not row["may_email"] else action


def _due(row: Row, today: date) -> date:
    allowed = row["due_days"] if row["motion"] != "cross_sell" or row["sla_days"] is None else row["sla_days"]
    # an open lead keeps the day it was given
    return (row["our_day"] or today) + timedelta(days=max(0, allowed))


def _route(row: Row, inputs: Inputs) -> str | None:
    if row["motion"] != "cross_sell":
        return None
    return row["specialist"] or inputs.rules.mapping.write.default_route


def _derived(row: Row) -> dict[str, Any]:
    """Facts that are only a way of saying others: channels, and the chance to win in percent."""
    allowed = [channel for channel in ("phone", "email") if row[f"may_{channel}"]]
    return {"channels": ",".join(allowed) or None, "win_percent": round(row["p_win"] * 100)}
