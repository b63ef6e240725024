"""Records that were made without the links that they were to have, because the CRM refused those."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from jobs.store.records import change_from_json
from jobs.store.tables import LACKS_LINKS, intents, outcomes
from mappings.changes import Change

LINK_REFUSED = "LINK_REFUSED"
"""The code of an outcome of a record that is there, without its links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """What was to be made, and the record that it is. `intent` names it in the ledger."""

    intent: int
    change: Change
    record: str


def unlinked(con: sa.Connection, connection: str) -> tuple[Unlinked, ...]:
    """All of one connection, oldest first."""
    query = (
        sa.select(intents.c.id, intents.c.change, outcomes.c.record_id)
        .join_from(intents, outcomes)
        .where(intents.c.connection == connection, intents.c.lacks == LACKS_LINKS, outcomes.c.record_id.is_not(None))
        .order_by(intents.c.id)
    )
    return tuple(
        Unlinked(intent=id, change=change_from_json(change), record=record)
        for id, change, record in con.execute(query)
    )


def note_linked(con: sa.Connection, some: Sequence[Unlinked]) -> None:
    """Ask no more for the links of these."""
    con.execute(sa.update(intents).where(intents.c.id.in_([one.intent for one in some])).values(lacks=None))
