"""The emulated CRM and the command line, each in a process of its own, with what a command took."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
CRMS = ("salesforce", "hubspot")
ACCOUNTS = {"salesforce": "Account", "hubspot": "companies"}
EMPLOYEES = {"salesforce": "NumberOfEmployees", "hubspot": "numberofemployees"}
PERSON = {"salesforce": "Integration", "hubspot": "Owner 01"}
TASKS = {"salesforce": "Task", "hubspot": "tasks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How a command ended, the seconds it took, and the most memory it held at once."""

    code: int
    out: str
    seconds: float
    peak_mb: float

    def json(self) -> Any:
        """The one document that it printed."""
        return json.loads(self.out)


class Machine:
    """A running emulator of one CRM, and the command line connected to it with a store of its own."""

    def __init__(self, crm: str, announcement: Path, folder: Path, session: requests.Session) -> None:
        self.crm = crm
        self.announcement = announcement
        self._session = session
        self.told: dict[str, Any] = json.loads(announcement.read_text(encoding="utf-8"))
        self._control = str(self.told["control"])
        self._env = {**_clean(), **self.told["env"][crm], "TOSSUP_STATE_DIR": str(folder / "store")}

    def __call__(self, *words: str, expect: int = 0) -> Took:
        """Run `tossup WORDS --json`. Raises RuntimeError when it ends with another exit code than expected."""
        return self.run("-m", "jobs", *words, "--json", expect=expect)

    def run(self, *words: str, expect: int = 0) -> Took:
        """The same for any Python command; what it says on standard error is passed on when it fails."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+") as err:
            began = time.perf_counter()
            process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=self._env, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode != expect:
                said = f"{out.read()[-2000:]}\n{err.read()[-2000:]}"
                raise RuntimeError(f"{' '.join(words)}: exit code {process.returncode}, not {expect}\n{said}")
            peak_mb = usage.ru_maxrss / 1024
            return Took(code=process.returncode, out=out.read(), seconds=seconds, peak_mb=peak_mb)

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Ask the emulator's control plane: `control("POST", "/clock", advance=60)`."""
        answer = self._session.request(method, f"{self._control}{path}", json=body or None, timeout=300)
        answer.raise_for_status()
        return answer.json()

    def records(self, object: str) -> Any:
        """Every record of an object with its stamps, read past the API."""
        return self.control("GET", f"/inspect?crm={self.crm}&object={object}")["records"]


@contextmanager
def machine(crm: str, world: str) -> Iterator[Machine]:
    """Serve one CRM with a world until the block ends; everything it left behind is removed."""
    command = [sys.executable, "-m", "jobs", "emulator", "--crm", crm, "--world", world]
    with (
        tempfile.TemporaryDirectory() as temporary,
        subprocess.Popen(command, cwd=ROOT, env=_clean(), stdout=subprocess.PIPE, text=True) as process,
        requests.Session() as session,
    ):
        session.trust_env = False
        assert process.stdout is not None
        try:
            announcement = Path(temporary) / "announcement.json"
            announcement.write_text(process.stdout.readline(), encoding="utf-8")
            yield Machine(crm, announcement, Path(temporary), session)
        finally:
            process.terminate()


def _clean() -> dict[str, str]:
    """The environment without settings of ours, so that no benchmark depends on who runs it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOSSUP_")}
