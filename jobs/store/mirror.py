"""The mirror: the CRM's rows in one DuckDB file, a cache that a full pull rebuilds.

One process at a time. A table carries the name of its CRM object, its columns the CRM's own spelling and the types of
the Arrow batches. Rows and the cursor they were read up to commit together, so a crash leaves one whole state or the
next. Associations are kept a table a pair of objects.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from connector.errors import GiveUp, TryAgain
from connector.port import Batch, Cursor, LinkRows, arrow_type
from jobs.store.catalog import Catalog, Known, given, quoted, transaction
from jobs.store.full import FullRead
from jobs.store.linking import LINK_SCHEMA, Relink
from jobs.store.lock import FileLock
from jobs.store.merge import Merge
from jobs.store.people import find, rewrite, take_out
from jobs.store.sink import FieldsChanged, Loaded, Sink, column
from jobs.store.trouble import in_words, is_broken, spoken
from jobs.store.wording import BringsRows, Wording, question
from jobs.store.words import Words
from mappings.changes import Value
from mappings.problems import counted as so_many
from mappings.schema import ObjectSchema

__all__ = ["FieldsChanged", "Loaded", "Mirror", "Sink"]

_ISO = {
    "date32[day]": "strftime({}, '%Y-%m-%d')",
    "timestamp[ms, tz=UTC]": "strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')",
}


@lru_cache(maxsize=500)
def _type(type: ibis.DataType) -> str:
    return f"{DuckDBType.to_string(type)}{'' if type.nullable else ' NOT NULL'}"


class Mirror:
    """The mirror file at `path`, held by this process until `close`.

    `memory_limit` bounds the engine's memory; beyond it, it works on disk beside the file. `connection` is the Ibis
    backend for whole-table work. `notice` says in words when a damaged file was moved aside.
    Raises `TryAgain` when another process holds it or the disk is full, `GiveUp` when the folder cannot be written.
    """

    connection: Any

    def __init__(self, path: Path, *, memory_limit: str = "400MB", threads: int = 2) -> None:
        self.path = Path(path)
        self.notice: str | None = None
        self._config = {
            "memory_limit": memory_limit,
            "threads": threads,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
        self._staged: dict[str, str] = {}
        self._stages = 0
        with spoken(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self.path.with_name(self.path.name + ".lock"), f"The mirror {self.path}")
        try:
            with spoken(self.path):
                self._open()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> "Mirror":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write everything down and let go of the file. Closing twice is harmless."""
        with suppress(duckdb.Error):
            self.connection.disconnect()
        self._lock.release()

    def claim(self, connection: str) -> bool:
        """Whether this is (or now becomes) the mirror of this connection; rows of another org have been dropped."""
        with self._guarded():
            return self._catalog.claim(connection)

    def replace(self, schema: ObjectSchema, fields: Sequence[str], batches: Iterable[Batch]) -> Loaded:
        """Put a full read in the place of whatever the mirror held of this object, all at once at its end."""
        return _drain(self.full_read(schema, fields), batches)

    def merge(self, schema: ObjectSchema, fields: Sequence[str], batches: Iterable[Batch]) -> Loaded:
        """Put changed rows in and take deleted ones out; an older version of a row never overwrites a newer one.

        Raises `FieldsChanged` when the table holds other fields or types.
        """
        return _drain(self.incremental(schema, fields), batches)

    def full_read(self, schema: ObjectSchema, fields: Sequence[str]) -> Sink:
        """`replace`, batch by batch: several objects can be on their way at once."""
        with self._guarded():
            return _Guarded(self, FullRead(self._con, self._catalog, schema, tuple(fields)))

    def incremental(self, schema: ObjectSchema, fields: Sequence[str]) -> Sink:
        """`merge`, batch by batch."""
        with self._guarded():
            return _Guarded(self, Merge(self._con, self._catalog, schema, tuple(fields)))

    def relink(self, schema: ObjectSchema, to_object: str, links: Iterable[LinkRows]) -> None:
        """Put these in the place of all associations between the two objects; rows stay as they are."""
        with self._guarded():
            reading = Relink(self._con, self._catalog, schema.name, to_object)
            for link in links:
                reading.add(link)
            reading.finish()

    def ids(self, object: str) -> pa.Array:
        """Every record id of the object, sorted."""
        key, table = quoted(self._known(object).id_column), quoted(object)
        with self._guarded():
            return self._con.sql(f"SELECT {key} FROM {table} ORDER BY 1").to_arrow_table().column(0).combine_chunks()

    def compare(self, object: str, ids: Iterable[pa.Array]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Compare with every live id of the CRM: (ids that only the mirror has, ids that only the CRM has).

        Raises `TryAgain` when the CRM's list names an id twice: what it leaves out instead is not gone.
        """
        known = self._known(object)
        key, table = quoted(known.id_column), quoted(object)
        with self._guarded(), transaction(self._con):
            self._con.execute("CREATE OR REPLACE TEMP TABLE live (id VARCHAR)")
            for array in ids:
                with given(self._con, page=column("id", array)):
                    self._con.execute("INSERT INTO live SELECT id FROM page")
            [(twice,)] = self._con.execute("SELECT count(*) - count(DISTINCT id) FROM live").fetchall()
            if twice:
                raise TryAgain(
                    f"{object}: the CRM's list of all ids names {so_many(twice, 'id')} twice, so it cannot be "
                    "believed and nothing was removed. Run again."
                )
            gone = self._con.execute(
                f"SELECT {key} FROM {table} ANTI JOIN live ON {table}.{key} = live.id ORDER BY 1"
            ).fetchall()
            new = self._con.execute(
                f"SELECT DISTINCT id FROM live ANTI JOIN {table} ON {table}.{key} = live.id ORDER BY 1"
            ).fetchall()
            self._con.execute("DROP TABLE live")
        return tuple(id for (id,) in gone), tuple(id for (id,) in new)

    def remove(self, object: str, ids: Sequence[str]) -> None:
        """Take rows out, with the associations from and to them."""
        key, table = quoted(self._known(object).id_column), quoted(object)
        with self._guarded(), transaction(self._con), given(self._con, removed=column("id", ids)):
            self._con.execute(f"DELETE FROM {table} USING removed WHERE {table}.{key} = removed.id")
            self._catalog.unlink(object, "removed")

    def forget(self, object: str) -> None:
        """Drop an object with its cursor: its next read is a full one."""
        with self._guarded(), transaction(self._con):
            self._catalog.drop(object)

    def people(self, object: str, who: str) -> list[dict[str, str]]:
        """Every row of this object that has `who` in a text column, as it is but for case: their texts by column."""
        if object not in self.objects():
            return []
        with self._guarded():
            return find(self._con, object, who)

    def erase(self, objects: Sequence[str], words: Words) -> int:
        """Take these people's rows of the objects out, and their words out of all other rows; how many rows.

        The file is written anew, so that it holds no byte of them. What the CRM still holds comes back with a pull,
        which reads in full every object of which a cell was blanked.
        """
        with self._guarded():
            rows = take_out(self._con, self._catalog, objects, words)
            self.connection.disconnect()
            rewrite(self.path)
            self._staged.clear()
            self._connect()
        return rows

    def cursor(self, object: str) -> Cursor | None:
        """Where the next read of the object goes on; None: read it in full."""
        with self._guarded():
            known = self._catalog.get(object)
        return known.cursor if known else None

    def cursor_for(self, schema: ObjectSchema, fields: Sequence[str]) -> Cursor | None:
        """`cursor`, but None as well when the table holds other fields, or other types, than would be read now."""
        with self._guarded():
            known = self._catalog.get(schema.name)
        if known is None or known.fields != tuple(fields):
            return None
        types = dict(known.shape)
        now = {name: str(arrow_type(schema.fields[name].type)) for name in fields if name in schema.fields}
        return known.cursor if all(types.get(name) == type for name, type in now.items()) else None

    def fields(self, object: str) -> tuple[str, ...]:
        """The fields asked for when the object was read; empty: never read."""
        with self._guarded():
            known = self._catalog.get(object)
        return known.fields if known else ()

    def id_column(self, object: str) -> str:
        """The column of its record ids. Raises `GiveUp` for an object that was never pulled."""
        return self._known(object).id_column

    def objects(self) -> tuple[str, ...]:
        """Every object the mirror holds, sorted."""
        with self._guarded():
            return self._catalog.objects()

    def count(self, object: str) -> int:
        """How many rows of the object there are; 0 for one that was never read."""
        with self._guarded():
            if self._catalog.get(object) is None:
                return 0
            [(count,)] = self._con.execute(f"SELECT count(*) FROM {quoted(object)}").fetchall()
        return int(count)

    def whole_at(self, object: str, links_to: str = "") -> datetime | None:
        """When all rows of the object, or all its associations to another, were last read, UTC; None: never."""
        with self._guarded():
            return self._catalog.whole_at(object, links_to)

    def note_whole(self, object: str, links_to: str, at: datetime | None) -> None:
        """Remember when all rows (`links_to` empty) or associations were read; None: read them again next time."""
        with self._guarded(), transaction(self._con):
            self._catalog.note_whole(object, links_to, at)

    def table(self, object: str) -> ir.Table:
        """The rows of an object. Raises `GiveUp` for one that was never pulled."""
        self._known(object)
        with self._guarded():
            return self.connection.table(object, database=(self._file, "main"))

    def links(self, from_object: str, to_object: str) -> ir.Table:
        """Associations: from_id, to_id, type_id, label (all text). Empty where none were ever read."""
        with self._guarded():
            if to_object not in self._catalog.linked_objects(from_object):
                return ibis.memtable(LINK_SCHEMA.empty_table())
            return self.connection.table(f"{from_object}>{to_object}", database=(self._file, "links"))

    def stage(self, name: str, expr: ir.Table) -> ir.Table:
        """Compute the expression once and keep its rows till the mirror closes or `name` is staged again."""
        self._stages += 1
        # a temporary table hides one of the file's that has the same name, so the names must never meet
        unique = f"{name}#{self._stages}"
        with self._guarded():
            staged = self._computed(unique, expr)
            if name in self._staged:
                self.connection.drop_table(self._staged[name], database=("temp", "main"))
        self._staged[name] = unique
        return staged

    def let_go(self, name: str) -> None:
        """Drop what was staged under the name; nothing where nothing was."""
        if (unique := self._staged.pop(name, None)) is not None:
            with self._guarded():
                self.connection.drop_table(unique, database=("temp", "main"))

    def _computed(self, name: str, expr: ir.Table) -> ir.Table:
        try:
            asked = question(expr.op())
        except BringsRows:
            return self.connection.create_table(name, expr, temp=True)
        schema = expr.schema()
        columns = ", ".join(f"{quoted(column)} {_type(type)}" for column, type in schema.items())
        self._con.execute(f"CREATE TEMP TABLE {quoted(name)} ({columns})")
        self._con.execute(f"INSERT INTO {quoted(name)} {asked}")
        place = ops.Namespace(catalog="temp", database="main")
        return ops.DatabaseTable(name=name, schema=schema, source=self.connection, namespace=place).to_expr()

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Value]]:
        """These rows by id, as the mirror holds them; ids it does not have are left out.

        Values as they travel to a CRM: days as `2026-11-22`, moments as `2026-11-22T09:30:00.000Z`.
        """
        known = self._known(object)
        types = dict(known.shape)
        if absent := [name for name in fields if name not in types]:
            raise GiveUp(f"{object}: the mirror holds no {', '.join(absent)}. Run `tossup pull`, then try again.")
        key = f"{quoted(object)}.{quoted(known.id_column)}"
        columns = [_ISO.get(types[name], "{}").format(f"{quoted(object)}.{quoted(name)}") for name in fields]
        with self._guarded(), given(self._con, asked=column("id", sorted(set(ids)))):
            rows = self._con.execute(
                f"SELECT {', '.join([key, *columns])} FROM {quoted(object)} SEMI JOIN asked ON {key} = asked.id"
            ).fetchall()
        return {id: dict(zip(fields, values, strict=True)) for id, *values in rows}

    def _known(self, object: str) -> Known:
        with self._guarded():
            known = self._catalog.get(object)
        if known is None:
            raise GiveUp(f"{object} is not in the mirror yet. Run `tossup pull` first.")
        return known

    def _open(self) -> None:
        try:
            self._connect()
        except duckdb.Error as error:
            if "lock on file" in str(error):
                raise TryAgain(
                    f"The mirror {self.path} is open in another program. Close it, then run again."
                ) from error
            if not is_broken(error):
                raise
            self._move_aside()
            self._connect()

    def _connect(self) -> None:
        # DuckDB flattens nested queries itself: having Ibis do it first only costs time to compile
        ibis.options.sql.fuse_selects = False
        self.connection = ibis.duckdb.connect(self.path, **self._config)
        self.connection.compiler = Wording()
        # expressions over one mirror and another are the same question, which is put into words only once
        self.connection.db_identity = "mirror"
        self._con: duckdb.DuckDBPyConnection = self.connection.con
        self._file = self.connection.current_catalog
        try:
            os.chmod(self.path, 0o600)  # it holds people's names
            self._catalog = Catalog(self._con)
            self._catalog.drop_leftovers()
        except BaseException:
            with suppress(duckdb.Error):
                self.connection.disconnect()
            raise

    def _move_aside(self) -> None:
        aside = self.path.with_name(self.path.name + ".damaged")
        self.path.replace(aside)
        self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)
        self.notice = f"The mirror {self.path} was damaged: moved to {aside.name}; it will be rebuilt by a full pull."

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, duckdb.Error) as error:
            if is_broken(error):
                with suppress(duckdb.Error):
                    self.connection.disconnect()
                self._move_aside()
                raise TryAgain(f"{self.notice} Run again.") from error
            if words := in_words(error, self.path):
                raise words from error
            raise


class _Guarded:
    """A sink whose troubles with the file come out in words."""

    def __init__(self, mirror: Mirror, sink: Sink) -> None:
        self._guard = mirror._guarded
        self._sink = sink

    def add(self, batch: Batch) -> None:
        """See `Sink.add`."""
        with self._guard():
            self._sink.add(batch)

    def finish(self) -> Loaded:
        """See `Sink.finish`."""
        with self._guard():
            return self._sink.finish()

    def abandon(self) -> None:
        """See `Sink.abandon`."""
        with self._guard():
            self._sink.abandon()


def _drain(sink: Sink, batches: Iterable[Batch]) -> Loaded:
    try:
        for batch in batches:
            sink.add(batch)
        return sink.finish()
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            sink.abandon()
        raise
