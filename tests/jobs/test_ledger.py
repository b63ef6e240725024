"""The ledger: what was written and refused, what is still open, and what was seen."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from connector.port import Outcome
from jobs.store.ledger import Known, Ledger, Refusal, Written
from jobs.store.seen import Seen
from jobs.store.tables import intents
from mappings.changes import Change, FieldChange
from tests.jobs.booked import ORG, T0, change, later, ok, write


def test_what_we_last_wrote_is_kept_field_by_field(ledger: Ledger) -> None:
    write(ledger, change("001A", Risk="watch", Headroom=5), change("001B", Risk=None), at=T0)
    write(ledger, change("001A", Headroom=7.5), at=later(1))
    assert ledger.last_written(ORG, "Account", ["001A", "001B", "001C"]) == {
        "001A": {
            "Risk": Written(value="watch", at=T0, id="001A"),
            "Headroom": Written(value=7.5, at=later(1), id="001A"),
        },
        "001B": {"Risk": Written(value=None, at=T0, id="001B")},
    }
    assert ledger.last_written(ORG, "Contact", ["001A"]) == {}
    assert ledger.last_written("salesforce:other", "Account", ["001A"]) == {}


def test_a_record_is_found_by_its_key_and_by_its_id(ledger: Ledger) -> None:
    write(ledger, change(key="K1", action="create", Subject="x"), at=T0)
    write(ledger, change("id of K1", key="K1", Status="y"), at=later(1))
    by_key, by_id = (ledger.last_written(ORG, "Task", [ref]) for ref in ("K1", "id of K1"))
    assert by_key["K1"] == by_id["id of K1"]
    assert by_key["K1"]["Subject"] == Written(value="x", at=T0, id="id of K1")


def test_keys_say_where_our_records_are_and_whether_we_closed_them(ledger: Ledger) -> None:
    write(ledger, change(key="K1", action="create", Subject="x"), change("001A", F=1), at=T0)
    write(ledger, change(key="K2", action="create", Subject="x"), at=T0)
    write(ledger, change("id of K2", key="K2", action="close", Status="Completed"), at=later(9))
    assert ledger.keys(ORG) == {
        ("Task", "K1"): Known(object="Task", id="id of K1", at=T0, closed=False),
        ("Task", "K2"): Known(object="Task", id="id of K2", at=later(9), closed=True),
    }


def test_a_refused_record_is_told_and_not_remembered_as_written(ledger: Ledger) -> None:
    run = ledger.begin("apply", ORG, T0)
    ledger.intend(run, "plan", ORG, [change("001A", F=1), change("001B", F=1)], T0)
    refused = Outcome(ref="001B", ok=False, code="FIELD_INTEGRITY", message="no", retryable=False)
    ledger.settle(run, [ok("001A"), refused], T0)
    assert ledger.refusals(run) == (
        Refusal(object="Account", ref="001B", code="FIELD_INTEGRITY", message="no", retryable=False),
    )
    assert ledger.refusals("no such run") == ()
    assert set(ledger.last_written(ORG, "Account", ["001A", "001B"])) == {"001A"}
    assert ledger.open_intents(ORG) == ()


def test_what_a_run_wrote_comes_back_newest_first_with_the_values_it_found(ledger: Ledger) -> None:
    found = (FieldChange(name="Headroom", old=4, new=7.5), FieldChange(name="Risk", old=None, new="watch"))
    update = Change(object="Account", action="update", id="001A", key=None, key_field=None, fields=found)
    create = change(key="K", action="create", Subject="席数")
    run = ledger.begin("sync", ORG, T0)
    ledger.intend(run, "plan", ORG, [update, change("001B", F=1)], T0)
    ledger.settle(run, [ok("001A"), Outcome(ref="001B", ok=False, code="NO")], T0)
    ledger.intend(run, "plan", ORG, [create, change("001C", F=1)], later(1))
    made = Outcome(ref="K", ok=True, id="00T1", created=True)
    ledger.settle(run, [made], later(1))
    write(ledger, change("001D", F=1), at=later(2))
    assert ledger.written_by(run) == ((create, made), (update, ok("001A")))
    assert ledger.written_by("no such run") == ()


def test_an_intent_without_outcome_stays_open_until_it_is_settled_or_written_again(ledger: Ledger) -> None:
    run = ledger.begin("apply", ORG, T0)
    first, second = change("001A", F=1), change(key="K", action="create", Subject="x")
    ledger.intend(run, "plan", ORG, [first, second], T0)
    assert [item.change for item in ledger.open_intents(ORG)] == [first, second]
    assert ledger.open_intents("hubspot:1") == ()
    write(ledger, change("001A", F=2), at=later(1))
    (left,) = ledger.open_intents(ORG)
    assert (left.run, left.plan, left.change, left.at) == (run, "plan", second, T0)
    ledger.settle(left.run, [ok("K", "00T1")], later(2))
    assert ledger.open_intents(ORG) == ()
    assert ledger.keys(ORG)["Task", "K"].id == "00T1"


def test_noting_an_outcome_twice_changes_nothing(ledger: Ledger) -> None:
    run = write(ledger, change("001A", F=1))
    ledger.settle(run, [Outcome(ref="001A", ok=False, code="LATE")], later(5))
    assert ledger.refusals(run) == ()
    with pytest.raises(ValueError, match="never intended 001Z"):
        ledger.settle(run, [ok("001Z")], T0)


def test_one_key_may_name_a_task_and_a_lead(ledger: Ledger) -> None:
    run = ledger.begin("apply", ORG, T0)
    task = change(key="K", action="create", Subject="x")
    lead = Change(object="Lead", action="create", id=None, key="K", key_field="Tossup_Key__c", fields=())
    for item in (lead, task):
        ledger.intend(run, "plan", ORG, [item], T0)
        ledger.settle(run, [ok("K", f"{item.object} id")], T0)
    assert ledger.last_written(ORG, "Task", ["K"])["K"]["Subject"].id == "Task id"
    write(
        ledger, Change(object="Lead", action="close", id="Lead id", key="K", key_field=None, fields=()), at=later(1)
    )
    known = ledger.keys(ORG)
    assert {name: (one.id, one.closed) for name, one in known.items()} == {
        ("Lead", "K"): ("Lead id", True),
        ("Task", "K"): ("Task id", False),
    }


def test_what_is_unclear_of_a_lead_record_is_not_settled_by_its_task(ledger: Ledger) -> None:
    run = ledger.begin("apply", ORG, T0)
    task = change(key="K", action="create", Subject="x")
    lead = Change(object="Lead", action="create", id=None, key="K", key_field="Tossup_Key__c", fields=())
    ledger.intend(run, "plan", ORG, [lead], T0)
    ledger.settle(run, [Outcome(ref="K", ok=False, unclear=True)], T0, "Lead")
    ledger.intend(run, "plan", ORG, [task], T0)
    ledger.settle(run, [ok("K", "00T1")], T0, "Task")
    assert [one.change for one in ledger.open_intents(ORG)] == [lead]
    assert {name: one.id for name, one in ledger.keys(ORG).items()} == {("Task", "K"): "00T1"}


def test_what_was_written_again_stays_settled_when_old_runs_are_forgotten(ledger: Ledger) -> None:
    create = change(key="K", action="create", Subject="x")
    ledger.intend(ledger.begin("sync", ORG, T0), "plan", ORG, [create, change("001A", F=1)], T0)
    write(ledger, create, at=later(1))
    write(ledger, change("id of K", key="K", action="close", Status="Completed"), at=later(2))
    assert ledger.prune(ORG, later(60)) == 3
    (left,) = ledger.open_intents(ORG)
    assert left.change.id == "001A", "nobody wrote that one again"
    assert ledger.keys(ORG)["Task", "K"].closed


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="has no time zone"):
        ledger.begin("pull", ORG, datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake under test


def test_a_run_of_the_version_before_leaves_intents_that_are_found(ledger: Ledger) -> None:
    run = ledger.begin("sync", ORG, T0)
    with ledger._database.writing() as con:
        row = {"run": int(run), "plan": "p", "connection": ORG, "object": "Account", "ref": "001A", "at": T0}
        con.execute(sa.insert(intents).values(**row, change=change("001A", Headroom=1)))
    assert [one.change.ref for one in ledger.open_intents(ORG)] == ["001A"]
    ledger.settle(run, [ok("001A")], T0)
    assert ledger.open_intents(ORG) == ()


def test_records_whose_links_were_refused_are_known_until_they_are_linked(ledger: Ledger) -> None:
    run = ledger.begin("sync", ORG, T0)
    made = change(key="1/seat_limit/-/2026Q4", action="create")
    ledger.intend(run, "plan", ORG, [made], T0)
    refused = Outcome(ref=made.ref, ok=False, id="00T1", created=True, code="LINK_REFUSED")
    ledger.settle(run, [refused], T0)
    (left,) = ledger.unlinked(ORG)
    assert (left.record, left.change) == ("00T1", made)
    assert ledger.unlinked("hubspot:1") == ()
    ledger.note_linked([left])
    assert ledger.unlinked(ORG) == ()


def test_some_records_are_looked_up_without_the_others_and_accounts_without_any(ledger: Ledger) -> None:
    keys = ["1/seat_limit/-/2026Q4", "1/upgrade/A/2026Q4", "2/seat_limit/-/2026Q4"]
    write(ledger, *(change(key=key, action="create", Subject="x") for key in keys), change("001A", Headroom=1))
    write(ledger, change(key="9/seat_limit/-/2026Q4", action="create"), connection="hubspot:1")
    assert ledger.keys(ORG, keys[:1]).keys() == {("Task", keys[0])}
    assert ledger.keys(ORG, ["nothing"]) == {}
    assert ledger.keys(ORG).keys() == {("Task", key) for key in keys}
    assert ledger.accounts(ORG) == {"1", "2"}


def test_what_was_seen_keeps_its_first_moment_and_every_field_that_held_something(ledger: Ledger) -> None:
    book = ledger.seen(ORG)
    many = [Seen(id=f"00T{n}", key=f"{n}/seat_limit/-/2026Q4") for n in range(1_200)]
    book.note("Task", many, T0)
    book.note("Task", many[:1], later(5))
    book.note("Account", [Seen(id="001A", fields=frozenset({"A__c", "B__c"}))], T0)
    book.note("Account", [Seen(id="001A", fields=frozenset({"B__c", "C__c"})), Seen(id="001B")], later(5))
    assert book.keyed() == {("Task", str(one.key)): (one.id, T0) for one in many}
    assert book.fields("Account", ["001A", "001B", "001C"]) == {
        "001A": frozenset({"A__c", "B__c", "C__c"}),
        "001B": frozenset(),
    }
    assert (ledger.seen("hubspot:1").keyed(), ledger.seen("hubspot:1").fields("Account", ["001A"])) == ({}, {})
