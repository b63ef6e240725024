"""Stop, don't spray: plan-only, breakers, canary and budget, on both CRMs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import AskAPerson, TryAgain
from connector.port import Outcome
from jobs import verbs
from jobs.apply import Applied
from jobs.canary import all_refused, split
from jobs.result import RunResult
from jobs.verbs import USUAL, Caution
from mappings.changes import Change, Plan
from tests.command import Ended, run
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, Moment, company, silent, small_world

MORE = tuple(f"a1{n:02}" for n in range(12))
ACCEPTED = Caution(accept=("shrunken",))


@pytest.fixture(scope="module", params=CRMS)
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moment]:
    """Sixteen customers, planned for and never written to."""
    with company(request.param, tmp_path_factory.mktemp("safety") / "store", small_world(MORE)) as served:
        served.sync(write=False)
        yield Moment(served)


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moment]:
    """The same, synced once, and read again."""
    with company(request.param, tmp_path_factory.mktemp("safety") / "store", small_world(MORE)) as served:
        served.sync()
        verbs.pull(served.settings, full=False, report=silent)
        yield Moment(served)


def sync(here: Company, caution: Caution = USUAL, **settings: Any) -> RunResult:
    """What `tossup sync --yes` does with these settings."""
    chosen = here.settings.model_copy(update=settings)
    return verbs.sync(chosen, write=True, full=False, report=silent, caution=caution)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command as a shell would."""
    return lambda *words, **variables: run(*words, folder=tmp_path, variables=variables)


def test_a_run_only_plans_until_a_person_says_otherwise_once(planned: Moment, shell: Callable[..., Ended]) -> None:
    here = planned.again()
    before = here.state()
    ended = shell("sync", **here.env)
    assert (ended.code, here.state()) == (3, before)
    order = ("object ", "Plan ", " to create, ", " to update, ", "This took ", "Nothing was written: ")
    assert [ended.out.find(one) for one in order] == sorted(ended.out.index(one) for one in order)
    assert max(map(len, ended.out.splitlines())) <= 80
    said = ended.out[ended.out.index("Nothing was written: a run only plans until a person says otherwise.") :]
    assert "Tossup has never written to " in said
    assert "  tossup sync --yes --canary 5 --stop  " in said
    assert "  TOSSUP_WRITE=yes  " in said
    told = shell("sync", "--json", **here.env, TOSSUP_WRITE="yes").json()
    assert (told["first_write"], told["written"]) == (True, sum(told["changes"].values()))
    assert here.state() != before
    quiet = shell("sync", "--no", **here.env, TOSSUP_WRITE="yes")
    assert (quiet.code, "first run that wrote" in quiet.out) == (0, False), "nothing is left to approve"


def test_write_is_yes_or_no(planned: Moment, shell: Callable[..., Ended]) -> None:
    ended = shell("sync", **planned.again().env, TOSSUP_WRITE="sometimes")
    assert (ended.code, ended.err) == (2, "TOSSUP_WRITE cannot be 'sometimes'. Write yes or no.\n")


def test_far_more_writes_than_usual_wait_for_a_person_who_applies_the_plan(
    synced: Moment, shell: Callable[..., Ended]
) -> None:
    here = synced.again()
    here.edit("update", FULL, "account", employees=300)
    assert sync(here).written == 1
    here.edit("update", FULL, "account", employees=310)
    assert sync(here, volume_least=0).written == 1
    for key in MORE[:5]:
        here.edit("update", key, "account", employees=900)
    before = here.state()
    ended = shell("sync", "--yes", **here.env, TOSSUP_VOLUME_LEAST="2", TOSSUP_VOLUME_SHARE="0.5")
    assert (ended.code, here.state()) == (3, before)
    assert "It would write 5 records; the last 3 runs that wrote came to 1 (median)." in ended.err
    assert "More than 3 are asked about (50% and 2 more)." in ended.err
    plan = ended.err.split("`tossup apply ")[1].split("`")[0]
    assert f"Plan {plan} is kept." in ended.err
    assert shell("apply", plan, **here.env).code == 0
    assert float(here.account(MORE[4])[here.names["headroom"]]) == 750


