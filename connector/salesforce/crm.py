"""Salesforce as `connector.port.Crm`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Literal

import pyarrow as pa

from connector.errors import GiveUp
from connector.port import Batch, Binned, Costs, Edit, JobBook, Outcome, Read, Record, SetupStep
from connector.salesforce.attached import asking, attached
from connector.salesforce.auth import SignIn, open_transport
from connector.salesforce.campaigns import MEMBERS, Campaigns
from connector.salesforce.collections import FETCHED, PER_CALL, Collections
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.edits import Edits
from connector.salesforce.read import Reader
from connector.salesforce.rows import columns, from_records, gone_marks, is_gone, keeping
from connector.salesforce.schema import Describer
from connector.salesforce.setup import Setup
from connector.salesforce.write import Writer
from connector.transport import Transport
from connector.wire import Call
from mappings.schema import ObjectSchema, Schema, WantedField, WantedList

_OURS = ("Task", "Lead")
"""What may be deleted besides members, where it carries our key."""

__all__ = ["Salesforce", "SalesforceConfig", "open_salesforce"]

BULK_AT_ONCE = 10_000
"""Records of one Bulk job, and of one of the batches that Salesforce itself makes of a job."""


def open_salesforce(config: SalesforceConfig) -> "Salesforce":
    """Sign in. Raises `GiveUp` when the credentials are incomplete or refused, `TryAgain` when nobody answers."""
    transport, sign_in = open_transport(config)
    try:
        transport.sign_in()
    except BaseException:
        transport.close()
        raise
    return Salesforce(config, transport, sign_in)


class Salesforce:
    """One org, as one user sees it."""

    name: Literal["salesforce"] = "salesforce"

    def __init__(self, config: SalesforceConfig, transport: Transport, sign_in: SignIn) -> None:
        self._config = config
        self._transport = transport
        self._sign_in = sign_in
        self._reader = Reader(config, transport)
        self._edits = Edits(self._reader.rest, self.user_id)
        self._collections = Collections(config, transport)
        self._writer = Writer(config, transport)
        self._describer = Describer(config, transport)
        self._campaigns = Campaigns(config, transport, self._reader.rest)
        self._setup = Setup(config, transport, self._reader.rest, self._describer)

    @property
    def calls(self) -> int:
        """HTTP calls sent so far."""
        return self._transport.calls

    def connection(self) -> str:
        """`salesforce:` and the org's id."""
        identity = self._sign_in.identity
        if identity.org is None:
            identity.org = str(self._reader.rest.rows("SELECT Id FROM Organization")[0]["Id"])
        return f"salesforce:{identity.org}"

    def user_id(self) -> str | None:
        """The user we act as: as the sign-in told, else as the identity service tells for a ready token."""
        identity = self._sign_in.identity
        if identity.user is None:
            identity.user = self._asked_user()
        return identity.user

    def now(self) -> datetime:
        """Salesforce's clock, UTC."""
        return self._transport.now()

    def record_url(self, object: str, id: str) -> str:
        """The record's page in Lightning."""
        return f"{self._transport.base_url}/lightning/r/{object}/{id}/view"

    def describe(self, objects: Iterable[str]) -> Schema:
        """The objects as our user may see them."""
        schema = self._describer.schema(objects)
        self._reader.note(schema)
        return schema

    def count(self, object: str) -> int:
        """SELECT COUNT() of live records."""
        return self._reader.count(object)

    def read(self, read: Read) -> Iterator[Batch]:
        """Stream rows, by REST or Bulk as their number asks for."""
        return self._reader.read(read)

    def ids(self, object: str) -> Iterator[pa.Array]:
        """Every live id."""
        return self._reader.ids(object)

    def fetch(self, schema: ObjectSchema, fields: Sequence[str], ids: Sequence[str]) -> Iterator[Batch]:
        """These records as they are now."""
        into = columns(schema, fields)
        marks, kept = gone_marks(schema), keeping(schema)
        for records in self._collections.fetch(schema.name, [*into.names, *marks, *kept], ids):
            there = [record for record in records if not is_gone(record, marks, kept)]
            yield Batch(rows=from_records(there, into))

    def edits(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """From field history where it is tracked, else by who saved the record last."""
        return self._edits.of(object, ids, fields)

    def update(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by id."""
        return self._writer.write(object, None, records)

    def upsert(self, object: str, key_field: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Create or update by a unique external id."""
        outcomes = self._writer.write(object, key_field, records)
        return self._campaigns.joined(key_field, records, outcomes) if object == MEMBERS else outcomes

    def remove(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Take members off their campaigns, tasks and leads of ours away, 200 a call."""
        ours = object in _OURS and all(record.key for record in records)
        if object != MEMBERS and not ours:
            raise GiveUp(
                f"Tossup deletes members of campaigns, tasks and leads of its own and nothing else: no {object}."
            )
        return self._collections.delete(records)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, set[tuple[str, str]]]:
        """Posts and files, and of a lead its tasks and events; 200 records a query and kind."""
        return attached(self._reader.rest, object, ids)

    def keyed(self, object: str, key_field: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Ids by unique external id, 100 keys a query."""
        return self._reader.keyed(object, key_field, keys)

    def binned(self, object: str, key_field: str) -> Iterator[Binned]:
        """By queryAll, 2,000 records a call; the bin keeps them for 15 days."""
        return self._reader.binned(object, key_field)

    def merged(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """By MasterRecordId, as long as the recycle bin keeps the record; 40 records a query."""
        return self._reader.merged(object, ids)

    def note_jobs(self, book: JobBook) -> None:
        """Bulk jobs that write."""
        self._writer.ingest.book = book

    def end_job(self, job: str) -> None:
        """Abort a Bulk job, or wait for it."""
        self._writer.ingest.jobs.end(job)

    def jobs_under_way(self, objects: Iterable[str]) -> tuple[str, ...]:
        """Bulk jobs of our user, 1,000 jobs of the org a call; none where our user is unknown or may not list."""
        user = self.user_id()
        try:
            return tuple(self._writer.ingest.jobs.under_way(user, objects)) if user is not None else ()
        except GiveUp:
            return ()

    def cost(self, object: str, how: Costs, n: int) -> int:
        """API calls that writing or fetching `n` records takes."""
        if how == "attached":
            return asking(object, n)
        if how == "fetch":
            return ceil(n / FETCHED)
        return ceil(n / PER_CALL) if how == "remove" else self._writer.cost(n)

    def together(self, object: str, n: int) -> int:  # noqa: ARG002 - any object
        """One call's records; where there are enough of them for Bulk, those of one job."""
        return PER_CALL if n <= self._config.bulk_writes else BULK_AT_ONCE

    def calls_left(self) -> int | None:
        """By the header of the last answer, asked for anew when too old: `/limits` itself needs an extra right."""
        if self._transport.budget.left() is None:
            self._transport.send(Call(method="GET", target=self._config.data))
        return self._transport.budget.left()

    def lists(self, names: Sequence[str]) -> Mapping[str, str]:
        """Ids of the campaigns of these names; of several the oldest."""
        return self._campaigns.named(names)

    def missing(self, wanted: Sequence[WantedField], lists: Sequence[WantedList] = ()) -> tuple[SetupStep, ...]:
        """Fields to create, permissions to grant to our user, and campaigns to create."""
        return (*self._setup.missing(wanted, self.user_id()), *self._campaigns.missing(lists))

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Create and grant, wait until describe shows it, then create the campaigns."""
        self._setup.do(steps, self.user_id())
        self._campaigns.create([step.list for step in steps if step.list is not None])

    def close(self) -> None:
        """Close connections."""
        self._transport.close()

    def _asked_user(self) -> str | None:
        try:
            said = self._transport.send(Call(method="GET", target="/services/oauth2/userinfo")).data
        except GiveUp:
            return None
        return str(said["user_id"]) if isinstance(said, dict) and said.get("user_id") else None
