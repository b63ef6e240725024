"""What a mapping reads, in one shape: canonical table -> its sources, `ours` being read back from what is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mappings import extra
from mappings.config import FieldSource, Filter, ListOut, MappingConfig, OutField, RecordOut, Source
from mappings.paths import Route, resolve
from mappings.schema import Schema

READ_BACK = (
    "status",
    "outcome",
    "reason",
    "snooze_until",
    "opportunity_id",
    "csm",
    "due_on",
    "owner_id",
    "created_on",
    "decided_on",
)
"""Columns of `ours` that a mapping reads from one field each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One object that fills a canonical table. A boolean column with several sources is true if any of them is."""

    object: str
    where: tuple[Filter, ...]
    fields: Mapping[str, tuple[FieldSource, ...]]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it reads, filters included, sorted."""
        read = {path for sources in self.fields.values() for source in sources for path in source.paths}
        return tuple(sorted(read | {filter.field for filter in self.where}))


def readings(mapping: MappingConfig, schema: Schema | None) -> Iterator[tuple[str, Reading]]:
    """(canonical table, reading) for every source whose object the CRM has; without a schema, for all of them."""
    yield from readings_of_sources(mapping, schema)
    yield from (("ours", reading) for _, reading in readings_back(mapping, schema))


def readings_of_sources(mapping: MappingConfig, schema: Schema | None) -> Iterator[tuple[str, Reading]]:
    """(canonical table, reading) for every source under `read`."""
    for table, sources in mapping.read.items():
        for source in sources:
            if schema is None or source.object in schema.objects:
                yield table, of_source(source)


def readings_back(mapping: MappingConfig, schema: Schema | None) -> Iterator[tuple[str, Reading]]:
    """(task, lead or list, reading) for every kind of record that Tossup writes and the CRM can hold."""
    for kind, record in written(mapping):
        if schema is None or _there(schema, record.object, record.key):
            yield kind, of_record(kind, record)
    out = mapping.write.list
    key = out.key if out is not None else None
    if out is not None and key is not None and (schema is None or _there(schema, out.object, key)):
        yield "list", _of_members(out, key.field)


def _there(schema: Schema, object: str, key: OutField) -> bool:
    return isinstance(resolve(schema, object, key.field), Route)


def of_source(source: Source) -> Reading:
    """A source; its row id is the record's id unless the mapping says otherwise."""
    fields = {"id": (FieldSource(field="id"),), **{name: (field,) for name, field in extra.fields(source).items()}}
    return Reading(object=source.object, where=source.where, fields=fields)


def of_record(kind: str, record: RecordOut) -> Reading:
    """The records that Tossup wrote: those whose key is set."""
    return _of_keyed(kind, record, record.key.field)


def _of_members(out: ListOut, key: str) -> Reading:
    """The members that Tossup put on campaigns, with the contact that each stands for."""
    reading = _of_keyed("member", out, key)
    contact = FieldSource(field=out.fields["contact_id"].field)
    return replace(reading, fields={**reading.fields, "contact_id": (contact,)})


def _of_keyed(kind: str, record: RecordOut | ListOut, key: str) -> Reading:
    back = record.read
    fields: dict[str, tuple[FieldSource, ...]] = {
        "id": (FieldSource(field="id"),),
        "key": (FieldSource(field=key),),
        "kind": (FieldSource(constant=kind),),
        "is_closed": back.is_closed,
    }
    for name in READ_BACK:
        source: FieldSource | None = getattr(back, name)
        if source is not None:
            fields[name] = (source,)
    return Reading(object=record.object, where=(Filter(field=key, op="not_empty"),), fields=fields)


def written(mapping: MappingConfig) -> Iterator[tuple[str, RecordOut]]:
    """(kind, record) for the task and every kind of lead record: an org may have changed from one to another."""
    yield "task", mapping.write.task
    for record in mapping.write.lead:
        yield "lead", record


def lineage(mapping: MappingConfig, schema: Schema) -> dict[str, str]:
    """Canonical column -> the CRM's fields it is really read from: account.employees -> Account.NumberOfEmployees.

    Several sources are separated by ", ", a constant reads `constant task`, a catalog's word `catalog`. Columns that
    nothing fills are absent.
    """
    found: dict[str, dict[str, None]] = {}
    for table, reading in readings(mapping, schema):
        for column, sources in reading.fields.items():
            for origin in (origin for source in sources for origin in _origins(schema, reading.object, source)):
                found.setdefault(f"{table}.{column}", {})[origin] = None
    for entry in mapping.catalog.values():
        for column in entry.model_dump(exclude_none=True):
            found.setdefault(f"product.{column}", {})["catalog"] = None
    order = [f"{table}.{column}" for table, spec in extra.tables(mapping).items() for column in spec.columns]
    return {name: ", ".join(found[name]) for name in order if name in found}


def _origins(schema: Schema, object: str, source: FieldSource) -> list[str]:
    """Where one column comes from, nothing if the CRM has none of its fields and the mapping no word for that."""
    if source.constant is not None:
        return [f"constant {source.constant}"]
    ends = (resolve(schema, object, path) for path in source.paths)
    fields = [str(end) for end in ends if isinstance(end, Route)]
    return fields or ([f"constant {source.otherwise}"] if source.otherwise is not None else [])
