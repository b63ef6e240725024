"""Pages of HubSpot records, as bytes, to Arrow batches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from connector.errors import GiveUp, TryAgain
from connector.hubspot.cells import typed
from connector.json_text import loads
from connector.port import arrow_type
from mappings.schema import Field, FieldType, ObjectSchema

# Unescaped quotes never stand inside a JSON string, so this is the page's own paging and no property's text.
_AFTER = re.compile(rb'"paging"\s*:\s*\{\s*"next"\s*:\s*\{[^{}]*?"after"\s*:\s*"([^"]+)"')

_PAGING = re.compile(rb'"paging"\s*:\s*\{\s*"next"\s*:\s*\{[^{}]*\}\s*\}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The columns of a batch: the id, the stamp where the object has one, then the fields asked for."""

    object: str
    id: str
    stamp: str | None
    properties: tuple[tuple[str, FieldType], ...]

    @classmethod
    def of(cls, schema: ObjectSchema, fields: Sequence[str]) -> "Shape":
        """Raises `GiveUp` for a field that the object does not have: HubSpot would leave it out in silence."""
        names = dict.fromkeys((*filter(None, [schema.stamp_field]), *fields))
        names.pop(schema.id_field, None)
        unknown = [name for name in names if name not in schema.fields and name != schema.stamp_field]
        if unknown:
            raise GiveUp(f"HubSpot {schema.name} has no property {', '.join(unknown)}. Check the mapping.")
        stamp = Field(name=schema.stamp_field or "", label="", type=FieldType.DATETIME)
        kinds = tuple((name, schema.fields.get(name, stamp).type) for name in names)
        return cls(object=schema.name, id=schema.id_field, stamp=schema.stamp_field, properties=kinds)

    @property
    def names(self) -> tuple[str, ...]:
        """The properties to ask HubSpot for."""
        return tuple(name for name, _ in self.properties)

    @property
    def arrow(self) -> pa.Schema:
        """The batch's schema."""
        return pa.schema([(self.id, pa.string()), *((name, arrow_type(kind)) for name, kind in self.properties)])

    def empty(self) -> pa.RecordBatch:
        """A batch without rows."""
        return pa.RecordBatch.from_pylist([], schema=self.arrow)

    def batch(self, pages: Sequence[bytes]) -> pa.RecordBatch:
        """The records of these pages, typed; of a record that is there twice, the later one."""
        try:
            ids, columns = texts(pages, self.names)
        except (ValueError, KeyError, TypeError) as error:
            text = f"HubSpot {self.object}: a page of records came broken ({error}). Check for a proxy; run again."
            raise TryAgain(text) from error
        if pc.count_distinct(ids).as_py() < len(ids):
            keep = _last(ids)
            ids, columns = ids.take(keep), [column.take(keep) for column in columns]
        arrays = [
            typed(column, kind, partial(self._where, ids, name))
            for (name, kind), column in zip(self.properties, columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays([ids, *arrays], schema=self.arrow)

    def _where(self, ids: pa.Array, name: str, row: int) -> str:
        return f"HubSpot {self.object} {ids[row]}: {name}"


def after(page: bytes) -> str | None:
    """Where the next page begins; None on the last one."""
    found = _AFTER.search(page)
    return found[1].decode() if found else None


def content(page: bytes) -> bytes:
    """What the page holds, without where it leads."""
    return _PAGING.sub(b"", page)


def texts(pages: Sequence[bytes], names: Sequence[str]) -> tuple[pa.Array, list[pa.Array]]:
    """Ids and property values as text columns. Several pages at once are parsed faster than one by one."""
    try:
        return _by_arrow(pages, names)
    except pa.ArrowInvalid:  # a value that is not text: a number or a nested one
        return _by_hand(pages, names)


def _by_arrow(pages: Sequence[bytes], names: Sequence[str]) -> tuple[pa.Array, list[pa.Array]]:
    if not names:
        return _by_hand(pages, names)
    properties = pa.struct([(name, pa.string()) for name in names])
    record = pa.struct([("id", pa.string()), ("properties", properties)])
    lines = b"\n".join(pages)
    table = pyarrow.json.read_json(
        pa.BufferReader(lines),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pyarrow.json.ParseOptions(
            explicit_schema=pa.schema([("results", pa.list_(record))]), unexpected_field_behavior="ignore"
        ),
    )
    records = pa.concat_arrays(chunk.flatten() for chunk in table.column("results").chunks)
    ids, values = records.flatten()
    return ids, values.flatten()


def _by_hand(pages: Sequence[bytes], names: Sequence[str]) -> tuple[pa.Array, list[pa.Array]]:
    records: list[dict[str, Any]] = [record for page in pages for record in loads(page)["results"]]
    ids = pa.array([str(record["id"]) for record in records], pa.string())
    values = [record.get("properties") or {} for record in records]
    return ids, [pa.array([_text(value.get(name)) for value in values], pa.string()) for name in names]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _last(ids: pa.Array) -> pa.Array:
    rows = {id: row for row, id in enumerate(ids.to_pylist())}
    return pa.array(sorted(rows.values()), pa.int64())
