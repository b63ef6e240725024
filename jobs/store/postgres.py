"""PostgreSQL: a ledger that several machines share, also behind a pooler that lends sessions by the transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import orjson
import psycopg
import sqlalchemy as sa

from connector.errors import AskAPerson, CrmError, GiveUp, TryAgain
from jobs.store.database import Database, Guard
from jobs.store.tables import to_json

_CONNECT = {
    "application_name": "tossup",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_WAIT = "SELECT pg_advisory_xact_lock(hashtextextended('tossup tables ' || current_schema(), 0))"
_TRY = (
    "SELECT pg_try_advisory_xact_lock(hashtextextended('tossup run ' || current_schema() || ' ' || :connection, 0))"
)
# The session waits while the run works, so nothing may end it for that; and a client that the network took away is
# noticed after 60 s, which is later than `jobs.store.hold.LEASE`. Settings that this server lacks are left out.
_STAY = """
    SELECT set_config(name, value, true)
    FROM (VALUES ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
                 ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'))
        AS wanted (name, value)
    JOIN pg_settings USING (name)"""
_SYNC = "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
_SERVER = "SELECT extract(epoch FROM pg_postmaster_start_time())::text"


class PostgreSQL(Database):
    """A database, or a schema of one (`search_path`), on a server."""

    def __init__(self, url: sa.URL) -> None:
        host = url.host or url.query.get("host") or "localhost"
        self.name = f"The ledger {url.database} on {host if isinstance(host, str) else ','.join(host)}"
        self.engine = sa.create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            json_serializer=to_json,
            json_deserializer=orjson.loads,
            # prepared statements belong to a session, which a pooler may lend to somebody else meanwhile
            connect_args={
                "prepare_threshold": None,
                **{name: value for name, value in _CONNECT.items() if name not in url.query},
            },
        )

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Turn what the server says into an error with a next step, where we know one."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            words = _in_words(error, self.name)
            if words is None:
                raise
            raise words from error

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, committed at its end, and on disk before we go on, whatever the server's default is."""
        with super().writing() as con:
            con.exec_driver_sql(_SYNC)
            yield con

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """One transaction to change tables in: no other process has the word until it ends."""
        with self.writing() as con:
            con.exec_driver_sql(_WAIT)
            yield con

    def now(self, con: sa.Connection) -> datetime:
        """By the server's clock, which all machines share."""
        at: datetime = con.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return at.astimezone(UTC)

    def guard(self, connection: str) -> "_Session | None":
        """An advisory lock on a session of its own; the server lets go of it when that ends, however it does."""
        with self.spoken():
            con = self.engine.connect()
            try:
                con.exec_driver_sql(_STAY)
                if con.execute(sa.text(_TRY), {"connection": connection}).scalar_one():
                    return _Session(con, self, con.exec_driver_sql(_SERVER).scalar_one())
            except BaseException:
                con.close()
                raise
            con.close()
            return None


class _Session(Guard):
    """A transaction that stays open as long as the lock is held: a pooler cannot lend its session to others."""

    def __init__(self, con: sa.Connection, database: PostgreSQL, server: str) -> None:
        self._con = con
        self._database = database
        self.server = server

    def check(self) -> None:
        with self._database.spoken():
            self._con.exec_driver_sql("SELECT 1")

    def release(self) -> None:
        with self._database.spoken():
            self._con.close()


_DENIED = ("password authentication failed", "no password supplied", "pg_hba.conf", "does not exist", "not permitted")
_AWAY = "{name} cannot be reached: {said}. Check that the server runs, then run again."
_SHUT = "{name} lets us not in: {said}. Check user, password and database of TOSSUP_LEDGER_URL."
_DAMAGED = (
    "{name} is damaged ({said}). Restore a backup; without one, give the ledger a new database: "
    "leads are found again by their keys, but values we wrote before will be left alone as a person's."
)
_LACKING = "{name}: we lack a right ({said}). Let our user create and write tables in a schema of its own."
_WORDS: tuple[tuple[tuple[str, ...], type[CrmError], str], ...] = (
    # https://www.postgresql.org/docs/current/errcodes-appendix.html
    (("08", "57P", "53300", "57014", "55P03", "40", "25P"), TryAgain, _AWAY),
    (
        ("53",),
        TryAgain,
        "{name}: the server's disk is full or its memory used up ({said}). Make room, then run again.",
    ),
    (("28", "3D"), GiveUp, _SHUT),
    (("25006",), GiveUp, "{name} is read-only: {said}. Point TOSSUP_LEDGER_URL at the server that is written to."),
    (("42501", "3F000"), GiveUp, _LACKING),
    (("XX", "58", "42P01", "42703"), AskAPerson, _DAMAGED),
)


def _in_words(error: sa.exc.DBAPIError, name: str) -> CrmError | None:
    cause = error.orig
    text = str(cause).strip() or "no answer"
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state is None:
        # the server has said why it refuses a session, but not by number
        said = text.splitlines()[0].removeprefix("connection failed: ").removesuffix(".")
        if any(word in text for word in _DENIED):
            return GiveUp(_SHUT.format(name=name, said=said))
        away = isinstance(cause, psycopg.OperationalError)
        return TryAgain(_AWAY.format(name=name, said=said)) if away else None
    for states, kind, words in _WORDS:
        if state.startswith(states):
            return kind(words.format(name=name, said=text.splitlines()[0]))
    return None
