"""Reading an object, all of it or what changed, by REST or Bulk as its size asks for.

What a cursor promises: everything stamped before it has arrived. Reading has no upper bound, so nothing waits for
the next run; but Salesforce stamps a record when its transaction starts and shows it when the transaction commits, at
most some ten minutes later. So the cursor handed out is the server's time at the start of the read less `lag_s`, and
the next read begins `overlap_s` before it. Rows that come twice are the same rows. The cursor does not stay at the
newest row seen: after a load that gave a million rows one stamp, every later read would bring the million again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from connector.errors import CrmError, GiveUp
from connector.port import Batch, Binned, Cursor, Read
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.extract import BulkQuery
from connector.salesforce.query import Page, RestQuery
from connector.salesforce.rows import columns, empty, from_records, gone_marks, has_compound, keeping, split
from connector.salesforce.soql import LONGEST, Select, any_of, live_or
from connector.transport import Transport
from mappings.schema import ObjectSchema, Schema

_KEYS = 40
"""Keys of at most 200 characters in one query: it must fit an address."""
MERGEABLE = ("Account", "Contact", "Lead")
"""Objects whose records tell what they were merged into."""
_ID = re.compile("[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_MONTH = timedelta(days=31)
"""Longer than the recycle bin keeps a record."""
_TOO_MUCH = ("QUERY_TIMEOUT", "OPERATION_TOO_LARGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A query, the columns asked for and those given, and whether Bulk can answer it.

    A row of which one of `marks` is true is gone; an archived one that holds one of the ids `kept` is not.
    """

    select: Select
    asked: pa.Schema
    given: pa.Schema
    marks: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    bulk: bool = True

    def batch(self, rows: pa.RecordBatch, cursor: Cursor | None = None) -> Batch:
        """What the caller gets of these rows."""
        live, gone = split(rows, self.marks, self.kept)
        return Batch(rows=live.select(self.given.names), deleted=gone, cursor=cursor)


