"""Why an account has the leads it has, and why not others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from connector.errors import GiveUp
from jobs.decide import Decided
from jobs.result import JsonObject, lead_json, worked_json
from leads.considered import Plain, PlaySaid, plays_said
from leads.facts.families import FAMILIES
from leads.facts.family import Fact
from leads.find import Found
from leads.lifecycle import Worked, latest, lead_of, worked
from leads.origins import Origins, Proof
from leads.rules import Book
from leads.verdicts import GateSaid, Judgement, judgements
from mappings.config import Rules
from mappings.extra import PREFIX, tables
from mappings.money import major

_READ = "read"
"""The family of columns that are no facts: conditions cannot name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fact with its value (money in minor units; None: not known) and the record and field it was read from.

    `matters`: it is mentioned by a play that found something or nearly did, by a gate that refused, or by the
    conditions of priority.
    """

    name: str
    family: str
    fact: Fact
    value: Plain
    record: str | None
    field: str | None
    matters: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One account: what is known, what every play made of it, and what became of each lead.

    `sources` says of the columns that plays need where each is read from; those that are not mapped are not in it.
    """

    account_id: str
    account_name: str
    currency: str
    answers: Mapping[str, Plain]
    facts: tuple[Known, ...]
    plays: tuple[PlaySaid, ...]
    judgements: tuple[Judgement, ...]
    sources: Mapping[str, str]
    rules: Rules
    history: tuple[Worked, ...] = ()
    """What became of the leads we ever made for it."""

    def to_json(self) -> JsonObject:
        """The machine interface of `tossup explain --json`."""
        before = latest(self.history)
        return {
            "account_id": self.account_id,
            "account_name": self.account_name,
            "currency": self.currency,
            "answers": {name: self._plain(name, value) for name, value in self.answers.items()},
            "facts": [self._fact(one) for one in self.facts],
            "plays": [self._play(one) for one in self.plays],
            "leads": [lead_json(one.lead, before.get(lead_of(one.lead))) for one in self.judgements],
            "judgements": [self._judgement(one) for one in self.judgements],
            "history": [worked_json(one) for one in self.history],
        }

    def _fact(self, one: Known) -> JsonObject:
        return {
            "fact": one.name,
            "value": self._value(one.fact.kind, one.value),
            "kind": one.fact.kind,
            "unit": one.fact.unit,
            "family": one.family,
            "formula": one.fact.doc,
            "record": one.record,
            "field": one.field or ("computed" if one.fact.field is None else None),
            "matters": one.matters,
        }

    def _value(self, kind: str, value: Plain) -> Plain:
        if kind == "money" and isinstance(value, int):
            return major(value, self.currency)
        return value.isoformat() if isinstance(value, date) else value

    def _plain(self, name: str, value: Plain) -> Plain:
        known = {one.name: one.fact.kind for one in self.facts}
        return self._value("money" if name in MONEY_ANSWERS else known.get(name, "text"), value)

    def _play(self, one: PlaySaid) -> JsonObject:
        return {
            "play": one.name,
            "motion": one.play.motion,
            "per": one.play.per,
            "answer": one.answer,
            "when": one.play.when,
            "needs": [{column: self.sources.get(column) for column in need.split("|")} for need in one.needs],
            "looked_at": [
                {
                    "product": looked.product,
                    "answer": looked.answer,
                    "clauses": [
                        {"text": part.text, "holds": part.holds, "seen": _iso(part.seen)} for part in looked.clauses
                    ],
                }
                for looked in one.looked
            ],
        }

    def _judgement(self, one: Judgement) -> JsonObject:
        return {
            "key": str(one.lead.key),
            "expected": None if one.lead.value is None else major(one.expected, one.lead.currency),
            "timing": one.timing,
            "decided_n": one.decided_n,
            "win_source": one.win_source,
            "win_model": one.win_model,
            "place": one.place,
            "places": one.places,
            "gates": [_gate(gate) for gate in one.gates],
        }


MONEY_ANSWERS = frozenset({"held_value", "open_value"})
"""Answers on the account that are money and no facts."""


def _gate(said: GateSaid) -> JsonObject:
    let = said.override
    return {
        "gate": said.code,
        "answer": said.answer,
        "seen": _iso(said.seen),
        "value": said.value,
        "limit": said.limit,
        "text": said.text,
        "override": let and {"person": let.person, "reason": let.reason, "until": let.until.isoformat()},
    }


def _iso(seen: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in seen.items()}


