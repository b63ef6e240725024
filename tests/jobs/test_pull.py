import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import AskAPerson, TryAgain
from connector.port import Batch, Cursor, LinkRows, Read, arrow_type
from jobs.pull import PullResult, pull
from jobs.store.mirror import Mirror
from mappings.needs import Needs
from mappings.schema import Field, FieldType, ObjectSchema, Schema

T0 = datetime(2026, 11, 1, tzinfo=UTC)
LINK = pa.schema([(name, pa.string()) for name in ("from_id", "to_id", "type_id", "label")])


@dataclass
class Fake:
    """A CRM in memory: pages of three rows, an incremental reads that look back, tombstones, vanishing rows."""

    rows: dict[str, dict[str, tuple[datetime, dict[str, Any]]]] = field(default_factory=dict)
    bin: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)
    types: dict[str, FieldType] = field(default_factory=lambda: {"Name": FieldType.TEXT, "Seats": FieldType.INTEGER})
    derived: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    count_off: int = 0
    org: str = "salesforce:00D1"
    clock: datetime = T0
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    name: str = "salesforce"
    calls: int = 0
    meanwhile: Any = None

    def connection(self) -> str:
        return self.org

    def now(self) -> datetime:
        return self.clock

    def later(self, minutes: int) -> None:
        self.clock += timedelta(minutes=minutes)

    def save(self, object: str, id: str, **values: Any) -> None:
        self.clock += timedelta(milliseconds=1)
        old = self.rows.setdefault(object, {}).get(id, (None, {}))[1]
        self.rows[object][id] = (self.clock, old | values)

    def delete(self, object: str, id: str, *, trace: bool = True) -> None:
        self.clock += timedelta(milliseconds=1)
        if self.rows.get(object, {}).pop(id, None) and trace:
            self.bin.setdefault(object, []).append((self.clock, id))
        for (a, b), found in self.pairs.items():
            self.pairs[a, b] = {
                (x, y) for x, y in found if not ((a == object and x == id) or (b == object and y == id))
            }

    def schema(self, *objects: str) -> Schema:
        fields = {"Id": FieldType.ID, "SystemModstamp": FieldType.DATETIME, **self.types}
        return Schema(
            crm="salesforce",
            objects={
                name: ObjectSchema(
                    name=name,
                    label=name,
                    fields={
                        n: Field(name=n, label=n, type=t, calculated=n in self.derived) for n, t in fields.items()
                    },
                )
                for name in objects or self.rows
            },
        )

    def count(self, object: str) -> int:
        self.asked.append(("count", object))
        return len(self.rows.get(object, {})) + self.count_off

    def read(self, read: Read) -> Iterator[Batch]:
        self.asked.append(("read", read.schema.name, read.since is not None))
        began, object = self.clock, read.schema.name
        since = datetime.fromisoformat(read.since.stamp) - timedelta(minutes=1) if read.since else None
        ids = [id for id, (at, _) in sorted(self.rows[object].items()) if since is None or at >= since]
        pages = [ids[n : n + 3] for n in range(0, len(ids), 3)] or [[]]
        gone = tuple(
            id for at, id in self.bin.get(object, []) if since and at >= since and id not in self.rows[object]
        )
        for page in pages:
            yield self._batch(read.schema, read.fields, page, read.links)
            if self.meanwhile:
                self.meanwhile()
        last = self._batch(read.schema, read.fields, [], read.links)
        yield Batch(rows=last.rows, deleted=gone, cursor=Cursor(stamp=began.isoformat()))

    def ids(self, object: str) -> Iterator[pa.Array]:
        self.asked.append(("ids", object))
        for id in sorted(self.rows[object]):
            yield pa.array([id])

    def fetch(self, schema: ObjectSchema, fields: Sequence[str], ids: Sequence[str]) -> Iterator[Batch]:
        self.asked.append(("fetch", schema.name, *ids))
        yield self._batch(schema, fields, [id for id in ids if id in self.rows[schema.name]])

    def links(self, object: str, to: str, ids: Iterable[pa.Array] | None = None) -> Iterator[LinkRows]:
        self.asked.append(("links", object, to))
        for some in ids if ids is not None else self.ids(object):
            yield self._linked(object, to, some.to_pylist())

    def _batch(self, schema: ObjectSchema, fields: Sequence[str], ids: list[str], links: Sequence[str] = ()) -> Batch:
        ids = [id for id in ids if id in self.rows[schema.name] and id not in self.unreadable]
        found = [self.rows[schema.name][id] for id in ids]
        columns = {
            "Id": pa.array(ids, pa.string()),
            "SystemModstamp": pa.array([at for at, _ in found], pa.timestamp("ms", tz="UTC")),
            **{n: pa.array([v.get(n) for _, v in found], arrow_type(self.types[n])) for n in fields},
        }
        linked = tuple(self._linked(schema.name, to, ids) for to in links)
        return Batch(rows=pa.record_batch(columns), links=linked)

    def _linked(self, object: str, to: str, ids: list[str]) -> LinkRows:
        found = [
            {"from_id": a, "to_id": b, "type_id": "1"}
            for a, b in sorted(self.pairs.get((object, to), ()))
            if a in set(ids)
        ]
        return LinkRows(to=to, of=pa.array(ids, pa.string()), rows=pa.RecordBatch.from_pylist(found, schema=LINK))


