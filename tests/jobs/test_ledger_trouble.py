"""What people read when the ledger cannot be used, and what a script sees: never the password."""

import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from connector.errors import AskAPerson, CrmError, GiveUp, TryAgain
from connector.port import Outcome
from jobs.failures import failure_of
from jobs.store.ledger import Ledger, ledger_url
from jobs.store.sqlite import SQLite
from mappings.changes import Change, FieldChange
from tests.jobs.booked import ORG, T0

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture
def open_ledger(postgres: "Server") -> Iterator[Ledger]:
    with Ledger(postgres.url(postgres.schema())) as ledger:
        yield ledger


def refused(url: str, kind: type[CrmError], words: str, *secrets: str) -> None:
    """Opening it ends so, in these words, and tells no secret however it is printed."""
    with pytest.raises(kind, match=words) as told:
        Ledger(url)
    failure = failure_of(told.value)
    assert failure is not None
    error: BaseException | None = told.value
    while error is not None:
        assert not [secret for secret in secrets if secret in f"{error!s} {error!r}"]
        error = error.__cause__ or error.__context__


def test_a_server_out_of_reach_is_tried_again(postgres: "Server") -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = postgres.url(port=str(nobody.getsockname()[1]))
        words = r"The ledger postgres on 127.0.0.1 cannot be reached: .*refused.*Check that the server runs, then run"
        refused(url, TryAgain, words, postgres.password)


def test_a_server_that_never_answers_is_tried_again(postgres: "Server") -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"{postgres.url(port=str(silent.getsockname()[1]))}?connect_timeout=2"
        refused(url, TryAgain, "cannot be reached: .*timeout", postgres.password)


def test_a_host_that_does_not_exist_is_tried_again(postgres: "Server") -> None:
    refused(postgres.url(host="db.invalid"), TryAgain, "cannot be reached", postgres.password)


def test_a_wrong_password_gives_up(postgres: "Server") -> None:
    words = (
        r'lets us not in: .*password authentication failed for user "tossup". Check user, password and database of'
    )
    refused(postgres.url(password="hush"), GiveUp, words, "hush", postgres.password)


def test_an_unknown_database_gives_up(postgres: "Server") -> None:
    refused(postgres.url(database="nowhere"), GiveUp, 'database "nowhere" does not exist', postgres.password)


def test_a_user_without_rights_is_told_which(postgres: "Server") -> None:
    schema = postgres.schema()
    user = f"reader_{schema}"
    postgres.run(f"CREATE ROLE {user} LOGIN PASSWORD 'hush'", f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    url = postgres.url(schema, user=user, password="hush")
    refused(url, GiveUp, rf"we lack a right \(permission denied for schema {schema}\). Let our user create", "hush")
    Ledger(postgres.url(schema)).close()
    refused(url, GiveUp, r"we lack a right \(permission denied for table alembic_version\)", "hush")


def test_a_schema_that_is_not_there_gives_up(postgres: "Server") -> None:
    refused(postgres.url("nowhere"), GiveUp, r"we lack a right \(no schema has been selected to create in\)")


def test_a_server_that_only_reads_gives_up(postgres: "Server") -> None:
    schema = postgres.schema()
    Ledger(postgres.url(schema)).close()
    url = f"{postgres.url(schema)}%20-cdefault_transaction_read_only%3Don"
    with Ledger(url) as ledger, pytest.raises(GiveUp, match=r"is read-only: .*Point TOSSUP_LEDGER_URL at the server"):
        ledger.begin("pull", ORG, T0)


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("53100", TryAgain, "the server's disk is full or its memory used up"),
        ("57P01", TryAgain, "cannot be reached"),
        ("40P01", TryAgain, "cannot be reached"),
        ("XX001", AskAPerson, "is damaged .*Restore a backup"),
        ("58030", AskAPerson, "is damaged"),
    ],
)
def test_what_the_server_reports_becomes_a_next_step(
    postgres: "Server", open_ledger: Ledger, state: str, kind: type[CrmError], words: str
) -> None:
    with open_ledger._database.writing() as con:
        con.exec_driver_sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN RAISE EXCEPTION 'it failed' USING ERRCODE = '{state}'; END$$"
        )
        con.exec_driver_sql("CREATE TRIGGER failing BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION fail()")
    with pytest.raises(kind, match=rf"The ledger postgres on 127.0.0.1.*{words}.*") as told:
        open_ledger.begin("pull", ORG, T0)
    assert "it failed" in str(told.value)
    assert postgres.password not in str(told.value)


