"""One run at a time on a connection, on one machine or on several that share a ledger.

Two things make it safe. A guard (a file lock, or an advisory lock of PostgreSQL) is let go of by the system itself
when its owner dies. And every run that takes a connection gets a higher token, kept in the ledger: a run that lost
its guard unknowingly (failover, a network that went away) is refused at its next intent, as the token is another's.
"""

import math
import os
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa

from connector.errors import CrmError, TryAgain
from jobs.store.database import Database, upsert
from jobs.store.tables import holds

LEASE = timedelta(seconds=45)
"""Who was not heard of for so long has stopped writing by itself."""
BEAT_S = 10.0
_LOOKS, _LOOK_S = 20, 0.1


class Hold:
    """A connection held from construction to `release`. Raises `TryAgain` at once when another run holds it."""

    def __init__(self, database: Database, connection: str, verb: str) -> None:
        self._database = database
        self._connection = connection
        guard = database.guard(connection)
        if guard is None:
            raise TryAgain(f"{self._holder()}. Wait until it has finished, then run again.")
        self._guard = guard
        try:
            self._token = self._take(verb)
        except BaseException:
            guard.release()
            raise
        self._heard = time.monotonic()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._beats, name="tossup-hold", daemon=True)
        if guard.server is not None:
            self._beat.start()

    def release(self) -> None:
        """Let go, and note that we did; harmless where the hold was lost."""
        self._ended.set()
        if self._beat.is_alive():
            self._beat.join()
        mine = (holds.c.connection == self._connection) & (holds.c.token == self._token)
        with suppress(CrmError, sa.exc.DBAPIError), self._database.writing() as con:
            con.execute(sa.update(holds).where(mine).values(released=True))
        with suppress(CrmError, sa.exc.DBAPIError):
            self._guard.release()

    def is_ours(self, con: sa.Connection) -> bool:
        """Whether nobody took the connection from us; nobody can before the caller's transaction ends."""
        query = sa.select(holds.c.token).where(holds.c.connection == self._connection).with_for_update(read=True)
        # a lock on a file is ours for as long as we live, so nobody beats for it
        heard = self._guard.server is None or time.monotonic() - self._heard < LEASE.total_seconds()
        return con.scalar(query) == self._token and heard

    def lost(self) -> TryAgain:
        """What to raise when it is no longer ours."""
        with self._database.reading() as con:
            taken = con.scalar(sa.select(holds.c.token).where(holds.c.connection == self._connection)) != self._token
        why = self._holder() if taken else f"{self._database.name} was out of reach for a while"
        return TryAgain(
            f"This run lost its hold on {self._connection} and stopped. {why}. What was written is noted; "
            "run again to go on."
        )

    def _take(self, verb: str) -> int:
        with self._database.writing() as con:
            query = sa.select(holds).where(holds.c.connection == self._connection).with_for_update()
            before, now = con.execute(query).first(), self._database.now(con)
            if before is not None and not before.released and before.server != self._guard.server:
                self._wait_out(before.renewed + LEASE - now)
            token = before.token + 1 if before is not None else 1
            row = {"connection": self._connection, "token": token, "verb": verb, "host": socket.gethostname()}
            row |= {"pid": os.getpid(), "since": now, "renewed": now, "server": self._guard.server, "released": False}
            upsert(con, holds, [row])
        return token

    def _wait_out(self, left: timedelta) -> None:
        """The server that knew of their lock is another one now: that it is free says nothing yet."""
        if left > timedelta(0):
            raise TryAgain(
                f"{self._holder()}, before {self._database.name} was started anew. "
                f"Unless it goes on, the connection is free in {left.seconds + 1} s; run again then."
            )

    def _holder(self) -> str:
        for _ in range(_LOOKS):
            with self._database.reading() as con:
                row = con.execute(sa.select(holds).where(holds.c.connection == self._connection)).first()
            if row is not None and not row.released:
                return (
                    f"Another run is under way on {self._connection}: {row.verb}, process {row.pid} on {row.host}, "
                    f"since {row.since:%Y-%m-%d %H:%M:%S} UTC"
                )
            time.sleep(_LOOK_S)  # it has its guard, and is about to say so
        return f"Another run is under way on {self._connection}"

    def _beats(self) -> None:
        # any error ends the hold: whether somebody else has it by now cannot be known without the database
        try:
            while not self._ended.wait(BEAT_S):
                self._guard.check()
                self._renew()
                self._heard = time.monotonic()
        except (CrmError, sa.exc.DBAPIError):
            self._heard = -math.inf

    def _renew(self) -> None:
        mine = (holds.c.connection == self._connection) & (holds.c.token == self._token)
        with self._database.writing() as con:
            con.execute(sa.update(holds).where(mine).values(renewed=self._database.now(con)))
