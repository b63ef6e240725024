"""Why an account has the leads it has, and why not others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from connector.errors import GiveUp
from jobs.decide import Decided
from jobs.result import JsonObject, lead_json
from mappings.canonical import Lead
from mappings.money import major

_NOT_FACTS = {"id", "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One account: its facts (name, value, CRM field) and every lead considered."""

    account_id: str
    account_name: str
    facts: tuple[tuple[str, str, str], ...]
    leads: tuple[Lead, ...]

    def to_json(self) -> JsonObject:
        """The machine interface of `tossup explain --json`."""
        return {
            "account_id": self.account_id,
            "account_name": self.account_name,
            "facts": [{"fact": fact, "value": value, "field": field} for fact, value, field in self.facts],
            "leads": [lead_json(lead) for lead in self.leads],
        }


def explain(wanted: str, decided: Decided, lineage: Mapping[str, str]) -> Story:
    """The story of the account with this id or (part of a) name. Raises GiveUp when none or several match."""
    found = decided.found
    row = _one(wanted, decided.tables["account"])
    computed = found.accounts.filter(found.accounts.account_id == row["id"]).to_pyarrow().to_pylist()
    facts = [
        (name, str(value), lineage.get(f"account.{name}", "mapping"))
        for name, value in row.items()
        if value is not None and name not in _NOT_FACTS
    ]
    facts += _computed(computed[0] if computed else {})
    leads = tuple(lead for lead in found.leads if lead.account_id == row["id"])
    return Story(account_id=str(row["id"]), account_name=str(row["name"]), facts=tuple(facts), leads=leads)


def _computed(row: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """What the engine found out about the account; money in units of its currency."""
    told = {
        name: value for name, value in row.items() if value is not None and name not in ("account_id", "currency")
    }
    if isinstance(told.get("headroom_value"), int):
        currency = str(row["currency"])
        told["headroom_value"] = f"{currency} {major(int(str(told['headroom_value'])), currency):,.0f} a year"
    return [(name, str(value), "computed") for name, value in told.items() if name not in ("account_id", "currency")]


def _one(wanted: str, accounts: ir.Table) -> dict[str, object]:
    exact = accounts.filter((accounts.id == wanted) | (accounts.name.lower() == wanted.lower()))
    rows: Sequence[dict[str, object]] = exact.limit(2).to_pyarrow().to_pylist()
    if not rows:
        part = accounts.filter(accounts.name.lower().contains(wanted.lower()))
        rows = part.order_by("name").limit(6).to_pyarrow().to_pylist()
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise GiveUp(f"No account is called {wanted!r} or has that id. Names match in part; was it pulled?")
    names = ", ".join(f"{row['name']} ({row['id']})" for row in rows[:5])
    raise GiveUp(f"{wanted!r} matches several accounts: {names}. Give more of the name, or the id.")
