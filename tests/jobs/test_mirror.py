import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from connector.errors import GiveUp, TryAgain
from connector.port import Batch, Cursor, LinkRows
from jobs.store import sink
from jobs.store.catalog import Catalog
from jobs.store.mirror import FieldsChanged, Loaded, Mirror
from mappings.schema import Field, FieldType, ObjectSchema

T0 = datetime(2026, 11, 1, tzinfo=UTC)
TYPES = {"Name": FieldType.TEXT, "Seats__c": FieldType.INTEGER, "Since__c": FieldType.DATE}


def schema(name: str = "Account", **fields: FieldType) -> ObjectSchema:
    types = {"Id": FieldType.ID, "SystemModstamp": FieldType.DATETIME} | (fields or TYPES)
    return ObjectSchema(name=name, label=name, fields={n: Field(name=n, label=n, type=t) for n, t in types.items()})


def rows(*given: tuple[str, int, str | None]) -> pa.RecordBatch:
    """(id, minutes after T0, name) a row."""
    return pa.record_batch(
        {
            "Id": pa.array([id for id, _, _ in given], pa.string()),
            "SystemModstamp": pa.array(
                [T0 + timedelta(minutes=m) for _, m, _ in given], pa.timestamp("ms", tz="UTC")
            ),
            "Name": pa.array([name for _, _, name in given], pa.string()),
        }
    )


def batch(*given: tuple[str, int, str | None], deleted: tuple[str, ...] = (), at: str | None = None) -> Batch:
    return Batch(rows=rows(*given), deleted=deleted, cursor=Cursor(stamp=at) if at else None)


def links(to: str, of: list[str], *pairs: tuple[str, str]) -> LinkRows:
    table = {
        "from_id": [a for a, _ in pairs],
        "to_id": [b for _, b in pairs],
        "type_id": ["280"] * len(pairs),
        "label": [None] * len(pairs),
    }
    batch = pa.record_batch([pa.array(v, pa.string()) for v in table.values()], names=list(table))
    return LinkRows(to=to, of=pa.array(of, pa.string()), rows=batch)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror(tmp_path / "mirror.duckdb") as mirror:
        yield mirror


def names(mirror: Mirror, object: str = "Account") -> dict[str, str]:
    table = mirror.table(object).to_pyarrow()
    return dict(sorted(zip(table["Id"].to_pylist(), table["Name"].to_pylist(), strict=True)))


def pairs(mirror: Mirror, from_object: str, to_object: str) -> list[tuple[str, str]]:
    table = mirror.links(from_object, to_object).to_pyarrow()
    return sorted(zip(table["from_id"].to_pylist(), table["to_id"].to_pylist(), strict=True))


FIELDS = ("Name",)


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


def test_associations_are_replaced_for_the_rows_asked_about(mirror: Mirror) -> None:
    companies = schema("companies")
    full = Batch(
        rows=rows(("1", 0, "A"), ("2", 0, "B")), links=(links("contacts", ["1", "2"], ("1", "x"), ("2", "y")),)
    )
    mirror.replace(companies, FIELDS, [full])
    assert pairs(mirror, "companies", "contacts") == [("1", "x"), ("2", "y")]
    change = Batch(rows=rows(("2", 1, "B")), links=(links("contacts", ["2"], ("2", "x"), ("2", "z"), ("2", "z")),))
    mirror.merge(companies, FIELDS, [change, Batch(rows=rows(), links=(links("contacts", ["1"]),))])
    assert pairs(mirror, "companies", "contacts") == [("2", "x"), ("2", "z")]
    assert pairs(mirror, "companies", "deals") == []


def test_associations_of_deleted_rows_go_with_them_from_both_ends(mirror: Mirror) -> None:
    read = Batch(
        rows=rows(("1", 0, "A"), ("2", 0, "B")), links=(links("contacts", ["1", "2"], ("1", "x"), ("2", "y")),)
    )
    mirror.replace(schema("companies"), FIELDS, [read])
    mirror.replace(schema("contacts"), FIELDS, [batch(("x", 0, "X"), ("y", 0, "Y"), ("w", 0, "W"))])
    mirror.merge(schema("contacts"), FIELDS, [batch(deleted=("x",))])
    assert pairs(mirror, "companies", "contacts") == [("2", "y")]
    mirror.remove("companies", ["2"])
    assert pairs(mirror, "companies", "contacts") == []
    mirror.merge(schema("companies"), FIELDS, [Batch(rows=rows(), links=(links("contacts", ["1"], ("1", "y")),))])
    mirror.replace(schema("contacts"), FIELDS, [batch(("w", 0, "W"))])
    assert pairs(mirror, "companies", "contacts") == []


