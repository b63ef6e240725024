"""Salesforce archives closed tasks after a year: what people answered on them holds all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import verbs
from tests.jobs.small import FULL, Company, company

DAY_S = 86_400


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    with company("salesforce", tmp_path / "store") as served:
        served.edit("update", FULL, "subscription", UsageEndDate="2029-07-31")
        yield served


def decline(here: Company) -> None:
    """A person says no to the open task of the customer."""
    start, names = f"{here.id_of(here.account(FULL))}/", here.names
    (task,) = (
        one
        for key, one in here.ours("task").items()
        if key.startswith(start) and one[names["status"]] != names["done"]
    )
    here.person("update", "task", task, response="declined", status=names["done"])


def told(here: Company) -> list[tuple[str, list[str]]]:
    """State and reasons of the customer's leads."""
    customer = here.id_of(here.account(FULL))
    leads = (lead for lead in verbs.find_leads(here.settings).leads if lead.account_id == customer)
    return [(lead.state, [reason.code for reason in lead.reasons]) for lead in leads]


def test_who_declined_twice_is_left_alone_when_the_tasks_are_archived(here: Company) -> None:
    here.sync()
    here.next_day()
    decline(here)
    here.emulator.clock.advance(185 * DAY_S)
    here.sync()
    here.next_day()
    decline(here)
    here.next_day()
    here.sync()
    (first,) = told(here)
    assert (first[0], first[1][0]) == ("suppressed", "declined_product")
    here.org.settings({"archive_after_days": 365})
    here.emulator.clock.advance(400 * DAY_S)
    for full in (False, True):
        result = here.sync(full=full)
        assert told(here) == [("suppressed", ["declined_product"])], "an archived no is a no"
        assert result.read["Task"]["deleted"] == 0
    start = here.id_of(here.account(FULL))
    assert {row["IsArchived"] for key, row in here.ours("task").items() if key.startswith(start)} == {True}
    forgetful = here.settings.model_copy(update={"state_dir": here.settings.state_dir.with_name("anew")})
    verbs.pull(forgetful, full=False, report=lambda *_: None)
    anew = [lead.state for lead in verbs.find_leads(forgetful).leads if lead.account_name.endswith(FULL[1:])]
    assert anew == ["suppressed"], "also on a machine that never saw them before they were archived"


def test_an_archived_task_that_a_person_deletes_is_deleted(here: Company) -> None:
    here.sync()
    here.next_day()
    decline(here)
    here.sync()
    here.org.settings({"archive_after_days": 365})
    here.emulator.clock.advance(400 * DAY_S)
    here.sync()
    archived = [row for row in here.ours("task").values() if row["IsArchived"]]
    here.person("delete", "task", archived[0])
    here.next_day()
    assert here.sync().read["Task"]["deleted"] == 1


def test_the_archive_of_others_is_not_read(here: Company) -> None:
    here.org.insert("Task", [{"Subject": "Long ago", "Status": "Completed", "ActivityDate": "2020-01-01"}])
    here.org.settings({"archive_after_days": 365})
    here.sync()
    subjects = [row["Subject"] for row in here.records("Task")]
    assert "Long ago" in subjects
    assert here.sync().read["Task"]["crm_count"] == len(subjects) - 1
