"""Batches on their way into the mirror: a full read swaps a whole table, a merge changes the rows that came."""

from dataclasses import dataclass, replace
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from connector.port import Batch, Cursor, LinkRows
from jobs.store.catalog import Catalog, Known, Shape, given, link_table, quoted, shape_of, transaction
from mappings.schema import ObjectSchema

FLUSH_ROWS = 122_880
"""Rows kept in memory before they are written: a whole row group of DuckDB, which goes into the file as it is."""
FLUSH_BYTES = 32 << 20

LINK_SCHEMA = pa.schema([(name, pa.string()) for name in ("from_id", "to_id", "type_id", "label")])


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


def link_rows(rows: list[pa.RecordBatch]) -> pa.Table:
    """Associations as one table of four text columns."""
    return pa.Table.from_batches([batch.select(LINK_SCHEMA.names).cast(LINK_SCHEMA) for batch in rows])


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


class _Reading:
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


class LinkStaging:
    """Associations of one object staged beside the old ones."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, object: str) -> None:
        self._con = con
        self._catalog = catalog
        self._object = object
        self._staged: set[str] = set()
        self.abandon()

    def add(self, to_object: str, rows: list[pa.RecordBatch]) -> None:
        """Stage what came, within the caller's transaction."""
        self._staged.add(to_object)
        table = link_table(self._object, f"{to_object}$next")
        with given(self._con, incoming_links=link_rows(rows)):
            self._con.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM incoming_links LIMIT 0")
            self._con.execute(f"INSERT INTO {table} SELECT * FROM incoming_links")

    def swap(self) -> None:
        """Put what was staged in the place of the old, within the caller's transaction."""
        for to_object in sorted(self._staged):
            table, staged = link_table(self._object, to_object), link_table(self._object, f"{to_object}$next")
            self._con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT DISTINCT * FROM {staged}")
            self._con.execute(f"DROP TABLE {staged}")

    def drop_others(self) -> None:
        """Drop the associations that the object is no longer read with."""
        for to_object in set(self._catalog.linked_objects(self._object)) - self._staged:
            self._con.execute(f"DROP TABLE {link_table(self._object, to_object)}")
            self._catalog.note_whole(self._object, to_object, None)

    def abandon(self) -> None:
        """Drop what has been staged."""
        for (name,) in self._con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'links' "
            "AND starts_with(table_name, ?) AND ends_with(table_name, '$next')",
            [f"{self._object}>"],
        ).fetchall():
            self._con.execute(f"DROP TABLE links.{quoted(name)}")


class FullRead(_Reading):
    """A whole object: staged beside the old table, which it replaces in one transaction at the end."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, catalog: Catalog, schema: ObjectSchema, fields: tuple[str, ...]
    ) -> None:
        super().__init__(con, catalog, schema, fields)
        self.next = quoted(f"{self.object}$next")
        self.deleted: set[str] = set()
        self.staging = LinkStaging(con, catalog, self.object)
        self.abandon()

    def add(self, batch: Batch) -> None:
        """Take one batch."""
        self.check(batch)
        self.deleted.update(batch.deleted)
        self.buffer.add(batch)
        if self.buffer.is_full:
            self._flush()

    def finish(self) -> Loaded:
        """Swap the tables; from here on the mirror shows the new rows."""
        self.ended()
        self._flush()
        with transaction(self.con):
            self._drop_doubles()
            gone = self._drop_the_gone()
            self.con.execute(f"DROP TABLE IF EXISTS {quoted(self.object)}")
            self.con.execute(f"ALTER TABLE {self.next} RENAME TO {quoted(self.object)}")
            self.staging.swap()
            self.staging.drop_others()
            self.catalog.put(self.object, self.known())
            [(rows,)] = self.con.execute(f"SELECT count(*) FROM {quoted(self.object)}").fetchall()
        return Loaded(rows=rows, deleted=gone)

    def abandon(self) -> None:
        """Drop what has been staged."""
        self.con.execute(f"DROP TABLE IF EXISTS {self.next}")
        self.staging.abandon()

    def _flush(self) -> None:
        if not self.buffer.rows:
            return
        buffer, self.buffer = self.buffer, Buffer()
        with transaction(self.con), given(self.con, incoming=buffer.table()):
            self.con.execute(f"CREATE TABLE IF NOT EXISTS {self.next} AS SELECT * FROM incoming LIMIT 0")
            self.con.execute(f"INSERT INTO {self.next} SELECT * FROM incoming")
            for to_object, links in buffer.links.items():
                self.staging.add(to_object, [link.rows for link in links])

    def _drop_doubles(self) -> None:
        # pages move while people work: the same record can come twice, or come and then be deleted
        id_column = quoted(self.id_column)
        order = f"{quoted(self.stamp_column)} DESC NULLS LAST, " if self.stamp_column else ""
        self.con.execute(f"""
            DELETE FROM {self.next} WHERE rowid IN (
                SELECT rowid FROM {self.next}
                WHERE {id_column} IN (SELECT {id_column} FROM {self.next} GROUP BY 1 HAVING count(*) > 1)
                QUALIFY row_number() OVER (PARTITION BY {id_column} ORDER BY {order}rowid DESC) > 1)""")
        if self.deleted:
            with given(self.con, deleted=column("id", sorted(self.deleted))):
                self.con.execute(f"DELETE FROM {self.next} USING deleted WHERE {self.next}.{id_column} = deleted.id")

    def _drop_the_gone(self) -> int:
        before = self.catalog.get(self.object)
        if before is None:
            return 0
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE gone AS
            SELECT old.{quoted(before.id_column)} AS id FROM {quoted(self.object)} AS old
            ANTI JOIN {self.next} AS new ON old.{quoted(before.id_column)} = new.{quoted(self.id_column)}""")
        [(count,)] = self.con.execute("SELECT count(*) FROM gone").fetchall()
        if count:
            self.catalog.unlink(self.object, "gone")
        self.con.execute("DROP TABLE gone")
        return int(count)


