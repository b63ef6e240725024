"""Reasons go and come back, guardrails hold and let go, people leave: what becomes of tasks that nobody touched."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.jobs.small import CRMS, TOSSUP, Company, company, small_world
from tests.jobs.story import Story

CLEARED, HELD, ANSWERED, EDITED, REOPENED, LEFT, CALM = "a101", "a102", "a103", "a104", "a105", "a106", "a107"
DECLINED = "a201"
STEADY = (LEFT, CALM)
WORKED = (CLEARED, HELD, ANSWERED, EDITED, REOPENED)


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Moments: 0 first run, 1 reasons gone, 2 people touched what was closed, 3 reasons back, 4 and 5 once more."""
    folder = tmp_path_factory.mktemp("comeback") / "store"
    with company(request.param, folder, small_world((*WORKED, *STEADY), ())) as served:
        told = Story(company=served)
        told.run()
        _reasons_go(served)
        told.run()
        _people_touch(served)
        _reasons_return(served)
        told.run()
        told.run()
        yield told


def _reasons_go(company: Company) -> None:
    for account in (CLEARED, ANSWERED, EDITED, REOPENED):
        company.edit("update", account, "subscription", used=60)
    for account in (HELD, TOSSUP):
        company.edit("update", account, "account", do_not_contact=True)
    company.edit("update", LEFT, "contact", left="2026-11-01")
    company.another_contact(LEFT)


def _people_touch(company: Company) -> None:
    company.edit("update", ANSWERED, "task", response="declined")
    company.edit("update", EDITED, "task", body="I had spoken to them already.")
    company.edit("update", REOPENED, "task", status=company.names["begun"])


def _reasons_return(company: Company) -> None:
    for account in (CLEARED, ANSWERED, EDITED, REOPENED):
        company.edit("update", account, "subscription", used=148)
    for account in (HELD, TOSSUP):
        company.edit("update", account, "account", do_not_contact=False)


def _turns(story: Story, moment: int, account: str, object: str = "task") -> list[tuple[str, Any]]:
    """Of every record of an account: its cycle, and its status."""
    names = story.company.names
    status = names["status" if object == "task" else "stage"]
    found = story.every[moment][object].get(account[1:], {})
    return sorted((key.split("/")[3], one[status]) for key, one in found.items())


def test_a_task_whose_reason_is_gone_or_whose_lead_is_held_back_is_closed(story: Story) -> None:
    done = story.company.names["done"]
    for account in (*WORKED, TOSSUP, LEFT):
        assert _turns(story, 1, account) == [("2026Q4", done)], account
    assert _turns(story, 1, TOSSUP, "lead") == [("2026Q4", story.company.names["unqualified"])]
    assert [status for _, status in _turns(story, 1, CALM)] == [_turns(story, 0, CALM)[0][1]]


def test_the_plan_says_which_guardrail_it_was(story: Story) -> None:
    changes = [one for one in story.plan(1).changes if one.action == "close"]
    why = {story.called(one.key): one.why for one in changes}
    assert why == {
        **dict.fromkeys((CLEARED, ANSWERED, EDITED, REOPENED), "cleared"),
        HELD: "do_not_contact",
        TOSSUP: "do_not_contact",
        LEFT: "contact",
    }


@pytest.mark.parametrize("account", [CLEARED, HELD, TOSSUP])
def test_with_its_reason_the_lead_comes_back_as_a_new_record(story: Story, account: str) -> None:
    names = story.company.names
    first = _turns(story, 0, account)[0][1]
    assert _turns(story, 2, account) == [("2026Q4", names["done"]), ("2026Q4.2", first)]
    if account == TOSSUP:
        assert [cycle for cycle, _ in _turns(story, 2, account, "lead")] == ["2026Q4", "2026Q4.2"]


def test_a_task_about_somebody_who_left_makes_room_for_one_about_somebody_else(story: Story) -> None:
    assert [cycle for cycle, _ in _turns(story, 2, LEFT)] == ["2026Q4", "2026Q4.2"]
    first, second = (one for _, one in sorted(story.every[2]["task"][LEFT[1:]].items()))
    assert story.company.contact_of(first) != story.company.contact_of(second)
    assert story.company.contact_of(second) is not None


@pytest.mark.parametrize("account", [ANSWERED, EDITED, REOPENED])
def test_what_a_person_touched_after_we_closed_it_is_theirs_and_nothing_takes_its_place(
    story: Story, account: str
) -> None:
    assert [cycle for cycle, _ in _turns(story, 3, account)] == ["2026Q4"]
    status = story.company.names["begun" if account == REOPENED else "done"]
    assert _turns(story, 3, account) == [("2026Q4", status)]


@pytest.mark.parametrize("crm", CRMS)
def test_with_the_ledger_lost_what_tossup_closed_is_nobodys_refusal(
    crm: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The cleared lead comes back with its reason; what people said or took up again stays theirs."""
    folder = tmp_path_factory.mktemp("lost") / "store"
    with company(crm, folder, small_world((CLEARED, ANSWERED, REOPENED), (DECLINED,))) as served:
        told = Story(company=served)
        told.run()
        for account in (CLEARED, ANSWERED, REOPENED):
            served.edit("update", account, "subscription", used=60)
        for account in (TOSSUP, DECLINED):
            served.edit("update", account, "account", do_not_contact=True)
        told.run()
        served.edit("update", DECLINED, "lead", response="declined")
        served.edit("update", ANSWERED, "task", response="declined")
        served.edit("update", REOPENED, "task", status=served.names["begun"])
        told.run()
        for path in served.settings.state_dir.rglob("ledger.db*"):
            path.unlink()
        told.run()
        messages = {key.rpartition("/")[2] for key in served.ours("task") if key.count("/") == 4}
        assert messages == {"declined"}, "what the specialist said, and nothing that we did ourselves"
        assert len([key for key in served.ours("task") if key.count("/") == 4]) == 1
        for account in (CLEARED, ANSWERED, REOPENED):
            served.edit("update", account, "subscription", used=148)
        for account in (TOSSUP, DECLINED):
            served.edit("update", account, "account", do_not_contact=False)
        told.run()
        assert [cycle for cycle, _ in _turns(told, 4, CLEARED)] == ["2026Q4", "2026Q4.2"]
        assert [cycle for cycle, _ in _turns(told, 4, TOSSUP, "lead")] == ["2026Q4", "2026Q4.2"]
        for account in (ANSWERED, REOPENED):
            assert [cycle for cycle, _ in _turns(told, 4, account)] == ["2026Q4"], account
        assert [cycle for cycle, _ in _turns(told, 4, DECLINED, "lead")] == ["2026Q4"]


def test_the_next_run_has_nothing_left_to_write(story: Story) -> None:
    assert story.plan(3).changes == ()
