"""One person leaves the store: not a byte of them is left in its files, and everybody else stays."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Outcome
from jobs import verbs
from jobs.store.ledger import Ledger
from mappings.changes import Change
from tests.command import run
from tests.jobs.small import CRMS, FULL, QUIET, TOSSUP, Company, company, silent
from tests.secrets import left_in

CONTACTS = {"salesforce": "Contact", "hubspot": "contacts"}


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(request.param, tmp_path_factory.mktemp("forget") / "store") as served:
        served.sync()
        yield served


def known(company: Company, account: str) -> tuple[str, str]:
    """Record id and full name of the customer's contact."""
    for one in company.records(CONTACTS[company.crm]):
        name = one.get("Name") or f"{one.get('firstname')} {one.get('lastname')}"
        if name == f"Example Person {account[1:]}":
            return company.id_of(one), name
    raise AssertionError(account)


def places(company: Company, *words: str) -> dict[str, list[str]]:
    """Where in the store each of the words can be read."""
    found = list(left_in(company.settings.state_dir))
    return {word: [name for name, content in found if word.encode() in content] for word in words}


def test_forgetting_leaves_no_byte_and_everybody_else(synced: Company, tmp_path: Path) -> None:
    id, name = known(synced, FULL)
    other_id, other = known(synced, TOSSUP)
    before = places(synced, name, other)
    assert before[name], "the store knows them before"
    counted = run("forget", id, "--json", folder=tmp_path, variables=synced.env)
    assert counted.code == 3, counted
    assert counted.json()["done"] is False
    assert places(synced, name) == {name: before[name]}
    ended = run("forget", id, "--yes", "--json", folder=tmp_path, variables=synced.env)
    assert ended.code == 0, ended
    told = ended.json()
    assert told["contacts"] == 1
    assert told["intents"] >= 1
    assert not [word for word in (id, name) if word in ended.out + ended.err]
    assert places(synced, id, name) == {id: [], name: []}
    assert set(places(synced, other)[other]) == set(before[other]) - {"plans"} or places(synced, other)[other]
    again = run("forget", id, "--yes", folder=tmp_path, variables=synced.env)
    assert again.code == 2
    assert "Nothing of this person" in again.err
    shown = run("leads", "--json", folder=tmp_path, variables=synced.env)
    assert shown.code == 0, shown
    assert [one for one in shown.json() if one["contact_id"] == other_id]
    # the CRM is the source, and what we wrote about them is now left alone
    synced.later()
    back = synced.sync()
    assert back.refused == ()
    assert places(synced, id)[id]
    assert synced.sync().written == 0


def test_who_is_not_there_cannot_be_forgotten(synced: Company) -> None:
    with pytest.raises(GiveUp, match="Nothing of this person"):
        verbs.forget(synced.settings, "nobody@example.com", (), write=True)
    with pytest.raises(GiveUp, match="whole mail address"):
        verbs.forget(synced.settings, "x", (), write=True)


@pytest.mark.parametrize("word", ["nobody", "seats", "@example.com", "2026", "Account.Free_Users__c"])
def test_a_plain_word_is_no_person_and_takes_nothing_out(synced: Company, word: str) -> None:
    before = len(verbs.plans(synced.settings, 100))
    with pytest.raises(GiveUp, match="record id or the whole mail address"):
        verbs.forget(synced.settings, word, (), write=True)
    assert len(verbs.plans(synced.settings, 100)) == before


def test_the_ledger_forgets_what_is_old_and_keeps_what_it_wrote(synced: Company, tmp_path: Path) -> None:
    branch = synced.branch(tmp_path / "old", keep_days=30)
    before = places(branch, "free_to_paid", "Example Person")
    synced.emulator.clock.advance(timedelta(days=45).total_seconds())
    result = branch.sync(write=False)
    (ledger,) = (path for path in branch.settings.state_dir.rglob("ledger.db"))
    kept = dict(left_in(ledger.parent))
    assert before
    assert kept["ledger.db outcomes"] == b""
    assert kept["ledger.db intents"] == b""
    assert kept["ledger.db written"] != b""
    assert kept["ledger.db plans"].count(b'"changes"') <= 1, "the plan just made"
    assert result.plan is not None


@pytest.mark.parametrize("crm", CRMS)
def test_a_write_that_never_arrived_keeps_nobody_from_being_forgotten_for_more_than_a_day(
    crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted, settled = Ledger.intend, Ledger.settle
    told: list[int] = []

    def killed(self: Ledger, run: str, plan: str, connection: str, some: Sequence[Change], at: datetime) -> None:
        noted(self, run, plan, connection, some, at)
        if some[0].object in ("Task", "tasks"):
            raise RuntimeError("killed")

    def counted(self: Ledger, run: str, some: Sequence[Outcome], at: datetime) -> None:
        told.append(len(some))
        settled(self, run, some, at)

    with company(crm, tmp_path / "store") as here:
        monkeypatch.setattr(Ledger, "intend", killed)
        with pytest.raises(RuntimeError, match="killed"):
            here.sync()
        monkeypatch.setattr(Ledger, "intend", noted)
        verbs.pull(here.settings, full=False, report=silent)
        who = known(here, FULL)[0]
        with pytest.raises(TryAgain, match="a day after it was sent no longer counts"):
            verbs.forget(here.settings, who, (), write=False)
        assert verbs.forget(here.settings, known(here, QUIET)[0], (), write=False).people == 1, "nothing was sent"
        here.next_day()
        here.later()
        monkeypatch.setattr(Ledger, "settle", counted)
        assert here.sync().refused == ()
        assert told[0] > 1, "what was sent together is noted together, not each in a transaction of its own"
        assert verbs.forget(here.settings, who, (), write=False).people == 1
