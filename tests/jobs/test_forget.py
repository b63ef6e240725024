"""One person leaves the store: not a byte of them is left in its files, and everybody else stays."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Outcome
from jobs import verbs
from jobs.store.ledger import Ledger
from jobs.store.words import Words
from mappings.changes import Change
from tests.command import run
from tests.jobs.small import CRMS, FREE, FULL, QUIET, TOSSUP, Company, company, silent
from tests.secrets import left_in

CONTACTS = {"salesforce": "Contact", "hubspot": "contacts"}


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(request.param, tmp_path_factory.mktemp("forget") / "store") as served:
        # of each of them the name, the id or the address contains what is forgotten
        who = served.id_of(served.of(FULL, "contact"))
        last, mail = ("LastName", "Email") if served.crm == "salesforce" else ("lastname", "email")
        served.edit("update", TOSSUP, "contact", **{last: "Person 0013", mail: "xperson001@example.com"})
        served.edit("update", QUIET, "account", name=f"Example 9{who}9 Joexample Person 001")
        served.edit("update", FREE, "account", name="xperson001@example.com Industries 002")
        served.sync()
        yield served


def known(company: Company, account: str) -> tuple[str, str]:
    """Record id and full name of the customer's contact."""
    for one in company.records(CONTACTS[company.crm]):
        name = one.get("Name") or f"{one.get('firstname')} {one.get('lastname')}"
        if name == f"Example Person {account[1:]}":
            return company.id_of(one), name
    raise AssertionError(account)


def tables(company: Company, word: str) -> set[str]:
    """The tables of the store in which the word can be read; of files as they are, compression decides what can."""
    return {name for name in places(company, word)[word] if " " in name}


def places(company: Company, *words: str) -> dict[str, list[str]]:
    """Where in the store each of the words can be read."""
    found = list(left_in(company.settings.state_dir))
    return {word: [name for name, content in found if word.encode() in content] for word in words}


def test_forgetting_leaves_no_byte_and_everybody_else(synced: Company, tmp_path: Path) -> None:
    id, name = known(synced, FULL)
    other = synced.of(TOSSUP, "contact")
    bystanders = (
        "Example Person 0013",
        f"Example 9{id}9 Joexample Person 001",
        "xperson001@example.com Industries 002",
    )
    if synced.crm == "hubspot":  # which keeps a contact's name in two fields
        bystanders = ("Person 0013", *bystanders[1:])
    before = places(synced, name)
    around = {word: tables(synced, word) for word in bystanders}
    assert all(around.values()), around
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
    whole = re.compile(rf"(?<!9){id}|\b{name}\b".encode())
    assert not [place for place, content in left_in(synced.settings.state_dir) if whole.search(content)]
    # the only plan speaks of everybody
    assert {word: tables(synced, word) for word in bystanders} == {
        word: there - {"ledger.db plans"} for word, there in around.items()
    }
    again = run("forget", id, "--yes", folder=tmp_path, variables=synced.env)
    assert again.code == 2
    assert "Nothing of this person" in again.err
    shown = run("leads", "--json", folder=tmp_path, variables=synced.env)
    assert shown.code == 0, shown
    assert [one for one in shown.json() if one["contact_id"] == synced.id_of(other)]
    # the CRM is the source, and what we wrote about them is now left alone
    synced.later()
    back = synced.sync()
    assert back.refused == ()
    assert places(synced, id)[id]
    assert synced.sync().written == 0


@pytest.mark.parametrize("crm", CRMS)
def test_what_is_called_like_the_person_is_written_about_only_once_it_was_read_again(
    crm: str, tmp_path: Path
) -> None:
    with company(crm, tmp_path / "store") as here:
        shop, who = here.account(QUIET), here.id_of(here.of(FULL, "contact"))
        here.edit("update", QUIET, "subscription", used=149)
        here.person("update", "account", shop, name="Example Person 001 Trading")
        verbs.pull(here.settings, full=False, report=silent)
        key = f"{here.id_of(shop)}/"

        def about_the_shop() -> list[str]:
            made = verbs.plan(here.settings, report=silent).plan
            assert made is not None
            return [change.ref for change in made.changes if change.ref.startswith(key)]

        assert about_the_shop()
        assert verbs.forget(here.settings, who, (), write=True).done
        assert about_the_shop() == [], "its name is forgotten too, for now"
        here.next_day()
        assert here.sync().refused == ()
        (task,) = (one for at, one in here.ours("task").items() if at.startswith(key))
        assert not [one for one in here.ours("task").values() if "[erased]" in str(one)]
        assert "Example Person 001 Trading" in task[here.names["subject"]]


