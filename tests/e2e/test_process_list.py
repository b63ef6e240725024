"""What everybody on the machine can read of a run under way, and what its children are given, holds no secret."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import Ended
from tests.e2e.life import living
from tests.secrets import Place, Search, found

ROOT = Path(__file__).parents[2]
KEPT = {"key": "PRIVATE_KEY", "oauth": "REFRESH_TOKEN"}
"""The secret that a command tells; the client secret is in the environment."""
WAIT = "touch {here}/asked; while [ ! -e {here}/go ]; do sleep 0.02; done; cat {here}/secret"


@pytest.mark.parametrize("way", KEPT)
def test_no_secret_is_in_the_list_of_processes(way: str, tmp_path: Path, record_property: Any) -> None:
    with living(way, tmp_path / "left") as life:
        told = {**life.emulator.announcement[life.crm], **life.secrets()}
        (tmp_path / "secret").write_text(told[KEPT[way].lower()])
        (tmp_path / "wait").write_text(WAIT.format(here=tmp_path))
        env = {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")} | life.env
        for name in (KEPT[way], f"{KEPT[way]}_FILE"):
            env.pop(life.named(name), None)
        env[life.named("CLIENT_SECRET")] = told["client_secret"]
        env[f"{life.named(KEPT[way])}_CMD"] = f"sh {tmp_path / 'wait'}"
        command = [sys.executable, "-m", "jobs", "pull", "--debug"]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        seen: set[Place] = set()
        with subprocess.Popen(command, env={**env, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, **pipes) as process:
            while not (tmp_path / "asked").exists():
                assert process.poll() is None
                time.sleep(0.02)
            own = _read(process.pid, "environ")
            (child,) = _children(process.pid)
            seen |= {("environment of the command", _read(child, "environ"))} | _listed()
            (tmp_path / "go").touch()
            while process.poll() is None:
                seen |= _listed()
                time.sleep(0.05)
            out, err = process.communicate()
        life.note("pull", Ended(code=process.returncode, out=out, err=err))
        assert process.returncode != 70, err
        assert "call=" in err
        # of this CRM alone: whatever else runs here is listed too, and another test says a wrong secret aloud
        secrets, search = life.emulator.orgs[life.crm].secrets(), Search()
        assert found(secrets, [("our own environment", own)]), "the search would find one"
        assert b"PATH=" in dict(seen)["environment of the command"]
        assert any(b"jobs" in line and b"pull" in line for _, line in seen)
        search.through(secrets, [*sorted(seen), *life.places()], runs=1)
    record_property("searched", str(search))


def _read(process: int | str, what: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def _children(process: int) -> list[int]:
    return [int(one) for one in _read(process, f"task/{process}/children").split()]


def _listed() -> set[Place]:
    """The words of every process on this machine, as `ps` shows them."""
    return {(f"words of process {one.name}", _read(one.name, "cmdline")) for one in Path("/proc").glob("[0-9]*")}
