"""A CRM in memory whose records change, vanish and come late while it is read; and how it is pulled."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from connector.port import Batch, Cursor, LinkRows, Read, arrow_type
from jobs.pull import PullResult, pull
from jobs.store.mirror import Mirror
from mappings.needs import Needs
from mappings.schema import Field, FieldType, ObjectSchema, Schema

T0 = datetime(2026, 11, 1, tzinfo=UTC)
LINK = pa.schema([(name, pa.string()) for name in ("from_id", "to_id", "type_id", "label")])


@dataclass
class MemoryCrm:
    """A CRM in memory: pages of three rows, incremental reads that look back, tombstones, vanishing rows."""

    rows: dict[str, dict[str, tuple[datetime, dict[str, Any]]]] = field(default_factory=dict)
    bin: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    types: dict[str, FieldType] = field(default_factory=lambda: {"Name": FieldType.TEXT, "Seats": FieldType.INTEGER})
    derived: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    count_off: int = 0
    org: str = "salesforce:00D1"
    clock: datetime = T0
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    name: str = "salesforce"
    calls: int = 0
    meanwhile: Any = None

    def connection(self) -> str:
        return self.org

    def now(self) -> datetime:
        return self.clock

    def later(self, minutes: int) -> None:
        self.clock += timedelta(minutes=minutes)

    def save(self, object: str, id: str, **values: Any) -> None:
        self.clock += timedelta(milliseconds=1)
        old = self.rows.setdefault(object, {}).get(id, (None, {}))[1]
        self.rows[object][id] = (self.clock, old | values)

    def delete(self, object: str, id: str, *, trace: bool = True) -> None:
        self.clock += timedelta(milliseconds=1)
        if self.rows.get(object, {}).pop(id, None) and trace:
            self.bin.setdefault(object, []).append((self.clock, id))
        for (a, b), found in self.pairs.items():
            self.pairs[a, b] = {
                (x, y) for x, y in found if not ((a == object and x == id) or (b == object and y == id))
            }

    def schema(self, *objects: str) -> Schema:
        fields = {"Id": FieldType.ID, "SystemModstamp": FieldType.DATETIME, **self.types}
        return Schema(
            crm="salesforce",
            objects={
                name: ObjectSchema(
                    name=name,
                    label=name,
                    fields={
                        n: Field(name=n, label=n, type=t, calculated=n in self.derived) for n, t in fields.items()
                    },
                )
                for name in objects or self.rows
            },
        )

    def count(self, object: str) -> int:
        self.asked.append(("count", object))
        return len(self.rows.get(object, {})) + self.count_off

    def read(self, read: Read) -> Iterator[Batch]:
        self.asked.append(("read", read.schema.name, read.since is not None))
        began, object = self.clock, read.schema.name
        since = datetime.fromisoformat(read.since.stamp) - timedelta(minutes=1) if read.since else None
        ids = [id for id, (at, _) in sorted(self.rows[object].items()) if since is None or at >= since]
        pages = [ids[n : n + 3] for n in range(0, len(ids), 3)] or [[]]
        gone = tuple(
            id for at, id in self.bin.get(object, []) if since and at >= since and id not in self.rows[object]
        )
        for page in pages:
            yield self._batch(read.schema, read.fields, page, read.links)
            if self.meanwhile:
                self.meanwhile()
        last = self._batch(read.schema, read.fields, [], read.links)
        yield Batch(rows=last.rows, deleted=gone, cursor=Cursor(stamp=began.isoformat()))

    def ids(self, object: str) -> Iterator[pa.Array]:
        self.asked.append(("ids", object))
        for id in sorted(self.rows[object]):
            yield pa.array([id])

    def fetch(self, schema: ObjectSchema, fields: Sequence[str], ids: Sequence[str]) -> Iterator[Batch]:
        self.asked.append(("fetch", schema.name, *ids))
        yield self._batch(schema, fields, [id for id in ids if id in self.rows[schema.name]])

    def links(self, object: str, to: str, ids: Iterable[pa.Array] | None = None) -> Iterator[LinkRows]:
        self.asked.append(("links", object, to))
        for some in ids if ids is not None else self.ids(object):
            yield self._linked(object, to, some.to_pylist())

    def _batch(self, schema: ObjectSchema, fields: Sequence[str], ids: list[str], links: Sequence[str] = ()) -> Batch:
        ids = [id for id in ids if id in self.rows[schema.name] and id not in self.unreadable]
        found = [self.rows[schema.name][id] for id in ids]
        columns = {
            "Id": pa.array(ids, pa.string()),
            "SystemModstamp": pa.array([at for at, _ in found], pa.timestamp("ms", tz="UTC")),
            **{n: pa.array([v.get(n) for _, v in found], arrow_type(self.types[n])) for n in fields},
        }
        linked = tuple(self._linked(schema.name, to, ids) for to in links)
        return Batch(rows=pa.record_batch(columns), links=linked)

    def _linked(self, object: str, to: str, ids: list[str]) -> LinkRows:
        found = [
            {"from_id": a, "to_id": b, "type_id": "1"}
            for a, b in sorted(self.pairs.get((object, to), ()))
            if a in set(ids)
        ]
        return LinkRows(to=to, of=pa.array(ids, pa.string()), rows=pa.RecordBatch.from_pylist(found, schema=LINK))


WANTED = {"Account": Needs(fields=("Name", "Seats"), links=("Contact",)), "Contact": Needs(fields=("Name",))}


def go(crm: MemoryCrm, mirror: Mirror, wanted: dict[str, Needs] | None = None, **options: Any) -> PullResult:
    """Pull all that is wanted."""
    crm.asked.clear()
    options.setdefault("wait", lambda _: pytest.fail("a small object is never waited for"))
    return pull(crm, mirror, wanted or WANTED, crm.schema(), **options)


def assert_same(crm: MemoryCrm, mirror: Mirror, wanted: dict[str, Needs] = WANTED) -> None:
    """The mirror holds the rows and associations that the CRM holds."""
    for object, needs in wanted.items():
        found = mirror.table(object).to_pyarrow().to_pylist()
        held = {row["Id"]: {name: row[name] for name in needs.fields} for row in found}
        assert held == {
            id: {name: values.get(name) for name in needs.fields} for id, (_, values) in crm.rows[object].items()
        }
        for to in needs.links:
            rows = mirror.links(object, to).to_pyarrow().to_pylist()
            assert {(row["from_id"], row["to_id"]) for row in rows} == crm.pairs.get((object, to), set())
