"""Applying a plan: late changes, refusals, crashes at any moment and a bad line, on both CRMs."""

import multiprocessing
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from connector.errors import GiveUp
from connector.hubspot.config import HubSpotConfig
from connector.salesforce.config import SalesforceConfig
from connector.wire import Patience
from jobs import verbs
from jobs.plans import write_out
from jobs.settings import settings_of
from jobs.store.ledger import Ledger
from jobs.wiring import open_ledger
from mappings.changes import Change
from tests.jobs.small import AT, CRMS, FREE, FULL, QUIET, TOSSUP, Company, company, silent, small_world

MORE = ("a101", "a102", "a103")
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["jobs.verbs", "connector.salesforce.crm", "connector.hubspot.crm"])


class Planned:
    """A company for which a plan was made and not yet applied; `again` brings that moment back."""

    def __init__(self, company: Company) -> None:
        self.company = company
        made = company.sync(write=False).plan
        assert made is not None
        self.plan = made
        self._before = orjson.dumps(company.emulator.snapshot())
        self._store = company.settings.state_dir.with_name("kept")
        shutil.copytree(company.settings.state_dir, self._store)
        self.apply()
        self.applied = company.state()

    def again(self) -> None:
        """The moment after planning."""
        self.company.emulator.restore(orjson.loads(self._before))
        self.company.emulator.faults.clear()
        shutil.rmtree(self.company.settings.state_dir)
        shutil.copytree(self._store, self.company.settings.state_dir)

    def apply(self, plan: str | None = None) -> dict[str, Any]:
        """What `tossup apply` does and prints."""
        return verbs.apply(self.company.settings, plan or self.plan.id, report=silent).to_json()


