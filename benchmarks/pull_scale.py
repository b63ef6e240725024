"""How much memory and how many calls a pull takes: a million accounts in full, then a thousand changes among them.

    python -m benchmarks.pull_scale [--accounts 1000000] [--changes 1000] [--crm salesforce --crm hubspot]

The emulated CRM runs in a process of its own; so does every pull, whose peak memory is what the system says at its
end. Exits with 1 when a limit is missed: 600 MB, and 15 calls for the changes.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from jobs.pull import pull
from jobs.settings import settings_of
from jobs.store.mirror import Mirror
from jobs.wiring import open_crm, rules_of
from mappings.needs import needs, objects

PEAK_MB, CALLS = 600, 15
ACCOUNTS = {"salesforce": "Account", "hubspot": "companies"}
EMPLOYEES = {"salesforce": "NumberOfEmployees", "hubspot": "numberofemployees"}
PERSON = {"salesforce": "Integration", "hubspot": "Owner 01"}
SERVE = "import sys; from connector.emulator.server import serve; serve(crm=sys.argv[1], world=sys.argv[2])"


@contextmanager
def served(crm: str, accounts: int) -> Iterator[tuple[dict[str, Any], requests.Session]]:
    """An emulated CRM in its own process: how to connect, and a session for its control plane."""
    command = [sys.executable, "-c", SERVE, crm, f"scale-{accounts}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, requests.Session() as session:
        session.trust_env = False
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), session
        finally:
            process.terminate()


def in_a_process(told: dict[str, Any], crm: str, folder: Path, *, only_accounts: bool) -> dict[str, float]:
    """One pull in its own process, in figures."""
    job = {"variables": told["env"][crm] | {"TOSSUP_STATE_DIR": str(folder)}, "crm": crm, "only": only_accounts}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pull_scale", "--job", json.dumps(job)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def one_pull(job: dict[str, Any]) -> dict[str, float]:
    """What the process of `in_a_process` does."""
    settings = settings_of(job["variables"])
    mapping = rules_of(settings).mapping
    name = ACCOUNTS[job["crm"]]
    with closing(open_crm(settings)) as crm, Mirror(settings.state_dir / "mirror.duckdb") as mirror:
        schema = crm.describe(objects(mapping))
        wanted = needs(mapping, crm.describe(objects(mapping, schema)))
        if job["only"]:
            wanted = {name: wanted[name]}
        crm.connection()
        calls, began = crm.calls, time.perf_counter()
        read = pull(crm, mirror, wanted, schema).read[name]
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = {"rows": read.rows, "mirror": read.mirror_count, "crm": read.crm_count, "full": read.full}
    return rows | {"seconds": seconds, "calls": crm.calls - calls, "peak_mb": peak}


def change(told: dict[str, Any], session: requests.Session, crm: str, changes: int, ids: list[str]) -> None:
    """Edits by hand, spread over all accounts; the world is a day old by then."""
    session.post(f"{told['control']}/clock", json={"advance": 86_000}, timeout=60).raise_for_status()
    for n, id in enumerate(random.Random(1).sample(ids, changes)):
        said = {"crm": crm, "person": PERSON[crm], "action": "update", "object": ACCOUNTS[crm], "id": id}
        answer = session.post(f"{told['control']}/act", json=said | {"values": {EMPLOYEES[crm]: n}}, timeout=60)
        answer.raise_for_status()


def ids_in(folder: Path, crm: str) -> list[str]:
    with Mirror(folder / "mirror.duckdb") as mirror:
        return mirror.ids(ACCOUNTS[crm]).to_pylist()


def measure(crm: str, accounts: int, changes: int) -> bool:
    """Print two lines; whether both are within their limits."""
    with served(crm, accounts) as (told, session), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        session.post(f"{told['control']}/clock", json={"advance": 3_600}, timeout=60).raise_for_status()
        first = in_a_process(told, crm, folder, only_accounts=False)
        size = (folder / "mirror.duckdb").stat().st_size / 2**20
        line(crm, "full", first, f"mirror {size:.0f} MB")
        change(told, session, crm, changes, ids_in(folder, crm))
        second = in_a_process(told, crm, folder, only_accounts=True)
        line(crm, f"{changes:,} changes", second, "")
    whole = first["mirror"] == second["mirror"] == accounts and second["rows"] == changes and not second["full"]
    small = max(first["peak_mb"], second["peak_mb"]) < PEAK_MB and second["calls"] <= CALLS
    return whole and small


def line(crm: str, what: str, found: dict[str, float], more: str) -> None:
    figures = (
        f"{found['rows']:>10,} {found['seconds']:>8.1f} s {found['calls']:>7,} calls {found['peak_mb']:>6.0f} MB"
    )
    print(f"{crm:<11} {what:<14} {figures}  {more}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--crm", action="append", choices=sorted(ACCOUNTS))
    parser.add_argument("--job", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.job:
        print(json.dumps(one_pull(json.loads(chosen.job))))
        return 0
    print(f"{'CRM':<11} {'pull':<14} {'rows':>10} {'time':>10} {'calls':>13} {'peak':>9}")
    within = [measure(crm, chosen.accounts, chosen.changes) for crm in chosen.crm or ACCOUNTS]
    print(f"within {PEAK_MB} MB and {CALLS} calls" if all(within) else f"NOT within {PEAK_MB} MB and {CALLS} calls")
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
