"""Pull against both emulated CRMs through the real connectors."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connector.emulator.server import Emulator
from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.port import Crm
from connector.salesforce.crm import SalesforceConfig, open_salesforce
from connector.wire import Patience
from jobs.pull import PullResult, pull
from jobs.store.mirror import Mirror
from mappings.load import load_rules
from mappings.needs import needs, objects
from mappings.schema import Schema

PEOPLE = {"salesforce": "Integration", "hubspot": "Owner 01"}
PATIENT = Patience(first_s=0.001, longest_s=5.0, attempts=8)
EDITS = {
    "salesforce": {
        "Account": lambda n: {"NumberOfEmployees": n, "Name": f"Renamed {n}"},
        "Contact": lambda n: {"Title": f"Title {n}"},
        "Opportunity": lambda n: {"Amount": n},
        "Task": lambda n: {"Subject": f"Subject {n}"},
    },
    "hubspot": {
        "companies": lambda n: {"numberofemployees": str(n), "name": f"Renamed {n}"},
        "contacts": lambda n: {"jobtitle": f"Title {n}"},
        "deals": lambda n: {"amount": str(n)},
        "calls": lambda n: {"hs_timestamp": f"2026-01-{n % 28 + 1:02}T00:00:00Z"},
    },
}


@dataclass(kw_only=True)
class Served:
    """One emulated CRM with the example company, its control plane, and connections to it."""

    name: str
    emulator: Emulator
    session: requests.Session

    def connect(self) -> Crm:
        told = self.emulator.announcement[self.name]
        if self.name == "hubspot":
            return open_hubspot(
                HubSpotConfig(
                    url=told["url"],
                    access_token=SecretStr(told["access_token"]),
                    patience=PATIENT,
                    search_per_second=1e6,
                    overlap_s=60,
                )
            )
        return open_salesforce(
            SalesforceConfig(
                url=told["url"], access_token=SecretStr(told["access_token"]), patience=PATIENT, overlap_s=60, lag_s=1
            )
        )

    def control(self, path: str, **body: Any) -> Any:
        answer = self.session.post(f"{self.emulator.control_url}/{path}", json={"crm": self.name} | body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, action: str, object: str, id: str, values: dict[str, Any]) -> None:
        said = {"crm": self.name, "person": PEOPLE[self.name], "action": action, "object": object, "id": id}
        answer = self.session.post(f"{self.emulator.control_url}/act", json=said | {"values": values}, timeout=30)
        gone_with_its_account = "ENTITY_IS_DELETED" in answer.text
        assert answer.status_code == 200 or gone_with_its_account, answer.text


@pytest.fixture(params=["salesforce", "hubspot"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with Emulator(request.param, "demo") as emulator, requests.Session() as session:
        session.trust_env = False
        served = Served(name=request.param, emulator=emulator, session=session)
        served.control("clock", advance=3600)  # what the world was filled with has been there for a while
        yield served


def described(crm: Crm) -> tuple[Schema, dict[str, Any]]:
    mapping = load_rules(crm.name, None).mapping
    schema = crm.describe(objects(mapping))
    schema = crm.describe(objects(mapping, schema))
    return schema, needs(mapping, schema)


def pulled(crm: Crm, mirror: Mirror, **options: Any) -> PullResult:
    schema, wanted = described(crm)
    return pull(crm, mirror, wanted, schema, **options)


def rows_of(mirror: Mirror, object: str, but: frozenset[str]) -> list[dict[str, Any]]:
    table = mirror.table(object).to_pyarrow()
    return table.select([name for name in table.column_names if name not in but]).to_pylist()


def assert_alike(mirror: Mirror, other: Mirror, *, but: frozenset[str] = frozenset()) -> None:
    assert mirror.objects() == other.objects()
    for object in mirror.objects():
        tables = [sorted(rows_of(one, object, but), key=repr) for one in (mirror, other)]
        assert tables[0] == tables[1], object
        for to in {pair[1] for pair in other._catalog.link_pairs() if pair[0] == object}:
            links = [sorted(one.links(object, to).to_pyarrow().to_pylist(), key=repr) for one in (mirror, other)]
            assert links[0] == links[1], (object, to)


def test_a_thousand_edits_and_deletes_arrive_over_a_bad_line(served: Served, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    with closing(served.connect()) as crm, Mirror(tmp_path / "m.duckdb") as mirror:
        first = pulled(crm, mirror)
        assert all(read.full and read.rows == read.crm_count for read in first.read.values())
        served.control("clock", advance=3600)
        live = {object: mirror.ids(object).to_pylist() for object in EDITS[served.name]}
        for n in range(1000):
            object = chance.choice(sorted(live))
            id = live[object][chance.randrange(len(live[object]))]
            if n % 10 == 0:
                live[object].remove(id)
                served.act("delete", object, id, {})
            else:
                served.act("update", object, id, EDITS[served.name][object](n))
        for kind, seed in (("503", 1), ("429", 2), ("drop_before", 3), ("drop_after", 4)):
            served.emulator.faults.add({"match": "* /[sc][er]*", "kind": kind, "probability": 0.0125, "seed": seed})
        second = pulled(crm, mirror)
        assert not any(read.full for read in second.read.values() if read.before > 100)
        assert sum(fault["hits"] for fault in served.emulator.faults.shown()) > 0
        served.emulator.faults.clear()
        with Mirror(tmp_path / "fresh.duckdb") as fresh:
            pulled(crm, fresh)
            assert_alike(mirror, fresh, but=frozenset({"hs_parent_company_id"}))
        # a company's parent, gone, leaves its field empty but its stamp as it was: the daily full read shows it
        served.control("clock", advance=24 * 3600)
        pulled(crm, mirror)
        with Mirror(tmp_path / "fresher.duckdb") as fresh:
            pulled(crm, fresh)
            assert_alike(mirror, fresh)


def rates_of(mirror: Mirror, served: Served) -> list[tuple[str, float]]:
    object, code, rate = {
        "salesforce": ("DatedConversionRate", "IsoCode", "ConversionRate"),
        "hubspot": ("exchange_rates", "fromCurrencyCode", "conversionRate"),
    }[served.name]
    return sorted((row[code], row[rate]) for row in mirror.table(object).to_pyarrow().to_pylist())


def test_a_rate_that_people_change_or_take_away_is_noticed_by_the_next_pull(served: Served, tmp_path: Path) -> None:
    object, field = {
        "salesforce": ("DatedConversionRate", "ConversionRate"),
        "hubspot": ("exchange_rates", "conversionRate"),
    }[served.name]
    with closing(served.connect()) as crm, Mirror(tmp_path / "m.duckdb") as mirror:
        pulled(crm, mirror)
        before = rates_of(mirror, served)
        assert [code for code, _ in before] == ["EUR", "EUR", "JPY", "JPY"]
        served.control("clock", advance=3600)
        first, second, *_ = mirror.ids(object).to_pylist()
        served.act("update", object, first, {field: 7})
        served.act("delete", object, second, {})
        assert pulled(crm, mirror).read[object].mirror_count == 3
        assert [rate for code, rate in rates_of(mirror, served) if code == "EUR"] == [7.0]
        assert [rate for rate in before if rate[0] == "JPY"] == rates_of(mirror, served)[1:]


def test_an_undisturbed_second_pull_costs_few_calls_and_changes_nothing(served: Served, tmp_path: Path) -> None:
    with closing(served.connect()) as crm, Mirror(tmp_path / "m.duckdb") as mirror:
        schema, wanted = described(crm)
        pull(crm, mirror, wanted, schema)
        served.control("clock", advance=3600)
        before = crm.calls
        again = pull(crm, mirror, wanted, schema)
        calls = crm.calls - before
        assert {read.deleted + read.healed for read in again.read.values()} == {0}
        assert calls <= 5 * len(wanted)
