"""Where the ledger is kept: what SQLite and PostgreSQL do each in their own way."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


class Guard(ABC):
    """A lock that was got. `server` names the process that keeps it in mind; None: the system itself does."""

    server: str | None = None

    @abstractmethod
    def check(self) -> None:
        """Raise when it was lost."""

    @abstractmethod
    def release(self) -> None:
        """Let go of it."""


class Database(ABC):
    """An open database. `name` is what it is called in messages, never with a password in it."""

    name: str
    engine: sa.Engine

    @abstractmethod
    def spoken(self) -> AbstractContextManager[None]:
        """Turn what the database says into an error with a next step, where we know one."""

    @abstractmethod
    def changing(self) -> AbstractContextManager[sa.Connection]:
        """One transaction to change tables in: no other process has the word until it ends."""

    @abstractmethod
    def now(self, con: sa.Connection) -> datetime:
        """The time by the clock that all who share the database go by."""

    @abstractmethod
    def guard(self, connection: str) -> Guard | None:
        """A lock that the system lets go of when its owner dies, however it does; None: somebody else has it."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One transaction that writes nothing."""
        with self.spoken(), self.engine.connect().execution_options(reads=True) as con, con.begin():
            yield con

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, committed at its end; undone when an error leaves it."""
        with self.spoken(), self.engine.begin() as con:
            yield con

    def compact(self) -> None:  # noqa: B027 - a server does it by itself
        """Leave no byte of what was deleted; where a server keeps the data, its own vacuum does."""

    def close(self) -> None:
        """Let go of it. Closing twice is harmless."""
        self.engine.dispose()


def upsert(con: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; one whose primary key is there already takes its place. Names no key twice."""
    statement = (postgresql if con.dialect.name == "postgresql" else sqlite).insert(table)
    new = {name: statement.excluded[name] for name in rows[0]}
    con.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new), rows)
