"""Bulk API 2.0 ingest: many records as CSV in one job, and an outcome for each of them.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from connector.errors import GiveUp, TryAgain, Unclear
from connector.port import JobBook, Outcome, Record
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.job import Jobs
from connector.salesforce.outcomes import of_bulk_error, refused, written
from connector.transport import Transport
from connector.wire import Call
from mappings.changes import Value

NULL = "#N/A"
"""Clears a field; an empty cell would leave it as it is."""

_LARGEST = 90_000_000  # bytes; Salesforce takes 150 MB after base64, so 100 MB as they are
_TRIES = 3
_PARENTS = ("AccountId", "ParentId", "WhatId", "OpportunityId", "WhoId")
CALLS = 15
"""Calls of one job: create, upload, close, three results, and some nine questions about its state."""


class Ingest:
    """Writes many records of one object; notes each job in `book`, if there is one, before it may begin."""

    def __init__(self, config: SalesforceConfig, transport: Transport) -> None:
        self._transport = transport
        self.jobs = Jobs(config, transport, "ingest")
        self.book: JobBook | None = None

    def write(self, object: str, key_field: str | None, records: Sequence[Record]) -> Iterator[Outcome]:
        """Update by id, or upsert by `key_field`, in as few jobs as the size allows."""
        name = key_field or "Id"
        # neighbours in one internal batch share their parent, so that parallel batches do not lock each other out
        ordered = sorted(records, key=lambda record: _parent(record, name))
        for text, part in _files(ordered, name):
            yield from self._job(object, key_field, text, part)

    def _job(self, object: str, key_field: str | None, text: bytes, records: Sequence[Record]) -> Iterator[Outcome]:
        wanted = {"object": object, "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
        wanted |= {"operation": "upsert", "externalIdFieldName": key_field} if key_field else {"operation": "update"}
        job = self._uploaded(wanted, gzip.compress(text, 1))
        self.jobs.close(job, "UploadComplete")
        state = self.jobs.done(job, partly=True)
        if self.book is not None:
            self.book.ended(job)
        yield from self._outcomes(job, key_field or "Id", records, state)

    def _uploaded(self, wanted: Mapping[str, object], packed: bytes) -> str:
        """A new job that holds the records."""
        for _ in range(_TRIES):
            job = self.jobs.create(wanted)
            if self.book is not None:
                self.book.began(job)
            try:
                self._upload(job, packed)
            except GiveUp as error:
                # The answer to an upload was lost and the upload repeated: a job takes data once. It has not begun,
                # so it can be forgotten.
                if error.code != "INVALIDJOBSTATE":
                    raise
                self.jobs.close(job, "Aborted")
            else:
                return job
        raise TryAgain(f"Salesforce took no upload of {wanted['object']} records in {_TRIES} tries. Run again.")

    def _upload(self, job: str, packed: bytes) -> None:
        self._transport.send(
            Call(
                method="PUT",
                target=f"{self.jobs.path(job)}/batches",
                body=packed,
                headers={"Content-Type": "text/csv; charset=UTF-8", "Content-Encoding": "gzip"},
                repeatable=True,
                expects="bytes",
            )
        )

    def _outcomes(
        self, job: str, name: str, records: Sequence[Record], state: Mapping[str, object]
    ) -> Iterator[Outcome]:
        waiting = {_cell(_named(record, name)): record for record in records}
        good = bad = 0
        for row, record in self._matched(job, "successfulResults", {name, "sf__Id", "sf__Created"}, name, waiting):
            good += 1
            yield written(record, row["sf__Id"], created=row["sf__Created"] == "true" and name != "Id")
        for row, record in self._matched(job, "failedResults", {name, "sf__Error"}, name, waiting):
            bad += 1
            yield of_bulk_error(record, row["sf__Error"])
        left = 0
        for _, record in self._matched(job, "unprocessedrecords", {name}, name, waiting):
            left += 1
            yield refused(record, "UNPROCESSED", f"Salesforce did not come to this record in job {job}.")
        said = (state.get("numberRecordsProcessed"), state.get("numberRecordsFailed"))
        if waiting or said[0] not in (good + bad, good + bad + left) or said[1] != bad:
            raise Unclear(
                f"Salesforce job {job}: sent {len(records):,} records; {good:,} succeeded, {bad:,} failed, {left:,} "
                f"were not processed, and it says that it processed {said[0]} and failed {said[1]}. Look at the job "
                "in Setup, Bulk Data Load Jobs, then run again: the write is repeatable."
            )

    def _matched(
        self, job: str, kind: str, columns: set[str], name: str, waiting: dict[str, Record]
    ) -> Iterator[tuple[Mapping[str, str], Record]]:
        """Rows of one result with the record each is about; results come in no order."""
        for row in self._result(job, kind, columns):
            record = waiting.pop(row[name], None)
            if record is not None:
                yield row, record

    def _result(self, job: str, kind: str, columns: set[str]) -> Iterable[Mapping[str, str]]:
        """One result, at most as large as what was uploaded; asked for again where what came is none."""
        call = Call(method="GET", target=f"{self.jobs.path(job)}/{kind}", expects="bytes")
        for _ in range(_TRIES):
            with suppress(UnicodeDecodeError):
                text = self._transport.send(call).body.decode("utf-8")
                rows = csv.DictReader(io.StringIO(text, newline=""))
                if not text or columns <= {*(rows.fieldnames or ())}:
                    return rows
        raise Unclear(
            f"Salesforce job {job}: what came as its {kind} is no list of records, {_TRIES} times. Check for a "
            "proxy, then run again: the write is repeatable."
        )


def _files(records: Sequence[Record], name: str) -> Iterator[tuple[bytes, list[Record]]]:
    """CSV files below the size limit, each with the records in it."""
    fields = [name, *sorted({field for record in records for field in record.values} - {name})]
    head = _line(fields)
    text, part = io.BytesIO(head), list[Record]()
    text.seek(0, io.SEEK_END)
    for record in records:
        line = _line([_named(record, name), *(_cell_of(record.values, field) for field in fields[1:])])
        if part and text.tell() + len(line) > _LARGEST:
            yield text.getvalue(), part
            text, part = io.BytesIO(head), []
            text.seek(0, io.SEEK_END)
        text.write(line)
        part.append(record)
    if part:
        yield text.getvalue(), part


def _line(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _named(record: Record, name: str) -> str:
    return str(record.id if name == "Id" else record.key)


def _cell_of(values: Mapping[str, Value], field: str) -> str:
    return _cell(values[field]) if field in values else ""


def _cell(value: Value) -> str:
    if value is None or value == "":
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parent(record: Record, name: str) -> tuple[str, str]:
    parent = next((str(record.values[field]) for field in _PARENTS if record.values.get(field)), "")
    return parent, _named(record, name)
