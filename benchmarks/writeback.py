"""How many calls it takes to write 10,000 changed accounts: by `sync`, and by `plan` and `apply`.

    python -m benchmarks.writeback [--accounts 12000] [--changes 10000] [--crm salesforce --crm hubspot]

The emulated CRM runs in a process of its own and counts the calls itself. 10,000 of 12,000 customers take on people,
which changes the headroom of every one of them, and is too little for a lead: only accounts are written. Exits with 1
when something does not hold: at most 60 calls write them to Salesforce and 110 to HubSpot, the CRM then holds the new
figures of all 10,000 (and all others untouched), and the sync after that writes nothing.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from benchmarks.running import ACCOUNTS, CRMS, EMPLOYEES, PERSON, Machine, Took, machine
from benchmarks.worlds.hubspot import HubSpot, Record, day, number
from benchmarks.worlds.salesforce import Salesforce

CALLS = {"salesforce": 60, "hubspot": 110}
HEADROOM = {"salesforce": "Tossup_Headroom__c", "hubspot": "tossup_headroom"}
HOUR_S = 3_600
SEATS, EMPLOYED, HIRED = 900, 1_000, 60
_BATCHES = ("/batch/create", "/batch/update", "/batch/upsert")


def measure(crm: str, accounts: int, changes: int) -> list[str]:
    """Print a line for each way of writing; what does not hold, in words."""
    broken: list[str] = []
    with machine(crm, "empty") as crm_at_work:
        load(crm_at_work, accounts)
        crm_at_work.control("POST", "/clock", advance=HOUR_S)
        crm_at_work("setup", "--apply")
        crm_at_work("sync", "--yes")
        for turn, way in enumerate(("sync", "apply")):
            ids = hire(crm_at_work, changes, turn)
            broken += [f"{crm}, {way}: {what}" for what in write(crm_at_work, way, ids)]
    return broken


def load(crm_at_work: Machine, accounts: int) -> None:
    """Customers that pay for most of their people, by the public API."""
    today = datetime.fromisoformat(crm_at_work.control("GET", "/clock")["now"]).date()
    term = (today - timedelta(days=150), today + timedelta(days=200))
    told = crm_at_work.told
    if crm_at_work.crm == "salesforce":
        _into_salesforce(Salesforce(told["salesforce"]), accounts, term)
    else:
        _into_hubspot(HubSpot(told["hubspot"], told["control"]), accounts, term)


def _into_salesforce(org: Salesforce, accounts: int, term: tuple[date, date]) -> None:
    [product] = org.create("Product2", [{"Name": "Example Suite", "ProductCode": "SUITE", "IsActive": True}])
    rows = [(f"Example Account {n:05}", EMPLOYED + n % 7) for n in range(accounts)]
    ids = org.load("Account", ("Name", "NumberOfEmployees"), rows, key="Name")
    columns = ("Name", "AccountId", "Product2Id", "Quantity", "Price", "InstallDate", "UsageEndDate", "Status")
    held = (product, SEATS, 10, *(on.isoformat() for on in term), "Installed")
    org.load("Asset", columns, [(name, id, *held) for name, id in ids.items()])


def _into_hubspot(portal: HubSpot, accounts: int, term: tuple[date, date]) -> None:
    dates = [day("starts_on", "First day"), day("ends_on", "Last day")]
    portal.define("subscriptions", [number("seats_paid", "Seats"), number("unit_price", "Price of a seat"), *dates])
    owner = portal.owner()
    ids = portal.create("companies", _companies(accounts, owner))
    terms = dict(zip(("starts_on", "ends_on"), term, strict=True))
    held = {"seats_paid": SEATS, "unit_price": 10, **terms}
    subscriptions = (
        Record(key=name, properties={"hs_name": name, **held}, links=(("companies", id),)) for name, id in ids.items()
    )
    portal.load("subscriptions", subscriptions)


def _companies(accounts: int, owner: str) -> Iterator[Record]:
    for n in range(accounts):
        name = f"Example Account {n:05}"
        properties = {"name": name, "numberofemployees": EMPLOYED + n % 7, "hubspot_owner_id": owner}
        yield Record(key=name, properties=properties)


def hire(crm_at_work: Machine, changes: int, turn: int) -> set[str]:
    """Let a person write more employees into some accounts; returns which."""
    crm = crm_at_work.crm
    employees = {id: int(float(fields[EMPLOYEES[crm]])) for id, fields in by_id(crm_at_work).items()}
    chosen = random.Random(turn).sample(sorted(employees), changes)
    for id in chosen:
        told = {"crm": crm, "person": PERSON[crm], "action": "update", "object": ACCOUNTS[crm], "id": id}
        crm_at_work.control("POST", "/act", **told, values={EMPLOYEES[crm]: employees[id] + HIRED})
    crm_at_work.control("POST", "/clock", advance=HOUR_S)
    return set(chosen)


def write(crm_at_work: Machine, way: str, ids: set[str]) -> list[str]:
    """Let what changed be written in this way, then sync once more; what does not hold, in words."""
    crm = crm_at_work.crm
    before = by_id(crm_at_work)
    plan = []
    if way == "apply":
        crm_at_work("pull")
        plan = [crm_at_work("plan").json()["plan"]]
    crm_at_work.control("DELETE", "/calls")
    took = crm_at_work(way, *plan) if plan else crm_at_work(way, "--yes")
    calls = crm_at_work.control("GET", "/calls")
    writing = sum(n for route, n in calls.items() if writes(route))
    _line(crm, way, took, writing, sum(calls.values()))
    after = by_id(crm_at_work)
    held = {id: fields for id, fields in after.items() if fields[HEADROOM[crm]] != before[id][HEADROOM[crm]]}
    wrong = [
        id for id, fields in held.items() if float(fields[HEADROOM[crm]]) != float(fields[EMPLOYEES[crm]]) - SEATS
    ]
    again = crm_at_work("sync", "--yes").json()
    return [
        what
        for true, what in (
            (writing <= CALLS[crm], f"{writing} calls write, not at most {CALLS[crm]}"),
            (took.json()["written"] == len(ids), f"{took.json()['written']:,} records written, not {len(ids):,}"),
            (set(held) == ids and not wrong, f"{len(held):,} accounts hold new figures, {len(wrong):,} wrong ones"),
            (again["written"] == again["conflicts"] == 0, f"the next sync writes {again['written']:,}"),
        )
        if not true
    ]


def writes(route: str) -> bool:
    """Whether this route (`METHOD /path`) belongs to writing; a Bulk job's waiting and its results do."""
    method, path = route.split(" ", 1)
    return method in {"PATCH", "PUT", "DELETE"} or "/jobs/ingest" in path or path.endswith(_BATCHES)


def by_id(crm_at_work: Machine) -> dict[str, Mapping[str, str]]:
    """Every account's fields, read past the API."""
    records = crm_at_work.records(ACCOUNTS[crm_at_work.crm])
    if crm_at_work.crm == "salesforce":
        return {row["Id"]: row for row in records}
    return {row["id"]: row["properties"] for row in records}


def _line(crm: str, way: str, took: Took, writing: int, calls: int) -> None:
    written = took.json()["written"]
    print(
        f"{crm:<11} {way:<6} {written:>7,} accounts written by {writing:>4} calls (limit {CALLS[crm]}), "
        f"{calls:>4} with reading {took.seconds:>6.1f} s {took.peak_mb:>5.0f} MB",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=12_000)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--crm", action="append", choices=CRMS)
    chosen = parser.parse_args()
    broken = [what for crm in chosen.crm or CRMS for what in measure(crm, chosen.accounts, chosen.changes)]
    print("everything holds" if not broken else "\n".join(("DOES NOT HOLD", *broken)))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
