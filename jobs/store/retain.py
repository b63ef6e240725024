"""How long the ledger remembers: runs, and what was last written to every record, for ever; the rest for a time."""

from datetime import datetime

import sqlalchemy as sa

from jobs.store.tables import LACKS_OUTCOME, intents, outcomes, plans

_SOME = 5_000


def prune(con: sa.Connection, connection: str, before: datetime) -> int:
    """Drop plans, and intents with their outcomes, older than this; returns how many of both.

    An intent without an outcome stays: nobody knows yet whether it was written. One that a later run wrote again goes
    first: once the later one is gone, it would count as unheard of, and be taken for what was written last. `written`
    stays: without it every value of ours would look like a person's.
    """
    dropped = con.execute(sa.delete(intents).where(intents.c.id.in_(_written_again(connection, before)))).rowcount
    while some := _oldest(con, connection, before):
        con.execute(sa.delete(outcomes).where(outcomes.c.intent.in_(some)))
        con.execute(sa.delete(intents).where(intents.c.id.in_(some)))
        dropped += len(some)
    gone = con.execute(sa.delete(plans).where(plans.c.connection == connection, plans.c.at < before))
    return dropped + gone.rowcount


def _written_again(connection: str, before: datetime) -> sa.Select[tuple[int]]:
    """Intents of that time that never got an outcome, whose record a later run wrote."""
    first, later = intents.alias(), intents.alias()
    again = sa.exists().where(
        later.c.ref == first.c.ref,
        later.c.object == first.c.object,
        later.c.connection == first.c.connection,
        later.c.id > first.c.id,
    )
    unheard = ~sa.exists().where(outcomes.c.intent == first.c.id)
    old = (first.c.connection == connection) & (first.c.lacks == LACKS_OUTCOME) & (first.c.at < before)
    return sa.select(first.c.id).where(old, unheard, again)


def _oldest(con: sa.Connection, connection: str, before: datetime) -> list[int]:
    """Some settled intents of that time. Ids grow with time, so that only the first few are looked at."""
    query = (
        sa.select(intents.c.id, intents.c.at).join_from(intents, outcomes).where(intents.c.connection == connection)
    )
    return [id for id, at in con.execute(query.order_by(intents.c.id).limit(_SOME)) if at < before]
