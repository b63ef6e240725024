"""A Bulk job: where it stands, and how the API shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.emulator.salesforce import times
from connector.emulator.salesforce.ingest import Ingest
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.select import Answer

ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
SEPARATORS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}


@dataclass(slots=True, kw_only=True)
class Job:
    """One ingest or query job."""

    id: str
    kind: str
    operation: str
    entity: str
    user_id: str
    version: str
    created: int
    polls_left: int
    delimiter: str
    line_ending: str
    state: str = "Open"
    data: bytes = b""
    begun: bool = False
    finished: bool = False
    ingest: Ingest | None = None
    found: Answer | None = None

    @property
    def separator(self) -> str:
        """What stands between two cells."""
        return SEPARATORS[self.delimiter]

    @property
    def newline(self) -> str:
        """What stands at the end of a line."""
        return "\r\n" if self.line_ending == "CRLF" else "\n"

    def steps(self, records: Records) -> Iterator[None]:
        """The work of an ingest job, a little at a time."""
        return self.ingest.run(records, self.data, self.separator) if self.ingest else iter(())

    def ask(self) -> None:
        """Somebody asks for the state: UploadComplete -> InProgress -> JobComplete or Failed, never skipping one."""
        if self.state == "UploadComplete" and (self.begun or self.finished):
            self.state = "InProgress"
        elif self.state == "InProgress":
            self.polls_left -= 1
        if self.state == "InProgress" and self.finished and self.polls_left <= 0:
            failed = self.ingest is not None and self.ingest.problem is not None
            self.state = "Failed" if failed else "JobComplete"

    def catch_up(self) -> None:
        """Be where it would be if somebody had gone on asking for its state: who lists jobs asks for none."""
        while self.finished and self.state in ("UploadComplete", "InProgress"):
            self.ask()

    def shown(self, api: str) -> dict[str, object]:
        """The job as JSON."""
        out: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.entity,
            "createdById": self.user_id,
            "createdDate": times.rest(self.created),
            "systemModstamp": times.rest(self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.removeprefix("v")),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if self.kind == "query":
            rows = len(self.found.rows) if self.found and self.state == "JobComplete" else 0
            out |= {"jobType": "V2Query", "numberRecordsProcessed": rows, "isPkChunkingSupported": True}
        elif self.ingest is not None:
            out |= self._counted(self.ingest, f"{api.lstrip('/')}/jobs/ingest/{self.id}/batches")
        return {**out, "retries": 0, "totalProcessingTime": 0}

    def _counted(self, ingest: Ingest, content_url: str) -> dict[str, object]:
        out: dict[str, object] = {"jobType": "V2Ingest", "assignmentRuleId": None}
        if self.state == "Open":
            out["contentUrl"] = content_url
        if ingest.key:
            out["externalIdFieldName"] = ingest.key
        if self.state not in ("Open", "UploadComplete"):
            out["numberRecordsProcessed"] = len(ingest.succeeded) + len(ingest.failed)
            out["numberRecordsFailed"] = len(ingest.failed)
            out["apiActiveProcessingTime"] = out["apexProcessingTime"] = 0
        if self.state == "Failed" and ingest.problem:
            out["errorMessage"] = ingest.problem
        return out
