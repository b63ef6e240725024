"""`tossup emulator`: announces itself, logs, keeps its state, and says when its port is taken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import requests

from connector.emulator.server import Emulator
from tests.jobs.cli.shell import Tossup
from tests.jobs.small import CRMS


def emulator_process(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs", "emulator", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
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
