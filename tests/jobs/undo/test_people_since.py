"""What people did since, or do while a run is undone, stays: edits, answers, attachments, what left the bin."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import verbs
from tests.command import Ended, run
from tests.jobs.small import FREE, FULL, QUIET, TOSSUP, Company, silent
from tests.jobs.undo.undone import MORE, Synced, forbidden, undo


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
