"""Turns ranked rows into leads: the only place where rows become objects, one by one."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal

import ibis.expr.types as ir

from leads.gates import GUARDS
from leads.inputs import Inputs
from leads.origins import Origins
from leads.phrases import Phrases
from leads.plays import NO_PRODUCT, RULES, Proof
from leads.told import Told
from mappings.canonical import Evidence, Lead, LeadKey, Reason, State

Row = Mapping[str, Any]
"""One ranked candidate, as the engine gives it."""

STRENGTH: tuple[State, ...] = ("suppressed", "held", "waiting")
COMMON = ("account_name", "owner_name", "contact_name", "contact_role", "product_name", "decided_n", "expected",
          "risk", "won_on")  # fmt: skip
"""Facts of every lead, where they are known."""


def assemble(
    judged: ir.Table,
    ranked: ir.Table,
    told: Told,
    inputs: Inputs,
    gates: Mapping[str, Mapping[str, float]],
    language: Literal["en", "ja"],
) -> tuple[Lead, ...]:
    """One lead a candidate that has evidence, sorted by key."""
    phrases = Phrases(inputs.rules.texts[language], language)
    places = {_name(row): row for row in ranked.drop("product_name").to_pyarrow().to_pylist()}
    rows = [told.about(row | places[_name(row)]) for row in judged.to_pyarrow().to_pylist()]
    origins = Origins(inputs, rows)
    leads = (_lead(row, inputs, gates, phrases, tuple(_evidence(row, origins))) for row in rows)
    return tuple(sorted((lead for lead in leads if lead.evidence), key=lambda lead: str(lead.key)))


def _name(row: Row) -> tuple[str, str, str]:
    return row["account_id"], row["play"], row["product"]


def _lead(
    row: Row,
    inputs: Inputs,
    gates: Mapping[str, Mapping[str, float]],
    phrases: Phrases,
    evidence: tuple[Evidence, ...],
) -> Lead:
    play = inputs.rules.plays[row["play"]]
    reasons = tuple(_reasons(row, gates, phrases))
    facts = _facts(row)
    return Lead(
        key=LeadKey(account_id=row["account_id"], play=row["play"], product=row["product"], cycle=row["cycle"]),
        account_id=row["account_id"],
        account_name=row["account_name"] or row["account_id"],
        motion=play.motion,
        pattern=play.pattern,
        play=row["play"],
        product=None if row["product"] == NO_PRODUCT else row["product"],
        state=_state(reasons),
        reasons=reasons,
        evidence=evidence,
        priority=row["priority"],
        value=row["value"],
        currency=row["currency"],
        p_win=row["p_win"],
        owner_id=row["owner_id"],
        contact_id=row["contact_id"],
        due=_due(row, inputs.today),
        route=_route(row, inputs),
        facts=MappingProxyType(facts),
    )


def _reasons(row: Row, gates: Mapping[str, Mapping[str, float]], phrases: Phrases) -> Iterable[Reason]:
    for code, guard in GUARDS.items():
        if row.get(f"refused_{code}"):
            value = row[f"value_{code}"]
            limit = gates[code][guard.limit] if guard.limit else None
            yield Reason(code=code, value=value, limit=limit, text=phrases.reason(code, value, limit, row))


def _state(reasons: Iterable[Reason]) -> State:
    states = {GUARDS[reason.code].state for reason in reasons}
    return next((state for state in STRENGTH if state in states), "open")


def _evidence(row: Row, origins: Origins) -> Iterable[Evidence]:
    for proof in RULES[row["play"]].proofs:
        value, record = row.get(proof.fact), row.get(proof.record)
        place = origins.of(proof, record) if value is not None and record is not None else None
        if place is not None:
            yield _told(proof, value, *place)


def _told(proof: Proof, value: Any, record: str, field: str) -> Evidence:
    said = value.isoformat() if isinstance(value, date) else value
    return Evidence(fact=proof.fact, value=said, unit=proof.unit, record=record, field=field)


def _due(row: Row, today: date) -> date:
    allowed = row["due_days"] if row["motion"] != "cross_sell" or row["sla_days"] is None else row["sla_days"]
    # an open lead keeps the day it was given
    return (row["our_day"] or today) + timedelta(days=max(0, allowed))


def _route(row: Row, inputs: Inputs) -> str | None:
    if row["motion"] != "cross_sell":
        return None
    return row["specialist"] or inputs.rules.mapping.write.default_route


def _facts(row: Row) -> dict[str, str | int | float]:
    """What the texts may quote, dates as ISO 8601 text; whatever is unknown is left out."""
    given = {name: row.get(name) for name in (*COMMON, *RULES[row["play"]].quotes)} | _derived(row)
    known = {name: value for name, value in sorted(given.items()) if value is not None}
    return {name: v.isoformat() if isinstance(v, date) else v for name, v in known.items()}


def _derived(row: Row) -> dict[str, str | int | float | None]:
    """Facts that are only a way of saying others: percentages, a role or else a title, channels."""
    quotes = RULES[row["play"]].quotes
    values = {
        "contact_role": row["role"] or row["title"],
        "channels": _channels(row),
        "win_percent": round(row["p_win"] * 100),
    }
    for name, make in DERIVED.items():
        if name in quotes:
            values[name] = make(row)
    return values


def _channels(row: Row) -> str | None:
    allowed = [channel for channel in ("phone", "email") if row[f"may_{channel}"]]
    return ",".join(allowed) or None


def _share(part: str, whole: str) -> Any:
    return lambda row: row[part] * 100 // row[whole]


DERIVED: Mapping[str, Any] = MappingProxyType(
    {
        "used_percent": _share("product_used", "product_seats"),
        "ceiling_percent": lambda row: row["ceiling"] / 10,
        "penetration_percent": lambda row: row["penetration"] / 10,
        "confidence_percent": lambda row: round(row["confidence"] * 100),
        "usage_fall_percent": lambda row: int(row["usage_fall"]),
        "seats_lost": lambda row: row["seats_then"] - row["seats_now"],
        "renewal_value": lambda row: (row["renewal_monthly"] or 0) * 12,
        "lift": lambda row: round(row["lift"], 1),
    }
)
