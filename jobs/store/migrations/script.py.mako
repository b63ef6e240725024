"""${message}."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import JSON, MOMENT, NUMBER, text

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """What this revision adds."""
    ${upgrades if upgrades else "pass"}
