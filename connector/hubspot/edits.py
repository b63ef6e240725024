"""Who wrote a property last, from HubSpot's property history: 50 records a call.

https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-read
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connector.hubspot.cells import milliseconds
from connector.hubspot.library import Library
from connector.hubspot.owners import named
from connector.hubspot.portal import Portal
from connector.port import Edit, moment_of

PER_CALL = 50
_USER = re.compile(r"userId:(\d+)")


class Edits:
    """Asks for edits of records of any object."""

    def __init__(self, portal: Portal, library: Library) -> None:
        self._portal = portal
        self._library = library

    def of(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Edit]:
        """One edit for each record and property that has a history."""
        unique = list(dict.fromkeys(ids))
        for start in range(0, len(unique), PER_CALL):
            inputs = [{"id": id} for id in unique[start : start + PER_CALL]]
            body = {"inputs": inputs, "properties": [], "propertiesWithHistory": list(fields)}
            for record in self._portal.batch(object, "read", body).data.get("results") or ():
                yield from self._newest(str(record["id"]), record.get("propertiesWithHistory") or {})

    def _newest(self, id: str, history: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Edit]:
        for field, versions in sorted(history.items()):
            if versions:
                newest = max(versions, key=lambda one: milliseconds(str(one["timestamp"])))
                yield Edit(
                    id=id,
                    field=field,
                    value=newest.get("value") or None,
                    at=moment_of(milliseconds(str(newest["timestamp"]))),
                    by=self._writer(newest),
                    source=newest.get("sourceType"),
                )

    def _writer(self, version: Mapping[str, Any]) -> str | None:
        """The person's name, else what HubSpot calls the source (the name of an app, a workflow, an import)."""
        told = _USER.search(str(version.get("sourceId") or ""))
        user = version.get("updatedByUserId") or (int(told[1]) if told else None)
        label = version.get("sourceLabel")
        return self._people.get(int(user)) if user is not None else (str(label) if label else None)

    @cached_property
    def _people(self) -> Mapping[int, str]:
        """Names by user id, of those who left too; asked for once, when the first name is needed."""
        return named(self._library)
