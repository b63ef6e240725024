"""kill -9 at any moment of a run, on both CRMs and by every way of writing; the next runs end as one would have."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import verbs
from jobs.settings import settings_of
from tests.jobs.small import Company, silent
from tests.torture.day import Databases, Day, Kept
from tests.torture.holds import everything, holds, keys_of
from tests.torture.left import Looking
from tests.torture.moments import Run, draw
from tests.torture.remote import remote_company
from tests.torture.runs import KILLED, Warm, warm
from tests.torture.warm import ANYHOW

FULLS, TOSSUPS = 210, 110
"""So many that records of every kind go in several calls: 200 in one to Salesforce, 100 in one to HubSpot."""
WAYS: dict[str, dict[str, str]] = {
    "salesforce": {},
    "salesforce by bulk": {"TOSSUP_BULK_THRESHOLD": "100"},
    "hubspot": {},
    "hubspot with a ledger on postgresql": {},
}
INDEX_LAG_S = 3
"""HubSpot's search shows what was written only after a while; here beside a ledger on PostgreSQL."""


@dataclass(kw_only=True)
class Life:
    """One CRM, one way of writing, and the days at which runs are killed."""

    company: Company
    env: dict[str, str]
    warm: Warm
    databases: Databases | None = None
    days: list[tuple[Day, Run]] = field(default_factory=list)

    def live(self, folder: Path) -> None:
        """Keep this moment as a day on which to sync, and as one on which to apply; then run, undisturbed."""
        company = self.company
        state, before = company.emulator.snapshot(), everything(company)
        fresh, planned = (Kept(folder=folder / name, databases=self.databases) for name in ("fresh", "planned"))
        fresh.save(company)
        made = self._undisturbed("plan")
        planned.save(company)
        apply = ("apply", str(made["plan"]))
        done = self._undisturbed(*apply)
        counts = {what: made["counts"][what] + done["counts"]["write"] for what in ("request", "commit")}
        counts |= {"report": made["counts"]["report"], "write": done["counts"]["write"]}
        seconds = made["seconds"] + done["seconds"]
        sync = Run(verb=("sync",), counts=counts, seconds=seconds, longest=4)
        then = Run(verb=apply, counts=done["counts"], seconds=done["seconds"], longest=12)
        after = holds(company, before, datetime.fromisoformat(state["now"]))
        for run, kept in ((then, planned), (sync, fresh)):
            day = Day(company=company, state=state, store=kept, before=before, after=after)
            self.days.append((day, run))

    def _undisturbed(self, *verb: str) -> dict[str, Any]:
        told = self.warm.run(self.env, *verb)
        assert told["code"] == 0, told
        return told


@pytest.fixture(scope="module", params=WAYS)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Two days, each as it begins and as it is after planning: the first run ever, and one after people's work."""
    folder = tmp_path_factory.mktemp("kill")
    crm = request.param.split()[0]
    databases = None
    if request.param.endswith("postgresql"):
        databases = Databases(server=request.getfixturevalue("postgres"))
        databases.empty()
    with remote_company(crm, folder / "store", full=FULLS, tossups=TOSSUPS) as bare, warm() as forks:
        env = {**bare.env, **WAYS[request.param]}
        if databases is not None:
            env["TOSSUP_LEDGER_URL"] = databases.url
            bare.emulator.settings(index_lag=INDEX_LAG_S)
        life = Life(company=replace(bare, settings=settings_of(env)), env=env, warm=forks, databases=databases)
        _seats(life.company, dict.fromkeys(range(0, FULLS, 5), 60))
        life.company.later()  # a late index shows what people did by then, to the undisturbed run as to the others
        life.live(folder / "first")
        life.company.next_day()
        _people_work(life.company)
        life.company.later()
        life.live(folder / "second")
        yield life


def _seats(company: Company, used: Mapping[int, int]) -> None:
    """So many of the 150 seats of these customers are in use."""
    names = {one[company.names["name"]][-4:]: company.id_of(one) for one in company.records("account")}
    subscriptions = {_account_of(one): one for one in company.records("subscription")}
    for n, seats in used.items():
        company.person("update", "subscription", subscriptions[names[f"1{n:03}"]], used=seats)


def _account_of(subscription: Mapping[str, Any]) -> str:
    found: str = subscription.get("AccountId") or subscription["associations"]["companies"][0]
    return found


def _people_work(company: Company) -> None:
    """What lets the second run make new tasks, close others, write news, and leave people's work alone."""
    _seats(company, {n: 148 if n % 5 == 0 else 60 for n in range(0, FULLS, 1) if n % 5 < 2})
    accounts = company.records("account")
    for one in accounts[::3]:
        company.person("update", "account", one, employees=400)
    for one in accounts[::20]:
        company.person("update", "account", one, headroom=7)
    tasks = list(company.ours("task").values())
    for n, action in ((3, "complete"), (4, "delete")):
        for one in tasks[n::25]:
            company.person(action, "task", one)
    for one in tasks[5::25]:
        company.person("update", "task", one, subject="Called, waiting for an answer")
    for one in list(company.ours("lead").values())[::25]:
        company.person("update", "lead", one, lead_body="Spoke to them.")


def _killed(life: Life, run: Run, chance: random.Random, most: int, look: Looking) -> Iterator[str]:
    """Kill up to `most` runs of this kind, one after the other, each at a moment of its own; tells where each died.

    The last one of all may come to its end before its moment comes.
    """
    for n in range(most):
        told = life.warm.run(life.env, *run.verb, **draw(chance, run, n))
        if told["code"] != KILLED:
            assert told["code"] == 0, told
            return
        look(life.company, life.warm)
        yield told["phase"]


def _finish(company: Company, run: Run) -> None:
    """Run once more, to the end."""
    verb, *plan = run.verb
    if verb == "apply":
        verbs.apply(company.settings, plan[0], report=silent, caution=ANYHOW)
    else:
        verbs.sync(company.settings, write=True, full=False, report=silent, caution=ANYHOW)


def test_whenever_it_is_killed_the_next_runs_end_as_if_nothing_had_happened(
    life: Life,
    look: Looking,
    pytestconfig: pytest.Config,
    request: pytest.FixtureRequest,
    record_property: Callable[..., None],
) -> None:
    seed, kills = pytestconfig.getoption("--seed"), -(-pytestconfig.getoption("--kills") // len(WAYS))
    chance = random.Random(f"{seed} {request.node.name}")
    hits: Counter[str] = Counter()
    round = 0
    while hits.total() < kills:
        day, run = life.days[round % len(life.days)]
        day.again()
        most = chance.randint(run.longest // 3, run.longest)
        died = list(_killed(life, run, chance, min(most, kills - hits.total()), look))
        hits.update(died)
        where = f"seed {seed}, round {round}, {day.store.folder}, killed in {died}"
        _finish(life.company, run)
        held = day.holds()
        keys = keys_of(held, life.company.names["key"])
        assert len(keys) == len(set(keys)), where
        assert held == day.after, where
        again = life.company.sync()
        assert again.plan is not None
        assert (again.written, again.plan.changes) == (0, ()), where
        look(life.company, life.warm)
        round += 1
    record_property("kills", {"seed": seed, "rounds": round, "hits": dict(hits)})
