"""Undoing a run that was killed: as far as it arrived, though it never heard of it."""

from pathlib import Path
from typing import Any

import pytest

from jobs import verbs
from jobs.store.ledger import Ledger
from tests.jobs.small import CRMS, FULL
from tests.jobs.test_lists import listing, members
from tests.jobs.undo.undone import Synced, everything, undo, unheard

MEMBERS = ("CampaignMember", "list_memberships")


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
