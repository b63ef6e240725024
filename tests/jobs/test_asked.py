"""A plan that lay for a while: of its new records only those are made that are still asked for, on both CRMs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import verbs
from jobs.result import RunResult
from tests.command import run
from tests.jobs.small import CRMS, FULL, TODAY, Company, Moment, company, silent, small_world

GONE, MOVED, SUCCEEDED, SAME = "a101", "a102", "a103", "a104"
OTHER = "decided anew: it would hold something else today"


@pytest.fixture(scope="module", params=CRMS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Moment, str]]:
    world = small_world((GONE, MOVED, SUCCEEDED, SAME))
    with company(request.param, tmp_path_factory.mktemp("asked") / "store", world) as served:
        plan = served.sync(write=False).plan
        assert plan is not None
        yield Moment(served), plan.id


def applied(here: Company, plan: str) -> RunResult:
    return verbs.apply(here.settings, plan, report=silent)


def left(told: RunResult, here: Company, account: str) -> set[str]:
    """Why nothing is made for this customer."""
    start = f"{here.id_of(here.account(account))}/"
    return {one.text for one in told.left if one.id.startswith(start) and one.reason == "outdated"}


def tasks(here: Company) -> set[str]:
    """The customers who have a task of ours."""
    return {key.partition("/")[0] for key in here.ours("task")}


def test_what_nothing_asks_for_any_more_is_left_unmade_and_told(whole: tuple[Moment, str]) -> None:
    here, plan = whole[0].again(), whole[1]
    here.next_day()
    here.edit("update", FULL, "account", do_not_contact=True)
    here.edit("update", GONE, "subscription", used=10)
    here.edit("update", MOVED, "account", owner=here.owner("CSM 03"))
    here.another_contact(SUCCEEDED)
    here.edit("update", SUCCEEDED, "contact", left=TODAY.isoformat())
    told = applied(here, plan)
    (why,) = left(told, here, FULL)
    assert why.startswith("its lead is suppressed now: ")
    assert left(told, here, GONE) == {"nothing asks for it any more"}
    assert left(told, here, MOVED) == {"it would go to another owner now"}
    assert left(told, here, SUCCEEDED) <= {"it would go to another contact now", "it would go to somebody else now"}
    made = tasks(here)
    without = {here.id_of(here.account(key)) for key in (FULL, GONE, MOVED, SUCCEEDED)}
    assert not made & without
    assert here.id_of(here.account(SAME)) in made
    unmade = [one for one in told.left if one.id.startswith(tuple(f"{id}/" for id in without))]
    assert len(unmade) == len(without)
    fields = {(one.id, one.text) for one in told.left if one not in unmade}
    assert fields == {(here.id_of(here.account(key)), OTHER) for key in (FULL, GONE)}, "all else was still asked for"
    assert told.refused == ()
    again = here.sync()
    assert tasks(here) - made == {here.id_of(here.account(key)) for key in (MOVED, SUCCEEDED)}
    assert again.left == ()


def test_an_account_that_was_deleted_gets_no_task(whole: tuple[Moment, str]) -> None:
    here, plan = whole[0].again(), whole[1]
    customer = here.id_of(here.account(FULL))
    here.edit("delete", FULL, "account")
    told = applied(here, plan)
    assert [one.text for one in told.left if one.id.startswith(f"{customer}/")] == ["nothing asks for it any more"]
    assert (told.refused, customer in tasks(here)) == ((), False)


def test_a_task_is_not_made_after_the_day_it_was_due(whole: tuple[Moment, str]) -> None:
    here, plan = whole[0].again(), whole[1]
    here.emulator.clock.advance(50 * 86_400)
    told = applied(here, plan)
    (why,) = left(told, here, SAME)
    assert why.startswith("it was due on 2026-11-")
    assert tasks(here) == set()
    assert told.to_json()["left"] == [one.to_json() for one in told.left]


def test_the_terminal_says_what_was_left_unmade(whole: tuple[Moment, str], tmp_path: Path) -> None:
    here, plan = whole[0].again(), whole[1]
    here.edit("update", FULL, "account", do_not_contact=True)
    ended = run("apply", plan, folder=tmp_path, variables=here.env)
    assert (ended.code, "Left as it is (2 records)" in ended.out) == (0, True)
    assert "its lead is suppressed now" in " ".join(ended.out.split())
    assert "Example Industries 001" in ended.out
