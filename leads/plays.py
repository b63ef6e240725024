"""Candidates: what every play that is awake finds, as rows of one table."""

from collections.abc import Iterable, Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import KEYS
from leads.facts.ground import Ground
from leads.facts.idioms import NO, listed
from leads.language import Expression
from leads.origins import origin
from leads.rules import Rule, python_plays

NO_PRODUCT = "-"
CANDIDATE = {
    "account_id": "string", "play": "string", "product": "string", "target": "string", "cycle": "string",
    "seats_more": "int64", "value": "int64", "timing": "float64", "score": "float64",
}  # fmt: skip
"""What a play finds. target: the product it sells; cycle: NULL for the quarter; value: minor units of the account's
currency a year."""


def candidates(ground: Ground, awake: Iterable[Rule]) -> ir.Table:
    """Every candidate of these plays: one row an account, play and product, with the columns of CANDIDATE."""
    found = [_found(ground, rule) for rule in awake]
    empty = listed((), CANDIDATE)
    return ground.inputs.stage("candidates", ibis.union(*found) if len(found) > 1 else (*found, empty)[0])


def _found(ground: Ground, rule: Rule) -> ir.Table:
    if rule.play.python is not None:
        rows = python_plays()[rule.play.python](ground, rule.play.numbers)
        known = ground.wide(rule.play.per)
        rows = rows.semi_join(known.filter(_proven(ground, rule, known)), KEYS[rule.play.per])
    else:
        rows = _by_condition(ground, rule)
    shaped = _shaped(rule.name, rows)
    return _best_products(shaped, rule.play.per_account) if rule.play.per_account is not None else shaped


def _by_condition(ground: Ground, rule: Rule) -> ir.Table:
    rows = _looked_at(ground.wide(rule.play.per), rule)
    rows = rows.filter(_value(ground, rule, "when", rows))
    rows = rows.filter(_proven(ground, rule, rows))
    if rule.play.seats is not None:
        rows = rows.mutate(seats_more=_whole(_value(ground, rule, "seats", rows)))
    told = {
        part: _value(ground, rule, part, rows)
        for part in ("product", "target", "cycle", "timing", "score")
        if part in rule.parts
    }
    told["value"] = _whole(_value(ground, rule, "value", rows))
    if rule.play.per != "account":
        told["product"] = rows["product"]
    keep = ["account_id", *(["seats_more"] if rule.play.seats is not None else [])]
    return rows.select(*keep, **told)


def provable(rule: Rule, lineage: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The facts that the play can quote as evidence, each with the column of its record: what was read somewhere."""
    quoted = ((name, rule.known[name]) for name in rule.play.evidence)
    return tuple(
        (name, fact.record)
        for name, fact in quoted
        if fact.record is not None and fact.field is not None and origin(lineage, fact.field) is not None
    )


def _proven(ground: Ground, rule: Rule, rows: ir.Table) -> ir.BooleanValue:
    # decided before anything is compared: what cannot be shown to anybody takes nobody's place
    found = provable(rule, ground.inputs.lineage)
    return ibis.or_(*(rows[name].notnull() & rows[record].notnull() for name, record in found)) if found else NO


def _looked_at(rows: ir.Table, rule: Rule) -> ir.Table:
    """The columns that the play is about: every later step would carry all there are."""
    evidence = rule.play.evidence
    proof = (column for name in evidence for column in (name, rule.known[name].record))
    named = {*KEYS[rule.play.per], *proof, *(name for part in rule.parts.values() for name in part.names)}
    return rows.select(*(name for name in rows.columns if name in named))


def sold(ground: Ground, awake: Iterable[Rule]) -> ir.Table | None:
    """What leads of ours sell beside the product that their key names: account_id, play, product and target.

    As the plays with a `target` say today; None where there are none. Of a product that is no longer the account's
    nobody can tell what was sold above it, and there is no row.
    """
    found = [_sold(ground, rule) for rule in awake if "target" in rule.parts]
    if not found:
        return None
    every = ibis.union(*found) if len(found) > 1 else found[0]
    return ground.inputs.stage("sold", every.semi_join(ground.ours.all, ("account_id", "play", "product")))


def _sold(ground: Ground, rule: Rule) -> ir.Table:
    rows = ground.wide(rule.play.per)
    product = rows["product"] if rule.play.per != "account" else _about(ground, rule, rows)
    told = rows.select(
        "account_id", play=ibis.literal(rule.name), product=product, target=_value(ground, rule, "target", rows)
    )
    return told.filter(_.target.notnull())


def _about(ground: Ground, rule: Rule, rows: ir.Table) -> ir.Value:
    named = _value(ground, rule, "product", rows) if "product" in rule.parts else ibis.null("string")
    return ibis.coalesce(named, NO_PRODUCT)


def _value(ground: Ground, rule: Rule, part: str, rows: ir.Table) -> ir.Value:
    return over(rows, rule.play.numbers, rule.parts[part], ground.inputs.today)


def over(rows: ir.Table, numbers: Mapping[str, float], part: Expression, today: date) -> ir.Value:
    """The value of an expression in each of these rows; `numbers` stand for themselves, as literals."""
    given = {name: n for name, n in numbers.items() if name in part.names}
    literals = {name: ibis.literal(int(n) if float(n).is_integer() else n) for name, n in given.items()}
    return part.build({**{name: rows[name] for name in part.names - given.keys()}, **literals}, today)


def _whole(value: ir.NumericValue) -> ir.IntegerValue:
    # rounding first takes away the noise that would make 70 out of 69.99999999
    return value.cast("int64") if value.type().is_integer() else value.round(6).floor().cast("int64")


def _shaped(play: str, rows: ir.Table) -> ir.Table:
    given = {name: rows[name] if name in rows.columns else ibis.null(kind) for name, kind in CANDIDATE.items()}
    given["play"] = ibis.literal(play)
    given["product"] = ibis.coalesce(given["product"], NO_PRODUCT)
    given["target"] = ibis.coalesce(given["target"], given["product"])
    # a survey says 0, a product without a price nothing: nobody knows what either is worth
    given["value"] = given["value"].nullif(0)
    given["timing"] = ibis.coalesce(given["timing"], 1.0)
    return rows.select(**{name: column.cast(CANDIDATE[name]) for name, column in given.items()})


def _best_products(rows: ir.Table, limit: int) -> ir.Table:
    order = [_.score.desc(nulls_first=False), _.product]
    place = ibis.row_number().over(group_by="account_id", order_by=order)
    return rows.mutate(place=place).filter(_.place < limit).drop("place")
