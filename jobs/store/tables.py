"""The ledger's tables: runs, plans, intents with their outcomes, and what we last wrote to every record."""

from datetime import UTC, datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, kept as ISO 8601 text: it sorts by time and reads the same in every database."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> str | None:
        """Refuse times without a zone: nobody could tell later which moment they meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> datetime | None:
        """Back to an aware datetime."""
        return datetime.fromisoformat(value) if value is not None else None


class Json(TypeDecorator[object]):
    """Any JSON value, as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: object, _dialect: sa.Dialect) -> str | None:
        """Sorted, so that equal values are equal text."""
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> object:
        """Back to lists and dicts."""
        return None if value is None else orjson.loads(value)


runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("verb", sa.String(40), nullable=False),
    sa.Column("connection", sa.String(80), nullable=False),
    sa.Column("began", Moment, nullable=False),
    sa.Column("ended", Moment),
    sa.Column("exit_code", sa.Integer),
    sa.Column("summary", Json),
    sqlite_autoincrement=True,
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("connection", sa.String(80), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("creates", sa.Integer, nullable=False),
    sa.Column("updates", sa.Integer, nullable=False),
    sa.Column("closes", sa.Integer, nullable=False),
    sa.Column("conflicts", sa.Integer, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("plan", sa.String(12), nullable=False),
    sa.Column("connection", sa.String(80), nullable=False),
    sa.Column("object", sa.String(120), nullable=False),
    sa.Column("ref", sa.String(255), nullable=False),
    sa.Column("change", Json, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("intents_by_ref", "ref", "run"),
    sqlite_autoincrement=True,
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("intent", sa.ForeignKey("intents.id"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ok", sa.Boolean, nullable=False),
    sa.Column("record_id", sa.String(60)),
    sa.Column("created", sa.Boolean, nullable=False),
    sa.Column("code", sa.String(120)),
    sa.Column("message", sa.Text),
    sa.Column("retryable", sa.Boolean, nullable=False),
)

written = sa.Table(
    "written",
    metadata,
    sa.Column("connection", sa.String(80), primary_key=True),
    sa.Column("object", sa.String(120), primary_key=True),
    sa.Column("ref", sa.String(255), primary_key=True),
    sa.Column("record_id", sa.String(60)),
    sa.Column("key", sa.String(255)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    # {field: [value, run, moment]}; one row a record keeps a night of 20,000 accounts at 20,000 rows
    sa.Column("fields", Json, nullable=False),
    sa.Index("written_by_record", "connection", "object", "record_id"),
    sa.Index("written_by_key", "connection", "key"),
)
