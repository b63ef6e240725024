"""What a fact is: a named column with its kind, unit and formula, and the record and field it was read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import ibis.expr.types as ir

from mappings.canonical import Kind

if TYPE_CHECKING:  # the ground holds the families, and hands itself to them
    from leads.facts.ground import Ground

Grain = Literal["account", "owned", "offer"]
"""What a row is: an account; an account and a product it pays for; an account and a product it does not have."""

KEYS: Mapping[Grain, tuple[str, ...]] = {
    "account": ("account_id",),
    "owned": ("account_id", "product"),
    "offer": ("account_id", "product"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One column of a family.

    `unit` is the word of texts.*.yaml (`unit.seats`) that says what the value counts; `doc` the formula, with its
    window; `needs` the canonical columns without which it cannot be known (`a.b|c.d`: either will do). `record` is
    the column of the same family that holds the id of the record it was read from, and `field` the canonical column
    on that record: a fact with both can be quoted as evidence. The value must then be the field's own.
    `setting` is the number of the family that the fact repeats, for conditions to name: the same for every account.
    """

    kind: Kind
    unit: str
    doc: str
    needs: tuple[str, ...] = ()
    record: str | None = None
    field: str | None = None
    setting: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Facts that are computed together.

    `table` gives the columns of KEYS[grain] and one column a fact; at most one row a key; no row, or NULL, where
    the data is missing. `numbers` are its thresholds and windows with their defaults, which facts.yaml can change.
    `reads` names the families whose tables its own is computed from. A step staged as `facts_<name>` is let go once
    the table is computed.
    """

    name: str
    grain: Grain
    facts: Mapping[str, Fact]
    table: "Callable[[Ground], ir.Table]"
    numbers: Mapping[str, float] = field(default_factory=dict)
    reads: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Its facts, and the columns that hold the records they were read from."""
        records = (fact.record for fact in self.facts.values() if fact.record and fact.record != "account_id")
        return frozenset(self.facts) | frozenset(records)
