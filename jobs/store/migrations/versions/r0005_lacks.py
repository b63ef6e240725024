"""What each intent still lacks, with an index, so that finding it does not read everything that was ever written."""

import sqlalchemy as sa
from alembic import op

from jobs.store.migrations.columns import text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add `intents.lacks`: an outcome where there is none, links where they were refused to a record that was made.

    A run of the version before, which may still be under way, notes intents without it: the default is its word.
    """
    op.add_column("intents", sa.Column("lacks", text(10), server_default="outcome"))
    op.execute("UPDATE intents SET lacks = NULL WHERE id IN (SELECT intent FROM outcomes)")
    op.execute(
        "UPDATE intents SET lacks = 'links' WHERE id IN "
        "(SELECT intent FROM outcomes WHERE created AND code = 'LINK_REFUSED' AND record_id IS NOT NULL)"
    )
    there_is = sa.text("lacks IS NOT NULL")
    op.create_index(
        "intents_lacking", "intents", ["connection", "lacks"], sqlite_where=there_is, postgresql_where=there_is
    )
