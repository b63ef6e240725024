"""Owners as an object like any other: id, name, type (person or queue) and whether they left."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from connector.hubspot.library import Library
from connector.hubspot.pages import Shape


def rows(library: Library, shape: Shape) -> pa.RecordBatch:
    """Every owner; the columns that the shape asks for. Those who left are there, so that old ids resolve."""
    found = {row["id"]: row for row in _rows(library)}
    ordered = [found[id] for id in sorted(found, key=_numeric)]
    return pa.RecordBatch.from_pylist(ordered, schema=shape.arrow)


def named(library: Library) -> Mapping[int, str]:
    """Names by user id (which is another number than the owner's id), of those who left too."""
    found: dict[int, str] = {}
    for archived in (True, False):
        for owner in library.owners(archived=archived):
            user = owner.get("userId") or owner.get("userIdIncludingInactive")
            if user is not None:
                found[int(user)] = _name(owner)
    return found


def ids(library: Library) -> list[str]:
    """The ids of all of them."""
    return sorted({str(row["id"]) for row in _rows(library)}, key=_numeric)


def _rows(library: Library) -> Iterator[dict[str, Any]]:
    for archived in (True, False):  # an owner who came back is in both: the later one counts
        for owner in library.owners(archived=archived):
            yield {
                "id": str(owner["id"]),
                "name": _name(owner),
                "type": str(owner.get("type") or "PERSON"),
                "archived": bool(owner.get("archived", archived)),
            }


def _name(owner: Mapping[str, Any]) -> str:
    names = " ".join(str(owner[part]).strip() for part in ("firstName", "lastName") if owner.get(part))
    return names or str(owner.get("email") or owner["id"])


def _numeric(id: str) -> tuple[int, str]:
    return len(id), id
