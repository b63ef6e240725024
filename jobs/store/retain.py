"""How long the ledger remembers: runs, and what was last written to every record, for ever; the rest for a time."""

from datetime import datetime

import sqlalchemy as sa

from jobs.store.tables import intents, outcomes, plans


def prune(con: sa.Connection, connection: str, before: datetime) -> int:
    """Drop plans, and intents with their outcomes, older than this; returns how many of both.

    An intent without an outcome stays: nobody knows yet whether it was written. `written` stays: without it every
    value of ours would look like a person's.
    """
    old = sa.select(intents.c.id).where(intents.c.connection == connection, intents.c.at < before)
    settled = old.where(intents.c.id.in_(sa.select(outcomes.c.intent)))
    ids = list(con.scalars(settled))
    for start in range(0, len(ids), 5_000):
        some = ids[start : start + 5_000]
        con.execute(sa.delete(outcomes).where(outcomes.c.intent.in_(some)))
        con.execute(sa.delete(intents).where(intents.c.id.in_(some)))
    gone = con.execute(sa.delete(plans).where(plans.c.connection == connection, plans.c.at < before))
    return len(ids) + gone.rowcount
