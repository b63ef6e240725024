"""Column types that read the same in SQLite and PostgreSQL; revisions rely on them, so they never change."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite counts up by itself only in what is called INTEGER, and that holds 64 bits anyway."""

MOMENT = sa.String(32).with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

# JSON, not JSONB: the text stays as it was written, \\u0000 included, which JSONB refuses
JSON = sa.Text().with_variant(postgresql.JSON(none_as_null=True), "postgresql")


def text(length: int) -> sa.types.TypeEngine[str]:
    """Text that is hardly ever longer; SQLite never held anybody to it, PostgreSQL would refuse the record."""
    return sa.String(length).with_variant(sa.Text(), "postgresql")
