"""Runs and plans in the ledger: listed, found by the beginning of an id, and applied only as they were reviewed."""

import pytest
import sqlalchemy as sa

from connector.errors import AskAPerson, GiveUp
from jobs.store.ledger import Ledger
from mappings.changes import Change, Conflict, FieldChange, Link, Plan
from tests.jobs.booked import ORG, T0, change, later


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
