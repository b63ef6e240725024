"""The write section against a schema: what can be written, by us, with these values."""

from collections.abc import Iterator, Mapping

from mappings.canonical import TABLES
from mappings.check_read import WORDS, Place, finding, of_field
from mappings.config import FieldSource, ListOut, MappingConfig, OutField, RecordOut, Scalar
from mappings.outputs import ACCOUNT_OUTPUTS, KEY, LEAD_OUTPUTS, MEMBER_OUTPUTS, SAID, TASK_OUTPUTS, Output
from mappings.paths import Missing, field_of, resolve
from mappings.problems import listed, suggestion
from mappings.schema import Field, FieldType, ObjectSchema, Schema
from mappings.selfcheck import Finding
from mappings.sources import READ_BACK

T = FieldType
_TEXTS = frozenset({T.TEXT, T.LONG_TEXT, T.OTHER})
_HOLDS: Mapping[FieldType, frozenset[FieldType]] = {
    T.TEXT: _TEXTS | {T.CHOICE},
    T.LONG_TEXT: _TEXTS,
    T.INTEGER: frozenset({T.INTEGER, T.NUMBER, T.CURRENCY}),
    T.CURRENCY: frozenset({T.CURRENCY, T.NUMBER}),
    T.DATE: frozenset({T.DATE, T.DATETIME}),
    T.DATETIME: frozenset({T.DATETIME}),
    T.CHOICE: _TEXTS | {T.CHOICE},
    T.REFERENCE: _TEXTS | {T.REFERENCE, T.CHOICE, T.NUMBER, T.INTEGER},
}
"""The field types that hold an output of each type."""

KEY_LENGTH = 200
"""Characters of the longest lead key."""


