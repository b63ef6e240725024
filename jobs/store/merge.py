"""What changed on its way into the mirror: rows in, rows out, and the cursor, in one transaction."""

from dataclasses import replace

import duckdb
import pyarrow as pa

from connector.port import Batch
from jobs.store.catalog import Catalog, Known, given, link_table, quoted, transaction
from jobs.store.linking import link_rows
from jobs.store.sink import Buffer, FieldsChanged, Loaded, Reading, column, newest
from mappings.schema import ObjectSchema


class Merge(Reading):
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
