"""Associations on their way into the mirror: staged beside the old ones, which they replace at once."""

import duckdb
import pyarrow as pa

from connector.port import LinkRows
from jobs.store.catalog import Catalog, given, link_table, quoted, transaction
from jobs.store.sink import FLUSH_ROWS

LINK_SCHEMA = pa.schema([(name, pa.string()) for name in ("from_id", "to_id", "type_id", "label")])


def link_rows(rows: list[pa.RecordBatch]) -> pa.Table:
    """Associations as one table of four text columns."""
    return pa.Table.from_batches([batch.select(LINK_SCHEMA.names).cast(LINK_SCHEMA) for batch in rows])


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
