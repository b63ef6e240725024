"""The whole org as JSON-able values, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from connector.emulator.salesforce import standard, times
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.tooling import Tooling


def shown(table: Table, row: int) -> dict[str, object]:
    """One record, datetimes as REST text."""
    record: dict[str, object] = dict(table.get(row))
    for name, field in table.fields.items():
        value = record[name]
        if field.type == "datetime" and isinstance(value, int):
            record[name] = times.rest(value)
    return record


def dump(core: Core, tooling: Tooling, records: Records) -> dict[str, Any]:
    """Definitions that differ from the standard ones, and every record."""
    plain = standard.tables()
    return {
        "org_id": core.org_id,
        "api_user": core.api_user,
        "lead_owner": records.lead_owner,
        "created": [list(pair) for pair in tooling.created],
        "tables": {table.name: _dumped(table, plain.get(table.name)) for table in core.tables.values()},
    }


def _dumped(table: Table, plain: Table | None) -> dict[str, Any]:
    usual = plain.fields if plain is not None else {}
    own = [asdict(field) for field in table.fields.values() if usual.get(field.name) != field]
    about = {"label": table.label, "prefix": table.prefix, "guarded": table.guarded, "changed_at": table.changed_at}
    about["custom"] = table.custom
    return {**about, "tracked": sorted(table.tracked), "fields": own, "records": table.dump()}


def load(snapshot: Mapping[str, Any], core: Core, tooling: Tooling, records: Records) -> None:
    """Become what was dumped."""
    core.clear()
    for name, dumped in snapshot["tables"].items():
        _loaded(core, name, dumped)
    core.org_id, core.api_user = snapshot["org_id"], snapshot["api_user"]
    core.tables["Organization"].ids[:] = [core.org_id]
    records.lead_owner = snapshot["lead_owner"]
    tooling.created = [(object_name, field) for object_name, field in snapshot["created"]]


def _loaded(core: Core, name: str, dumped: Mapping[str, Any]) -> None:
    fields = [_field(values) for values in dumped["fields"]]
    table = core.tables.get(name)
    if table is None:
        table = Table(name, dumped["label"], dumped["prefix"], (), custom=dumped.get("custom", True))
        core.add_table(table)
    for field in fields:
        if field.name in table.fields:
            table.replace_field(field)
        else:
            table.add_field(field)
    table.guarded, table.changed_at = dumped["guarded"], dumped["changed_at"]
    table.tracked = frozenset(dumped.get("tracked", ()))
    table.load(dumped["records"])


def _field(values: Mapping[str, Any]) -> Field:
    return Field(**{**values, "choices": tuple(values["choices"]), "targets": tuple(values["targets"])})
