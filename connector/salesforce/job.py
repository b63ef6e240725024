"""Bulk API 2.0 jobs: create, close, and wait until Salesforce has done them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from connector.errors import CrmError, GiveUp, TryAgain
from connector.salesforce.config import SalesforceConfig
from connector.transport import Transport, scrubbed
from connector.wire import Call

Kind = Literal["query", "ingest"]
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 15.0
_AFTER_CLOSING = ("UploadComplete", "InProgress", "JobComplete")
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
        """Let Salesforce begin, or forget the job. Closing a job that is closed already is no error."""
        try:
            self._transport.send(Call(method="PATCH", target=self.path(id), json={"state": state}, repeatable=True))
        except GiveUp:
            # the first of two equal requests may have been done while its answer was lost
            now = self.state(id)["state"]
            if now != state and now not in _AFTER_CLOSING:
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

    def _failed(self, id: str, job: Mapping[str, Any]) -> Exception:
        said = str(job.get("errorMessage") or job["state"])
        text = f"Salesforce job {id} on {job.get('object')} {job['state'].lower()}: {scrubbed(said)}."
        if any(code in said for code in _PASSING):
            return TryAgain(f"{text} Run again later.", code=str(job["state"]))
        return GiveUp(f"{text} Check the fields' names and permissions.", code=str(job["state"]))


def _began(job: Mapping[str, Any]) -> bool:
    return int(job.get("numberRecordsProcessed") or 0) > 0
