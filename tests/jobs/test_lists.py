"""Contacts on campaigns and lists: put there instead of a task, taken off with the reason; people's word counts."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector.errors import GiveUp
from jobs import verbs
from jobs.result import RunResult
from leads.find import Found, find
from mappings.canonical import Lead, LeadKey
from tests.jobs.small import CRMS, FULL, Company, company, silent, small_world

OFF, CLEARED, PUT_BACK, ANSWERED, MOVED = "a101", "a102", "a103", "a104", "a105"
MEMBERS = {"salesforce": "CampaignMember", "hubspot": "list_memberships"}
LIST = "Tossup seat_limit"


@contextmanager
def listing(crm: str, folder: Path) -> Iterator[Company]:
    """A company whose play for nearly full seats puts contacts on a list, which setup has yet to make."""
    with company(crm, folder / "store", small_world((OFF, CLEARED, PUT_BACK, ANSWERED, MOVED))) as served:
        assert served.settings.config is not None
        plays = served.settings.config / "plays.yaml"
        text = re.sub(r"(?m)^seat_limit:\n", "seat_limit:\n  action: list\n", plays.read_text("utf-8"))
        plays.write_text(text, "utf-8")
        yield served


def contacts(served: Company) -> dict[str, str]:
    """Contact ids by account."""
    people = served.records("Contact" if served.crm == "salesforce" else "contacts")
    return {f"a{str(one.get('LastName') or one.get('lastname'))[-3:]}": served.id_of(one) for one in people}


def members(served: Company) -> dict[str, str]:
    """Member ids on the play's list, by account."""
    accounts = {id: account for account, id in contacts(served).items()}
    if served.crm == "hubspot":
        rows = served.records("list_memberships")
        assert {one["list"] for one in rows} <= {LIST}
        found = [(accounts[one["contact_id"]], one["id"]) for one in rows]
    else:
        campaigns = {served.id_of(one): one["Name"] for one in served.records("Campaign")}
        rows = served.records("CampaignMember")
        assert {campaigns[one["CampaignId"]] for one in rows} <= {LIST}
        found = [(accounts[one["ContactId"]], served.id_of(one)) for one in rows]
    assert len(dict(found)) == len(found), "a contact is on the list twice"
    return dict(found)