def test_relinking_swaps_associations_and_leaves_rows_alone(mirror: Mirror) -> None:
    read = Batch(rows=rows(("1", 0, "A")), links=(links("contacts", ["1"], ("1", "x")),), cursor=Cursor(stamp="1"))
    mirror.replace(schema("companies"), FIELDS, [read])
    mirror.relink(schema("companies"), "contacts", [links("contacts", ["1"], ("1", "y")), links("contacts", ["2"])])
    assert pairs(mirror, "companies", "contacts") == [("1", "y")]
    mirror.relink(schema("companies"), "deals", [])
    assert pairs(mirror, "companies", "deals") == []
    assert mirror.ids("companies").to_pylist() == ["1"]
    assert names(mirror, "companies") == {"1": "A"}
    assert mirror.whole_at("companies", "contacts") is None
    mirror.note_whole("companies", "contacts", T0)
    assert mirror.whole_at("companies", "contacts") == T0


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


def test_a_stage_is_computed_once_and_never_hides_a_mirror_table(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
    first = mirror.stage("account", mirror.table("Account").mutate(n=1))
    second = mirror.stage("account", first.mutate(n=first.n + 1))
    mirror.replace(schema(), FIELDS, [batch(("b", 0, "B"))])
    assert second.to_pyarrow()["n"].to_pylist() == [2]
    assert second.to_pyarrow()["Id"].to_pylist() == ["a"]
    assert names(mirror) == {"b": "B"}


def test_a_stage_that_is_let_go_is_gone_and_may_be_let_go_again(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
    kept, gone = (mirror.stage(name, mirror.table("Account").mutate(n=1)) for name in ("kept", "gone"))
    for _time in range(2):
        mirror.let_go("gone")
    assert kept.to_pyarrow()["n"].to_pylist() == [1]
    with pytest.raises(duckdb.CatalogException, match="gone"):
        gone.to_pyarrow()
    assert mirror.stage("gone", kept).to_pyarrow()["n"].to_pylist() == [1]


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


def test_a_failed_write_leaves_nothing_behind_and_the_next_one_works(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])
    put = Catalog.put

    def fails(self: object, object: str, known: object) -> None:
        raise OSError("pulled the plug")

    monkeypatch.setattr(Catalog, "put", fails)
    with pytest.raises(OSError, match="plug"):
        mirror.merge(schema(), FIELDS, [batch(("b", 0, "B"), at="2")])
    with pytest.raises(OSError, match="plug"):
        mirror.replace(schema(), FIELDS, [batch(("b", 0, "B"), at="2")])
    assert names(mirror) == {"a": "A"}
    monkeypatch.setattr(Catalog, "put", put)
    mirror.merge(schema(), FIELDS, [batch(("b", 0, "B"), at="2")])
    assert names(mirror) == {"a": "A", "b": "B"}


def test_a_second_process_is_told_who_holds_the_mirror(tmp_path: Path) -> None:
    with (
        Mirror(tmp_path / "m.duckdb"),
        pytest.raises(TryAgain, match=f"m.duckdb is in use by process {os.getpid()}. Wait"),
    ):
        Mirror(tmp_path / "m.duckdb")
    Mirror(tmp_path / "m.duckdb").close()


def test_a_file_open_in_another_program_is_named(tmp_path: Path) -> None:
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    path = tmp_path / "m.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(TryAgain, match=r"open in another program. Close it, then run again"):
            Mirror(path)
    Mirror(path).close()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "future version"])