def of_write(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    """Whatever is wrong with what is written."""
    write = mapping.write
    account = ("write", "account")
    here = schema.objects.get(write.account.object)
    if here is None:
        yield _no_object(schema, write.account.object, (*account, "object"))
    else:
        for name, out in write.account.fields.items():
            place = (*account, "fields", name)
            yield from _out(here, out, ACCOUNT_OUTPUTS[name], place, made=False, kept=out.policy != "create_only")
            yield from _day(here, out, ACCOUNT_OUTPUTS[name], place)
    yield from _record(mapping, schema, write.task, TASK_OUTPUTS, ("write", "task"))
    if write.list is not None:
        yield from _members(schema, write.list, ("write", "list"))
    present = [(number, lead) for number, lead in enumerate(write.lead) if lead.object in schema.objects]
    for number, lead in present[:1]:
        yield from _record(mapping, schema, lead, LEAD_OUTPUTS, ("write", "lead", number))
    if not present:
        yield _no_object(schema, write.lead[0].object, ("write", "lead", 0, "object"))


def _no_object(schema: Schema, name: str, path: Place) -> Finding:
    missing = resolve(schema, name, "id")
    assert isinstance(missing, Missing)  # noqa: S101 - only called for objects that are not there
    return finding(missing, schema, path)


def _record(
    mapping: MappingConfig, schema: Schema, record: RecordOut, outputs: Mapping[str, Output], path: Place
) -> Iterator[Finding]:
    here = schema.objects.get(record.object)
    if here is None:
        yield _no_object(schema, record.object, (*path, "object"))
        return
    if not here.createable:
        yield Finding(path=(*path, "object"), text=f"our user may not create {here.name}")
    yield from _key(schema, here, record.key, (*path, "key"))
    for name, out in record.fields.items():
        place = (*path, "fields", name)
        yield from _out(here, out, outputs[name], place, made=True, kept=out.policy != "create_only")
        yield from _target(mapping, here, name, out, place)
    for name, value in record.constants.items():
        yield from _constant(here, name, value, (*path, "constants", name), made=True)
    for name, value in record.close.items():
        yield from _constant(here, name, value, (*path, "close", name), made=False)
    for name, out in record.said.items():
        yield from _out(here, out, SAID[name], (*path, name), made=False, kept=False)
    yield from _links(schema, here, record, path)
    yield from _required(here, record, path)
    yield from _back(schema, record, path)


def _members(schema: Schema, members: ListOut, path: Place) -> Iterator[Finding]:
    """Members are made and taken off again, never changed: Salesforce lets nobody move one to another campaign."""
    here = schema.objects.get(members.object)
    if here is None:
        if not members.optional:
            yield _no_object(schema, members.object, (*path, "object"))
        return
    if not here.createable:
        yield Finding(path=(*path, "object"), text=f"our user may not create {here.name}")
    if members.key is not None:
        yield from _key(schema, here, members.key, (*path, "key"))
    for name, out in members.fields.items():
        yield from _out(here, out, MEMBER_OUTPUTS[name], (*path, "fields", name), made=True, kept=False)
    for name, value in members.constants.items():
        yield from _constant(here, name, value, (*path, "constants", name), made=True)
    yield from _required(here, members, path)
    yield from _back(schema, members, path)


def _key(schema: Schema, here: ObjectSchema, key: OutField, path: Place) -> Iterator[Finding]:
    known = field_of(here, key.field)
    yield from _out(here, key, KEY, path, made=True, kept=False)
    if known is None or known.type is not T.TEXT:
        return
    if not known.unique:
        text = f"{here.name}.{known.name} is not unique: the same record could be made twice"
        yield Finding(path=path, text=f"{text}; use a field of our own ({KEY.label})")
    elif schema.crm == "salesforce" and not known.upsert_key:
        yield Finding(
            path=path, text=f"{here.name}.{known.name} is no external id; tick External ID in its definition"
        )
    if known.length is not None and known.length < KEY_LENGTH:
        text = f"{here.name}.{known.name} holds {known.length} characters; the key needs {KEY_LENGTH}"
        yield Finding(path=path, text=text)


def _out(
    here: ObjectSchema, out: OutField, output: Output, path: Place, *, made: bool, kept: bool
) -> Iterator[Finding]:
    """One field that is written: when a record is `made`, and when it is `kept` up to date."""
    known = field_of(here, out.field)
    if known is None:
        if not out.create:
            yield _no_field(here, out.field, path)
        return
    yield from _writable(here, known, path, made=made, kept=kept)
    if known.type not in _HOLDS[output.type]:
        text = f"{here.name}.{known.name} is {WORDS[known.type]}, but Tossup writes {WORDS[output.type]} here"
        yield Finding(path=path, text=text)
    elif output.choices:
        for choice in output.choices:
            value = (out.values or {}).get(choice, choice)
            at = (*path, "values", choice) if out.values and choice in out.values else path
            yield from _allowed(here, known, value, at)


def _day(here: ObjectSchema, out: OutField, output: Output, path: Place) -> Iterator[Finding]:
    """A day of an account needs a field for days: whatever time of day were written would look like a fact."""
    known = field_of(here, out.field)
    if output.type is T.DATE and known is not None and known.type is T.DATETIME:
        yield Finding(
            path=path, text=f"{here.name}.{known.name} is {WORDS[known.type]}, but Tossup writes a day here"
        )


def _no_field(here: ObjectSchema, name: str, path: Place) -> Finding:
    text = f"{here.name} has no field {name}"
    return Finding(path=path, text=text, suggestion=suggestion(name, here.fields))


def _writable(here: ObjectSchema, known: Field, path: Place, *, made: bool, kept: bool) -> Iterator[Finding]:
    if known.calculated:
        yield Finding(path=path, text=f"{here.name}.{known.name} is calculated by the CRM; nobody can write it")
    elif (made and not known.createable) or (kept and not (known.updateable and here.updateable)):
        yield Finding(path=path, text=f"our user may not write {here.name}.{known.name}")


def _allowed(here: ObjectSchema, known: Field, value: Scalar, path: Place) -> Iterator[Finding]:
    if known.choices and known.type is T.CHOICE and str(value) not in known.choices:
        text = f"{here.name}.{known.name} has no value {value}; it has {listed(known.choices, 'and')}"
        yield Finding(path=path, text=text, suggestion=suggestion(value, known.choices))


def _constant(here: ObjectSchema, name: str, value: Scalar, path: Place, *, made: bool) -> Iterator[Finding]:
    known = field_of(here, name)
    if known is None:
        yield _no_field(here, name, path)
        return
    yield from _writable(here, known, path, made=made, kept=not made)
    yield from _allowed(here, known, value, path)


def _target(mapping: MappingConfig, here: ObjectSchema, name: str, out: OutField, path: Place) -> Iterator[Finding]:
    """A reference to the account that cannot point at accounts."""
    known = field_of(here, out.field)
    account = mapping.write.account.object
    if name == "account_id" and known is not None and known.references and account not in known.references:
        text = f"{here.name}.{known.name} points at {listed(known.references)}, not at {account}"
        yield Finding(path=path, text=text)


def _links(schema: Schema, here: ObjectSchema, record: RecordOut, path: Place) -> Iterator[Finding]:
    for name in record.links:
        place = (*path, "links", name)
        if schema.crm == "salesforce":
            yield Finding(path=place, text="Salesforce links by reference fields; put the field under fields instead")
        elif name not in schema.objects:
            yield _no_object(schema, name, place)
        elif here.associations and name not in here.associations:
            text = f"{here.name} has no association with {name}"
            yield Finding(path=place, text=text, suggestion=suggestion(name, here.associations))


def _required(here: ObjectSchema, record: RecordOut | ListOut, path: Place) -> Iterator[Finding]:
    keyed = [record.key.field] if record.key is not None else []
    filled = {*keyed, *record.constants, *(out.field for out in record.fields.values())}
    for known in here.fields.values():
        if known.required and known.createable and known.name not in filled:
            text = f"{here.name} cannot be made without {known.name} ({known.label}); fill it here or under constants"
            yield Finding(path=(*path, "fields"), text=text)


def _back(schema: Schema, record: RecordOut | ListOut, path: Place) -> Iterator[Finding]:
    columns = TABLES["ours"].columns
    back = record.read
    for name in READ_BACK:
        source: FieldSource | None = getattr(back, name)
        if source is not None:
            yield from of_field(schema, record.object, source, columns[name], (*path, "read", name))
    for place, source in enumerate(back.is_closed):
        column = columns["is_closed"]
        yield from of_field(schema, record.object, source, column, (*path, "read", "is_closed", place))
