"""Applying a plan on both CRMs: written as it was shown, what is refused listed, and at the price that was told."""

import re
import shutil
from pathlib import Path

import pytest

from connector.errors import GiveUp
from jobs import verbs
from tests.jobs.apply.planned import MORE, Planned
from tests.jobs.small import FULL, TOSSUP, Company, silent


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


def test_plans_are_listed_with_the_runs_that_wrote_them(planned: Planned) -> None:
    here = planned.company
    (one,) = verbs.plans(here.settings, 5)
    assert (one.saved.id, one.runs) == (planned.plan.id, ())
    run = planned.apply()["run"]
    assert [(one.saved.id, one.runs) for one in verbs.plans(here.settings, 5)] == [(planned.plan.id, (run,))]
    assert one.to_json()["changes"] == {
        "create": planned.plan.count("create"), "update": planned.plan.count("update"), "close": 0,
    }  # fmt: skip


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
