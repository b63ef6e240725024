"""Which record holds the field that a proof was read from: the row's own, or another that the row names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
from ibis import _

from leads.inputs import Inputs

PARENTS: Mapping[str, str] = {
    "opportunity_id": "opportunity", "account_id": "account", "product_id": "product", "contact_id": "contact",
}  # fmt: skip
"""Columns that name a record of another canonical table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One piece of evidence: the fact's name and unit, the column of its record, and the canonical field."""

    fact: str
    unit: str
    record: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a canonical column is read from.

    `field` stands on the record that the column `parent` of the row names, without one on the row's own record.
    `path` leads to the same field from the row's own record.
    """

    field: str
    path: str
    parent: str | None = None


def origin(lineage: Mapping[str, str], column: str) -> Origin | None:
    """The first field that `subscription.seats_paid` is read from; a constant was read from nowhere: None."""
    fields = _fields(lineage.get(column, ""))
    if not fields:
        return None
    field, table = fields[0], column.partition(".")[0]
    own, object = _objects(lineage, table), field.partition(".")[0]
    if not own or object in own:
        return Origin(field=field, path=field)
    path = f"{own[0]}.{field}"
    for name, parent in PARENTS.items():
        if f"{table}.{name}" in lineage and object in _objects(lineage, parent):
            return Origin(field=field, path=path, parent=name)
    return Origin(field=path, path=path)


def _objects(lineage: Mapping[str, str], table: str) -> tuple[str, ...]:
    return tuple(field.partition(".")[0] for field in _fields(lineage.get(f"{table}.id", "")))


def _fields(sources: str) -> tuple[str, ...]:
    return tuple(source for source in sources.split(", ") if "." in source and " " not in source)


class Origins:
    """The record and field of every proof of these rows; parents are looked up once for all of them."""

    def __init__(self, inputs: Inputs, rows: Iterable[tuple[Mapping[str, Any], tuple[Proof, ...]]]) -> None:
        wanted: dict[Proof, set[str]] = {}
        for row, proofs in rows:
            for proof in proofs:
                if row.get(proof.record) is not None:
                    wanted.setdefault(proof, set()).add(row[proof.record])
        found = {proof: origin(inputs.lineage, proof.field) for proof in wanted}
        self._known = {
            proof: (where, _holders(inputs, proof, where.parent, wanted[proof]))
            for proof, where in found.items()
            if where is not None
        }

    def of(self, proof: Proof, record: str) -> tuple[str, str] | None:
        """(record, field) of what the proof quotes from this row; None where it was read from nowhere."""
        if proof not in self._known:
            return None
        where, holders = self._known[proof]
        if where.parent is None:
            return record, where.field
        holder = holders.get(record)
        return (record, where.path) if holder is None else (holder, where.field)


def _holders(inputs: Inputs, proof: Proof, parent: str | None, records: set[str]) -> Mapping[str, str | None]:
    """Row id -> id of the record that its column `parent` names."""
    if parent is None:
        return {}
    asked = ibis.memtable([{"id": record} for record in sorted(records)], schema=ibis.schema({"id": "string"}))
    rows = inputs.tables[proof.field.partition(".")[0]].select("id", holder=_[parent]).semi_join(asked, "id")
    return {row["id"]: row["holder"] for row in rows.to_pyarrow().to_pylist()}
