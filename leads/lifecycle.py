"""What became of the leads we made: their stage, told from what people did with the records and what we did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ibis import _

from leads.facts.ground import Ground
from leads.facts.ours import records
from leads.phrases import tidy
from mappings.canonical import Lead, LeadKey

Stage = Literal[
    "open", "accepted", "won", "lost", "declined", "returned", "snoozed", "completed", "deleted", "expired",
    "superseded", "withdrawn",
]  # fmt: skip
"""open: nobody has decided yet; completed, deleted: a person did that, and said nothing; expired: closed by Tossup,
for nobody had touched it long after it was due; withdrawn: closed by Tossup, for its reason was gone or it was held
back; superseded: withdrawn, and back as a later record."""
ANSWERS: Sequence[Stage] = ("won", "lost", "declined", "returned", "snoozed", "accepted")
"""Of several answers to the records of one lead the first of these counts."""
REASON = 255
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """One lead of ours as the CRM holds it: its stage, and how people said so.

    `how`: answered, begun, completed, deferred, deleted, edited, reassigned, rescheduled, reworded; sorted. `until`
    is the day to which it was snoozed, `reason` what people wrote.
    """

    key: LeadKey
    stage: Stage
    how: tuple[str, ...]
    until: date | None
    reason: str | None
    written_on: date | None
    decided_on: date | None
    ids: tuple[str, ...]


def worked(ground: Ground, account_id: str | None = None) -> tuple[Worked, ...]:
    """Every lead that we ever made (for an account), by account, play, product and day; sorted."""
    leads, rows = ground.ours.all, records(ground.inputs)
    if account_id is not None:
        leads, rows = leads.filter(_.account_id == account_id), rows.filter(_.key.split("/")[0] == account_id)
    by_key: dict[str, list[Row]] = {}
    for row in rows.order_by("key", "kind", "id").to_pyarrow().to_pylist():
        by_key.setdefault(row["key"], []).append(row)
    told = leads.order_by("account_id", "play", "product", "written_on", "key").to_pyarrow().to_pylist()
    last = {(one["account_id"], one["play"], one["product"]): one["key"] for one in told}  # in order of days
    return tuple(
        _worked(key, one, by_key[one["key"]], last=last[_of(key)] == one["key"])
        for one in told
        if (key := LeadKey.parse(one["key"])) is not None
    )


def latest(told: Iterable[Worked]) -> dict[tuple[str, str, str], Worked]:
    """The last lead we made, by account, play and product (`lead_of`)."""
    return {_of(one.key): one for one in told}


def lead_of(lead: Lead) -> tuple[str, str, str]:
    """What `latest` knows this lead by."""
    return _of(lead.key)


def _of(key: LeadKey) -> tuple[str, str, str]:
    return key.account_id, key.play, key.product


def _worked(key: LeadKey, lead: Row, rows: Sequence[Row], *, last: bool) -> Worked:
    stage = _stage(lead, rows, last=last)
    reasons = (row["reason"] for row in rows if row["reason"])
    return Worked(
        key=key,
        stage=stage,
        how=tuple(sorted(set(_how(rows, stage)))),
        until=lead["snoozed_until"] if stage == "snoozed" else None,
        reason=next((tidy(reason, REASON) for reason in reasons), None),
        written_on=lead["written_on"],
        decided_on=None if stage == "open" else _decided_on(lead, rows),
        ids=tuple(row["id"] for row in rows),
    )


def _stage(lead: Row, rows: Sequence[Row], *, last: bool) -> Stage:
    said = {row["outcome"] for row in rows}
    answer = next((one for one in ANSWERS if one in said), None)
    if answer is not None:
        return answer
    if lead["is_open"]:
        return "open"
    if lead["expired_on"] is not None:
        return "expired"
    if lead["withdrawn_on"] is not None:
        return "withdrawn" if last else "superseded"
    return "deleted" if all(row["touched"] == "deleted" for row in rows) else "completed"


def _how(rows: Sequence[Row], stage: Stage) -> Iterator[str]:
    for row in rows:
        if row["touched"]:
            yield from row["touched"].split(", ")
        elif stage in ANSWERS:
            yield "answered"
        elif stage == "completed" and row["is_closed"] and row["withdrawn_on"] is None:
            yield "completed"


def _decided_on(lead: Row, rows: Sequence[Row]) -> date | None:
    own = lead["expired_on"] or lead["withdrawn_on"]
    return own or max((row["decided_on"] for row in rows if row["decided_on"]), default=None)
