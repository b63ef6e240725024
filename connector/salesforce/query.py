"""REST queries: pages, counts, and going on behind the last row when Salesforce has lost its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.errors import GiveUp, Incomplete, TryAgain
from connector.paging import Trail
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.soql import Select
from connector.transport import Transport
from connector.wire import Call

Record = dict[str, Any]
_PAGE = {"Sforce-Query-Options": "batchSize=2000"}  # a wish: wide rows come in smaller pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records of one answer; `total` is how many the whole query has, as Salesforce said at its start."""

    records: list[Record]
    total: int
    more: str | None


class RestQuery:
    """Runs queries page by page."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport

    def count(self, select: Select) -> int:
        """What SELECT COUNT() says."""
        return self._first(select.count, everything=select.everything).total

    def rows(self, soql: str) -> list[Record]:
        """All rows of a small query, in memory."""
        return self._all(soql, everything=False)

    def every(self, soql: str) -> list[Record]:
        """The same with rows in the recycle bin (queryAll)."""
        return self._all(soql, everything=True)

    def _all(self, soql: str, *, everything: bool) -> list[Record]:
        page = self._first(soql, everything=everything)
        records, trail = page.records, Trail("Salesforce query")
        while page.more and page.records and len(records) <= page.total:
            page = self._next(trail.on(page.more))
            records = records + page.records
        return records

    def tooling(self, soql: str) -> list[Record]:
        """All rows of a small query about the org's own definitions."""
        target = f"{self._config.data}/tooling/query"
        return list(self._transport.send(Call(method="GET", target=target, params={"q": soql})).data["records"])

    def first(self, select: Select) -> Page:
        """The first page, which says how many rows there are."""
        return self._first(select.text, everything=select.everything)

    def rest(self, select: Select, page: Page) -> Iterator[list[Record]]:
        """This page's records and all that follow.

        Raises `Incomplete` when fewer arrive than Salesforce announced and still counts.
        """
        expected, arrived = page.total, 0
        trail = Trail(f"Salesforce {select.object}")
        while True:
            if page.records:
                yield page.records
                arrived += len(page.records)
                select = select.from_here(*_place(select, page.records[-1]))
            if page.more is None:
                break
            if arrived > expected or not page.records:
                raise TryAgain(
                    f"Salesforce announced {expected:,} rows of {select.object}, sent {arrived:,} and promises more"
                    " for ever. Nothing of this read is kept; run again."
                )
            try:
                page = self._next(trail.on(page.more))
            except GiveUp as error:
                if error.code != "INVALID_QUERY_LOCATOR":
                    raise
                trail.on(f"behind {select.after}")
                page = self.first(select)
                expected = arrived + page.total
        if arrived < expected:
            self._explain(select, arrived, expected)

    def _explain(self, select: Select, arrived: int, expected: int) -> None:
        """Rows deleted while we read are missing for a reason: the CRM counts fewer now, too."""
        whole = Select(
            object=select.object,
            fields=select.fields,
            stamp=select.stamp,
            since=select.since,
            everything=select.everything,
            only=select.only,
        )
        now = self.count(whole)
        if arrived < min(expected, now):
            raise Incomplete(
                f"Salesforce announced {expected:,} rows of {select.object}, counts {now:,} now and sent {arrived:,}."
                " Nothing of this read is kept; run again.",
                code="INCOMPLETE",
            )

    def _first(self, soql: str, *, everything: bool) -> Page:
        target = f"{self._config.data}/{'queryAll' if everything else 'query'}"
        return _page(self._transport.send(Call(method="GET", target=target, params={"q": soql}, headers=_PAGE)).data)

    def _next(self, target: str) -> Page:
        return _page(self._transport.send(Call(method="GET", target=target, headers=_PAGE)).data)


def _page(said: Any) -> Page:
    if not isinstance(said, dict) or "totalSize" not in said:
        raise GiveUp("Salesforce answered a query with something else than rows. Check the address and proxies.")
    more = None if said.get("done", True) else said.get("nextRecordsUrl")
    return Page(records=said.get("records", []), total=int(said["totalSize"]), more=more)


def _place(select: Select, record: Record) -> tuple[str, str]:
    stamp = str(record.get(select.stamp) or "") if select.stamp else ""
    return stamp.replace("+0000", "Z"), str(record["Id"])
