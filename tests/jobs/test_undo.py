"""Undoing a run: everything as it was, but for what people did since; on both CRMs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from connector.errors import GiveUp
from jobs import verbs
from jobs.result import RunResult
from jobs.store.ledger import Ledger
from jobs.wiring import describe
from tests.command import Ended, run
from tests.jobs.small import CRMS, FREE, FULL, QUIET, TOSSUP, Company, Moment, company, silent, small_world
from tests.jobs.test_lists import listing, members

STAMPS = ("lastmodified", "systemmodstamp", "updatedat", "updated_by", "objectwritetraceid")
MORE = ("a101",)
MEMBERS = ("CampaignMember", "list_memberships")


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Synced"]:
    """Five customers, synced once."""
    with company(request.param, tmp_path_factory.mktemp("undo") / "store", small_world(MORE)) as served:
        yield Synced(served)


class Synced(Moment):
    """A company after its first sync: what the CRM held before it, and the run."""

    def __init__(self, company: Company) -> None:
        self.before = everything(company)
        self.run = company.sync()
        self.after = company.state()
        super().__init__(company)


def everything(here: Company) -> dict[str, list[bytes]]:
    """Every live record of every object, field by field, without who saved it when."""
    there = {
        object: sorted(_bytes(one) for one in here.records(object)) for object in here.org.inspect(None)["counts"]
    }
    return {object: records for object, records in sorted(there.items()) if records}


def _bytes(record: dict[str, Any]) -> bytes:
    flat = {**record, **record.get("properties", {})}
    flat.pop("properties", None)
    kept = {name: value for name, value in flat.items() if not any(stamp in name.lower() for stamp in STAMPS)}
    filled = {name: value for name, value in kept.items() if value not in (None, "")}
    return orjson.dumps(filled, option=orjson.OPT_SORT_KEYS)


def undo(here: Company, run: str, *, write: bool = True) -> RunResult:
    """What `tossup undo RUN --yes` does."""
    return verbs.undo(here.settings, run, write=write, report=silent)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command as a shell would."""
    return lambda *words, **variables: run(*words, folder=tmp_path, variables=variables)


def test_an_undone_run_leaves_every_field_and_record_as_before_and_a_sync_does_it_again(synced: Synced) -> None:
    here = synced.again()
    told = undo(here, synced.run.run)
    assert (told.refused, told.left, told.moved, told.gone) == ((), (), (), ())
    assert told.written == synced.run.written
    assert everything(here) == synced.before
    again = undo(here, synced.run.run)
    assert (again.written, everything(here)) == (0, synced.before), "undone twice is undone"
    assert {one.reason for one in again.left} == {"gone"}
    assert here.sync().written == synced.run.written
    assert here.state() == synced.after
    assert len(here.ours("task")) == 4
    assert here.sync().written == 0


def test_an_undo_is_undone_like_any_run(synced: Synced) -> None:
    here = synced.again()
    undone = undo(here, synced.run.run)
    back = undo(here, undone.run)
    assert (back.refused, back.left) == ((), ())
    assert here.state() == synced.after
    assert undo(here, back.run).refused == ()
    assert everything(here) == synced.before


def test_what_people_touched_stays_and_is_told_by_name(synced: Synced, shell: Callable[..., Ended]) -> None:
    here, names = synced.again(), synced.company.names
    here.edit("update", FULL, "account", headroom=7)
    here.edit("update", FULL, "task", subject="Called them")
    here.edit("update", FREE, "task", response="won")
    here.edit("delete", TOSSUP, "lead")
    shown = shell("undo", synced.run.run, **here.env)
    assert (shown.code, shown.err) == (3, "")
    assert f"`tossup undo {synced.run.run} --yes` does it." in shown.out
    assert "Left as it is (4 records)" in shown.out
    assert "~ Example Industries 002" in shown.out, "by name"
    assert max(map(len, shown.out.splitlines())) <= 80
    told = shell("undo", synced.run.run, "--yes", "--json", **here.env).json()
    left = {(one["object"], one["field"]): (one["reason"], one["text"]) for one in told["left"]}
    assert left.pop((names["account"], names["headroom"])) == ("touched", "somebody changed it since")
    assert left.pop((names["lead"], None)) == ("gone", "the record is no longer there")
    assert len(told["left"]) == 4
    assert set(left) == {(names["task"], None)}
    assert float(here.account(FULL)[names["headroom"]]) == 7
    assert here.account(QUIET).get(names["headroom"]) in (None, "")
    assert here.of(FULL, "task")[names["subject"]] == "Called them"
    assert len(here.ours("task")) == 2
    assert here.sync().refused == ()
    assert here.of(FULL, "task")[names["subject"]] == "Called them"
    assert here.ours("lead") == {}, "what a person deleted stays deleted"
    assert here.sync().written == 0


