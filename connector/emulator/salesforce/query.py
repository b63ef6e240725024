"""REST queries, page by page."""

import re
import secrets
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.salesforce import select, soql
from connector.emulator.salesforce.errors import ApiError
from connector.emulator.salesforce.scope import Scope
from connector.emulator.salesforce.web import DATA, Call, Door, answer

_MOST_TEXT = 100_000
_MOST_OPEN = 50
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """A query with pages still to come."""

    rows: Sequence[int]
    show: select.Show
    size: int
    user_id: str


class Queries:
    """Runs queries and remembers where each stands; old ones are forgotten beyond 50."""

    def __init__(self) -> None:
        self.page_size: int | None = None
        """Pages no longer than this, whatever the caller asked for: Salesforce shortens them at will."""
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def clear(self) -> None:
        """Forget every open query."""
        self._open.clear()

    def query(self, call: Call) -> Response:
        """`GET .../query?q=`."""
        return self._first(call, include_deleted=False)

    def query_all(self, call: Call) -> Response:
        """`GET .../queryAll?q=`, recycle bin included."""
        return self._first(call, include_deleted=True)

    def more(self, call: Call) -> Response:
        """`GET .../query/{locator}`."""
        name, _, start = call.path["locator"].rpartition("-")
        open_query = self._open.get(name)
        if open_query is None or open_query.user_id != call.user_id or not start.isdigit():
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, name, open_query, int(start))

    def _first(self, call: Call, *, include_deleted: bool) -> Response:
        text = call.query.get("q", "")
        found = run(call, text, include_deleted=include_deleted)
        if found.records is not None:
            return answer({"totalSize": found.total, "done": True, "records": found.records})
        size = self._size(call)
        name = "01g" + secrets.token_hex(8)[:12] + "AAA"
        rows: Sequence[int] = array("l", found.rows) if len(found.rows) > size else found.rows
        opened = _Open(rows=rows, show=found.show, size=size, user_id=call.user_id)
        if len(rows) > size:
            self._open[name] = opened
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        return self._page(call, name, opened, 0)

    def _size(self, call: Call) -> int:
        asked = _BATCH.search(call.headers.get("sforce-query-options", ""))
        size = min(max(int(asked[1]), 200), 2000) if asked else 2000
        return min(size, self.page_size) if self.page_size else size

    def _page(self, call: Call, name: str, opened: _Open, start: int) -> Response:
        stop = start + opened.size
        show = opened.show
        body: dict[str, object] = {"totalSize": len(opened.rows), "done": stop >= len(opened.rows)}
        if not body["done"]:
            body["nextRecordsUrl"] = f"{call.api}/query/{name}-{stop}"
        body["records"] = [show(row) for row in opened.rows[start:stop]]
        return answer(body)

    def routes(self, door: Door) -> list[Route]:
        """Query resources."""
        return [
            Route(f"{DATA}/query", door.open(self.query), methods=["GET"]),
            Route(f"{DATA}/queryAll", door.open(self.query_all), methods=["GET"]),
            Route(f"{DATA}/query/{{locator}}", door.open(self.more), methods=["GET"]),
            Route(f"{DATA}/queryAll/{{locator}}", door.open(self.more), methods=["GET"]),
        ]


def run(call: Call, text: str, *, include_deleted: bool) -> select.Answer:
    """Parse and run a query for this caller."""
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
    if len(text) > _MOST_TEXT:
        raise ApiError(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {_MOST_TEXT} characters.")
    query = soql.parse(text)
    if query.offset > 2000:
        message = "Maximum SOQL offset allowed is 2000"
        raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", message)
    scope = Scope(call.core, call.access, text)
    return select.run(scope, query, include_deleted=include_deleted, api=call.api)
