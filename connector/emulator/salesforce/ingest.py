"""The work of a Bulk ingest job: CSV rows in, records saved, three result files out."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.fields import Field
from connector.emulator.salesforce.records import Caller, Records
from connector.emulator.salesforce.relations import column
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.upsert import existing, repeated, upsert

_STEP = 500
_BATCH = 10_000
"""Salesforce cuts a job into batches of this many rows; an external id may not be in one batch twice."""
_NULL = "#N/A"
Row = list[str]
Save = Callable[[dict[str, object]], tuple[str, bool]]


@dataclass(slots=True, kw_only=True)
class Ingest:
    """What one job is to do, and what became of its rows. `problem` is why the whole job failed."""

    table: Table
    operation: str
    key: str | None
    caller: Caller
    assign: bool
    header: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    """Columns such as `Account.Key__c`, which name another record by its external id."""
    succeeded: list[tuple[str, bool, Row]] = field(default_factory=list)
    failed: list[tuple[str, str, Row]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problem: str | None = None

    @property
    def unprocessed(self) -> list[Row]:
        """The rows that were not come to, because the job failed or was aborted."""
        return self.rows[len(self.succeeded) + len(self.failed) :]

    def run(self, records: Records, data: bytes, separator: str) -> Iterator[None]:
        """Save every row; gives way every 500 rows."""
        try:
            self.rows = self._read(data, separator)
            self._check_header(records)
        except (RecordError, ApiError) as error:
            self.problem = f"InvalidBatch : {error.message}"
            return
        save = self._saver(records)
        for start in range(0, len(self.rows), _BATCH):
            batch = self.rows[start : start + _BATCH]
            twice = self._twice(batch)
            for place, row in enumerate(batch):
                self._save(save, row, twice)
                if place % _STEP == _STEP - 1:
                    yield

    def _read(self, data: bytes, separator: str) -> list[Row]:
        try:
            text = data.decode("utf-8-sig")
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise RecordError("INVALID_CONTENT", f"Error reading the CSV: {error}") from None
        rows = [row for row in rows if row]
        if not rows:
            raise RecordError("INVALID_CONTENT", "CSV must have at least one record")
        self.header = rows[0]
        if any(len(row) != len(self.header) for row in rows[1:]):
            raise RecordError("INVALID_CONTENT", "The number of fields in a record differs from the header")
        return rows[1:]

    def _check_header(self, records: Records) -> None:
        access = self.caller.access
        self.references = [name for name in self.header if column(records.core, self.table, name, access)]
        for name in self.header:
            found = self.table.fields.get(name)
            hidden = found is None or (access is not None and not access.reads(self.table, found))
            if hidden and name not in self.references:
                raise RecordError("INVALID_FIELD", f"Field name not found : {name}")
        needs = self.key if self.operation == "upsert" else "Id" if self.operation != "insert" else None
        if needs is not None and needs not in self.header:
            raise RecordError("INVALID_FIELD", f"Field name not found : {needs} is missing in the header")

    def _saver(self, records: Records) -> Save:
        caller = replace(self.caller, auto_assign=self.assign)
        if self.operation == "insert":
            return lambda values: (self.table.ids[records.create(self.table, values, caller)], True)
        if self.operation == "upsert" and self.key:
            return self._upserter(records, self.table.fields[self.key], caller)
        return self._changer(records, caller)

    def _upserter(self, records: Records, by: Field, caller: Caller) -> Save:
        def save(values: dict[str, object]) -> tuple[str, bool]:
            key = values.pop(by.name, None)
            saved = upsert(records, self.table, by, key, values, caller)
            return self.table.ids[saved.row], saved.created

        return save

    def _changer(self, records: Records, caller: Caller) -> Save:
        def save(values: dict[str, object]) -> tuple[str, bool]:
            row = existing(self.table, values.pop("Id", ""))
            if self.operation == "update":
                records.update(self.table, row, values, caller)
            else:
                records.delete(self.table, [row], caller)
                if self.operation == "hardDelete":
                    self.table.purge(row)
            return self.table.ids[row], False

        return save

    def _twice(self, batch: Sequence[Row]) -> set[object]:
        name = self.key if self.operation == "upsert" else "Id"
        if name not in self.header:
            return set()
        place = self.header.index(str(name))
        return repeated(row[place] for row in batch)

    def _save(self, save: Save, row: Row, twice: set[object]) -> None:
        # an empty cell leaves the field alone; #N/A empties it
        values: dict[str, object] = {
            name: None if cell == _NULL else cell for name, cell in zip(self.header, row, strict=True) if cell != ""
        }
        for path in self.references:
            if path in values:
                relationship, _, name = path.partition(".")
                values[relationship] = {name: values.pop(path)}
        key, given_id = values.get(self.key or "Id"), str(values.get("Id") or "")
        try:
            if key in twice:
                raise RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", self.key or "Id")
            id, created = save(values)
        except RecordError as error:
            code = "INVALID_TYPE_ON_FIELD_IN_RECORD" if error.code == "JSON_PARSER_ERROR" else error.code
            words = f"{code}:{error.message}:{','.join(error.fields)} --"
            self.failed.append((given_id, words, row))
        else:
            self.succeeded.append((id, created, row))


def result_file(ingest: Ingest, which: str, separator: str, newline: str) -> bytes:
    """`successfulresults`, `failedresults` or `unprocessedrecords` as CSV, everything quoted."""
    lines: Iterable[Sequence[str]]
    if which == "successfulresults":
        first = ["sf__Id", "sf__Created", *ingest.header]
        lines = ([id, "true" if created else "false", *row] for id, created, row in ingest.succeeded)
    elif which == "failedresults":
        first = ["sf__Id", "sf__Error", *ingest.header]
        lines = ([id, words, *row] for id, words, row in ingest.failed)
    else:
        first, lines = ingest.header, ingest.unprocessed
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(first)
    writer.writerows(lines)
    return out.getvalue().encode()
