"""SQLite set up so that what was committed stays, and one writer at a time has the word."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from connector.errors import AskAPerson, TryAgain
from jobs.store.database import Database, Guard
from jobs.store.lock import FileLock
from jobs.store.trouble import has_room, in_words

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")


class SQLite(Database):
    """A database in a file of its own, or in memory."""

    def __init__(self, url: sa.URL) -> None:
        self.file = None if url.database in (None, "", ":memory:") else Path(str(url.database))
        self.name = f"The ledger {self.file}" if self.file else "The ledger in memory"
        self._taken: set[str] = set()
        with self.spoken():
            self.engine = _engine(url, self.file)

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Turn what SQLite says about the file into an error with a next step, where we know one."""
        try:
            yield
        except (OSError, sqlite3.Error, sa.exc.DBAPIError) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
            words = _in_words(cause, self.file) if self.file else None
            if words is None:
                raise
            raise words from error

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """One transaction to change tables in: no other process has the word until it ends."""
        with self.spoken(), self.engine.connect() as con:
            driver = con.connection.driver_connection
            # a table is changed by making it anew, which takes the rows that refer to it for orphans meanwhile
            _pragma(driver, "foreign_keys=OFF")
            _pragma(driver, "busy_timeout=60000")
            try:
                with con.begin():
                    yield con
                    _no_orphans(con, self.name)
            finally:
                for pragma in _PRAGMAS:
                    _pragma(driver, pragma)

    def now(self, con: sa.Connection) -> datetime:  # noqa: ARG002  # a file has no clock of its own
        """By this machine's clock."""
        return datetime.now(UTC)

    def compact(self) -> None:
        """Rewrite the file without what was deleted, and empty the journal beside it."""
        with self.spoken():
            raw = self.engine.raw_connection()
            try:
                for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    raw.cursor().execute(statement).fetchall()
            finally:
                raw.close()

    def guard(self, connection: str) -> Guard | None:
        """A lock on a file beside the ledger; in memory, where nobody else looks, one of this process."""
        if self.file is None:
            return _Memory(self._taken, connection) if connection not in self._taken else None
        name = "".join(letter if letter.isalnum() else "-" for letter in connection)
        with self.spoken(), suppress(TryAgain):
            return _File(FileLock(self.file.with_name(f"{self.file.name}.{name}.lock"), self.name))
        return None


class _File(Guard):
    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def check(self) -> None:
        """The system keeps it as long as we live."""

    def release(self) -> None:
        self._lock.release()


class _Memory(Guard):
    def __init__(self, taken: set[str], connection: str) -> None:
        self._taken = taken
        self._connection = connection
        taken.add(connection)

    def check(self) -> None:
        """It lives as long as we do."""

    def release(self) -> None:
        self._taken.discard(self._connection)


def _engine(url: sa.URL, file: Path | None) -> sa.Engine:
    """An engine whose transactions begin IMMEDIATE, so that two writers queue and neither fails at its commit."""
    if file is None:
        engine = sa.create_engine(
            url, hide_parameters=True, poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    else:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = sa.create_engine(url, hide_parameters=True)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html: the driver's own BEGIN comes too late
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        _pragma(connection, pragma)


def _on_begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _pragma(connection: Any, pragma: str) -> None:
    connection.execute(f"PRAGMA {pragma}")


def _no_orphans(con: sa.Connection, name: str) -> None:
    if orphan := con.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise AskAPerson(f"{name} could not be carried over: rows of {orphan[0]} belong to nothing. Keep the file.")


def _in_words(error: BaseException, file: Path) -> Exception | None:
    text = str(error).lower()
    if "is locked" in text:
        return TryAgain(f"The ledger {file} is open in another program. Close it, then run again.")
    if "not a database" in text or "malformed" in text or "no such table" in text or "no such column" in text:
        return AskAPerson(
            f"The ledger {file} is damaged. Put a backup in its place; without one, move it away: "
            "leads are found again by their keys, but values we wrote before will be left alone as a person's."
        )
    # SQLite knows only one kind of full disk, and calls what a quota or a limit refuses an I/O error
    if "disk i/o error" in text and has_room(file):
        return AskAPerson(f"The disk under the ledger {file} fails. Check it; keep a backup of the ledger at hand.")
    return in_words(OSError(errno.ENOSPC, text) if "disk i/o error" in text else error, file)
