"""The ledger's tables: runs, plans, intents with outcomes, what we last wrote to every record, what
of ours was seen though another ledger wrote it, answers, jobs, holds.

A change here needs a revision in `jobs/store/migrations`.
"""

from datetime import UTC, datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from jobs.store.migrations.columns import JSON, MOMENT, NUMBER, text

metadata = sa.MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: PostgreSQL has a type for it, in SQLite it is ISO 8601 text, which sorts by time."""

    impl = MOMENT
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | str | None:
        """Refuse times without a zone: nobody could tell later which moment they meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: datetime | str | None, _dialect: sa.Dialect) -> datetime | None:
        """Back to an aware datetime in UTC."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value and value.astimezone(UTC)


class Json(TypeDecorator[object]):
    """Any JSON value, or dataclasses of such; read back as lists and dicts."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: object, dialect: sa.Dialect) -> object:
        """PostgreSQL's own type is handed the value, SQLite its text."""
        return value if value is None or dialect.name == "postgresql" else to_json(value)

    def process_result_value(self, value: object, _dialect: sa.Dialect) -> object:
        """Back to lists and dicts."""
        return orjson.loads(value) if isinstance(value, str) else value


def to_json(value: object) -> str:
    """The text of a JSON value or dataclass; equal values give equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


LACKS_OUTCOME, LACKS_LINKS = "outcome", "links"
_LACKING = sa.text("lacks IS NOT NULL")

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("verb", text(40), nullable=False),
    sa.Column("connection", text(80), nullable=False),
    sa.Column("began", Moment, nullable=False),
    sa.Column("ended", Moment),
    sa.Column("exit_code", sa.Integer),
    sa.Column("summary", Json),
    sqlite_autoincrement=True,
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", text(12), primary_key=True),
    sa.Column("connection", text(80), nullable=False),
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
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("run", NUMBER, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("plan", text(12), nullable=False),
    sa.Column("connection", text(80), nullable=False),
    sa.Column("object", text(120), nullable=False),
    sa.Column("ref", text(255), nullable=False),
    sa.Column("change", Json, nullable=False),
    sa.Column("at", Moment, nullable=False),
    # "outcome": nobody knows what became of it; "links": it was made, without them; NULL: nothing
    sa.Column("lacks", text(10), server_default=LACKS_OUTCOME),
    sa.Index("intents_by_ref", "ref", "run"),
    sa.Index("intents_by_run", "run"),
    sa.Index("intents_lacking", "connection", "lacks", sqlite_where=_LACKING, postgresql_where=_LACKING),
    sqlite_autoincrement=True,
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("intent", NUMBER, sa.ForeignKey("intents.id"), primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ok", sa.Boolean, nullable=False),
    sa.Column("record_id", text(60)),
    sa.Column("created", sa.Boolean, nullable=False),
    sa.Column("code", text(120)),
    sa.Column("message", sa.Text),
    sa.Column("retryable", sa.Boolean, nullable=False),
)

written = sa.Table(
    "written",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    sa.Column("object", text(120), primary_key=True),
    sa.Column("ref", text(255), primary_key=True),
    sa.Column("record_id", text(60)),
    sa.Column("key", text(255)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    # {field: [value, run, moment]}; one row a record keeps a night of 20,000 accounts at 20,000 rows
    sa.Column("fields", Json, nullable=False),
    sa.Index("written_by_record", "connection", "object", "record_id"),
    sa.Index("written_by_key", "connection", "key"),
)

merged = sa.Table(
    "merged",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    sa.Column("object", text(120), primary_key=True),
    sa.Column("id", text(60), primary_key=True),
    # NULL: it was deleted, which is asked for once
    sa.Column("into", text(60)),
    sa.Column("at", Moment, nullable=False),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    # a kind of record of ours, and its id: which object it is may change with the mapping
    sa.Column("kind", text(10), primary_key=True),
    sa.Column("id", text(255), primary_key=True),
    sa.Column("outcome", text(40), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
)

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    sa.Column("object", text(120), primary_key=True),
    sa.Column("id", text(60), primary_key=True),
    sa.Column("key", text(255)),
    # names of fields that were not empty
    sa.Column("fields", Json, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

remote_jobs = sa.Table(
    "remote_jobs",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    sa.Column("id", text(60), primary_key=True),
    sa.Column("began", Moment, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("connection", text(80), primary_key=True),
    # grows with every run that takes the connection: what holds an older one may write no more
    sa.Column("token", NUMBER, nullable=False),
    sa.Column("verb", text(40), nullable=False),
    sa.Column("host", text(255), nullable=False),
    sa.Column("pid", NUMBER, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("renewed", Moment, nullable=False),
    sa.Column("server", text(64)),
    sa.Column("released", sa.Boolean, nullable=False),
)
