"""What every family says about the accounts that pay, shared; an engine for tables of a test's own."""

from collections.abc import Iterator
from contextlib import closing

import ibis.expr.types as ir
import pytest

from leads.facts.family import KEYS
from tests.leads.revenue.payers import OURS, ROWS, Told, ground, read
from tests.leads.world import ARROW, World
from tests.spark import spark_sql


@pytest.fixture(scope="session")
def told() -> Told:
    """Every family over the one world, by key: it has the columns it says, and compiles for a cluster as well."""
    with closing(World(ROWS)) as world:

        def stage(name: str, expr: ir.Table) -> ir.Table:
            assert spark_sql(expr)
            return world.stage(name, expr)

        of = ground(world, stage=stage)
        for family in OURS:
            schema = of.family(family.name).schema().to_pyarrow()
            assert family.columns | set(KEYS[family.grain]) <= set(schema.names), family.name
            for name, fact in family.facts.items():
                assert schema.field(name).type == ARROW[fact.kind], name
        return {family.name: read(family, of.family(family.name)) for family in OURS}


@pytest.fixture(scope="module")
def engine() -> Iterator[World]:
    """A world without rows, whose engine takes any table."""
    with closing(World({})) as world:
        yield world
