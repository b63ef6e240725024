"""What a killed run left behind in the CRM that may yet write by itself: stopped before anything is read.

A Bulk job of Salesforce is carried out whatever becomes of the run that began it, hours later if need be: it would
write over what people wrote meanwhile. So it is noted before it may begin, and the next run stops it. Then
`jobs.recover` looks at what it had written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connector.errors import TryAgain
from connector.port import Crm
from jobs.rights import written_fields
from jobs.store.remote import RemoteJobs
from jobs.wiring import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The notes of a run, as the connector keeps them."""

    notes: RemoteJobs
    now: Callable[[], datetime]

    def began(self, job: str) -> None:
        """Note it before it may write."""
        self.notes.began(job, self.now())

    def ended(self, job: str) -> None:
        """Note that it writes no more."""
        self.notes.ended(job)


def stop_left(work: Work) -> None:
    """End every job that an earlier run of ours left, and note those that this run begins.

    Raises `TryAgain` where a job cannot be ended; and where jobs of our user are under way on what we write and the
    ledger never saw a write on this connection: it may have been lost, but they may be another program's.
    """
    notes = work.ledger.remote_jobs(work.connection)
    for job in notes.left():
        work.crm.end_job(job)
        notes.ended(job)
    if not (work.ledger.has_written(work.connection) or work.ledger.open_intents(work.connection)):
        _wait_for_unknown(work.crm, work)
    work.crm.note_jobs(Book(notes=notes, now=work.crm.now))


def _wait_for_unknown(crm: Crm, work: Work) -> None:
    there = crm.jobs_under_way(sorted(written_fields(work.rules.mapping, work.schema)))
    if there:
        more = f" and {len(there) - 3:,} more" if len(there) > 3 else ""
        raise TryAgain(
            f"{work.connection} is still to write to objects of ours in job {', '.join(there[:3])}{more}, begun by "
            "our user; this ledger knows nothing of it. Wait until it is done, or abort it in Setup, Bulk Data Load "
            "Jobs, and run again."
        )
