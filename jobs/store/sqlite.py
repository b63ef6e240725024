"""SQLite set up so that what was committed stays, and one writer at a time has the word."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from connector.errors import AskAPerson, GiveUp, TryAgain
from jobs.store.trouble import in_words

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")


def database_file(url: str) -> Path | None:
    """Where the database is kept; None: in memory. Raises `GiveUp` for any other kind of database."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise GiveUp(f"{url} is no database URL. Write it like sqlite:////var/lib/tossup/ledger.db.") from error
    if parsed.get_backend_name() != "sqlite":
        raise GiveUp(f"The ledger is kept in SQLite, not in {parsed.get_backend_name()}. Use sqlite:////a/path.db.")
    return Path(parsed.database) if parsed.database not in (None, "", ":memory:") else None


def open_sqlite(url: str, file: Path | None) -> sa.Engine:
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
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def spoken(file: Path | None) -> Iterator[None]:
    """Turn what SQLite says about the file into an error with a next step, where we know one."""
    try:
        yield
    except (OSError, sqlite3.Error, sa.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
        words = _in_words(cause, file) if file else None
        if words is None:
            raise
        raise words from error


def _in_words(error: BaseException, file: Path) -> Exception | None:
    text = str(error).lower()
    if "is locked" in text:
        return TryAgain(f"The ledger {file} is open in another program. Close it, then run again.")
    if "not a database" in text or "malformed" in text:
        return AskAPerson(
            f"The ledger {file} is damaged. Put a backup in its place; without one, move it away: "
            "leads are found again by their keys, but values we wrote before will be left alone as a person's."
        )
    return in_words(error, file)
