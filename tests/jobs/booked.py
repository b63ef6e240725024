"""Changes, outcomes and moments to write into a ledger."""

from datetime import UTC, datetime, timedelta

from connector.port import Outcome
from jobs.store.ledger import Ledger
from mappings.changes import Action, Change, FieldChange, Value

ORG = "salesforce:00D000000000001AAA"
T0 = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def later(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def change(id: str | None = None, key: str | None = None, action: Action = "update", **fields: Value) -> Change:
    object = "Task" if key else "Account"
    new = tuple(FieldChange(name=name, old=None, new=value) for name, value in fields.items())
    key_field = "Tossup_Key__c" if key else None
    return Change(object=object, action=action, id=id, key=key, key_field=key_field, fields=new, why="seat_limit")


def ok(ref: str, id: str | None = None) -> Outcome:
    return Outcome(ref=ref, ok=True, id=id or ref)


def write(ledger: Ledger, *changes: Change, at: datetime = T0, connection: str = ORG) -> str:
    run = ledger.begin("apply", connection, at)
    ledger.intend(run, "plan", connection, changes, at)
    ledger.settle(run, [ok(c.ref, c.id or f"id of {c.ref}") for c in changes], at)
    return run
