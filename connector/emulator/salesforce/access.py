"""Who may see what: field-level security of fields that were created through the API.

A new field is visible to nobody, its creator included, until a permission set that grants it is assigned:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.table import Table

PERMISSION_TABLES = ("PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one user was granted: `Lead.X__c` names of guarded fields, and names of guarded objects."""

    readable: frozenset[str]
    editable: frozenset[str]
    objects: frozenset[str]

    def sees(self, table: Table) -> bool:
        """Whether the object exists for this user."""
        return not table.guarded or table.name in self.objects

    def reads(self, table: Table, field: Field) -> bool:
        """Whether the field exists for this user."""
        return not field.guarded or f"{table.name}.{field.name}" in self.readable

    def edits(self, table: Table, field: Field) -> bool:
        """Whether this user may write the field, as far as security goes."""
        return not field.guarded or f"{table.name}.{field.name}" in self.editable


def _assigned(tables: Mapping[str, Table], user_id: str) -> frozenset[str]:
    columns, deleted = _columns(tables["PermissionSetAssignment"], "AssigneeId", "PermissionSetId")
    rows = zip(*columns, deleted, strict=True)
    return frozenset(str(permission_set) for user, permission_set, gone in rows if user == user_id and not gone)


def _columns(table: Table, *names: str) -> tuple[list[list[object]], list[object]]:
    return [list(table.columns[name]) for name in names], list(table.columns["IsDeleted"])


def _granted(tables: Mapping[str, Table], source: str, name: str, verb: str, sets: frozenset[str]) -> frozenset[str]:
    columns, deleted = _columns(tables[source], "ParentId", name, f"Permissions{verb}")
    rows = zip(*columns, deleted, strict=True)
    return frozenset(str(what) for parent, what, yes, gone in rows if yes and not gone and parent in sets)


def access_of(tables: Mapping[str, Table], user_id: str) -> Access:
    """What the permission sets assigned to this user grant."""
    sets = _assigned(tables, user_id)
    return Access(
        readable=_granted(tables, "FieldPermissions", "Field", "Read", sets),
        editable=_granted(tables, "FieldPermissions", "Field", "Edit", sets),
        objects=_granted(tables, "ObjectPermissions", "SobjectType", "Read", sets),
    )
