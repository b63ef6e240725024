"""The command line in this process: help, JSON and nothing else on standard output, exit codes, 80 columns."""

import csv
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
import typer
from rich.console import Console

from connector.emulator.server import Emulator
from jobs import cli, verbs
from jobs.explain import Story
from jobs.export import leads_csv
from jobs.result import RunResult, lead_json
from jobs.show import lead_list
from jobs.view import latest_view
from jobs.wiring import rules_of
from mappings.load import PRESETS
from tests.command import Ended, run
from tests.jobs.small import CRMS, FULL, Company, company, small_world

COMMANDS = (
    "", "setup", "rights", "pull", "plan", "apply", "sync", "undo", "leads", "explain", "runs", "forget", "plans",
    "schedule", "emulator", "demo", "mappings", "mappings check", "mappings schema", "mappings facts",
    "mappings init",
)  # fmt: skip


Tossup = Callable[..., Ended]


@pytest.fixture
def tossup(tmp_path: Path) -> Tossup:
    """Run a command as a shell would, with these variables alone."""
    return lambda *words, **variables: run(*words, folder=tmp_path, variables=variables)


@pytest.fixture(scope="module", params=CRMS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that was synced once."""
    with company(request.param, tmp_path_factory.mktemp("cli") / "store", small_world(("a101",))) as served:
        served.edit(
            "update",
            FULL,
            "account",
            **{served.names["name"]: "株式会社サンプル００１ほっかいどう営業本部第二営業所"},
        )
        yield served


@pytest.fixture(scope="module")
def told(synced: Company) -> tuple[RunResult, Story]:
    """What a sync and an explanation came to: how they are printed does not need them made anew each time."""
    return synced.sync(), verbs.explain(synced.settings, "サンプル")


@pytest.fixture
def printed(told: tuple[RunResult, Story], monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbs that answer what they answered before."""
    result, story = told
    for name, answer in (("sync", result), ("plan", result), ("find_leads", result.found), ("explain", story)):
        monkeypatch.setattr(verbs, name, lambda *_, _answer=answer, **__: _answer)


def columns(text: str) -> int:
    """Columns of the widest line; a wide character takes two."""
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines() or [""])


def test_plans_are_listed_and_one_is_shown_for_review(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup, tmp_path: Path
) -> None:
    plan = told[0].plan
    assert plan is not None
    (first, *_) = tossup("plans", "--json", **synced.env).json()
    assert set(first) == {"plan", "connection", "at", "changes", "conflicts", "calls", "runs"}
    assert tossup("plans", **synced.env).out.count(plan.id) == 1
    body = tossup("plans", plan.id, "--json", **synced.env).json()
    assert set(body) == {"id", "connection", "calls", "changes", "conflicts", "names", "sha256"}
    assert set(body["changes"][0]) == {"object", "action", "id", "key", "key_field", "fields", "links", "why"}
    shown = tossup("plans", plan.id[:6], **synced.env, COLUMNS="80").out
    assert "株式会社サンプル００１" in shown
    assert columns(shown) <= 80
    for format, start in (("markdown", "# Plan"), ("html", "<!doctype html>"), ("json", "{"), ("table", "Plan ")):
        ended = tossup("plans", plan.id, "--as", format, "--out", str(tmp_path / format), **synced.env)
        assert (ended.code, ended.out) == (0, "")
        assert (tmp_path / format).read_text("utf-8").startswith(start)
    assert tossup("plans", "nosuchplan", **synced.env).code == 2
    refused = tossup("plans", "--as", "html", **synced.env)
    assert (refused.code, refused.out) == (2, "")
    assert f"say which. The newest: `tossup plans {first['plan']} --as html`." in " ".join(refused.err.split())
    refused = tossup("plans", "--out", str(tmp_path / "list"), **synced.env)
    assert (refused.code, (tmp_path / "list").exists()) == (2, False)
    assert tossup("plans", "--as", "json", **synced.env).json()[0] == first


