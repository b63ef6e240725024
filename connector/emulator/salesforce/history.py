"""Field history: who changed which tracked field of a record, when, from what to what.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
"""

from collections.abc import Iterable, Iterator, Mapping

from connector.emulator.org import BadRequest
from connector.emulator.salesforce import times
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.fields import Field, Value
from connector.emulator.salesforce.table import Table

MOST = 20
"""Fields of one object that may be tracked."""
OBJECTS = ("Account", "Contact", "Lead")
_LONG = 255
_KINDS = {
    "string": "Text", "picklist": "DynamicEnum", "reference": "EntityId", "boolean": "Boolean", "date": "DateOnly",
    "datetime": "DateTime", "double": "Double", "int": "Double", "currency": "Currency", "percent": "Percent",
    "textarea": "MultiLineText", "email": "Email", "phone": "Phone", "url": "Url",
}  # fmt: skip


def track(core: Core, names: Iterable[str]) -> None:
    """Track exactly these fields (`Object.Field`) of the objects named. Raises BadRequest."""
    wanted: dict[str, set[str]] = {}
    for name in names:
        object_name, _, field = name.partition(".")
        table = core.tables.get(object_name)
        if table is None or object_name not in OBJECTS or table.field(field) is None:
            raise BadRequest(f"{name} is no field whose history can be tracked")
        wanted.setdefault(object_name, set()).add(field)
    for object_name, chosen in wanted.items():
        if len(chosen) > MOST:
            raise BadRequest(f"at most {MOST} fields of {object_name} can be tracked")
        core.tables[object_name].tracked = frozenset(chosen)


def created(core: Core, table: Table, row: int, user: str, stamp: int) -> list[int]:
    """Note that a record was made: one row with the field `created`, no values. Returns the rows of the history."""
    if not table.tracked:
        return []
    return [_note(core, table, row, user, stamp, "created", "Text", (None, None))]


def changed(core: Core, table: Table, row: int, out: Mapping[str, Value], user: str, stamp: int) -> list[int]:
    """Note the tracked fields that are about to change. Returns the rows of the history."""
    return [
        _note(core, table, row, user, stamp, *told)
        for name in sorted(table.tracked.intersection(out))
        if table.columns[name][row] != out[name]
        for told in _told(core, table.fields[name], table.columns[name][row], out[name])
    ]


def _told(core: Core, field: Field, old: Value, new: Value) -> Iterator[tuple[str, str, tuple[Value, Value]]]:
    """A lookup is told twice, by name and by id; of long texts only that they changed."""
    kind = _KINDS.get(field.type, "Text")
    if field.type == "reference":
        name = field.name.removesuffix("Id")
        yield name, "Text", (core.value(old, "Name"), core.value(new, "Name"))
        yield name, kind, (old, new)
    elif field.length > _LONG:
        yield field.name, kind, (None, None)
    elif field.type == "datetime":
        yield field.name, kind, (_moment(old), _moment(new))
    else:
        yield field.name, kind, (old, new)


def _moment(value: Value) -> Value:
    return times.rest(value) if isinstance(value, int) else None


def _note(
    core: Core,
    table: Table,
    row: int,
    user: str,
    stamp: int,
    field: str,
    kind: str,
    values: tuple[Value, Value],
) -> int:
    history = core.tables[f"{table.name}History"]
    return history.append(
        {
            "IsDeleted": False,
            f"{table.name}Id": table.ids[row],
            "CreatedById": user,
            "CreatedDate": stamp,
            "Field": field,
            "DataType": kind,
            "OldValue": values[0],
            "NewValue": values[1],
            "SystemModstamp": stamp,
        }
    )
