"""Where a path leads: from an object, through references and associations, to one field."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mappings.schema import Field, FieldType, ObjectSchema, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step from a record of `object` to a record of `target`.

    By `reference` the target's id stands in `field` of the record, to a `child` the record's id in `field` of the
    target; by `association` both stand in a table of links.
    """

    kind: Literal["reference", "association", "child"]
    object: str
    field: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path that leads somewhere: its hops, and the field at the end of them."""

    hops: tuple[Hop, ...]
    object: str
    field: Field

    def __str__(self) -> str:
        """The object and field in the CRM's spelling: Account.NumberOfEmployees."""
        return f"{self.object}.{self.field.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A path that leads nowhere: what is missing on which object, and the names that would do."""

    what: Literal["object", "field", "link"]
    object: str
    name: str
    candidates: tuple[str, ...]
    reason: str = ""
    """Why, where the CRM hides the object from us."""


def field_of(object: ObjectSchema, name: str) -> Field | None:
    """The object's field of this name; `id` is the record id, however the CRM spells it."""
    if name in object.fields:
        return object.fields[name]
    if name in (object.id_field, "id"):
        return Field(name=object.id_field, label="Record ID", type=FieldType.ID, createable=False, updateable=False)
    return None


def resolve(schema: Schema, object: str, path: str) -> Route | Missing:
    """Follow `path` (segments separated by dots) from `object`."""
    if object not in schema.objects:
        return Missing(
            what="object",
            object=object,
            name=object,
            candidates=tuple(sorted({*schema.known, *schema.objects})),
            reason=schema.hidden.get(object, ""),
        )
    head, _, rest = path.partition(".")
    here = schema.objects[object]
    return _through(schema, here, head, rest) if rest else _at(here, head)


def _at(here: ObjectSchema, name: str) -> Route | Missing:
    field = field_of(here, name)
    if field is None:
        return Missing(what="field", object=here.name, name=name, candidates=tuple(sorted(here.fields)))
    return Route(hops=(), object=here.name, field=field)


def _through(schema: Schema, here: ObjectSchema, name: str, rest: str) -> Route | Missing:
    """Of several targets (an owner is a user or a queue) the first where the rest of the path leads somewhere."""
    hops = list(hops_from(schema, here, name))
    if not hops:
        ways = {field.relationship for field in here.fields.values() if field.relationship}
        candidates = tuple(sorted({*ways, *here.associations}))
        return Missing(what="link", object=here.name, name=name, candidates=candidates)
    onward = [(hop, resolve(schema, hop.target, rest)) for hop in hops]
    for hop, end in onward:
        if isinstance(end, Route):
            return Route(hops=(hop, *end.hops), object=end.object, field=end.field)
    known = (end for hop, end in onward if hop.target in schema.objects)
    return next(known, onward[0][1])


def hops_from(schema: Schema, here: ObjectSchema, name: str) -> Iterator[Hop]:
    """The hops that this segment of a path can mean: references of that name, else children, else the association."""
    for field in here.fields.values():
        if field.relationship == name:
            for target in field.references:
                yield Hop(kind="reference", object=here.name, field=field.name, target=target)
    children = [field for field in _fields(schema, name) if here.name in field.references]
    if len(children) == 1 and schema.crm == "salesforce":
        yield Hop(kind="child", object=here.name, field=children[0].name, target=name)
    # A connector that cannot tell the associations of an object leaves them empty: then any object may be meant.
    if name in here.associations or (schema.crm == "hubspot" and not here.associations and name in schema.objects):
        yield Hop(kind="association", object=here.name, field="", target=name)


def _fields(schema: Schema, object: str) -> Iterable[Field]:
    return schema.objects[object].fields.values() if object in schema.objects else ()


def routes(schema: Schema, object: str, paths: Sequence[str]) -> tuple[Route, ...]:
    """The routes of those paths that lead somewhere."""
    found = (resolve(schema, object, path) for path in paths)
    return tuple(route for route in found if isinstance(route, Route))
