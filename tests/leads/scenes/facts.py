"""The families of what an account does, over one world."""

from collections.abc import Mapping
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir

from leads.facts.cases import CASES
from leads.facts.catalogue import catalogue, codes, named
from leads.facts.declined import DECLINED, DECLINED_OFFER
from leads.facts.family import KEYS
from leads.facts.feedback import FEEDBACK
from leads.facts.interest import INTEREST_OFFER, INTEREST_OWNED, INTEREST_TOP, price_ranks
from leads.facts.onboarding import ONBOARDING
from leads.facts.ours import Ours, approaches, ours
from leads.facts.people import CHAMPION
from leads.facts.problem import PROBLEM
from leads.facts.touches import APPROACHED, CONTACTED, WON
from leads.facts.usage import USAGE
from leads.inputs import Inputs
from tests.leads.scenes.scene import Row
from tests.leads.world import LINEAGE, TODAY, World

FAMILIES = {
    family.name: family
    for family in (
        APPROACHED, CASES, CHAMPION, CONTACTED, DECLINED, DECLINED_OFFER, FEEDBACK, INTEREST_OFFER, INTEREST_OWNED,
        INTEREST_TOP, ONBOARDING, PROBLEM, USAGE, WON,
    )
}  # fmt: skip
EVERYTHING = frozenset(LINEAGE)
RULES: Any = SimpleNamespace(  # all that these families ask the rules for
    plays={
        "seat_limit": SimpleNamespace(selling=True, expire_days=30),
        "usage_drop_save": SimpleNamespace(selling=False, expire_days=10),
    },
    mapping=SimpleNamespace(company=SimpleNamespace(currency="USD", rates={})),
    facts={},
)


class Facts:
    """The families over one world, with numbers of their own where a test says so."""

    def __init__(self, world: World, filled: frozenset[str], numbers: Mapping[str, Mapping[str, float]]) -> None:
        self.inputs = Inputs(
            tables=world.tables, rules=RULES, today=TODAY, lineage=LINEAGE, filled=filled, stage=world.stage
        )
        self._numbers = numbers
        self._made: dict[str, ir.Table] = {}
        self.rows: dict[str, dict[tuple[str, ...], Row]] = {}
        self.sources: dict[str, dict[str, Row]] = {}
        self.price_ranks: dict[str, int] = {}

    def numbers(self, family: str) -> Mapping[str, float]:
        return {**FAMILIES[family].numbers, **self._numbers.get(family, {})}

    def family(self, name: str) -> ir.Table:
        if name not in self._made:
            self._made[name] = self.inputs.stage(f"facts_{name}", FAMILIES[name].table(self))
        return self._made[name]

    @cached_property
    def codes(self) -> ir.Table:
        return codes(self.inputs)

    @cached_property
    def named(self) -> ir.Table:
        return named(self.inputs, self.codes)

    @cached_property
    def products(self) -> ir.Table:
        return catalogue(self.inputs, self.codes)

    @cached_property
    def ours(self) -> Ours:
        return ours(self.inputs)

    @cached_property
    def approaches(self) -> ir.Table:
        return approaches(self.inputs, self.ours)

    @cached_property
    def owned(self) -> ir.Table:
        rows = self.inputs.tables["subscription"].select("account_id", "product_id", live=ibis.literal(value=True))
        return rows.inner_join(self.codes, "product_id").select("account_id", "product", "live")

    def of(self, family: str, *key: str) -> Row:
        """The row of this key, empty where there is none."""
        if family not in self.rows:
            rows = self.family(family).to_pyarrow().to_pylist()
            keyed = {tuple(row[name] for name in KEYS[FAMILIES[family].grain]): row for row in rows}
            assert len(keyed) == len(rows), f"{family} repeats a key"
            self.rows[family] = keyed
        return self.rows[family].get(key, {})

    def fetch(self) -> None:
        """Keep every answer in memory: the next world takes the place of this one."""
        for name in FAMILIES:
            self.of(name)
        priced = self.products.mutate(compared=self.products.list_price, compared_in=self.products.product_currency)
        self.price_ranks = {row["product"]: row["price_rank"] for row in price_ranks(priced).to_pyarrow().to_pylist()}
        for name, table in self.inputs.tables.items():
            self.sources[name] = {row["id"]: row for row in table.to_pyarrow().to_pylist()}
