"""Who owns which field of a task or lead record: kept up to date while untouched, its owner's from then on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jobs import verbs
from jobs.result import RunResult
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, company, silent

Policies = dict[str, dict[str, str]]
Made = Callable[..., Company]


@pytest.fixture(params=CRMS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """The company with these policies (record -> output -> policy), synced once."""
    with company(request.param, tmp_path / "store") as served:

        def prepared(**policies: dict[str, str]) -> Company:
            assert served.settings.config is not None
            _write(served.settings.config / f"{served.crm}.yaml", policies)
            served.sync()
            served.next_day()
            return served

        yield prepared


def _write(file: Path, policies: Policies) -> None:
    yaml = YAML(typ="safe", pure=True)
    mapping = yaml.load(file.read_text("utf-8"))
    write = mapping["write"]
    for record, fields in policies.items():
        outs = write[record] if isinstance(write[record], list) else [write[record]]
        for out in outs:
            for name, policy in fields.items():
                if name in out["fields"]:
                    out["fields"][name]["policy"] = policy
    yaml.dump(mapping, file)


def fuller(here: Company) -> RunResult:
    """One more seat is used, which the task's subject and body tell; and the next sync."""
    here.edit("update", FULL, "subscription", used=149)
    here.next_day()
    return here.sync()


def subject(here: Company) -> Any:
    return here.of(FULL, "task")[here.names["subject"]]


def updated(here: Company, result: RunResult) -> list[set[str]]:
    """The fields of every task or lead record that the plan would update."""
    assert result.plan is not None
    return [
        {field.name for field in change.fields}
        for change in result.plan.changes
        if change.action == "update" and change.object != here.names["account"]
    ]


def test_what_is_written_once_stays_as_it_was_made(made: Made) -> None:
    here = made()
    before = here.of(FULL, "task")
    assert updated(here, fuller(here)) == []
    assert here.of(FULL, "task") == before


def test_the_words_of_an_untouched_task_follow_the_facts_and_then_rest(made: Made) -> None:
    here = made(task={"subject": "ours", "body": "pin_on_human_edit", "body_html": "pin_on_human_edit"})
    before = here.of(FULL, "task")
    assert "148" in subject(here)
    result = fuller(here)
    assert updated(here, result) == [{here.names["subject"], here.names["body"]}]
    assert "149" in subject(here)
    after = here.of(FULL, "task")
    same = set(before) - {here.names["subject"], here.names["body"]}
    kept = {name for name in same if name in {*here.names.values()} and before[name] != after[name]}
    assert kept == set()
    here.next_day()
    assert here.sync().written == 0


@pytest.mark.parametrize(
    "touch",
    [{"subject": "Called them"}, {"owner": "CSM 06"}, {"status": "done"}],
)
def test_a_task_that_somebody_touched_is_never_written_again(made: Made, touch: dict[str, str]) -> None:
    here = made(
        task={"subject": "ours", "body": "pin_on_human_edit", "body_html": "pin_on_human_edit", "due": "ours"}
    )
    here.edit("update", FULL, "task", **{name: spelled(here, name, value) for name, value in touch.items()})
    before = here.of(FULL, "task")
    assert updated(here, fuller(here)) == []
    assert here.of(FULL, "task") == before


def spelled(here: Company, name: str, value: str) -> str:
    if name == "owner":
        return here.owner(value)
    if name == "due" and here.crm == "hubspot":
        return f"{value}T09:00:00Z"
    return here.names.get(value, value)


def test_a_field_that_is_filled_once_is_not_filled_again_when_somebody_empties_it(made: Made) -> None:
    here = made(task={"body": "if_empty", "body_html": "if_empty"})
    here.edit("update", FULL, "task", body=None)
    assert updated(here, fuller(here)) == []
    assert not here.of(FULL, "task").get(here.names["body"])


def test_a_task_touched_between_plan_and_apply_is_left_alone_and_told(made: Made) -> None:
    here = made(task={"subject": "pin_on_human_edit"})
    here.edit("update", FULL, "subscription", used=149)
    here.next_day()

    def meanwhile(what: str, _done: int, _total: int | None) -> None:
        if what == "plan":
            here.edit("update", FULL, "task", owner=here.owner("CSM 06"))

    result = verbs.sync(here.settings, write=True, full=False, report=meanwhile)
    assert updated(here, result) == [{here.names["subject"]}]
    assert [(one.field, one.by) for one in result.moved] == [(here.names["owner"], "CSM 03")]
    assert "148" in subject(here)


def test_an_untouched_lead_record_follows_too_and_a_touched_one_does_not(made: Made) -> None:
    here = made(lead={"subject": "pin_on_human_edit", "body": "pin_on_human_edit"})
    here.edit("update", TOSSUP, "account", name="Example Industries 003", employees=900)
    here.next_day()
    here.sync()
    first = here.of(TOSSUP, "lead")
    here.edit("update", TOSSUP, "lead", lead_body="Spoke to them")
    here.edit("update", TOSSUP, "account", employees=400)
    here.next_day()
    assert updated(here, here.sync()) == []
    assert here.of(TOSSUP, "lead")[here.names["lead_body"]] == "Spoke to them"
    assert first[here.names["key"]] == here.of(TOSSUP, "lead")[here.names["key"]]


@pytest.mark.parametrize("crm", CRMS)
def test_what_an_undo_gives_back_is_whose_it_was(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as here:
        file, name = here.settings.state_dir.with_name("store-rules") / f"{crm}.yaml", here.names["headroom"]

        def headroom(account: str) -> float:
            return float(here.account(account)[name])

        here.edit("update", FULL, "account", headroom=7)
        here.sync()
        here.later()
        _write(file, {"account": {"headroom": "ours"}})
        here.edit("update", TOSSUP, "account", employees=500)
        wrote = here.sync()
        assert (headroom(FULL), headroom(TOSSUP)) == (50, 350)
        here.later()
        _write(file, {"account": {"headroom": "pin_on_human_edit"}})
        verbs.undo(here.settings, wrote.run, write=True, report=silent)
        assert (headroom(FULL), headroom(TOSSUP)) == (7, 50)
        here.later()
        told = here.sync().plan
        assert told is not None
        assert [(one.field, one.theirs) for one in told.conflicts] == [(name, 7)], "the person's value"
        assert (headroom(FULL), headroom(TOSSUP)) == (7, 350), "and ours"
