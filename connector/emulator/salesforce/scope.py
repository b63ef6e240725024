"""What a field path means to one user: which column, through which lookups."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from connector.emulator.salesforce.access import Access
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import ApiError
from connector.emulator.salesforce.fields import Field, Value, text
from connector.emulator.salesforce.soql import Path, complaint
from connector.emulator.salesforce.table import Table

Get = Callable[[int], Value]
"""A value of the row."""
NAME_FIELDS = (
    "Id",
    "Name",
    "Type",
    "Email",
    "FirstName",
    "LastName",
    "Title",
    "Phone",
    "IsActive",
    "Username",
    "Alias",
)
"""What a lookup with several targets (Owner, Who, What) can be asked for."""
_TYPE = text("Type", 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A resolved path: canonical names, the field at its end, how to get a row's value; `direct` without lookups."""

    names: tuple[str, ...]
    field: Field
    get: Get
    direct: bool


def type_name(table: Table, row: int) -> str:
    """What `Owner.Type` says."""
    if table.name != "Group":
        return table.name
    return "Queue" if table.columns["Type"][row] == "Queue" else "Group"


class Scope:
    """Resolves the names of one query for one user; without `access` everything is visible."""

    def __init__(self, core: Core, access: Access | None, text: str) -> None:
        self.core = core
        self.access = access
        self.text = text

    def today(self) -> date:
        """The org's day, UTC."""
        return datetime.fromtimestamp(self.core.clock.seconds(), UTC).date()

    def table(self, name: str, at: int) -> Table:
        """The object a query is FROM."""
        table = self.core.table(name)
        if table is None or (self.access is not None and not self.access.sees(table)):
            message = (
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
                "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
                "appropriate names."
            )
            raise complaint(self.text, at, message, "INVALID_TYPE")
        return table

    def column(self, table: Table, path: Path) -> Column:
        """The column at the end of a path that starts at `table`, which itself may be named first."""
        names = path.names
        if len(names) > 1 and names[0].lower() == table.name.lower():
            names = names[1:]
        return self._resolve(table, names, path)

    def _resolve(self, table: Table, names: tuple[str, ...], path: Path) -> Column:
        if len(names) == 1:
            field = self.field(table, names[0])
            if field is None:
                raise self._no_column(table, names[0], path)
            get: Get = table.columns[field.name].__getitem__
            return Column(names=(field.name,), field=field, get=get, direct=True)
        lookup = self._lookup(table, names[0], path)
        relationship = str(lookup.relationship)
        if len(lookup.targets) > 1:
            return self._many(table, lookup, names, path)
        target = self.core.tables[lookup.targets[0]]
        inner = self._resolve(target, names[1:], path)
        through = _through(table, lookup, target, inner.get)
        return Column(names=(relationship, *inner.names), field=inner.field, get=through, direct=False)

    def field(self, table: Table, name: str) -> Field | None:
        """The field of this name if the user may read it."""
        field = table.field(name)
        return field if field and (self.access is None or self.access.reads(table, field)) else None

    def _lookup(self, table: Table, relationship: str, path: Path) -> Field:
        lower = relationship.lower()
        for field in table.fields.values():
            if (field.relationship or "").lower() == lower and self.field(table, field.name):
                return field
        message = (
            f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom "
            "relationship, be sure to append the '__r' after the custom relationship name. Please reference your "
            "WSDL or the describe call for the appropriate names."
        )
        raise complaint(self.text, path.at, message, "INVALID_FIELD")

    def _many(self, table: Table, lookup: Field, names: tuple[str, ...], path: Path) -> Column:
        name = next((known for known in NAME_FIELDS if known.lower() == names[1].lower()), None)
        if name is None or len(names) > 2:
            raise self._no_column(table, path.text, path, entity="Name")
        fields = (self.core.tables[target].fields.get(name) for target in lookup.targets)
        field = _TYPE if name == "Type" else next(f for f in fields if f is not None)
        column, core = table.columns[lookup.name], self.core

        def get(row: int) -> Value:
            id = column[row]
            found = core.locate(id) if isinstance(id, str) else None
            if found is None:
                return None
            if name == "Type":
                return type_name(*found)
            values = found[0].columns.get(name)
            return values[found[1]] if values else None

        return Column(names=(str(lookup.relationship), name), field=field, get=get, direct=False)

    def _no_column(self, table: Table, name: str, path: Path, entity: str | None = None) -> ApiError:
        message = (
            f"No such column '{name}' on entity '{entity or table.name}'. If you are attempting to use a custom "
            "field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the "
            "describe call for the appropriate names."
        )
        return complaint(self.text, path.at, message, "INVALID_FIELD")


def _through(table: Table, lookup: Field, target: Table, inner: Get) -> Get:
    column, live = table.columns[lookup.name], target.live

    def get(row: int) -> Value:
        id = column[row]
        at = live(id) if isinstance(id, str) else None
        return inner(at) if at is not None else None

    return get