def test_runs_say_what_each_wrote_and_know_no_other_run(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup
) -> None:
    result = told[0]
    (one,) = [run for run in tossup("runs", "--json", **synced.env).json() if run["run"] == result.run]
    assert result.plan is not None
    assert (one["written"], one["refused"], one["plan"]) == (result.written, 0, result.plan.id)
    shown = tossup("runs", **synced.env, COLUMNS="80").out
    assert shown.startswith(f"Runs on {result.connection}")
    assert re.search(rf"^{result.run} +sync .* {result.written} +exit 0", shown, flags=re.MULTILINE)
    assert (
        tossup("runs", result.run, **synced.env).out
        == "The CRM refused nothing in this run, and nothing is unclear.\n"
    )
    for unknown in ("99", "abc"):
        ended = tossup("runs", unknown, **synced.env)
        assert (ended.code, ended.err) == (2, f"There is no run {unknown}. `tossup runs` lists them.\n")


def test_a_plan_that_is_written_already_and_a_run_that_wrote_nothing_are_told_so(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup
) -> None:
    plan = told[0].plan
    assert plan is not None
    again = tossup("apply", plan.id, "--json", **synced.env)
    assert (again.code, again.json()["written"]) == (0, 0)
    assert again.err.startswith("Nothing was left to write")
    back = tossup("undo", again.json()["run"], **synced.env)
    assert (back.code, back.out.count("Plan ")) == (0, 1)
    assert back.out.endswith("to take back.\n")
    assert tossup("leads", "--account", "nobody at all", **synced.env).out == "No lead fits.\n"


def test_leads_of_several_currencies_are_ordered_by_what_they_are_worth_to_the_company(
    told: tuple[RunResult, Story],
) -> None:
    found = told[0].found
    assert found is not None
    lead = next(one for one in found.leads if one.state == "open")
    worth = {  # value in minor units, chance-weighted, the same in cents of the company's currency
        "a yen": (500_000, "JPY", 250_000, 166_000),
        "b dollars": (400_000, "USD", 200_000, 200_000),
        "c no rate": (900_000, "GBP", 450_000, None),
    }
    made = [
        replace(
            lead,
            account_name=name,
            value=value,
            currency=currency,
            facts={**lead.facts, "expected": own, "ranked": all},
        )
        for name, (value, currency, own, all) in worth.items()
    ]
    unknown = replace(lead, account_name="d no price", value=None, facts={**lead.facts, "expected": 0, "ranked": 0})
    out = Console(width=80, record=True, file=StringIO())
    out.print(lead_list([*made, unknown], found, "value"))
    shown = out.export_text()
    assert sorted((*worth, "d no price"), key=shown.index) == ["b dollars", "a yen", "d no price", "c no rate"]
    assert "not known" in next(line for line in shown.splitlines() if "d no price" in line)
    told = lead_json(unknown)
    assert (told["value"], told["expected"]) == (None, None)
    (row,) = csv.DictReader(StringIO(leads_csv([unknown], found.workings.ground.inputs.rules)))
    assert (row["value"], row["expected"]) == ("", "")


