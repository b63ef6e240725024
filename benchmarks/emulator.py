"""How fast the emulated CRMs answer, and how much memory a million accounts take.

    python -m benchmarks.emulator [--quick] [--crm salesforce --crm hubspot]

Every emulator runs in a process of its own with the world `scale-1000000` (`--quick`: `scale-100000`), and two client
processes ask it over connections that they keep, reading no more of an answer than they need to go on. Exits with 1
when a demand is missed: 200 pages of 200 records with 10 fields a second, 10,000 records created a second by batches,
4 GB.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.running import ROOT

CLIENTS = 2
PAGES_A_SECOND, CREATED_A_SECOND, PEAK_MB = 200, 10_000, 4096
SEARCH_CAP = 10_000
SOQL = (
    "SELECT Id, Name, Industry, BillingCountry, NumberOfEmployees, OwnerId, ParentId, CreatedDate, SystemModstamp, "
    "IsDeleted FROM Account"
)
PROPERTIES = [
    *("name", "industry", "country", "numberofemployees", "hubspot_owner_id", "hs_parent_company_id", "domain"),
    *("createdate", "hs_lastmodifieddate", "hs_object_id"),
]
_NEXT_URL = re.compile(rb'"nextRecordsUrl":"([^"]+)"')
_AFTER = re.compile(rb'"after":"(\d+)"')
_ID = re.compile(rb'"id":"(\d+)"')

Ask = Callable[[str, str, Any], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a client does over and over: `steps(ask)` yields after every answer; `records` come or go with each."""

    what: str
    records: int
    steps: Callable[[Ask], Iterator[None]]
    demand: float | None = None
    """Answers a second at the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table, and whether its demand is met."""

    crm: str
    what: str
    figure: str
    demand: str = ""
    met: bool = True

    def show(self) -> None:
        """Print it."""
        missed = "" if self.met else "  MISSED"
        print(f"{self.crm:<11} {self.what:<30} {self.figure:<46} {self.demand}{missed}", flush=True)


def soql_pages(ask: Ask) -> Iterator[None]:
    """Salesforce query pages of 200, round and round."""
    while True:
        path: str | None = f"/services/data/v68.0/query?q={quote(SOQL)}"
        while path:
            found = _NEXT_URL.search(ask("GET", path, None))
            path = found[1].decode() if found else None
            yield


def search_pages(ask: Ask) -> Iterator[None]:
    """HubSpot search pages of 200: by cursor to the cap of 10,000, then on from the last id."""
    last, after = "0", "0"
    query: dict[str, Any] = {"properties": PROPERTIES, "sorts": ["hs_object_id"], "limit": 200}
    while True:
        newer = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
        told = ask("POST", "/crm/v3/objects/companies/search", _search(query, newer, after))
        more, ids = _AFTER.search(told), _ID.findall(told)
        after = more[1].decode() if more else "0"
        if not more or int(after) >= SEARCH_CAP:
            last, after = (ids[-1].decode() if more else "0"), "0"
        yield


def _search(query: dict[str, Any], newer: dict[str, str], after: str) -> dict[str, Any]:
    return {**query, "filterGroups": [{"filters": [newer]}], "after": after}


def list_pages(ask: Ask) -> Iterator[None]:
    """HubSpot list pages of 100, the most there are."""
    names = ",".join(PROPERTIES)
    after = "0"
    while True:
        told = ask("GET", f"/crm/v3/objects/companies?limit=100&properties={names}&after={after}", None)
        more = _AFTER.search(told)
        after = more[1].decode() if more else "0"
        yield


def collections(ask: Ask) -> Iterator[None]:
    """Salesforce Collections of 200 new accounts."""
    account = {"attributes": {"type": "Account"}, "Industry": "Retail", "BillingCountry": "Japan"}
    records = [{**account, "Name": f"Example Batch {n:03}", "NumberOfEmployees": n} for n in range(200)]
    body = json.dumps({"allOrNone": False, "records": records})
    while True:
        ask("POST", "/services/data/v68.0/composite/sobjects", body)
        yield


