"""People merge and delete accounts: what was known of the one that is gone holds for the one that is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jobs import verbs
from jobs.wiring import open_ledger
from tests.jobs.small import AT, CRMS, FULL, Company, company, silent, small_world
from tests.jobs.story import Story

WINNER, LOSER, REFUSED_BY, REFUSER, DELETED, EMPTIED = "a101", "a102", "a103", "a104", "a105", "a106"
ALL = (WINNER, LOSER, REFUSED_BY, REFUSER, DELETED, EMPTIED)


@dataclass(kw_only=True)
class Merged(Story):
    """Runs 0 to 4; between 0 and 1 accounts were merged and deleted. `ids`: what accounts were called before."""

    ids: dict[str, str] = field(default_factory=dict)

    def tasks(self, moment: int) -> dict[str, dict[str, Any]]:
        """Every task of ours by its key."""
        return {key: one for found in self.every[moment]["task"].values() for key, one in found.items()}


def merge(served: Company, winner: str, loser: str) -> None:
    """Somebody merges two accounts."""
    kept, gone = (served.id_of(served.account(one)) for one in (winner, loser))
    if served.crm == "salesforce":
        served.org.act("CSM 03", "merge", "Account", kept, {"losers": [gone]})
    else:
        served.org.act(served.owner("CSM 03"), "merge", "companies", gone, {"into": kept})


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merged]:
    """Tossup ran, people merged and deleted, and it ran on."""
    folder = tmp_path_factory.mktemp("merged") / "store"
    with company(request.param, folder, small_world(ALL)) as served:
        told = Merged(company=served)
        told.run()
        told.ids = {account: served.id_of(served.account(account)) for account in (FULL, *ALL)}
        served.edit("update", REFUSER, "task", response="declined")
        for winner, loser in ((WINNER, LOSER), (REFUSED_BY, REFUSER)):
            merge(served, winner, loser)
        served.edit("delete", EMPTIED, "task")
        served.edit("delete", DELETED, "account")
        told.run()
        told.run()
        told.run(hours=24)  # HubSpot's associations, which move without a stamp, are read anew once a day
        told.run()
        yield told


def test_the_account_that_is_left_gets_no_lead_twice(story: Merged) -> None:
    made = [one for run in (1, 2, 3) for one in story.plan(run).changes if one.action == "create"]
    assert made == []


def test_a_task_of_the_account_that_is_gone_lives_on_under_its_key(story: Merged) -> None:
    for account in (WINNER, LOSER):
        key = f"{story.ids[account]}/seat_limit/WORK-STD/2026Q4"
        assert (
            story.tasks(0)[key][story.company.names["status"]] == story.tasks(3)[key][story.company.names["status"]]
        )


def test_a_refusal_holds_for_the_account_that_is_left(story: Merged) -> None:
    leads = verbs.find_leads(story.company.settings).leads
    states = {lead.account_id: (lead.state, {one.code for one in lead.reasons}) for lead in leads
              if lead.play == "seat_limit"}  # fmt: skip
    state, codes = states[story.ids[REFUSED_BY]]
    assert state == "suppressed"
    assert "declined_product" in codes
    assert story.ids[REFUSER] not in states
    assert states[story.ids[WINNER]] == ("open", set())


def test_a_task_whose_product_was_refused_elsewhere_in_the_account_is_closed(story: Merged) -> None:
    names = story.company.names
    own = story.tasks(3)[f"{story.ids[REFUSED_BY]}/seat_limit/WORK-STD/2026Q4"]
    assert own[names["status"]] == names["done"]
    assert own[names["note"]].startswith("2026-11-02: Noes to this offer so far: 1.")


def test_nothing_is_written_to_accounts_that_are_gone(story: Merged) -> None:
    gone = {story.ids[account] for account in (LOSER, REFUSER, DELETED)}
    for run in (1, 2, 3):
        assert not gone & {str(one.id) for one in story.plan(run).changes}
        assert story.runs[run].refused == ()


def test_the_open_task_of_a_deleted_account_does_not_stay_open(story: Merged) -> None:
    key = f"{story.ids[DELETED]}/seat_limit/WORK-STD/2026Q4"
    names, left = story.company.names, story.tasks(3).get(key)
    if story.company.crm == "salesforce":
        assert left is None, "Salesforce deletes it along with its account"
    else:
        assert left is not None
        assert left[names["status"]] == names["done"]
        assert left[names["note"]] == "2026-11-02: the customer's record is gone. Tossup closed this."


def test_the_crm_is_asked_once_what_became_of_an_account(story: Merged) -> None:
    before = verbs.pull(story.company.settings, full=False, report=silent).calls
    again = verbs.pull(story.company.settings, full=False, report=silent).calls
    assert before == again


def test_the_last_run_has_nothing_left_to_write(story: Merged) -> None:
    assert story.plan(4).changes == ()


@pytest.mark.parametrize("crm", CRMS)
def test_an_account_that_was_out_of_sight_for_a_while_may_be_merged_later(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world(ALL)) as here:
        connection = here.sync().connection
        loser = here.id_of(here.account(LOSER))
        with open_ledger(here.settings, connection) as ledger:
            # what a run notes while our user may not see the account
            ledger.note_merged(connection, here.names["account"], {loser: None}, AT)
        here.later()
        verbs.pull(here.settings, full=False, report=silent)
        merge(here, WINNER, LOSER)
        here.next_day()
        plan = here.sync().plan
        assert plan is not None
        assert plan.count("create") == 0
        with open_ledger(here.settings, connection) as ledger:
            assert ledger.merged(connection, here.names["account"])[loser] == here.id_of(here.account(WINNER))
