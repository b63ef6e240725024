"""Reading an object: all of it, or what changed since a cursor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa

from connector.errors import GiveUp
from connector.hubspot import listing
from connector.hubspot.cells import iso, milliseconds
from connector.hubspot.links import linked
from connector.hubspot.pages import Shape
from connector.hubspot.portal import Portal
from connector.hubspot.sweep import PAGE, Ask, Hits, at, sweep
from connector.port import Batch, Binned, Cursor, Read, moment_of

_MERGED = "hs_merged_object_ids"
_ROWS = 1000
"""Rows of one batch: as many as one association call takes."""
_SECOND = 1000
"""HubSpot's clock is told in whole seconds."""
_MANY, _SHARE = 2000, 0.3
"""From this many changes and this share of all records on, the whole list costs less time than the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one account. `overlap_ms` is how far back before its cursor an incremental read begins, because the
    search index runs behind; `lag_ms` is how far a cursor stays behind HubSpot's clock.
    """

    portal: Portal
    overlap_ms: int
    lag_ms: int

    def read(self, read: Read) -> Iterator[Batch]:
        """The batches of `Crm.read`."""
        if read.since is None:
            return self._closed(read, self._all(read), self._now_ms())
        from_ms = max(0, milliseconds(read.since.stamp) - self.overlap_ms)
        changed = self.count(read.schema.name, [at(_stamp(read), "GTE", from_ms)])
        now_ms = self._now_ms()  # by the answer just read, so nothing changed before this read is left out
        return self._closed(read, self._changed(read, changed, from_ms, now_ms + _SECOND), now_ms)

    def count(self, name: str, filters: Sequence[dict[str, Any]] = ()) -> int:
        """Live records (that match), by the search index, which runs some moments behind."""
        groups = [{"filters": list(filters)}] if filters else []
        question = {"filterGroups": groups, "sorts": [], "properties": ["hs_object_id"], "limit": 1, "after": "0"}
        return int(self.portal.search(name, question).data["total"])

    def ids(self, name: str) -> Iterator[pa.Array]:
        """Every live record id, 1,000 at a time."""
        found = listing.pages(self.portal, name, ["hs_object_id"])
        for group in listing.grouped(found, _ROWS // 100):
            yield pa.array([id for page in group for id in listing.ids_of(page)], pa.string())

    def fetch(self, shape: Shape, ids: Sequence[str]) -> Iterator[Batch]:
        """These records as they are now, 100 a batch."""
        for page in listing.read(self.portal, shape.object, shape.names, list(dict.fromkeys(ids))):
            yield Batch(rows=shape.batch([page]))

    def binned(self, object: str, key_field: str) -> Iterator[Binned]:
        """Archived records that have this property."""
        for page in listing.pages(self.portal, object, [key_field], archived=True):
            for record in orjson.loads(page)["results"]:
                if key := record["properties"].get(key_field):
                    created = moment_of(milliseconds(record["createdAt"]))
                    yield Binned(id=str(record["id"]), key=key, created=created)

    def merged(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """What these records were merged into, of those that were: the record that is left names them."""
        found: dict[str, str] = {}
        asked = set(ids)
        for page in listing.read(self.portal, object, [_MERGED], _ids(ids)):
            for record in orjson.loads(page)["results"]:
                found |= {id: str(record["id"]) for id in _merged(record) if id in asked}
        return found

    def _closed(self, read: Read, batches: Iterator[Batch], started_ms: int) -> Iterator[Batch]:
        """The same batches, the last of them with the cursor: when the read began, less `lag_ms`.

        What was changed while it went on, on records that had been read already, comes with the next one.
        """
        last: Batch | None = None
        for batch in batches:
            if last is not None:
                yield last
            last = batch
        last = last or Batch(rows=Shape.of(read.schema, read.fields).empty())
        since_ms = milliseconds(read.since.stamp) if read.since else 0
        yield replace(last, cursor=Cursor(stamp=iso(max(since_ms, started_ms - self.lag_ms))))

    def _all(self, read: Read) -> Iterator[Batch]:
        shape = Shape.of(read.schema, read.fields)
        found = listing.pages(self.portal, read.schema.name, shape.names)
        for pages in listing.grouped(found, _ROWS // 100):
            rows = shape.batch(pages)
            yield Batch(rows=rows, links=self._links(read, rows))

    def _changed(self, read: Read, changed: int, from_ms: int, until_ms: int) -> Iterator[Batch]:
        shape = Shape.of(read.schema, read.fields)
        if changed > _MANY and changed > _SHARE * self.count(read.schema.name):
            yield from self._all(read)
        elif changed:
            yield from self._swept(read, shape, sweep(self._ask(read, shape), _stamp(read), from_ms, until_ms))
        yield from self._gone(read, shape, from_ms)

    def _swept(self, read: Read, shape: Shape, found: Iterator[Hits]) -> Iterator[Batch]:
        group: list[Hits] = []
        size = 0
        for hits in found:
            if size + len(hits.ids) > _ROWS:
                yield self._batch(read, shape, group)
                group, size = [], 0
            group.append(hits)
            size += len(hits.ids)
        yield self._batch(read, shape, group)

    def _batch(self, read: Read, shape: Shape, group: Sequence[Hits]) -> Batch:
        rows = shape.batch([hits.page for hits in group])
        losers = {id for hits in group for id in hits.merged} - {str(id) for hits in group for id in hits.ids}
        return Batch(rows=rows, deleted=tuple(sorted(losers)), links=self._links(read, rows))

    def _gone(self, read: Read, shape: Shape, from_ms: int) -> Iterator[Batch]:
        """Records put into the bin since, and those merged into them before.

        The bin is listed by id, so all its pages must be seen; it keeps 90 days.
        https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm
        """
        properties = ["hs_object_id", *_merged_field(read)]
        found = listing.pages(self.portal, read.schema.name, properties, archived=True)
        for group in listing.grouped(found, _ROWS // 100):
            records = [record for page in group for record in orjson.loads(page)["results"]]
            gone = [r for r in records if milliseconds(r.get("archivedAt") or "9999-12-31") >= from_ms]
            ids = [id for record in gone for id in (str(record["id"]), *_merged(record))]
            if ids:
                yield Batch(rows=shape.empty(), deleted=tuple(ids))

    def _links(self, read: Read, rows: pa.RecordBatch) -> tuple[Any, ...]:
        ids = rows.column(0).to_pylist()
        return tuple(linked(self.portal, read.schema.name, to, ids) for to in read.links)

    def _ask(self, read: Read, shape: Shape) -> Ask:
        stamp = _stamp(read)
        properties = list(dict.fromkeys(["hs_object_id", stamp, *_merged_field(read), *shape.names]))

        def ask(question: dict[str, Any]) -> Hits:
            answer = self.portal.search(read.schema.name, {**question, "properties": properties})
            return _hits(answer.body, answer.data, stamp)

        return ask

    def _now_ms(self) -> int:
        return round(self.portal.transport.now().timestamp() * 1000)


def _hits(body: bytes, data: dict[str, Any], stamp: str) -> Hits:
    records = data["results"]
    return Hits(
        page=body,
        ids=tuple(int(record["id"]) for record in records),
        stamps=tuple(milliseconds(record["properties"][stamp]) for record in records),
        merged=tuple(id for record in records for id in _merged(record)),
        more=bool((data.get("paging") or {}).get("next")) or len(records) >= PAGE,
    )


def _stamp(read: Read) -> str:
    if read.schema.stamp_field is None:
        raise GiveUp(f"HubSpot {read.schema.name} tells no time of change: read all of it.")
    return read.schema.stamp_field


def _merged_field(read: Read) -> list[str]:
    return [_MERGED] if _MERGED in read.schema.fields else []


def _ids(given: Sequence[str]) -> list[str]:
    """Each once, without what is no record id: one such refuses the whole call, and people can edit keys."""
    return [id for id in dict.fromkeys(given) if id.isascii() and id.isdecimal()]


def _merged(record: dict[str, Any]) -> list[str]:
    """Ids of the records that were merged into this one: no list and no search shows them any more."""
    return [id for id in (record["properties"].get(_MERGED) or "").split(";") if id]