def test_what_a_later_run_wrote_is_left_until_that_run_is_undone(synced: Synced) -> None:
    here, names = synced.again(), synced.company.names
    here.edit("update", FULL, "account", employees=500)
    later = here.sync()
    assert later.written == 1
    refused = undo(here, synced.run.run, write=False)
    again = [one for one in refused.left if one.reason == "again"]
    assert {one.field for one in again} >= {names["headroom"]}
    assert again[0].text == f"run {later.run} wrote it again since; undo that one first"
    assert undo(here, later.run).written == 1
    assert float(here.account(FULL)[names["headroom"]]) == 50
    told = undo(here, synced.run.run)
    assert (told.left, told.written) == ((), synced.run.written)
    assert here.account(FULL).get(names["headroom"]) in (None, "")


def test_a_closed_task_is_opened_again_and_closed_by_the_next_sync(synced: Synced) -> None:
    here, names = synced.again(), synced.company.names
    here.edit("update", FULL, "subscription", used=20)
    closed = here.sync()
    done = here.of(FULL, "task")[names["status"]]
    assert done == names["done"]
    assert undo(here, closed.run).refused == ()
    assert here.of(FULL, "task")[names["status"]] != names["done"]
    assert here.sync().plan is not None
    assert here.of(FULL, "task")[names["status"]] == names["done"]


def test_a_task_that_was_opened_again_goes_away_with_the_run_that_made_it(synced: Synced) -> None:
    here = synced.again()
    here.edit("update", FULL, "subscription", used=20)
    closed = here.sync()
    here.later()
    opened = undo(here, closed.run)
    here.later()
    again = undo(here, opened.run)
    here.later()
    (left,) = [one for one in undo(here, synced.run.run, write=False).left if one.object == here.names["task"]]
    assert (left.reason, left.text) == ("again", f"run {again.run} wrote it again since; undo that one first")
    undo(here, again.run)
    here.later()
    told = undo(here, synced.run.run)
    assert (told.left, told.written, here.ours("task")) == ((), synced.run.written, {})


def test_a_run_that_broke_off_half_way_is_undone_too(synced: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    here = synced.again()
    undo(here, synced.run.run)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "settle", unheard)
        with pytest.raises(RuntimeError, match="killed"):
            here.sync()
    killed = verbs.runs(here.settings, 1)[0].id
    assert everything(here) != synced.before, "something had been written, and nobody heard of it"
    assert undo(here, killed).refused == ()
    assert everything(here) == synced.before


def test_of_a_run_that_broke_off_what_somebody_wrote_over_since_is_left_and_the_rest_goes_back(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, names = synced.again(), synced.company.names
    undo(here, synced.run.run)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "settle", unheard)
        with pytest.raises(RuntimeError, match="killed"):
            here.sync()
    here.edit("update", FULL, "account", headroom=7)
    (left,) = undo(here, verbs.runs(here.settings, 1)[0].id).left
    assert (left.field, left.reason) == (names["headroom"], "touched")
    assert here.account(FULL).get(names["priority"]) in (None, "")
    assert float(here.account(FULL)[names["headroom"]]) == 7


def test_a_run_whose_changes_are_no_longer_kept_is_said_to_be_unknown(synced: Synced) -> None:
    here = synced.again()
    here.emulator.clock.advance(500 * 86_400)
    here.sync()
    with pytest.raises(GiveUp, match=r"What run \d+ wrote is no longer known: .* for 400 days"):
        undo(here, synced.run.run)


def unheard(*_: object, **__: object) -> None:
    """The moment in which a run dies: its writes have arrived, their outcomes are not noted."""
    raise RuntimeError("killed")


