"""What a person sees when something is wrong: what, where, the next step; nothing half-written, no stack trace."""

import shutil
import socket
from functools import partial
from pathlib import Path

import pytest

from connector.hubspot.config import HubSpotConfig
from connector.wire import Patience
from tests.e2e.harness import CRMS, Ended, Serve, Tossup
from tests.jobs.few_rules import few_rules

ACCOUNTS = {"salesforce": "Account", "hubspot": "companies"}
TASKS = {"salesforce": "Task", "hubspot": "tasks"}


def clear(ended: Ended, *words: str) -> None:
    """The error says all of this, in words, and shows no stack trace."""
    assert "Traceback" not in ended.err + ended.out
    assert not [word for word in words if word.lower() not in ended.err.lower()], ended.err


def config_of(tossup: Tossup, change: tuple[str, str] | None = None) -> Path:
    """The presets in a folder of one's own, with one text replaced in the mapping."""
    folder = tossup.folder / "config"
    shutil.rmtree(folder, ignore_errors=True)
    tossup("mappings", "init", str(folder))
    if change is not None:
        file = folder / f"{tossup.crm}.yaml"
        text = file.read_text(encoding="utf-8")
        assert change[0] in text
        file.write_text(text.replace(*change, 1), encoding="utf-8")
    return folder


def tasks_in(tossup: Tossup) -> int:
    org = getattr(tossup.emulator, tossup.crm)
    return len(org.inspect(TASKS[tossup.crm])["records"])


@pytest.mark.parametrize("crm", CRMS)
def test_a_missing_field_is_named_with_place_and_suggestion(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    right, wrong = {
        "salesforce": ("NumberOfEmployees", "NumberOfEmploye"),
        "hubspot": ("numberofemployees", "numberofemploye"),
    }[crm]
    folder = config_of(tossup, (f"\n      employees: {right}", f"\n      employees: {wrong}"))
    before = tasks_in(tossup)
    ended = tossup("sync", "--yes", expect=2, TOSSUP_CONFIG=str(folder))
    clear(ended, f"{crm}.yaml:", wrong, f"Did you mean {right}?")
    assert tasks_in(tossup) == before


def test_every_problem_of_a_broken_mapping_is_reported_at_once(serve: Serve) -> None:
    tossup = serve("salesforce")
    folder = config_of(tossup, ("\n  account:\n    object", "\n  acount:\n    object"))
    file = folder / "salesforce.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nnonsense: true\n", encoding="utf-8")
    ended = tossup("mappings", "check", str(folder), "--json", expect=2)
    assert len(ended.json()) >= 2
    broken = folder / "plays.yaml"
    broken.write_text("plays: [unclosed\n", encoding="utf-8")
    clear(tossup("sync", "--yes", expect=2, TOSSUP_CONFIG=str(folder)), "plays.yaml:")


@pytest.mark.parametrize("crm", CRMS)
def test_before_setup_a_sync_says_to_run_setup(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    before = tasks_in(tossup)
    clear(tossup("sync", "--yes", expect=2), "tossup setup")
    assert tasks_in(tossup) == before


def test_a_field_hidden_by_field_level_security_says_so(serve: Serve) -> None:
    tossup = serve("salesforce")
    tossup("setup", "--apply")
    tossup.emulator.salesforce.hide("Account", "NumberOfEmployees")
    clear(tossup("sync", "--yes", expect=2), "NumberOfEmployees", "field-level security")


@pytest.mark.parametrize("crm", CRMS)
def test_a_wrong_token_says_what_to_renew(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    wrong = {
        "salesforce": {"TOSSUP_SALESFORCE_USERNAME": "nobody@example.com"},
        "hubspot": {"TOSSUP_HUBSPOT_ACCESS_TOKEN": "pat-wrong-0000000"},
    }[crm]
    ended = tossup("sync", "--yes", expect=2, **wrong)
    clear(ended, crm)
    assert "pat-wrong" not in ended.err


def test_nobody_listening_means_try_again_later(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    # as often as ever, only sooner
    patience = Patience(first_s=0.001)
    monkeypatch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=patience))
    tossup = serve("hubspot", "empty")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        ended = tossup("sync", "--yes", expect=75, TOSSUP_HUBSPOT_URL=nowhere)
        clear(ended, nowhere.removeprefix("http://"))


@pytest.mark.parametrize("crm", CRMS)
def test_a_disallowed_picklist_value_is_found_before_anything_is_written(serve: Serve, crm: str) -> None:
    tossup = serve(crm)
    tossup("setup", "--apply")
    change = {
        "salesforce": ("Status: Not Started", "Status: Not Begun"),
        "hubspot": ("hs_task_status: NOT_STARTED", "hs_task_status: NOT_BEGUN"),
    }[crm]
    before = tasks_in(tossup)
    folder = config_of(tossup, change)
    clear(tossup("sync", "--yes", expect=2, TOSSUP_CONFIG=str(folder)), f"{crm}.yaml:", change[1].split(": ")[1])
    assert tasks_in(tossup) == before


def test_a_full_disk_says_so_and_the_next_run_goes_on(serve: Serve) -> None:
    tossup = serve("salesforce")
    tossup.env["TOSSUP_CONFIG"] = str(few_rules(tossup.folder / "config", tossup.crm))
    tossup("setup", "--apply")
    before = tasks_in(tossup)
    # the system refuses every byte past this, as it does on a disk without room
    script = (
        "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (400_000, 400_000)); from jobs.cli import main; main()"
    )
    clear(tossup("sync", "--yes", expect=75, start=("-c", script)), "disk is full", "then run again")
    assert tasks_in(tossup) == before
    assert tossup("sync", "--yes", "--json").json()["refused"] == 0


def test_wrong_settings_are_reported_all_at_once(tmp_path: Path, serve: Serve) -> None:
    tossup = serve("salesforce", "empty")
    ended = tossup("sync", expect=2, TOSSUP_SALESFORCE_PRIVATE_KEY_FILE=str(tmp_path / "no.pem"), TOSSUP_LANGAGE="en")
    clear(ended, "TOSSUP_LANGAGE", "Did you mean TOSSUP_LANGUAGE?", "no.pem")


def test_debug_shows_the_stack_trace(serve: Serve) -> None:
    tossup = serve("salesforce", "empty")
    ended = tossup("apply", "nosuchplan", "--debug", expect=2)
    assert "Traceback" in ended.err
