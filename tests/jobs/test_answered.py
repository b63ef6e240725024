"""A refusal holds from the day it was first seen, whatever is written into its record later, on both CRMs."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from jobs import verbs
from jobs.store.answers import Answer
from jobs.wiring import open_ledger
from tests.jobs.small import CRMS, TOSSUP, Company, company

DAY_S = 86_400
ENDS = {"salesforce": "UsageEndDate", "hubspot": "ends_on"}


@pytest.fixture(params=CRMS)
def declined(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A company whose toss-up was declined yesterday."""
    with company(request.param, tmp_path / "store") as served:
        served.edit("update", TOSSUP, "subscription", **{ENDS[request.param]: "2029-07-31"})
        served.sync()
        served.next_day()
        served.edit("update", TOSSUP, "lead", response="declined")
        served.sync()
        yield served


def days(here: Company) -> set[date | None]:
    """The days on which the customer's answers were given."""
    customer = here.id_of(here.account(TOSSUP))
    found = verbs.find_leads(here.settings)
    return {one.decided_on for one in found.worked if one.key.account_id == customer and one.stage == "declined"}


def noted(here: Company) -> list[Answer]:
    result = here.sync(write=False)
    with open_ledger(here.settings, result.connection) as ledger:
        return [one for (kind, _), one in ledger.answers(result.connection).known().items() if kind == "lead"]


def test_later_edits_do_not_move_the_day_of_a_no(declined: Company) -> None:
    here = declined
    (day,) = days(here)
    assert day is not None
    here.emulator.clock.advance(170 * DAY_S)
    here.edit("update", TOSSUP, "lead", lead_body="an import touched it")
    here.sync()
    assert days(here) == {day}
    here.emulator.clock.advance(15 * DAY_S)
    here.edit("update", TOSSUP, "lead", lead_body="and touched it again")
    here.sync()
    assert days(here) == {day}
    customer = here.id_of(here.account(TOSSUP))
    codes = {
        reason.code
        for lead in verbs.find_leads(here.settings).leads
        if lead.account_id == customer
        for reason in lead.reasons
    }
    assert "declined_product" not in codes, "180 days have passed since the no"


def test_an_answer_that_was_taken_back_or_is_another_now_counts_from_its_own_day(declined: Company) -> None:
    here = declined
    (first,) = noted(here)
    here.next_day()
    here.edit("update", TOSSUP, "lead", response=None)
    assert noted(here) == []
    here.next_day()
    here.edit("update", TOSSUP, "lead", response="declined")
    (again,) = noted(here)
    assert (again.outcome, (again.day - first.day).days) == ("declined", 2)
    here.next_day()
    here.edit("update", TOSSUP, "lead", response="returned")
    (other,) = noted(here)
    assert (other.outcome, (other.day - first.day).days) == ("returned", 3)


def test_without_the_ledger_the_day_is_what_the_crm_tells(declined: Company) -> None:
    here = declined
    (day,) = days(here)
    here.emulator.clock.advance(20 * DAY_S)
    here.edit("update", TOSSUP, "lead", lead_body="an import touched it")
    forgetful = here.settings.model_copy(update={"state_dir": here.settings.state_dir.with_name("anew")})
    verbs.pull(forgetful, full=False, report=lambda *_: None)
    customer = here.id_of(here.account(TOSSUP))
    found = verbs.find_leads(forgetful).worked
    (told,) = {one.decided_on for one in found if one.key.account_id == customer and one.stage == "declined"}
    assert day is not None
    assert told is not None
    assert (told - day).days >= 20
