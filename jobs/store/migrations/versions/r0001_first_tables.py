"""The tables as they were before the ledger had revisions: runs, plans, intents, outcomes, written."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import JSON, MOMENT, NUMBER, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "runs",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("verb", text(40), nullable=False),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.Column("exit_code", sa.Integer),
        sa.Column("summary", JSON),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plans",
        sa.Column("id", text(12), primary_key=True),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("creates", "updates", "closes")),
        sa.Column("conflicts", sa.Integer, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    _intents()
    _written()


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("run", NUMBER, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("plan", text(12), nullable=False),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("object", text(120), nullable=False),
        sa.Column("ref", text(255), nullable=False),
        sa.Column("change", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("intents_by_ref", "intents", ["ref", "run"])
    op.create_table(
        "outcomes",
        sa.Column("intent", NUMBER, sa.ForeignKey("intents.id"), primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("record_id", text(60)),
        sa.Column("created", sa.Boolean, nullable=False),
        sa.Column("code", text(120)),
        sa.Column("message", sa.Text),
        sa.Column("retryable", sa.Boolean, nullable=False),
    )


def _written() -> None:
    op.create_table(
        "written",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("object", text(120), primary_key=True),
        sa.Column("ref", text(255), primary_key=True),
        sa.Column("record_id", text(60)),
        sa.Column("key", text(255)),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("fields", JSON, nullable=False),
    )
    op.create_index("written_by_record", "written", ["connection", "object", "record_id"])
    op.create_index("written_by_key", "written", ["connection", "key"])