def test_a_record_that_our_user_may_not_delete_is_closed(synced: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    here, names = synced.again(), synced.company.names
    forbid = forbidden(names["task"])
    monkeypatch.setattr("jobs.wiring.describe", forbid)
    told = undo(here, synced.run.run)
    assert told.to_json()["changes"]["close"] == 4
    assert {one[names["status"]] for one in here.ours("task").values()} == {names["done"]}


def forbidden(object: str) -> Callable[..., Any]:
    """A CRM that lets our user not delete these."""

    def described(*args: Any) -> Any:
        schema = describe(*args)
        there = replace(schema.objects[object], deletable=False)
        return replace(schema, objects={**schema.objects, object: there})

    return described


def test_an_unknown_run_is_said_to_be_unknown(synced: Synced) -> None:
    here = synced.again()
    following = str(int(verbs.runs(here.settings, 1)[0].id) + 1)
    for number in ("99", following):  # an undo has a number itself
        with pytest.raises(GiveUp, match=rf"There is no run {number}\. `tossup runs` lists them\."):
            undo(here, number)


def test_a_run_on_another_connection_is_none_of_this_one(synced: Synced) -> None:
    here = synced.again()
    (file,) = here.settings.state_dir.rglob("ledger.db")
    with closing(sqlite3.connect(file)) as con, con:
        # two connections that share a ledger, where ids of one name records of the other too
        con.execute("UPDATE runs SET connection = 'another'")
    with pytest.raises(GiveUp, match=rf"There is no run {synced.run.run}\."):
        undo(here, synced.run.run)


def test_a_task_that_was_made_but_not_linked_is_ours_and_is_undone(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        planned = here.sync(write=False).plan
        assert planned is not None
        told = here.apply_while(planned.id, lambda: here.edit("delete", FULL, "contact"))
        (refused,) = told.refused
        assert "LINK_REFUSED" in refused
        assert len(here.ours("task")) > 1
        here.later()
        assert undo(here, told.run).left == ()
        assert here.ours("task") == {}


@pytest.mark.parametrize("crm", CRMS)
def test_members_come_off_their_list_and_back_on_it(crm: str, tmp_path: Path) -> None:
    with listing(crm, tmp_path) as here:
        verbs.setup(here.settings, apply=True)
        put = here.sync()
        on = set(members(here))
        assert len(on) == 6
        here.later()
        undone = undo(here, put.run)
        assert (undone.refused, undone.left, members(here)) == ((), (), {})
        assert undo(here, undone.run).refused == ()
        assert set(members(here)) == on
        here.edit("update", FULL, "subscription", used=20)
        left = here.sync()
        assert set(members(here)) == on - {FULL}
        assert undo(here, left.run).refused == ()
        assert set(members(here)) == on


@pytest.mark.parametrize("crm", CRMS)
def test_members_of_a_run_that_broke_off_come_off_their_list_too(
    crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Ledger.settle

    def dies(ledger: Ledger, run: str, settled: Any, at: Any, object: str | None = None) -> None:
        if object in MEMBERS:
            unheard()
        settle(ledger, run, settled, at, object)

    with listing(crm, tmp_path) as here:
        verbs.setup(here.settings, apply=True)
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "settle", dies)
            with pytest.raises(RuntimeError, match="killed"):
                here.sync()
        assert members(here)
        here.later()
        undo(here, verbs.runs(here.settings, 1)[0].id)
        assert members(here) == {}


def test_a_record_that_somebody_took_out_of_the_bin_is_not_written_over_by_undoing_an_undo(synced: Synced) -> None:
    here, names = synced.again(), synced.company.names
    undone = undo(here, synced.run.run)
    here.later()
    again = here.sync()
    here.later()
    task = here.of(FULL, "task")
    undo(here, again.run)
    here.later()
    here.person("undelete" if here.crm == "salesforce" else "restore", "task", task)
    here.edit("update", FULL, "task", subject="Called them")
    told = undo(here, undone.run)
    assert [(one.reason, one.text) for one in told.left] == [("touched", "a record that carries its key is there")]
    assert here.of(FULL, "task")[names["subject"]] == "Called them"


def test_what_somebody_attached_to_a_record_of_ours_keeps_it(synced: Synced) -> None:
    here = synced.again()
    kept = attach(here)
    shown = undo(here, synced.run.run, write=False)
    told = {one.id: one.text for one in shown.left}
    assert told == {id: f"somebody attached to it: {what}" for id, what in kept.items()}
    assert {one.reason for one in shown.left} == {"touched"}
    assert undo(here, synced.run.run).written == synced.run.written - len(kept)
    assert {here.id_of(one) for object in ("task", "lead") for one in here.ours(object).values()} == kept.keys()


def attach(here: Company) -> dict[str, str]:
    """Somebody hangs things on a task and on a lead record of ours; what is told of each, by id."""
    task, lead = (here.id_of(here.of(*one)) for one in ((FULL, "task"), (TOSSUP, "lead")))
    if here.crm == "hubspot":
        deal = here.records("deals")[0]["id"]
        here.person("link", "tasks", here.of(FULL, "task"), to="deals", id=deal)
        note = {"hs_note_body": "Spoke to them.", "hs_timestamp": "2026-11-02T10:00:00Z"}
        here.org.insert("notes", [{**note, "associations": {"leads": [lead]}}])
        return {task: "deals (1)", lead: "notes (1)"}
    posts = [{"ParentId": task, "Body": "Spoke to them."}, {"ParentId": task, "Body": "Call again."}]
    here.org.insert("FeedItem", [*posts, {"ParentId": lead, "Type": "TrackedChange"}])
    here.org.insert("ContentDocumentLink", [{"LinkedEntityId": task, "ContentDocumentId": "069000000000001AAA"}])
    here.org.insert("Event", [{"WhoId": lead, "Subject": "Meeting", "ActivityDateTime": "2026-11-05T10:00:00Z"}])
    return {task: "ContentDocumentLink (1), FeedItem (2)", lead: "Event (1)"}


def test_what_people_did_between_an_undo_plan_and_its_applying_keeps_their_records(
    synced: Synced, tmp_path: Path
) -> None:
    here, names = synced.again(), synced.company.names
    plan = undo(here, synced.run.run, write=False).plan
    assert plan is not None
    here.later()
    kept = {id: f"somebody attached to it: {what}" for id, what in attach(here).items()}
    if here.crm == "salesforce":  # HubSpot does not tell who saved a record last
        kept[here.id_of(here.of(FREE, "task"))] = "somebody else saved it"
        here.edit("update", FREE, "task", ReminderDateTime="2026-11-20T09:00:00.000+0000")
    here.edit("update", MORE[0], "task", subject="Called them")
    told = verbs.apply(here.settings, plan.id, report=silent)
    assert {one.id: one.text for one in told.left} == kept
    assert {(one.reason, one.field) for one in told.left} == {("touched", None)}
    assert [(one.id, one.field) for one in told.moved] == [
        (here.id_of(here.of(MORE[0], "task")), names["subject"])
    ], "as ever told field by field"
    there = {here.id_of(one) for object in ("task", "lead") for one in here.ours(object).values()}
    assert there == {*kept, here.id_of(here.of(MORE[0], "task"))}
    assert told.written == synced.run.written - len(there)
    shown = run("undo", synced.run.run, folder=tmp_path, variables=here.env).out
    assert f"There is nothing of run {synced.run.run} to take back." in shown


def test_what_people_attach_while_an_undo_writes_keeps_their_records(synced: Synced) -> None:
    here, hung = synced.again(), dict[str, str]()

    def meanwhile(what: str, _done: int, _total: int | None) -> None:
        if what == f"write {here.names['account']}" and not hung:
            hung.update(attach(here))

    told = verbs.undo(here.settings, synced.run.run, write=True, report=meanwhile)
    assert {one.id: one.text for one in told.left} == {
        id: f"somebody attached to it: {what}" for id, what in hung.items()
    }
    assert {here.id_of(one) for object in ("task", "lead") for one in here.ours(object).values()} == hung.keys()


def test_a_record_to_be_closed_in_place_of_deleting_is_looked_at_again_too(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, names = synced.again(), synced.company.names
    monkeypatch.setattr("jobs.wiring.describe", forbidden(names["task"]))
    plan = undo(here, synced.run.run, write=False).plan
    assert plan is not None
    here.later()
    task = here.id_of(here.of(FULL, "task"))
    attach(here)
    told = verbs.apply(here.settings, plan.id, report=silent)
    assert task in {one.id for one in told.left}
    assert here.of(FULL, "task")[names["status"]] != names["done"]
    assert [one[names["status"]] for one in here.ours("task").values()].count(names["done"]) == 3


def test_the_calls_of_an_undo_plan_count_the_second_look_at_what_is_attached(synced: Synced) -> None:
    here = synced.again()
    shown = undo(here, synced.run.run, write=False)
    settings = here.settings.model_copy(update={"canary": 0})
    done = verbs.undo(settings, synced.run.run, write=True, report=silent)
    assert shown.plan is not None
    assert done.calls - shown.calls == shown.plan.calls
