"""People work in the CRM between two runs, and facts change: what Tossup writes, and what it leaves alone."""

from collections.abc import Iterator

import pytest

from jobs import verbs
from mappings.same import same
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, company, small_world
from tests.jobs.story import Story

EDITED, GREW, CLEARED = "a101", "a102", "a103"
BEGUN, RENAMED, REWORDED, HANDED_ON = "a104", "a105", "a106", "a107"
DELETED, COMPLETED, REASSIGNED, DEFERRED = "a108", "a109", "a110", "a111"
LOST_NEED, LEAD_TOUCHED, TASK_DELETED, CONVERTED = "a201", "a202", "a203", "a204"
ALL_FULL = (EDITED, GREW, CLEARED, BEGUN, RENAMED, REWORDED, HANDED_ON, DELETED, COMPLETED, REASSIGNED, DEFERRED)
ALL_TOSSUPS = (LOST_NEED, LEAD_TOUCHED, TASK_DELETED, CONVERTED)
CLOSED_TASKS = {CLEARED, LOST_NEED, LEAD_TOUCHED}


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Moments: 0 after the first run, 1 people have worked, 2 second run, 3 people again, 4 third run."""
    folder = tmp_path_factory.mktemp("story") / "store"
    with company(request.param, folder, small_world(ALL_FULL, ALL_TOSSUPS)) as served:
        told = Story(company=served)
        told.run()
        _first_day(served)
        told.look()
        told.run()
        served.edit("update", EDITED, "account", headroom=None)
        told.look()
        told.run()
        yield told


def _first_day(company: Company) -> None:
    company.edit("update", EDITED, "account", headroom=7)
    for account in (EDITED, GREW):
        company.edit("update", account, "account", employees=400)
    company.edit("update", BEGUN, "task", status=company.names["begun"])
    company.edit("update", RENAMED, "task", subject="Called, waiting for an answer")
    company.edit("update", REWORDED, "task", body="They asked for March.")
    company.edit("update", HANDED_ON, "task", owner=company.owner("CSM 03"))
    for account in (CLEARED, BEGUN, RENAMED, REWORDED, HANDED_ON):
        company.edit("update", account, "subscription", used=60)
    company.edit("delete", DELETED, "task")
    company.edit("complete", COMPLETED, "task")
    company.edit("update", REASSIGNED, "task", owner=company.owner("CSM 03"))
    company.edit(
        "update", DEFERRED, "task", due="2026-12-24" if company.crm == "salesforce" else "2026-12-24T09:00:00Z"
    )
    company.edit("update", LEAD_TOUCHED, "lead", lead_body="Spoke to the head of IT.")
    for account in (LOST_NEED, LEAD_TOUCHED):
        company.serve_need(account)
    company.edit("delete", TASK_DELETED, "task")
    company.edit("convert", CONVERTED, "lead")


def test_the_first_run_makes_a_task_for_each_lead_and_a_record_for_each_toss_up(story: Story) -> None:
    assert len(story.seen[0]["task"]) == 1 + len(ALL_FULL) + 1 + 1 + len(ALL_TOSSUPS)
    assert set(story.seen[0]["lead"]) == {account[1:] for account in (TOSSUP, *ALL_TOSSUPS)}
    first = story.runs[0].to_json()
    assert first["written"] == sum(first["changes"].values())
    assert (first["refused"], first["conflicts"]) == (0, 0)


def test_a_toss_up_goes_to_the_specialists_queue_and_its_task_to_the_csm(story: Story) -> None:
    owner = story.company.names["owner"]
    queue = story.company.owner("Specialists Analytics")
    assert story.held(0, "lead", TOSSUP, "owner") == queue
    assert story.held(0, "task", TOSSUP, "owner") == story.seen[0]["account"][TOSSUP[1:]][owner] != queue


def test_a_field_that_a_person_changed_is_a_conflict_and_stays(story: Story) -> None:
    conflicts = story.plan(1).conflicts
    assert [(one.field, float(str(one.theirs))) for one in conflicts] == [(story.company.names["headroom"], 7.0)]
    assert conflicts[0].ours != conflicts[0].base
    assert float(story.held(2, "account", EDITED, "headroom")) == 7


def test_the_other_fields_of_that_account_are_still_brought_up_to_date(story: Story) -> None:
    before, after = (story.held(n, "account", EDITED, "headroom_value") for n in (1, 2))
    assert float(after) > float(before)
    assert after == story.held(2, "account", GREW, "headroom_value")


def test_a_cleared_field_is_not_filled_again(story: Story) -> None:
    assert story.held(4, "account", EDITED, "headroom") in (None, "")


def test_changed_facts_are_written_once_with_the_time(story: Story) -> None:
    assert float(story.held(2, "account", GREW, "headroom")) == 250
    assert float(story.held(0, "account", GREW, "headroom")) == 50
    times = [story.held(n, "account", GREW, "computed_at") for n in (0, 2, 4)]
    assert times[0] < times[1] == times[2]
    stamp = story.company.names["computed_at"]
    grown = story.company.id_of(story.company.account(GREW))
    grew = next(one for one in story.plan(1).changes if one.id == grown)
    (told,) = (one for one in grew.fields if one.name == stamp)
    assert same(told.old, times[0]), "the plan says what the field holds now"
    assert same(told.new, times[1])


def test_an_account_without_news_is_not_touched(story: Story) -> None:
    assert story.seen[3]["account"] == story.seen[4]["account"]


def test_the_task_of_a_signal_that_is_gone_is_closed(story: Story) -> None:
    names = story.company.names
    closed = {account for account in (FULL, *ALL_FULL, *ALL_TOSSUPS) if account[1:] in story.seen[2]["task"]
              and story.held(2, "task", account, "status") == names["done"]}  # fmt: skip
    assert closed == CLOSED_TASKS | {COMPLETED}
    assert story.held(2, "lead", LOST_NEED, "stage") == names["unqualified"]
    assert story.plan(1).count("close") == len(CLOSED_TASKS) + 1
    assert story.runs[1].to_json()["changes"]["close"] == len(CLOSED_TASKS) + 1


def _but_for_the_note(story: Story, moment: int, object: str, account: str) -> dict[str, object]:
    """A record without our note, and without the stamps that writing it leaves."""
    names = story.company.names
    record = story.seen[moment][object].get(account[1:], {})
    return {name: value for name, value in record.items() if name in {*names.values()} - {names["note"]}}


@pytest.mark.parametrize("account", [BEGUN, RENAMED, REWORDED, HANDED_ON])
def test_a_task_that_somebody_touched_is_not_closed_but_only_noted(story: Story, account: str) -> None:
    before, after = (_but_for_the_note(story, moment, "task", account) for moment in (1, 4))
    assert before == after
    assert str(story.held(4, "task", account, "note")).endswith("as somebody has worked on it.")


def test_a_lead_record_that_somebody_touched_is_not_closed(story: Story) -> None:
    for account in (LEAD_TOUCHED, CONVERTED):
        before, after = (_but_for_the_note(story, moment, "lead", account) for moment in (1, 4))
        assert before == after


@pytest.mark.parametrize("account", [DELETED, COMPLETED, TASK_DELETED])
def test_a_deleted_or_completed_task_is_not_made_again(story: Story, account: str) -> None:
    assert story.seen[4]["task"].get(account[1:]) == story.seen[1]["task"].get(account[1:])
    assert [change.key for run in (1, 2) for change in story.plan(run).changes if change.action == "create"] == []


@pytest.mark.parametrize("account", [REASSIGNED, DEFERRED])
def test_a_reassigned_or_deferred_task_is_not_touched(story: Story, account: str) -> None:
    assert story.seen[1]["task"][account[1:]] == story.seen[4]["task"][account[1:]]


def test_what_people_did_is_told_apart(story: Story) -> None:
    told = {
        story.called(str(one.key)): (one.stage, one.how) for one in verbs.find_leads(story.company.settings).worked
    }
    assert {account: told[account] for account in (*ALL_FULL[2:], *ALL_TOSSUPS)} == {
        CLEARED: ("withdrawn", ()),
        BEGUN: ("open", ("begun",)),
        RENAMED: ("open", ("reworded",)),
        REWORDED: ("open", ("reworded",)),
        HANDED_ON: ("open", ("reassigned",)),
        DELETED: ("deleted", ("deleted",)),
        COMPLETED: ("completed", ("completed",)),
        REASSIGNED: ("open", ("reassigned",)),
        DEFERRED: ("snoozed", ("deferred",)),
        LOST_NEED: ("withdrawn", ()),
        LEAD_TOUCHED: ("open", ("reworded",)),
        TASK_DELETED: ("open", ("deleted",)),
        CONVERTED: ("accepted", ("answered",)),
    }


def test_the_third_run_has_nothing_left_to_write(story: Story) -> None:
    assert story.plan(2).changes == ()
    assert story.runs[2].written == 0
