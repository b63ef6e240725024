"""Setup, lost files, a slow search index, portals that have less: each verb on both CRMs."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from connector.emulator.server import Emulator
from jobs import verbs
from jobs.settings import settings_of
from jobs.show import run_json, run_list
from tests.jobs.few_rules import few_rules
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, company, silent


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that was synced once."""
    with company(request.param, tmp_path_factory.mktemp("verbs") / "store") as served:
        served.sync()
        yield served


def test_setup_tells_before_it_does_and_does_nothing_the_second_time(tmp_path: Path) -> None:
    for crm in CRMS:
        with Emulator(crm, "empty") as emulator:
            settings = settings_of({**emulator.announcement["env"][crm], "TOSSUP_STATE_DIR": str(tmp_path / crm)})
            before = orjson.dumps(emulator.snapshot()[crm])
            told = verbs.setup(settings, apply=False)
            assert told.steps
            assert not told.applied
            emulator.calls(forget=True)
            assert verbs.setup(settings, apply=False).steps == told.steps
            assert {call.split()[0] for call in emulator.calls() if "token" not in call} == {"GET"}
            assert len(orjson.dumps(emulator.snapshot()[crm])) == len(before)
            assert verbs.setup(settings, apply=True).steps == told.steps
            emulator.calls(forget=True)
            assert verbs.setup(settings, apply=True).steps == ()
            assert {call.split()[0] for call in emulator.calls() if "token" not in call} == {"GET"}


def test_a_lost_store_costs_no_duplicate_and_overwrites_nothing(synced: Company, tmp_path: Path) -> None:
    synced.emulator.clock.advance(7200)
    before = synced.state()
    shutil.rmtree(synced.settings.state_dir)
    told = synced.sync().to_json()
    assert told["changes"] == {"create": 0, "update": 0, "close": 0, "remove": 0}
    assert (told["written"], told["refused"]) == (0, 0)
    assert synced.state() == before
    assert told["conflicts"] == 0
    synced.edit("update", FULL, "account", employees=500)
    after = synced.sync().to_json()
    assert after["written"] == 0
    assert after["conflicts"] > 0, "what was written before the loss looks like a person's"
    assert synced.state()["task"] == before["task"]


def test_a_lost_mirror_is_read_anew_and_nothing_is_written(synced: Company, tmp_path: Path) -> None:
    here = synced.branch(tmp_path / "store")
    (mirror,) = here.settings.state_dir.glob("*/mirror.duckdb")
    mirror.unlink()
    told = here.sync().to_json()
    assert told["written"] == 0
    assert told["read"][here.names["account"]] == {"rows": 4, "crm_count": 4, "deleted": 0}


def test_a_slow_search_index_makes_no_duplicate_and_no_second_write(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        here.org.settings({"index_lag": 60})
        first = here.sync().to_json()
        made = here.state()
        again = here.sync().to_json()
        assert first["changes"]["create"] == 4
        assert (again["written"], again["conflicts"]) == (0, 0)
        assert here.state() == made


def test_a_portal_without_leads_gets_deals(tmp_path: Path) -> None:
    with company("hubspot", tmp_path / "store") as here:
        here.org.settings({"missing_scopes": ["crm.objects.leads.read", "crm.objects.leads.write"]})
        verbs.setup(here.settings, apply=True)
        told = here.sync().to_json()
        assert told["refused"] == 0
        (deal,) = here.ours("deals").values()
        assert deal["hubspot_owner_id"] == here.owner("Specialists Analytics")
        assert deal["tossup_key"].startswith(here.id_of(here.account(TOSSUP)))
        assert {"companies", "contacts"} <= set(deal["associations"])
        assert here.ours("lead") == {}


@pytest.mark.parametrize("crm", CRMS)
def test_an_empty_org_and_one_without_custom_fields_are_synced(crm: str, tmp_path: Path) -> None:
    with Emulator(crm, "empty") as emulator:
        # few plays, but all that the presets read
        rules = few_rules(tmp_path / "rules", crm, unread=())
        env = {**emulator.announcement["env"][crm], "TOSSUP_STATE_DIR": str(tmp_path), "TOSSUP_CONFIG": str(rules)}
        settings = settings_of(env)
        verbs.setup(settings, apply=True)
        told = verbs.sync(settings, write=True, full=False, report=silent)
        assert (told.to_json()["leads"], told.written) == ({}, 0)
        name, object = {"salesforce": ("Name", "Account"), "hubspot": ("name", "companies")}[crm]
        emulator.orgs[crm].insert(object, [{name: "Example Industries 900"}])
        told = verbs.sync(settings, write=True, full=False, report=silent)
        assert (told.refused, told.plan.conflicts if told.plan else None) == ((), ())


def test_a_run_keeps_what_its_chances_to_win_were_learnt_from(synced: Company) -> None:
    kept = next(run for run in verbs.runs(synced.settings, 20) if run.verb == "sync")
    model = kept.summary["model"]
    assert (model["used"], model["version"], model["scores"]) == (False, None, None)
    assert model["reason"].endswith("decided deals; a model is learnt from 200 on")
    assert run_json(kept)["model"] == model
    learnt = {**model, "used": True, "version": "0123456789ab", "scores": {"auc": 0.714}}
    table = run_list([replace(kept, summary={"model": learnt}), kept, replace(kept, summary={}), kept])
    said = f"base rates: {model['reason']}"
    assert list(table.columns[-1].cells) == ["model 0123456789ab, AUC 0.71", said, "", "the same"]