def test_a_source_that_shrank_stops_every_run_until_it_is_back(synced: Moment) -> None:
    here = synced.again()
    for key in MORE:
        here.edit("delete", key, "subscription")
    before = here.state()
    text = (
        rf"{here.names['subscription']} holds 4 rows; the last good run knew 16 rows, fewer than 11 \(70%\)"
        r"[^|]*--accept shrunken: the new counts"
    )
    with pytest.raises(AskAPerson, match=text):
        sync(here)
    with pytest.raises(AskAPerson, match=text):
        verbs.pull(here.settings, full=True, report=silent)
    plan = verbs.plan(here.settings, report=silent).plan
    assert plan is not None
    assert plan.count("close") == len(MORE)
    with pytest.raises(AskAPerson, match=text):
        verbs.apply(here.settings, plan.id, report=silent)
    assert here.state() == before
    here.emulator.restore(synced.crm)
    assert sync(here).written == 0, "the mirror finds what it had lost, and nothing has changed"


def test_no_number_of_stopped_runs_makes_a_shrunken_source_the_measure(
    synced: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.safety._AT_ONCE", 2)
    here = synced.again()
    for key in MORE:
        here.edit("delete", key, "subscription")
    for _ in range(3):
        with pytest.raises(AskAPerson, match="the last good run knew 16 rows"):
            verbs.pull(here.settings, full=False, report=silent)
    with pytest.raises(AskAPerson, match="the last good run knew 16 rows"):
        sync(here)


def test_a_shrunken_source_that_a_person_accepts_is_the_new_measure(synced: Moment) -> None:
    here = synced.again()
    for key in MORE:
        here.edit("delete", key, "subscription")
    assert sync(here, ACCEPTED).written > 0
    assert sync(here).written == 0


def test_an_object_out_of_sight_has_shrunk_to_nothing(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        sync(here)
        verbs.pull(here.settings, full=False, report=silent)
        here.org.settings({"missing_scopes": ["crm.objects.leads.read", "crm.objects.leads.write"]})
        verbs.setup(here.settings, apply=True)
        with pytest.raises(AskAPerson, match="leads is out of sight; the last good run knew 1 row,"):
            sync(here)
        assert here.ours("deals") == {}
        assert sync(here, ACCEPTED).refused == ()


def test_records_that_we_closed_where_a_new_mirror_cannot_see_them_stop_no_run(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        sync(here)
        here.serve_need(TOSSUP)
        here.later()
        closed = sync(here).plan
        assert closed is not None
        assert {(one.object, one.action) for one in closed.changes} >= {("leads", "close")}
        here.org.settings({"missing_scopes": ["crm.objects.leads.read", "crm.objects.leads.write"]})
        verbs.setup(here.settings, apply=True)
        (mirror,) = here.settings.state_dir.rglob("mirror.duckdb")
        mirror.unlink()
        here.later()
        assert sync(here, ACCEPTED).refused == ()
        assert here.ours("deals") == {}


def test_closing_most_of_what_is_open_is_asked_about(synced: Moment) -> None:
    here = synced.again()
    for key in (FULL, *MORE):
        here.edit("update", key, "subscription", used=20)
    before = here.state()
    with pytest.raises(AskAPerson, match=r"It would close 13 of our 16 open records. More than 50% are asked about"):
        sync(here, volume_least=12)
    assert here.state() == before
    sync(here, Caution(accept=("volume",)), volume_least=12)
    assert here.state() != before


def test_an_import_over_our_fields_is_asked_about(synced: Moment) -> None:
    here = synced.again()
    for key in MORE[:4]:
        here.edit("update", key, "account", headroom=1)
    with pytest.raises(AskAPerson, match="4 fields of ours hold what somebody else wrote") as stopped:
        sync(here, volume_least=3)
    assert "in the last run that wrote at most 0 did" in str(stopped.value)


def test_no_owner_gets_more_tasks_than_the_ceiling(planned: Moment) -> None:
    here = planned.again()
    before = here.state()
    with pytest.raises(
        AskAPerson, match=r"would hold 3 open tasks of our leads, 3 of them new. More than 2 are asked"
    ):
        sync(here, owner_tasks=2)
    assert here.state() == before


def calls_left(here: Company, n: int) -> None:
    """The day's budget is so far used up that `n` calls are left."""
    if here.crm == "salesforce":
        here.org.settings({"daily_calls": 100_000, "calls_used": 100_000 - n})
    else:
        here.org.settings({"limits": "vendor", "daily_limit": 0})
        here.org.limits.forget()
        here.org.settings({"daily_limit": n})


def test_a_plan_that_does_not_fit_into_the_days_budget_is_not_begun(planned: Moment) -> None:
    here = planned.again()
    usual = here.sync(write=False)
    before = here.state()
    # what reading takes, and one call more; nothing is kept back
    calls_left(here, usual.calls + 1)
    with pytest.raises(TryAgain, match=r"Not begun: plan \w{12} takes about \d+ API calls, and \d+ (is|are) left"):
        sync(here, api_reserve=0.0)
    assert here.state() == before
    assert verbs.runs(here.settings, 1)[0].exit_code == 75


def test_at_the_reserve_a_run_stops_cleanly_and_the_next_one_goes_on(planned: Moment) -> None:
    here = planned.again()

    def others_use_it_up(what: str, _done: int, _total: int | None) -> None:
        if what.startswith("write"):
            calls_left(here, 1)

    with pytest.raises(TryAgain, match=r"API budget: [\d,]+ of [\d,]+ calls of the day are used"):
        verbs.sync(here.settings, write=True, full=False, report=others_use_it_up)
    ended = verbs.runs(here.settings, 1)[0]
    assert ended.exit_code == 75
    assert 0 < ended.summary["written"] < sum(ended.summary["changes"].values())
    here.org.settings({"limits": "off"})
    assert sync(here).refused == ()
    assert {len(here.ours(object)) for object in ("task", "lead")} == {15, 1}
    assert sync(here).written == 0


def test_the_canary_goes_first_and_a_person_lets_the_rest_follow(
    planned: Moment, shell: Callable[..., Ended]
) -> None:
    here = planned.again()
    ended = shell("sync", "--yes", "--canary", "2", "--stop", **here.env)
    assert ended.code == 3
    assert ended.err.startswith("Wrote 5 records and looked again: all is as it should be. 27 more wait.\nLook")
    assert (len(here.ours("task")), len(here.ours("lead"))) == (2, 1)
    plan = ended.err.split("`tossup apply ")[1].split("`")[0]
    assert shell("apply", plan, **here.env).code == 0
    assert (len(here.ours("task")), len(here.ours("lead"))) == (15, 1)


def test_what_an_automation_makes_of_the_canary_stops_the_rest_until_a_person_accepts_it(planned: Moment) -> None:
    here, names = planned.again(), planned.company.names
    other = here.owner("CSM 03")
    here.org.settings({"flows": {names["task"]: {names["owner"]: other}}})
    with pytest.raises(AskAPerson, match="Stopped after the first 7 of 32 records") as stopped:
        sync(here, canary=3)
    line = rf"- {names['task']} \w+ {names['owner']}: we wrote '\w+', the CRM holds '{other}'"
    assert len(re.findall(line, str(stopped.value))) == 3
    assert f"TOSSUP_CANARY_EXCEPT={names['task']}.{names['owner']}" in str(stopped.value)
    ended = verbs.runs(here.settings, 1)[0]
    assert (ended.exit_code, ended.summary["written"], len(here.ours("task"))) == (3, 7, 3)
    with pytest.raises(AskAPerson, match="Stopped after the first 6 of 25 records"):
        sync(here, canary=3)
    told = sync(here, canary=3, canary_except=f"Other.Field, {names['task']}.{names['owner']}")
    assert (told.written, told.refused, len(here.ours("task"))) == (19, (), 15)


def test_a_text_that_the_crm_cuts_is_named(planned: Moment) -> None:
    here, names = planned.again(), planned.company.names
    here.org.settings({"flows": {names["account"]: {names["priority"]: "cut"}}})
    with pytest.raises(
        AskAPerson, match=rf"{names['priority']}: we wrote .*, the CRM holds ('cut'|a text of 3 char)"
    ):
        sync(here)
    assert sync(planned.again(), Caution(canary=0)).refused == ()


def test_a_kind_of_record_that_the_crm_refuses_altogether_is_not_sent_on() -> None:
    made = [
        Change(object=object, action="create", id=None, key=f"{object}/Plan: {n}", key_field="Key", fields=())
        for object in ("Lead", "Task")
        for n in range(3)
    ]
    first, rest = split(Plan(connection="c", changes=tuple(made)), 2)
    assert [change.ref for change in first] == ["Lead/Plan: 0", "Lead/Plan: 1", "Task/Plan: 0", "Task/Plan: 1"]
    assert [change.ref for change in rest] == ["Lead/Plan: 2", "Task/Plan: 2"]
    applied = Applied()
    for change in first:
        fine = change.ref == "Lead/Plan: 1"
        applied.add(change, Outcome(ref=change.ref, ok=fine, id="1" if fine else None, code="NO", message="not so"))
    (found,) = all_refused(first, rest, applied)
    assert found.text == "Task: the CRM refused every record to create. Task Task/Plan: 0: NO: not so"
    assert list(all_refused(first, [], applied)) == [], "nothing more would be sent"
