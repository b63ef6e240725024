"""Bulk API 2.0 jobs: create, close, wait until Salesforce has done them, and see to those that were left behind."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal

from connector.errors import CrmError, GiveUp, TryAgain
from connector.salesforce.config import SalesforceConfig
from connector.transport import Transport, scrubbed
from connector.wire import Call

Kind = Literal["query", "ingest"]
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 15.0
_UNDER_WAY = ("UploadComplete", "InProgress")
_ENDED = ("JobComplete", "Failed", "Aborted")
_AFTER = {"UploadComplete": (*_UNDER_WAY, "JobComplete"), "Aborted": _ENDED}
"""What a job may be in once it was closed so: the first of two equal requests may have been done."""
_GONE = 404
_PASSING = ("QUERY_TIMEOUT", "TooManyLockFailure", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION")


class Jobs:
    """Jobs of one kind."""

    def __init__(self, config: SalesforceConfig, transport: Transport, kind: Kind) -> None:
        self._patience_s = config.job_patience_s
        self._transport = transport
        self._path = f"{config.data}/jobs/{kind}"

    def path(self, id: str) -> str:
        """Where this job is asked about."""
        return f"{self._path}/{id}"

    def create(self, wanted: Mapping[str, Any]) -> str:
        """The id of a new job. Repeatable: a job left behind does nothing and is removed after seven days."""
        said = self._transport.send(Call(method="POST", target=self._path, json=dict(wanted), repeatable=True)).data
        return str(said["id"])

    def state(self, id: str) -> Mapping[str, Any]:
        """The job as it is now."""
        said: Mapping[str, Any] = self._transport.send(Call(method="GET", target=self.path(id))).data
        return said

    def close(self, id: str, state: Literal["UploadComplete", "Aborted"]) -> None:
        """Let Salesforce begin, or stop it. Closing a job that is closed already is no error.

        When it is stopped it processes no more records; those that it has written stay so.
        """
        try:
            self._transport.send(Call(method="PATCH", target=self.path(id), json={"state": state}, repeatable=True))
        except GiveUp:
            # the first of two equal requests may have been done while its answer was lost
            if self.state(id)["state"] not in _AFTER[state]:
                raise

    def done(self, id: str, *, partly: bool = False) -> Mapping[str, Any]:
        """The finished job; with `partly`, also one that failed after some records.

        Raises `TryAgain` or `GiveUp` when it failed, `TryAgain` when it takes too long. It is aborted then: what it
        wrote hours later would not have been looked at before.
        """
        waited_s, next_s = 0.0, _FIRST_WAIT_S
        while True:
            job = self.state(id)
            if job["state"] == "JobComplete" or (partly and job["state"] == "Failed" and _began(job)):
                return job
            if job["state"] in ("Failed", "Aborted"):
                raise self._failed(id, job)
            if waited_s >= self._patience_s:
                with suppress(CrmError):  # it may have ended meanwhile; what it did is looked up by the next run
                    self.close(id, "Aborted")
                raise TryAgain(f"Salesforce has not finished job {id} after {waited_s:.0f} s. Run again later.")
            self._transport.wait(next_s)
            waited_s, next_s = waited_s + next_s, min(_LONGEST_WAIT_S, next_s * 1.7)

    def end(self, id: str) -> None:
        """See to it that this job writes no more: stopped, or waited for where Salesforce does not stop it.

        A job that is over or no longer there (Salesforce drops it after seven days) is fine. Raises `TryAgain` when
        it goes on for too long.
        """
        try:
            if self.state(id)["state"] in _ENDED:
                return
            with suppress(GiveUp):
                self.close(id, "Aborted")
            self.done(id, partly=True)
        except CrmError as error:
            if error.status != _GONE and error.code not in _ENDED:
                raise

    def under_way(self, user: str, objects: Iterable[str]) -> Iterator[str]:
        """Jobs that this user has let Salesforce begin with, that write to these objects and are not over."""
        wanted, more = frozenset(objects), f"{self._path}?jobType=V2Ingest"
        while more:
            said = self._transport.send(Call(method="GET", target=more)).data
            for job in said["records"]:
                ours = str(job.get("createdById"))[:15] == user[:15] and job.get("object") in wanted
                if ours and job["state"] in _UNDER_WAY:
                    yield str(job["id"])
            more = said.get("nextRecordsUrl") or ""

    def _failed(self, id: str, job: Mapping[str, Any]) -> Exception:
        said = str(job.get("errorMessage") or job["state"])
        text = f"Salesforce job {id} on {job.get('object')} {job['state'].lower()}: {scrubbed(said)}."
        if any(code in said for code in _PASSING):
            return TryAgain(f"{text} Run again later.", code=str(job["state"]))
        return GiveUp(f"{text} Check the fields' names and permissions.", code=str(job["state"]))


def _began(job: Mapping[str, Any]) -> bool:
    return int(job.get("numberRecordsProcessed") or 0) > 0
