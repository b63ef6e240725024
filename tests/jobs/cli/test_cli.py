"""Every command: help, JSON and nothing else on standard output, exit codes, 80 columns, no secret typed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from connector.emulator.server import Emulator
from jobs import cli, verbs
from tests.jobs.cli.shell import Tossup, columns
from tests.jobs.small import CRMS, Company

COMMANDS = (
    "", "setup", "rights", "pull", "plan", "apply", "sync", "undo", "leads", "explain", "runs", "forget", "plans",
    "schedule", "emulator", "demo", "mappings", "mappings check", "mappings schema", "mappings facts",
    "mappings init",
)  # fmt: skip


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
    page = (Path(__file__).parents[3] / "docs" / "interface.md").read_text("utf-8")
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
def test_words_for_people_fit_80_columns_in_japanese_too(synced: Company, tossup: Tossup) -> None:
    for words in (("leads",), ("explain", "サンプル"), ("plan",), ("sync", "--full", "--yes"), ("runs",), ("setup",)):
        ended = tossup(*words, **synced.env, TOSSUP_LANGUAGE="ja")
        assert ended.code == 0, ended
        assert columns(ended.out) <= 80, [line for line in ended.out.splitlines() if columns(line) > 80]
    assert "サンプル" in tossup("leads", **synced.env).out


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
