"""Which accounts of our leads are no longer there, and what each was merged into."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import MOMENT, text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table `merged`."""
    op.create_table(
        "merged",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("object", text(120), primary_key=True),
        sa.Column("id", text(60), primary_key=True),
        sa.Column("into", text(60)),
        sa.Column("at", MOMENT, nullable=False),
    )
