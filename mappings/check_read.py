"""The read section against a schema: objects, fields, paths, types and picklist values."""

from collections.abc import Iterator, Mapping
from datetime import date

from mappings import extra
from mappings.canonical import Column, Kind
from mappings.cells import spelled
from mappings.config import FieldSource, Filter, MappingConfig, Scalar, Source
from mappings.marked import Key
from mappings.paths import Missing, Route, resolve
from mappings.problems import listed, suggestion
from mappings.schema import Field, FieldType, Schema
from mappings.selfcheck import Finding

Place = tuple[Key, ...]

T = FieldType
_NUMBERS = frozenset({T.INTEGER, T.NUMBER, T.CURRENCY, T.PERCENT})
_READABLE: Mapping[Kind, frozenset[FieldType]] = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "money": _NUMBERS,
    "boolean": frozenset({T.BOOLEAN, T.DATE, T.DATETIME, *_NUMBERS}),
    "date": frozenset({T.DATE, T.DATETIME}),
}
WORDS: Mapping[FieldType, str] = {
    T.ID: "a record id",
    T.TEXT: "a text",
    T.LONG_TEXT: "a long text",
    T.INTEGER: "a whole number",
    T.NUMBER: "a number",
    T.CURRENCY: "an amount of money",
    T.PERCENT: "a percentage",
    T.BOOLEAN: "true or false",
    T.DATE: "a day",
    T.DATETIME: "a moment",
    T.CHOICE: "a choice",
    T.CHOICES: "several choices",
    T.REFERENCE: "a reference",
    T.OTHER: "of another kind",
}
_KINDS: Mapping[Kind, str] = {
    "integer": "a number",
    "number": "a number",
    "money": "an amount",
    "boolean": "true or false",
    "date": "a day",
}
_TRUTHS = frozenset({"true", "false", "yes", "no", "1", "0"})


