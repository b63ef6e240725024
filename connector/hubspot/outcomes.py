"""What a batch answer says about each of its records.

HubSpot tells them apart only where every input carries its own objectWriteTraceId:
https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.errors import CrmError
from connector.hubspot.envelope import code_of, fields_of
from connector.port import Outcome, Record
from connector.transport import scrubbed
from mappings.changes import Value

ALREADY_THERE = frozenset({"CONFLICT", "OBJECT_ALREADY_EXISTS", "CONFLICTING_UNIQUE_VALUE"})
"""Codes of a record that another one with the same unique value stood in the way of."""

_GONE = "OBJECT_NOT_FOUND"
_PASSING = frozenset({"RATE_LIMIT", "RATE_LIMITS", "LOCKED", "INTERNAL_ERROR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record on its way: `body` is the input of the batch, `trace` names it within the batch."""

    record: Record
    trace: str
    body: Mapping[str, Any]


def text_of(value: Value) -> str:
    """A value as HubSpot takes it: text always, empty to clear, never in exponent form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def item(record: Record, n: int, **body: Any) -> Item:
    """An input with the record's values."""
    trace = f"t{n}"
    properties = {name: text_of(value) for name, value in record.values.items()}
    return Item(record=record, trace=trace, body={"properties": properties, "objectWriteTraceId": trace, **body})


def outcomes(items: Sequence[Item], answer: Mapping[str, Any], *, created: bool = False) -> list[Outcome]:
    """One outcome for every item. `created`: what it means where an answer does not say `new`."""
    found: dict[str, Outcome] = {}
    for error in answer.get("errors") or ():
        found |= {trace: _refused(error) for trace in _traces(items, error)}
    for result in answer.get("results") or ():
        trace = _trace(items, result)
        if trace is not None:
            found[trace] = Outcome(ref="", ok=True, id=str(result["id"]), created=bool(result.get("new", created)))
    return [replace(found.get(item.trace, _SILENCE), ref=item.record.ref) for item in items]


def refused(items: Sequence[Item], error: CrmError) -> list[Outcome]:
    """The same refusal for every item."""
    return [Outcome(ref=i.record.ref, ok=False, code=error.code, message=str(error)) for i in items]


def archived(records: Sequence[Record], answer: Mapping[str, Any]) -> Iterator[Outcome]:
    """One outcome for every record that was to be archived: an answer names only what went wrong, if anything.

    An error that names nobody may be about anybody, and so may one that is counted and not told: unclear.
    """
    errors = [(error, _named(error)) for error in answer.get("errors") or ()]
    nobodys = next((_refused(error) for error, ids in errors if not ids), None)
    untold = int(answer.get("numErrors") or 0) > len({id for _, ids in errors for id in ids})
    unclear = nobodys or (_UNTOLD if untold else None)
    for record in records:
        error = next((error for error, ids in errors if record.id in ids), None)
        if error is not None:
            told = _refused(error)
            yield unarchived(record, told.code, told.message)
        elif unclear is not None:
            yield replace(unclear, ref=record.ref, unclear=True)
        else:
            yield away(record)


def unarchived(record: Record, code: str | None, message: str | None) -> Outcome:
    """What it means that a record could not be archived: one that is not there is as it was to be."""
    return away(record) if code == _GONE else Outcome(ref=record.ref, ok=False, code=code, message=message)


def away(record: Record) -> Outcome:
    """It is archived, or gone otherwise."""
    return Outcome(ref=record.ref, ok=True, id=record.id)


def distinct(records: Sequence[Record], identity: str) -> tuple[list[Record], list[Outcome]]:
    """The records that can be sent together, and outcomes for the others.

    HubSpot rejects a whole batch in which two inputs mean the same record.
    """
    kept: dict[str, Record] = {}
    refs: set[str] = set()
    turned_away: list[Outcome] = []
    for record in records:
        name = record.id if identity == "id" else record.key
        if not name:
            text = f"A record without {identity} cannot be written."
            turned_away.append(Outcome(ref=record.ref, ok=False, code="MISSING_KEY", message=text))
        elif name in kept or record.ref in refs:
            text = f"This {identity} is in the batch twice; only the first was written."
            turned_away.append(Outcome(ref=record.ref, ok=False, code="DUPLICATE_IN_BATCH", message=text))
        else:
            kept[name] = record
            refs.add(record.ref)
    return list(kept.values()), turned_away


_SILENCE = Outcome(
    ref="",
    ok=False,
    code="NO_ANSWER",
    message="HubSpot said nothing about this record, so nobody knows whether it was written. The next run looks.",
    retryable=True,
    unclear=True,
)


_UNTOLD = Outcome(
    ref="", ok=False, code="NO_ANSWER", message="HubSpot counted an error and did not tell it.", retryable=True
)


def _refused(error: Mapping[str, Any]) -> Outcome:
    details = [str(d.get("message")) for d in error.get("errors") or () if isinstance(d, Mapping)]
    message = " ".join([str(error.get("message") or ""), *details[:3]])
    if error.get("correlationId"):
        message += f" [{error['correlationId']}]"
    return Outcome(
        ref="",
        ok=False,
        code=code_of(error) or "REFUSED",
        message=scrubbed(message),
        fields=fields_of(error),
        retryable=str(error.get("category")) in _PASSING,
    )


def _traces(items: Sequence[Item], error: Mapping[str, Any]) -> Iterator[str]:
    context = error.get("context") or {}
    named = {str(trace) for trace in context.get("objectWriteTraceId") or ()}
    ids = _named(error)
    for one in items:
        if one.trace in named or (not named and str(one.body.get("id")) in ids):
            yield one.trace


def _named(error: Mapping[str, Any]) -> set[str]:
    context = error.get("context") or {}
    return {str(id) for id in context.get("ids") or context.get("id") or ()}


def _trace(items: Sequence[Item], result: Mapping[str, Any]) -> str | None:
    trace = result.get("objectWriteTraceId")
    if trace:
        return str(trace)
    values = {str(result.get("id")), *map(str, (result.get("properties") or {}).values())}
    return next((one.trace for one in items if str(one.body.get("id")) in values), None)
