"""A toss-up is a contract: the specialist answers by its day, the CSM hears what came of it, and keeps the credit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jobs import verbs
from jobs.result import RunResult
from tests.jobs.small import AT, CRMS, TOSSUP, Company, company, silent, small_world
from tests.jobs.test_merged import merge

DECLINED, RETURNED, WON, SILENT, BEGUN, TAKEN, FINISHED = "a201", "a202", "a203", "a204", "a205", "a206", "a207"
ALL = (DECLINED, RETURNED, WON, SILENT, BEGUN, TAKEN, FINISHED)
SLA = 5
BEGINS = {"salesforce": "Working - Contacted", "hubspot": "attempting-stage-id"}


@dataclass(kw_only=True)
class Story:
    """What Tossup wrote in each run, and who was told what, by account: `told[run]`."""

    company: Company
    runs: list[RunResult] = field(default_factory=list)
    told: list[dict[tuple[str, str], dict[str, Any]]] = field(default_factory=list)

    def run(self, days: float = 0) -> None:
        """So many days later Tossup runs."""
        self.company.emulator.clock.advance(int(days * 86_400) or 7200)
        self.runs.append(self.company.sync())
        self.told.append(self._messages())

    def _messages(self) -> dict[tuple[str, str], dict[str, Any]]:
        names = {
            self.company.id_of(one): one[self.company.names["name"]][-3:] for one in self.company.records("account")
        }
        parts = {key: key.split("/") for key in self.company.ours("task") if key.count("/") == 4}
        return {(f"a{names[part[0]]}", part[4]): self.company.ours("task")[key] for key, part in parts.items()}

    @property
    def note(self) -> str:
        """The field in which Tossup notes things later on."""
        return "tossup_note" if self.company.crm == "hubspot" else "Tossup_Note__c"

    def owner_of(self, account: str) -> str:
        """The account's owner, by record id."""
        return str(self.company.account(account)[self.company.names["owner"]])


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Runs: 0 tosses up, 1 after the answers, 2 and 3 after the clock ran out, 4 after the reminder, 5 once more."""
    folder = tmp_path_factory.mktemp("handover") / "store"
    with company(request.param, folder, small_world((), ALL)) as served:
        told = Story(company=served)
        told.run()
        why = "tossup_answer_reason" if served.crm == "hubspot" else "Tossup_Answer_Reason__c"
        served.edit("update", DECLINED, "lead", response="declined", **{why: "They signed with somebody else."})
        served.edit("update", RETURNED, "lead", response="returned")
        served.edit("update", WON, "lead", response="won")
        served.edit("update", BEGUN, "lead", owner=served.owner("CSM 03"))
        served.edit("convert", TAKEN, "lead")
        served.edit("complete", FINISHED, "task")
        served.edit("convert", FINISHED, "lead")
        told.run()
        told.run(SLA + 1)
        told.run()
        told.run(5)
        told.run()
        yield told


def test_every_toss_up_credits_its_csm(story: Story) -> None:
    name = "tossup_csm" if story.company.crm == "hubspot" else "Tossup_CSM__c"
    owners = {story.company.owner(f"CSM 0{n}"): f"CSM 0{n}" for n in (1, 2, 4, 5, 6)}
    held = {key.split("/")[0]: one[name] for key, one in story.company.ours("lead").items()}
    customers = {
        story.company.id_of(story.company.account(one)): owners[story.owner_of(one)] for one in (TOSSUP, *ALL)
    }
    assert held == customers


def test_the_csm_is_told_what_came_of_it(story: Story) -> None:
    assert set(story.told[0]) == set()
    told = {(DECLINED, "declined"), (RETURNED, "returned"), (WON, "won"), (FINISHED, "accepted")}
    assert set(story.told[1]) == told
    for (account, _), task in story.told[1].items():
        assert str(task[story.company.names["owner"]]) == story.owner_of(account)


def test_the_specialists_own_reason_is_quoted(story: Story) -> None:
    body = story.told[1][DECLINED, "declined"][story.company.names["body"]]
    assert "Their reason: They signed with somebody else." in body
    assert "Their reason: none was given" in story.told[1][RETURNED, "returned"][story.company.names["body"]]


def test_an_acceptance_is_noted_on_the_csms_own_task(story: Story) -> None:
    note = str(story.company.of(TAKEN, "task")[story.note])
    assert note.endswith("took up your toss-up.")
    day = (AT + timedelta(hours=2)).date()
    assert note.startswith(f"{day}: ")


def test_who_has_closed_their_task_hears_of_it_by_another(story: Story) -> None:
    assert (FINISHED, "accepted") in story.told[1]
    assert not story.company.of(FINISHED, "task").get(story.note)


def test_when_the_clock_runs_out_someone_is_reminded_once(story: Story) -> None:
    new = set(story.told[2]) - set(story.told[1])
    assert new == {(account, "overdue") for account in (TOSSUP, SILENT, BEGUN)}
    owner = story.company.names["owner"]
    assert str(story.told[2][BEGUN, "overdue"][owner]) == story.company.owner("CSM 03")
    # a queue takes no task: its toss-ups are the CSM's to ask about
    assert str(story.told[2][SILENT, "overdue"][owner]) == story.owner_of(SILENT)
    assert set(story.told[3]) == set(story.told[2])


def test_what_nobody_answers_goes_back_and_what_somebody_began_stays(story: Story) -> None:
    stage, closed = story.company.names["stage"], story.company.names["unqualified"]
    assert set(story.told[4]) - set(story.told[3]) == {(TOSSUP, "unanswered"), (SILENT, "unanswered")}
    assert story.company.of(SILENT, "lead")[stage] == closed
    assert story.company.of(BEGUN, "lead")[stage] != closed
    assert "nobody answered by November 7, 2026" in str(story.company.of(SILENT, "lead")[story.note])
    assert str(story.told[4][SILENT, "unanswered"][story.company.names["owner"]]) == story.owner_of(SILENT)


def test_a_message_stays_open_for_its_reader_and_a_reminder_until_there_is_nothing_to_answer(story: Story) -> None:
    done, status = story.company.names["done"], story.company.names["status"]
    closed = {about for about, task in story.told[5].items() if task[status] == done}
    assert closed == {(TOSSUP, "overdue"), (SILENT, "overdue")}
    assert all(task[status] != done for task in story.told[3].values())
    over = str(story.told[4][SILENT, "overdue"][story.note])
    assert over.endswith("the toss-up was taken back or closed. Tossup closed this.")


@pytest.mark.parametrize("crm", CRMS)
def test_what_nobody_touched_is_closed_once_it_was_answered_or_is_old_and_stops_nobodys_run(
    crm: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("unread") / "store"
    with company(crm, folder, small_world((), (WON, BEGUN))) as served:
        status, done, begun = (served.names[name] for name in ("status", "done", "begun"))
        # every owner holds a lead's task: what tells of toss-ups comes on top and stops nothing
        story = Story(company=replace(served, settings=served.settings.model_copy(update={"owner_tasks": 1})))
        story.run()
        story.run(SLA + 1)
        assert set(story.told[1]) == {(account, "overdue") for account in (TOSSUP, WON, BEGUN)}
        served.person("update", "task", story.told[1][BEGUN, "overdue"], status=begun)
        for account in (WON, BEGUN):
            served.edit("update", account, "lead", response="won")
        story.run(1)
        reminder = story.told[2][WON, "overdue"]
        assert reminder[status] == done
        assert str(reminder[story.note]).endswith(": the toss-up was answered. Tossup closed this.")
        theirs = story.told[2][BEGUN, "overdue"]
        assert theirs[status] == begun
        assert "Tossup leaves this to you" in str(theirs[story.note])
        assert story.told[2][TOSSUP, "overdue"][status] != done
        served.person("update", "task", story.told[2][BEGUN, "won"], status=begun)
        days = 3 + 30  # what a reader has, and the patience of every play
        served.emulator.clock.advance((days - 1) * 86_400)
        story.run(2)
        assert story.told[3][WON, "won"][status] == done
        assert "nobody touched this since it was due" in str(story.told[3][WON, "won"][story.note])
        assert story.told[3][BEGUN, "won"][status] == begun
        story.run()
        plan = story.runs[-1].plan
        assert plan is not None
        assert not [change for change in plan.changes if change.ref.count("/") == 4], "nobody is told again"


def test_runs_without_news_write_nothing(story: Story) -> None:
    for run in (3, 5):
        assert story.runs[run].written == 0, story.runs[run].plan


@pytest.mark.parametrize("crm", CRMS)
def test_a_pool_takes_what_nobody_answered(crm: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("pool") / "store"
    with company(crm, folder, small_world((), (SILENT,))) as served:
        rules = served.settings.config / f"{crm}.yaml"
        text = rules.read_text("utf-8")
        assert "handover:" in text
        rules.write_text(text.replace("handover:", "handover:\n    pool: CSM 03", 1), "utf-8")
        story = Story(company=served)
        story.run()
        stage = served.of(SILENT, "lead")[served.names["stage"]]
        story.run(SLA + 1)
        story.run(5)
        lead = served.of(SILENT, "lead")
        assert str(lead[served.names["owner"]]) == served.owner("CSM 03")
        assert lead[served.names["stage"]] == stage
        assert "Tossup gave it to CSM 03 and told" in str(lead[story.note])
        subject = str(story.told[2][SILENT, "unanswered"][served.names["subject"]])
        assert re.search(r"CSM 03 has \w+.* now$", subject), subject
        assert story.told[2][SILENT, "overdue"][served.names["status"]] == served.names["done"]
        story.run()
        assert story.runs[-1].written == 0


@pytest.mark.parametrize("crm", CRMS)
def test_a_message_names_the_product_that_was_handed_over(crm: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A play with a `target` sells another product than the one that its key names."""
    with company(crm, tmp_path_factory.mktemp("target") / "store") as served:
        rules = served.settings.config / "plays.yaml"
        yaml = YAML(typ="safe", pure=True)
        plays = yaml.load(rules.read_text("utf-8"))
        plays["just_bought_tossup"]["target"] = "'WORK-STD'"
        yaml.dump(plays, rules)
        mapping = rules.with_name(f"{crm}.yaml")
        read = yaml.load(mapping.read_text("utf-8"))
        yaml.dump({**read, "catalog": {"WORK-STD": {"specialist": "CSM 03"}}}, mapping)
        story = Story(company=served)
        story.run()
        record = served.of(TOSSUP, "lead")
        product = "tossup_product" if crm == "hubspot" else "Tossup_Product__c"
        assert "/ARCHIVE/" in record[served.names["key"]]
        assert record[product] == "WORK-STD"
        served.edit("update", TOSSUP, "lead", response="declined")
        story.run()
        told = story.told[1][TOSSUP, "declined"]
        assert "Work Standard" in told[served.names["subject"]]
        assert "Archive" not in told[served.names["subject"]] + told[served.names["body"]]


