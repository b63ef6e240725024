"""Reading an emulated account over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr

from connector.errors import GiveUp, TryAgain
from connector.hubspot import listing
from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.hubspot.pages import Shape
from connector.port import Cursor, Read
from mappings.schema import FieldType
from tests.connector.scripted import Reply, scripted


def companies(n, **more):
    return [{"name": f"Example Industries {i:03d}", "numberofemployees": i, **more} for i in range(n)]


def test_a_whole_object_comes_typed_with_its_cursor(world):
    world.seed("companies", *companies(3))
    got = world.read("companies", "name", "numberofemployees")
    assert [row["name"] for row in got.rows] == [f"Example Industries {i:03d}" for i in range(3)]
    assert [row["numberofemployees"] for row in got.rows] == [0.0, 1.0, 2.0]
    assert got.batches[0].rows.schema.names == ["id", "hs_lastmodifieddate", "name", "numberofemployees"]
    assert got.rows[0]["hs_lastmodifieddate"].tzinfo is not None
    assert got.cursor.stamp <= world.crm.now().strftime("%Y-%m-%dT%H:%M:%S.999Z")


def test_an_empty_object_is_one_empty_batch(world):
    got = world.read("companies", "name")
    assert len(got.batches) == 1
    assert got.rows == []
    assert got.cursor


def test_every_page_is_read_and_none_twice(world):
    ids = world.seed("companies", *companies(1234))
    got = world.read("companies", "name")
    assert [row["id"] for row in got.rows] == ids
    assert world.crm.count("companies") == 1234
    assert [id for some in world.crm.ids("companies") for id in some.to_pylist()] == ids


@pytest.mark.parametrize("lie", ["truncated", "garbage"])
def test_a_page_that_came_broken_is_asked_for_again(world, lie):
    ids = world.seed("companies", *companies(250))
    world.fault("GET /crm/objects/*", lie, skip=1)
    assert [row["id"] for row in world.read("companies", "name").rows] == ids


def test_a_page_that_only_looks_whole_is_told():
    shape = Shape(object="companies", id="id", stamp=None, properties=(("name", FieldType.TEXT),))
    with pytest.raises(TryAgain, match="companies: a page of records came broken"):
        shape.batch([b'{"results": [{"id": "1", "properties": {"name": "Example"}}'])


def test_more_properties_than_an_address_holds_are_read_all_the_same(world):
    names = [f"example_property_with_a_long_name_{n:03d}" for n in range(300)]
    world.define("companies", **dict.fromkeys(names, "string"))
    world.seed("companies", *companies(150, **{names[-1]: "there"}))
    got = world.read("companies", *names)
    assert len(got.rows) == 150
    assert {row[names[-1]] for row in got.rows} == {"there"}


def test_an_address_that_is_too_long_after_all_is_no_reason_to_give_up(world, monkeypatch):
    monkeypatch.setattr(listing, "_LONGEST_LIST", 1_000_000)
    names = [f"example_property_with_a_long_name_{n:03d}" for n in range(600)]
    world.define("companies", **dict.fromkeys(names, "string"))
    world.seed("companies", *companies(3, **{names[-1]: "there"}))
    assert [row[names[-1]] for row in world.read("companies", *names).rows] == ["there"] * 3


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_every_api_version_reads_the_same(opened, version):
    world = opened(config={"api_version": version})
    (company,) = world.seed("companies", *companies(1))
    (deal,) = world.seed("deals", {"dealname": "Example deal", "associations": {"companies": [company]}})
    got = world.read("deals", "dealname", links=("companies",))
    assert [(row["from_id"], row["to_id"]) for row in got.links if row["label"] is None] == [(deal, company)]
    assert world.read("owners", "name").cursor


def test_links_come_with_every_type_and_label(world):
    one, two = world.seed("companies", *companies(2))
    (contact,) = world.seed("contacts", {"lastname": "Example", "associations": {"companies": [one, two]}})
    got = world.read("contacts", "lastname", links=("companies",))
    assert {(row["to_id"], row["type_id"], row["label"]) for row in got.links} == {
        (one, "1", "Primary"),
        (one, "279", None),
        (two, "279", None),
    }
    assert got.batches[0].links[0].of.to_pylist() == [contact]
    (all_of_them,) = world.crm.links("contacts", "companies")
    assert all_of_them.rows.to_pylist() == got.links


def test_a_record_with_hundreds_of_links_has_them_all(world):
    contacts = world.seed("contacts", *({"lastname": f"Example {n:03d}"} for n in range(650)))
    world.seed("companies", {"name": "Example Industries", "associations": {"contacts": contacts}})
    got = world.read("companies", "name", links=("contacts",))
    assert {row["to_id"] for row in got.links} == set(contacts)


def test_only_what_changed_is_read_again(world):
    ids = world.seed("companies", *companies(50))
    world.emulator.clock.advance(3600)
    cursor = Cursor(stamp=world.emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    world.emulator.clock.advance(1200)
    world.emulator.hubspot.act("Owner 01", "update", "companies", ids[7], {"name": "Example renamed"})
    got = world.read("companies", "name", since=cursor)
    assert [(row["id"], row["name"]) for row in got.rows] == [(ids[7], "Example renamed")]
    assert got.cursor.stamp > cursor.stamp


def test_a_change_that_the_index_shows_late_is_found_by_looking_back(opened):
    world = opened(index_lag=300.0)
    ids = world.seed("companies", *companies(3))
    world.emulator.clock.advance(3600)
    first = world.read("companies", "name")
    world.emulator.hubspot.act("Owner 01", "update", "companies", ids[0], {"name": "Example late"})
    early = world.read("companies", "name", since=first.cursor)
    assert "Example late" not in {row["name"] for row in early.rows}
    world.emulator.clock.advance(301)
    late = world.read("companies", "name", since=early.cursor)
    assert "Example late" in {row["name"] for row in late.rows}


def test_more_than_ten_thousand_changes_some_of_one_millisecond_are_all_read(world):
    stamp = "2026-11-01T00:00:00.123Z"
    world.seed("companies", *companies(700, hs_lastmodifieddate=stamp))
    later = [
        {"name": f"x{n}", "hs_lastmodifieddate": f"2026-11-01T00:{n // 60:02d}:{n % 60:02d}.500Z"} for n in range(900)
    ]
    world.seed("companies", *later)
    world.seed("companies", *companies(4000, hs_lastmodifieddate="2026-10-01T00:00:00Z"))
    got = world.read("companies", "name", since=Cursor(stamp="2026-11-01T00:00:00.000Z"))
    assert len({row["id"] for row in got.rows}) == 1600


def test_when_most_of_it_changed_the_whole_list_is_read(world):
    world.seed("companies", *companies(2500))
    world.emulator.calls(forget=True)
    got = world.read("companies", "name", since=Cursor(stamp="2000-01-01T00:00:00.000Z"))
    assert len(got.rows) == 2500
    searches = sum(n for call, n in world.emulator.calls().items() if "search" in call)
    assert searches == 2


def test_deleted_records_arrive_as_deleted(world):
    ids = world.seed("companies", *companies(3))
    world.emulator.clock.advance(3600)
    cursor = world.read("companies", "name").cursor
    world.emulator.hubspot.act("Owner 01", "delete", "companies", ids[1], {})
    got = world.read("companies", "name", since=cursor)
    assert got.deleted == [ids[1]]
    assert world.crm.count("companies") == 2


def test_the_loser_of_a_merge_arrives_as_deleted(world):
    winner, loser = world.seed("contacts", {"lastname": "Example 1"}, {"lastname": "Example 2"})
    world.emulator.clock.advance(3600)
    cursor = world.read("contacts", "lastname").cursor
    world.emulator.hubspot.act("Owner 01", "merge", "contacts", loser, {"into": winner})
    got = world.read("contacts", "lastname", since=cursor)
    assert loser in got.deleted
    assert winner in {row["id"] for row in got.rows}


def test_what_a_record_was_merged_into_is_told_and_of_a_deleted_one_nothing(world):
    names = [{"name": f"Example Industries {n}"} for n in range(5)]
    kept, first, second, deleted, live = world.seed("companies", *names)
    for loser in (first, second):
        world.emulator.hubspot.act("Owner 01", "merge", "companies", loser, {"into": kept})
    world.emulator.hubspot.act("Owner 01", "delete", "companies", deleted, {})
    assert world.crm.merged("companies", [second, first, deleted, live, "1"]) == {first: kept, second: kept}
    assert world.crm.merged("companies", ["x", "1/2", "", "²", first]) == {first: kept}
    assert world.crm.merged("owners", [kept]) == {}


def test_records_are_fetched_as_they_are_now_and_missing_ones_left_out(world):
    ids = world.seed("companies", *companies(150))
    schema = world.crm.describe(["companies"]).objects["companies"]
    batches = list(world.crm.fetch(schema, ["name"], [*ids, ids[0], "999999999"]))
    assert sorted(row["id"] for batch in batches for row in batch.rows.to_pylist()) == sorted(ids)


def test_owners_are_an_object_like_any_other_and_those_who_left_are_there(world):
    before = world.crm.count("owners")
    ids = world.seed("owners", *({"firstName": "Owner", "lastName": f"{n:03d}"} for n in range(120)))
    (left,) = world.seed("owners", {"firstName": "Owner", "lastName": "who left", "archived": True})
    (queue,) = world.seed("owners", {"lastName": "Specialists", "type": "QUEUE"})
    got = world.read("owners", "name", "type", "archived")
    assert got.batches[0].rows.schema.names == ["id", "name", "type", "archived"]
    rows = {row["id"]: row for row in got.rows}
    assert len(rows) == world.crm.count("owners") == before + 122
    assert rows[left] == {"id": left, "name": "Owner who left", "type": "PERSON", "archived": True}
    assert (rows[queue]["name"], rows[queue]["type"]) == ("Specialists", "QUEUE")
    assert set(next(iter(world.crm.ids("owners"))).to_pylist()) == set(rows)
    schema = world.crm.describe(["owners"]).objects["owners"]
    (fetched,) = world.crm.fetch(schema, ["name"], [ids[0], "999999999"])
    assert fetched.rows.to_pylist() == [{"id": ids[0], "name": "Owner 000"}]


def test_exchange_rates_are_an_object_like_any_other_and_those_of_before_are_there(world):
    at = "2025-07-01T00:00:00Z"
    told = [{"fromCurrencyCode": "EUR", "conversionRate": 1 + n / 1000, "effectiveAt": at} for n in range(120)]
    ids = world.seed("exchange_rates", *told)
    got = world.read("exchange_rates", "fromCurrencyCode", "toCurrencyCode", "conversionRate", "effectiveAt")
    rows = {row["id"]: row for row in got.rows}
    assert len(rows) == world.crm.count("exchange_rates") == 120
    last = rows[ids[-1]]
    assert (last["fromCurrencyCode"], last["toCurrencyCode"], last["conversionRate"]) == ("EUR", "USD", 1.119)
    assert last["effectiveAt"] == datetime(2025, 7, 1, tzinfo=UTC)
    assert set(next(iter(world.crm.ids("exchange_rates"))).to_pylist()) == set(ids)
    assert list(world.crm.edits("exchange_rates", ids, ["conversionRate"])) == []
    world.emulator.hubspot.act("Owner 01", "delete", "exchange_rates", ids[0], {})
    assert world.crm.count("exchange_rates") == 119


def test_a_vendor_that_goes_round_in_circles_ends_the_read(world):
    page = b'{"results":[],"paging":{"next":{"after":"7"}}}'
    with scripted(Reply(body=page)) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
        with pytest.raises(TryAgain, match="leads back"):
            list(crm.ids("companies"))
        crm.close()


def test_dates_and_truth_are_typed(world):
    world.define("companies", example_day="date", example_flag="bool", example_at="datetime")
    world.seed("companies", {"example_day": "2026-01-31", "example_flag": "true", "example_at": "1769862600123"})
    (row,) = world.read("companies", "example_day", "example_flag", "example_at").rows
    assert row["example_day"] == date(2026, 1, 31)
    assert row["example_flag"] is True
    assert row["example_at"] == datetime(2026, 1, 31, 12, 30, 0, 123000, tzinfo=UTC)


def test_a_busy_hubspot_is_asked_again(world):
    world.seed("companies", *companies(250))
    world.fault("GET /crm/objects/*", "503", times=1, skip=2)
    world.fault("GET /crm/objects/*", "drop_before", times=1, skip=1)
    assert len(world.read("companies", "name").rows) == 250


def test_a_hubspot_that_stays_down_ends_the_read_before_any_cursor(world):
    world.seed("companies", *companies(1500))
    schema = world.crm.describe(["companies"]).objects["companies"]
    world.fault("GET /crm/objects/*", "503", times=100, skip=9)
    read = world.crm.read(Read(schema=schema, fields=("name",)))
    with pytest.raises(TryAgain):
        list(read)


def test_no_429_under_the_vendors_limits(opened, tmp_path):
    world = opened(limits="vendor", log=tmp_path / "log", config={"search_per_second": 80.0})
    world.emulator.hubspot.limits.burst = 20
    world.emulator.hubspot.limits.interval_s = 0.25
    world.emulator.hubspot.limits.searches_per_second = 100
    world.seed("companies", *companies(4000))
    cursor = world.read("companies", "name", links=("contacts",)).cursor
    got = world.read("companies", "name", since=cursor)
    assert len(got.rows) == 4000
    assert world.crm.calls > 80
    assert '"status":429' not in (tmp_path / "log").read_text()


def test_several_objects_can_be_read_at_once(world):
    world.seed("companies", *companies(450))
    world.seed("contacts", *({"lastname": f"Example {n:03d}"} for n in range(450)))
    world.define_object("product_usage", usage_date="date", quantity="number")
    with ThreadPoolExecutor(4) as pool:
        names = {"companies": "name", "contacts": "lastname", "product_usage": "quantity", "owners": "name"}
        got = dict(zip(names, pool.map(lambda item: world.read(*item), names.items()), strict=True))
    assert len(got["companies"].rows) == len(got["contacts"].rows) == 450


def test_an_object_of_the_accounts_own_is_read_by_its_name(world):
    world.define_object("product_usage", usage_date="date", quantity="number")
    (company,) = world.seed("companies", *companies(1))
    world.seed(
        "product_usage",
        *({"usage_date": "2026-11-01", "quantity": n, "associations": {"companies": [company]}} for n in range(3)),
    )
    got = world.read("product_usage", "usage_date", "quantity", links=("companies",))
    assert [(row["usage_date"], row["quantity"]) for row in got.rows] == [
        (date(2026, 11, 1), float(n)) for n in range(3)
    ]
    assert {row["to_id"] for row in got.links} == {company}
    assert world.crm.count("product_usage") == 3
    assert world.crm.record_url("product_usage", "7").split("/record/")[1].startswith("2-")


def test_a_field_that_the_object_lacks_is_named(world):
    with pytest.raises(GiveUp, match="nmae"):
        world.read("companies", "nmae")
