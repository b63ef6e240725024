"""A scene is an account with a few rows of its own, and what a family of facts must say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from leads.facts.family import Family
from tests.leads.world import TODAY

Row = dict[str, Any]
PRODUCTS = [
    {"id": "p0", "code": "FREE", "name": "No price"},
    *({"id": f"p{n}", "code": f"P{n}", "name": f"Plan {n}", "list_price": n * 1000} for n in range(1, 6)),
    {"id": "p6", "code": "OLD", "name": "Not sold any more", "list_price": 9000, "is_active": False},
    {"id": "p7", "code": "EURO", "name": "Another currency", "list_price": 1, "currency": "EUR"},
]


def ago(days: int) -> date:
    """The day so many days before today."""
    return TODAY - timedelta(days=days)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Rows of one account, and what a family must say about it; `product` where the grain has one."""

    family: Family
    name: str
    rows: Mapping[str, list[Row]]
    expect: Mapping[str, Any]
    account: Row = field(default_factory=dict)
    product: str | None = None

    @property
    def key(self) -> str:
        return f"{self.family.name}: {self.name}"


class Scenes:
    """The scenes of a family, in the order in which they were told."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.told: list[Scene] = []

    def __call__(
        self,
        name: str,
        expect: Mapping[str, Any],
        *,
        account: Row | None = None,
        product: str | None = None,
        **rows: list[Row],
    ) -> None:
        """One more account in the world; rows are given by table, `account` its own columns."""
        self.told.append(
            Scene(family=self.family, name=name, rows=rows, expect=expect, account=account or {}, product=product)
        )


def cases_on(*ages: int, **more: Any) -> list[Row]:
    """One case so many days ago each."""
    return [{"opened_on": ago(age), "severity": "normal", **more} for age in ages]


def score(kind: str, points: float, age: int) -> Row:
    """An answer to a survey."""
    return {"kind": kind, "score": points, "on": ago(age)}


def weeks(*quantities: float) -> list[Row]:
    """One row a week, the latest first; None leaves the week out."""
    return [{"on": ago(7 * n), "quantity": q} for n, q in enumerate(quantities) if q is not None]


def views(*ages: int, product: str = "p5", **more: Any) -> list[Row]:
    """One look at a product's page so many days ago each."""
    return [{"kind": "page_view", "product_id": product, "on": ago(age), **more} for age in ages]


def lead(play: str, product: str, age: int, **more: Any) -> Row:
    """A task of ours; @ stands for the account."""
    return {"key": f"@/{play}/{product}/{age}", "kind": "task", "created_on": ago(age), **more}