class Merge(_Reading):
    """What changed: every write is one transaction, and the last one carries the cursor."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, catalog: Catalog, schema: ObjectSchema, fields: tuple[str, ...]
    ) -> None:
        super().__init__(con, catalog, schema, fields)
        known = catalog.get(schema.name)
        if known is None or known.fields != fields:
            raise FieldsChanged(f"{schema.name}: the mirror has other fields; read it in full")
        self.before = known
        self.table = quoted(self.object)
        self.deleted: dict[str, None] = {}
        self.linked: dict[str, set[str]] = {}
        self.loaded = Loaded(rows=0, deleted=0)

    def add(self, batch: Batch) -> None:
        """Take one batch."""
        self.check(batch)
        if self.shape != self.before.shape:
            raise FieldsChanged(f"{self.object}: the types of its fields changed; read it in full")
        if self._overtakes(batch):
            self._write(None)
        self.buffer.add(batch)
        self.deleted.update(dict.fromkeys(batch.deleted))
        for link in batch.links:
            self.linked.setdefault(link.to, set()).update(link.of.to_pylist())
        if self.buffer.is_full:
            self._write(None)

    def finish(self) -> Loaded:
        """Write what is left, and the cursor (the one before stays where the read gave none)."""
        self.ended()
        self._write(replace(self.before, cursor=self.cursor or self.before.cursor))
        return self.loaded

    def abandon(self) -> None:
        """Forget what has not been written; what has been is whole, and will be read again."""
        self.buffer = Buffer()

    def _overtakes(self, batch: Batch) -> bool:
        """Whether the batch brings back what an unwritten one deleted or linked: those must be written first."""
        if self.deleted and not self.deleted.keys().isdisjoint(batch.rows.column(0).to_pylist()):
            return True
        return any(not self.linked.get(x.to, set()).isdisjoint(x.of.to_pylist()) for x in batch.links)

    def _write(self, known: Known | None) -> None:
        buffer, self.buffer = self.buffer, Buffer()
        deleted, self.deleted = sorted(self.deleted), {}
        linked, self.linked = self.linked, {}
        with transaction(self.con):
            rows = self._put(buffer.table()) if buffer.rows else 0
            for to_object, of in linked.items():
                self._link(to_object, sorted(of), link_rows([link.rows for link in buffer.links[to_object]]))
            gone = self._remove(deleted) if deleted else 0
            if known is not None:
                self.catalog.put(self.object, known)
        self.loaded = Loaded(rows=self.loaded.rows + rows, deleted=self.loaded.deleted + gone)

    def _put(self, rows: pa.Table) -> int:
        rows = newest(rows, self.id_column, self.stamp_column)
        with given(self.con, incoming=rows):
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {self._fresh()}")
        key = quoted(self.id_column)
        self.con.execute(f"DELETE FROM {self.table} USING fresh WHERE {self.table}.{key} = fresh.{key}")
        self.con.execute(f"INSERT INTO {self.table} SELECT * FROM fresh")
        [(count,)] = self.con.execute("SELECT count(*) FROM fresh").fetchall()
        self.con.execute("DROP TABLE fresh")
        return int(count)

    def _fresh(self) -> str:
        if not self.stamp_column:
            return "SELECT * FROM incoming"
        # pages and overlapping reads can bring an older version after a newer one
        key, stamp = quoted(self.id_column), quoted(self.stamp_column)
        return (
            f"SELECT new.* FROM incoming AS new ANTI JOIN {self.table} AS old "
            f"ON old.{key} = new.{key} AND old.{stamp} > new.{stamp}"
        )

    def _link(self, to_object: str, of: list[str], rows: pa.Table) -> None:
        table = link_table(self.object, to_object)
        with given(self.con, asked=column("id", of), incoming=rows):
            self.con.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM incoming LIMIT 0")
            self.con.execute(f"DELETE FROM {table} USING asked WHERE {table}.from_id = asked.id")
            self.con.execute(f"INSERT INTO {table} SELECT DISTINCT * FROM incoming")

    def _remove(self, ids: list[str]) -> int:
        key = quoted(self.id_column)
        with given(self.con, removed=column("id", ids)):
            [(count,)] = self.con.execute(
                f"SELECT count(*) FROM {self.table} SEMI JOIN removed ON {self.table}.{key} = removed.id"
            ).fetchall()
            self.con.execute(f"DELETE FROM {self.table} USING removed WHERE {self.table}.{key} = removed.id")
            self.catalog.unlink(self.object, "removed")
        return int(count)


class Relink:
    """All associations between two objects, read again: swapped in one transaction, rows untouched."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, object: str, to_object: str) -> None:
        self._staging = LinkStaging(con, catalog, object)
        self._con = con
        self._to = to_object
        self._rows = [pa.RecordBatch.from_pylist([], schema=LINK_SCHEMA)]

    def add(self, link: LinkRows) -> None:
        """Take the associations of some rows."""
        self._rows.append(link.rows)
        if sum(rows.num_rows for rows in self._rows) >= FLUSH_ROWS:
            self._flush()

    def finish(self) -> None:
        """Swap the table."""
        self._flush()
        with transaction(self._con):
            self._staging.swap()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            with transaction(self._con):
                self._staging.add(self._to, rows)