def test_what_several_people_share_names_none_of_them(synced: Company) -> None:
    with pytest.raises(GiveUp, match="record id or the whole mail address"):
        verbs.forget(synced.settings, "Head of IT", (), write=False)
    employer = synced.id_of(synced.of(FULL, "account"))
    assert verbs.forget(synced.settings, employer, (), write=False).people == 0


@pytest.mark.parametrize("crm", CRMS)
def test_an_undo_writes_no_forgotten_text_and_says_what_it_leaves(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as here:
        made = here.sync()
        here.later()
        undone = verbs.undo(here.settings, made.run, write=True, report=silent)
        here.later()
        who = here.id_of(here.of(FULL, "contact"))
        assert verbs.forget(here.settings, who, (), write=True).done
        back = verbs.undo(here.settings, undone.run, write=True, report=silent)
        (left,) = back.left
        assert (left.object, left.reason) == (here.names["task"], "forgotten")
        assert (back.refused, back.written) == ((), made.written - 1)
        assert "[erased]" not in repr([here.records(object) for object in ("account", "task", "lead")])
        here.later()
        told = here.sync()
        assert verbs.forget(here.settings, who, (), write=True).done
        assert {one.reason for one in verbs.undo(here.settings, told.run, write=True, report=silent).left} == {
            "forgotten"
        }


@pytest.mark.parametrize(
    ("word", "text", "meant"),
    [
        ("a.lee@example.com", "joanna.lee@example.com", False),
        ("a.lee@example.com", "jo.a.lee@example.com", False),
        ("a.lee@example.com", "jo+a.lee@example.com", False),
        ("a.lee@example.com", "a.lee@example.com.au", False),
        ("a.lee@example.com", "Wrote to A.Lee@Example.com.", True),
        ("a.lee@example.com", "<mailto:a.lee@example.com>", True),
        ("a.lee@example.com", "'a.lee@example.com'", True),
        ("a.lee@example.com", "連絡先a.lee@example.comまで", True),
        ("150101", "88150101234", False),
        ("150101", "1,150101", False),
        ("150101", "150101.5", False),
        ("150101", "7/150101", True),
        ("150101", "See 150101.", True),
        ("Ann Lee", "Joann Leeson", False),
        ("Ann Lee", "Joann Lee", False),
        ("Ann Lee", "Mary-Ann Lee", False),
        ("Ann Lee", "Ann Lee-Smith", False),
        ("Ann Lee", "ann lee's desk", True),
        ("Ann Lee", "Ask Ann Lee-san", True),
        ("Ann Lee", "担当Ann Lee様", True),
        ("Ann Lee", '{"text": "Hello,\\nAnn Lee"}', True),
        ("山田太郎", "小山田太郎", False),
        ("山田太郎", "山田太郎左衛門", False),
        ("山田太郎", "山田太郎", True),
        ("山田太郎", "担当山田太郎様と話す", True),
        ("山田太郎", "今日は山田太郎さんに", True),
        ("山田 太郎", "山田太郎部長", True),
        ("山田太郎", "前山田太郎部長", False),
        ("李明", "李明", True),
        ("李明", "李明明", False),
        ("ケイト", "スケイト", False),
        ("ジョン・スミス", "ジョン スミスさん", True),
        ("Li", "Li", False),
    ],
)
def test_a_word_is_found_where_it_means_the_person(word: str, text: str, *, meant: bool) -> None:
    assert Words([word]).within({"said": [text]}) is meant


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

    def counted(self: Ledger, run: str, some: Sequence[Outcome], at: datetime, object: str | None = None) -> None:
        told.append(len(some))
        settled(self, run, some, at, object)

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