def batches(ask: Ask) -> Iterator[None]:
    """HubSpot batches of 100 new companies, each standing alone."""
    fixed = {"industry": "RETAIL", "country": "Japan"}
    inputs = [
        {
            "objectWriteTraceId": str(n),
            "properties": {**fixed, "name": f"Example Batch {n:03}", "numberofemployees": n},
        }
        for n in range(100)
    ]
    body = json.dumps({"inputs": inputs})
    while True:
        ask("POST", "/crm/v3/objects/companies/batch/create", body)
        yield


LOADS: Mapping[str, tuple[Load, ...]] = {
    "salesforce": (
        Load(what="query, pages of 200", records=200, steps=soql_pages, demand=PAGES_A_SECOND),
        Load(what="create, Collections of 200", records=200, steps=collections, demand=CREATED_A_SECOND / 200),
    ),
    "hubspot": (
        Load(what="search, pages of 200", records=200, steps=search_pages, demand=PAGES_A_SECOND),
        Load(what="list, pages of 100", records=100, steps=list_pages),
        Load(what="create, batches of 100", records=100, steps=batches, demand=CREATED_A_SECOND / 100),
    ),
}


def client(crm: str, place: int, told: Mapping[str, str], seconds: float) -> float:
    """Answers a second that one client process gets. Raises RuntimeError when a request is refused."""
    with closing(http.client.HTTPConnection(urlsplit(told["url"]).netloc, timeout=60)) as connection:
        steps = LOADS[crm][place].steps(partial(_asked, connection, told["access_token"]))
        next(steps)
        answers, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            next(steps)
            answers += 1
    return answers / took


def _asked(connection: http.client.HTTPConnection, token: str, method: str, path: str, body: Any) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"Sforce-Query-Options": "batchSize=200"}
    encoded = body if isinstance(body, str) or body is None else json.dumps(body)
    connection.request(method, path, encoded, headers)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status >= 300 or b'"success":false' in told:
        raise RuntimeError(f"{method} {path}: {answer.status} {told[:500]!r}")
    return told


def measure(crm: str, accounts: int, seconds: float, clients: Executor) -> Iterator[Line]:
    """Every line of one CRM, as soon as it is known."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "jobs", "emulator", "--crm", crm, "--world", f"scale-{accounts}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())[crm]
        yield Line(crm=crm, what=f"start with {accounts:,} accounts", figure=f"{time.perf_counter() - began:.1f} s")
        for place, load in enumerate(LOADS[crm]):
            asked = [clients.submit(client, crm, place, told, seconds) for _ in range(CLIENTS)]
            yield _line(crm, load, sum(one.result() for one in asked))
    finally:
        process.terminate()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
    peak_mb = usage.ru_maxrss / 1024
    small = peak_mb < PEAK_MB
    yield Line(crm=crm, what="peak memory", figure=f"{peak_mb:,.0f} MB", demand=f"< {PEAK_MB:,} MB", met=small)


def _line(crm: str, load: Load, a_second: float) -> Line:
    figure = f"{a_second:>7,.0f} answers/s {a_second * load.records:>9,.0f} records/s"
    if load.demand is None:
        return Line(crm=crm, what=load.what, figure=figure)
    demand = f">= {load.demand:,.0f} answers/s"
    return Line(crm=crm, what=load.what, figure=figure, demand=demand, met=a_second >= load.demand)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100,000 accounts and 3 s of each load")
    parser.add_argument("--crm", action="append", choices=sorted(LOADS))
    chosen = parser.parse_args()
    accounts, seconds = (100_000, 3.0) if chosen.quick else (1_000_000, 10.0)
    met = True
    with ProcessPoolExecutor(CLIENTS, mp_context=get_context("spawn")) as clients:
        for crm in chosen.crm or LOADS:
            for line in measure(crm, accounts, seconds, clients):
                line.show()
                met = met and line.met
    print("every demand is met" if met else "NOT every demand is met")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
