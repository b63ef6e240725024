"""HubSpot as jobs see it: the `connector.port.Crm` of one account."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil
from typing import Literal

import pyarrow as pa

from connector.errors import GiveUp
from connector.hubspot import owners, rates
from connector.hubspot.auth import sign_in
from connector.hubspot.config import HubSpotConfig
from connector.hubspot.describe import Describer
from connector.hubspot.edits import Edits
from connector.hubspot.envelope import HubSpotAnswers
from connector.hubspot.library import Library
from connector.hubspot.links import hanging, linked, may_hang
from connector.hubspot.lists import PER_CALL, Lists
from connector.hubspot.names import MEMBERS, OWNERS, RATES
from connector.hubspot.pages import Shape
from connector.hubspot.paths import Paths
from connector.hubspot.portal import BATCH, LINKS_READ, Portal
from connector.hubspot.read import Reader
from connector.hubspot.setup import Setup
from connector.hubspot.write import Writer
from connector.limits import Pace
from connector.port import Batch, Binned, Costs, Cursor, Edit, JobBook, LinkRows, Outcome, Read, Record, SetupStep
from connector.transport import Transport
from mappings.schema import ObjectSchema, Schema, WantedField, WantedList

_OURS = ("tasks", "leads", "deals")
"""What may be deleted besides places on lists, where it carries our key."""

__all__ = ["HubSpot", "HubSpotConfig", "open_hubspot"]


def open_hubspot(config: HubSpotConfig) -> "HubSpot":
    """A connection to one HubSpot account; nothing is sent yet."""
    paths = Paths(version=config.api_version)
    oauth = config.oauth
    transport = Transport(
        HubSpotAnswers(),
        config.url,
        token=None if config.access_token is None else config.access_token.get_secret_value(),
        login=None if oauth is None else partial(sign_in, paths, oauth),
        timeouts=config.timeouts,
        patience=config.patience,
        reserve=config.reserve,
        # evenly spread, so that no second of any start holds more
        paces={"search": Pace(most=1, per_s=1 / config.search_per_second)},
    )
    return HubSpot(config, transport, paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """An object that has no list of records of its own, so it always comes whole."""

    rows: Callable[[Shape], pa.RecordBatch]
    ids: Callable[[], list[str]]


class HubSpot:
    """One account. Several threads may read at once; a write belongs to one."""

    name: Literal["hubspot"] = "hubspot"

    def __init__(self, config: HubSpotConfig, transport: Transport, paths: Paths) -> None:
        self._transport = transport
        self._portal = Portal(transport, paths)
        self._library = Library(transport, paths)
        self._reader = Reader(
            portal=self._portal,
            overlap_ms=round(config.overlap_s * 1000),
            lag_ms=round(config.lag_s * 1000),
        )
        self._writer = Writer(portal=self._portal)
        self._setup = Setup(self._portal, self._library)
        self._lists = Lists(self._portal)
        self._edits = Edits(self._portal, self._library)
        self._whole: Mapping[str, _Whole] = {
            OWNERS: _Whole(rows=partial(owners.rows, self._library), ids=partial(owners.ids, self._library)),
            MEMBERS: _Whole(rows=self._lists.rows, ids=self._lists.ids),
            RATES: _Whole(rows=partial(rates.rows, self._portal), ids=partial(rates.ids, self._portal)),
        }

    @property
    def calls(self) -> int:
        """HTTP calls sent so far, of every kind."""
        return self._transport.calls

    def connection(self) -> str:
        """`hubspot:` and the account's id."""
        return f"hubspot:{self._portal.account()['portalId']}"

    def user_id(self) -> str | None:
        """None: a service key or private app acts as itself, not as a user."""
        return None

    def now(self) -> datetime:
        """HubSpot's clock, UTC."""
        return self._transport.now()

    def record_url(self, object: str, id: str) -> str:
        """Where a person opens this record in a browser."""
        account = self._portal.account()
        domain = account.get("uiDomain") or "app.hubspot.com"
        return f"https://{domain}/contacts/{account['portalId']}/record/{self._portal.type_id(object)}/{id}"

    def describe(self, objects: Iterable[str]) -> Schema:
        """The schema of these objects, owners, rates and members of lists among them, as our app may see them."""
        return Describer(self._portal, self._library).schema(objects)

    def count(self, object: str) -> int:
        """Live records, by HubSpot's search index: some moments behind after writes."""
        whole = self._whole.get(object)
        return self._reader.count(object) if whole is None else len(whole.ids())

    def read(self, read: Read) -> Iterator[Batch]:
        """Stream the rows; owners, rates and members of lists always come whole."""
        whole = self._whole.get(read.schema.name)
        return self._reader.read(read) if whole is None else iter([self._all(whole, read.schema, read.fields)])

    def links(self, object: str, to: str, ids: Iterable[pa.Array] | None = None) -> Iterator[LinkRows]:
        """Associations from these records (all of them where None) to records of `to`."""
        for some in self.ids(object) if ids is None else ids:
            for start in range(0, len(some), LINKS_READ):
                yield linked(self._portal, object, to, some[start : start + LINKS_READ].to_pylist())

    def ids(self, object: str) -> Iterator[pa.Array]:
        """Every live record id."""
        whole = self._whole.get(object)
        return self._reader.ids(object) if whole is None else iter([pa.array(whole.ids(), pa.string())])

    def fetch(self, schema: ObjectSchema, fields: Sequence[str], ids: Sequence[str]) -> Iterator[Batch]:
        """These records as they are now; those that are gone are left out."""
        whole = self._whole.get(schema.name)
        if whole is not None:
            rows = self._all(whole, schema, fields).rows
            asked = set(ids)
            wanted = [n for n, id in enumerate(rows.column(0).to_pylist()) if id in asked]
            return iter([Batch(rows=rows.take(pa.array(wanted, pa.int64())))])
        return self._reader.fetch(Shape.of(schema, fields), ids)

    def edits(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """From the property history; lists, owners and rates have none."""
        return iter(()) if object in self._whole else self._edits.of(object, ids, fields)

    def update(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by record id, 100 a call."""
        return self._writer.update(object, records)

    def upsert(self, object: str, key_field: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Create or update by the unique `key_field`, 100 a call, then make the links; put contacts on lists."""
        if object == MEMBERS:
            return self._lists.add(records)
        return self._writer.upsert(object, key_field, records)

    def remove(self, object: str, records: Sequence[Record]) -> Iterator[Outcome]:
        """Take contacts off lists; put tasks, leads and deals of ours into the recycle bin, 100 a call."""
        if object in _OURS and all(record.key for record in records):
            return self._writer.archive(object, records)
        if object != MEMBERS:
            raise GiveUp(
                f"Tossup takes contacts off lists, deletes records of its own and nothing else: no {object}."
            )
        return self._lists.remove(records)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, set[tuple[str, str]]]:
        """By associations, 1,000 records a call and kind of what may hang on them."""
        return hanging(self._portal, object, ids) if object in _OURS and ids else {}

    def keyed(self, object: str, key_field: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Ids by unique property, 100 a call."""
        return self._writer.keyed(object, key_field, keys)

    def binned(self, object: str, key_field: str) -> Iterator[Binned]:
        """By the list of what was archived in the last 90 days, 100 a call; members of lists are in no bin."""
        return iter(()) if object in self._whole else self._reader.binned(object, key_field)

    def merged(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """By batch read, which leads from the old id to the record that is left, 100 a call."""
        return {} if object in self._whole else self._reader.merged(object, ids)

    def note_jobs(self, book: JobBook) -> None:
        """Nothing to note: HubSpot writes while the call lasts."""

    def end_job(self, job: str) -> None:
        """There is none."""

    def jobs_under_way(self, objects: Iterable[str]) -> tuple[str, ...]:  # noqa: ARG002 - any objects
        """None: HubSpot writes while the call lasts."""
        return ()

    def together(self, object: str, n: int) -> int:  # noqa: ARG002 - any object, any number
        """One call's records."""
        return BATCH

    def cost(self, object: str, how: Costs, n: int) -> int:
        """Calls that writing or fetching `n` records takes; of members as if all were on one list."""
        if how == "attached":
            return ceil(n / LINKS_READ) * len(may_hang(object)) if object in _OURS else 0
        if how == "fetch":
            return ceil(n / BATCH)
        if object == MEMBERS:
            return ceil(n / PER_CALL)
        if how == "remove":
            return ceil(n / BATCH)
        return self._writer.cost(object, how, n)

    def calls_left(self) -> int | None:
        """By the headers of the last answer that had them, asked for again when too old; OAuth apps have no limit."""
        if self._transport.budget.left() is None:
            self._portal.probe()
        return self._transport.budget.left()

    def lists(self, names: Sequence[str]) -> Mapping[str, str]:
        """Ids of the static contact lists of these names."""
        return self._lists.named(names)

    def missing(self, wanted: Sequence[WantedField], lists: Sequence[WantedList] = ()) -> tuple[SetupStep, ...]:
        """Property groups, properties and lists to create before these can be written."""
        return (*self._setup.missing(wanted), *self._lists.missing(lists))

    def setup(self, steps: Sequence[SetupStep]) -> None:
        """Create them; what is there already is left alone."""
        self._setup.do(steps)
        self._lists.create([step.list for step in steps if step.list is not None])

    def close(self) -> None:
        """Close connections."""
        self._transport.close()

    def _all(self, whole: _Whole, schema: ObjectSchema, fields: Sequence[str]) -> Batch:
        rows = whole.rows(Shape.of(schema, fields))
        moment = self._transport.now()
        return Batch(rows=rows, cursor=Cursor(stamp=f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"))
