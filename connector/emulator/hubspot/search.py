"""Search over HTTP: the limits HubSpot sets on a query, and a page of its results."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

from connector.emulator.hubspot.filters import Filter, Sort, read_filter, read_sort
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.objects import bare, shown_names
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Answer, Record, Table
from connector.emulator.hubspot.scan import Query, run
from connector.emulator.hubspot.wire import invalid, reply

MOST_A_PAGE: Final = 200
MOST_RESULTS: Final = 10_000
MOST_GROUPS: Final = 5
MOST_IN_A_GROUP: Final = 6
MOST_FILTERS: Final = 18
LONGEST: Final = 3_000
KEPT_ANSWERS: Final = 16
"""Searches whose results are remembered for paging: a few clients may page at the same time."""


def search(call: Call) -> Response:
    """POST a query: matching records as the search index sees them, at most 10,000 of them in all."""
    table = call.table("read")
    limit, after = _window(call)
    results = _results(call.portal, table, call.members)
    names = shown_names(table, call.field("properties", list, []))
    shown = [_shown(table, record, names) for record in results.part(after, after + limit)]
    return reply(_body(results, shown, after + limit))


def _results(portal: Portal, table: Table, body: dict[str, Any]) -> Answer:
    """What a query finds; kept until the object changes, so that paging does not search again."""
    asked = orjson.dumps([body.get(name) for name in ("filterGroups", "filters", "sorts", "query")])
    # Links and lagging changes move without the table's version: such answers are not kept.
    keepable = b'"associations.' not in asked and not table.before
    version, kept = table.answers.get(asked, (-1, None))
    if keepable and kept is not None and version == table.version:
        return kept
    results = run(portal, table, read_query(portal, table, body))
    if keepable:
        table.answers.pop(asked, None)
        if len(table.answers) >= KEPT_ANSWERS:
            del table.answers[next(iter(table.answers))]
        table.answers[asked] = (table.version, results)
    return results


def read_query(portal: Portal, table: Table, body: Mapping[str, Any]) -> Query:
    """The query of a search's JSON; refused when it breaks HubSpot's limits or names what there is not."""
    groups = body.get("filterGroups") or ([{"filters": body["filters"]}] if body.get("filters") else [])
    sorts = body.get("sorts") or []
    if not _objects(groups) or not all(_objects(group.get("filters") or []) for group in groups):
        raise invalid("Invalid input JSON: filterGroups must be a list of objects with filters")
    if not isinstance(sorts, list) or not all(isinstance(sort, str | dict) for sort in sorts):
        raise invalid("Invalid input JSON: sorts must be a list of names or objects")
    _refuse_too_many(groups, sorts, body)
    return Query(
        groups=tuple(tuple(_filters(portal, table, group)) for group in groups),
        sort=_sort(table, sorts),
        text=str(body.get("query") or "").lower(),
    )


def _objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _refuse_too_many(groups: list[Any], sorts: list[Any], body: Mapping[str, Any]) -> None:
    sizes = [len(group.get("filters") or []) for group in groups]
    problems = (
        (len(groups) > MOST_GROUPS, f"There are {len(groups)} filter groups; at most {MOST_GROUPS} are allowed"),
        (max(sizes, default=0) > MOST_IN_A_GROUP, f"At most {MOST_IN_A_GROUP} filters are allowed in a filter group"),
        (sum(sizes) > MOST_FILTERS, f"There are {sum(sizes)} filters; at most {MOST_FILTERS} are allowed"),
        (len(sorts) > 1, "Only one sort is allowed"),
        (len(str(body.get("query") or "")) > LONGEST, f"The query is longer than {LONGEST} characters"),
    )
    for broken, message in problems:
        if broken:
            raise invalid(message)


def _filters(portal: Portal, table: Table, group: Mapping[str, Any]) -> Iterable[Filter]:
    return (read_filter(portal, table, told) for told in group.get("filters") or [])


def _sort(table: Table, sorts: list[Any]) -> Sort:
    return read_sort(table, sorts[0]) if sorts else Sort(name="hs_object_id", descending=False)


def _window(call: Call) -> tuple[int, int]:
    limit = call.field("limit", int, 10)
    after = str(call.field("after", object, "0"))
    if not 0 <= limit <= MOST_A_PAGE:
        raise invalid(f"limit must be from 0 to {MOST_A_PAGE}, got {limit}")
    if not after.isdigit():
        raise invalid(f"after must be a number, got {after}")
    if int(after) + limit > MOST_RESULTS:
        raise invalid(f"Paging past {MOST_RESULTS} results is not possible: after + limit is {int(after) + limit}")
    return limit, int(after)


def _shown(table: Table, record: Record, names: tuple[str, ...]) -> dict[str, Any]:
    return bare(record) | {"properties": table.pick(record, names)}


def _body(results: Answer, shown: list[dict[str, Any]], end: int) -> dict[str, Any]:
    body: dict[str, Any] = {"total": results.total, "results": shown}
    if end < results.total:
        body["paging"] = {"next": {"after": str(end)}}
    return body
