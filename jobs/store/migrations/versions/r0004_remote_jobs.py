"""Jobs in which a CRM goes on writing by itself, whatever becomes of the run that began them."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import MOMENT, text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table `remote_jobs`."""
    op.create_table(
        "remote_jobs",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("id", text(60), primary_key=True),
        sa.Column("began", MOMENT, nullable=False),
    )
