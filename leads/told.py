"""Facts that are only told, in evidence and texts: looked up by key once the leads are known."""

from collections.abc import Iterable, Mapping
from typing import Any

import ibis.expr.types as ir

from leads.facts.family import KEYS, Grain
from leads.facts.ground import Ground
from leads.rules import Rule

Row = dict[str, Any]


class Told:
    """Everything known about an account, or an account and product: only of what has a candidate."""

    def __init__(self, ground: Ground, candidates: ir.Table, awake: Iterable[Rule]) -> None:
        self._grain: dict[str, Grain] = {rule.name: rule.play.per for rule in awake}
        grains: set[Grain] = {"account", *self._grain.values()}
        self._facts = {grain: _fetched(ground, grain, candidates) for grain in sorted(grains)}

    def about(self, row: Mapping[str, Any]) -> Row:
        """The row with every fact of its account, and of its product where the play looks at products."""
        return {**self._known("account", row), **self._known(self._grain[row["play"]], row), **row}

    def _known(self, grain: Grain, row: Mapping[str, Any]) -> Row:
        return self._facts[grain].get(tuple(row[name] for name in KEYS[grain]), {})


def _fetched(ground: Ground, grain: Grain, candidates: ir.Table) -> Mapping[tuple[Any, ...], Row]:
    on = KEYS[grain]
    wanted = ground.wide(grain).semi_join(candidates, on).to_pyarrow().to_pylist()
    return {tuple(row[name] for name in on): row for row in wanted}
