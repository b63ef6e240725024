"""Bulk API 2.0 queries: the result streamed part by part into Arrow batches, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from connector.errors import GiveUp, Incomplete, Interrupted
from connector.paging import Trail
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.job import Jobs
from connector.salesforce.rows import from_csv
from connector.salesforce.soql import Select
from connector.transport import Transport
from connector.wire import Call

_TRIES = 6
_REFUSED = ("INVALIDENTITY", "INVALID_TYPE_FOR_OPERATION", "FUNCTIONALITY_NOT_ENABLED", "INVALIDJOB")


@dataclass(slots=True)
class _Part:
    """One part of a result: where it starts, and what has arrived of it."""

    locator: str | None
    arrived: int = 0
    announced: int | None = None
    next: str | None = None
    ids: list[pa.Array] = field(default_factory=list)


class BulkQuery:
    """Runs large queries as jobs."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport
        self._jobs = Jobs(config, transport, "query")

    def start(self, select: Select) -> str | None:
        """The id of the job, or None for an object that Bulk does not serve (some history and status objects)."""
        operation = "queryAll" if select.everything else "query"
        try:
            return self._jobs.create({"operation": operation, "query": select.unordered})
        except GiveUp as error:
            if error.code in _REFUSED:
                return None
            raise

    def batches(self, job: str, into: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows. Raises `Incomplete` when fewer arrive than the job processed."""
        state = self._jobs.done(job)
        expected = int(state["numberRecordsProcessed"])
        arrived, locator, trail = 0, None, Trail(f"Salesforce job {job}")
        while True:
            part = _Part(locator)
            yield from self._part(job, part, into)
            arrived += part.arrived
            if part.next is None:
                break
            if arrived > expected:
                break  # more is promised for ever
            locator = trail.on(part.next)
        if arrived != expected:
            raise Incomplete(
                f"Salesforce job {job} on {state.get('object')} processed {expected:,} rows and sent {arrived:,}. "
                "Nothing of this read is kept; run again.",
                code="INCOMPLETE",
            )

    def _part(self, job: str, part: _Part, into: pa.Schema) -> Iterator[pa.RecordBatch]:
        """One part, asked for again from its start when the connection drops; rows that came are not given twice."""
        for attempt in range(_TRIES):
            try:
                yield from self._stream(job, part, into)
                break
            except Interrupted:
                if attempt == _TRIES - 1:
                    raise
                self._transport.wait(self._config.patience.first_s * 2**attempt)
        if part.announced is not None and part.arrived != part.announced:
            raise Incomplete(
                f"A part of Salesforce job {job} announced {part.announced:,} rows and held {part.arrived:,}. "
                "Nothing of this read is kept; run again.",
                code="INCOMPLETE",
            )
        if part.ids and (twice := part.arrived - pc.count_distinct(pa.chunked_array(part.ids)).as_py()):
            raise Incomplete(
                f"A part of Salesforce job {job} held {twice:,} of its {part.arrived:,} rows twice, so others are "
                "missing. Nothing of this read is kept; run again.",
                code="INCOMPLETE",
            )

    def _stream(self, job: str, part: _Part, into: pa.Schema) -> Iterator[pa.RecordBatch]:
        params = {"maxRecords": str(self._config.bulk_page)} | ({"locator": part.locator} if part.locator else {})
        call = Call(
            method="GET",
            target=f"{self._jobs.path(job)}/results",
            params=params,
            headers={"Accept": "text/csv"},
            expects="bytes",
        )
        with self._transport.stream(call) as (body, headers):
            part.next = _locator(headers.get("Sforce-Locator"))
            told = headers.get("Sforce-NumberOfRecords")
            part.announced = int(told) if told else None
            if part.announced == 0:
                return
            skip = part.arrived
            for batch in from_csv(body, into):
                fresh = batch.slice(min(skip, batch.num_rows))
                skip -= batch.num_rows - fresh.num_rows
                if fresh.num_rows:
                    part.arrived += fresh.num_rows
                    if "Id" in into.names:
                        part.ids.append(fresh.column("Id"))
                    yield fresh


def _locator(value: str | None) -> str | None:
    return None if value in (None, "", "null") else value
