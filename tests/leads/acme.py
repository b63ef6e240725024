"""One customer with one subscription, and rules cut down to what a test is about."""

from contextlib import closing
from typing import Any

from leads.find import Found
from mappings.config import Rules
from tests.leads.world import World, rules

ACCOUNT = {"id": "acme", "name": "Example Industries 001", "owner_id": "csm", "employees": 300}
ROWS: dict[str, list[dict[str, Any]]] = {
    "owner": [{"id": "csm", "name": "Owner 01"}],
    "product": [{"id": "suite", "code": "SUITE", "name": "Suite"}],
    "account": [ACCOUNT],
    "contact": [{"id": "ann", "account_id": "acme", "name": "Contact 01", "no_phone": True}],
    "subscription": [
        {
            "id": "sub",
            "account_id": "acme",
            "product_id": "suite",
            "seats_paid": 100,
            "seats_used": 95,
            "unit_price": 500,
        }
    ],
}


def find_in(
    rows: dict[str, list[dict[str, Any]]], rules: Rules, **options: Any
) -> tuple[Found, list[dict[str, Any]]]:
    with closing(World(rows)) as world:
        found = world.find(rules, **options)
        return found, found.accounts.to_pyarrow().to_pylist()


def only(*names: str) -> Rules:
    return rules().model_copy(update={"plays": {name: rules().plays[name] for name in names}})


def alone(given: Rules) -> Rules:
    """These plays, without the gates and priorities that take many facts: computing them takes time."""
    costly = ("churn_high", "low_rank", "severe_case")
    gates = given.gates | {code: given.gates[code].model_copy(update={"enabled": False}) for code in costly}
    never = dict.fromkeys(("low", "high", "mid"), "employees < 0")
    return given.model_copy(update={"gates": gates, "ranking": given.ranking.model_copy(update=never)})
