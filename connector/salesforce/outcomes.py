"""What became of each record, in the vendor's codes, with a word on what to do."""

from collections.abc import Iterable, Sequence
from typing import Any

from connector.port import Outcome, Record
from connector.salesforce.answers import next_step
from connector.transport import scrubbed

LOCKED = "UNABLE_TO_LOCK_ROW"
_PASSING = {LOCKED, "UNPROCESSED", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"}


def written(record: Record, id: str | None, *, created: bool) -> Outcome:
    """The record is in the CRM."""
    return Outcome(ref=record.ref, ok=True, id=id or record.id, created=created)


def refused(record: Record, code: str, message: str, fields: Iterable[str] = ()) -> Outcome:
    """The record was not written; `retryable` where the same write may pass later."""
    words = " ".join(part for part in (scrubbed(message), next_step(code)) if part)
    return Outcome(
        ref=record.ref,
        ok=False,
        id=record.id,
        code=code,
        message=words,
        fields=tuple(fields),
        retryable=code in _PASSING,
    )


def of_collection(record: Record, said: dict[str, Any], *, by_key: bool) -> Outcome:
    """One entry of a Collections answer (`statusCode` here, `errorCode` elsewhere)."""
    if said.get("success"):
        return written(record, said.get("id"), created=by_key and bool(said.get("created")))
    error = (said.get("errors") or [{}])[0]
    code = str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN")
    return refused(record, code, str(error.get("message", "")), error.get("fields") or ())


def of_bulk_error(record: Record, text: str) -> Outcome:
    """From sf__Error, `CODE:message:field, field --`."""
    code, _, rest = text.partition(":")
    message, _, fields = rest.rpartition(":")
    names = [name.strip() for name in fields.removesuffix("--").strip().rstrip("-").split(",")]
    return refused(record, code or "UNKNOWN", message or rest, [name for name in names if name])


def first_of_each(records: Sequence[Record], by: str) -> tuple[list[Record], list[Outcome]]:
    """The records once for each id or key: the first wins, the others get an outcome that says so.

    Salesforce refuses or overwrites, by chance of its batches, records that come twice in one request.
    """
    chosen: dict[str, Record] = {}
    rest: list[Outcome] = []
    for record in records:
        name = _identity(record, by)
        if name is None:
            rest.append(refused(record, "NO_" + by.upper(), f"The record has no {by} to be found by."))
        elif record.links:
            rest.append(refused(record, "LINKS", "Salesforce links records by reference fields, not by links."))
        elif name in chosen:
            text = f"The same {by} came twice in one batch; the first one ({chosen[name].ref}) was sent."
            rest.append(refused(record, "DUPLICATE_IN_BATCH", text))
        else:
            chosen[name] = record
    return list(chosen.values()), rest


def _identity(record: Record, by: str) -> str | None:
    """Ids come with 15 or 18 characters; the last three are only a checksum of the case."""
    if by == "key":
        return record.key or None
    return record.id[:15] if record.id else None