def test_a_damaged_file_is_moved_aside_and_rebuilt(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "m.duckdb"
    with Mirror(path) as mirror:
        mirror.replace(schema(), FIELDS, [batch(*((str(i), 0, f"Example {i}") for i in range(5_000)), at="1")])
    whole = path.read_bytes()
    changed = {
        "garbage": b"not a database at all" * 1000,
        "truncated": whole[: len(whole) // 3],
        "future version": whole[:12] + (250).to_bytes(8, "little") + whole[20:],
    }
    path.write_bytes(changed[damage])
    with Mirror(path) as mirror:
        assert mirror.notice is not None
        assert "m.duckdb.damaged; it will be rebuilt by a full pull" in mirror.notice
        assert mirror.cursor_for(schema(), FIELDS) is None
        mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
        assert names(mirror) == {"a": "A"}
    assert (tmp_path / "m.duckdb.damaged").read_bytes() == changed[damage]


def read_everything(path: Path) -> None:
    with Mirror(path) as mirror:
        mirror.fetch("Account", [str(i) for i in range(40_000)], ["Name"])


def test_damage_found_while_working_moves_the_file_aside_and_says_run_again(tmp_path: Path) -> None:
    path = tmp_path / "m.duckdb"
    with Mirror(path) as mirror:
        mirror.replace(schema(), FIELDS, [batch(*((str(i), 0, os.urandom(20).hex()) for i in range(40_000)), at="1")])
        mirror.connection.con.execute("CHECKPOINT")
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2 // 262_144 * 262_144 + 12_288
    whole[middle : middle + 4_000] = b"\xff" * 4_000
    path.write_bytes(bytes(whole))
    with pytest.raises(TryAgain, match=r"it will be rebuilt by a full pull. Run again"):
        read_everything(path)
    with Mirror(path) as mirror:
        assert mirror.notice is None
        assert mirror.objects() == ()


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may write anywhere: be somebody else for as long as a test lasts."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65_534)
    yield
    os.seteuid(me)


def test_a_folder_we_may_not_write_says_what_to_do(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    request.getfixturevalue("nobody")
    with pytest.raises(GiveUp, match=r"cannot write there. Give this user the right to, or set TOSSUP_STATE_DIR"):
        Mirror(folder / "m.duckdb")


def test_a_folder_that_is_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GiveUp, match="cannot write there"):
        Mirror(tmp_path / "file" / "m.duckdb")


@pytest.mark.parametrize("kind", [duckdb.IOException, duckdb.FatalException])
def test_a_full_disk_is_told_and_nothing_is_lost(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, kind: type[duckdb.Error]
) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"), at="1")])

    def full(self: object, object: str, known: object) -> None:
        raise kind('Failed to commit: Could not write file "m.duckdb.wal": No space left on device')

    monkeypatch.setattr(Catalog, "put", full)
    with pytest.raises(TryAgain, match=r"the disk is full. Make room there"):
        mirror.merge(schema(), FIELDS, [batch(("b", 0, "B"), at="2")])
    assert names(mirror) == {"a": "A"}


WRITER = """
    import sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    import pyarrow as pa
    from connector.port import Batch, Cursor
    from jobs.store.mirror import Mirror
    from mappings.schema import Field, FieldType, ObjectSchema

    schema = ObjectSchema(name="Account", label="Account", fields={
        "N": Field(name="N", label="N", type=FieldType.INTEGER)})

    def batch(step):
        # rows 0..499 always carry the step they were written in; rows beyond come and go with it
        ids = [str(i) for i in range(500)] + [f"only-{step}"]
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=step)
        stamp = pa.array([at] * 501, pa.timestamp("ms", tz="UTC"))
        rows = pa.record_batch({"Id": ids, "SystemModstamp": stamp, "N": pa.array([step] * 501, pa.int64())})
        return Batch(rows=rows, deleted=(f"only-{step - 1}",), cursor=Cursor(stamp=str(step)))

    with Mirror(Path(sys.argv[1])) as mirror:
        step = int(mirror.cursor("Account").stamp) if mirror.cursor("Account") else 0
        if not step:
            mirror.replace(schema, ("N",), [batch(0)])
        print("ready", flush=True)
        while True:
            step += 1
            if step % 7 == 0:
                mirror.replace(schema, ("N",), [batch(step)])
            else:
                mirror.merge(schema, ("N",), [batch(step)])
"""


def test_killed_at_any_moment_the_mirror_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "m.duckdb"
    chance = random.Random(7)
    last = 0
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(path)], stdout=subprocess.PIPE, cwd=Path.cwd()
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.005, 0.12))
            child.send_signal(signal.SIGKILL)
        with Mirror(path) as mirror:
            assert mirror.notice is None
            table = mirror.table("Account").to_pyarrow()
            step = int(mirror.cursor("Account").stamp)
            assert set(table["N"].to_pylist()) == {step}
            assert sorted(table["Id"].to_pylist()) == sorted([str(i) for i in range(500)] + [f"only-{step}"])
            assert step >= last
            last = step
    assert last > 0
