"""Undoing a run: everything as it was; on both CRMs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connector.errors import GiveUp
from jobs import verbs
from tests.jobs.small import CRMS, FULL, company
from tests.jobs.test_lists import listing, members
from tests.jobs.undo.undone import Synced, everything, forbidden, undo


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


def test_a_run_whose_changes_are_no_longer_kept_is_said_to_be_unknown(synced: Synced) -> None:
    here = synced.again()
    here.emulator.clock.advance(500 * 86_400)
    here.sync()
    with pytest.raises(GiveUp, match=r"What run \d+ wrote is no longer known: .* for 400 days"):
        undo(here, synced.run.run)


def test_a_record_that_our_user_may_not_delete_is_closed(synced: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    here, names = synced.again(), synced.company.names
    forbid = forbidden(names["task"])
    monkeypatch.setattr("jobs.wiring.describe", forbid)
    told = undo(here, synced.run.run)
    assert told.to_json()["changes"]["close"] == 4
    assert {one[names["status"]] for one in here.ours("task").values()} == {names["done"]}


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