WANTED = {"Account": Needs(fields=("Name", "Seats"), links=("Contact",)), "Contact": Needs(fields=("Name",))}


@pytest.fixture
def crm() -> Fake:
    crm = Fake(rows={"Account": {}, "Contact": {}})
    for n in range(8):
        crm.save("Account", f"A{n}", Name=f"Example {n}", Seats=n)
        crm.save("Contact", f"C{n}", Name=f"Contact {n}")
        crm.pairs.setdefault(("Account", "Contact"), set()).add((f"A{n}", f"C{n}"))
    crm.later(60)
    return crm


def go(crm: Fake, mirror: Mirror, wanted: dict[str, Needs] | None = None, **options: Any) -> PullResult:
    crm.asked.clear()
    options.setdefault("wait", lambda _: pytest.fail("a small object is never waited for"))
    return pull(crm, mirror, wanted or WANTED, crm.schema(), **options)


def assert_same(crm: Fake, mirror: Mirror, wanted: dict[str, Needs] = WANTED) -> None:
    for object, needs in wanted.items():
        found = mirror.table(object).to_pyarrow().to_pylist()
        held = {row["Id"]: {name: row[name] for name in needs.fields} for row in found}
        assert held == {
            id: {name: values.get(name) for name in needs.fields} for id, (_, values) in crm.rows[object].items()
        }
        for to in needs.links:
            rows = mirror.links(object, to).to_pyarrow().to_pylist()
            assert {(row["from_id"], row["to_id"]) for row in rows} == crm.pairs.get((object, to), set())


def test_the_first_pull_reads_everything_and_the_next_only_what_changed(crm: Fake, mirror: Mirror) -> None:
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


def test_objects_that_the_crm_does_not_have_are_left_out(crm: Fake, mirror: Mirror) -> None:
    result = go(crm, mirror, {**WANTED, "Asset": Needs(fields=("Name",))})
    assert sorted(result.read) == ["Account", "Contact"]


def test_other_fields_or_full_read_everything_again(crm: Fake, mirror: Mirror) -> None:
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


def test_columns_that_change_after_describe_lead_to_a_full_read(crm: Fake, mirror: Mirror) -> None:
    only = {"Contact": Needs(fields=("Name",))}
    go(crm, mirror, only)
    described = crm.schema()
    crm.types["Name"] = FieldType.INTEGER
    crm.rows["Contact"] = {id: (crm.clock, {"Name": n}) for n, id in enumerate(crm.rows["Contact"])}
    result = pull(crm, mirror, only, described)
    assert result.read["Contact"].full
    assert_same(crm, mirror, only)


def test_records_that_vanished_without_trace_are_found_by_the_count(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60)
    crm.delete("Account", "A1", trace=False)
    crm.delete("Account", "A2", trace=False)
    read = go(crm, mirror).read["Account"]
    assert (read.deleted, read.healed, read.mirror_count) == (2, 2, 6)
    assert ("ids", "Account") in crm.asked
    assert_same(crm, mirror)


def test_records_that_no_cursor_shows_are_fetched_with_their_associations(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60)
    crm.rows["Account"]["old"] = (T0 - timedelta(days=9), {"Name": "committed late", "Seats": 1})
    crm.pairs["Account", "Contact"].add(("old", "C1"))
    read = go(crm, mirror).read["Account"]
    assert (read.healed, read.mirror_count) == (1, 9)
    assert ("fetch", "Account", "old") in crm.asked
    assert_same(crm, mirror)


