"""A pull reads what changed, finds what no cursor shows, and reads anew what must be."""

import threading
from datetime import timedelta

import pytest

from connector.errors import AskAPerson, TryAgain
from jobs.pull import pull
from jobs.store.mirror import Mirror
from mappings.needs import Needs
from mappings.schema import FieldType
from tests.jobs.memory_crm import T0, WANTED, MemoryCrm, assert_same, go


@pytest.fixture
def crm() -> MemoryCrm:
    crm = MemoryCrm(rows={"Account": {}, "Contact": {}})
    for n in range(8):
        crm.save("Account", f"A{n}", Name=f"Example {n}", Seats=n)
        crm.save("Contact", f"C{n}", Name=f"Contact {n}")
        crm.pairs.setdefault(("Account", "Contact"), set()).add((f"A{n}", f"C{n}"))
    crm.later(60)
    return crm


def test_the_first_pull_reads_everything_and_the_next_only_what_changed(crm: MemoryCrm, mirror: Mirror) -> None:
    first = go(crm, mirror).read["Account"]
    assert (first.rows, first.crm_count, first.mirror_count, first.before, first.full) == (8, 8, 8, 0, True)
    assert_same(crm, mirror)
    crm.later(60)
    crm.save("Account", "A3", Name="changed")
    crm.save("Account", "A9", Name="new", Seats=None)
    crm.delete("Account", "A0")
    second = go(crm, mirror).read["Account"]
    assert (second.rows, second.deleted, second.crm_count, second.mirror_count) == (2, 1, 8, 8)
    assert (second.before, second.full, second.healed) == (8, False, 0)
    assert_same(crm, mirror)
    assert sorted(crm.asked) == sorted(
        [("read", "Account", True), ("read", "Contact", True), ("count", "Account"), ("count", "Contact")]
    )


def test_objects_that_the_crm_does_not_have_are_left_out(crm: MemoryCrm, mirror: Mirror) -> None:
    result = go(crm, mirror, {**WANTED, "Asset": Needs(fields=("Name",))})
    assert sorted(result.read) == ["Account", "Contact"]


