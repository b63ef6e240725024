"""Create or update by an external id: the same rules for REST, Collections and Bulk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.emulator.salesforce.access import Access
from connector.emulator.salesforce.errors import RecordError
from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.records import Caller, Records
from connector.emulator.salesforce.table import Table


class Several(RecordError):
    """More than one record has the external id."""

    def __init__(self, field: Field, rows: tuple[int, ...]) -> None:
        message = f"More than one record found for external id field: [{', '.join(map(str, rows))}]"
        super().__init__("DUPLICATE_EXTERNAL_ID", message, field.name, status=300)
        self.rows = rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A record that was saved."""

    row: int
    created: bool


def key_field(table: Table, name: str, access: Access) -> Field:
    """The field to upsert by. Raises RecordError (404) where it is none, or hidden."""
    field = table.field(name)
    if field is None or not access.reads(table, field) or not (field.external_id or field.type == "id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise RecordError("NOT_FOUND", message, status=404)
    return field


def existing(table: Table, row_id: object) -> int:
    """The row of a live record. Raises RecordError for ids that lead nowhere."""
    row = table.row(row_id) if isinstance(row_id, str) else None
    if row is None:
        code = "MALFORMED_ID" if not isinstance(row_id, str) or len(row_id) not in (15, 18) else "NOT_FOUND"
        if code == "MALFORMED_ID":
            raise RecordError(code, f"{table.label} ID: id value of incorrect type: {row_id}", "Id")
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
    if table.columns["IsDeleted"][row]:
        raise RecordError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def upsert(
    records: Records,
    table: Table,
    field: Field,
    value: object,
    values: Mapping[str, object],
    caller: Caller,
    *,
    update_only: bool = False,
) -> Saved:
    """Save `values` (without the external id) to the record that has it, or to a new one."""
    if field.type == "id":
        if value:
            row = existing(table, value)
            records.update(table, row, values, caller)
            return Saved(row=row, created=False)
        return Saved(row=records.create(table, values, caller), created=True)
    if value is None or value == "":
        raise RecordError("MISSING_ARGUMENT", f"{field.name} not specified", field.name)
    rows = table.find(field.name, str(value))
    if len(rows) > 1:
        raise Several(field, rows)
    if rows:
        records.update(table, rows[0], values, caller)
        return Saved(row=rows[0], created=False)
    if update_only:
        raise RecordError("NOT_FOUND", "The requested resource does not exist", status=404)
    return Saved(row=records.create(table, {**values, field.name: value}, caller), created=True)


def repeated(keys: Iterable[object]) -> set[object]:
    """External ids or record ids that one request names more than once."""
    seen: set[object] = set()
    twice: set[object] = set()
    for key in keys:
        (twice if key in seen else seen).add(key)
    return twice - {None, ""}
