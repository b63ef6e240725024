"""Which database a URL means, without ever showing the password that may be in it."""

from importlib.util import find_spec

import sqlalchemy as sa

from connector.errors import GiveUp
from jobs.store.database import Database
from jobs.store.sqlite import SQLite

EXAMPLE = "postgresql+psycopg://tossup:PASSWORD@db.example.com/tossup"
_POSTGRES = ("postgresql", "postgres")


def parsed(url: str) -> sa.URL:
    """The parts of a ledger's URL. Raises ValueError with words that quote nothing of it."""
    try:
        parts = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError(f"is no database URL. Write it like {EXAMPLE}") from None
    if url.count("@") > 1:  # what follows the first one is taken for host, port and database, and named in messages
        raise ValueError("holds a password with a character that URLs use. Write it as in URLs: @ as %40, / as %2F")
    backend, _, driver = parts.drivername.partition("+")
    if backend == "sqlite" and driver in ("", "pysqlite"):
        return parts
    if backend not in _POSTGRES or driver not in ("", "psycopg"):
        raise ValueError(f"is of another kind of database. Write it like {EXAMPLE}, or leave it out for SQLite")
    if not parts.database:
        raise ValueError(f"names no database. Write it like {EXAMPLE}")
    return parts.set(drivername="postgresql+psycopg")


def passwords(url: str) -> tuple[str, ...]:
    """What nobody may read of a URL, each by itself: servers and libraries quote parts of it."""
    try:
        parts = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return ()
    asked = (parts.query.get(name) for name in ("password", "sslpassword"))
    return tuple(one for one in (parts.password, *asked) if isinstance(one, str))


def open_database(url: str) -> Database:
    """The database at a URL. Raises `GiveUp` for one that we do not keep the ledger in."""
    try:
        parts = parsed(url)
    except ValueError as error:
        raise GiveUp(f"The ledger's URL {error}.") from None
    if parts.get_backend_name() == "sqlite":
        return SQLite(parts)
    if find_spec("psycopg") is None:
        raise GiveUp("The ledger is kept in PostgreSQL, which takes one more part: pip install 'tossup[postgres]'.")
    from jobs.store.postgres import PostgreSQL  # noqa: PLC0415  # 0.1 s that SQLite does not need

    return PostgreSQL(parts)
