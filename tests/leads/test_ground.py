"""What has been told is let go, and nothing that is still to be read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir
import pytest

from leads.facts.families import FAMILIES, SPINES
from leads.facts.ground import Ground
from leads.inputs import Inputs
from mappings.config import Rules
from tests.leads.world import LINEAGE, TODAY, World, rules

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def world(every_case: Rows) -> Iterator[World]:
    with closing(World(every_case)) as one:
        yield one


class Watched(Ground):
    """Notes which family asks for which."""

    asking = ""
    asked: dict[str, set[str]]

    def family(self, name: str) -> ir.Table:
        self.asked.setdefault(self.asking, set()).add(name)
        before, self.asking = self.asking, name
        try:
            return super().family(name)
        finally:
            self.asking = before


def _ground(world: World, told: Iterable[str] = FAMILIES) -> Watched:
    """Somebody wants all that these families tell."""
    inputs = Inputs(
        tables=world.tables, rules=rules(), today=TODAY, lineage=LINEAGE, filled=frozenset(LINEAGE), stage=world.stage
    )
    families = [FAMILIES[name] for name in told]
    wanted = {one: frozenset(c for f in families if f.grain == one for c in f.columns) for one in SPINES}
    ground = Watched(inputs, families=FAMILIES, spines=SPINES, words=rules().texts["en"].words, wanted=wanted)
    ground.asked = {}
    return ground


def test_every_family_says_which_it_reads(world: World) -> None:
    ground = _ground(world)
    for name in FAMILIES:
        ground.family(name)
    # keys that many families read are computed once for all of them, whoever asks first
    spines = {name for names in SPINES.values() for name in names}
    for name, family in FAMILIES.items():
        read = ground.asked.get(name, set())
        assert set(family.reads) <= read, name
        assert read - set(family.reads) <= spines, name


def test_leads_are_the_same_where_nothing_is_let_go(world: World, saying_why: Rules, answer: Any) -> None:
    found, _accounts = answer
    gone: Counter[str] = Counter()

    def let_go(name: str) -> None:
        gone[name] += 1

    kept = world.find(saying_why, let_go=let_go)
    assert kept.leads == found.leads
    assert {"facts_usage", "facts_revenue", "facts_churn"} <= set(gone)
    assert set(gone.values()) == {1}


def test_a_family_that_was_let_go_is_computed_again_for_who_asks(world: World) -> None:
    ground = _ground(world)
    before = _rows(ground.family("usage"))
    ground.wide("account")
    assert "usage" not in ground._made
    assert _rows(ground.family("usage")) == before != []


def test_what_two_families_tell_of_one_table_stays_until_the_last_of_them_is_told(world: World) -> None:
    """What an account does with a product is one table, whether it has the product or not."""
    gone: list[str] = []
    ground = _ground(world, ("interest_offer", "interest_owned"))
    ground.inputs = replace(ground.inputs, let_go=gone.append)
    ground.wide("owned")
    assert "interest_owned" not in ground._made
    assert [name for name in gone if name.startswith("facts_interest")] == []
    ground.wide("offer")
    assert "facts_interest_offer" in gone


def _rows(table: ir.Table) -> list[Any]:
    return sorted(table.to_pyarrow().to_pylist(), key=lambda row: row["account_id"])
