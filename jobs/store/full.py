"""A full read on its way into the mirror: a new table that takes the place of the old one at its end."""

import duckdb

from connector.port import Batch
from jobs.store.catalog import Catalog, given, quoted, transaction
from jobs.store.linking import LinkStaging
from jobs.store.sink import Buffer, Loaded, Reading, column
from mappings.schema import ObjectSchema


class FullRead(Reading):
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
