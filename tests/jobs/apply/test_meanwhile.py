"""What people did between the plan and its applying stands, and is told."""

import pytest

from jobs import verbs
from tests.jobs.apply.planned import MORE, Planned
from tests.jobs.small import FREE, FULL, QUIET, TOSSUP


def test_a_conflict_of_a_plan_names_who_wrote_it_and_whose_record_it_is(planned: Planned) -> None:
    here = planned.company
    planned.apply()
    here.next_day()
    here.edit("update", FULL, "account", employees=500, headroom=12)
    plan = here.sync(write=False).plan
    assert plan is not None
    (conflict,) = plan.conflicts
    assert (conflict.field, conflict.by) == (here.names["headroom"], "CSM 03")
    assert conflict.source == {"salesforce": "LastModifiedBy", "hubspot": "CRM_UI"}[here.crm]
    assert str(conflict.at)[:10] == "2026-11-03"
    assert plan.called(conflict) == "Example Industries 001"


def test_fields_that_somebody_changed_since_are_left_out_and_counted(planned: Planned) -> None:
    here = planned.company
    here.edit("update", FULL, "account", headroom=3)
    here.edit("update", FREE, "account", priority="high")
    told = planned.apply()
    assert told["conflicts"] == 2
    assert float(here.account(FULL)[here.names["headroom"]]) == 3
    assert here.account(FULL)[here.names["priority"]] == "mid"
    assert here.account(FREE)[here.names["priority"]] == "high"


def test_a_customer_deleted_since_is_left_out_and_told(planned: Planned) -> None:
    here = planned.company
    gone = {"object": here.names["account"], "id": here.id_of(here.account(QUIET))}
    here.edit("delete", QUIET, "account")
    told = planned.apply()
    assert (told["refused"], told["written"]) == (0, len(planned.plan.changes) - 1)
    assert told["gone"] == [gone]


def test_a_customer_merged_into_another_is_left_out_and_the_other_stays_as_it_is(planned: Planned) -> None:
    here = planned.company
    lost, kept = here.account(QUIET), here.account(MORE[0])
    if here.crm == "salesforce":
        here.person("merge", "account", kept, losers=[here.id_of(lost)])
    else:
        here.person("merge", "account", lost, into=here.id_of(kept))
    told = planned.apply()
    assert told["gone"] == [{"object": here.names["account"], "id": here.id_of(lost)}]
    assert told["refused"] == 0


def test_what_was_left_alone_is_told_field_by_field(planned: Planned) -> None:
    here = planned.company
    here.edit("update", FULL, "account", headroom=3)
    (left,) = planned.apply()["left_alone"]
    assert (left["object"], left["id"]) == (here.names["account"], here.id_of(here.account(FULL)))
    assert (left["field"], left["was"]) == (here.names["headroom"], None)
    assert (float(left["holds"]), float(left["wanted"])) == (3, 50)
    assert left["by"] == "CSM 03"
    kept = verbs.runs(here.settings, 1)[0].summary["left_alone"]
    assert kept == [{"object": left["object"], "id": left["id"], "field": left["field"]}]


def test_a_field_cleared_between_plan_and_apply_is_not_filled_again(planned: Planned) -> None:
    here = planned.company
    planned.apply()
    here.later()
    here.edit("update", FULL, "account", employees=500)
    plan = here.sync(write=False).plan
    assert plan is not None
    here.edit("update", FULL, "account", headroom=None)
    told = planned.apply(plan.id)
    assert [left["field"] for left in told["left_alone"]] == [here.names["headroom"]]
    assert not here.account(FULL).get(here.names["headroom"])
    assert here.sync().to_json()["conflicts"] == 1
    assert not here.account(FULL).get(here.names["headroom"])


def test_what_somebody_writes_during_a_sync_after_reading_is_not_written_over(planned: Planned) -> None:
    here = planned.company

    def meanwhile(what: str, _done: int, _total: int | None) -> None:
        if what == "plan":
            here.edit("update", FULL, "account", headroom=3)
            here.edit("update", FREE, "account", priority="high")

    told = verbs.sync(here.settings, write=True, full=False, report=meanwhile).to_json()
    assert {left["field"] for left in told["left_alone"]} == {here.names["headroom"], here.names["priority"]}
    assert told["conflicts"] == 2
    assert float(here.account(FULL)[here.names["headroom"]]) == 3
    assert here.account(FREE)[here.names["priority"]] == "high"


@pytest.mark.parametrize("touch", [{"subject": "Mine now"}, {"owner": "CSM 06"}, {"response": "accepted"}])
def test_a_record_that_somebody_touches_during_a_sync_is_not_closed(planned: Planned, touch: dict[str, str]) -> None:
    here = planned.company
    planned.apply()
    here.next_day()
    here.edit("update", FULL, "subscription", used=10)
    values = {name: here.owner(value) if name == "owner" else value for name, value in touch.items()}

    def meanwhile(what: str, _done: int, _total: int | None) -> None:
        if what == "plan":
            here.edit("update", FULL, "task", **values)

    result = verbs.sync(here.settings, write=True, full=False, report=meanwhile)
    assert result.plan is not None
    assert result.plan.count("close") == 1
    (name,) = touch
    assert [left["field"] for left in result.to_json()["left_alone"]] == [here.names[name]]
    assert here.of(FULL, "task")[here.names["status"]] != here.names["done"]


def test_applying_twice_writes_nothing_over_what_people_did_meanwhile(planned: Planned) -> None:
    here = planned.company
    planned.apply()
    here.edit("update", FULL, "task", status=here.names["begun"], subject="Called them")
    here.edit("delete", FREE, "task")
    here.edit("update", TOSSUP, "lead", lead_body="Spoke to them")
    before = here.state()
    told = planned.apply()
    assert (told["written"], told["refused"], told["conflicts"]) == (0, 0, 0)
    assert here.state() == before
