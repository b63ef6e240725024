"""Days are the company's: at midnight's edges, whatever the zone of the process, of the server and of the engine."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from jobs.view import View, load_view, save_view
from mappings.config import Company, MappingConfig, Rules
from mappings.schema import Schema
from tests.mappings.orgs import Rows, hubspot, mapping, preset, salesforce

ELSEWHERE = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati")
MIDNIGHTS = [
    ("Asia/Tokyo", "2026-03-31T14:59:59.999+00:00", "2026-03-31"),
    ("Asia/Tokyo", "2026-03-31T15:00:00.000+00:00", "2026-04-01"),
    ("America/Los_Angeles", "2026-01-01T07:59:59.999+00:00", "2025-12-31"),
    ("America/Los_Angeles", "2026-01-01T08:00:00.000+00:00", "2026-01-01"),
    ("America/Los_Angeles", "2026-07-01T06:59:59.999+00:00", "2026-06-30"),
    ("America/Los_Angeles", "2026-07-01T07:00:00.000+00:00", "2026-07-01"),
    # the day that lasts 23 hours, and the one that lasts 25
    ("America/Los_Angeles", "2026-03-09T06:59:59.999+00:00", "2026-03-08"),
    ("America/Los_Angeles", "2026-03-09T07:00:00.000+00:00", "2026-03-09"),
    ("America/Los_Angeles", "2026-11-02T07:59:59.999+00:00", "2026-11-01"),
    ("America/Los_Angeles", "2026-11-02T08:00:00.000+00:00", "2026-11-02"),
]


@pytest.fixture(params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """A process in that zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def engine(zone: str) -> Any:
    con = ibis.duckdb.connect()
    con.raw_sql(f"SET TimeZone = '{zone}'")
    return con


def moments(zone: str) -> list[datetime]:
    return [datetime.fromisoformat(text) for own, text, _ in MIDNIGHTS if own == zone]


SMALL = """\
crm: {crm}
company: {{name: Example, time_zone: {zone}}}
read:
  account: {{object: {object}, fields: {{name: {name}}}{where}}}
  opportunity: {{object: {object}, fields: {{account_id: {name}, created_on: {created}, closes_on: {closed}}}}}
write:
  account: {{object: {object}, fields: {{}}}}
  task: {{object: Task, key: Key, fields: {{}}}}
  lead: {{object: Lead, key: Key, fields: {{}}}}
"""
OBJECTS = {
    "salesforce": {"object": "Opportunity", "name": "Name", "created": "CreatedDate", "closed": "CloseDate"},
    "hubspot": {"object": "deals", "name": "dealname", "created": "createdate", "closed": "closedate"},
}


def deals(crm: str, zone: str, engine_zone: str, where: str = "") -> tuple[Rows, MappingConfig]:
    """One deal entered at each of the zone's moments, and closed on a day (Salesforce) or then (HubSpot)."""
    names = OBJECTS[crm]
    rows = [
        {
            "id": str(place), names["name"]: "1", names["created"]: at,
            names["closed"]: date(2026, 3, 31) if crm == "salesforce" else at,
        }
        for place, at in enumerate(moments(zone))
    ]  # fmt: skip
    schema = salesforce() if crm == "salesforce" else hubspot()
    read = mapping(SMALL.format(crm=crm, zone=zone, where=where, **names))
    return Rows(schema, {names["object"]: rows}, backend=engine(engine_zone)), read


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_what_was_read_falls_on_the_companys_day(crm: str, zone: str, elsewhere: str) -> None:
    org, read = deals(crm, zone, elsewhere)
    found = sorted(org.read(org.canonical(read)["opportunity"]), key=lambda row: str(row["id"]))
    expected = [date.fromisoformat(day) for own, _, day in MIDNIGHTS if own == zone]
    assert [row["created_on"] for row in found] == expected
    # a day without a time is the same everywhere
    closed = [date(2026, 3, 31)] * len(expected) if crm == "salesforce" else expected
    assert [row["closes_on"] for row in found] == closed


def test_a_filter_by_day_means_the_companys_day(elsewhere: str) -> None:
    where = ", where: {field: CreatedDate, op: ge, value: 2026-04-01}"
    org, read = deals("salesforce", "Asia/Tokyo", elsewhere, where)
    assert [row["id"] for row in org.read(org.canonical(read)["account"])] == ["1"]


@pytest.mark.parametrize(("zone", "text", "day"), MIDNIGHTS)
def test_today_is_the_companys_day(zone: str, text: str, day: str, tmp_path: Path) -> None:
    now = datetime.fromisoformat(text)
    view = View(crm="salesforce", connection="salesforce:1", address="a", now=now, schema=Schema(crm="s", objects={}))
    rules = Rules.model_construct(mapping=preset("salesforce").model_copy(update={"company": _company(zone)}))
    assert view.today(rules) == date.fromisoformat(day)
    save_view(tmp_path, view)
    kept = load_view(tmp_path)
    assert kept is not None
    assert kept.today(rules) == date.fromisoformat(day), "and still is when the view is read again"


def test_today_does_not_ask_the_process(elsewhere: str) -> None:
    now = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
    view = View(crm="salesforce", connection="salesforce:1", address="a", now=now, schema=Schema(crm="s", objects={}))
    rules = Rules.model_construct(mapping=preset("salesforce").model_copy(update={"company": _company("Asia/Tokyo")}))
    assert view.today(rules) == date(2026, 4, 1), elsewhere


def _company(zone: str) -> Company:
    return Company(name="Example", time_zone=zone)
