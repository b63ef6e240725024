"""The one door to a CRM: what jobs rely on, and what every connector must promise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import pyarrow as pa

from connector.redaction import redacted
from mappings.changes import Link, Value
from mappings.schema import FieldType, ObjectSchema, Schema, WantedField, WantedList


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far an object has been read: everything stamped before (`stamp`, `id`) has arrived.

    `stamp` is ISO 8601 UTC with milliseconds, in the CRM's clock.
    """

    stamp: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What to read: one object, some of its fields, all of it or what changed since a cursor.

    `schema` is what `Crm.describe` gave; `links` names the objects whose associations come along (HubSpot).
    """

    schema: ObjectSchema
    fields: tuple[str, ...]
    since: Cursor | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRows:
    """Associations from rows of one object to rows of another: columns from_id, to_id, type_id (text), label.

    `of` are the from-ids asked about: whatever links they had before are replaced by `rows`.
    """

    to: str
    of: pa.Array
    rows: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of one object, in the CRM's own spelling: the id column first, then the stamp, then the fields.

    Column types follow `connector.port.arrow_type`. `deleted` are ids that are gone. The last batch of a read
    carries the cursor to go on from next time; earlier ones carry None.
    """

    rows: pa.RecordBatch
    deleted: tuple[str, ...] = ()
    links: tuple[LinkRows, ...] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record to write. `ref` comes back in its outcome. `id` for an update, `key` for an upsert."""

    ref: str
    values: Mapping[str, Value]
    id: str | None = None
    key: str | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record: written (`id`, `created`), or refused with the vendor's code and words.

    `unclear`: the CRM did not tell, so it may have been written: look before it is written again, or called refused.
    They are shown and stored, so no secret is in them, whatever a vendor quoted.
    """

    ref: str
    ok: bool
    id: str | None = None
    created: bool = False
    code: str | None = None
    message: str | None = None
    fields: tuple[str, ...] = ()
    retryable: bool = False
    unclear: bool = False

    def __post_init__(self) -> None:
        if self.ok:
            return
        said = {"code": self.code, "message": self.message}
        for name, text in said.items():
            object.__setattr__(self, name, None if text is None else redacted(text))
        object.__setattr__(self, "fields", tuple(redacted(field) for field in self.fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The last time a field of a record was written: by whom (the name people know them by), and through what.

    `source` is the vendor's word: HubSpot's sourceType (CRM_UI, INTEGRATION, IMPORT ...), Salesforce's history object
    (AccountHistory), or LastModifiedBy where only the last save of the whole record is known; `value` is None then.
    """

    id: str
    field: str
    at: datetime
    value: Value = None
    by: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binned:
    """A record in the recycle bin that carries a key; `created`: when it was made."""

    id: str
    key: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """One thing `setup` would create or grant, in words and with what it needs to do it."""

    action: Literal["create_field", "create_group", "create_permission_set", "grant", "assign", "create_list"]
    target: str
    text: str
    wanted: WantedField | None = None
    list: WantedList | None = None


Costs = Literal["update", "upsert", "remove", "fetch", "attached"]
"""What takes calls."""


class JobBook(Protocol):
    """Where jobs are noted in which a CRM goes on writing by itself, whatever becomes of us (Salesforce: Bulk)."""

    def began(self, job: str) -> None:
        """Note a job before it may write anything. Raises to keep it from beginning."""

    def ended(self, job: str) -> None:
        """Note that it writes no more."""


class Crm(Protocol):
    """A CRM as jobs see it. Every method may raise `connector.errors.CrmError`; none retries a bare create."""

    @property
    def name(self) -> Literal["salesforce", "hubspot"]:
        """Which CRM it is."""

    @property
    def calls(self) -> int:
        """HTTP calls sent so far, of every kind."""

    def connection(self) -> str:
        """`salesforce:00D...` or `hubspot:PORTAL`: the same org always, another org never."""

    def user_id(self) -> str | None:
        """The record id of the user we act as, where the CRM tells."""

    def now(self) -> datetime:
        """The CRM's clock, UTC (the Date header of its last answer): never the local one."""

    def record_url(self, object: str, id: str) -> str:
        """Where a person opens this record in a browser."""

    def describe(self, objects: Iterable[str]) -> Schema:
        """The schema of the objects named, as our user may see them."""

    def count(self, object: str) -> int:
        """How many live records of this object the CRM says it holds."""

    def read(self, read: Read) -> Iterator[Batch]:
        """Stream the rows; the last batch carries the cursor. An empty read is one empty batch."""

    def ids(self, object: str) -> Iterator[pa.Array]:
        """Every live record id, to find hard deletes that no cursor shows."""

    def fetch(self, schema: ObjectSchema, fields: Sequence[str], ids: Sequence[str]) -> Iterator[Batch]:
        """These records as they are now (missing ones left out), 2,000 or 100 a call."""

    def edits(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """Who wrote these fields of these records last, 200 or 50 records a call; what cannot be told is left out.

        Raises `GiveUp` where our user may not ask.
        """

    def update(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update records by `id`; one outcome a record, in no order, `unclear` where the CRM says nothing at all."""

    def upsert(self, object: str, key_field: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Create or update records by the unique `key_field`; links are made for records created or not.

        Members of lists need no key in HubSpot. One that somebody else has put there is fine: ok, but without an id,
        for it is not ours.
        """

    def remove(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Take members off campaigns (CampaignMember) or lists (list_memberships), by `id`; delete tasks and leads.

        Tasks, leads and deals go into the recycle bin, only with the `key` that makes them ours. One that is gone
        already is fine. Raises `GiveUp` for any other object, and without a key: nothing else is ever deleted.
        """

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, set[tuple[str, str]]]:
        """(object, id) of all that hangs on these tasks or leads without showing in their fields, by record id.

        Notes, calls, files, posts, other records; our own links too, where they are no fields. What our user may not
        see, and whatever hangs on records of other objects, is left out.
        """

    def keyed(self, object: str, key_field: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Ids of the live records that carry one of these keys, by key: as they are now, not as an index has them."""

    def binned(self, object: str, key_field: str) -> Iterator[Binned]:
        """The records in the recycle bin that carry a key; what was purged may be among them for a day."""

    def merged(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Of records that are no longer there: what each was merged into, by id. Deleted ones are left out."""

    def note_jobs(self, book: JobBook) -> None:
        """From now on note there each job of ours in which the CRM writes by itself; HubSpot has none."""

    def end_job(self, job: str) -> None:
        """See to it that a job of ours writes no more; what it wrote stays. One that is over or gone is fine.

        Raises `TryAgain` where it neither can be stopped nor ends by itself in time.
        """

    def jobs_under_way(self, objects: Iterable[str]) -> tuple[str, ...]:
        """Jobs that our user began and that may yet write to these objects, whichever program of its began them."""

    def cost(self, object: str, how: Costs, n: int) -> int:
        """API calls that writing or fetching `n` records takes, or asking what is attached to them."""

    def together(self, object: str, n: int) -> int:
        """How many of `n` records to look at and then update at once, so that little time lies between the two."""

    def calls_left(self) -> int | None:
        """Calls of the day's budget that are ours to send, the reserve for others taken off; None: no such limit."""

    def lists(self, names: Sequence[str]) -> Mapping[str, str]:
        """Ids of the campaigns (Salesforce) or static contact lists (HubSpot) of these names; others are left out."""

    def missing(self, wanted: Sequence[WantedField], lists: Sequence[WantedList] = ()) -> tuple[SetupStep, ...]:
        """What must be created or granted before these can be written; empty when all is there."""

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Do these steps; then wait until describe shows the fields. Repeating it is harmless."""

    def close(self) -> None:
        """Close connections."""


_ARROW: Mapping[FieldType, pa.DataType] = {
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.CURRENCY: pa.float64(),
    FieldType.PERCENT: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: pa.timestamp("ms", tz="UTC"),
}


def arrow_type(type: FieldType) -> pa.DataType:
    """The Arrow type of a column that holds this field; text for everything that is neither number nor time."""
    return _ARROW.get(type, pa.string())


def moment_of(milliseconds: int) -> datetime:
    """A moment in UTC, from milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
