"""What the ledger answers with, and how changes and plans are kept as text."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from connector.errors import AskAPerson
from connector.port import Outcome
from mappings.changes import Change, Conflict, FieldChange, Link, Plan, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a verb. `exit_code` and `ended` are None while it goes on, and for one that was killed."""

    id: str
    verb: str
    connection: str
    began: datetime
    ended: datetime | None
    exit_code: int | None
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A plan in the list of plans, without its changes."""

    id: str
    connection: str
    at: datetime
    creates: int
    updates: int
    closes: int
    conflicts: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What we last wrote to one field of record `id`, and when."""

    value: Value
    at: datetime
    id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record of ours: where it is (`id`), when we last wrote it, and whether we closed it ourselves.

    One that we took away ourselves has no id and is as if never made.
    """

    object: str
    id: str | None
    at: datetime
    closed: bool

    @property
    def removed(self) -> bool:
        """Whether we took it away ourselves."""
        return self.closed and self.id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A record that the CRM refused, in the vendor's code and words."""

    object: str
    ref: str
    code: str | None
    message: str | None
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """A change that was about to be written when its run ended: it may or may not be in the CRM."""

    run: str
    plan: str
    change: Change
    at: datetime

    def unclear(self) -> Refusal:
        """As it is told beside what was refused."""
        text = "Nobody knows yet whether it was written. The next run looks."
        return Refusal(object=self.change.object, ref=self.change.ref, code="UNCLEAR", message=text, retryable=True)


def change_from_json(body: Any) -> Change:
    """A change that was kept as JSON."""
    return Change(
        **{
            **body,
            "fields": tuple(FieldChange(**field) for field in body["fields"]),
            "links": tuple(Link(**link) for link in body["links"]),
        }
    )


def outcome_from_row(row: sa.RowMapping) -> Outcome:
    """What became of a record, as it was noted; the fields that a refusal named are not kept."""
    return Outcome(
        ref=row["ref"],
        ok=row["ok"],
        id=row["record_id"],
        created=row["created"],
        code=row["code"],
        message=row["message"],
        retryable=row["retryable"],
    )


def plan_to_bytes(plan: Plan) -> bytes:
    """A whole plan, small: the texts of tasks repeat themselves."""
    body = {
        "connection": plan.connection,
        "calls": plan.calls,
        "changes": plan.changes,
        "conflicts": plan.conflicts,
        "names": dict(plan.names),
    }
    return zlib.compress(orjson.dumps(body), level=3)


def plan_from_bytes(id: str, packed: bytes) -> Plan:
    """The same plan again. Raises AskAPerson if its content no longer gives its id."""
    body = orjson.loads(zlib.decompress(packed))
    plan = Plan(
        connection=body["connection"],
        calls=body["calls"],
        changes=tuple(change_from_json(change) for change in body["changes"]),
        conflicts=tuple(Conflict(**conflict) for conflict in body["conflicts"]),
        names=body.get("names", {}),
    )
    if plan.id != id:
        raise AskAPerson(f"Plan {id} is no longer what was reviewed (it reads as {plan.id}). Make a new plan.")
    return plan
