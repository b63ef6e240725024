"""The guardrails: what keeps a candidate from being worked. Each is a condition in gates.yaml."""

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir

from leads.facts.ground import Ground
from leads.facts.idioms import NO, yes
from leads.inputs import Inputs
from leads.plays import over
from leads.rules import Guard
from mappings.config import Gate, Override

COMPARING = ("frequency", "options", "capacity")
"""Gates that compare candidates with one another (leads.ranking); their numbers are fixed by name."""
COMPARED_BY: Mapping[str, frozenset[str]] = {
    "frequency": frozenset({"days"}),
    "options": frozenset({"options"}),
    "capacity": frozenset({"leads", "days"}),
}
LIMITS: Mapping[str, str] = {"frequency": "days", "options": "options", "capacity": "leads"}
"""Which number of a comparing gate is the limit that is told."""


def judged(ground: Ground, rows: ir.Table, guards: Iterable[Guard]) -> ir.Table:
    """Adds refused_<code>, value_<code> and limit_<code> for every gate with a condition, and barred: any refused."""
    tests = [guard for guard in guards if "when" in guard.parts]
    told: dict[str, ir.Value] = {}
    for guard in tests:
        told |= _verdict(ground, guard, rows)
    rows = rows.mutate(**told)
    barred = ibis.or_(*(rows[f"refused_{guard.code}"] for guard in tests)) if tests else NO
    return ground.inputs.stage("candidates_judged", rows.mutate(barred=barred))


def _verdict(ground: Ground, guard: Guard, rows: ir.Table) -> dict[str, ir.Value]:
    built = {part: over(rows, guard.gate.numbers, one, ground.inputs.today) for part, one in guard.parts.items()}
    refused = yes(built["when"]) & _concerned(guard.gate, rows) & ~let_pass(ground, guard.code, rows)
    told = {f"refused_{guard.code}": refused}
    return told | {f"{part}_{guard.code}": built[part] for part in ("value", "limit") if part in built}


def _concerned(gate: Gate, rows: ir.Table) -> ir.BooleanValue:
    concerned = rows.selling if gate.concerns == "selling" else ibis.literal(value=True)
    return concerned & rows.our_key.isnull() if gate.spares_ours else concerned


def let_pass(ground: Ground, code: str, rows: ir.Table) -> ir.BooleanValue:
    """Whether a person let this account pass this gate, today still. `rows` name account, play and target."""
    passes = [_passes(one, rows) for one in in_force(ground.inputs) if one.gate == code]
    return ibis.or_(*passes) if passes else NO


def in_force(inputs: Inputs) -> tuple[Override, ...]:
    """The overrides whose last day has not passed."""
    return tuple(one for one in inputs.rules.overrides if one.until >= inputs.today)


def _passes(one: Override, rows: ir.Table) -> ir.BooleanValue:
    same = (rows.account_id == one.account) | (rows.account_name == one.account)
    if one.play is not None:
        same &= rows.play == one.play
    return same & (rows.target == one.product) if one.product is not None else same


def number(rules_gates: Mapping[str, Gate], code: str, name: str) -> int:
    """A number of a comparing gate, as a whole."""
    return int(rules_gates[code].numbers[name])