@dataclass(kw_only=True)
class Story:
    """What was planned by each run, and who was on the list after each moment."""

    served: Company
    wanted: dict[str, str]
    """Whom the leads of today ask for: contact by account."""
    runs: list[RunResult] = field(default_factory=list)
    on: list[dict[str, str]] = field(default_factory=list)

    def run(self, served: Company | None = None, *, plan_first: bool = False) -> None:
        """Two hours later Tossup runs; or plans first, and writes that plan after somebody has reviewed it."""
        served = served or self.served
        self.served.emulator.clock.advance(7200)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("jobs.decide.find", self._found)
            result = served.sync(write=not plan_first)
            if plan_first and result.plan is not None:
                verbs.apply(served.settings, result.plan.id, report=silent)
        self.runs.append(result)
        self.look()

    def run_and_die(self) -> None:
        """Tossup runs, and is killed before it could note what was written."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("jobs.decide.find", self._found)
            patched.setattr("jobs.store.ledger.Ledger.settle", _killed)
            with pytest.raises(KeyboardInterrupt):
                self.served.sync()
        self.look()

    def _found(self, tables: Mapping[str, Any], *also: Any, **named: Any) -> Found:
        """What the engine found, but with a list's lead for everybody who is wanted, and no fields of accounts."""
        leads = [_lead(account, contact) for account, contact in sorted(self.wanted.items())]
        accounts = tables["account"].select("currency", account_id="id")
        return replace(find(tables, *also, **named), leads=tuple(leads), accounts=accounts)

    def look(self) -> None:
        """Keep who is on the list now."""
        self.on.append(members(self.served))

    def changes(self, run: int) -> list[tuple[str, str]]:
        """Object and action of what a run planned, apart from accounts; sorted."""
        plan = self.runs[run].plan
        assert plan is not None
        return sorted((one.object, one.action) for one in plan.changes if one.object != self.served.names["account"])

    def by_hand(self, action: str, account: str, **values: str) -> None:
        """Somebody does this to the member of an account."""
        member = self.on[-1][account]
        self.served.person(action, MEMBERS[self.served.crm], {"Id": member, "id": member}, **values)


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Moments: 0 killed while writing, 1 next run, 2 people worked, 3 and 4 later runs, 5 and 6 with a lost store."""
    folder = tmp_path_factory.mktemp("lists")
    with listing(request.param, folder) as served:
        told = Story(served=served, wanted=contacts(served))
        with pytest.raises(GiveUp, match=f"no campaign or list {LIST}.*tossup setup --apply"):
            told.run()
        steps = verbs.setup(served.settings, apply=True).steps
        assert [(step.action, step.target) for step in steps] == [("create_list", LIST)]
        told.run_and_die()
        told.run()
        _people_work(told)
        told.look()
        told.run(plan_first=True)
        told.wanted[CLEARED] = contacts(served)[CLEARED]
        told.run()
        lost = replace(served, settings=served.settings.model_copy(update={"state_dir": folder / "new"}))
        told.run(lost)
        told.run(lost)
        yield told


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt


def _people_work(told: Story) -> None:
    served = told.served
    told.by_hand("delete", OFF)
    for account in (CLEARED, ANSWERED, PUT_BACK):
        del told.wanted[account]
    told.wanted[MOVED] = told.wanted[FULL]
    told.by_hand("delete", PUT_BACK)
    contact = contacts(served)[PUT_BACK]
    if served.crm == "salesforce":
        told.by_hand("update", ANSWERED, status="Responded")
        campaign = next(one["Id"] for one in served.records("Campaign") if one["Name"] == LIST)
        served.org.insert("CampaignMember", [{"CampaignId": campaign, "ContactId": contact}])
    else:
        told.by_hand("create", PUT_BACK)


def _lead(account: str, contact: str) -> Lead:
    return Lead(
        key=LeadKey(account_id=account, play="seat_limit", product="WORK-STD", cycle="2026Q4"),
        account_id=account,
        account_name=f"Example Industries {account[1:]}",
        motion="upsell",
        pattern="seat_limit",
        play="seat_limit",
        product="WORK-STD",
        state="open",
        reasons=(),
        evidence=(),
        priority="low",
        value=100_000,
        currency="USD",
        p_win=0.3,
        owner_id=None,
        contact_id=contact,
        due=date(2026, 11, 9),
        action="list",
    )


def test_a_contact_is_put_on_the_list_of_the_play_and_nobody_gets_a_task(story: Story) -> None:
    assert story.on[0].keys() == story.wanted.keys() | {ANSWERED, PUT_BACK}
    assert story.served.ours("task") == {}


def test_what_was_written_unheard_is_found_again_and_the_next_run_writes_nothing(story: Story) -> None:
    assert story.runs[0].plan is not None
    assert story.runs[0].plan.changes == ()
    assert story.on[1] == story.on[0]


def test_whom_a_person_took_off_stays_off(story: Story) -> None:
    assert OFF not in story.on[2].keys() | story.on[3].keys() | story.on[4].keys()


def test_who_has_no_reason_left_is_taken_off_and_comes_back_with_it(story: Story) -> None:
    assert CLEARED in story.on[2]
    assert CLEARED not in story.on[3]
    assert CLEARED in story.on[4]


def test_whom_a_person_put_there_is_left_alone_whatever_the_reason(story: Story) -> None:
    assert story.on[2][PUT_BACK] == story.on[3][PUT_BACK] == story.on[4][PUT_BACK]


def test_who_responded_is_left_there(story: Story) -> None:
    assert (ANSWERED in story.on[3]) == (story.served.crm == "salesforce")


def test_a_contact_stands_on_a_list_once_whatever_its_leads(story: Story) -> None:
    # the lead of one account asks for the contact of another: whom it asked for before is taken off
    assert MOVED in story.on[2]
    assert MOVED not in story.on[3].keys() | story.on[4].keys()
    assert story.on[0][FULL] == story.on[4][FULL]


def test_a_lost_store_puts_nobody_there_twice(story: Story) -> None:
    # whom a person took off lies in Salesforce's recycle bin; of HubSpot's lists the lost store alone knew
    back = {OFF} if story.served.crm == "hubspot" else set()
    assert story.on[5].keys() == story.on[4].keys() | back
    assert {account: story.on[5][account] for account in story.on[4]} == story.on[4]
    assert story.changes(4) == []
    assert story.changes(3) == [(MEMBERS[story.served.crm], "create") for _ in back]
    assert story.on[6] == story.on[5]
