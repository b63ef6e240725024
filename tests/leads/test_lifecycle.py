"""The stages of leads that were made: told apart by what people did, and by what Tossup did itself."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from leads.lifecycle import Worked, latest, worked
from tests.leads.world import TODAY, World, rules

SHUT = {"is_closed": True, "decided_on": TODAY - timedelta(days=2)}
HOSTILE = "No \u202ebudget\r\n{contact}" + "x" * 400
RECORDS: dict[str, list[dict[str, Any]]] = {
    "open": [{}],
    "begun": [{"touched": "begun, reworded"}],
    "completed": [SHUT],
    "deleted": [{"is_closed": True, "touched": "deleted"}],
    "declined": [{**SHUT, "outcome": "declined", "reason": HOSTILE}],
    "returned": [{**SHUT, "outcome": "returned"}],
    "snoozed": [{"outcome": "snoozed", "snooze_until": TODAY + timedelta(days=9), "touched": "answered"}],
    "deferred": [{"deferred_to": TODAY + timedelta(days=4), "touched": "deferred"}],
    "accepted": [{**SHUT, "outcome": "accepted", "opportunity_id": "d0", "kind": "lead"}],
    "won": [{**SHUT, "outcome": "accepted", "opportunity_id": "d1", "kind": "lead"}, {"outcome": "accepted"}],
    "lost": [{**SHUT, "outcome": "accepted", "opportunity_id": "d2", "kind": "lead"}],
    "expired": [{"is_closed": True, "due_on": TODAY - timedelta(days=40), "withdrawn_on": TODAY - timedelta(days=9)}],
    "withdrawn": [{"is_closed": True, "due_on": TODAY, "withdrawn_on": TODAY - timedelta(days=3)}],
    "half": [{**SHUT, "kind": "lead"}, {"is_closed": True, "withdrawn_on": TODAY - timedelta(days=3)}],
}


def _ours() -> Iterator[dict[str, Any]]:
    for account, records in RECORDS.items():
        for place, record in enumerate(records):
            plain = {"kind": "task", "created_on": TODAY - timedelta(days=45), "is_closed": False}
            yield {**plain, "id": f"{account}{place}", "key": f"{account}/seat_limit/SUITE/2026Q4", **record}
    for turn, day in (("2026Q4", 30), ("2026Q4.2", 5)):
        gone = {"is_closed": True, "withdrawn_on": TODAY - timedelta(days=20)} if turn == "2026Q4" else {}
        row = {"id": turn, "key": f"back/seat_limit/-/{turn}", "kind": "task"}
        yield {**row, "created_on": TODAY - timedelta(days=day), **gone}
    yield {"id": "no", "key": "x/y/z/", "kind": "task", "is_closed": True}


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Worked, ...]]:
    deals = [
        {"id": "d0", "account_id": "accepted", "is_closed": False},
        {"id": "d1", "account_id": "won", "is_closed": True, "is_won": True, "closes_on": TODAY},
        {"id": "d2", "account_id": "lost", "is_closed": True, "is_won": False, "closes_on": TODAY},
    ]
    accounts = [{"id": account, "name": account} for account in (*RECORDS, "back")]
    with closing(World({"account": accounts, "opportunity": deals, "ours": _ours()})) as world:
        found = world.find(rules())
        every = worked(found.workings.ground)
        assert worked(found.workings.ground, "won") == tuple(one for one in every if one.key.account_id == "won")
        yield every


def _of(told: tuple[Worked, ...], account: str) -> Worked:
    return next(one for one in told if one.key.account_id == account)


@pytest.mark.parametrize("account", sorted(RECORDS.keys() - {"begun", "deferred", "half"}))
def test_every_stage_is_told_from_the_others(told: tuple[Worked, ...], account: str) -> None:
    assert _of(told, account).stage == account


def test_a_lead_that_came_back_is_superseded_by_its_later_record(told: tuple[Worked, ...]) -> None:
    assert [one.stage for one in told if one.key.account_id == "back"] == ["superseded", "open"]
    assert latest(told)["back", "seat_limit", "-"].key.cycle == "2026Q4.2"


def test_a_person_decided_where_they_closed_one_of_its_records(told: tuple[Worked, ...]) -> None:
    assert _of(told, "half").stage == "completed"
    assert _of(told, "half").how == ("completed",)
    assert _of(told, "half").decided_on == TODAY - timedelta(days=2)


@pytest.mark.parametrize(
    ("account", "how"),
    [("open", ()), ("begun", ("begun", "reworded")), ("completed", ("completed",)), ("deleted", ("deleted",)),
     ("declined", ("answered",)), ("deferred", ("deferred",)), ("expired", ()), ("withdrawn", ())],
)  # fmt: skip
def test_how_people_said_so_is_told(told: tuple[Worked, ...], account: str, how: tuple[str, ...]) -> None:
    assert _of(told, account).how == how


def test_until_when_it_sleeps_is_told(told: tuple[Worked, ...]) -> None:
    assert (_of(told, "snoozed").until, _of(told, "deferred").until) == (date(2026, 11, 27), date(2026, 11, 22))
    assert (_of(told, "deferred").stage, _of(told, "won").until) == ("snoozed", None)


def test_a_reason_stays_one_line_whatever_somebody_wrote(told: tuple[Worked, ...]) -> None:
    reason = _of(told, "declined").reason
    assert reason is not None
    assert reason.startswith("No budget {contact}xxx")
    assert len(reason) == 255


def test_what_is_no_key_of_ours_is_left_out(told: tuple[Worked, ...]) -> None:
    assert {one.key.account_id for one in told} == {*RECORDS, "back"}
    assert _of(told, "won").ids == ("won0", "won1")
