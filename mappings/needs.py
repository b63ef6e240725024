"""What must be pulled from the CRM before a mapping can be read, written and compared."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mappings.config import MappingConfig, RecordOut
from mappings.paths import hops_from, routes
from mappings.schema import FieldType, ObjectSchema, Schema
from mappings.sources import readings, readings_back, readings_of_sources, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Of one object: the fields to pull, and the objects whose associations come along; both sorted.

    The record id and the stamp are not named: a read always brings them.
    """

    fields: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def objects(mapping: MappingConfig, schema: Schema | None = None) -> tuple[str, ...]:
    """The objects to describe, sorted.

    Where a reference leads stands in the schema alone: describe what this gives, ask again with that schema, until
    nothing new comes.
    """
    named = {reading.object for _, reading in readings(mapping, None)} | {mapping.write.account.object}
    if mapping.write.list is not None:
        named.add(mapping.write.list.object)
    for _, reading in readings(mapping, None):
        for path in reading.paths:
            named.update(_passed(mapping, schema, reading.object, path))
    return tuple(sorted(named))


def _passed(mapping: MappingConfig, schema: Schema | None, object: str, path: str) -> Iterator[str]:
    """The objects that a path goes through, as far as that can be known now."""
    segments = path.split(".")[:-1]
    if mapping.crm == "hubspot":
        yield from segments
    elif schema is not None:
        yield from _referred(schema, [object], segments)


def _referred(schema: Schema, starts: Iterable[str], segments: list[str]) -> Iterator[str]:
    for segment in segments:
        known = [schema.objects[start] for start in starts if start in schema.objects]
        starts = [hop.target for here in known for hop in hops_from(schema, here, segment)]
        # A child goes by its object's name, and only its own schema shows that it is one.
        yield from starts or ([segment] if segment in schema.known else [])


def parts(mapping: MappingConfig) -> tuple[str, ...]:
    """The parts of a mapping that something is pulled for, as its file names them: read.case, write.task."""
    out = ("write.list",) if mapping.write.list is not None else ()
    return (*(f"read.{table}" for table in mapping.read), "write.account", "write.task", "write.lead", *out)


def needs(mapping: MappingConfig, schema: Schema, part: str | None = None) -> dict[str, Needs]:
    """CRM object -> what to pull of it. Objects and fields that the CRM does not have are left out.

    `part`: only what this one of `parts` asks for.
    """
    fields: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    for asks, object, paths in _wanted(mapping, schema):
        if part not in (None, asks):
            continue
        fields.setdefault(object, set())
        for route in routes(schema, object, paths):
            fields.setdefault(route.object, set()).add(route.field.name)
            for hop in route.hops:
                holder = hop.target if hop.kind == "child" else hop.object
                held = fields.setdefault(holder, set())
                if hop.kind == "association":
                    links.setdefault(hop.object, set()).add(hop.target)
                else:
                    held.add(hop.field)
    return {
        object: Needs(
            fields=tuple(sorted(name for name in fields[object] if not _always_there(schema.objects[object], name))),
            links=tuple(sorted(links.get(object, ()))),
        )
        for object in sorted(fields)
    }


def _always_there(object: ObjectSchema, name: str) -> bool:
    field = object.fields.get(name)
    return name in (object.id_field, object.stamp_field) or (field is not None and field.type is FieldType.ID)


def _wanted(mapping: MappingConfig, schema: Schema) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(part, object, paths) of what is read, and of what is written: to compare, we must know what is there."""
    for table, reading in readings_of_sources(mapping, schema):
        yield f"read.{table}", reading.object, reading.paths
    for kind, reading in readings_back(mapping, schema):
        yield f"write.{kind}", reading.object, reading.paths
    account = mapping.write.account
    if account.object in schema.objects:
        yield "write.account", account.object, tuple(field.field for field in account.fields.values())
    for kind, record in written(mapping):
        if can_be_ours(schema, record):
            yield f"write.{kind}", record.object, _written_fields(record)
    out = mapping.write.list
    if out is not None and out.object in schema.objects:
        back = out.read.created_on.paths if out.read.created_on is not None else ()
        yield "write.list", out.object, (*(field.field for field in out.fields.values()), *out.constants, *back)


def can_be_ours(schema: Schema, record: RecordOut) -> bool:
    """Whether the CRM has this record's key field: without it no such record can be ours."""
    return bool(routes(schema, record.object, (record.key.field,)))


def _written_fields(record: RecordOut) -> tuple[str, ...]:
    said = (out.field for out in record.said.values())
    return (record.key.field, *said, *(field.field for field in record.fields.values()), *record.close)
