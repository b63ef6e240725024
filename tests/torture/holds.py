"""All that a CRM holds, in words that do not depend on the order or the second in which it was written."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.jobs.small import Company

RUNS_LAST = timedelta(hours=12)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")

Records = dict[str, list[dict[str, Any]]]


def everything(company: Company) -> Records:
    """Every live record of every object, as the emulator shows it."""
    objects = [
        *company.org.inspect(None)["counts"],
        *(("lists", "list_memberships") if company.crm == "hubspot" else ()),
    ]
    return {object: company.org.inspect(object)["records"] for object in sorted(set(objects))}


def holds(company: Company, before: Records, began: datetime) -> Records:
    """The same without what two runs may differ in: ids of records that were not there `before`, moments of the runs.

    A new record is called by its key, wherever it is named.
    """
    now = everything(company)
    old = {_id(one) for records in before.values() for one in records}
    key = company.names["key"]
    called: dict[str, str] = {}
    for object, records in now.items():
        for one in records:
            if _id(one) not in old:
                called[_id(one)] = f"{object} {_flat(one).get(key)}"
    return {
        object: sorted((_normal(one, called, began) for one in records), key=repr) for object, records in now.items()
    }


def keys_of(records: Records, key: str) -> list[tuple[str, str]]:
    """(object, key) of every record that carries one, once for each record."""
    found = ((object, _flat(one).get(key)) for object, some in records.items() for one in some)
    return sorted((object, value) for object, value in found if value)


def _normal(value: Any, called: Mapping[str, str], began: datetime) -> Any:
    if isinstance(value, Mapping):
        return {name: _normal(one, called, began) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return sorted((_normal(one, called, began) for one in value), key=repr)
    if isinstance(value, str):
        return called.get(value) or _MOMENT.sub(lambda found: _moment(found.group(), began), value)
    return value


def _moment(text: str, began: datetime) -> str:
    moment = datetime.fromisoformat(text)
    return "(during the runs)" if began - timedelta(seconds=5) <= moment <= began + RUNS_LAST else text


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record, **record.get("properties", {})}


def _id(record: Mapping[str, Any]) -> str:
    return str(record.get("Id") or record.get("id"))
