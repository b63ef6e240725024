"""Salesforce rows as Arrow: JSON records of a REST page, and the CSV of a Bulk result."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from connector.body import Body
from connector.errors import GiveUp, Interrupted
from connector.port import arrow_type
from mappings.schema import FieldType, ObjectSchema

ARCHIVED = "IsArchived"
_CSV_BLOCK = 4 << 20  # a row must fit into a block: a record has at most 400,000 characters


def columns(schema: ObjectSchema, fields: Sequence[str]) -> pa.Schema:
    """The id, the stamp where the object has one, then the fields; each with its Arrow type.

    Raises `GiveUp` for a field that describe does not show.
    """
    first = [schema.id_field] + ([schema.stamp_field] if schema.stamp_field else [])
    names = dict.fromkeys([*first, *fields])
    for name in names:
        if name not in schema.fields:
            raise GiveUp(
                f"{schema.name} has no field {name} that our user may see. Check its field-level security and the "
                "spelling in the mapping, or run setup.",
                code="INVALID_FIELD",
            )
    return pa.schema([pa.field(name, arrow_type(schema.fields[name].type)) for name in names])


def from_records(records: Sequence[Mapping[str, Any]], into: pa.Schema) -> pa.RecordBatch:
    """The records of a REST page; a compound value (an address) becomes its JSON text."""
    arrays = [_array([record.get(field.name) for record in records], field.type) for field in into]
    return pa.RecordBatch.from_arrays(arrays, schema=into)


def from_csv(body: Body, into: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a Bulk result while it arrives; an empty cell is null, as Salesforce has no empty texts.

    Raises `Interrupted` when the connection drops or what came is no table, `GiveUp` where a cell does not fit the
    described type.
    """
    try:
        with pacsv.open_csv(
            body,
            read_options=pacsv.ReadOptions(block_size=_CSV_BLOCK),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=into,
                include_columns=into.names,
                null_values=[""],
                strings_can_be_null=True,
                true_values=["true"],
                false_values=["false"],
            ),
        ) as reader:
            yield from reader
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        if "Empty CSV file" in str(error):
            raise Interrupted("What came as a Bulk result is no table. Check for a proxy; run again.") from error
        raise GiveUp(f"A Bulk result cannot be read as described ({error}). Describe the object again.") from error


def gone_marks(schema: ObjectSchema) -> tuple[str, ...]:
    """The fields that say of a row that it is gone for queries, counts and people.

    Salesforce archives old activities; only queryAll still shows them. (Product2.IsArchived means something else.)
    """
    names = ("IsDeleted", ARCHIVED) if schema.name in ("Task", "Event") else ("IsDeleted",)
    return tuple(name for name in names if name in schema.fields)


def keeping(schema: ObjectSchema) -> tuple[str, ...]:
    """The unique external ids of activities: one that holds such an id is kept by us though it is archived.

    Closed tasks are archived after a year, and what people answered on ours holds for longer. The archive can be many
    times as large as what is live, so of the other activities only the live ones are read. Archived records can be
    read by id, updated and deleted like any other.
    https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_guidelines_archive.htm
    """
    if ARCHIVED not in gone_marks(schema):
        return ()
    return tuple(name for name, field in sorted(schema.fields.items()) if field.upsert_key and field.unique)


def is_gone(record: Mapping[str, Any], marks: Sequence[str], kept: Sequence[str]) -> bool:
    """Whether a mark of this record is true, its archiving aside where it holds one of the `kept` ids."""
    held = any(record.get(name) for name in kept)
    return any(record.get(mark) and not (held and mark == ARCHIVED) for mark in marks)


def split(
    batch: pa.RecordBatch, marks: Sequence[str], kept: Sequence[str] = ()
) -> tuple[pa.RecordBatch, tuple[str, ...]]:
    """The live rows, and the ids of those that are gone, as `is_gone` says."""
    if not marks:
        return batch, ()
    true = {name: pc.fill_null(batch.column(name), pa.scalar(value=False)) for name in marks}
    if ARCHIVED in true:
        without = (pc.is_null(batch.column(name)) for name in kept)
        true[ARCHIVED] = reduce(pc.and_, without, true[ARCHIVED])
    gone = reduce(pc.or_, true.values())
    return batch.filter(pc.invert(gone)), tuple(batch.filter(gone).column("Id").to_pylist())


def empty(into: pa.Schema) -> pa.RecordBatch:
    """No rows."""
    return pa.RecordBatch.from_pylist([], schema=into)


def has_compound(schema: ObjectSchema, names: Sequence[str]) -> bool:
    """Whether a field is of a kind that Bulk queries refuse (addresses, locations, binary)."""
    return any(schema.fields[name].type is FieldType.OTHER for name in names)


def _array(values: list[Any], type: pa.DataType) -> pa.Array:
    return _CONVERT.get(type, _texts)(values, type)


def _as_they_are(values: list[Any], type: pa.DataType) -> pa.Array:
    return pa.array(values, type)


def _texts(values: list[Any], type: pa.DataType) -> pa.Array:
    # Salesforce has no empty texts: what is empty is null, in Bulk and here
    return pa.array([_text(value) for value in values], type)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return None if value is None else orjson.dumps(value).decode()


def _whole(values: list[Any], type: pa.DataType) -> pa.Array:
    # REST spells some whole numbers 5.0
    return pa.array([None if value is None else int(value) for value in values], type)


def _decimal(values: list[Any], type: pa.DataType) -> pa.Array:
    return pa.array([None if value is None else float(value) for value in values], type)


def _moments(values: list[Any], type: pa.DataType) -> pa.Array:
    # REST spells UTC +0000, which Arrow does not know; Bulk spells it Z
    return pc.cast(pc.replace_substring(pa.array(values, pa.string()), "+0000", "Z"), type)


def _days(values: list[Any], type: pa.DataType) -> pa.Array:
    return pc.cast(pa.array(values, pa.string()), type)


_CONVERT: Mapping[pa.DataType, Callable[[list[Any], pa.DataType], pa.Array]] = {
    pa.int64(): _whole,
    pa.float64(): _decimal,
    pa.timestamp("ms", tz="UTC"): _moments,
    pa.date32(): _days,
    pa.bool_(): _as_they_are,
}
