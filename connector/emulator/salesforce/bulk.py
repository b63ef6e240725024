"""Bulk API 2.0 over HTTP: ingest and query jobs.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connector.emulator.salesforce import ids, jobs, select, soql
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.ingest import Ingest, result_file
from connector.emulator.salesforce.jobs import Job
from connector.emulator.salesforce.query import run
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.upsert import key_field
from connector.emulator.salesforce.web import DATA, Call, Door, answer, nothing

_MOST_BYTES = 150_000_000
_PAGE = 100_000
_LISTED = 1_000
_LOOK_S = 0.005
_DELIMITERS = ("BACKQUOTE", "CARET", "COMMA", "PIPE", "SEMICOLON", "TAB")
_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")


def _one_of(body: dict[str, object], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = str(body.get(name, default))
    if value not in allowed:
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : invalid {name}: {value}")
    return value


class Bulk:
    """Jobs by id. A job's state moves on when it is asked for, not before `polls` questions.

    It waits in the queue for `queue_s` seconds of the CRM's clock before its first record is saved.
    """

    def __init__(self, core: Core, records: Records) -> None:
        self.core = core
        self.records = records
        self.polls = 1
        self.queue_s = 0
        self._jobs: dict[str, Job] = {}
        self._made = 0
        self._running: set[asyncio.Task[None]] = set()

    def clear(self) -> None:
        """Forget every job; one that waits or is under way saves nothing more."""
        for job in self._jobs.values():
            job.state = "Aborted"
        self._jobs.clear()

    def _new(self, call: Call, body: dict[str, object], *, kind: str, operation: str, object_name: str) -> Job:
        self._made += 1
        job = Job(
            id=ids.encode("750", self._made),
            kind=kind,
            operation=operation,
            entity=object_name,
            user_id=call.user_id,
            version=call.path["version"],
            created=self.core.stamp(),
            polls_left=self.polls,
            delimiter=_one_of(body, "columnDelimiter", _DELIMITERS, "COMMA"),
            line_ending=_one_of(body, "lineEnding", ("LF", "CRLF"), "LF"),
        )
        self._jobs[job.id] = job
        return job

    def _job(self, call: Call, kind: str) -> Job:
        job = self._jobs.get(call.path["job"])
        if job is None or job.kind != kind:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return job

    def create_ingest(self, call: Call) -> Response:
        """`POST /jobs/ingest`."""
        body = call.record()
        operation = _one_of(body, "operation", _OPERATIONS, "")
        table = self.core.table(str(body.get("object", "")))
        if table is None or not call.access.sees(table):
            raise ApiError(400, "INVALIDENTITY", f"InvalidEntity : Unknown entity: {body.get('object')}")
        key = None
        if operation == "upsert":
            key = str(body.get("externalIdFieldName") or "Id")
            try:
                key = key_field(table, key, call.access).name
            except RecordError as error:
                raise ApiError(400, "INVALIDJOB", f"InvalidJob : {error.message}") from None
        job = self._new(call, body, kind="ingest", operation=operation, object_name=table.name)
        rule = body.get("assignmentRuleId")
        job.ingest = Ingest(table=table, operation=operation, key=key, caller=call.caller(), assign=bool(rule))
        return answer(job.shown(call.api))

    def upload(self, call: Call) -> Response:
        """`PUT /jobs/ingest/{job}/batches`: once."""
        job = self._job(call, "ingest")
        if job.state != "Open" or job.data:
            raise ApiError(400, "INVALIDJOBSTATE", f"Found invalid state: {job.state} with data: {bool(job.data)}")
        if not call.headers.get("content-type", "").lower().startswith("text/csv"):
            raise ApiError(400, "INVALIDCONTENTTYPE", "The Content-Type of the data must be text/csv")
        if len(call.body) > _MOST_BYTES:
            raise ApiError(400, "LIMIT_EXCEEDED", "The data is larger than 150 MB")
        job.data = call.body
        return Response(status_code=201)

    def change(self, call: Call) -> Response:
        """`PATCH /jobs/{kind}/{job}` of an ingest job: UploadComplete or Aborted."""
        job = self._job(call, "ingest")
        wanted = call.record().get("state")
        if wanted == "Aborted":
            return self._abort(call, job)
        if wanted != "UploadComplete" or job.state != "Open":
            raise ApiError(400, "INVALIDJOBSTATE", f"Job state cannot change from {job.state} to {wanted}")
        job.state = "UploadComplete"
        task = asyncio.get_running_loop().create_task(self._work(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return answer(job.shown(call.api))

    def _abort(self, call: Call, job: Job) -> Response:
        if job.state in jobs.ENDED:
            raise ApiError(400, "INVALIDJOBSTATE", f"Job state cannot change from {job.state} to Aborted")
        job.state = "Aborted"
        return answer(job.shown(call.api))

    async def _work(self, job: Job) -> None:
        """Save the rows in small pieces, so that other requests are answered in between."""
        begins = self.core.clock.seconds() + self.queue_s
        while job.state != "Aborted" and self.core.clock.seconds() < begins:
            await asyncio.sleep(_LOOK_S)
        job.begun = True
        steps: Iterator[None] = job.steps(self.records)
        while job.state != "Aborted":
            with self.core.lock:
                if next(steps, job) is job:
                    break
            await asyncio.sleep(0)
        job.data = b""
        job.finished = True

    def state(self, call: Call) -> Response:
        """`GET /jobs/ingest/{job}`."""
        job = self._job(call, "ingest")
        job.ask()
        return answer(job.shown(call.api))

    def forget(self, call: Call) -> Response:
        """`DELETE /jobs/{kind}/{job}`: a job that has ended, or was never started."""
        job = self._jobs.get(call.path["job"])
        if job is None:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        if job.state in ("UploadComplete", "InProgress"):
            raise ApiError(400, "INVALIDJOBSTATE", f"A job in state {job.state} cannot be deleted")
        del self._jobs[job.id]
        return nothing()

    def results(self, call: Call) -> Response:
        """`GET /jobs/ingest/{job}/successfulResults | failedResults | unprocessedrecords`."""
        job = self._job(call, "ingest")
        which = call.path["results"].lower()
        if job.ingest is None or which not in ("successfulresults", "failedresults", "unprocessedrecords"):
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        if job.state not in jobs.ENDED:
            raise ApiError(400, "INVALIDJOBSTATE", f"Job is not complete: {job.state}")
        return Response(result_file(job.ingest, which, job.separator, job.newline), media_type="text/csv")

    def create_query(self, call: Call) -> Response:
        """`POST /jobs/query`."""
        body = call.record()
        operation = _one_of(body, "operation", ("query", "queryAll"), "")
        text = str(body.get("query", ""))
        query = soql.parse(text)
        aggregates = any(isinstance(item, soql.Aggregate) for item in query.select)
        if aggregates or query.group_by or query.offset:
            raise ApiError(400, "API_ERROR", "Aggregates, GROUP BY and OFFSET are not supported in Bulk Query")
        found = run(call, text, include_deleted=operation == "queryAll")
        job = self._new(call, body, kind="query", operation=operation, object_name=found.table.name)
        job.state, job.found, job.finished = "UploadComplete", found, True
        return answer(job.shown(call.api))

    def query_state(self, call: Call) -> Response:
        """`GET /jobs/query/{job}`."""
        job = self._job(call, "query")
        job.ask()
        return answer(job.shown(call.api))

    def change_query(self, call: Call) -> Response:
        """`PATCH /jobs/query/{job}`: Aborted."""
        job = self._job(call, "query")
        if call.record().get("state") != "Aborted":
            raise ApiError(400, "INVALIDJOBSTATE", "A query job can only be aborted")
        return self._abort(call, job)

    def _complete(self, call: Call) -> tuple[Job, select.Answer]:
        job = self._job(call, "query")
        if job.version != call.path["version"]:
            raise ApiError(409, "API_ERROR", f"The job was made with version {job.version}")
        if job.state != "JobComplete" or job.found is None:
            raise ApiError(400, "INVALIDJOBSTATE", f"Job is not complete: {job.state}")
        return job, job.found

    def query_results(self, call: Call) -> Response:
        """`GET /jobs/query/{job}/results?maxRecords=&locator=`, streamed."""
        job, found = self._complete(call)
        start, size = _place(call.query.get("locator")), _size(call.query.get("maxRecords"))
        stop = min(start + size, len(found.rows))
        rows = found.rows[start:stop]
        locator = _locator(stop) if stop < len(found.rows) else "null"
        headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))}
        layout = (job.separator, job.newline)
        return StreamingResponse(self._stream(found, rows, layout), headers=headers, media_type="text/csv")

    async def _stream(
        self, found: select.Answer, rows: Sequence[int], layout: tuple[str, str]
    ) -> AsyncIterator[bytes]:
        pieces = select.csv_lines(found.columns, rows, *layout)
        yield select.csv_header(found.columns, *layout)
        while True:
            with self.core.lock:
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def pages(self, call: Call) -> Response:
        """`GET /jobs/query/{job}/resultPages`: up to five URLs to read at the same time."""
        job, found = self._complete(call)
        start, size = _place(call.query.get("locator")), _size(call.query.get("maxRecords"))
        starts = list(range(start, max(len(found.rows), start + 1), size))
        url = f"{call.api}/jobs/query/{job.id}/results?maxRecords={size}"
        shown = [{"resultUrl": f"{url}&locator={_locator(at)}"} for at in starts[:5]]
        done = len(starts) <= 5
        after = None if done else f"{call.api}/jobs/query/{job.id}/resultPages?locator={_locator(starts[5])}"
        return answer({"resultPages": shown, "nextRecordsUrl": after, "done": done})

    def listed(self, call: Call) -> Response:
        """`GET /jobs/ingest` and `GET /jobs/query`, 1,000 at a time, with `jobType` and `queryLocator`."""
        kind = "ingest" if call.path["kind"] == "ingest" else "query"
        path, type = f"{call.api}/jobs/{kind}", call.query.get("jobType")
        wanted = type in (None, f"V2{kind.capitalize()}")
        jobs_there = [job for job in self._jobs.values() if job.kind == kind and wanted]
        for job in jobs_there:
            job.catch_up()
        start = _place(call.query.get("queryLocator"))
        stop = start + _LISTED
        more = f"{path}?queryLocator={_locator(stop)}" if stop < len(jobs_there) else None
        shown = [job.shown(call.api) for job in jobs_there[start:stop]]
        return answer({"done": more is None, "nextRecordsUrl": more, "records": shown})

    def routes(self, door: Door) -> list[Route]:
        """Bulk resources."""
        base = f"{DATA}/jobs"
        one, query = f"{base}/ingest/{{job}}", f"{base}/query/{{job}}"
        table: list[tuple[str, str, Callable[[Call], Response]]] = [
            ("POST", f"{base}/ingest", self.create_ingest),
            ("PUT", f"{one}/batches", self.upload),
            ("PATCH", one, self.change),
            ("GET", one, self.state),
            ("DELETE", one, self.forget),
            ("GET", f"{one}/{{results}}", self.results),
            ("POST", f"{base}/query", self.create_query),
            ("GET", f"{query}/results", self.query_results),
            ("GET", f"{query}/resultPages", self.pages),
            ("GET", query, self.query_state),
            ("PATCH", query, self.change_query),
            ("DELETE", query, self.forget),
            ("GET", f"{base}/{{kind}}", self.listed),
        ]
        return [Route(path, door.open(handler), methods=[method]) for method, path, handler in table]


def _locator(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(locator: str | None) -> int:
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (ValueError, binascii.Error):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from None


def _size(text: str | None) -> int:
    if text is None:
        return _PAGE
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, "API_ERROR", f"maxRecords must be a whole number above 0: {text}")
    return int(text)
