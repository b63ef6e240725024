"""People put leads off, by an answer, by a status or by the due day: silence until then, and then they come back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from jobs import verbs
from tests.jobs.small import CRMS, FULL, Company, company, small_world
from tests.jobs.story import Story

DATED, UNDATED, MOVED, STATUS, DAY_ONLY, DECLINED = "a101", "a102", "a103", "a104", "a105", "a106"
ALL = (DATED, UNDATED, MOVED, STATUS, DAY_ONLY, DECLINED)
DAYS = {"first": 0, "same day": 0, "before": 29, "after": 31}
HOSTILE = 'No budget {contact}"; DROP TABLE x; --\r\n<script>alert(1)</script> \u202e'


@dataclass(kw_only=True)
class Snoozed(Story):
    """Moments of DAYS; `states` is what became of each account's lead in the eyes of that day's run."""

    states: list[dict[str, str]] = field(default_factory=list)

    def look(self) -> None:
        """Keep the leads as well."""
        super().look()
        leads = verbs.find_leads(self.company.settings).leads
        self.states.append({self.called(str(lead.key)): lead.state for lead in leads if lead.play == "seat_limit"})


@pytest.fixture(scope="module", params=CRMS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snoozed]:
    """Tossup runs on the first day, people answer, and it runs on the days of DAYS."""
    folder = tmp_path_factory.mktemp("snooze") / "store"
    with company(request.param, folder, small_world(ALL)) as served:
        told = Snoozed(company=served)
        told.run()
        _answer(served)
        told.run()
        told.run(hours=29 * 24)
        told.run(hours=2 * 24)
        yield told


def _answer(company: Company) -> None:
    names = company.names
    later = "2026-12-02" if company.crm == "salesforce" else "2026-12-02T09:00:00Z"
    company.edit("update", DATED, "task", response="snoozed", snooze="2026-12-02", reason=HOSTILE)
    company.edit("complete", DATED, "task")
    company.edit("update", UNDATED, "task", response="snoozed")
    company.edit("complete", UNDATED, "task")
    company.edit("update", MOVED, "task", due=later)
    company.edit("update", STATUS, "task", status=names["deferred"])
    company.edit("update", DAY_ONLY, "task", snooze="2026-12-02")
    company.edit("update", DECLINED, "task", response="declined")


def _cycles(story: Story, moment: int, account: str) -> list[str]:
    return sorted(key.split("/")[3] for key in story.every[moment]["task"].get(account[1:], {}))


def test_who_put_it_off_hears_nothing_until_the_day(story: Snoozed) -> None:
    for moment in (1, 2):
        for account in (DATED, UNDATED, MOVED, STATUS, DAY_ONLY):
            # a new task would be refused for being one approach too many as well
            assert story.states[moment][account] in ("held", "suppressed"), (moment, account)
            assert _cycles(story, moment, account) == ["2026Q4"]
        assert [story.states[moment][account] for account in (MOVED, STATUS, DAY_ONLY)] == ["held"] * 3
    assert story.states[1][FULL] == "open"
    assert story.states[1][DECLINED] == "suppressed"


@pytest.mark.parametrize("account", [DATED, UNDATED])
def test_on_the_day_a_lead_whose_task_is_done_comes_back_as_a_new_task(story: Snoozed, account: str) -> None:
    assert story.states[3][account] == "open"
    assert _cycles(story, 3, account) == ["2026Q4", "2026Q4.2"]


@pytest.mark.parametrize("account", [MOVED, STATUS, DAY_ONLY])
def test_on_the_day_a_task_that_is_still_there_counts_again_and_is_not_touched(story: Snoozed, account: str) -> None:
    assert story.states[3][account] == "open"
    assert story.seen[3]["task"][account[1:]] == story.seen[1]["task"][account[1:]]


def test_a_no_is_no_not_now(story: Snoozed) -> None:
    assert story.states[3][DECLINED] == "suppressed"
    assert _cycles(story, 3, DECLINED) == ["2026Q4"]


def test_what_people_answered_is_left_as_it_is_whatever_they_wrote(story: Snoozed) -> None:
    for name in ("response", "snooze", "reason"):
        held = [story.every[moment]["task"][DATED[1:]] for moment in (1, 3)]
        before, after = (one[min(one)][story.company.names[name]] for one in held)
        assert before == after
        assert before is not None


def test_nothing_is_written_to_tasks_that_were_put_off(story: Snoozed) -> None:
    task = story.company.names["task"]
    written = [
        [
            (one.action, story.called(one.key))
            for one in story.plan(run).changes
            if one.object == task and story.called(one.key) in ALL
        ]
        for run in (1, 2, 3)
    ]
    assert written == [[], [], [("create", DATED), ("create", UNDATED)]]