def explain(wanted: str, decided: Decided) -> Story:
    """The story of the account with this id or (part of a) name. Raises GiveUp when none or several match."""
    found = decided.found
    row = account_called(wanted, decided.tables["account"])
    id, inputs = str(row["id"]), found.workings.ground.inputs
    answers = found.accounts.filter(found.accounts.account_id == id).to_pyarrow().to_pylist()[0]
    plays, judged = plays_said(found, id), judgements(found, id)
    return Story(
        account_id=id,
        account_name=str(row["name"]),
        currency=answers["currency"],
        answers={name: value for name, value in answers.items() if name not in ("account_id", "currency")},
        facts=tuple(_known(found, row, _mattering(found, plays, judged))),
        plays=plays,
        judgements=judged,
        sources={column: inputs.lineage[column] for column in _needs(plays) if column in inputs.lineage},
        rules=inputs.rules,
        history=worked(found.workings.ground, id),
    )


def _needs(plays: Sequence[PlaySaid]) -> Iterator[str]:
    return (column for one in plays for need in one.needs for column in need.split("|"))


def _mattering(found: Found, plays: Sequence[PlaySaid], judged: Sequence[Judgement]) -> frozenset[str]:
    """The facts that decided something here."""
    telling = {one.name for one in plays if one.answer not in ("no", "nothing", "asleep", "off")}
    refusing = {gate.code for one in judged for gate in one.gates if gate.answer in ("refused", "let pass")}
    names = {name for rule in found.workings.awake if rule.name in telling for name in rule.facts}
    names |= {name for guard in found.workings.guards if guard.code in refusing for name in guard.facts}
    ranking = Book(found.workings.ground.inputs.rules).priorities()
    return frozenset(names | {name for part in ranking.values() for name in part.names})


def _known(found: Found, account: Mapping[str, Plain], matters: frozenset[str]) -> Iterator[Known]:
    """Every fact of the account that was computed, by family, and what else its mapping reads of it."""
    inputs = found.workings.ground.inputs
    computed = found.facts.filter(found.facts.account_id == account["id"]).to_pyarrow().to_pylist()[0]
    facts = Book(inputs.rules).at("account")
    family = {name: one.name for one in FAMILIES.values() for name in one.facts if one.grain == "account"}
    here = {name: fact for name, fact in facts.items() if name in computed} | _columns(account, facts, inputs.rules)
    row = account | computed
    proofs = {name: _proof(name, fact) for name, fact in here.items() if fact.record and fact.field}
    origins = Origins(inputs, [(row, tuple(proofs.values()))])
    for name, fact in here.items():
        record = row.get(fact.record) if fact.record and row[name] is not None else None
        place = origins.of(proofs[name], str(record)) if record is not None else None
        yield Known(
            name=name,
            family=family.get(name, "own" if name in facts else _READ),
            fact=fact,
            value=row[name],
            record=place and place[0],
            field=place and place[1],
            matters=name in matters,
        )


def _columns(account: Mapping[str, Plain], facts: Mapping[str, Fact], rules: Rules) -> dict[str, Fact]:
    """What the mapping reads of an account beside facts; the company's own columns, asked for by a rule or not."""
    columns = tables(rules.mapping)["account"].columns
    return {
        name: Fact(
            kind=columns[name].kind, unit="text", doc=columns[name].doc, record="account_id", field=f"account.{name}"
        )
        for name, value in account.items()
        if value is not None and name not in ("id", "name", *facts)
    } | {name: fact for name, fact in facts.items() if name.startswith(PREFIX) and name in account}


def _proof(name: str, fact: Fact) -> Proof:
    return Proof(fact=name, unit=fact.unit, record=fact.record or "", field=fact.field or "")


def account_called(wanted: str, accounts: ir.Table) -> dict[str, Plain]:
    """The account with this id or (part of a) name. Raises GiveUp when none or several match."""
    exact = accounts.filter((accounts.id == wanted) | (accounts.name.lower() == wanted.lower()))
    rows: Sequence[dict[str, Plain]] = exact.limit(2).to_pyarrow().to_pylist()
    if not rows:
        part = accounts.filter(accounts.name.lower().contains(wanted.lower()))
        rows = part.order_by("name").limit(6).to_pyarrow().to_pylist()
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise GiveUp(f"No account is called {wanted!r} or has that id. Names match in part; was it pulled?")
    names = ", ".join(f"{row['name']} ({row['id']})" for row in rows[:5])
    raise GiveUp(f"{wanted!r} matches several accounts: {names}. Give more of the name, or the id.")
