"""A plan that lay for a while: of its updates and closes only those are written that would be made today."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import verbs
from jobs.result import RunResult
from mappings.changes import Plan
from tests.command import run
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, Moment, company, silent, small_world
from tests.jobs.test_handover import SLA
from tests.jobs.test_lists import listing, members
from tests.jobs.test_policies import Made, made, subject

GROWN, CLEARED, DONE = "a101", "a102", "a103"
OTHER = "decided anew: it would hold something else today"
HOLDS = "decided anew: its lead holds again"
__all__ = ["made"]


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moment]:
    """The day after the first sync."""
    world = small_world((GROWN, CLEARED, DONE))
    with company(request.param, tmp_path_factory.mktemp("anew") / "store", world) as served:
        served.sync()
        served.next_day()
        yield Moment(served)


@pytest.fixture
def here(synced: Moment) -> Company:
    return synced.again()


def planned(here: Company) -> Plan:
    made = here.sync(write=False).plan
    assert made is not None
    return made


def applied(here: Company, plan: Plan) -> RunResult:
    return verbs.apply(here.settings, plan.id, report=silent)


def told(result: RunResult) -> set[tuple[str, str | None, str]]:
    assert {one.reason for one in result.left} <= {"outdated"}
    return {(one.id, one.field, one.text) for one in result.left}


def headroom(here: Company, account: str) -> float:
    return float(here.account(account)[here.names["headroom"]])


def broken_off(here: Company, plan: Plan, at: str) -> None:
    """Apply it, and die once the first record of this object has been written."""

    def deadly(what: str, _done: int, _total: int | None) -> None:
        if what == f"write {here.names[at]}":
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        verbs.apply(here.settings, plan.id, report=deadly)


def test_a_field_of_an_account_that_would_hold_something_else_today_is_left_out(
    here: Company, tmp_path: Path
) -> None:
    for account in (FULL, GROWN):
        here.edit("update", account, "account", employees=500)
    plan = planned(here)
    here.later()
    here.edit("update", FULL, "account", employees=900)
    ended = run("apply", plan.id, folder=tmp_path, variables=here.env)
    assert (ended.code, ended.err) == (0, "")
    assert "Left as it is (1 record)" in ended.out
    assert "Example Industries 001" in ended.out
    assert (headroom(here, FULL), headroom(here, GROWN)) == (50, 350)
    (last,) = verbs.runs(here.settings, 1)
    left = [(one["id"], one["field"], one["text"]) for one in last.summary["left"]]
    assert left == [(here.id_of(here.account(FULL)), None, OTHER)]
    assert here.sync().written == 1
    assert headroom(here, FULL) == 750


def test_of_an_account_only_those_fields_are_left_out(here: Company) -> None:
    names = here.names
    here.edit("update", FULL, "account", employees=500)
    here.edit("update", FULL, "subscription", used=10)
    plan = planned(here)
    here.later()
    here.edit("update", FULL, "subscription", used=148)
    result = applied(here, plan)
    customer, task = (here.id_of(here.of(FULL, object)) for object in ("account", "task"))
    (change,) = [one for one in plan.changes if one.id == customer]
    outdated = set(change.values) - {names["headroom"], names["headroom_value"], names["computed_at"]}
    assert outdated
    assert told(result) == {(task, None, HOLDS), *((customer, name, OTHER) for name in outdated)}
    assert headroom(here, FULL) == 350


def test_a_record_is_not_closed_whose_lead_holds_again(here: Company) -> None:
    names = here.names
    for account in (FULL, CLEARED):
        here.edit("update", account, "subscription", used=10)
    here.edit("update", TOSSUP, "account", do_not_contact=True)
    plan = planned(here)
    assert plan.count("close") == 4
    here.later()
    here.edit("update", FULL, "subscription", used=148)
    here.edit("update", TOSSUP, "account", do_not_contact=False)
    result = applied(here, plan)
    stay = {here.id_of(here.of(*one)) for one in ((FULL, "task"), (TOSSUP, "task"), (TOSSUP, "lead"))}
    assert {one for one in told(result) if one[2] == HOLDS} == {(id, None, HOLDS) for id in stay}
    assert here.of(CLEARED, "task")[names["status"]] == names["done"]
    assert here.of(FULL, "task")[names["status"]] != names["done"]
    assert here.of(TOSSUP, "lead")[names["stage"]] != names["unqualified"]
    assert len(here.ours("task")) == len(set(here.ours("task"))) == 6
    again = here.sync()
    assert (again.written, again.plan and again.plan.changes) == (0, ())


def test_what_somebody_touched_meanwhile_is_told_as_theirs_and_not_as_outdated(here: Company) -> None:
    names = here.names
    for account in (FULL, CLEARED):
        here.edit("update", account, "subscription", used=10)
    here.edit("update", GROWN, "account", employees=500)
    plan = planned(here)
    here.later()
    here.edit("update", FULL, "task", subject="Called them")
    here.edit("delete", CLEARED, "task")
    here.edit("update", GROWN, "account", headroom=7)
    result = applied(here, plan)
    assert result.left == ()
    assert {(one.field, one.by) for one in result.moved} == {
        (names["subject"], "CSM 03"), (names["headroom"], "CSM 03"),
    }  # fmt: skip
    assert [one.object for one in result.gone] == [names["task"]]


def test_applying_it_again_after_it_broke_off_leaves_nothing_out(here: Company) -> None:
    """The lead record is closed; the task's own reason would be another one by now."""
    names = here.names
    here.edit("update", FULL, "subscription", used=10)
    here.edit("update", GROWN, "account", employees=500)
    here.edit("update", TOSSUP, "account", do_not_contact=True)
    plan = planned(here)
    broken_off(here, plan, "lead")
    assert here.of(TOSSUP, "lead")[names["stage"]] == names["unqualified"]
    assert here.of(TOSSUP, "task")[names["status"]] != names["done"]
    result = applied(here, plan)
    assert (result.left, result.moved, result.gone, result.refused) == ((), (), (), ())
    assert {here.of(one, "task")[names["status"]] for one in (TOSSUP, FULL)} == {names["done"]}
    again = here.sync()
    assert (again.written, again.plan and again.plan.changes) == (0, ())


