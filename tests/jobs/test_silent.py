"""A CRM that writes a record and says nothing about it: nobody claims that it was not written; it is looked for."""

from collections.abc import Iterator

import pytest

from connector.errors import Unclear
from jobs import verbs
from jobs.result import RunResult
from jobs.wiring import open_ledger
from mappings.changes import Plan
from tests.jobs.small import CRMS, FULL, Company, Moment, company, silent, small_world
from tests.jobs.undo.undone import everything, undo

MORE = ("a101", "a102")
WRITES = ("companies/batch/update", "tasks/batch/upsert", "leads/batch/create")


class Planned(Moment):
    """A company for which a plan was made and not yet applied."""

    def __init__(self, company: Company) -> None:
        made = company.sync(write=False).plan
        assert made is not None
        self.plan: Plan = made
        self.before = everything(company)
        super().__init__(company)
        self.told = applied(company, made)
        self.after = company.state()


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    yield from planned("hubspot", tmp_path_factory)


@pytest.fixture(scope="module")
def salesforce(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    yield from planned("salesforce", tmp_path_factory)


def planned(crm: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    assert crm in CRMS
    with company(crm, tmp_path_factory.mktemp("silent") / "store", small_world(MORE)) as served:
        yield Planned(served)


def applied(here: Company, plan: Plan) -> RunResult:
    return verbs.apply(here.settings, plan.id, report=silent)


@pytest.mark.parametrize("write", WRITES)
def test_what_hubspot_says_nothing_about_is_asked_once_more_and_nothing_is_made_twice(
    hubspot: Planned, write: str
) -> None:
    here = hubspot.again()
    here.emulator.faults.add({"match": f"POST /crm/*/{write}", "kind": "unsaid"})
    told = applied(here, hubspot.plan)
    assert (told.refused, told.written) == ((), hubspot.told.written)
    assert here.emulator.faults.shown()[0]["hits"] == 1
    assert here.state() == hubspot.after
    assert here.sync().written == 0
    assert undo(here, told.run).left == ()
    assert everything(here) == hubspot.before


@pytest.mark.parametrize("write", WRITES[:2])
def test_what_hubspot_goes_on_to_say_nothing_about_is_unknown_until_the_next_run_looks(
    hubspot: Planned, write: str
) -> None:
    here = hubspot.again()
    here.emulator.faults.add({"match": f"POST /crm/*/{write}", "kind": "unsaid", "times": 2})
    told = applied(here, hubspot.plan)
    (line,) = told.refused
    assert "NO_ANSWER: HubSpot said nothing about this record" in line
    assert told.written == hubspot.told.written - 1
    with open_ledger(here.settings, told.connection) as ledger:
        assert len(ledger.open_intents(told.connection)) == 1, "neither written nor refused"
        assert ledger.refusals(told.run) == ()
    (unclear,) = verbs.refusals(here.settings, told.run)
    assert (unclear.code, unclear.message) == (
        "UNCLEAR",
        "Nobody knows yet whether it was written. The next run looks.",
    )
    here.next_day()
    for account in (FULL, *MORE):
        here.edit("update", account, "account", employees=500)
    again = here.sync().to_json()
    assert verbs.refusals(here.settings, told.run) == ()
    assert (again["conflicts"], again["refused"], again["changes"]["create"]) == (0, 0, 0), "none is a person's"
    assert {float(here.account(one)[here.names["headroom"]]) for one in (FULL, *MORE)} == {350}
    for run in (again["run"], told.run):
        assert undo(here, str(run)).left == ()
    for account in (FULL, *MORE):
        here.edit("update", account, "account", employees=200)
    assert everything(here) == hubspot.before


def test_what_hubspot_says_nothing_about_is_undone_by_undoing_its_run(hubspot: Planned) -> None:
    here = hubspot.again()
    for write in WRITES[:2]:
        here.emulator.faults.add({"match": f"POST /crm/*/{write}", "kind": "unsaid", "times": 2})
    told = applied(here, hubspot.plan)
    assert len(told.refused) == 2
    assert undo(here, told.run).left == ()
    assert everything(here) == hubspot.before


def test_a_salesforce_answer_that_is_too_short_ends_the_run_and_the_next_looks(salesforce: Planned) -> None:
    here = salesforce.again()
    here.emulator.faults.add({"match": "PATCH /services/*/composite/sobjects/Task/*", "kind": "unsaid"})
    with pytest.raises(Unclear, match="answered a write of Task of 5 records with another number of outcomes"):
        applied(here, salesforce.plan)
    cut_off = verbs.runs(here.settings, 1)[0]
    assert cut_off.exit_code == 75
    made = here.ours("task")
    assert len(made) == 5
    told = applied(here, salesforce.plan)
    assert (told.refused, told.left, here.state()) == ((), (), salesforce.after)
    assert {one["Id"] for one in here.ours("task").values()} == {one["Id"] for one in made.values()}
    assert here.sync().written == 0
    for run in (told.run, cut_off.id):
        assert undo(here, run).left == ()
    assert everything(here) == salesforce.before
