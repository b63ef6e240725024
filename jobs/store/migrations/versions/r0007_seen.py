"""What is ours in the CRM though this ledger did not write it: without it nobody sees that a person took it away."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import JSON, MOMENT, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table `seen`."""
    op.create_table(
        "seen",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("object", text(120), primary_key=True),
        sa.Column("id", text(60), primary_key=True),
        sa.Column("key", text(255)),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
