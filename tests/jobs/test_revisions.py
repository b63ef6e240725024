import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from connector.errors import GiveUp
from jobs.store import revisions
from jobs.store.ledger import Known, Ledger, ledger_url, open_database
from jobs.store.tables import metadata

ROOT = Path(__file__).parents[2]
OLD = Path(__file__).with_name("ledger_before_migrations.sql")
"""A ledger as Tossup 0.1 made it before ledgers had revisions, with a run, a plan and four intents in it."""
ORG = "salesforce:X"
AT = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "001A/seat_limit/-/2026Q4"


def old_ledger(folder: Path) -> str:
    con = sqlite3.connect(folder / "ledger.db")
    con.executescript(OLD.read_text("utf-8"))
    con.close()
    return ledger_url(folder)


@pytest.fixture(params=["old", "sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger from before revisions, or of none yet."""
    if request.param == "old":
        return old_ledger(tmp_path)
    if request.param == "sqlite":
        return ledger_url(tmp_path)
    server = request.getfixturevalue("postgres")
    return str(server.url(server.schema()))


def shape(url: str) -> set[tuple[str, str, str]]:
    """Every table and index as SQLite was told to make it."""
    with open_database(url).reading() as con:
        rows = con.execute(sa.text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {(type, name, " ".join(sql.split())) for type, name, sql in rows}


def python(script: str, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(script), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_tables_after_all_revisions_are_those_that_the_program_uses(before: str) -> None:
    with Ledger(before) as ledger, ledger._database.reading() as con:
        context = MigrationContext.configure(con, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_are_one_line_and_their_files_are_named_by_them() -> None:
    script = ScriptDirectory(str(files("jobs.store.migrations")))
    line = [one.revision for one in reversed(list(script.walk_revisions()))]
    assert tuple(line) == revisions.known()
    assert script.get_heads() == [line[-1]]


def test_a_ledger_from_before_there_were_revisions_is_carried_over_with_everything_in_it(tmp_path: Path) -> None:
    with Ledger(old_ledger(tmp_path)) as ledger:
        (run,) = ledger.runs()
        assert (run.id, run.verb, run.exit_code, run.summary) == ("1", "sync", 1, {"written": 2})
        assert len(ledger.plan("879c7daef4d4").changes) == 4
        assert [change.ref for change, _ in ledger.written_by("1")] == [KEY, "001A"]
        assert [refusal.code for refusal in ledger.refusals("1")] == ["FIELD_INTEGRITY"]
        assert [left.change.ref for left in ledger.open_intents(ORG)] == ["001C"]
        assert ledger.last_written(ORG, "Account", ["001A"])["001A"]["Headroom"].value == 7.5
        assert ledger.keys(ORG) == {("Task", KEY): Known(object="Task", id="00T1", at=run.began, closed=False)}
        assert ledger.begin("sync", ORG, run.began) == "2"
    (tmp_path / "new").mkdir()
    with Ledger(ledger_url(tmp_path / "new")):
        assert shape(ledger_url(tmp_path)) == shape(ledger_url(tmp_path / "new"))


def run_in(url: str, statement: str) -> None:
    database = open_database(url)
    with database.writing() as con:
        con.execute(sa.text(statement))
    database.close()


def tables(url: str) -> dict[str, list[str]]:
    database = open_database(url)
    with database.reading() as con:
        look = sa.inspect(con)
        found = {table: [column["name"] for column in look.get_columns(table)] for table in look.get_table_names()}
    database.close()
    return found


def test_a_ledger_of_a_newer_tossup_is_refused_and_left_alone(ledger_at: str) -> None:
    Ledger(ledger_at).close()
    run_in(ledger_at, "UPDATE alembic_version SET version_num = '0999'")
    run_in(ledger_at, "ALTER TABLE runs ADD COLUMN novelty TEXT")
    newer = tables(ledger_at)
    with pytest.raises(
        GiveUp, match=r"is of a newer Tossup: its tables are revision 0999, this one knows them up to"
    ):
        Ledger(ledger_at)
    assert tables(ledger_at) == newer


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE runs (distance REAL)", "CREATE TABLE alembic_version AS SELECT 'a1b2c3d4' AS version_num"],
    ids=["tables", "revision"],
)
def test_another_programs_database_is_refused_and_left_alone(ledger_at: str, statement: str) -> None:
    run_in(ledger_at, statement)
    theirs = tables(ledger_at)
    with pytest.raises(GiveUp, match=r"another program.*Give the ledger a database or schema of its own"):
        Ledger(ledger_at)
    assert tables(ledger_at) == theirs


def test_opening_a_ledger_of_today_does_not_load_what_carries_over_older_ones(tmp_path: Path) -> None:
    Ledger(ledger_url(tmp_path)).close()
    script = """
        import sys
        from jobs.store.ledger import Ledger
        Ledger(sys.argv[1]).close()
        print([name for name in sys.modules if name.split(".")[0] in ("alembic", "mako", "psycopg")])
    """
    out, err = python(script, ledger_url(tmp_path)).communicate()
    assert (out, err) == ("[]\n", "")


def test_several_processes_may_carry_a_ledger_over_at_once(before: str) -> None:
    script = """
        import os, sys
        import alembic.command
        from jobs.store.ledger import Ledger

        signal, go = os.pipe()
        for _ in range(4):
            if not os.fork():
                os.close(go)
                os.read(signal, 1)
                with Ledger(sys.argv[1]) as ledger:
                    os.write(1, b"%d\\n" % len(ledger.plans()))
                os._exit(0)
        os.close(go)
        print(sorted(os.wait()[1] for _ in range(4)))
    """
    plans = 1 if "plans" in tables(before) else 0
    out, err = python(script, before).communicate()
    assert (out, err) == (f"{plans}\n" * 4 + "[0, 0, 0, 0]\n", "")


def test_a_kill_between_any_two_steps_of_carrying_over_leaves_the_ledger_as_it_was(before: str) -> None:
    script = """
        import os, signal, sys
        import alembic.command, sqlalchemy as sa
        from jobs.store.ledger import Ledger
        from tests.jobs.test_revisions import tables

        def killed_at(step):
            if child := os.fork():
                return os.waitpid(child, 0)[1] == signal.SIGKILL
            left = [step]
            def count(con, cursor, statement, *_):
                left[0] -= statement.lstrip().startswith(("CREATE", "INSERT", "UPDATE", "ALTER"))
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            sa.event.listen(sa.Engine, "before_cursor_execute", count)
            Ledger(sys.argv[1]).close()
            os._exit(0)

        was, steps = tables(sys.argv[1]), 0
        while killed_at(steps):
            assert tables(sys.argv[1]) == was, steps
            steps += 1
        assert {"alembic_version", "holds"} <= set(tables(sys.argv[1])) - set(was)
        print(steps)
    """
    out, err = python(script, before).communicate()
    assert err == ""
    assert int(out) >= 5
    with Ledger(before) as ledger:
        assert ledger.begin("sync", ORG, AT)
