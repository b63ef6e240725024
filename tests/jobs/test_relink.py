"""What was refused once - a link of a new task, a place on a list - is asked for again by the next sync."""

from pathlib import Path

import pytest

from jobs import verbs
from tests.jobs.small import CRMS, FULL, Company, company
from tests.jobs.test_lists import listing, members


def without_its_contact(here: Company) -> dict[str, str]:
    """Apply a plan while the contact of one of its leads is deleted; what was refused, and the contact."""
    planned = here.sync(write=False).plan
    assert planned is not None
    contact = here.of(FULL, "contact")
    told = here.apply_while(planned.id, lambda: here.person("delete", "contact", contact))
    assert len(told.refused) == 1
    here.later()
    return {"contact": here.id_of(contact), "refused": told.refused[0]}


def back(here: Company, contact: str) -> None:
    """The contact is brought back from the recycle bin, and to its company."""
    action = "undelete" if here.crm == "salesforce" else "restore"
    who = "CSM 03" if here.crm == "salesforce" else here.owner("CSM 03")
    here.org.act(who, action, here.names["contact"], contact, {})
    if here.crm == "hubspot":
        here.person("link", "contact", {"id": contact}, to="companies", id=here.id_of(here.account(FULL)))
        here.person("update", "contact", {"id": contact}, jobtitle="Head of IT, again")


def test_a_refused_link_is_made_by_the_next_sync_that_can(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        was = without_its_contact(here)
        assert "LINK_REFUSED" in was["refused"]
        assert here.contact_of(here.of(FULL, "task")) is None
        back(here, was["contact"])
        here.edit("update", FULL, "task", subject="Called them")
        here.later()
        told = here.sync()
        assert told.refused == ()
        task = here.of(FULL, "task")
        assert here.contact_of(task) == was["contact"]
        assert task[here.names["subject"]] == "Called them"
        here.emulator.calls(forget=True)
        assert here.sync().written == 0
        assert not [call for call in here.emulator.calls() if "associate" in call]


def test_no_run_fails_for_a_contact_that_was_deleted(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        without_its_contact(here)
        assert [here.sync().refused for _ in range(2)] == [(), ()]


def test_a_link_that_is_refused_again_is_told_again_and_still_asked_for(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        contact = without_its_contact(here)["contact"]
        back(here, contact)

        def gone_again(what: str, _done: int, _total: int | None) -> None:
            there = {here.id_of(one) for one in here.records("contact")}
            if what == "plan" and contact in there:
                here.person("delete", "contact", {"id": contact})

        told = verbs.sync(here.settings, write=True, full=False, report=gone_again)
        (line,) = told.refused
        assert "LINK_REFUSED" in line
        assert [one.code for one in verbs.refusals(here.settings, told.run)] == ["LINK_REFUSED"]
        back(here, contact)
        here.later()
        assert here.sync().refused == ()
        assert here.contact_of(here.of(FULL, "task")) == contact


def test_a_task_that_somebody_deleted_is_not_made_anew_for_the_sake_of_its_links(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        was = without_its_contact(here)
        tasks = len(here.ours("task"))
        here.edit("delete", FULL, "task")
        back(here, was["contact"])
        here.later()
        assert here.sync().refused == ()
        assert len(here.ours("task")) == tasks - 1


@pytest.mark.parametrize("crm", CRMS)
def test_a_place_that_was_refused_is_given_by_the_next_sync(crm: str, tmp_path: Path) -> None:
    with listing(crm, tmp_path) as here:
        verbs.setup(here.settings, apply=True)
        contact = without_its_contact(here)["contact"]
        assert FULL not in members(here)
        back(here, contact)
        here.later()
        assert here.sync().refused == ()
        assert FULL in members(here)