@pytest.fixture(scope="module", params=CRMS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    with company(request.param, tmp_path_factory.mktemp("apply") / "store", small_world(MORE)) as served:
        yield Planned(served)


@pytest.fixture
def planned(whole: Planned) -> Planned:
    whole.again()
    return whole


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that ask a busy CRM again at once, and often."""
    patience = Patience(first_s=0.001, longest_s=5.0, attempts=12)
    monkeypatch.setattr("jobs.wiring.SalesforceConfig", partial(SalesforceConfig, patience=patience))
    monkeypatch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=patience))


def test_a_plan_is_written_as_it_was_shown(planned: Planned) -> None:
    told = planned.apply()
    assert told["plan"] == planned.plan.id
    assert (told["written"], told["refused"], told["conflicts"]) == (len(planned.plan.changes), 0, 0)
    assert planned.company.state() == planned.applied


def test_the_first_letters_of_a_plan_are_enough(planned: Planned) -> None:
    assert planned.apply(planned.plan.id[:5])["written"] == len(planned.plan.changes)


def test_an_unknown_plan_is_named_with_those_there_are(planned: Planned) -> None:
    with pytest.raises(GiveUp, match=f"no plan nosuchplan. The latest: {planned.plan.id}"):
        planned.apply("nosuchplan")


def test_a_plan_of_another_connection_is_not_applied(planned: Planned, tmp_path: Path) -> None:
    planned.company.emulator.reset("empty")
    verbs.setup(planned.company.settings, apply=True)
    settings = planned.company.settings
    with pytest.raises(GiveUp, match=rf"There is no plan {planned.plan.id}"):
        verbs.apply(settings, planned.plan.id, report=silent)
    folders = [folder for folder in settings.state_dir.iterdir() if (folder / "ledger.db").exists()]
    old, new = sorted(folders, key=lambda folder: not (folder / "view.json").exists())
    shutil.copy(old / "ledger.db", new / "ledger.db")
    with pytest.raises(GiveUp, match=f"Plan {planned.plan.id} is for {planned.plan.connection}, but this is"):
        verbs.apply(settings, planned.plan.id, report=silent)


def test_a_plan_goes_by_file_to_another_machine_and_is_written_there(planned: Planned, tmp_path: Path) -> None:
    here = planned.company
    file = tmp_path / "reviewed.json"
    write_out(verbs.review(here.settings, planned.plan.id[:4]), "json", file)
    assert file.stat().st_mode & 0o077 == 0
    there = here.settings.model_copy(update={"state_dir": tmp_path / "there"})
    told = verbs.apply(there, str(file), report=silent).to_json()
    assert (told["plan"], told["written"]) == (planned.plan.id, len(planned.plan.changes))
    assert here.state() == planned.applied


def test_a_file_that_was_changed_or_is_no_plan_is_refused(planned: Planned, tmp_path: Path) -> None:
    here = planned.company
    file = tmp_path / "reviewed.json"
    for old, new in ((b'"mid"', b'"high"'), (b'"calls": ', b'"calls": 1'), (b"Example Industries 001", b"Another")):
        write_out(verbs.review(here.settings, planned.plan.id), "json", file)
        text = file.read_bytes()
        assert old in text
        file.write_bytes(text.replace(old, new, 1))
        with pytest.raises(GiveUp, match=r"reviewed.json: plan \w+ was changed after it was made; make a new one"):
            verbs.apply(here.settings, str(file), report=silent)
    file.write_text("{}", "utf-8")
    with pytest.raises(GiveUp, match="not a plan that Tossup wrote"):
        verbs.apply(here.settings, str(file), report=silent)


def test_a_file_for_another_connection_is_refused(planned: Planned, tmp_path: Path) -> None:
    file = tmp_path / "reviewed.json"
    file.write_text(replace(planned.plan, connection="salesforce:00D000000000009AAA").to_json(), "utf-8")
    with pytest.raises(GiveUp, match="is for salesforce:00D000000000009AAA, but this is"):
        planned.apply(str(file))


def test_plans_are_listed_with_the_runs_that_wrote_them(planned: Planned) -> None:
    here = planned.company
    (one,) = verbs.plans(here.settings, 5)
    assert (one.saved.id, one.runs) == (planned.plan.id, ())
    run = planned.apply()["run"]
    assert [(one.saved.id, one.runs) for one in verbs.plans(here.settings, 5)] == [(planned.plan.id, (run,))]
    assert one.to_json()["changes"] == {
        "create": planned.plan.count("create"), "update": planned.plan.count("update"), "close": 0,
    }  # fmt: skip


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


def test_a_plan_for_an_object_that_is_out_of_sight_by_now_is_refused_in_words(
    planned: Planned, tmp_path: Path
) -> None:
    (first, *_) = planned.plan.changes
    moved = replace(planned.plan, changes=(*planned.plan.changes, replace(first, object="Deals_Of_Old__c")))
    file = tmp_path / "reviewed.json"
    file.write_text(moved.to_json(), "utf-8")
    with pytest.raises(GiveUp, match=f"Plan {moved.id} writes Deals_Of_Old__c, which the mapping no longer names"):
        planned.apply(str(file))


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


def test_the_calls_of_a_plan_are_those_of_writing_it_and_of_looking_first(planned: Planned) -> None:
    here = planned.company
    planned.apply()
    here.next_day()
    for key in (FULL, *MORE):
        here.edit("update", key, "account", employees=500)
    plan = here.sync(write=False).plan
    assert plan is not None
    here.emulator.calls(forget=True)
    verbs.apply(here.settings.model_copy(update={"canary": 0}), plan.id, report=silent)
    sent = here.emulator.calls()
    looks = sum(
        n for route, n in sent.items() if re.search(r"POST .*(batch/read|composite/sobjects/\{object\})$", route)
    )
    writes = sum(n for route, n in sent.items() if re.search(r"PATCH .*composite/sobjects|batch/update", route))
    assert (looks, writes, plan.calls) == (1, 1, 2)


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


def test_a_refused_record_is_listed_the_others_are_written_and_the_next_run_tries_again(planned: Planned) -> None:
    here = planned.company
    refuse(here, on=True)
    told = planned.apply()
    assert (told["refused"], told["written"]) == (1, len(planned.plan.changes) - 1)
    (refusal,) = verbs.refusals(here.settings, told["run"])
    assert refusal.ref.startswith(f"{here.id_of(here.account(TOSSUP))}/")
    assert refusal.message
    assert verbs.runs(here.settings, 1)[0].exit_code == 1
    refuse(here, on=False)
    again = here.sync().to_json()
    assert (again["written"], again["refused"]) == (1, 0)
    assert again["changes"] == {"create": 1, "update": 0, "close": 0, "remove": 0}
    assert here.state() == planned.applied


def refuse(here: Company, *, on: bool) -> None:
    """The CRM takes the toss-up's lead record no longer, or takes it again."""
    if here.crm == "salesforce":
        queue = here.owner("Specialists Analytics")
        links = [
            one for one in here.records("QueueSobject") if one["QueueId"] == queue and one["SobjectType"] == "Lead"
        ]
        if on:
            here.org.act("CSM 03", "delete", "QueueSobject", links[0]["Id"], {})
        else:
            here.org.insert("QueueSobject", [{"QueueId": queue, "SobjectType": "Lead"}])
        return
    here.org.act("", "deactivate" if on else "activate", "owners", here.owner("Specialists Analytics"), {})


def killed(env: dict[str, str], plan: str, event: int, after: bool) -> None:
    """Apply a plan, and die before or after the n-th thing that is lasting: an intent, a write, an outcome."""
    count = 0

    def deadly(do: Callable[..., Any], counts: Callable[..., bool] = lambda *_, **__: True) -> Callable[..., Any]:
        def done(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += counts(*args, **named)
            if count == event and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = do(*args, **named)
            if count == event and after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return done

    def writes(_adapter: Any, request: requests.PreparedRequest, **_: Any) -> bool:
        path = request.path_url
        looks = request.method == "POST" and re.search(r"/composite/sobjects/\w+$", path)
        return request.method != "GET" and not looks and not path.endswith(("/search", "/batch/read", "/token"))

    Ledger.intend = deadly(Ledger.intend)
    Ledger.settle = deadly(Ledger.settle)
    requests.adapters.HTTPAdapter.send = deadly(requests.adapters.HTTPAdapter.send, writes)
    verbs.apply(settings_of(env), plan, report=silent)
    os._exit(0)


@pytest.mark.parametrize("event", [1, 2, 4, 5, 7])
def test_a_run_killed_at_any_moment_is_finished_by_the_next(planned: Planned, event: int) -> None:
    here = planned.company
    child = FORKS.Process(target=killed, args=(here.env, planned.plan.id, event, event % 2 == 0))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    planned.apply()
    assert here.state() == planned.applied
    assert planned.apply()["written"] == 0


def test_what_arrived_unheard_of_is_ours_after_the_next_run(planned: Planned) -> None:
    here = planned.company
    child = FORKS.Process(target=killed, args=(here.env, planned.plan.id, 2, True))
    child.start()
    child.join(120)
    here.emulator.clock.advance(7200)
    here.edit("update", FULL, "account", employees=500)
    told = here.sync().to_json()
    assert told["conflicts"] == 0
    assert float(here.account(FULL)[here.names["headroom"]]) == 350


def test_of_what_arrived_unheard_of_only_that_is_somebodys_which_they_wrote_since(planned: Planned) -> None:
    here = planned.company
    child = FORKS.Process(target=killed, args=(here.env, planned.plan.id, 2, True))
    child.start()
    child.join(120)
    arrived = float(here.account(FULL)[here.names["headroom_value"]])
    here.emulator.clock.advance(7200)
    here.edit("update", FULL, "account", headroom=7)
    here.edit("update", FULL, "account", employees=500)
    made = here.sync().plan
    assert made is not None
    assert [(one.object, one.field) for one in made.conflicts] == [(here.names["account"], here.names["headroom"])]
    assert float(here.account(FULL)[here.names["headroom"]]) == 7
    assert float(here.account(FULL)[here.names["headroom_value"]]) > arrived > 0


def test_a_record_unheard_of_whose_key_field_is_gone_since_stops_no_run(planned: Planned) -> None:
    here, connection = planned.company, planned.plan.connection
    made = Change(object=here.names["task"], action="create", id=None, key="a/b/c/d", key_field="old_key", fields=())
    with open_ledger(here.settings, connection) as ledger:
        run = ledger.begin("sync", connection, AT)
        ledger.intend(run, planned.plan.id, connection, [made], AT)
    assert planned.apply()["refused"] == 0
    assert verbs.undo(here.settings, run, write=True, report=silent).written == 0


@pytest.mark.parametrize("share", [0.05, 0.2])
@pytest.mark.usefixtures("patient")
def test_over_a_bad_line_the_same_arrives(planned: Planned, share: float) -> None:
    here = planned.company
    for seed, kind in enumerate(("503", "429", "drop_before", "drop_after")):
        # the control plane, and signing in, are not part of the line
        here.emulator.faults.add({"match": "* /[sc]*", "kind": kind, "probability": share / 4, "seed": seed})
    told = planned.apply()
    assert (told["written"], told["refused"]) == (len(planned.plan.changes), 0)
    assert sum(fault["hits"] for fault in here.emulator.faults.shown()) > 0
    here.emulator.faults.clear()
    assert here.state() == planned.applied


@pytest.mark.usefixtures("patient")
def test_a_whole_sync_over_a_bad_line_ends_the_same(planned: Planned) -> None:
    here = planned.company
    for seed, kind in enumerate(("503", "429", "drop_before", "drop_after")):
        here.emulator.faults.add({"match": "* /[sc]*", "kind": kind, "probability": 0.05, "seed": seed})
    told = here.sync(full=True).to_json()
    here.emulator.faults.clear()
    assert told["refused"] == 0
    assert here.state() == planned.applied
