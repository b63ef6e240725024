"""Associations of records: their own stream, read 1,000 records a call, with type and label.

List pages could carry associations too, but without type ids and labels, and cut off after 100 a record.
https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from connector.errors import GiveUp, TryAgain
from connector.hubspot.names import ACTIVITIES, LINKS
from connector.hubspot.portal import LINKS_READ, Portal
from connector.port import LinkRows

COLUMNS = pa.schema([(name, pa.string()) for name in ("from_id", "to_id", "type_id", "label")])


def linked(portal: Portal, name: str, to: str, ids: Sequence[str]) -> LinkRows:
    """Every association from these records of `name` to records of `to`."""
    rows: set[tuple[str, str, str, str | None]] = set()
    for start in range(0, len(ids), LINKS_READ):
        for found in _answers(portal, name, to, ids[start : start + LINKS_READ]):
            rows.update(_rows(found))
    ordered = sorted(rows, key=lambda row: (row[0], row[1], row[2]))
    columns = [pa.array(column, pa.string()) for column in zip(*ordered, strict=True)]
    batch = pa.RecordBatch.from_arrays(columns or [pa.array([], pa.string())] * 4, schema=COLUMNS)
    return LinkRows(to=to, of=pa.array(ids, pa.string()), rows=batch)


def hanging(portal: Portal, name: str, ids: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
    """(object, id) of all that is associated with these records, by record id; kinds that we may not see left out.

    On a task all of it counts. On a lead or a deal only what people do with it: HubSpot links companies by itself.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for to in may_hang(name):
        try:
            rows = linked(portal, name, to, ids).rows
        except GiveUp as error:
            if error.status not in (400, 403, 404):
                raise
            continue
        for one, other in zip(rows.column("from_id").to_pylist(), rows.column("to_id").to_pylist(), strict=True):
            found.setdefault(one, set()).add((to, other))
    return found


def may_hang(name: str) -> list[str]:
    """The kinds of records that are looked for on these, one call each for 1,000 of them."""
    kinds = (*LINKS.get(name, ()), *ACTIVITIES) if name in ACTIVITIES else ACTIVITIES
    return sorted({*kinds} - {name})


def _answers(portal: Portal, name: str, to: str, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """One item a record and page of its associations: a record with very many of them has several pages."""
    inputs: list[Mapping[str, str]] = [{"id": id} for id in ids]
    seen: set[tuple[str, str]] = set()
    while inputs:
        answer = portal.read_links(name, to, inputs)
        inputs = []
        for found in answer.get("results", ()):
            yield found
            id, after = str(found["from"]["id"]), (found.get("paging") or {}).get("next", {}).get("after")
            if after is None:
                continue
            if (id, after) in seen:
                raise TryAgain(f"HubSpot gave the same page of {name} {id}'s {to} twice. Run again.")
            seen.add((id, after))
            inputs.append({"id": id, "after": str(after)})


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str | None]]:
    for to in found.get("to", ()):
        for type in to.get("associationTypes", ()):
            # ids come as numbers from some versions and as text from others
            yield str(found["from"]["id"]), str(to["toObjectId"]), str(type["typeId"]), type.get("label")
