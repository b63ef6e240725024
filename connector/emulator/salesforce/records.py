"""Saving and deleting records, with every rule that Salesforce holds them to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from connector.emulator.salesforce import history, ids
from connector.emulator.salesforce.access import Access
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.derive import DERIVE, SETUP, TWINS, Saving
from connector.emulator.salesforce.errors import RecordError
from connector.emulator.salesforce.fields import Field, Value
from connector.emulator.salesforce.relations import referred
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.values import Convert, converter

_STAMPED = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"})
_NEVER = frozenset({"Id", "IsDeleted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who writes. Without `access` it is the emulator itself, which may set every field and stamp."""

    user_id: str
    access: Access | None = None
    auto_assign: bool = False
    at: int | None = None
    """The stamp to write with, where it is not now: a transaction that commits late."""


@dataclass(slots=True, kw_only=True)
class _Shape:
    """What saving to one object needs, worked out once for its definition."""

    table: Table
    version: int
    fields: Mapping[str, tuple[Field, Convert]]
    lower: Mapping[str, str]
    relations: Mapping[str, Field]
    defaults: tuple[tuple[str, Value], ...]
    required: tuple[str, ...]
    unique: tuple[str, ...]
    owned: bool


class Records:
    """Creates, updates and deletes; raises RecordError and leaves the record as it was."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.lead_owner: str | None = None
        """Who the lead assignment rule gives new leads to, while it is active."""
        self.rule_active = True
        self.flows: Mapping[str, Mapping[str, Value]] = {}
        """Flows that run before a record is saved through the API: by object, the fields they overwrite."""
        self.journal: list[Callable[[], object]] | None = None
        self._shapes: dict[str, _Shape] = {}

    def create(self, table: Table, values: Mapping[str, object], caller: Caller) -> int:
        """Save a new record and return its row."""
        shape = self._shape(table)
        out = self._clean(table, shape, values, caller, creating=True)
        stamp = caller.at if caller.at is not None else self.core.stamp()
        for name, default in shape.defaults:
            if out.get(name) is None:
                out[name] = default
        out.update(self._by_flow(table, caller))
        if shape.owned:
            self._own(table, out, caller)
        derive = DERIVE.get(table.name)
        if derive:
            derive(Saving(core=self.core, out=out, get=out.get, stamp=stamp))
        missing = tuple(name for name in shape.required if out.get(name) is None)
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise RecordError("REQUIRED_FIELD_MISSING", message, *missing)
        self._unique(table, shape, out, None)
        self._stamp_new(out, stamp, caller)
        row = table.append(out)
        if table.custom and out.get("Name") is None:
            # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/custom_objects.htm
            table.columns["Name"][row] = table.ids[row][:15]
        if self.journal is not None:
            self.journal.append(lambda: table.purge(row))
        self._noted(table, history.created(self.core, table, row, caller.user_id, stamp))
        return row

    def update(self, table: Table, row: int, values: Mapping[str, object], caller: Caller) -> None:
        """Save changes to a record."""
        columns, shape = table.columns, self._shape(table)
        if columns["IsDeleted"][row]:
            raise RecordError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        if table.name == "Lead" and columns["IsConverted"][row] and caller.access is not None:
            raise RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        out = self._clean(table, shape, values, caller, creating=False)
        out.update(self._by_flow(table, caller))
        stamp = caller.at if caller.at is not None else self.core.stamp()
        if "OwnerId" in out:
            self._check_owner(table, out["OwnerId"], caller)
        derive = DERIVE.get(table.name)
        if derive:

            def get(name: str) -> Value:
                return out[name] if name in out else columns[name][row]

            derive(Saving(core=self.core, out=out, get=get, stamp=stamp))
        emptied = tuple(name for name in shape.required if name in out and out[name] is None)
        if emptied:
            message = f"Required fields are missing: [{', '.join(emptied)}]"
            raise RecordError("REQUIRED_FIELD_MISSING", message, *emptied)
        self._unique(table, shape, out, row)
        out.setdefault("LastModifiedDate", stamp)
        out.setdefault("LastModifiedById", caller.user_id)
        out.setdefault("SystemModstamp", stamp)
        if table.tracked:
            self._noted(table, history.changed(self.core, table, row, out, caller.user_id, stamp))
        self.store(table, row, out)

    def _noted(self, table: Table, rows: list[int]) -> None:
        """Take the history back too, should the request be rolled back."""
        if self.journal is not None and rows:
            kept = self.core.tables[f"{table.name}History"]
            self.journal.extend(partial(kept.purge, row) for row in rows)

    def _by_flow(self, table: Table, caller: Caller) -> Mapping[str, Value]:
        return self.flows.get(table.name, {}) if caller.access is not None else {}

    def store(self, table: Table, row: int, values: Mapping[str, Value]) -> None:
        """Store values as they are, remembering the old ones while a request may still be rolled back."""
        if self.journal is not None:
            before = {name: table.columns[name][row] for name in values}
            self.journal.append(lambda: table.change(row, before))
        table.change(row, values)

    def delete(self, table: Table, rows: Iterable[int], caller: Caller, master: str | None = None) -> None:
        """Move records to the recycle bin with what belongs to them; other lookups to them become empty."""
        stamp = caller.at if caller.at is not None else self.core.stamp()
        rows = [row for row in rows if not table.columns["IsDeleted"][row]]
        changes: dict[str, Value] = {"IsDeleted": True, "SystemModstamp": stamp}
        if master:
            changes["MasterRecordId"] = master
        for row in rows:
            self.store(table, row, changes)
            table.deletions.append((stamp, row))
            if self.journal is not None:
                self.journal.append(table.deletions.pop)
            elif table.name in SETUP:
                table.purge(row)
        if rows and master is None:
            self._release(table, {table.ids[row] for row in rows}, caller, stamp)

    def point_elsewhere(self, table: Table, old: str, new: str) -> None:
        """Every lookup to `old` now refers to `new`: what merging does to related records."""
        stamp = self.core.stamp()
        for other, reference in self._references(table):
            column, deleted = other.columns[reference.name], other.columns["IsDeleted"]
            for row in [row for row, value in enumerate(column) if value == old and not deleted[row]]:
                self.store(other, row, {reference.name: new, "SystemModstamp": stamp})

    def _release(self, table: Table, gone: set[str], caller: Caller, stamp: int) -> None:
        for other, reference in self._references(table):
            column, deleted = other.columns[reference.name], other.columns["IsDeleted"]
            if len(gone) == 1 and next(iter(gone)) not in column:  # far faster than the scan below
                continue
            rows = [row for row, value in enumerate(column) if value in gone and not deleted[row]]
            if reference.cascade:
                self.delete(other, rows, caller)
            elif reference.createable:
                for row in rows:
                    self.store(other, row, {reference.name: None, "SystemModstamp": stamp})

    def _references(self, table: Table) -> list[tuple[Table, Field]]:
        return [
            (other, field)
            for other in self.core.tables.values()
            if len(other)
            for field in other.fields.values()
            if table.name in field.targets and not (field.name in _STAMPED or field.name == "MasterRecordId")
        ]

    def _shape(self, table: Table) -> _Shape:
        shape = self._shapes.get(table.name)
        if shape is None or shape.table is not table or shape.version != table.version:
            fields = {f.name: (f, self._converter(f)) for f in table.fields.values()}
            shape = _Shape(
                table=table,
                version=table.version,
                fields=fields,
                lower={name.lower(): name for name in fields},
                relations={f.relationship.lower(): f for f in table.fields.values() if f.relationship},
                defaults=tuple((f.name, f.default) for f in table.fields.values() if f.default is not None),
                required=tuple(f.name for f in table.fields.values() if f.required),
                unique=tuple(f.name for f in table.fields.values() if f.unique),
                owned="OwnerId" in table.fields,
            )
            self._shapes[table.name] = shape
        return shape

    def _converter(self, field: Field) -> Convert:
        if field.type not in ("reference", "id"):
            return converter(field)
        by_prefix, targets = self.core.by_prefix, frozenset(field.targets)

        def convert(value: object) -> Value:
            if value is None or value == "":
                return None
            table = by_prefix.get(value[:3]) if isinstance(value, str) else None
            if table is None or table.name not in targets or not ids.is_id(value):
                message = f"{field.label}: id value of incorrect type: {value}"
                raise RecordError("MALFORMED_ID", message, field.name)
            row = table.live(str(value))
            if row is None:
                raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
            return table.ids[row]

        return convert

    def _clean(
        self, table: Table, shape: _Shape, values: Mapping[str, object], caller: Caller, *, creating: bool
    ) -> dict[str, Value]:
        out: dict[str, Value] = {}
        for key, value in values.items():
            slot = shape.fields.get(key) or shape.fields.get(shape.lower.get(key.lower(), ""))
            relation = shape.relations.get(key.lower()) if slot is None and isinstance(value, Mapping) else None
            if relation is not None:
                slot = shape.fields[relation.name]
            if slot is None:
                raise RecordError("INVALID_FIELD", f"No such column '{key}' on sobject of type {table.name}", key)
            field, convert = slot
            if caller.access is not None:
                _permit(table, field, caller.access, creating=creating)
            elif field.name in _NEVER:
                raise RecordError("INVALID_FIELD", f"{field.name} cannot be given", field.name)
            out[field.name] = convert(value) if relation is None else referred(self.core, field, value, caller.access)
        return out

    def _own(self, table: Table, out: dict[str, Value], caller: Caller) -> None:
        if table.name == "Lead" and caller.auto_assign and self.rule_active and self.lead_owner:
            out["OwnerId"] = self.lead_owner
        elif out.get("OwnerId") is None:
            out["OwnerId"] = caller.user_id
        else:
            self._check_owner(table, out["OwnerId"], caller)

    def _check_owner(self, table: Table, owner: Value, caller: Caller) -> None:
        if not isinstance(owner, str):
            raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [OwnerId]", "OwnerId")
        if caller.access is None:
            return
        if owner.startswith("005") and not self.core.value(owner, "IsActive"):
            message = f"operation performed with inactive user [{owner}] as owner of {table.name.lower()}"
            raise RecordError("INACTIVE_OWNER_OR_USER", message, "OwnerId")
        if owner.startswith("00G") and not self._queue_allows(owner, table.name):
            message = "Queue not associated with this SObject type"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, "OwnerId")

    def _queue_allows(self, queue: str, name: str) -> bool:
        columns = self.core.tables["QueueSobject"].columns
        rows = zip(columns["QueueId"], columns["SobjectType"], columns["IsDeleted"], strict=True)
        return any(a == queue and b == name and not gone for a, b, gone in rows)

    def _unique(self, table: Table, shape: _Shape, out: Mapping[str, Value], row: int | None) -> None:
        for name in shape.unique:
            value = out.get(name)
            others = [other for other in table.find(name, value) if other != row] if value is not None else []
            if others:
                message = f"duplicate value found: {name} duplicates value on record with id: {table.ids[others[0]]}"
                raise RecordError("DUPLICATE_VALUE", message)
        twins = TWINS.get(table.name) if row is None else None
        if twins:
            names, code, blamed = twins
            columns = [table.columns[name] for name in (*names, "IsDeleted")]
            if (*(out.get(name) for name in names), False) in set(zip(*columns, strict=True)):
                raise RecordError(code, f"duplicate value found: {blamed} {out.get(blamed)}", blamed)

    def _stamp_new(self, out: dict[str, Value], stamp: int, caller: Caller) -> None:
        created = out.get("CreatedDate")
        if created is None:
            out["CreatedDate"] = created = stamp
        if out.get("CreatedById") is None:
            out["CreatedById"] = caller.user_id
        if out.get("LastModifiedDate") is None:
            out["LastModifiedDate"] = created
        if out.get("LastModifiedById") is None:
            out["LastModifiedById"] = out["CreatedById"]
        if out.get("SystemModstamp") is None:
            out["SystemModstamp"] = stamp
        out["IsDeleted"] = False


def _permit(table: Table, field: Field, access: Access, *, creating: bool) -> None:
    allowed = (field.createable or field.audit) if creating else field.updateable
    if not allowed or not access.edits(table, field):
        message = (
            f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set."
        )
        raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, field.name)
