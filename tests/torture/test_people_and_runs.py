"""People and Tossup work in the same CRM in any order, runs die, lines break, stores are lost: people always win."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from connector.errors import CrmError
from jobs import verbs
from tests.jobs.small import CRMS, CSMS, Company, company, silent, small_world
from tests.torture.left import Looking
from tests.torture.model import People
from tests.torture.moments import Run, draw
from tests.torture.runs import KILLED, Warm, warm

FULLS, TOSSUPS = ("a101", "a102", "a103", "a104"), ("a201", "a202", "a203")
AROUND = Run(verb=("sync",), counts={"request": 90, "write": 8, "commit": 12, "report": 15}, seconds=2.0, longest=1)
"""About what a run does, to draw a moment at which it dies."""
NUMBERS = st.integers(0, 30)
HOURS = st.sampled_from([1, 5, 24, 24 * 8])
LOST = {"mirror": ("mirror.duckdb*",), "ledger": ("ledger.db*",), "both": ("mirror.duckdb*", "ledger.db*")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A company that was never synced, to come back to."""

    company: Company
    warm: Warm
    state: bytes

    def again(self) -> None:
        """Come back to it."""
        self.company.emulator.restore(orjson.loads(self.state))
        self.company.emulator.faults.clear()
        shutil.rmtree(self.company.settings.state_dir, ignore_errors=True)


@pytest.fixture(scope="module", params=CRMS)
def beginning(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginning]:
    """One for each CRM."""
    folder = tmp_path_factory.mktemp("people") / "store"
    with company(request.param, folder, small_world(FULLS, TOSSUPS)) as served, warm() as forks:
        yield Beginning(company=served, warm=forks, state=orjson.dumps(served.emulator.snapshot()))


def lose(here: Company, what: str) -> None:
    """The mirror, the ledger or both are gone."""
    for pattern in LOST[what]:
        for path in here.settings.state_dir.rglob(pattern):
            path.unlink()


