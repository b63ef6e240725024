"""The mirror after full reads, merges and reopening: every row in its newest version, each field with its type."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Batch, Cursor
from jobs.store import sink
from jobs.store.mirror import FieldsChanged, Loaded, Mirror
from mappings.schema import FieldType
from tests.jobs.mirrored import FIELDS, T0, TYPES, batch, links, names, pairs, rows, schema


def test_a_full_read_takes_the_place_of_all_rows_and_says_how_many_are_gone(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), ("b", 0, "B"), at="1")])
    loaded = mirror.replace(schema(), FIELDS, [batch(("b", 1, "B2")), batch(("c", 1, "C"), at="2")])
    assert loaded == Loaded(rows=2, deleted=1)
    assert names(mirror) == {"b": "B2", "c": "C"}
    assert mirror.cursor("Account") == Cursor(stamp="2")
    assert mirror.fields("Account") == FIELDS
    assert mirror.count("Account") == 2


def test_a_table_carries_the_name_of_its_object_and_the_types_of_its_rows(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
    found = mirror.table("Account").schema()
    assert {name: str(type) for name, type in found.items()} == {
        "Id": "string",
        "SystemModstamp": "timestamp('UTC', 6)",
        "Name": "string",
    }


def test_an_empty_object_is_known_and_empty(mirror: Mirror) -> None:
    assert mirror.replace(schema(), FIELDS, [batch(at="1")]) == Loaded(rows=0, deleted=0)
    assert names(mirror) == {}
    assert mirror.cursor("Account") == Cursor(stamp="1")


def test_a_read_without_any_batch_is_an_error_and_changes_nothing(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
    with pytest.raises(ValueError, match="without a single batch"):
        mirror.replace(schema(), FIELDS, [])
    with pytest.raises(ValueError, match="without a single batch"):
        mirror.merge(schema(), FIELDS, [])
    assert names(mirror) == {"a": "A"}


def test_a_row_that_comes_twice_in_a_full_read_is_kept_in_its_newest_version(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "FLUSH_ROWS", 2)
    read = [
        batch(("a", 5, "new"), ("b", 0, "B")),
        batch(("a", 1, "old"), ("c", 3, "C")),
        batch(("c", 3, "last of equals"), deleted=("b",)),
    ]
    assert mirror.replace(schema(), FIELDS, read) == Loaded(rows=2, deleted=0)
    assert names(mirror) == {"a": "new", "c": "last of equals"}


def test_a_full_read_that_breaks_off_leaves_the_old_rows(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "FLUSH_ROWS", 1)
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])

    def breaks() -> Iterator[Batch]:
        yield batch(("b", 0, "B"))
        yield batch(("c", 0, "C"))
        raise TryAgain("gone")

    with pytest.raises(TryAgain):
        mirror.replace(schema(), FIELDS, breaks())
    assert names(mirror) == {"a": "A"}
    assert mirror.cursor("Account") == Cursor(stamp="1")
    assert mirror.connection.con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
    ).fetchall() == [("Account",)]


def test_a_merge_changes_the_rows_that_came_and_moves_the_cursor(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), ("b", 0, "B"), ("c", 0, "C"), at="1")])
    loaded = mirror.merge(schema(), FIELDS, [batch(("a", 1, "A2"), ("d", 1, "D"), deleted=("b", "zz"), at="2")])
    assert loaded == Loaded(rows=2, deleted=1)
    assert names(mirror) == {"a": "A2", "c": "C", "d": "D"}
    assert mirror.cursor("Account") == Cursor(stamp="2")


def test_an_older_version_never_overwrites_a_newer_one(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 5, "new"), at="1")])
    assert mirror.merge(schema(), FIELDS, [batch(("a", 4, "old"))]).rows == 0
    assert names(mirror) == {"a": "new"}
    mirror.merge(schema(), FIELDS, [batch(("a", 5, "same second, later answer"))])
    assert names(mirror) == {"a": "same second, later answer"}
    mirror.merge(schema(), FIELDS, [batch(("a", 7, "newest"), ("a", 6, "between"))])
    assert names(mirror) == {"a": "newest"}
    assert mirror.cursor("Account") == Cursor(stamp="1")


@pytest.mark.parametrize("flush", [1, 50_000])
def test_batches_take_effect_in_their_order(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, flush: int) -> None:
    monkeypatch.setattr(sink, "FLUSH_ROWS", flush)
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), ("b", 0, "B"))])
    mirror.merge(
        schema(), FIELDS, [batch(deleted=("a",)), batch(("a", 3, "restored")), batch(("b", 1, "x"), deleted=("b",))]
    )
    assert names(mirror) == {"a": "restored"}


def test_other_fields_or_types_ask_for_a_full_read(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
    assert mirror.cursor_for(schema(), FIELDS) == Cursor(stamp="1")
    assert mirror.cursor_for(schema(), ("Name", "Seats__c")) is None
    assert mirror.cursor_for(schema(Name=FieldType.NUMBER), FIELDS) is None
    assert mirror.cursor_for(schema("Contact"), FIELDS) is None
    with pytest.raises(FieldsChanged):
        mirror.merge(schema(), ("Name", "Seats__c"), [batch(("a", 1, "A"))])
    renamed = Batch(rows=rows(("a", 1, "A")).rename_columns(["Id", "SystemModstamp", "Title"]))
    with pytest.raises(FieldsChanged):
        mirror.merge(schema(), FIELDS, [renamed])
    with pytest.raises(FieldsChanged, match="Name, Title"):
        mirror.replace(schema(), FIELDS, [batch(("b", 0, "B")), renamed])
    assert names(mirror) == {"a": "A"}


def test_a_row_without_an_id_is_refused(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
    nameless = rows(("b", 1, "B"), ("c", 1, "C")).set_column(0, "Id", pa.array(["b", None], pa.string()))
    with pytest.raises(ValueError, match="without Id"):
        mirror.merge(schema(), FIELDS, [Batch(rows=nameless, cursor=Cursor(stamp="2"))])
    with pytest.raises(ValueError, match="without Id"):
        mirror.replace(schema(), FIELDS, [Batch(rows=nameless, cursor=Cursor(stamp="2"))])
    assert names(mirror) == {"a": "A"}
    assert mirror.cursor("Account") == Cursor(stamp="1")


def test_comparing_with_the_live_ids_names_both_differences(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), ("b", 0, "B"))])
    assert mirror.compare("Account", [pa.array(["b"]), pa.array(["c", "d"])]) == (("a",), ("c", "d"))


def test_fetched_values_are_written_the_way_a_crm_takes_them(mirror: Mirror) -> None:
    batch = pa.record_batch(
        {
            "Id": ["a", "b"],
            "SystemModstamp": pa.array([T0, T0], pa.timestamp("ms", tz="UTC")),
            "Name": ["A", None],
            "Seats__c": pa.array([7, None], pa.int64()),
            "Since__c": pa.array([T0.date(), None], pa.date32()),
        }
    )
    mirror.replace(schema(), tuple(TYPES), [Batch(rows=batch)])
    assert mirror.fetch("Account", ["a", "b", "zz"], ["Name", "Seats__c", "Since__c", "SystemModstamp"]) == {
        "a": {"Name": "A", "Seats__c": 7, "Since__c": "2026-11-01", "SystemModstamp": "2026-11-01T00:00:00.000Z"},
        "b": {"Name": None, "Seats__c": None, "Since__c": None, "SystemModstamp": "2026-11-01T00:00:00.000Z"},
    }
    with pytest.raises(GiveUp, match=r"Account: the mirror holds no Gone__c. Run `tossup pull`"):
        mirror.fetch("Account", ["a"], ["Gone__c"])


def test_a_list_that_names_an_id_twice_is_not_believed(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), ("b", 0, "B"))])
    with pytest.raises(TryAgain, match=r"Account: the CRM's list of all ids names 1 id twice"):
        mirror.compare("Account", [pa.array(["b"]), pa.array(["b"])])
    assert mirror.compare("Account", [pa.array(["b", "a"])]) == ((), ())


def test_an_object_never_pulled_says_so(mirror: Mirror) -> None:
    assert mirror.count("Account") == 0
    assert mirror.cursor("Account") is None
    with pytest.raises(GiveUp, match=r"Account is not in the mirror yet. Run `tossup pull` first."):
        mirror.table("Account")


def test_another_org_never_meets_these_rows(tmp_path: Path) -> None:
    with Mirror(tmp_path / "m.duckdb") as mirror:
        assert mirror.claim("salesforce:00D1")
        read = Batch(
            rows=rows(("1", 0, "A")), links=(links("contacts", ["1"], ("1", "x")),), cursor=Cursor(stamp="1")
        )
        mirror.replace(schema(), FIELDS, [read])
    with Mirror(tmp_path / "m.duckdb") as mirror:
        assert mirror.claim("salesforce:00D1")
        assert mirror.count("Account") == 1
        assert mirror.objects() == ("Account",)
        assert not mirror.claim("salesforce:00D2")
        assert mirror.objects() == ()
        assert pairs(mirror, "Account", "contacts") == []
        assert mirror.claim("salesforce:00D2")


def test_a_forgotten_object_is_read_in_full_next_time(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
    mirror.forget("Account")
    assert mirror.cursor_for(schema(), FIELDS) is None
    assert mirror.objects() == ()


def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    with Mirror(tmp_path / "m.duckdb") as mirror:
        mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
        mirror.merge(schema(), FIELDS, [batch(("b", 0, "B"), at="2")])
    with Mirror(tmp_path / "m.duckdb") as mirror:
        assert names(mirror) == {"a": "A", "b": "B"}
        assert mirror.cursor("Account") == Cursor(stamp="2")
