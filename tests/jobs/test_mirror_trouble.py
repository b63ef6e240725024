"""A mirror that is held, damaged, locked away or killed, or a full disk: nothing is lost, and people read why."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from connector.errors import GiveUp, TryAgain
from jobs.store.catalog import Catalog
from jobs.store.mirror import Mirror
from tests.jobs.mirrored import FIELDS, batch, names, schema


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
