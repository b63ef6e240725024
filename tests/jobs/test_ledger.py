import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from connector.errors import AskAPerson, GiveUp, TryAgain
from connector.port import Outcome
from jobs.store.ledger import Known, Ledger, Refusal, Written, ledger_url
from jobs.store.seen import Seen
from jobs.store.tables import intents
from jobs.store.words import Words
from mappings.changes import Action, Change, Conflict, FieldChange, Link, Plan, Value

if TYPE_CHECKING:
    from tests.postgres import Server

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


def test_runs_are_listed_newest_first_and_a_killed_one_has_no_end(ledger: Ledger) -> None:
    first = ledger.begin("pull", ORG, T0)
    second = ledger.begin("sync", ORG, later(1))
    ledger.end(second, 0, {"written": 3}, later(2))
    newest, oldest = ledger.runs(10)
    assert (newest.id, newest.verb, newest.began, newest.ended) == (second, "sync", later(1), later(2))
    assert (newest.exit_code, newest.summary) == (0, {"written": 3})
    assert (oldest.id, oldest.exit_code, oldest.ended) == (first, None, None)
    assert [run.id for run in ledger.runs(1)] == [second]
    other = ledger.begin("sync", "hubspot:1", later(3))
    assert [run.id for run in ledger.runs()] == [other, second, first]
    assert [run.id for run in ledger.runs(connection=ORG)] == [second, first]


def test_a_plan_comes_back_as_it_was_by_any_beginning_of_its_id(ledger: Ledger) -> None:
    link = Link(object="companies", id="7")
    made = Change(
        object="tasks",
        action="create",
        id=None,
        key="7/seat_limit/-/2026Q4",
        key_field="tossup_key",
        fields=(FieldChange(name="subject", old=None, new="席数 🎉"), FieldChange(name="n", old=1.5, new=True)),
        links=(link,),
    )
    conflict = Conflict(object="Account", id="1", field="F", base=None, theirs="x", ours=2)
    plan = Plan(connection=ORG, changes=(change("1", F=2), made), conflicts=(conflict,), calls=4)
    ledger.save_plan(plan, T0)
    ledger.save_plan(plan, later(5))
    assert ledger.plan(plan.id) == plan
    assert ledger.plan(plan.id[:4]) == plan
    (saved,) = ledger.plans()
    assert (saved.id, saved.at, saved.creates, saved.updates, saved.conflicts) == (plan.id, later(5), 1, 1, 1)


def test_a_plan_id_that_says_too_little_or_nothing_is_explained(ledger: Ledger) -> None:
    with pytest.raises(GiveUp, match=r"There is no plan abc. Run `tossup plan` to make one"):
        ledger.plan("abc")
    plans = [Plan(connection=ORG, changes=(change(str(n), F=n),)) for n in range(40)]
    for plan in plans:
        ledger.save_plan(plan, T0)
    shared = next(p.id[0] for p in plans if sum(q.id[0] == p.id[0] for q in plans) > 1)
    with pytest.raises(GiveUp, match=rf"Several plans begin with {shared}. Give more of the id. The latest: "):
        ledger.plan(shared)
    with pytest.raises(GiveUp, match="There is no plan %"):
        ledger.plan("%")
    with pytest.raises(GiveUp, match="There is no plan"):
        ledger.plan("")


def test_a_plan_that_was_tampered_with_is_not_applied(ledger: Ledger) -> None:
    plan, other = (Plan(connection=ORG, changes=(change("1", F=n),)) for n in (1, 2))
    ledger.save_plan(plan, T0)
    ledger.save_plan(other, T0)
    with ledger._database.writing() as con:
        swap = "UPDATE plans SET body = (SELECT body FROM plans WHERE id = :other) WHERE id = :id"
        con.execute(sa.text(swap), {"other": other.id, "id": plan.id})
    with pytest.raises(AskAPerson, match="no longer what was reviewed"):
        ledger.plan(plan.id)


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


