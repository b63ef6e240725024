"""What can be wrong with a configuration before any CRM is asked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from mappings import extra
from mappings.canonical import TABLES, Column
from mappings.config import (
    Company,
    ExtraField,
    FieldSource,
    Filter,
    ListOut,
    MappingConfig,
    OutField,
    ReadBack,
    RecordOut,
    Scalar,
    Source,
)
from mappings.marked import Key
from mappings.outputs import ACCOUNT_OUTPUTS, LEAD_OUTPUTS, MEMBER_OUTPUTS, SAID, TASK_OUTPUTS, Output
from mappings.problems import listed, suggestion
from mappings.sources import READ_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem at a path of one document."""

    path: tuple[Key, ...]
    text: str
    suggestion: str | None = None


def of_mapping(mapping: MappingConfig, crm: str) -> Iterator[Finding]:
    """Everything in a mapping that contradicts itself or the canonical tables."""
    if mapping.crm != crm:
        yield Finding(path=("crm",), text=f"this file must be for {crm}, not {mapping.crm}")
    yield from _company(mapping.company)
    yield from _read(mapping.read)
    yield from _written(mapping)


def _company(company: Company) -> Iterator[Finding]:
    if not _is_zone(company.time_zone):
        text = f"there is no time zone {company.time_zone}; write it like America/New_York or Asia/Tokyo"
        meant = suggestion(company.time_zone, sorted(available_timezones()))
        yield Finding(path=("company", "time_zone"), text=text, suggestion=meant)
    for currency, rates in company.rates.items():
        if currency == company.currency:
            text = "is the company's own currency, in which rates are said; leave it out"
            yield Finding(path=("company", "rates", currency), text=text)
        days = [rate.since for rate in rates]
        for number, day in enumerate(days):
            if day in days[:number]:
                path = ("company", "rates", currency, number, "from")
                yield Finding(path=path, text=f"{currency} has two rates from {day} on; keep one")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a folder of zones
        return False
    return True


def _read(read: Mapping[str, tuple[Source, ...]]) -> Iterator[Finding]:
    known = [name for name in TABLES if name != "ours"]
    if "account" not in read:
        yield Finding(path=("read", "account"), text="is missing: every rule is about accounts")
    for table, sources in read.items():
        if table in known:
            for place, source in enumerate(sources):
                yield from _source(table, source, ("read", table, place))
            yield from _extra(table, sources)
        else:
            own = "is read back from what the write section writes; leave it out"
            text = own if table == "ours" else f"unknown table; known: {listed(known, 'and')}"
            yield Finding(path=("read", table), text=text, suggestion=suggestion(table, known))


def _source(table: str, source: Source, path: tuple[Key, ...]) -> Iterator[Finding]:
    columns = TABLES[table].columns
    for name, field in source.fields.items():
        here = (*path, "fields", name)
        if name in columns:
            yield from _field(columns[name], field, here)
        else:
            text = f"{table} has no column of this name"
            yield Finding(path=here, text=text, suggestion=suggestion(name, columns))
    for name, column in columns.items():
        if column.required and name != "id" and name not in source.fields:
            text = f"{table} needs {name} ({column.doc}): without it every row is left out"
            yield Finding(path=(*path, "fields"), text=text)
    for place, filter in enumerate(source.where):
        yield from _filter(filter, (*path, "where", place))


def _extra(table: str, sources: tuple[Source, ...]) -> Iterator[Finding]:
    kinds: dict[str, str] = {}
    for place, source in enumerate(sources):
        if source.extra and table != "account":
            yield Finding(path=("read", table, place, "extra"), text=f"is for accounts alone; {table} takes none")
            continue
        for name, field in source.extra.items():
            path = ("read", table, place, "extra", name)
            yield from _own_column(name, field, kinds.setdefault(name, field.kind), path)


def _own_column(name: str, field: ExtraField, kind: str, path: tuple[Key, ...]) -> Iterator[Finding]:
    """What is wrong with one column of the company's own; `kind`: the one that its first source gives it."""
    if not extra.is_name(name):
        text = "is no name: small letters, digits and _, a letter first, 40 characters at most"
        yield Finding(path=path, text=text)
    if field.kind != kind:
        text = f"must be {kind}, as in the source before, not {field.kind}: one column holds one kind"
        yield Finding(path=(*path, "kind"), text=text)
    yield from _field(extra.column(field), field, path)


def _field(column: Column, field: FieldSource, path: tuple[Key, ...]) -> Iterator[Finding]:
    for name in field.paths:
        if not all(segment.strip() for segment in name.split(".")):
            yield Finding(path=path, text=f"{name or 'an empty text'} is not a field, nor a path of fields with dots")
    yield from _unit(column, field, path)
    if field.constant is not None:
        yield from _fits(column, field.constant, (*path, "constant"))
    if field.otherwise is not None:
        yield from _fits(column, field.otherwise, (*path, "otherwise"))
    for old, new in (field.values or {}).items():
        yield from _fits(column, new, (*path, "values", old))


def _unit(column: Column, field: FieldSource, path: tuple[Key, ...]) -> Iterator[Finding]:
    if field.unit is None:
        return
    if column.kind not in ("money", "number", "integer"):
        yield Finding(path=(*path, "unit"), text="a unit is for numbers and money")
    elif field.unit in ("major", "minor") and column.kind != "money":
        yield Finding(path=(*path, "unit"), text=f"{field.unit} is for money")


