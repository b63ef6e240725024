"""References by the other record's external id: `"Account": {"Key__c": "A-1"}`; in Bulk a column `Account.Key__c`."""

from collections.abc import Mapping

from connector.emulator.salesforce.access import Access
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import RecordError
from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.table import Table


def referred(core: Core, reference: Field, told: object, access: Access | None) -> str | None:
    """The id of the record that has this external id, None for null. Raises RecordError where there is none."""
    values = told if isinstance(told, Mapping) else {}
    named = [(name, value) for name, value in values.items() if name != "attributes"]
    found = key_of(core, reference, named[0][0], access) if len(named) == 1 else None
    if found is None:
        message = f"{reference.relationship}: a reference by relationship names one external id of the other object"
        raise RecordError("INVALID_FIELD", message, reference.name)
    table, key = found
    value = named[0][1]
    if value is None or value == "":
        return None
    rows = table.find(key.name, str(value))
    if len(rows) != 1:
        few = f"Foreign key external ID: {value} not found for field {key.name} in entity {table.name}"
        many = f"More than one record found for external id field: [{key.name}]"
        raise RecordError("DUPLICATE_EXTERNAL_ID" if rows else "INVALID_FIELD", many if rows else few, reference.name)
    return table.ids[rows[0]]


def key_of(core: Core, reference: Field, name: str, access: Access | None) -> tuple[Table, Field] | None:
    """The external id of this name on an object that the field may refer to, and that object."""
    for target in reference.targets:
        table = core.tables[target]
        field = table.field(name)
        if field is not None and field.external_id and (access is None or access.reads(table, field)):
            return table, field
    return None


def column(core: Core, table: Table, name: str, access: Access | None) -> bool:
    """Whether a Bulk column such as `Account.Key__c` refers to a record."""
    relationship, _, key = name.partition(".")
    wanted = relationship.lower()
    references = [field for field in table.fields.values() if (field.relationship or "").lower() == wanted]
    return bool(key) and any(key_of(core, reference, key, access) is not None for reference in references)