def test_many_records_are_one_transaction_each_way(ledger: Ledger) -> None:
    changes = [change(f"001{n:06}", F=n) for n in range(12_000)]
    write(ledger, *changes)
    found = ledger.last_written(ORG, "Account", [c.ref for c in changes])
    assert len(found) == 12_000
    assert found["001011999"]["F"].value == 11_999


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="has no time zone"):
        ledger.begin("pull", ORG, datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake under test


def test_what_was_intended_survives_a_kill(ledger_at: str) -> None:
    script = """
        import os, signal, sys
        from datetime import UTC, datetime
        from connector.port import Outcome
        from jobs.store.ledger import Ledger
        from mappings.changes import Change, FieldChange
        at = datetime(2026, 11, 22, tzinfo=UTC)
        changes = [Change(object="Account", action="update", id=str(n), key=None, key_field=None,
                          fields=(FieldChange(name="F", old=None, new=n),)) for n in range(300)]
        ledger = Ledger(sys.argv[1])
        run = ledger.begin("apply", "salesforce:X", at)
        ledger.intend(run, "plan", "salesforce:X", changes, at)
        ledger.settle(run, [Outcome(ref=str(n), ok=True, id=str(n)) for n in range(100)], at)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), ledger_at], check=False)
    assert done.returncode == -signal.SIGKILL
    with Ledger(ledger_at) as ledger:
        assert len(ledger.open_intents("salesforce:X")) == 200
        assert len(ledger.last_written("salesforce:X", "Account", [str(n) for n in range(300)])) == 100


def test_threads_take_turns(ledger: Ledger) -> None:
    def work(name: str) -> None:
        for n in range(10):
            write(ledger, change(f"{name}{n}", F=n))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refs = [f"{name}{n}" for name in "abc" for n in range(10)]
    assert len(ledger.last_written(ORG, "Account", refs)) == 30


def test_the_file_is_set_up_to_keep_what_was_committed(tmp_path: Path) -> None:
    with Ledger(ledger_url(tmp_path)) as ledger, ledger._database.reading() as con:
        answers = {name: con.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert answers == {"journal_mode": "wal", "synchronous": 2}
        assert con.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert con.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_what_was_committed_is_on_disk_though_the_server_would_not_wait_for_it(postgres: "Server") -> None:
    url = f"{postgres.url(postgres.schema())}%20-csynchronous_commit%3Doff"
    with Ledger(url) as ledger:
        with ledger._database.reading() as con:
            assert con.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
        with ledger._database.writing() as con:
            assert con.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_damaged_ledger_asks_a_person(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no ledger" * 1000)
    with pytest.raises(AskAPerson, match=r"is damaged. Put a backup in its place"):
        Ledger(ledger_url(tmp_path))


def test_a_ledger_locked_by_another_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.store.sqlite._PRAGMAS", ("journal_mode=WAL", "busy_timeout=10"))
    with Ledger(ledger_url(tmp_path)) as ledger:
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TryAgain, match=r"open in another program. Close it, then run again"):
            ledger.begin("pull", ORG, T0)
        other.close()
        assert ledger.begin("pull", ORG, T0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "is of another kind of database"),
        ("postgresql+asyncpg://host/db", "is of another kind of database"),
        ("postgresql://host", "names no database"),
        ("postgresql://user:hush@hush@host/db", "@ as %40"),
        ("postgresql://user:hush@host:hush/db", "is no database URL"),
        ("hush", "is no database URL"),
    ],
)
def test_another_kind_of_database_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(GiveUp, match=words) as refused:
        Ledger(url)
    assert "hush" not in str(refused.value)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GiveUp, match="cannot write there"):
        Ledger(ledger_url(tmp_path / "file" / "deeper"))


def test_a_person_of_whom_something_is_unclear_is_forgotten_only_when_a_person_says_so(ledger: Ledger) -> None:
    run = ledger.begin("sync", ORG, T0)
    about = change(key="001A/seat_limit/-/2026Q4", action="create", WhoId="003000000000001AAA")
    ledger.intend(run, "plan", ORG, [about, change("001B", Headroom=1)], T0)
    nobody, them = Words(["003000000000002AAA"]), Words(["003000000000001AAA"])
    assert ledger.erase(ORG, nobody, write=True).total == 0
    for write_ in (False, True):
        with pytest.raises(
            TryAgain, match=r"whether 1 writes .* arrived \(Task, the first sent 2026-11-22 03:00 UTC\)"
        ):
            ledger.erase(ORG, them, write=write_)
    assert ledger.erase(ORG, them, write=False, anyway=True).intents == 1
    assert len(ledger.open_intents(ORG)) == 2
    assert ledger.erase(ORG, them, write=True, anyway=True).intents == 1
    assert [one.change.ref for one in ledger.open_intents(ORG)] == ["001B"]
    assert ledger.erase(ORG, them, write=False).total == 0


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


def test_more_than_is_read_at_once_goes_when_it_is_old(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.store.retain._SOME", 2)
    write(ledger, *(change(f"00{n}", Headroom=n) for n in range(5)), at=T0)
    open_run = ledger.begin("sync", ORG, T0)
    ledger.intend(open_run, "plan", ORG, [change("999", Headroom=1)], T0)
    young = write(ledger, change("777", Headroom=1), at=later(10))
    assert ledger.prune(ORG, later(5)) == 5
    assert [one.change.ref for one in ledger.open_intents(ORG)] == ["999"]
    assert [one.ref for one, _ in ledger.written_by(young)] == ["777"]


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


def test_a_person_whose_id_is_in_a_key_that_was_seen_is_forgotten_there(ledger: Ledger) -> None:
    keys = ["001A/survey/003000000000001AAA/2026Q4", "001A/survey/003000000000002AAA/2026Q4"]
    ledger.seen(ORG).note("CampaignMember", [Seen(id=f"00v{n}", key=key) for n, key in enumerate(keys)], T0)
    them = Words(["003000000000001AAA"])
    assert ledger.erase(ORG, them, write=False).written == 1
    assert len(ledger.seen(ORG).keyed()) == 2
    assert ledger.erase(ORG, them, write=True).written == 1
    assert [key for _, key in ledger.seen(ORG).keyed()] == keys[1:]
