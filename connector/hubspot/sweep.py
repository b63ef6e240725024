"""Everything that changed within a span of time, by HubSpot's search, without loss and without end.

A search gives at most 10,000 hits, and counting pages over a set that moves while it is read skips rows. So no page
is counted: each question begins where the last answer ended, at its last stamp. Many rows may share one stamp (an
import writes thousands in a millisecond); when a whole page does, that stamp is read by record id instead.
https://developers.hubspot.com/docs/guides/api/crm/search
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from connector.errors import TryAgain

PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """One answer: its bytes, the ids and stamps (ms since 1970) in order, and whether more match.

    `merged` are the ids of records that were merged into these.
    """

    page: bytes
    ids: tuple[int, ...]
    stamps: tuple[int, ...]
    more: bool
    merged: tuple[str, ...] = ()


Ask = Callable[[dict[str, Any]], Hits]


def sweep(ask: Ask, stamp: str, since_ms: int, until_ms: int) -> Iterator[Hits]:
    """Answers that hold every record stamped since..until (both included); a record may come twice."""
    low = since_ms
    while low <= until_ms:
        hits = ask(_question(stamp, [at(stamp, "GTE", low), at(stamp, "LTE", until_ms)]))
        yield hits
        if not hits.more or not hits.stamps:
            return
        last = hits.stamps[-1]
        if last > low:
            low = last  # not last + 1: rows of the same stamp may be on the next page
        else:
            yield from _tied(ask, stamp, low)
            low += 1


def _tied(ask: Ask, stamp: str, at_ms: int) -> Iterator[Hits]:
    """Every record stamped exactly `at_ms`, by id."""
    last, more = 0, True
    while more:
        exactly = [at(stamp, "GTE", at_ms), at(stamp, "LTE", at_ms), at("hs_object_id", "GT", last)]
        hits = ask(_question("hs_object_id", exactly))
        yield hits
        more = hits.more and bool(hits.ids)
        if more and hits.ids[-1] <= last:
            raise TryAgain("HubSpot search did not go on by record id: nothing of this read is kept. Run again.")
        last = hits.ids[-1] if hits.ids else last


def _question(sort: str, filters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "limit": PAGE,
        "after": "0",
    }


def at(name: str, operator: str, value: int) -> dict[str, Any]:
    """One filter of a search."""
    return {"propertyName": name, "operator": operator, "value": str(value)}
