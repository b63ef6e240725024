"""A plan that goes by file to another machine, and files that are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from connector.errors import GiveUp
from jobs import verbs
from jobs.plans import write_out
from tests.jobs.apply.planned import Planned
from tests.jobs.small import silent


def test_a_plan_goes_by_file_to_another_machine_and_is_written_there(planned: Planned, tmp_path: Path) -> None:
    here = planned.company
    file = tmp_path / "reviewed.json"
    write_out(verbs.review(here.settings, planned.plan.id[:4]), "json", file)
    assert file.stat().st_mode & 0o077 == 0
    there = here.settings.model_copy(update={"state_dir": tmp_path / "there"})
    told = verbs.apply(there, str(file), report=silent).to_json()
    assert (told["plan"], told["written"]) == (planned.plan.id, len(planned.plan.changes))
    assert here.state() == planned.applied


def test_a_file_that_was_changed_or_is_no_plan_is_refused(planned: Planned, tmp_path: Path) -> None:
    here = planned.company
    file = tmp_path / "reviewed.json"
    for old, new in ((b'"mid"', b'"high"'), (b'"calls": ', b'"calls": 1'), (b"Example Industries 001", b"Another")):
        write_out(verbs.review(here.settings, planned.plan.id), "json", file)
        text = file.read_bytes()
        assert old in text
        file.write_bytes(text.replace(old, new, 1))
        with pytest.raises(GiveUp, match=r"reviewed.json: plan \w+ was changed after it was made; make a new one"):
            verbs.apply(here.settings, str(file), report=silent)
    file.write_text("{}", "utf-8")
    with pytest.raises(GiveUp, match="not a plan that Tossup wrote"):
        verbs.apply(here.settings, str(file), report=silent)
    for absent in (str(tmp_path / "nosuch"), "nosuch.json"):
        with pytest.raises(GiveUp, match=rf"There is no file {absent}. `tossup plans` lists"):
            verbs.apply(here.settings, absent, report=silent)


def test_a_plans_file_is_closed_to_others_wherever_it_is_put(planned: Planned, tmp_path: Path) -> None:
    one = verbs.review(planned.company.settings, planned.plan.id)
    file = tmp_path / "there.html"
    file.touch(0o644)
    write_out(one, "html", file)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(GiveUp, match=r"There is no folder .*/none for plan.md\. Make it"):
        write_out(one, "markdown", tmp_path / "none" / "plan.md")
    with pytest.raises(GiveUp, match="is a folder"):
        write_out(one, "markdown", tmp_path)


def test_a_file_for_another_connection_is_refused(planned: Planned, tmp_path: Path) -> None:
    file = tmp_path / "reviewed.json"
    file.write_text(replace(planned.plan, connection="salesforce:00D000000000009AAA").to_json(), "utf-8")
    with pytest.raises(GiveUp, match="is for salesforce:00D000000000009AAA, but this is"):
        planned.apply(str(file))


def test_a_plan_for_an_object_that_is_out_of_sight_by_now_is_refused_in_words(
    planned: Planned, tmp_path: Path
) -> None:
    (first, *_) = planned.plan.changes
    moved = replace(planned.plan, changes=(*planned.plan.changes, replace(first, object="Deals_Of_Old__c")))
    file = tmp_path / "reviewed.json"
    file.write_text(moved.to_json(), "utf-8")
    with pytest.raises(GiveUp, match=f"Plan {moved.id} writes Deals_Of_Old__c, which the mapping no longer names"):
        planned.apply(str(file))
