"""Jobs in which a CRM writes by itself, noted from before they may begin until they are known to be over."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from jobs.store.database import Database, upsert
from jobs.store.hold import Hold
from jobs.store.tables import remote_jobs


class RemoteJobs:
    """Those of one connection. `lost`: the holds that are no longer ours, as of a transaction."""

    def __init__(self, database: Database, connection: str, lost: Callable[[sa.Connection], list[Hold]]) -> None:
        self._database = database
        self._connection = connection
        self._lost = lost

    def began(self, job: str, at: datetime) -> None:
        """Note it. Raises `TryAgain`, and notes nothing, when a later run holds the connection."""
        with self._database.writing() as con:
            lost = self._lost(con)
            if not lost:
                upsert(con, remote_jobs, [{"connection": self._connection, "id": job, "began": at}])
        for hold in lost:
            raise hold.lost()

    def ended(self, job: str) -> None:
        """It is over."""
        here = (remote_jobs.c.connection == self._connection) & (remote_jobs.c.id == job)
        with self._database.writing() as con:
            con.execute(sa.delete(remote_jobs).where(here))

    def left(self) -> tuple[str, ...]:
        """Those not known to be over, oldest first."""
        query = sa.select(remote_jobs.c.id).where(remote_jobs.c.connection == self._connection)
        with self._database.reading() as con:
            return tuple(con.scalars(query.order_by(remote_jobs.c.began, remote_jobs.c.id)))
