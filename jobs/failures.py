"""From an exception to what a person reads and what a script sees."""

import errno
import sqlite3
from dataclasses import dataclass

import duckdb
import sqlalchemy.exc

from connector.errors import AskAPerson, GiveUp, TryAgain
from jobs.schedule import Stop
from mappings.problems import BadConfig

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exit code and the words that go with it."""

    exit_code: int
    text: str


def failure_of(error: BaseException) -> Failure | None:
    """What to say of this error; None for one that nobody foresaw."""
    if isinstance(error, BadConfig):
        return Failure(exit_code=2, text="\n".join(str(problem) for problem in error.problems))
    if isinstance(error, GiveUp):
        return Failure(exit_code=2, text=_with_request(error, error.request_id))
    if isinstance(error, AskAPerson):
        return Failure(exit_code=3, text=_with_request(error, error.request_id))
    if isinstance(error, TryAgain):
        return Failure(exit_code=75, text=_with_request(error, error.request_id))
    if isinstance(error, Stop):
        return Failure(exit_code=75, text="Stopped on request; what was written is noted. Run it again to go on.")
    return _machine_failure(error)


def _machine_failure(error: BaseException) -> Failure | None:
    if isinstance(error, OSError) and error.errno in _FULL:
        return Failure(
            exit_code=75, text=f"The disk is full ({error.filename or 'state folder'}). Free space, run again."
        )
    if isinstance(error, (duckdb.Error, sqlite3.Error, sqlalchemy.exc.DBAPIError)):
        words = str(error).splitlines()[0]
        return Failure(
            exit_code=75, text=f"The store could not be used: {words}. Check disk space and rights, run again."
        )
    if isinstance(error, PermissionError):
        return Failure(exit_code=2, text=f"No permission for {error.filename}. Grant it, or set TOSSUP_STATE_DIR.")
    return None


def _with_request(error: Exception, request_id: str | None) -> str:
    return f"{error} [request {request_id}]" if request_id else str(error)
