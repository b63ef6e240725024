"""Facts that are only told, in evidence and texts: looked up by key once the leads are known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir
from ibis import _

from leads.facts.family import KEYS, Grain
from leads.facts.ground import Ground
from leads.rules import Rule

Row = dict[str, Any]


class Told:
    """Everything known about an account, or an account and product: only of what has a candidate."""

    def __init__(self, ground: Ground, candidates: ir.Table, awake: Iterable[Rule]) -> None:
        self._grain: dict[str, Grain] = {rule.name: rule.play.per for rule in awake}
        grains: set[Grain] = {"account", *self._grain.values()}
        self._facts = {grain: _of_candidates(ground, grain, candidates) for grain in sorted(grains)}

    def about(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
        """These rows with every fact of their account, and of the product where the play looks at products.

        They are all candidates of a stretch of accounts.
        """
        accounts = [row["account_id"] for row in rows]
        grains = {"account", *(self._grain[row["play"]] for row in rows)}
        known = {grain: self._between(grain, min(accounts), max(accounts)) for grain in sorted(grains)}
        for row in rows:
            grain = self._grain[row["play"]]
            theirs = known[grain].get(tuple(row[name] for name in KEYS[grain]), {})
            yield {**known["account"].get((row["account_id"],), {}), **theirs, **row}

    def _between(self, grain: Grain, first: str, last: str) -> Mapping[tuple[Any, ...], Row]:
        rows = self._facts[grain].filter(_.account_id.between(first, last)).to_pyarrow().to_pylist()
        return {tuple(row[name] for name in KEYS[grain]): row for row in rows}


def _of_candidates(ground: Ground, grain: Grain, candidates: ir.Table) -> ir.Table:
    return ground.told(grain, candidates.select(*KEYS[grain]).distinct())