class Reader:
    """Reads rows of any object."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport
        self.rest = RestQuery(config, transport)
        self._bulk = BulkQuery(config, transport)
        self._kept: dict[str, tuple[str, ...]] = {}

    def note(self, schema: Schema) -> None:
        """Remember of which objects archived records are kept, and by which fields."""
        self._kept |= {name: kept for name, one in schema.objects.items() if (kept := keeping(one))}

    def read(self, read: Read) -> Iterator[Batch]:
        """The rows; the last batch carries the cursor."""
        cursor = self._cursor(read)
        question = self._question(read)
        held: pa.RecordBatch | None = None
        for batch in self._answer(question):
            if held is not None:
                yield question.batch(held)
            held = batch
        yield question.batch(empty(question.asked) if held is None else held, cursor)

    def ids(self, object: str) -> Iterator[pa.Array]:
        """Every live id."""
        into = pa.schema([pa.field("Id", pa.string())])
        for batch in self._answer(_Question(select=self._live(object), asked=into, given=into)):
            yield batch.column("Id")

    def count(self, object: str) -> int:
        """Live rows."""
        return self.rest.count(self._live(object))

    def keyed(self, object: str, key_field: str, keys: Sequence[str]) -> dict[str, str]:
        """Ids of live records by a unique field."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), _KEYS):
            some = any_of(key_field, keys[start : start + _KEYS])
            if object in self._kept:
                rows = self.rest.every(f"SELECT Id, {key_field} FROM {object} WHERE IsDeleted = false AND {some}")
            else:
                rows = self.rest.rows(f"SELECT Id, {key_field} FROM {object} WHERE {some}")
            found |= {str(row[key_field]): str(row["Id"]) for row in rows}
        return found

    def binned(self, object: str, key_field: str) -> Iterator[Binned]:
        """Records deleted in the last month that have this field; deleting moves the stamp, which is indexed."""
        lately = f"SystemModstamp >= {_spelled(self._transport.now() - _MONTH)}"
        deleted = f"IsDeleted = true AND {lately} AND {key_field} != null"
        for row in self.rest.every(f"SELECT Id, {key_field}, CreatedDate FROM {object} WHERE {deleted}"):
            created = datetime.fromisoformat(str(row["CreatedDate"])).astimezone(UTC)
            yield Binned(id=str(row["Id"]), key=str(row[key_field]), created=created)

    def merged(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """What these deleted records were merged into, of those that were."""
        found: dict[str, str] = {}
        if object not in MERGEABLE:
            return found
        # one that is none refuses the whole query; people can edit what it was read from
        ids = [id for id in ids if _ID.fullmatch(id)]
        for start in range(0, len(ids), _KEYS):
            some = any_of("Id", ids[start : start + _KEYS])
            rows = self.rest.every(f"SELECT Id, MasterRecordId FROM {object} WHERE MasterRecordId != null AND {some}")
            found |= {str(row["Id"]): str(row["MasterRecordId"]) for row in rows}
        return found

    def _live(self, object: str) -> Select:
        kept = self._kept.get(object, ())
        only = live_or(kept) if kept else None
        return Select(object=object, fields=("Id",), everything=bool(kept), only=only)

    def _question(self, read: Read) -> _Question:
        schema = read.schema
        given = columns(schema, read.fields)
        since, kept = self._since(read), keeping(schema)
        marks = gone_marks(schema) if since else ()
        asked = columns(schema, [*read.fields, *marks, *(kept if since else ())])
        select = Select(
            object=schema.name,
            fields=tuple(asked.names),
            stamp=schema.stamp_field,
            since=since,
            everything=bool(marks or kept),
            only=live_or(kept) if kept and not since else None,
        )
        _fits(schema, given)
        bulk = not has_compound(schema, given.names)
        return _Question(select=select, asked=asked, given=given, marks=marks, kept=kept, bulk=bulk)

    def _answer(self, question: _Question) -> Iterator[pa.RecordBatch]:
        """By REST where the query fits and has few rows; else by Bulk, where the object allows it."""
        page = self._first_page(question)
        if page is None or (question.bulk and page.total > self._config.bulk_rows):
            job = self._bulk.start(question.select)
            if job is not None:
                yield from self._bulk.batches(job, question.asked)
                return
        if page is None:
            raise GiveUp(
                f"The query on {question.select.object} has too many fields for one REST call, and Bulk "
                "does not serve this object or its address fields. Map fewer fields of it."
            )
        for records in self.rest.rest(question.select, page):
            yield from_records(records, question.asked)

    def _first_page(self, question: _Question) -> Page | None:
        """None where REST cannot answer: the query is too long for an address, or sorting took too long."""
        if not question.select.fits_a_url:
            return None
        try:
            return self.rest.first(question.select)
        except CrmError as error:
            if error.code in _TOO_MUCH and question.bulk:
                return None
            raise

    def _since(self, read: Read) -> str | None:
        if read.since is None or read.schema.stamp_field is None:
            return None
        stamp = datetime.fromisoformat(read.since.stamp) - timedelta(seconds=self._config.overlap_s)
        return _spelled(stamp)

    def _cursor(self, read: Read) -> Cursor | None:
        """None for an object without a stamp: it is read in full every time."""
        if read.schema.stamp_field is None:
            return None
        stamp = _spelled(self._transport.now() - timedelta(seconds=self._config.lag_s))
        return Cursor(stamp=max(stamp, _comparable(read.since)))


def _fits(schema: ObjectSchema, given: pa.Schema) -> None:
    """Raises `GiveUp` where a query is too long, were it only a later run's, which asks for changes since then."""
    names = dict.fromkeys([*given.names, *gone_marks(schema), *keeping(schema)])
    since = _spelled(datetime.fromtimestamp(0, UTC)) if schema.stamp_field else None
    longest = len(Select(object=schema.name, fields=tuple(names), stamp=schema.stamp_field, since=since).text)
    if longest > LONGEST:
        raise GiveUp(
            f"The {len(given.names):,} fields mapped of {schema.name} make a query of {longest:,} characters; "
            f"Salesforce takes {LONGEST:,}. Map fewer fields of it: nothing of it was read."
        )


def _comparable(since: Cursor | None) -> str:
    return _spelled(datetime.fromisoformat(since.stamp)) if since else ""


def _spelled(moment: datetime) -> str:
    """As SOQL wants it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
