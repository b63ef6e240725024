"""Whole objects, by the list: pages of 100 in order of record id, fetched ahead."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from connector.errors import CrmError
from connector.hubspot.ahead import ahead
from connector.hubspot.pages import after, content
from connector.hubspot.portal import BATCH, Portal
from connector.json_text import loads
from connector.paging import Trail

T = TypeVar("T")

_LONGEST_LIST = 6000
"""Characters of property names that fit a request's address; HubSpot answers 414 some way above."""
_DEPTH = 10


def pages(portal: Portal, name: str, properties: Sequence[str], *, archived: bool = False) -> Iterator[bytes]:
    """Every live (or archived) record with these properties, fetched ahead."""
    return ahead(_pages(portal, name, properties, archived=archived), _DEPTH)


def ids_of(page: bytes) -> list[str]:
    """The record ids of a page."""
    return [str(record["id"]) for record in loads(page)["results"]]


def grouped(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` items."""
    while group := list(islice(items, size)):
        yield group


def read(portal: Portal, name: str, properties: Sequence[str], ids: Sequence[str]) -> Iterator[bytes]:
    """These records with these properties, 100 a call; those that are gone are left out."""
    for start in range(0, len(ids), BATCH):
        inputs = [{"id": id} for id in ids[start : start + BATCH]]
        body = {"inputs": inputs, "properties": list(properties), "propertiesWithHistory": []}
        yield portal.batch(name, "read", body).body


def _pages(portal: Portal, name: str, properties: Sequence[str], *, archived: bool) -> Iterator[bytes]:
    if len(",".join(properties)) > _LONGEST_LIST:
        yield from _wide(portal, name, properties)
        return
    try:
        first = _page(portal, name, properties, None, archived=archived)
    except CrmError as error:
        if error.status != 414:
            raise
        yield from _wide(portal, name, properties)
        return
    yield from _following(portal, name, properties, first, archived=archived)


def _following(
    portal: Portal, name: str, properties: Sequence[str], page: bytes, *, archived: bool
) -> Iterator[bytes]:
    yield page
    trail = Trail(f"HubSpot {name}")
    while (place := after(page)) is not None:
        page = _page(portal, name, properties, trail.on(place, content(page)), archived=archived)
        yield page


def _wide(portal: Portal, name: str, properties: Sequence[str]) -> Iterator[bytes]:
    """More properties than an address can name: ids by the list, the properties by batch read."""
    for page in _pages(portal, name, ["hs_object_id"], archived=False):
        yield from read(portal, name, properties, ids_of(page))


def _page(portal: Portal, name: str, properties: Sequence[str], place: str | None, *, archived: bool) -> bytes:
    params = {"limit": str(BATCH), "properties": ",".join(properties), "archived": str(archived).lower()}
    return portal.page(name, params if place is None else {**params, "after": place})