_EXPECTED = {
    "integer": (int, "a number"),
    "number": (int | float, "a number"),
    "money": (int | float, "a number"),
    "boolean": (bool, "true or false"),
    "date": (str, "a day such as 2026-01-31"),
}


def _fits(column: Column, value: Scalar, path: tuple[Key, ...]) -> Iterator[Finding]:
    """Whether the mapping's own word is one that the column can hold."""
    shown = str(value).lower() if isinstance(value, bool) else value
    if column.choices and str(value) not in column.choices:
        text = f"must become {listed(column.choices)}, not {shown}"
        yield Finding(path=path, text=text, suggestion=suggestion(value, column.choices))
    type_, words = _EXPECTED.get(column.kind, (str | int | float, "a text"))
    if not isinstance(value, type_) or (isinstance(value, bool) and column.kind != "boolean"):
        yield Finding(path=path, text=f"must be {words}, not {shown}")
    elif column.within is not None and not column.within[0] <= float(value) <= column.within[1]:
        yield Finding(path=path, text=f"must be {column.within[0]} to {column.within[1]}, not {shown}")


def _filter(filter: Filter, path: tuple[Key, ...]) -> Iterator[Finding]:
    alone, several = filter.op in ("empty", "not_empty"), filter.op in ("in", "not_in")
    if alone and filter.value is not None:
        yield Finding(path=(*path, "value"), text=f"{filter.op} takes no value")
    elif not alone and filter.value is None:
        yield Finding(path=path, text=f"{filter.op} needs a value")
    elif not several and isinstance(filter.value, tuple):
        more = {"eq": "in", "ne": "not_in"}.get(filter.op)
        yield Finding(path=(*path, "value"), text=f"{filter.op} takes one value, not a list", suggestion=more)


def _written(mapping: MappingConfig) -> Iterator[Finding]:
    write = mapping.write
    yield from _outputs(write.account.fields, ACCOUNT_OUTPUTS, ("write", "account"))
    for record, outputs, path in _records(mapping):
        yield from _outputs(record.fields, outputs, path)
        for name, field in record.said.items():
            yield from _mapped(SAID[name], field, (*path, name))
        yield from _twice([record.key, *record.said.values(), *record.fields.values()], record.constants, path)
        yield from _back(record.read, path)
    if write.list is not None:
        yield from _members(write.list)
    if not write.lead:
        yield Finding(path=("write", "lead"), text="needs at least one object")
    yield from _twice(write.account.fields.values(), (), ("write", "account"))


def _back(read: ReadBack, path: tuple[Key, ...]) -> Iterator[Finding]:
    for name in READ_BACK:
        back = getattr(read, name)
        if back is not None:
            yield from _field(TABLES["ours"].columns[name], back, (*path, "read", name))
    for place, back in enumerate(read.is_closed):
        yield from _field(TABLES["ours"].columns["is_closed"], back, (*path, "read", "is_closed", place))


def _members(out: ListOut) -> Iterator[Finding]:
    path = ("write", "list")
    yield from _outputs(out.fields, MEMBER_OUTPUTS, path)
    yield from _twice([*filter(None, [out.key]), *out.fields.values()], out.constants, path)
    yield from _back(out.read, path)
    for name in ("list_id", "contact_id"):
        if name not in out.fields:
            help = MEMBER_OUTPUTS[name].help.rstrip(".")
            yield Finding(path=(*path, "fields"), text=f"needs {name} ({help[0].lower()}{help[1:]})")


def _records(mapping: MappingConfig) -> Iterator[tuple[RecordOut, Mapping[str, Output], tuple[Key, ...]]]:
    yield mapping.write.task, TASK_OUTPUTS, ("write", "task")
    for place, lead in enumerate(mapping.write.lead):
        yield lead, LEAD_OUTPUTS, ("write", "lead", place)


def _outputs(
    fields: Mapping[str, OutField], outputs: Mapping[str, Output], path: tuple[Key, ...]
) -> Iterator[Finding]:
    for name, field in fields.items():
        here = (*path, "fields", name)
        if name not in outputs:
            text = f"Tossup writes nothing of this name here; it writes {listed(outputs, 'and')}"
            yield Finding(path=here, text=text, suggestion=suggestion(name, outputs))
        else:
            yield from _mapped(outputs[name], field, here)


def _mapped(output: Output, field: OutField, path: tuple[Key, ...]) -> Iterator[Finding]:
    if field.values is not None:
        yield from _spellings(output.choices, field.values, path)


def _spellings(choices: tuple[str, ...], values: Mapping[str, Scalar], path: tuple[Key, ...]) -> Iterator[Finding]:
    if not choices:
        yield Finding(path=(*path, "values"), text="this value is free text or a number; values does not apply")
        return
    for name in values:
        if name not in choices:
            text = f"Tossup never says this; it says {listed(choices)}"
            yield Finding(path=(*path, "values", name), text=text, suggestion=suggestion(name, choices))
    lacking = [choice for choice in choices if choice not in values]
    if lacking:
        yield Finding(path=(*path, "values"), text=f"says nothing of {listed(lacking, 'and')}")


def _twice(fields: Iterable[OutField], constants: Iterable[str], path: tuple[Key, ...]) -> Iterator[Finding]:
    names = [field.field for field in fields] + list(constants)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(path=path, text=f"{name} is written by two lines; keep one")
