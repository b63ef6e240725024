"""Batches on their way into the mirror: what a full read and a merge have in common."""

from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from connector.port import Batch, Cursor, LinkRows
from jobs.store.catalog import Catalog, Known, Shape, shape_of
from mappings.schema import ObjectSchema

FLUSH_ROWS = 50_000
"""Rows kept in memory before they are written: enough that a commit costs little beside them."""
FLUSH_BYTES = 32 << 20


class FieldsChanged(ValueError):
    """The rows have other columns than the table they should go into: read the object in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a read: rows written, and rows that are gone."""

    rows: int
    deleted: int


class Sink(Protocol):
    """Takes the batches of one read, in their order."""

    def add(self, batch: Batch) -> None:
        """Take one batch; it is written when enough have come together."""

    def finish(self) -> Loaded:
        """Write the rest with the cursor, in one transaction."""

    def abandon(self) -> None:
        """Drop what has been staged; what the mirror held before stays."""


def newest(rows: pa.Table, id_column: str, stamp_column: str | None) -> pa.Table:
    """One row an id: the one with the latest stamp, and of equals the one that came last."""
    ids = rows[id_column]
    if pc.count_distinct(ids).as_py() == len(ids):
        return rows
    keys = {"id": ids, "at": pa.array(range(len(ids)))}
    order = [("id", "ascending", "at_start"), ("at", "ascending", "at_start")]
    if stamp_column:
        keys["stamp"] = rows[stamp_column]
        order.insert(1, ("stamp", "ascending", "at_start"))
    ordered = rows.take(pc.sort_indices(pa.table(keys), sort_keys=order))
    ids = ordered[id_column].combine_chunks()
    is_last = pa.concat_arrays([pc.not_equal(ids.slice(0, len(ids) - 1), ids.slice(1)), pa.array([True])])
    return ordered.filter(is_last)


def column(name: str, values: object) -> pa.Table:
    """A table of one text column."""
    return pa.table({name: pa.array(values, pa.string())})


class Buffer:
    """Rows and associations that came together and have not been written yet."""

    def __init__(self) -> None:
        self.rows: list[pa.RecordBatch] = []
        self.links: dict[str, list[LinkRows]] = {}
        self.size = 0
        self.bytes = 0

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        if batch.rows.num_rows or not self.rows:
            self.rows.append(batch.rows)
        for link in batch.links:
            self.links.setdefault(link.to, []).append(link)
        self.size += batch.rows.num_rows + sum(link.rows.num_rows for link in batch.links)
        self.bytes += batch.rows.nbytes

    @property
    def is_full(self) -> bool:
        """Whether it is time to write."""
        return self.size >= FLUSH_ROWS or self.bytes >= FLUSH_BYTES

    def table(self) -> pa.Table:
        """All rows kept."""
        return pa.Table.from_batches(self.rows)


class Reading:
    """What both ways have in common: the order of the batches, their columns, and the cursor they end with."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, catalog: Catalog, schema: ObjectSchema, fields: tuple[str, ...]
    ) -> None:
        self.con = con
        self.catalog = catalog
        self.schema = schema
        self.object = schema.name
        self.fields = fields
        self.shape: Shape = ()
        self.buffer = Buffer()
        self.cursor: Cursor | None = None

    @property
    def id_column(self) -> str:
        """The first column of every batch."""
        return self.shape[0][0]

    @property
    def stamp_column(self) -> str | None:
        """The column that says which of two versions of a row is newer."""
        stamp = self.schema.stamp_field
        return stamp if any(name == stamp for name, _ in self.shape) else None

    def check(self, batch: Batch) -> None:
        """Every batch of a read has the same columns."""
        shape = shape_of(batch.rows.schema)
        if self.shape and shape != self.shape:
            changed = sorted({name for name, _ in set(shape) ^ set(self.shape)}) or ["their order"]
            raise FieldsChanged(f"{self.object}: the columns changed in mid-read: {', '.join(changed)}")
        if batch.rows.column(0).null_count:
            raise ValueError(f"{self.object}: a row without {shape[0][0]}")
        self.shape = shape
        self.cursor = batch.cursor or self.cursor

    def known(self) -> Known:
        """What to remember of the object once all is written."""
        return Known(id_column=self.id_column, fields=self.fields, shape=self.shape, cursor=self.cursor)

    def ended(self) -> None:
        """A read that gave nothing at all has not happened: an empty object is one empty batch."""
        if not self.shape:
            raise ValueError(f"{self.object}: the read ended without a single batch")