def of_read(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    """Whatever is wrong with what is read."""
    tables = extra.tables(mapping)
    for table, place, source in _sources(mapping):
        path = ("read", table, place)
        missing = resolve(schema, source.object, "id")
        if isinstance(missing, Missing):
            if not source.optional:
                yield finding(missing, schema, (*path, "object"))
            continue
        for name, field in extra.fields(source).items():
            column = tables[table].columns[name]
            yield from of_field(schema, source.object, field, column, (*path, *extra.place(name)))
        for number, filter in enumerate(source.where):
            yield from _filter(schema, source.object, filter, (*path, "where", number))


def _sources(mapping: MappingConfig) -> Iterator[tuple[str, int, Source]]:
    for table, sources in mapping.read.items():
        for place, source in enumerate(sources):
            yield table, place, source


def of_field(schema: Schema, object: str, source: FieldSource, column: Column, path: Place) -> Iterator[Finding]:
    """Whatever is wrong with where one column is read from."""
    ends = [resolve(schema, object, name) for name in source.paths]
    # values of two fields: what one does not have the other may, and one that setup has yet to make tells nothing
    alone = len(ends) == 1
    for end in ends:
        if isinstance(end, Route):
            yield from _type(end, source, column, path)
            yield from _values(end, source.values or {}, path, alone=alone)
        elif not source.optional:
            yield finding(end, schema, path)


def finding(missing: Missing, schema: Schema, path: Place) -> Finding:
    """A missing object, field or link, in words."""
    meant = suggestion(missing.name, (one for one in missing.candidates if one != missing.name))
    if missing.what == "object" and (missing.reason or missing.name in schema.known):
        why = f": {missing.reason.removesuffix('.')}" if missing.reason else ""
        return Finding(path=path, text=f"our user may not read {missing.name}{why}")
    texts = {
        "object": f"there is no object {missing.name}",
        "field": no_field(schema, missing.object, missing.name, meant),
        "link": _no_link(missing, schema),
    }
    return Finding(path=path, text=texts[missing.what], suggestion=meant)


def no_field(schema: Schema, object: str, name: str, meant: str | None) -> str:
    """A missing field, in words. Salesforce does not tell a hidden field from one that is not there."""
    text = f"{object} has no field {name}"
    if schema.crm != "salesforce" or meant is not None:
        return text
    return f"{text}, or field-level security hides it: then grant our user Read on it, by a permission set"


def _no_link(missing: Missing, schema: Schema) -> str:
    if schema.crm == "hubspot":
        return f"{missing.object} has no association with {missing.name}"
    return f"{missing.object} has no relationship {missing.name}"


def _type(end: Route, source: FieldSource, column: Column, path: Place) -> Iterator[Finding]:
    """A type that would read as nothing but missing values."""
    if source.values is not None or column.kind == "text" or end.field.type is T.OTHER:
        return
    if column.kind == "boolean" and end.field.choices and _TRUTHS.issuperset(map(str.lower, end.field.choices)):
        return
    if end.field.type not in _READABLE[column.kind]:
        text = f"{end} is {WORDS[end.field.type]}, but this must be {_KINDS[column.kind]}"
        yield Finding(path=path, text=text)


def _values(end: Route, values: Mapping[str, Scalar], path: Place, *, alone: bool = True) -> Iterator[Finding]:
    """Keys that the picklist lacks: misspelled, or all of them where it stands `alone`.

    Presets may know more values than an org has.
    """
    choices = end.field.choices
    unknown = [name for name in values if choices and name and name not in choices]
    for name in unknown:
        meant = suggestion(name, (choice for choice in choices if choice not in values))
        if meant is not None or (alone and len(unknown) == len(values)):
            yield Finding(path=(*path, "values", name), text=_no_value(end, name), suggestion=meant)


def _no_value(end: Route, name: str) -> str:
    return f"{end} has no value {name}; it has {listed(end.field.choices, 'and')}"


def _filter(schema: Schema, object: str, filter: Filter, path: Place) -> Iterator[Finding]:
    end = resolve(schema, object, filter.field)
    if isinstance(end, Missing):
        yield finding(end, schema, (*path, "field"))
        return
    limits = filter.value if isinstance(filter.value, tuple) else (filter.value,)
    for limit in limits:
        if limit is not None:
            yield from _limit(end, limit, (*path, "value"))


def _limit(end: Route, limit: Scalar, path: Place) -> Iterator[Finding]:
    type_ = end.field.type
    if end.field.choices and spelled(limit) not in end.field.choices:
        text = _no_value(end, spelled(limit))
        yield Finding(path=path, text=text, suggestion=suggestion(spelled(limit), end.field.choices))
    elif not _comparable(end.field, limit):
        yield Finding(path=path, text=f"{end} is {WORDS[type_]}; {spelled(limit)} is not")


def _comparable(field: Field, limit: Scalar) -> bool:
    if field.type is T.BOOLEAN:
        return spelled(limit).lower() in _TRUTHS
    if field.type in (T.DATE, T.DATETIME):
        return _is_day(str(limit))
    if field.type in _NUMBERS:
        return not isinstance(limit, str) or limit.strip().lstrip("-").replace(".", "", 1).isdigit()
    return True


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def lacking(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    """Optional objects and fields that this CRM does not have."""
    for table, place, source in _sources(mapping):
        end = resolve(schema, source.object, "id")
        if isinstance(end, Missing):
            # a company that sells in one currency needs no rates; rates that are there and hidden are worth a word
            if source.optional and (table != "rate" or end.reason):
                yield finding(end, schema, ("read", table, place, "object"))
            continue
        for name, field in extra.fields(source).items():
            ends = (resolve(schema, source.object, path) for path in field.paths)
            for end in ends:
                # An org with one currency has no field for it, and needs none; nor does it need rates.
                if isinstance(end, Missing) and field.optional and name != "currency":
                    yield finding(end, schema, ("read", table, place, *extra.place(name)))


def puzzling(mapping: MappingConfig, schema: Schema) -> Iterator[Finding]:
    """Picklist values that a column with a fixed vocabulary would not understand."""
    tables = extra.tables(mapping)
    for table, place, source in _sources(mapping):
        for name, field in source.fields.items():
            allowed = tables[table].columns[name].choices
            for end in (resolve(schema, source.object, path) for path in field.paths):
                if isinstance(end, Route) and allowed and field.otherwise is None:
                    known = field.values if field.values is not None else allowed
                    odd = [choice for choice in end.field.choices if choice not in known]
                    if odd:
                        text = f"{end} can hold {listed(odd, 'and')}, which means none of {listed(allowed, 'and')}"
                        yield Finding(path=("read", table, place, "fields", name), text=text)
