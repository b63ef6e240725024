"""A fifth of all calls fail, in every way that the emulator knows; the same arrives, and nothing twice."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector.emulator.faults import FAULTS
from jobs.settings import BadSettings, settings_of
from tests.jobs.small import Company
from tests.torture.day import Day, Kept
from tests.torture.holds import everything, holds, keys_of
from tests.torture.left import Looking
from tests.torture.remote import remote_company
from tests.torture.requests_sent import creations, requests_in
from tests.torture.runs import Warm, warm

WAYS: dict[str, dict[str, str]] = {
    "salesforce": {},
    "salesforce by bulk": {"TOSSUP_BULK_THRESHOLD": "3"},
    "hubspot": {},
}
SHARE = 0.2
KINDS = (*FAULTS, "truncated", "garbage")
TIMEOUT_S = 1.0
RUNS = 25
"""So many runs may fail before one comes through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sea:
    """A company to sync over a bad line, what a calm day makes of it, and the CRM's log."""

    company: Company
    env: dict[str, str]
    warm: Warm
    day: Day
    log: Path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many storms as are asked for."""
    if "storm" in metafunc.fixturenames:
        metafunc.parametrize("storm", range(metafunc.config.getoption("--storms")))


@pytest.fixture(scope="module", params=WAYS)
def sea(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sea]:
    """Nothing was synced yet."""
    folder = tmp_path_factory.mktemp("storm")
    crm, log = request.param.split()[0], folder / "requests.jsonl"
    with remote_company(crm, folder / "store", full=7, tossups=4, log=log) as bare, warm() as forks:
        env = {**bare.env, **WAYS[request.param], "TOSSUP_READ_TIMEOUT_SECONDS": str(TIMEOUT_S)}
        env = _renewing(env, bare)
        company = replace(bare, settings=settings_of(env))
        state, before = company.emulator.snapshot(), everything(company)
        kept = Kept(folder=folder / "kept")
        kept.save(company)
        assert company.sync().written > 20
        after = holds(company, before, datetime.fromisoformat(state["now"]))
        day = Day(company=company, state=state, store=kept, before=before, after=after)
        yield Sea(company=company, env=env, warm=forks, day=day, log=log)


def _renewing(env: dict[str, str], company: Company) -> dict[str, str]:
    """With a token that expires and is asked for again, as an OAuth app has it."""
    if company.crm == "salesforce":
        return env
    told = company.emulator.announcement["hubspot"]
    names = ("client_id", "client_secret", "refresh_token")
    renewing = {f"TOSSUP_HUBSPOT_{name.upper()}": told[name] for name in names}
    return {**{name: value for name, value in env.items() if name != "TOSSUP_HUBSPOT_ACCESS_TOKEN"}, **renewing}


def _storm(company: Company, seed: int) -> None:
    """Every kind of fault with the same share, so that one call in five fails."""
    chance = random.Random(seed)
    for kind in sorted(KINDS, key=lambda _: chance.random()):
        told = {"match": "* /[sc]*", "kind": kind, "probability": SHARE / len(KINDS), "seed": chance.randrange(2**32)}
        if kind in ("429", "503") and chance.random() < 0.5:
            told["retry_after"] = 1
        company.emulator.faults.add({**told, "seconds": 1.3 * TIMEOUT_S if kind == "slow" else 0.0})


def _through(sea: Sea) -> tuple[int, Any]:
    """Run until a run comes through and has nothing left to write; how many failed, and the last one."""
    for failed in range(RUNS):
        told = sea.warm.run(sea.env, "sync")
        assert told["code"] in (0, 75), told
        if told["code"] == 0 and told["result"]["refused"] == 0:
            return failed, told["result"]
    raise AssertionError(f"{RUNS} runs failed: {told}")


def test_in_a_storm_of_every_fault_the_same_arrives_and_nothing_twice(
    sea: Sea, storm: int, look: Looking, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    company, seed = sea.company, 1000 * pytestconfig.getoption("--seed") + storm
    sea.day.again()
    company.emulator.clear()
    since = sea.log.stat().st_size
    _storm(company, seed)
    failed, _ = _through(sea)
    hits = {one["kind"]: one["hits"] for one in company.emulator.shown()}
    company.emulator.clear()
    where = f"seed {seed}, {failed} runs failed, {hits}"
    held = sea.day.holds()
    keys = keys_of(held, company.names["key"])
    assert len(keys) == len(set(keys)), where
    assert held == sea.day.after, where
    again = company.sync()
    assert again.plan is not None
    assert (again.written, again.plan.changes) == (0, ()), where
    made = creations(requests_in(sea.log, since), company.names["key"])
    assert {name: n for name, n in made.items() if n > 1 and name[1] == "bare"} == {}, where
    assert {value for _, how, value in made if how == "by key"} >= {value for _, value in keys}, where
    look(company, sea.warm, ("requests.jsonl", sea.log.read_bytes()))
    record_property("storm", {"seed": seed, "failed runs": failed, "hits": hits, "creations": made.total()})


def test_calls_that_hang_for_ten_minutes_are_cut_and_sent_again(sea: Sea, look: Looking) -> None:
    sea.day.again()
    ten_minutes = {"kind": "slow", "seconds": 600, "times": 1}
    for match in ("GET /*", "PATCH /services/*" if sea.company.crm == "salesforce" else "POST /crm/*/batch/update"):
        sea.company.emulator.faults.add({**ten_minutes, "match": match, "skip": 3 if match == "GET /*" else 0})
    began = time.monotonic()
    told = sea.warm.run(sea.env, "sync")
    took_s, hits = time.monotonic() - began, [one["hits"] for one in sea.company.emulator.shown()]
    sea.company.emulator.clear()
    assert (told["code"], hits) == (0, [1, 1])
    assert took_s < 300
    assert sea.day.holds() == sea.day.after
    look(sea.company, sea.warm)


def test_no_setting_lets_a_call_hang_for_more_than_ten_minutes() -> None:
    env = {"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN": "pat-example-token"}
    assert settings_of(env).read_timeout_seconds == 60
    with pytest.raises(BadSettings, match="_SECONDS cannot be '601'"):
        settings_of({**env, "TOSSUP_READ_TIMEOUT_SECONDS": "601"})
