"""What hangs on a task or a lead without showing in its fields: posts, files, and what people did with a lead.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_feeditem.htm
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil

from connector.errors import GiveUp
from connector.salesforce.query import RestQuery
from connector.salesforce.soql import any_of

_IDS = 200
_UNSEEN = ("INVALID_TYPE", "INVALID_FIELD", "NOT_FOUND", "INSUFFICIENT_ACCESS")
"""Posts are off, or our user may not see them: what nobody shows us we cannot keep."""
_BY_ITSELF = "Type NOT IN ('TrackedChange', 'CreateRecordEvent')"
"""Salesforce posts these by itself when a record is made or saved, by us too."""
_ANY = (("FeedItem", "ParentId", f" AND {_BY_ITSELF}"), ("ContentDocumentLink", "LinkedEntityId", ""))
_HANGS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Task": _ANY,
    "Lead": (*_ANY, ("Task", "WhoId", ""), ("Event", "WhoId", "")),
}


def asking(object: str, n: int) -> int:
    """Calls that asking about `n` records takes."""
    return ceil(n / _IDS) * len(_HANGS.get(object, ()))


def attached(rest: RestQuery, object: str, ids: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
    """(object, id) of all that hangs on these records, by record id; 200 records a query and kind."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for kind, parent, rest_of_it in _HANGS.get(object, ()):
        for start in range(0, len(ids), _IDS):
            some = any_of(parent, ids[start : start + _IDS])
            try:
                rows = rest.rows(f"SELECT Id, {parent} FROM {kind} WHERE {some}{rest_of_it}")
            except GiveUp as error:
                if error.code not in _UNSEEN:
                    raise
                break
            for row in rows:
                found[str(row[parent])].add((kind, str(row["Id"])))
    return dict(found)
