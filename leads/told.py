"""Facts that are only told, in evidence and texts: looked up by key once the leads are known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

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

    def about(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
        """These rows, sorted by account, with every fact of the account, and of the product if the play looks at it."""
        first, last = rows[0]["account_id"], rows[-1]["account_id"]
        known = {grain: _between(facts, KEYS[grain], first, last) for grain, facts in self._facts.items()}
        for row in rows:
            grain = self._grain[row["play"]]
            theirs = known[grain].get(tuple(row[name] for name in KEYS[grain]), {})
            yield {**known["account"].get((row["account_id"],), {}), **theirs, **row}


def _fetched(ground: Ground, grain: Grain, candidates: ir.Table) -> pa.Table:
    on = KEYS[grain]
    return ground.wide(grain).semi_join(candidates, on).order_by(on).to_pyarrow()


def _between(facts: pa.Table, on: Sequence[str], first: str, last: str) -> Mapping[tuple[Any, ...], Row]:
    """By key, the facts of the accounts from the first to the last; as objects, so not of all at once."""
    accounts = facts["account_id"].to_numpy()
    start, end = np.searchsorted(accounts, first), np.searchsorted(accounts, last, side="right")
    return {tuple(row[name] for name in on): row for row in facts.slice(start, end - start).to_pylist()}
