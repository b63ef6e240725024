"""How long the ledger remembers: runs, and what was last written to every record, for ever; the rest for a time."""

from datetime import datetime

import sqlalchemy as sa

from jobs.store.tables import intents, outcomes, plans

_SOME = 5_000


def prune(con: sa.Connection, connection: str, before: datetime) -> int:
    """Drop plans, and intents with their outcomes, older than this; returns how many of both.

    An intent without an outcome stays: nobody knows yet whether it was written. `written` stays: without it every
    value of ours would look like a person's.
    """
    dropped = 0
    while some := _oldest(con, connection, before):
        con.execute(sa.delete(outcomes).where(outcomes.c.intent.in_(some)))
        con.execute(sa.delete(intents).where(intents.c.id.in_(some)))
        dropped += len(some)
    gone = con.execute(sa.delete(plans).where(plans.c.connection == connection, plans.c.at < before))
    return dropped + gone.rowcount


def _oldest(con: sa.Connection, connection: str, before: datetime) -> list[int]:
    """Some settled intents of that time. Ids grow with time, so that only the first few are looked at."""
    query = (
        sa.select(intents.c.id, intents.c.at).join_from(intents, outcomes).where(intents.c.connection == connection)
    )
    return [id for id, at in con.execute(query.order_by(intents.c.id).limit(_SOME)) if at < before]