def test_the_list_of_commands_says_each_in_a_whole_sentence(tossup: Tossup) -> None:
    listed = tossup("--help", COLUMNS="80").out.split("Commands:")[1].strip().splitlines()
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_80_columns(tossup: Tossup, command: str) -> None:
    ended = tossup(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: tossup" in ended.out
    assert columns(ended.out) <= 80


def test_every_command_is_on_the_page_for_scripts_or_prints_nothing_for_them(tossup: Tossup) -> None:
    listed = set(re.findall(r"^  ([a-z]+) ", tossup("--help").out.split("Commands:")[1], flags=re.MULTILINE))
    page = (Path(__file__).parents[2] / "docs" / "interface.md").read_text("utf-8")
    assert {command for command in listed if not re.search(rf"\b{command}\b", page)} == {"schedule"}


@pytest.mark.usefixtures("printed")
def test_json_is_one_document_and_nothing_else(synced: Company, tossup: Tossup) -> None:
    for words, code in (
        (("setup",), 0), (("pull",), 0), (("plan",), 0), (("sync", "--yes"), 0), (("leads",), 0),
        (("explain", "サンプル"), 0), (("runs",), 0), (("runs", "1"), 0), (("mappings", "check"), 0),
    ):  # fmt: skip
        ended = tossup(*words, "--json", **synced.env)
        assert (ended.code, ended.err) == (code, ""), words
        assert ended.json() is not None
        assert ended.out.count("\n") == 1


@pytest.mark.usefixtures("printed")
def test_a_mapping_that_works_is_told_what_it_could_do_more(synced: Company, tossup: Tossup) -> None:
    told = tossup("mappings", "check", "--json", **synced.env)
    assert told.code == 0
    assert {one["kind"] for one in told.json()} == {"note"}
    assert "subscription.seats_since" in {one["path"] for one in told.json()}
    said = tossup("mappings", "check", **synced.env)
    assert said.out.startswith("No problem: everything the mapping speaks of is there.\n\nIt works as it is.")
    assert "subscription.seats_since: nothing fills this column" in " ".join(said.out.split())


@pytest.mark.usefixtures("printed")
def test_words_for_people_fit_80_columns_in_japanese_too(synced: Company, tossup: Tossup) -> None:
    for words in (("leads",), ("explain", "サンプル"), ("plan",), ("sync", "--full", "--yes"), ("runs",), ("setup",)):
        ended = tossup(*words, **synced.env, TOSSUP_LANGUAGE="ja")
        assert ended.code == 0, ended
        assert columns(ended.out) <= 80, [line for line in ended.out.splitlines() if columns(line) > 80]
    assert "サンプル" in tossup("leads", **synced.env).out


@pytest.mark.usefixtures("printed")
def test_leads_are_chosen_by_state_motion_and_account(synced: Company, tossup: Tossup) -> None:
    every = tossup("leads", "--json", **synced.env).json()
    assert {lead["state"] for lead in every} <= {"open", "waiting", "held", "suppressed"}
    chosen = tossup("leads", "--json", "--state", "open", "--motion", "upsell", "--account", "SAMPLE", **synced.env)
    assert chosen.json() == []
    chosen = tossup("leads", "--json", "--motion", "upsell", "--account", "industries", **synced.env).json()
    assert chosen == [one for one in every if one["motion"] == "upsell" and "Industries" in one["account_name"]] != []
    assert tossup("leads", "--state", "won", **synced.env).code == 2
    assert tossup("leads", "--play", "no_such_play", **synced.env).code == 2


@pytest.mark.usefixtures("printed")
def test_leads_are_chosen_by_play_priority_owner_and_value(synced: Company, tossup: Tossup) -> None:
    every = tossup("leads", "--json", **synced.env).json()
    one = max(every, key=lambda lead: lead["value"] or 0)
    for words, fits in (
        (("--play", "seat_limit"), lambda lead: lead["play"] == "seat_limit"),
        (("--priority", one["priority"]), lambda lead: lead["priority"] == one["priority"]),
        (("--owner", one["owner_id"]), lambda lead: lead["owner_id"] == one["owner_id"]),
        (("--min-value", str(one["value"])), lambda lead: (lead["value"] or 0) >= one["value"]),
    ):
        chosen = tossup("leads", "--json", *words, **synced.env).json()
        assert chosen == [lead for lead in every if fits(lead)] != [], words
    assert tossup("leads", "--json", "--owner", "csm", **synced.env).json() == every
    assert tossup("leads", "--json", "--owner", "nobody", **synced.env).json() == []
    assert one["expected"] == pytest.approx(one["value"] * one["p_win"], rel=0.6)


@pytest.mark.usefixtures("printed")
def test_leads_tell_the_plays_that_are_asleep_and_what_would_wake_them(synced: Company, tossup: Tossup) -> None:
    for words in ((), ("--sort", "expected")):
        told = " ".join(tossup("leads", *words, **synced.env).out.split())
        assert "Asleep for want of data" in told
        assert "(usage.quantity) is empty" in told
    assert "expected why" in told


def test_facts_are_listed_by_word_for_people_scripts_and_the_page(tossup: Tossup) -> None:
    every = tossup("mappings", "facts", "--json").json()
    assert set(every[0]) == {"fact", "per", "family", "kind", "unit", "formula", "needs", "record", "numbers"}
    chosen = tossup("mappings", "facts", "headroom", "--json").json()
    assert "headroom_value" in {one["fact"] for one in chosen}
    assert len(chosen) < len(every)
    told = tossup("mappings", "facts")
    assert (told.code, columns(told.out) <= 80) == (0, True)
    assert all(f"{one['fact']} " in told.out for one in every)
    assert "holds 'no such word'" in tossup("mappings", "facts", "no such word").out
    page = (Path(__file__).parents[2] / "docs" / "facts.md").read_text("utf-8")
    assert tossup("mappings", "facts", "--markdown").out == page


@pytest.mark.usefixtures("printed")
def test_explain_shows_every_fact_only_when_asked(synced: Company, tossup: Tossup) -> None:
    short, long = (tossup("explain", "サンプル", *words, **synced.env).out for words in ((), ("--facts",)))
    assert "employees - paid_users" not in short
    assert "employees - paid_users" in long
    assert columns(long) <= 80


@pytest.mark.usefixtures("told")
def test_a_past_day_is_answered_from_history_and_nothing_is_written(synced: Company, tossup: Tossup) -> None:
    before = synced.state()
    past = tossup("leads", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert all(lead["due"] < "2026-11" for lead in past["leads"])
    assert synced.state() == before
    days = latest_view(synced.settings.state_dir, synced.settings.crm, None)
    tomorrow = days.today(rules_of(synced.settings)) + timedelta(days=1)
    ended = tossup("leads", "--as-of", str(tomorrow), **synced.env)
    assert (ended.code, "is after the last pull, which was on" in ended.err) == (2, True)


@pytest.mark.usefixtures("printed")
def test_what_cannot_be_known_of_a_past_day_is_said(synced: Company, tossup: Tossup) -> None:
    past = tossup("leads", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert list(past) == ["as_of", "as_of_notes", "leads"]
    assert past["as_of"] == "2026-01-31"
    assert past["leads"] == tossup("leads", "--json", **synced.env).json()
    assert "records deleted since are not seen" in past["as_of_notes"][0]
    assert "account.employees" in past["as_of_notes"][1]
    story = tossup("explain", "サンプル", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert story["as_of_notes"] == past["as_of_notes"]
    for words in (("leads",), ("explain", "サンプル")):
        assert "Note: As of 2026-01-31" in tossup(*words, "--as-of", "2026-01-31", **synced.env).out
        assert "Note:" not in tossup(*words, **synced.env).out
    today = latest_view(synced.settings.state_dir, synced.settings.crm, None).today(rules_of(synced.settings))
    assert tossup("leads", "--as-of", str(today), "--json", **synced.env).json()["as_of_notes"] == []
    assert tossup("leads", "--as-of", "yesterday", **synced.env).code == 2


@pytest.mark.usefixtures("told")
def test_explain_asks_which_of_several_and_says_when_there_is_none(synced: Company, tossup: Tossup) -> None:
    several, nobody = (tossup("explain", name, **synced.env) for name in ("Example", "Nobody Ltd"))
    assert (several.code, nobody.code) == (2, 2)
    assert "matches several accounts" in several.err
    assert "No account is called 'Nobody Ltd'" in nobody.err


@pytest.mark.usefixtures("told")
def test_what_cannot_go_on_is_one_line_without_a_stack_trace(
    synced: Company, tossup: Tossup, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, code, said in (
        (("apply", "nosuchplan"), 2, "There is no plan nosuchplan"),
        (("schedule", "often"), 2, "'often' is no schedule"),
        (("emulator", "--world", "nowhere"), 2, "there is no world nowhere"),
    ):
        ended = tossup(*words, **synced.env)
        assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
        assert said in ended.err

    def broken(*_: object, **__: object) -> None:
        raise TypeError("two\nlines")

    monkeypatch.setattr(verbs, "runs", broken)
    ended = tossup("runs", **synced.env)
    assert ended.code == 70
    assert ended.err.startswith("Unforeseen: TypeError: two lines. Run it again with --debug")
    assert ended.err.count("\n") == 1
    assert "Traceback" in tossup("runs", "--debug", **synced.env).err


def test_nothing_pulled_yet_says_what_to_run(tossup: Tossup, tmp_path: Path) -> None:
    for words in (("leads",), ("explain", "x"), ("runs",)):
        ended = tossup(*words, TOSSUP_CRM="hubspot", TOSSUP_STATE_DIR=str(tmp_path / "none"))
        assert ended.code == 2
        assert "Run `tossup pull` or `tossup sync` first" in ended.err


@pytest.mark.parametrize("crm", CRMS)
def test_an_empty_org_is_told_in_words(tossup: Tossup, tmp_path: Path, crm: str) -> None:
    with Emulator(crm, "empty") as emulator:
        env = {**emulator.announcement["env"][crm], "TOSSUP_STATE_DIR": str(tmp_path / "store")}
        assert tossup("setup", **env).code == 3
        assert tossup("setup", "--json", **env).json()["applied"] is False
        assert tossup("setup", "--apply", **env).code == 0
        ended = tossup("sync", **env)
        later = tossup("plan", **env)
    assert (ended.code, ended.err) == (0, "")
    assert columns(ended.out) <= 80
    assert "Nothing to write: the CRM holds all of it." in ended.out
    assert "As of the last pull" not in ended.out
    assert re.search(r"As of the last pull, \d{4}-\d\d-\d\d \d\d:\d\d UTC; `tossup pull` reads what", later.out)


def test_the_schema_of_every_file_is_printed_and_the_presets_fit_it(tossup: Tossup) -> None:
    for of in ("mapping", "plays", "gates", "texts"):
        schema = tossup("mappings", "schema", of).json()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        refs = set(re.findall(r'"\$ref": ?"#/\$defs/([^"]+)"', json.dumps(schema)))
        assert refs <= set(schema.get("$defs", {}))


@pytest.mark.parametrize("crm", CRMS)
def test_init_keeps_files_that_are_there(tossup: Tossup, tmp_path: Path, crm: str) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "plays.yaml").write_text("{}\n")
    written = tossup("mappings", "init", str(folder), "--crm", crm, "--json").json()
    assert sorted(Path(path).name for path in written) == sorted(
        [
            f"{crm}.yaml",
            "gates.yaml",
            "ranking.yaml",
            "facts.yaml",
            "overrides.yaml",
            "texts.en.yaml",
            "texts.ja.yaml",
        ]
    )
    assert (folder / "plays.yaml").read_text() == "{}\n"
    assert (folder / f"{crm}.yaml").read_text("utf-8") == (PRESETS / f"{crm}.yaml").read_text("utf-8")
    assert tossup("mappings", "init", str(folder), "--crm", crm, "--json").json() == []


def emulator_process(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs", "emulator", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_emulator_announces_itself_logs_and_keeps_its_state(tmp_path: Path) -> None:
    words = ("--crm", "both", "--world", "empty", "--state", "crm.json", "--log", "calls.jsonl")
    created = {}
    for time in (1, 2):
        process = emulator_process(tmp_path, *words)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert set(told) == {"salesforce", "hubspot", "control", "env"}
        assert set(told["salesforce"]) == {
            "url", "token_url", "client_id", "client_secret", "username", "private_key_file", "access_token",
            "api_version",
        }  # fmt: skip
        assert set(told["hubspot"]) == {
            "url",
            "access_token",
            "client_id",
            "client_secret",
            "refresh_token",
            "portal_id",
        }
        assert set(told["env"]) == set(CRMS)
        records = f"{told['hubspot']['url']}/crm/v3/objects/companies"
        signed = {"Authorization": f"Bearer {told['hubspot']['access_token']}"}
        if time == 1:
            body = {"properties": {"name": "Example Industries 001"}}
            created = requests.post(records, json=body, headers=signed, timeout=5).json()
        else:
            found = requests.get(f"{records}/{created['id']}", headers=signed, timeout=5)
            assert found.json()["properties"]["name"] == "Example Industries 001"
        process.terminate()
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
    logged = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [(one["method"], one["status"]) for one in logged] == [("POST", 201), ("GET", 200)]
    assert all({"method", "path", "status", "milliseconds"} <= set(one) for one in logged), logged


def test_a_port_in_use_is_told_in_one_line(tossup: Tossup) -> None:
    with Emulator("hubspot") as emulator:
        port = emulator.url.rsplit(":", 1)[1]
        ended = tossup("emulator", "--world", "empty", "--port", port)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"port {port} is in use" in ended.err


def test_no_option_takes_a_secret() -> None:
    """What is typed stays in the shell's history, and every user of the machine sees it in the list of processes."""
    words = ("token", "secret", "password", "credential", "key")
    named = [
        f"{name} {parameter.name}"
        for name, command in commands(typer.main.get_command(cli.app))
        for parameter in command.params
        if any(word in (parameter.name or "") for word in words)
    ]
    assert named == []


def commands(of: Any, path: str = "tossup") -> Iterator[tuple[str, Any]]:
    """Every command with its full name."""
    yield path, of
    for name, command in getattr(of, "commands", {}).items():
        yield from commands(command, f"{path} {name}")
