"""Every gate's answer for each lead of an account, what it is expected to be worth, and its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from leads.considered import Plain, in_order, plain_number
from leads.facts.idioms import yes
from leads.find import Found
from leads.gates import LIMITS, in_force
from leads.plays import over
from leads.rules import Guard
from mappings.canonical import Lead
from mappings.config import Gate, Override

Row = Mapping[str, Any]
GateAnswer = Literal["passed", "refused", "let pass", "spared", "not concerned", "not asked", "off"]
"""let pass: a person said so; spared: it would refuse, were the lead not open in the CRM already; not concerned: the
gate is about selling, and the play sells nothing; not asked: another gate refused before."""
UNSAID = frozenset({"selling", "motion", "owners_known"})
"""What conditions of gates mention and everybody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSaid:
    """A gate's answer for one candidate, with the facts that decided it; the reason's text where it refused."""

    code: str
    answer: GateAnswer
    seen: Mapping[str, Plain]
    value: Plain = None
    limit: Plain = None
    text: str | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a lead came by its state and its place.

    `win_source` says where p_win comes from: model, deals or setting; `expected` is value x p_win x timing in minor
    units of the lead's currency; `place` the one on its owner's list, None where a gate
    refused it before places were given; `places` how many there are in a week; `decided_n` the deals behind p_win.
    """

    lead: Lead
    gates: tuple[GateSaid, ...]
    expected: int
    timing: float
    decided_n: int
    win_source: str
    win_model: str | None
    place: int | None
    places: int


def judgements(found: Found, account_id: str) -> tuple[Judgement, ...]:
    """Every gate's answer for each of the account's leads, and their places; sorted by the leads' keys."""
    rows = _judged(found, account_id)
    rules = found.workings.ground.inputs.rules
    guards = {guard.code: guard for guard in found.workings.guards}
    passes = in_force(found.workings.ground.inputs)
    told = []
    for lead in (lead for lead in found.leads if lead.account_id == account_id):
        row = rows[lead.play, lead.key.product]
        said = [_gate_said(code, gate, guards.get(code), (row, lead, passes)) for code, gate in rules.gates.items()]
        told.append(
            Judgement(
                lead=lead,
                gates=tuple(said),
                expected=row["expected"],
                timing=row["timing"],
                decided_n=row["decided_n"],
                win_source=row["win_source"],
                win_model=row["win_model"],
                place=row["value_capacity"] if _has_place(row) else None,
                places=int(rules.gates["capacity"].numbers["leads"]),
            )
        )
    return tuple(told)


def _has_place(row: Row) -> bool:
    return not (row["barred"] or row["refused_frequency"] or row["refused_options"])


def _judged(found: Found, account_id: str) -> Mapping[tuple[str, str], Row]:
    """Candidates by play and key's product, with all that gates saw and `holds <code>` for those with a condition."""
    work = found.workings
    rows = work.judged.filter(work.judged.account_id == account_id)
    holds = {
        f"holds {guard.code}": yes(over(rows, guard.gate.numbers, guard.parts["when"], work.ground.inputs.today))
        for guard in work.guards
        if "when" in guard.parts
    }
    ranked = work.ranked.filter(work.ranked.account_id == account_id).to_pyarrow().to_pylist()
    places = {(row["play"], row["product"]): row for row in ranked}
    return {
        (row["play"], row["product"]): places[row["play"], row["product"]] | row
        for row in rows.mutate(**holds).to_pyarrow().to_pylist()
    }


_Case = tuple[Row, Lead, tuple[Override, ...]]


def _gate_said(code: str, gate: Gate, guard: Guard | None, case: _Case) -> GateSaid:
    row, lead, _ = case
    if guard is None:
        return GateSaid(code=code, answer="off", seen={})
    if gate.concerns == "selling" and not row["selling"]:
        return GateSaid(code=code, answer="not concerned", seen={})
    reason = next((one for one in lead.reasons if one.code == code), None)
    if reason is not None:
        return GateSaid(
            code=code, answer="refused", seen=_seen_by(code, gate, guard, row),
            value=reason.value, limit=reason.limit, text=reason.text,
        )  # fmt: skip
    answer, override = _not_refused(code, gate, case)
    return GateSaid(code=code, answer=answer, seen=_seen_by(code, gate, guard, row), override=override)


def _not_refused(code: str, gate: Gate, case: _Case) -> tuple[GateAnswer, Override | None]:
    row, lead, passes = case
    if code in LIMITS:
        before = row["barred"] or (code != "frequency" and not _has_place(row))
        return ("not asked" if before else "passed"), None
    if not row.get(f"holds {code}"):
        return "passed", None
    if gate.spares_ours and row["our_key"] is not None:
        return "spared", None
    override = next((one for one in passes if one.gate == code and _concerns(one, lead)), None)
    return "let pass", override


def _concerns(one: Override, lead: Lead) -> bool:
    return (
        one.account in (lead.account_id, lead.account_name)
        and one.play in (None, lead.play)
        and one.product in (None, lead.product)
    )


def _seen_by(code: str, gate: Gate, guard: Guard, row: Row) -> Mapping[str, Plain]:
    """The facts and numbers that the gate's condition mentions."""
    if code in LIMITS:
        return {name: value for name, value in _compared(code, row) if value is not None}
    numbers = {name: plain_number(value) for name, value in gate.numbers.items()}
    known = {**row, **numbers}
    return {name: known[name] for name in in_order(guard.parts["when"]) if name not in UNSAID}


def _compared(code: str, row: Row) -> Iterator[tuple[str, Plain]]:
    if code == "frequency":
        yield "sold_on", row["sold_on"]
        yield "chosen_play", row["chosen_play"]
    elif _has_place(row) or row[f"refused_{code}"]:
        yield "place", row[f"value_{code}"]
