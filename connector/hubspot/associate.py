"""Associations that a write asks for: 2,000 a call, made again without harm."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from connector.errors import GiveUp
from connector.hubspot.links import linked
from connector.hubspot.names import AT_CREATION
from connector.hubspot.portal import LINKS_MADE, Portal
from connector.port import Outcome, Record

Pair = tuple[str, str]


def associated(portal: Portal, name: str, written: Sequence[tuple[Record, Outcome]]) -> list[Outcome]:
    """Make the links of these records; the outcome of a record whose link was refused says so.

    Records that may have links already are asked first: those that are there are left alone with their labels.
    """
    refusals: dict[str, str] = {}
    wanted: dict[str, list[Pair]] = defaultdict(list)
    for record, outcome in written:
        for link in sorted(set(record.links)) if outcome.ok and outcome.id else ():
            wanted[link.object].append((str(outcome.id), link.id))
    linkless = name not in AT_CREATION
    old = [str(o.id) for _, o in written if o.ok and not (o.created and linkless)]
    for to, pairs in wanted.items():
        there = _there(portal, name, to, old) if old else set()
        todo = [pair for pair in pairs if pair not in there]
        for start in range(0, len(todo), LINKS_MADE):
            refusals |= _made(portal, name, to, todo[start : start + LINKS_MADE])
    return [_judged(outcome, refusals) for _, outcome in written]


def _judged(outcome: Outcome, refusals: dict[str, str]) -> Outcome:
    if outcome.id not in refusals:
        return outcome
    return Outcome(
        ref=outcome.ref,
        ok=False,
        id=outcome.id,
        created=outcome.created,
        code="LINK_REFUSED",
        message=refusals[outcome.id],
    )


def _there(portal: Portal, name: str, to: str, ids: Sequence[str]) -> set[Pair]:
    rows = linked(portal, name, to, ids).rows
    return set(zip(rows.column("from_id").to_pylist(), rows.column("to_id").to_pylist(), strict=True))


def _made(portal: Portal, name: str, to: str, pairs: Sequence[Pair]) -> dict[str, str]:
    """Refusals by the id of the record; the call names existing records only, so halving it is harmless."""
    try:
        answer = portal.link(name, to, [{"from": {"id": a}, "to": {"id": b}} for a, b in pairs])
    except GiveUp as error:
        if error.status not in (400, 404):
            raise
        if len(pairs) == 1:
            return {pairs[0][0]: f"The association with {to} {pairs[0][1]} was refused. {error}"}
        half = len(pairs) // 2
        return _made(portal, name, to, pairs[:half]) | _made(portal, name, to, pairs[half:])
    errors = answer.get("errors") or ()
    if not errors:
        return {}
    made = {_pair(result) for result in answer.get("results") or ()}
    words = str(errors[0].get("message"))
    return {a: f"The association with {to} {b} was refused: {words}" for a, b in pairs if not made & {(a, b), (b, a)}}


def _pair(result: dict[str, Any]) -> Pair:
    ends = [str((result.get(end) or {}).get("id", result.get(f"{end}ObjectId"))) for end in ("from", "to")]
    return ends[0], ends[1]
