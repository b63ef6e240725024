"""From an exception to what a person reads and what a script sees."""

import errno
import sqlite3
import traceback
from dataclasses import dataclass
from pathlib import Path

import duckdb
import sqlalchemy.exc

from connector.errors import AskAPerson, GiveUp, TryAgain
from jobs.schedule import Stop
from mappings.problems import BadConfig

_JOBS = Path(__file__).parent
_CONNECTOR = _JOBS.with_name("connector")
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
    return _machine_failure(error) or _odd_answer(error)


def _odd_answer(error: BaseException) -> Failure | None:
    """An answer without what its API promises breaks the reading of it: in our connector, or in a parser below it."""
    places = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [place for place in places if any(place.is_relative_to(room) for room in (_CONNECTOR, _JOBS))]
    reading = bool(ours) and ours[-1].is_relative_to(_CONNECTOR) and "emulator" not in ours[-1].parts
    if not reading or not isinstance(error, LookupError | TypeError | AttributeError | ValueError):
        return None
    what = f"{type(error).__name__} in {ours[-1].parent.name}/{ours[-1].name}"
    return Failure(
        exit_code=75,
        text=f"The CRM, or something between it and us, gave an answer that is not its API's ({what}). Nothing of it "
        "was used. Run it again; if it stays so, look for a proxy, and report what --debug prints.",
    )


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
