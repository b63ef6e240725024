"""The error tree, by what to do next: try again, give up, or ask a person.

An outcome for one record is a value (`connector.port.Outcome`), never an exception. An exception means that the run
cannot go on, and its class says what to do about it; its message says what happened, where, and the next step.
"""

from connector.redaction import redacted


class CrmError(Exception):
    """Cannot go on. `request_id` is the vendor's, for their support; `code` and `status` are what it answered."""

    def __init__(
        self, message: str, *, request_id: str | None = None, code: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(redacted(message))  # whatever a vendor or a library quoted
        self.request_id = None if request_id is None else redacted(request_id)
        self.code = None if code is None else redacted(code)
        self.status = status


class TryAgain(CrmError):
    """The CRM was out of reach or busy, or the budget is used up: the same run later may pass (exit 75)."""


class GiveUp(CrmError):
    """The CRM refuses this request for good: wrong credentials, wrong query, missing object (exit 2)."""


class AskAPerson(CrmError):
    """Going on could do harm: a person must look first (exit 3)."""


class Unclear(TryAgain):
    """A write may or may not have happened (the connection dropped after sending). Look before writing again."""


class Interrupted(TryAgain):
    """An answer broke off in the middle of its body. What was read is good; the rest can be asked for again."""


class Incomplete(TryAgain):
    """Fewer rows arrived than the CRM said it holds: nothing of this read may be taken for the whole."""
