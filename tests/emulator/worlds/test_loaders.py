"""A data set is loaded over HTTP, every outcome checked, every row counted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.worlds.command import run
from benchmarks.worlds.hubspot import HubSpot, Record
from benchmarks.worlds.machine import Refused
from benchmarks.worlds.online_retail.__main__ import DATA_SET as ONLINE_RETAIL
from benchmarks.worlds.online_retail.source import understand
from benchmarks.worlds.ravenstack.__main__ import DATA_SET as RAVENSTACK
from benchmarks.worlds.salesforce import Salesforce
from connector.emulator.server import Emulator
from tests.emulator.worlds.samples import RETAIL_ROWS, write_ravenstack


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(crm="both") as running:
        yield running


@pytest.fixture
def arguments(emulator: Emulator, tmp_path: Path) -> list[str]:
    (tmp_path / "ravenstack").mkdir()
    write_ravenstack(tmp_path / "ravenstack")
    file = tmp_path / "announcement.json"
    file.write_text(json.dumps(emulator.announcement) + "\n", encoding="utf-8")
    return ["--announcement", str(file), "--data", str(tmp_path)]


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_ravenstack_is_loaded_whole(
    crm: str, emulator: Emulator, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(RAVENSTACK, [*arguments, "--crm", crm]) == 0
    assert "DIFFERENT" not in capsys.readouterr().out
    assert emulator.clock.now().date() == RAVENSTACK.ends.date()
    assert run(RAVENSTACK, [*arguments, "--crm", crm, "--count"]) == 0


def test_a_subscription_carries_seats_price_and_dates_into_salesforce(
    emulator: Emulator, arguments: list[str]
) -> None:
    assert run(RAVENSTACK, [*arguments, "--crm", "salesforce"]) == 0
    assets = {row["Name"]: row for row in emulator.salesforce.inspect("Asset")["records"]}
    second = assets["S-2"]
    assert (second["Quantity"], second["Price"], second["Status"]) == (10, 199, "Obsolete")
    assert (second["InstallDate"], second["UsageEndDate"], second["Auto_Renew__c"]) == (
        "2023-12-23",
        "2024-04-12",
        False,
    )
    assert assets["S-1"]["UsageEndDate"] is None


def test_a_subscription_carries_its_product_through_a_line_item_into_hubspot(
    emulator: Emulator, arguments: list[str]
) -> None:
    assert run(RAVENSTACK, [*arguments, "--crm", "hubspot"]) == 0
    items = {row["id"]: row["properties"] for row in emulator.hubspot.inspect("line_items")["records"]}
    codes = {row["id"]: row["properties"]["hs_sku"] for row in emulator.hubspot.inspect("products")["records"]}
    found = {
        row["properties"]["hs_name"]: codes[items[row["associations"]["line_items"][0]]["hs_product_id"]]
        for row in emulator.hubspot.inspect("subscriptions")["records"]
    }
    assert found == {"S-1": "PRO", "S-2": "ENTERPRISE", "S-3": "BASIC"}


def test_a_record_too_few_fails_the_count_by_name(
    emulator: Emulator, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(RAVENSTACK, [*arguments, "--crm", "hubspot"]) == 0
    gone = emulator.hubspot.inspect("tickets")["records"][0]["id"]
    emulator.hubspot.act("somebody", "delete", "tickets", gone, {})
    assert run(RAVENSTACK, [*arguments, "--crm", "hubspot", "--count"]) == 1
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if "DIFFERENT" in line] == ["tickets"]


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_online_retail_is_loaded_whole(crm: str, emulator: Emulator) -> None:
    data = understand(RETAIL_ROWS)
    announced = emulator.announcement
    target = (
        Salesforce(announced["salesforce"])
        if crm == "salesforce"
        else HubSpot(announced["hubspot"], announced["control"])
    )
    loaded = dict(ONLINE_RETAIL.load[crm](data, target))
    assert sum(loaded.values()) == 3 + 1 + 4 + 6
    counted = ONLINE_RETAIL.counted[crm](data, target)
    assert all(expected == found for expected, found in counted.values()), counted


def test_a_refused_row_stops_the_load_and_is_shown(emulator: Emulator) -> None:
    org = Salesforce(emulator.announcement["salesforce"])
    with pytest.raises(Refused, match="Account: 1 of 2 rows"):
        org.load("Account", ("Name", "NumberOfEmployees"), [("Example 1", 5), ("Example 2", "many")])
    portal = HubSpot(emulator.announcement["hubspot"], emulator.announcement["control"])
    with pytest.raises(Refused, match="companies: 1 of 2"):
        portal.load("companies", [Record(key="1", properties={"name": "Example 1"}), _bad()])


def _bad() -> Record:
    return Record(key="2", properties={"name": "Example 2", "numberofemployees": "many"})
