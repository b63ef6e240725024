"""Who holds a connection, and a way from a run to what it wrote that does not read everything."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import MOMENT, NUMBER, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table `holds` and an index."""
    op.create_table(
        "holds",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("token", NUMBER, nullable=False),
        sa.Column("verb", text(40), nullable=False),
        sa.Column("host", text(255), nullable=False),
        sa.Column("pid", NUMBER, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("renewed", MOMENT, nullable=False),
        sa.Column("server", text(64)),
        sa.Column("released", sa.Boolean, nullable=False),
    )
    op.create_index("intents_by_run", "intents", ["run"])
