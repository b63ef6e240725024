"""What the mirror knows about its own tables: which fields they hold and how far each object has been read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from connector.port import Cursor

FORMAT = 1
_TABLES = """
CREATE SCHEMA IF NOT EXISTS tossup;
CREATE SCHEMA IF NOT EXISTS links;
CREATE TABLE IF NOT EXISTS tossup.mirror (format INTEGER, connection VARCHAR);
CREATE TABLE IF NOT EXISTS tossup.objects (
    object VARCHAR, id_column VARCHAR, fields VARCHAR, shape VARCHAR, stamp VARCHAR, cursor_id VARCHAR);
CREATE TABLE IF NOT EXISTS tossup.whole (object VARCHAR, links_to VARCHAR, read_at TIMESTAMP);
"""
Shape = tuple[tuple[str, str], ...]
"""Column names and Arrow types of a mirror table, in order."""


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def link_table(from_object: str, to_object: str) -> str:
    """The table of associations between two objects, ready for SQL."""
    return f"links.{quoted(f'{from_object}>{to_object}')}"


def shape_of(schema: pa.Schema) -> Shape:
    """Names and types, as `Batch.rows` has them."""
    return tuple((field.name, str(field.type)) for field in schema)


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block, or none of it.

    DuckDB 2.0 answers quietly to COMMIT after a failed statement and discards the work, so a failure always rolls
    back and goes on up.
    """
    con.execute("BEGIN TRANSACTION")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # a failed COMMIT, or a broken file, has ended the transaction already
            con.execute("ROLLBACK")
        raise


@contextmanager
def given(con: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Let SQL read these Arrow tables under their names for the length of a block."""
    for name, table in tables.items():
        con.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            con.unregister(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One mirrored object: what its table holds and where the next read goes on."""

    id_column: str
    fields: tuple[str, ...]
    shape: Shape
    cursor: Cursor | None


class Catalog:
    """The mirror's own bookkeeping, kept in the same file so that rows and cursor commit together."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        with transaction(con):
            con.execute(_TABLES)

    def claim(self, connection: str) -> bool:
        """Whether the file was this connection's (or nobody's) in this format; else everything has been dropped."""
        row = self._one("SELECT format, connection FROM tossup.mirror")
        with transaction(self._con):
            if row not in (None, (FORMAT, connection)):
                self._drop_everything()
            self._con.execute("DELETE FROM tossup.mirror")
            self._con.execute("INSERT INTO tossup.mirror VALUES (?, ?)", [FORMAT, connection])
        return row in (None, (FORMAT, connection))

    def _drop_everything(self) -> None:
        for schema, table in self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE NOT temporary AND (schema_name = 'links' OR schema_name = 'main')"
        ).fetchall():
            self._con.execute(f"DROP TABLE {schema}.{quoted(table)}")
        self._con.execute("DELETE FROM tossup.objects")
        self._con.execute("DELETE FROM tossup.whole")

    def drop_leftovers(self) -> None:
        """Remove tables that an interrupted full read left half filled."""
        for schema, table in self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary AND table_name LIKE '%$next'"
        ).fetchall():
            self._con.execute(f"DROP TABLE {schema}.{quoted(table)}")

    def get(self, object: str) -> Known | None:
        """What is known of an object; None: never read."""
        row = self._one(
            "SELECT id_column, fields, shape, stamp, cursor_id FROM tossup.objects WHERE object = ?", [object]
        )
        if row is None:
            return None
        id_column, fields, shape, stamp, cursor_id = row
        return Known(
            id_column=id_column,
            fields=tuple(orjson.loads(fields)),
            shape=tuple((name, kind) for name, kind in orjson.loads(shape)),
            cursor=Cursor(stamp=stamp, id=cursor_id) if stamp is not None else None,
        )

    def put(self, object: str, known: Known) -> None:
        """Remember this of an object, within the caller's transaction."""
        self._con.execute("DELETE FROM tossup.objects WHERE object = ?", [object])
        self._con.execute(
            "INSERT INTO tossup.objects VALUES (?, ?, ?, ?, ?, ?)",
            [
                object,
                known.id_column,
                orjson.dumps(known.fields).decode(),
                orjson.dumps(known.shape).decode(),
                known.cursor.stamp if known.cursor else None,
                known.cursor.id if known.cursor else None,
            ],
        )

    def read_anew(self, object: str) -> None:
        """Forget the cursor alone, so that the next read is a full one, within the caller's transaction."""
        self._con.execute("UPDATE tossup.objects SET stamp = NULL, cursor_id = NULL WHERE object = ?", [object])

    def drop(self, object: str) -> None:
        """Forget an object, its rows and its associations, within the caller's transaction."""
        self._con.execute(f"DROP TABLE IF EXISTS {quoted(object)}")
        for to_object in self.linked_objects(object):
            self._con.execute(f"DROP TABLE {link_table(object, to_object)}")
        self._con.execute("DELETE FROM tossup.objects WHERE object = ?", [object])
        self._con.execute("DELETE FROM tossup.whole WHERE object = ?", [object])

    def objects(self) -> tuple[str, ...]:
        """Every object read, sorted."""
        return tuple(name for (name,) in self._con.execute("SELECT object FROM tossup.objects ORDER BY 1").fetchall())

    def linked_objects(self, from_object: str) -> tuple[str, ...]:
        """The objects that this one has a table of associations to."""
        return tuple(to for source, to in self.link_pairs() if source == from_object)

    def link_pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair of objects with a table of associations."""
        rows = self._con.execute(
            "SELECT table_name FROM duckdb_tables() "
            "WHERE schema_name = 'links' AND table_name NOT LIKE '%$next' ORDER BY 1"
        ).fetchall()
        return tuple((name.split(">", 1)[0], name.split(">", 1)[1]) for (name,) in rows)

    def unlink(self, object: str, gone: str) -> None:
        """Remove the associations from and to the ids of the SQL table `gone` (column id)."""
        for source, target in self.link_pairs():
            table = link_table(source, target)
            for end in ("from_id",) * (source == object) + ("to_id",) * (target == object):
                self._con.execute(f"DELETE FROM {table} USING {gone} WHERE {table}.{end} = {gone}.id")

    def whole_at(self, object: str, links_to: str = "") -> datetime | None:
        """When all rows of an object, or all its associations to another, were last read, UTC."""
        row = self._one("SELECT read_at FROM tossup.whole WHERE object = ? AND links_to = ?", [object, links_to])
        return row[0].replace(tzinfo=UTC) if row else None

    def note_whole(self, object: str, links_to: str, at: datetime | None) -> None:
        """Remember when all of it was read; None: read it again next time."""
        self._con.execute("DELETE FROM tossup.whole WHERE object = ? AND links_to = ?", [object, links_to])
        if at is not None:
            when = at.astimezone(UTC).replace(tzinfo=None)
            self._con.execute("INSERT INTO tossup.whole VALUES (?, ?, ?)", [object, links_to, when])

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        # fetchall: DuckDB 2.0 refuses the next statement while rows of the last one are still to come
        rows = self._con.execute(query, list(values)).fetchall()
        return rows[0] if rows else None
