"""What leaves the ledger: people who are to be forgotten, and what is old."""

import pytest

from connector.errors import TryAgain
from jobs.store.ledger import Ledger
from jobs.store.seen import Seen
from jobs.store.words import Words
from tests.jobs.booked import ORG, T0, change, later, write


def test_a_person_of_whom_something_is_unclear_is_forgotten_only_when_a_person_says_so(ledger: Ledger) -> None:
    run = ledger.begin("sync", ORG, T0)
    about = change(key="001A/seat_limit/-/2026Q4", action="create", WhoId="003000000000001AAA")
    ledger.intend(run, "plan", ORG, [about, change("001B", Headroom=1)], T0)
    nobody, them = Words(["003000000000002AAA"]), Words(["003000000000001AAA"])
    assert ledger.erase(ORG, nobody, write=True).total == 0
    for write_ in (False, True):
        with pytest.raises(
            TryAgain, match=r"whether 1 writes .* arrived \(Task, the first sent 2026-11-22 03:00 UTC\)"
        ):
            ledger.erase(ORG, them, write=write_)
    assert ledger.erase(ORG, them, write=False, anyway=True).intents == 1
    assert len(ledger.open_intents(ORG)) == 2
    assert ledger.erase(ORG, them, write=True, anyway=True).intents == 1
    assert [one.change.ref for one in ledger.open_intents(ORG)] == ["001B"]
    assert ledger.erase(ORG, them, write=False).total == 0


def test_more_than_is_read_at_once_goes_when_it_is_old(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.store.retain._SOME", 2)
    write(ledger, *(change(f"00{n}", Headroom=n) for n in range(5)), at=T0)
    open_run = ledger.begin("sync", ORG, T0)
    ledger.intend(open_run, "plan", ORG, [change("999", Headroom=1)], T0)
    young = write(ledger, change("777", Headroom=1), at=later(10))
    assert ledger.prune(ORG, later(5)) == 5
    assert [one.change.ref for one in ledger.open_intents(ORG)] == ["999"]
    assert [one.ref for one, _ in ledger.written_by(young)] == ["777"]


def test_a_person_whose_id_is_in_a_key_that_was_seen_is_forgotten_there(ledger: Ledger) -> None:
    keys = ["001A/survey/003000000000001AAA/2026Q4", "001A/survey/003000000000002AAA/2026Q4"]
    ledger.seen(ORG).note("CampaignMember", [Seen(id=f"00v{n}", key=key) for n, key in enumerate(keys)], T0)
    them = Words(["003000000000001AAA"])
    assert ledger.erase(ORG, them, write=False).written == 1
    assert len(ledger.seen(ORG).keyed()) == 2
    assert ledger.erase(ORG, them, write=True).written == 1
    assert [key for _, key in ledger.seen(ORG).keyed()] == keys[1:]
