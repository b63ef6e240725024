"""Why a record was closed, or what changed about one that somebody works on, is noted on it, once."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from jobs import verbs
from jobs.touched import due_day
from mappings.load import load_rules
from tests.jobs.small import CRMS, FULL, Company, company, small_world
from tests.jobs.story import Story

CLEARED, HELD, BEGUN, DONE, MOVED = "a101", "a102", "a103", "a104", "a105"
ALL = (CLEARED, HELD, BEGUN, DONE, MOVED)
GONE, AGAIN, BACK, LATE, STILL, EXPIRED, AFTER = range(1, 8)
"""The runs after the first: reasons go, nothing, a reason is back, 16 days overdue, 17, 31, 32."""
DAY = 24


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Tossup runs eight times; tasks were due on 2026-11-09."""
    folder = tmp_path_factory.mktemp("notes") / "store"
    with company(request.param, folder, small_world(ALL)) as served:
        told = Story(company=served)
        told.run()
        _reasons_go(served)
        told.run()
        told.run()
        served.edit("update", BEGUN, "subscription", used=148)
        told.run()
        for hours in (24 * DAY, DAY, 14 * DAY, DAY):
            told.run(hours=hours)
        yield told


def _reasons_go(company: Company) -> None:
    company.edit("update", BEGUN, "task", status=company.names["begun"])
    company.edit("complete", DONE, "task")
    later = "2026-11-30" if company.crm == "salesforce" else "2026-11-30T09:00:00Z"
    company.edit("update", MOVED, "task", due=later)
    for account in (CLEARED, BEGUN, DONE):
        company.edit("update", account, "subscription", used=60)
    company.edit("update", HELD, "account", do_not_contact=True)


def _note(story: Story, moment: int, account: str) -> str:
    return str(story.held(moment, "task", account, "note") or "")


def test_a_task_is_closed_with_the_reason_that_is_gone(story: Story) -> None:
    seats = "the reason no longer holds (Seats in use: 60 seats; Seats paid: 150 seats)"
    assert _note(story, GONE, CLEARED) == f"2026-11-02: {seats}. Tossup closed this."
    assert story.held(GONE, "task", CLEARED, "status") == story.company.names["done"]


def test_a_task_whose_lead_is_held_back_is_closed_with_what_holds_it(story: Story) -> None:
    assert re.fullmatch(r"2026-11-02: .*contact.*\. Tossup closed this\.", _note(story, GONE, HELD))


def test_a_task_that_somebody_works_on_is_noted_and_not_changed_otherwise(story: Story) -> None:
    assert _note(story, GONE, BEGUN).endswith("Tossup leaves this to you, as somebody has worked on it.")
    before, after = dict(story.seen[0]["task"][BEGUN[1:]]), dict(story.seen[GONE]["task"][BEGUN[1:]])
    changed = {name for name in after if before.get(name) != after[name]}
    names = story.company.names
    assert {name for name in changed if name in {*names.values()}} == {names["note"], names["status"]}


def test_a_reason_that_is_back_is_noted_as_well(story: Story) -> None:
    assert _note(story, BACK, BEGUN) == "2026-11-02: the reason holds again."
    assert story.held(BACK, "task", BEGUN, "status") == story.company.names["begun"]


def test_what_a_person_finished_is_not_noted(story: Story) -> None:
    assert _note(story, AFTER, DONE) == ""


def test_a_task_that_nobody_touched_is_reminded_of_once_and_then_closed(story: Story) -> None:
    names = story.company.names
    assert _note(story, BACK, FULL) == ""
    assert _note(story, LATE, FULL).startswith("2026-11-26: this was due on November 9, 2026. If nobody touches it")
    assert story.seen[LATE]["task"][FULL[1:]] == story.seen[STILL]["task"][FULL[1:]]
    assert story.held(STILL, "task", FULL, "status") != names["done"]
    assert story.held(EXPIRED, "task", FULL, "status") == names["done"]
    assert _note(story, EXPIRED, FULL) == (
        "2026-12-11: nobody touched this since it was due on November 9, 2026. Tossup closed this."
    )
    assert list(story.every[AFTER]["task"][FULL[1:]]) == list(story.every[0]["task"][FULL[1:]])


def test_a_task_that_was_put_off_is_not_reminded_of(story: Story) -> None:
    assert _note(story, AFTER, MOVED) == ""
    assert story.held(AFTER, "task", MOVED, "status") != story.company.names["done"]


def test_what_was_closed_late_is_not_shown_again_in_this_quarter(story: Story) -> None:
    told = verbs.explain(story.company.settings, "Example Industries 001")
    assert [(one.lead.state, [reason.code for reason in one.lead.reasons]) for one in told.judgements
            if one.lead.play == "seat_limit"] == [("suppressed", ["already_worked"])]  # fmt: skip


@pytest.mark.parametrize("run", [AGAIN, STILL, AFTER])
def test_nothing_is_said_twice(story: Story, run: int) -> None:
    task = story.company.names["task"]
    mine = [one for one in story.plan(run).changes if one.object == task and story.called(one.key) in (FULL, *ALL)]
    assert mine == []


@pytest.mark.parametrize(("crm", "due"), [("salesforce", "4000-12-31"), ("hubspot", "9999-12-31T23:59:59Z")])
def test_a_task_put_off_until_the_end_of_all_days_stops_no_run(crm: str, due: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as here:
        here.sync()
        here.edit("update", FULL, "task", due=due)
        here.edit("update", FULL, "subscription", used=60)
        here.later()
        assert here.sync().refused == ()
        assert "60 seats" in here.of(FULL, "task")[here.names["note"]]


@pytest.mark.parametrize(
    ("held", "day"),
    [
        ("9999-12-31T23:59:59.000Z", date.max),
        ("2026-11-09T23:00:00.000Z", date(2026, 11, 10)),
        ("2026-11-09", date(2026, 11, 9)),
        ("some day", None),
        (None, None),
    ],
)
def test_a_due_day_is_the_companys_and_what_is_no_day_is_none(held: str | None, day: date | None) -> None:
    mapping = load_rules("hubspot", None).mapping
    company = mapping.company.model_copy(update={"time_zone": "Asia/Tokyo"})
    assert due_day(mapping.model_copy(update={"company": company}), mapping.write.task, {"hs_timestamp": held}) == day
