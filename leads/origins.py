"""Which record holds the field that a proof was read from: the row's own, or another that the row names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import listed
from leads.inputs import Inputs
from mappings.read import READ_FROM

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


def origin(lineage: Mapping[str, str], column: str, object: str | None = None) -> Origin | None:
    """The first field that `subscription.seats_paid` is read from; a constant was read from nowhere: None.

    `object` is the CRM object of the row, where several fill the table.
    """
    fields = _fields(lineage.get(column, ""))
    own_fields = [field for field in fields if field.partition(".")[0] == object]
    if not fields:
        return None
    field, table = (own_fields or fields)[0], column.partition(".")[0]
    own, holder = _objects(lineage, table), field.partition(".")[0]
    if not own or holder in own:
        return Origin(field=field, path=field)
    path = f"{object or own[0]}.{field}"
    for name, parent in PARENTS.items():
        if f"{table}.{name}" in lineage and holder in _objects(lineage, parent):
            return Origin(field=field, path=path, parent=name)
    return Origin(field=path, path=path)


def _objects(lineage: Mapping[str, str], table: str) -> tuple[str, ...]:
    return tuple(field.partition(".")[0] for field in _fields(lineage.get(f"{table}.id", "")))


def _fields(sources: str) -> tuple[str, ...]:
    return tuple(source for source in sources.split(", ") if "." in source and " " not in source)


class Origins:
    """The record and field of every proof of these rows; objects and parents are looked up once for all of them."""

    def __init__(self, inputs: Inputs, rows: Iterable[tuple[Mapping[str, Any], tuple[Proof, ...]]]) -> None:
        wanted: dict[Proof, set[str]] = {}
        for row, proofs in rows:
            for proof in proofs:
                if row.get(proof.record) is not None:
                    wanted.setdefault(proof, set()).add(row[proof.record])
        self._inputs = inputs
        self._objects = {proof: _read_from(inputs, proof, records) for proof, records in wanted.items()}
        self._holders = {proof: self._parents(proof, records) for proof, records in wanted.items()}

    def of(self, proof: Proof, record: str) -> tuple[str, str] | None:
        """(record, field) of what the proof quotes from this row; None where it was read from nowhere."""
        where = origin(self._inputs.lineage, proof.field, self._objects[proof].get(record))
        if where is None:
            return None
        if where.parent is None:
            return record, where.field
        holder = self._holders[proof].get(where.parent, {}).get(record)
        return (record, where.path) if holder is None else (holder, where.field)

    def _parents(self, proof: Proof, records: set[str]) -> dict[str, Mapping[str, str | None]]:
        """By the column that names a parent: row id -> the parent's id."""
        objects: set[str | None] = set(self._objects[proof].values()) or {None}
        found = {origin(self._inputs.lineage, proof.field, object) for object in objects}
        parents = {where.parent for where in found if where is not None and where.parent is not None}
        return {parent: _holders(self._inputs, proof, parent, records) for parent in sorted(parents)}


def _read_from(inputs: Inputs, proof: Proof, records: set[str]) -> Mapping[str, str]:
    """Row id -> the CRM object it was read from, for tables that several objects fill."""
    table = inputs.tables.get(proof.field.partition(".")[0])
    if table is None or READ_FROM not in table.columns:
        return {}
    rows = table.select("id", object=_[READ_FROM]).semi_join(_asked(records), "id")
    return {row["id"]: row["object"] for row in rows.to_pyarrow().to_pylist()}


def _asked(records: set[str]) -> ir.Table:
    return listed(({"id": record} for record in sorted(records)), {"id": "string"})


def _holders(inputs: Inputs, proof: Proof, parent: str, records: set[str]) -> Mapping[str, str | None]:
    """Row id -> id of the record that its column `parent` names."""
    rows = (
        inputs.tables[proof.field.partition(".")[0]].select("id", holder=_[parent]).semi_join(_asked(records), "id")
    )
    return {row["id"]: row["holder"] for row in rows.to_pyarrow().to_pylist()}
