"""An emulated CRM in another process, spoken to by its control plane; `Company` works on it as on one in here."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import requests

from jobs import verbs
from jobs.settings import settings_of
from tests.jobs.few_rules import few_rules
from tests.jobs.small import Company

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Plane:
    """The control plane of the other process, in the words of `Emulator` and its orgs."""

    announcement: Mapping[str, Any]
    crm: str
    http: requests.Session

    @property
    def orgs(self) -> "dict[str, Plane]":
        return {self.crm: self}

    @property
    def clock(self) -> "Plane":
        return self

    @property
    def faults(self) -> "Plane":
        return self

    def advance(self, seconds: float) -> None:
        self._told("POST", "clock", {"advance": seconds})

    def inspect(self, object: str | None = None) -> dict[str, Any]:
        return self._told("GET", f"inspect?object={object}" if object else "inspect")

    def act(self, person: str, action: str, object: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
        what = {"person": person, "action": action, "object": object, "id": id, "values": values}
        return self._told("POST", "act", what)

    def insert(self, object: str, records: list[dict[str, Any]]) -> list[str]:
        ids: list[str] = self._told("POST", "seed", {"object": object, "records": records})["ids"]
        return ids

    def snapshot(self) -> dict[str, Any]:
        return self._told("GET", "snapshot")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become that again, at the moment that it was then, without faults."""
        self._told("POST", "restore", state)
        self._told("POST", "clock", {"set": state["now"]})
        self.clear()

    def settings(self, **values: object) -> None:
        self._told("POST", "settings", values)

    def secrets(self) -> dict[str, str]:
        return self._told("GET", "secrets")

    def add(self, fault: Mapping[str, Any]) -> None:
        self._told("POST", "faults", fault)

    def clear(self) -> None:
        self._told("DELETE", "faults")

    def shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._told("GET", "faults")["faults"]
        return found

    def _told(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.http.request(
            method, f"{self.announcement['control']}/{path}", data=None if body is None else orjson.dumps(body)
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = orjson.loads(answer.content)
        return told


@contextmanager
def crm_process(crm: str, full: int, tossups: int, log: Path | None = None) -> Iterator[Plane]:
    """A CRM with so many more customers, in a process that ends with this one."""
    command = [sys.executable, "-m", "tests.torture.crm_process", crm, str(full), str(tossups)]
    command += [str(log)] if log else []
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        requests.Session() as http,
    ):
        http.trust_env = False
        assert process.stdout is not None
        yield Plane(announcement=orjson.loads(process.stdout.readline()), crm=crm, http=http)


@contextmanager
def remote_company(crm: str, folder: Path, *, full: int, tossups: int, log: Path | None = None) -> Iterator[Company]:
    """The small company with so many more customers, set up and never synced, in a CRM that is another process."""
    with crm_process(crm, full, tossups, log) as plane:
        rules = few_rules(folder.with_name(f"{folder.name}-rules"), crm)
        gates = rules / "gates.yaml"
        gates.write_text(
            gates.read_text("utf-8").strip().removesuffix("}") + ", capacity: {enabled: false}}\n", "utf-8"
        )
        env = {
            **plane.announcement["env"][crm],
            "TOSSUP_STATE_DIR": str(folder),
            "TOSSUP_CONFIG": str(rules),
        }
        settings = settings_of(env)
        verbs.setup(settings, apply=True)
        yield Company(crm=crm, emulator=plane, settings=settings)