@pytest.mark.parametrize("crm", CRMS)
def test_a_lead_record_whose_key_somebody_wrote_over_stops_no_run(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as served:
        served.sync()
        served.next_day()
        product = "Tossup_Product__c" if crm == "salesforce" else "tossup_product"
        served.edit("update", TOSSUP, "lead", key=served.id_of(served.account(TOSSUP)), **{product: None})
        told = served.sync()
        assert (told.refused, len(served.ours("lead"))) == ((), 1)


@pytest.mark.parametrize("crm", CRMS)
def test_of_accounts_that_are_merged_each_toss_up_is_told_of_and_taken_back(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((), ALL[:4])) as served:
        names, runs = served.names, [served.sync()]

        def run(days: int) -> None:
            served.emulator.clock.advance(days * 86_400)
            runs.append(served.sync())

        def told(what: str) -> set[str]:
            return {key.rpartition("/")[0] for key in served.ours("task") if key.endswith(f"/{what}")}

        served.later()
        for account in ALL[:2]:
            served.edit("update", account, "lead", response="declined")
        key, stage = names["key"], names["stage"]
        leads = [served.of(account, "lead") for account in ALL[:4]]
        merge(served, ALL[0], ALL[1])
        merge(served, ALL[2], ALL[3])
        run(1)
        assert told("declined") == {one[key] for one in leads[:2]}
        run(SLA)
        assert told("overdue") >= {one[key] for one in leads[2:]}
        run(5)
        assert {one[stage] for one in leads}.isdisjoint(served.ours("lead")[one[key]][stage] for one in leads[2:])
        run(1)
        assert ([one.refused for one in runs], runs[-1].written) == ([()] * 5, 0)


@pytest.mark.parametrize("crm", CRMS)
def test_a_lead_record_that_somebody_moved_on_is_not_taken_back_or_undone(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store") as served:
        stage, begun = served.names["stage"], BEGINS[crm]
        made = served.sync()
        served.later()
        served.edit("update", TOSSUP, "lead", stage=begun)
        for days in (SLA + 1, 5, 5):
            served.emulator.clock.advance(days * 86_400)
            served.sync()
            assert served.of(TOSSUP, "lead")[stage] == begun
        told = verbs.undo(served.settings, made.run, write=True, report=silent)
        assert (served.names["lead"], "touched") in {(one.object, one.reason) for one in told.left}
        assert served.of(TOSSUP, "lead")[stage] == begun


@pytest.mark.parametrize("crm", CRMS)
def test_who_has_left_is_told_nothing_which_the_crm_would_refuse(crm: str, tmp_path: Path) -> None:
    with company(crm, tmp_path / "store", small_world((), (SILENT,))) as served:
        owner, story = served.names["owner"], Story(company=served)
        story.run()
        served.edit("update", SILENT, "lead", owner=served.owner("CSM 02"))
        csm = str(served.account(TOSSUP)[owner])
        served.edit("update", TOSSUP, "lead", response="declined")
        served.edit("update", TOSSUP, "account", owner=served.owner("CSM 06"))
        assert csm not in {served.owner("CSM 02"), served.owner("CSM 06")}
        for one in (csm, served.owner("CSM 02")):
            leave(served, one)
        story.run(SLA + 1)
        assert [run.refused for run in story.runs] == [(), ()]
        assert str(story.told[1][TOSSUP, "declined"][owner]) == served.owner("CSM 06")
        assert str(story.told[1][SILENT, "overdue"][owner]) == str(served.account(SILENT)[owner])


def leave(served: Company, who: str) -> None:
    """Somebody may own nothing any more."""
    if served.crm == "hubspot":
        served.org.act(who, "deactivate", "owners", who, {})
    else:
        served.org.act("CSM 03", "update", "User", who, {"IsActive": False})
