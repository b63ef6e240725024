"""The day on which each answer was first seen, which later edits of its record do not move."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table `answers`."""
    op.create_table(
        "answers",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("kind", text(10), primary_key=True),
        sa.Column("id", text(255), primary_key=True),
        sa.Column("outcome", text(40), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