def test_a_toss_up_that_was_being_taken_back_is_taken_back_to_the_end(here: Company) -> None:
    """Once the record is closed, nothing but the plan knows that its CSM is yet to be told."""
    here.emulator.clock.advance((SLA + 1) * 86_400)
    here.sync()
    here.emulator.clock.advance(5 * 86_400)
    plan = planned(here)
    (message,) = [one for one in plan.changes if one.ref.endswith("/unanswered")]
    broken_off(here, plan, "lead")
    assert here.of(TOSSUP, "lead")[here.names["stage"]] == here.names["unqualified"]
    result = applied(here, plan)
    assert (result.left, result.moved) == ((), ())
    assert message.ref in here.ours("task")
    again = here.sync()
    assert (again.written, again.plan and again.plan.changes) == (0, ())


def test_a_task_is_not_brought_up_to_date_with_what_is_outdated_itself(made: Made) -> None:
    here = made(task={"subject": "pin_on_human_edit"})
    here.edit("update", FULL, "subscription", used=149)
    here.next_day()
    plan = planned(here)
    here.later()
    here.edit("update", FULL, "subscription", used=150)
    result = applied(here, plan)
    id = here.id_of(here.of(FULL, "task"))
    assert told(result) == {(id, None, "decided anew: it would not be changed so today")}
    assert "148" in subject(here)
    here.edit("update", FULL, "subscription", used=10)
    result = applied(here, plan)
    assert told(result) == {(id, None, "decided anew: it would be closed today")}


@pytest.mark.parametrize("crm", CRMS)
def test_a_member_stays_on_the_list_whose_lead_asks_for_it_again(crm: str, tmp_path: Path) -> None:
    with listing(crm, tmp_path) as here:
        verbs.setup(here.settings, apply=True)
        here.sync()
        on = set(members(here))
        here.next_day()
        for account in (FULL, CLEARED):
            here.edit("update", account, "subscription", used=10)
        plan = planned(here)
        assert plan.count("remove") == 2
        here.later()
        here.edit("update", FULL, "subscription", used=148)
        result = applied(here, plan)
        customer = here.id_of(here.account(FULL))
        assert {one for one in told(result) if one[0] != customer} == {(members(here)[FULL], None, HOLDS)}
        assert set(members(here)) == on - {CLEARED}
        assert here.sync().written == 0