def test_very_many_unknown_records_are_read_in_full(
    crm: Fake, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
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


def test_a_count_that_lags_is_outweighed_by_the_ids(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.count_off = -1
    read = go(crm, mirror).read["Account"]
    assert (read.crm_count, read.mirror_count, read.full) == (8, 8, False)
    assert_same(crm, mirror)


def test_a_large_object_is_given_time_before_its_ids_are_listed(
    crm: Fake, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
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


def test_records_that_cannot_be_read_fail_the_pull_by_name(crm: Fake, mirror: Mirror) -> None:
    crm.unreadable = {"A5"}
    with pytest.raises(
        AskAPerson, match=r"Account: the CRM counts 8 records, but 7 could be read. Check that our user"
    ):
        go(crm, mirror)


def test_changes_during_a_long_full_read_are_in_the_mirror_at_its_end(crm: Fake, mirror: Mirror) -> None:
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


def test_associations_that_changed_alone_are_read_once_a_day(crm: Fake, mirror: Mirror) -> None:
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


def test_fields_that_nobody_writes_are_read_again_once_a_day(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60 * 25)
    crm.derived = {"Seats"}
    crm.rows["Account"]["A1"] = (crm.rows["Account"]["A1"][0], {"Name": "Example 1", "Seats": 99})
    result = go(crm, mirror)
    assert (result.read["Account"].full, result.read["Contact"].full) == (True, False)
    assert_same(crm, mirror)
    assert not go(crm, mirror).read["Account"].full


def test_every_object_is_read_in_full_once_a_week(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.later(60 * 24 * 6)
    assert not go(crm, mirror).read["Contact"].full
    crm.later(60 * 24 * 2)
    assert go(crm, mirror).read["Contact"].full
    assert not go(crm, mirror).read["Contact"].full


def test_a_new_pair_of_associations_is_read_without_reading_the_rows_again(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror, {"Account": Needs(fields=("Name",)), "Contact": WANTED["Contact"]})
    more = {"Account": Needs(fields=("Name",), links=("Contact",))}
    crm.later(60)
    assert not go(crm, mirror, more).read["Account"].full
    assert_same(crm, mirror, more)


def test_another_org_starts_from_nothing(crm: Fake, mirror: Mirror) -> None:
    go(crm, mirror)
    crm.org = "salesforce:00D2"
    crm.delete("Account", "A1", trace=False)
    assert go(crm, mirror).read["Account"].full
    assert_same(crm, mirror)


def test_a_read_that_fails_stops_the_others_and_keeps_what_was_there(crm: Fake, mirror: Mirror) -> None:
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


def test_progress_may_stop_the_pull(crm: Fake, mirror: Mirror) -> None:
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


IDS = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.sampled_from(["Account", "Contact"]), IDS, st.text(max_size=5)),
        st.tuples(st.just("delete"), st.sampled_from(["Account", "Contact"]), IDS),
        st.tuples(st.just("vanish"), st.sampled_from(["Account", "Contact"]), IDS),
        st.tuples(st.just("link"), IDS, IDS),
        st.tuples(st.just("unlink"), IDS, IDS),
        st.tuples(st.just("pull"), st.booleans(), st.sampled_from([0, 1, 30])),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_after_any_edits_a_pull_shows_what_the_crm_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    crm = Fake(rows={"Account": {}, "Contact": {}})
    with Mirror(tmp_path_factory.mktemp("m") / "m.duckdb") as mirror:
        for step in [*steps, ("pull", False, 30)]:
            match step:
                case ("save", object, id, name):
                    crm.save(object, f"{object[0]}{id}", Name=name, Seats=id)
                case ("delete", object, id):
                    crm.delete(object, f"{object[0]}{id}")
                case ("vanish", object, id):
                    crm.delete(object, f"{object[0]}{id}", trace=False)
                case ("link", a, c) if f"A{a}" in crm.rows["Account"] and f"C{c}" in crm.rows["Contact"]:
                    crm.pairs.setdefault(("Account", "Contact"), set()).add((f"A{a}", f"C{c}"))
                    crm.save("Account", f"A{a}")
                case ("unlink", a, c) if f"A{a}" in crm.rows["Account"]:
                    crm.pairs.get(("Account", "Contact"), set()).discard((f"A{a}", f"C{c}"))
                    crm.save("Account", f"A{a}")
                case ("pull", full, minutes):
                    go(crm, mirror, full=full)
                    assert_same(crm, mirror)
                    crm.later(minutes)
