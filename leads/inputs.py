"""What a run is handed: canonical tables, rules, the day, and where each column was read from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from mappings.config import Rules

Stage = Callable[[str, ir.Table], ir.Table]
"""Materialises an expression under a name and gives it back as a plain table.

A table staged before under the same name may be read by the expression, and is let go once that is computed.
"""
LetGo = Callable[[str], None]
"""Drops the table that was staged under a name: nobody reads it any more."""


def keep(name: str) -> None:
    """Drops nothing: where staged tables take no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything facts, plays and gates may look at. `filled` are the columns that are mapped and hold a value.

    `let_go` drops what `stage` made; `kept` is for what is read once a run and asked for often.
    """

    tables: Mapping[str, ir.Table]
    rules: Rules
    today: date
    lineage: Mapping[str, str]
    filled: frozenset[str]
    stage: Stage
    let_go: LetGo = keep
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def day(self, ago: int) -> ir.DateValue:
        """The day `ago` days before today, as a literal."""
        past = self.today - timedelta(days=ago)
        return ibis.date(past.year, past.month, past.day)

    def staged(self, name: str, table: ir.Table) -> ir.Table:
        """The table materialised under the name, unless it is a plain one already."""
        plain = isinstance(table.op(), ibis.expr.operations.PhysicalTable)
        return table if plain else self.stage(name, table)

    def missing(self, needs: Iterable[str]) -> tuple[str, ...]:
        """The needs nothing fills. `a.b|c.d` is met by either column."""
        return tuple(need for need in needs if self.filled.isdisjoint(need.split("|")))


def filled(tables: Mapping[str, ir.Table], lineage: Mapping[str, str], needs: Iterable[str]) -> frozenset[str]:
    """Those of the needed columns (`account.employees`) that are mapped and hold at least one value."""
    columns = sorted({column for need in needs for column in need.split("|")} & set(lineage))
    if not columns:
        return frozenset()
    first = [_first(tables, column) for column in columns]
    rows = (first[0] if len(first) == 1 else ibis.union(*first)).to_pyarrow().to_pylist()
    return frozenset(row["name"] for row in rows)


def _first(tables: Mapping[str, ir.Table], column: str) -> ir.Table:
    """The column's name, where a row has a value: the first one found answers for all."""
    table, name = column.split(".")
    values = tables[table].select(value=name)  # a filter carries every column of what it looks at
    return values.filter(values.value.notnull()).limit(1).select(name=ibis.literal(column))