class Together(RuleBasedStateMachine):
    """Steps of people and of runs; `unheard`: a run died, and none has looked since; `lost`: so did the ledger."""

    def __init__(self, beginning: Beginning, look: Looking) -> None:
        super().__init__()
        self.look = look
        self.beginning = beginning
        self.here = beginning.company
        self.people = People(company=self.here)
        self.unheard = self.lost = False
        self.plan: str | None = None
        self.number = 100_000

    @initialize()
    def first_run(self) -> None:
        self.beginning.again()
        self._run()

    def _any(self, object: str, n: int) -> Any:
        """One of our records that is open, or a customer."""
        if object == "account":
            return (found := self.here.records("account"))[n % len(found)]
        found = list(self.here.ours(object).values())
        return found[n % len(found)] if found else None

    @rule(n=NUMBERS, name=st.sampled_from(["headroom", "headroom_value"]))
    def somebody_writes_a_field_of_ours(self, n: int, name: str) -> None:
        self.number += 1
        self.people.writes("account", self._any("account", n), **{name: self.number})

    @precondition(lambda self: not self.unheard and not self.lost)
    @rule(n=NUMBERS)
    def somebody_clears_a_field_of_ours(self, n: int) -> None:
        one = self._any("account", n)
        if one.get(self.here.names["headroom"]) not in (None, ""):
            self.people.writes("account", one, headroom=None)

    @rule(n=NUMBERS, employees=st.integers(160, 900))
    def the_company_grows(self, n: int, employees: int) -> None:
        self.people.writes("account", self._any("account", n), employees=employees)

    @rule(n=NUMBERS, used=st.sampled_from([40, 60, 148, 150]))
    def seats_are_used(self, n: int, used: int) -> None:
        found = self.here.records("subscription")
        self.here.person("update", "subscription", found[n % len(found)], used=used)

    @rule(n=NUMBERS, word=st.booleans())
    def a_customer_does_not_want_to_be_called(self, n: int, word: bool) -> None:
        self.people.writes("account", self._any("account", n), do_not_contact=word)

    @rule(n=NUMBERS, name=st.sampled_from(["subject", "body", "begun", "due", "owner", "response"]))
    def somebody_works_on_a_task(self, n: int, name: str) -> None:
        one = self._any("task", n)
        if one is not None:
            self.people.writes("task", one, **self._work(n, name))

    @rule(n=NUMBERS, name=st.sampled_from(["lead_body", "owner", "response"]))
    def somebody_works_on_a_lead_record(self, n: int, name: str) -> None:
        one = self._any("lead", n)
        if one is not None and not one.get("IsConverted"):
            self.people.writes("lead", one, **self._work(n, name))

    def _work(self, n: int, name: str) -> dict[str, Any]:
        due = "2026-12-24" if self.here.crm == "salesforce" else "2026-12-24T09:00:00Z"
        answers = ("accepted", "declined", "returned", "won", "lost", "snoozed")
        return {
            "subject": {"subject": f"Called {n} times"},
            "body": {"body": f"They asked for month {n}."},
            "lead_body": {"lead_body": f"Spoke to {n} people."},
            "begun": {"status": self.here.names["begun"]},
            "due": {"due": due},
            "owner": {"owner": self.here.owner("CSM 03")},
            "response": {"response": answers[n % len(answers)]},
        }[name]

    @precondition(lambda self: not self.unheard)
    @rule(n=NUMBERS, action=st.sampled_from(["complete", "delete"]))
    def somebody_ends_a_task(self, n: int, action: str) -> None:
        one = self._any("task", n)
        if one is not None:
            self.people.does(action, "task", one)

    @precondition(lambda self: not self.unheard)
    @rule(n=NUMBERS, action=st.sampled_from(["convert", "delete"]))
    def somebody_ends_a_lead_record(self, n: int, action: str) -> None:
        one = self._any("lead", n)
        if one is not None and not one.get("IsConverted"):
            self.people.does(action, "lead", one)

    @rule(n=NUMBERS, object=st.sampled_from(["task", "lead"]))
    def somebody_writes_over_a_key(self, n: int, object: str) -> None:
        one = self._any(object, n)
        if one is not None and not one.get("IsConverted"):
            self.number += 1
            self.people.writes(object, one, key=f"typed {self.number}")

    @rule(n=NUMBERS, stays=st.booleans())
    def an_owner_leaves_or_comes_back(self, n: int, stays: bool) -> None:
        self.people.leaves(CSMS[n % len(CSMS)], stays=stays)

    @rule(n=NUMBERS)
    def somebody_takes_a_record_out_of_the_bin(self, n: int) -> None:
        self.people.restores(n)

    @precondition(lambda self: not self.unheard)
    @rule(n=NUMBERS)
    def somebody_deletes_a_customer(self, n: int) -> None:
        if len(self.here.records("account")) > 6:
            self.people.loses_a_customer(self._any("account", n))

    @rule(n=NUMBERS, m=NUMBERS)
    def somebody_merges_two_customers(self, n: int, m: int) -> None:
        winner, loser = self._any("account", n), self._any("account", m)
        if winner != loser and len(self.here.records("account")) > 6:
            self.people.merge(winner, loser)

    @rule(hours=HOURS)
    def tossup_runs(self, hours: int) -> None:
        self.here.emulator.clock.advance(3600 * hours)
        self._run()

    @rule(hours=HOURS)
    def tossup_makes_a_plan(self, hours: int) -> None:
        self.here.emulator.clock.advance(3600 * hours)
        made = self.here.sync(write=False).plan
        assert made is not None
        self.plan = made.id

    @precondition(lambda self: self.plan is not None)
    @rule()
    def the_plan_is_applied(self) -> None:
        assert self.plan is not None
        verbs.apply(self.here.settings, self.plan, report=silent)
        self.plan = None
        self.people.check()

    @precondition(lambda self: not self.lost)
    @rule(n=NUMBERS)
    def a_run_is_taken_back(self, n: int) -> None:
        verbs.undo(self.here.settings, self._some_run(n), write=True, report=silent)
        self.people.check()

    def _some_run(self, n: int) -> str:
        """One that the ledger knows."""
        runs = verbs.runs(self.here.settings, 30)
        return runs[n % len(runs)].id

    @rule(seed=st.integers(0, 2**32), n=NUMBERS)
    def tossup_is_killed(self, seed: int, n: int) -> None:
        self.here.emulator.clock.advance(3600)
        verb = ("undo", self._some_run(n)) if n % 3 == 0 and not self.lost else ("sync",)
        told = self.beginning.warm.run(self.here.env, *verb, **draw(random.Random(seed), AROUND))
        assert told["code"] in (0, KILLED), told
        self.unheard = told["code"] == KILLED
        self.look(self.here, self.beginning.warm)
        self.people.check()

    @rule(
        seed=st.integers(0, 2**32),
        kind=st.sampled_from(["503", "drop_before", "drop_after", "500_after", "truncated"]),
    )
    def the_line_breaks(self, seed: int, kind: str) -> None:
        self.here.emulator.clock.advance(3600)
        told = {"match": "* /[sc]*", "kind": kind, "probability": 0.1, "times": 3, "seed": seed}
        self.here.emulator.faults.add(told)
        try:
            self._run()
        except CrmError:
            self.unheard = True
        self.here.emulator.faults.clear()
        self.people.check()

    @precondition(lambda self: not self.unheard)
    @rule(what=st.sampled_from(list(LOST)))
    def the_store_is_lost(self, what: str) -> None:
        lose(self.here, what)
        if what != "mirror":
            self.plan, self.lost = None, True
            self.people.forget_what_only_the_ledger_knew()

    def _run(self) -> None:
        self.here.sync()
        self.unheard = self.lost = False
        self.people.check()

    def teardown(self) -> None:
        """When all is quiet, the second run has nothing to write, and neither has the third."""
        self._run()
        for _ in range(2):
            last = self.here.sync()
            self.people.check()
        assert last.plan is not None
        assert (last.written, last.plan.changes) == (0, ())
        self.look(self.here, self.beginning.warm)


def test_people_always_win(beginning: Beginning, look: Looking, pytestconfig: pytest.Config) -> None:
    chosen = settings(
        max_examples=pytestconfig.getoption("--stories"),
        stateful_step_count=14,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a run takes a second: looking for a shorter story would take an hour
        suppress_health_check=list(HealthCheck),
    )
    story = seed(f"{pytestconfig.getoption('--seed')} {beginning.company.crm}")(lambda: Together(beginning, look))
    run_state_machine_as_test(story, settings=chosen)
