"""The ledger is lost: what people delete or clear before and after the next run is theirs all the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from jobs import verbs
from jobs.seen import note_seen
from jobs.wiring import open_work
from mappings.changes import Plan
from tests.jobs.small import CRMS, TOSSUP, Company, company, silent, small_world
from tests.torture.test_people_and_runs import lose

DELETED, CLEARED = "a101", "a102"


def people_take_away(here: Company, *, clear: bool) -> set[tuple[str, str]]:
    """Somebody deletes a task, somebody a lead record, and somebody clears a field; which keys are gone."""
    gone = {
        ("task", here.of(DELETED, "task")[here.names["key"]]),
        ("lead", here.of(TOSSUP, "lead")[here.names["key"]]),
    }
    here.edit("delete", DELETED, "task")
    here.edit("delete", TOSSUP, "lead")
    if clear:
        assert held(here)
        here.edit("update", CLEARED, "account", headroom=None)
    return gone


def held(here: Company) -> object:
    return here.account(CLEARED).get(here.names["headroom"])


@pytest.mark.parametrize("when", ["before the next run", "after it"])
@pytest.mark.parametrize("what", ["ledger", "both"])
@pytest.mark.parametrize("crm", CRMS)
def test_what_people_take_away_stays_away(crm: str, what: str, when: str, tmp_path: Path) -> None:
    before = when == "before the next run"
    with company(crm, tmp_path / "store", small_world((DELETED, CLEARED))) as here:
        here.sync()
        here.next_day()
        here.sync()
        if not before:
            lose(here, what)
            here.next_day()
            here.sync()
        # with both stores lost at once nothing tells what a field held
        clear = not (before and what == "both")
        gone = people_take_away(here, clear=clear)
        if before:
            lose(here, what)
        for _ in range(2):
            here.next_day()
            done = here.sync()
            there = {(kind, key) for kind in ("task", "lead") for key in here.ours(kind)}
            assert not gone & there
            assert (not held(here)) == clear
            assert done.plan is not None
            assert {one.field for one in done.plan.conflicts} >= ({here.names["headroom"]} if clear else set())
        assert (done.written, done.plan.changes) == (0, ())


@pytest.mark.parametrize("crm", CRMS)
def test_a_plan_made_before_does_not_fill_what_a_person_cleared(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((DELETED, CLEARED))) as here:
        here.sync()
        here.edit("update", CLEARED, "account", headroom=None)
        lose(here, "both")
        plan = here.sync(write=False).plan
        assert plan is not None
        assert any(one.name == here.names["headroom"] for change in plan.changes for one in change.fields)
        here.edit("update", CLEARED, "account", headroom=7)
        verbs.pull(here.settings, full=False, report=silent)
        here.edit("update", CLEARED, "account", headroom=None)
        done = verbs.apply(here.settings, plan.id, report=silent)
        assert not held(here)
        assert here.id_of(here.account(CLEARED)) in {one.id for one in done.left}


@pytest.mark.parametrize("crm", CRMS)
def test_what_was_deleted_long_after_it_was_made_holds_nothing_back_that_it_did_not_before(
    crm: str, tmp_path: Path
) -> None:
    with company(crm, tmp_path / "store", small_world((DELETED,))) as here:
        here.sync()
        key = here.of(DELETED, "task")[here.names["key"]]
        here.next_day()
        here.edit("complete", DELETED, "task")
        here.edit("delete", DELETED, "task")
        here.sync()
        here.emulator.clock.advance(86_400 * (62 if crm == "hubspot" else 14))
        kept = here.sync(write=False).plan
        lose(here, "both")
        lost = here.sync(write=False).plan
        assert kept is not None
        assert lost is not None
        assert made(lost) == made(kept)
        assert key not in {ref for _, ref in made(lost)}


def made(plan: Plan) -> set[tuple[str, str]]:
    return {(one.object, one.ref) for one in plan.changes if one.action == "create"}


@pytest.mark.parametrize("crm", CRMS)
def test_what_people_held_in_a_field_before_tossup_ever_wrote_is_theirs_to_clear(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((CLEARED,))) as here:
        here.edit("update", CLEARED, "account", headroom=99)
        here.sync(write=False)
        here.edit("update", CLEARED, "account", headroom=None)
        here.sync()
        assert held(here)


@pytest.mark.parametrize("crm", CRMS)
def test_a_connection_that_is_really_new_has_nothing_to_remember(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((DELETED,))) as here:
        planned = here.sync(write=False)
        assert planned.plan is not None
        assert planned.plan.count("create") > 0
        first, second = here.sync(), here.sync()
        assert (first.written, second.written) == (len(planned.plan.changes), 0)


@pytest.mark.parametrize("crm", CRMS)
def test_what_is_no_key_or_out_of_sight_is_passed_over(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((DELETED,))) as here:
        here.sync()
        here.edit("update", DELETED, "task", key="x" * 255 if crm == "salesforce" else "x" * 60_000 + "\0")
        lose(here, "both")
        verbs.pull(here.settings, full=False, report=silent)
        with open_work(here.settings, "pull") as work:
            there = set(work.ledger.seen(work.connection).keyed())
            assert {object for object, _ in there} == {here.names["task"], here.names["lead"]}
            tasks = [key for object, key in there if object == here.names["task"]]
            assert ("x" * 255 in tasks) == (crm == "salesforce")
            assert all(len(key) <= 255 for key in tasks)
            objects = {name: one for name, one in work.schema.objects.items() if name != here.names["lead"]}
            note_seen(replace(work, schema=replace(work.schema, objects=objects)), binned=True)
            assert set(work.ledger.seen(work.connection).keyed()) == there