@pytest.mark.parametrize("table", ["intents", "outcomes"])
def test_a_table_that_was_lost_asks_a_person(ledger_at: str, table: str) -> None:
    with Ledger(ledger_at) as ledger:
        with ledger._database.writing() as con:
            con.exec_driver_sql("DROP TABLE outcomes")
            if table == "intents":
                con.exec_driver_sql("DROP TABLE intents")
        with pytest.raises(AskAPerson, match=r"The ledger .* is damaged.* backup"):
            ledger.open_intents(ORG)


def test_a_session_that_the_server_ended_is_replaced_for_the_next_transaction(
    postgres: "Server", open_ledger: Ledger
) -> None:
    first = open_ledger.begin("pull", ORG, T0)
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tossup'")
    second = open_ledger.begin("pull", ORG, T0)
    assert [run.id for run in open_ledger.runs()] == [second, first]


def test_words_and_values_with_a_zero_byte_are_kept(ledger_at: str) -> None:
    """PostgreSQL refuses one in its text."""
    fields = (FieldChange(name="F", old=None, new="a\0b"),)
    changes = [
        Change(object="Account", action="update", id=id, key=None, key_field=None, fields=fields) for id in ("1", "2")
    ]
    with Ledger(ledger_at) as ledger:
        run = ledger.begin("apply", ORG, T0)
        ledger.intend(run, "plan", ORG, changes, T0)
        no = Outcome(ref="2", ok=False, code="ODD\0", message="no \0 here")
        ledger.settle(run, [Outcome(ref="1", ok=True, id="1"), no], T0)
        assert ledger.last_written(ORG, "Account", ["1"])["1"]["F"].value == "a\0b"
        assert [(one.code, one.message) for one in ledger.refusals(run)] == [("ODD", "no  here")]


def test_a_ledger_on_a_full_disk_says_so(tmp_path: Path) -> None:
    """The system refuses every byte past a size, as it does on a disk or a quota without room."""
    script = """
        import resource, sys
        from datetime import UTC, datetime
        from connector.errors import CrmError
        from jobs.store.ledger import Ledger
        from mappings.changes import Change, FieldChange
        at = datetime(2026, 11, 22, tzinfo=UTC)
        fields = (FieldChange(name="F", old=None, new="x" * 500),)
        with Ledger(sys.argv[1]) as ledger:
            run = ledger.begin("apply", "salesforce:X", at)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
            try:
                for batch in range(100):
                    ledger.intend(run, "plan", "salesforce:X", [
                        Change(object="Account", action="update", id=f"{batch}-{n}", key=None, key_field=None,
                               fields=fields) for n in range(100)], at)
            except CrmError as error:
                print(type(error).__name__, error, sep="|")
            print(batch)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), ledger_url(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    kind, words = done.stdout.splitlines()[0].split("|")
    assert (kind, words) == (
        "TryAgain",
        f"{tmp_path}: the disk is full. Make room there (nothing was lost), then run again.",
    )
    batches = int(done.stdout.splitlines()[1])
    assert batches > 0
    with Ledger(ledger_url(tmp_path)) as ledger:
        assert len(ledger.open_intents("salesforce:X")) == batches * 100, "what was noted before is kept, and no more"


def test_a_disk_that_fails_though_it_has_room_asks_a_person(tmp_path: Path) -> None:
    database = SQLite(sa.make_url(ledger_url(tmp_path)))
    with pytest.raises(AskAPerson, match=r"The disk under the ledger .* fails"), database.spoken():
        raise sqlite3.OperationalError("disk I/O error")
    database.close()


def test_a_damaged_ledger_asks_a_person(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no ledger" * 1000)
    with pytest.raises(AskAPerson, match=r"is damaged. Put a backup in its place"):
        Ledger(ledger_url(tmp_path))


def test_a_ledger_locked_by_another_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.store.sqlite._PRAGMAS", ("journal_mode=WAL", "busy_timeout=10"))
    with Ledger(ledger_url(tmp_path)) as ledger:
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TryAgain, match=r"open in another program. Close it, then run again"):
            ledger.begin("pull", ORG, T0)
        other.close()
        assert ledger.begin("pull", ORG, T0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://host/db", "is of another kind of database"),
        ("postgresql+asyncpg://host/db", "is of another kind of database"),
        ("postgresql://host", "names no database"),
        ("postgresql://user:hush@hush@host/db", "@ as %40"),
        ("postgresql://user:hush@host:hush/db", "is no database URL"),
        ("hush", "is no database URL"),
    ],
)
def test_another_kind_of_database_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(GiveUp, match=words) as refused:
        Ledger(url)
    assert "hush" not in str(refused.value)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GiveUp, match="cannot write there"):
        Ledger(ledger_url(tmp_path / "file" / "deeper"))