def test_other_fields_or_full_read_everything_again(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    assert go(crm, mirror, full=True).read["Account"].full
    fewer = {"Account": Needs(fields=("Name",))}
    assert go(crm, mirror, fewer).read["Account"].full
    assert_same(crm, mirror, fewer)
    assert not go(crm, mirror, fewer).read["Account"].full
    crm.types["Name"] = FieldType.INTEGER
    crm.rows["Account"] = {"A1": (crm.clock, {"Name": 7})}
    assert go(crm, mirror, fewer).read["Account"].full
    assert_same(crm, mirror, fewer)


def test_columns_that_change_after_describe_lead_to_a_full_read(crm: MemoryCrm, mirror: Mirror) -> None:
    only = {"Contact": Needs(fields=("Name",))}
    go(crm, mirror, only)
    described = crm.schema()
    crm.types["Name"] = FieldType.INTEGER
    crm.rows["Contact"] = {id: (crm.clock, {"Name": n}) for n, id in enumerate(crm.rows["Contact"])}
    result = pull(crm, mirror, only, described)
    assert result.read["Contact"].full
    assert_same(crm, mirror, only)


def test_records_that_vanished_without_trace_are_found_by_the_count(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60)
    crm.delete("Account", "A1", trace=False)
    crm.delete("Account", "A2", trace=False)
    read = go(crm, mirror).read["Account"]
    assert (read.deleted, read.healed, read.mirror_count) == (2, 2, 6)
    assert ("ids", "Account") in crm.asked
    assert_same(crm, mirror)


def test_records_that_no_cursor_shows_are_fetched_with_their_associations(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60)
    crm.rows["Account"]["old"] = (T0 - timedelta(days=9), {"Name": "committed late", "Seats": 1})
    crm.pairs["Account", "Contact"].add(("old", "C1"))
    read = go(crm, mirror).read["Account"]
    assert (read.healed, read.mirror_count) == (1, 9)
    assert ("fetch", "Account", "old") in crm.asked
    assert_same(crm, mirror)


def test_very_many_unknown_records_are_read_in_full(
    crm: MemoryCrm, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.pull.FEW", 2)
    go(crm, mirror)
    crm.later(60)
    for n in range(20):
        crm.rows["Account"][f"old{n}"] = (T0 - timedelta(days=9), {"Name": "committed late", "Seats": 1})
    read = go(crm, mirror).read["Account"]
    assert read.full
    assert not [asked for asked in crm.asked if asked[0] == "fetch"]
    assert_same(crm, mirror)


def test_a_count_that_lags_is_outweighed_by_the_ids(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.count_off = -1
    read = go(crm, mirror).read["Account"]
    assert (read.crm_count, read.mirror_count, read.full) == (8, 8, False)
    assert_same(crm, mirror)


def test_a_large_object_is_given_time_before_its_ids_are_listed(
    crm: MemoryCrm, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.pull.LARGE", 5)
    go(crm, mirror)
    crm.count_off = 1
    waited: list[float] = []

    def settles(seconds: float) -> None:
        waited.append(seconds)
        crm.count_off = 0

    go(crm, mirror, {"Account": WANTED["Account"]}, wait=settles)
    assert waited == [2.0]
    assert ("ids", "Account") not in crm.asked


def test_records_that_cannot_be_read_fail_the_pull_by_name(crm: MemoryCrm, mirror: Mirror) -> None:
    crm.unreadable = {"A5"}
    with pytest.raises(
        AskAPerson, match=r"Account: the CRM counts 8 records, but 7 could be read. Check that our user"
    ):
        go(crm, mirror)


def test_changes_during_a_long_full_read_are_in_the_mirror_at_its_end(crm: MemoryCrm, mirror: Mirror) -> None:
    went = iter(range(3))

    def people_work() -> None:
        for n in went:
            crm.save("Account", f"A00{n}", Name="typed in while we read")
            crm.delete("Account", f"A{n}")
            crm.later(1)
            return

    crm.meanwhile = people_work
    read = go(crm, mirror, {"Account": Needs(fields=("Name",))}).read["Account"]
    assert read.rows == read.crm_count == 8  # each once, though some were read twice
    assert_same(crm, mirror, {"Account": Needs(fields=("Name",))})


def test_associations_that_changed_alone_are_read_once_a_day(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60 * 20)
    crm.pairs["Account", "Contact"] = {("A1", "C2"), ("A1", "C3")}
    go(crm, mirror)
    assert ("links", "Account", "Contact") not in crm.asked
    crm.later(60 * 5)
    go(crm, mirror)
    assert ("links", "Account", "Contact") in crm.asked
    assert_same(crm, mirror)
    crm.later(60)
    go(crm, mirror)
    assert ("links", "Account", "Contact") not in crm.asked
    go(crm, mirror, relink_hours=0)
    assert ("links", "Account", "Contact") in crm.asked


def test_fields_that_nobody_writes_are_read_again_once_a_day(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60 * 25)
    crm.derived = {"Seats"}
    crm.rows["Account"]["A1"] = (crm.rows["Account"]["A1"][0], {"Name": "Example 1", "Seats": 99})
    result = go(crm, mirror)
    assert (result.read["Account"].full, result.read["Contact"].full) == (True, False)
    assert_same(crm, mirror)
    assert not go(crm, mirror).read["Account"].full


def test_every_object_is_read_in_full_once_a_week(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60 * 24 * 6)
    assert not go(crm, mirror).read["Contact"].full
    crm.later(60 * 24 * 2)
    assert go(crm, mirror).read["Contact"].full
    assert not go(crm, mirror).read["Contact"].full


def test_a_new_pair_of_associations_is_read_without_reading_the_rows_again(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror, {"Account": Needs(fields=("Name",)), "Contact": WANTED["Contact"]})
    more = {"Account": Needs(fields=("Name",), links=("Contact",))}
    crm.later(60)
    assert not go(crm, mirror, more).read["Account"].full
    assert_same(crm, mirror, more)


def test_another_org_starts_from_nothing(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.org = "salesforce:00D2"
    crm.delete("Account", "A1", trace=False)
    assert go(crm, mirror).read["Account"].full
    assert_same(crm, mirror)


def test_a_read_that_fails_stops_the_others_and_keeps_what_was_there(crm: MemoryCrm, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60)
    crm.save("Account", "A1", Name="new")

    def fails() -> None:
        raise TryAgain("the line is dead")

    crm.meanwhile = fails
    with pytest.raises(TryAgain, match="the line is dead"):
        go(crm, mirror, full=True)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("pull")] == []
    crm.meanwhile = None
    assert mirror.count("Account") == 8
    assert not go(crm, mirror).read["Account"].full
    assert_same(crm, mirror)


def test_progress_may_stop_the_pull(crm: MemoryCrm, mirror: Mirror) -> None:
    seen: list[tuple[str, int, int | None]] = []

    def watch(object: str, rows: int, total: int | None) -> None:
        seen.append((object, rows, total))
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(crm, mirror, progress=watch)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("pull")] == []
    assert {total for _, _, total in seen} == {8}
    assert mirror.objects() == ()
