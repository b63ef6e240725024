"""The ledger: what we meant to write, what became of it, and why - in a database that survives a crash at any point.

An intent is committed before its call is sent and its outcome after the answer came, so that an intent without an
outcome is exactly a write that may or may not have happened. Losing the ledger loses no lead, because the keys live
in the CRM; but every value we wrote then looks like a person's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connector.errors import GiveUp, TryAgain
from connector.port import Outcome
from jobs.store.address import open_database
from jobs.store.answers import Answers
from jobs.store.database import upsert
from jobs.store.erase import Traces, about, erase
from jobs.store.hold import Hold
from jobs.store.records import (
    Known,
    OpenIntent,
    Refusal,
    Run,
    SavedPlan,
    Written,
    change_from_json,
    outcome_from_row,
    plan_from_bytes,
    plan_to_bytes,
)
from jobs.store.remote import RemoteJobs
from jobs.store.retain import prune
from jobs.store.revisions import bring_up
from jobs.store.seen import SeenRecords
from jobs.store.tables import LACKS_LINKS, LACKS_OUTCOME, intents, merged, outcomes, plans, runs, written
from jobs.store.unlinked import LINK_REFUSED, Unlinked, note_linked, unlinked
from jobs.store.words import Words
from jobs.store.written import join, remember
from mappings.changes import Change, Plan

__all__ = ["Known", "Ledger", "OpenIntent", "Refusal", "Run", "SavedPlan", "Written"]

# also where its links were refused: a record that was made is ours to close and to take back
_IS_THERE = outcomes.c.ok | (outcomes.c.created & outcomes.c.record_id.is_not(None))
_ASK = 5_000
"""Names in one query: SQLite takes at most 32,766 parameters."""


class Ledger:
    """The ledger at a URL (`sqlite:////var/lib/tossup/ledger.db`, `postgresql+psycopg://user:secret@host/database`).

    Its tables are made where missing and carried over where older. Every method is one transaction. Raises `TryAgain`
    when the disk is full, the server out of reach or another program keeps it locked, `GiveUp` when it cannot be
    written or is no ledger, `AskAPerson` when it is damaged. No message holds the password.
    """

    def __init__(self, url: str) -> None:
        self._database = open_database(url)
        self._holds: list[Hold] = []
        try:
            bring_up(self._database)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database. Closing twice is harmless."""
        self._database.close()

    @contextmanager
    def locked(self, connection: str, verb: str) -> Iterator[None]:
        """No other run on this connection while the block lasts; the lock of a killed run frees itself.

        Raises `TryAgain` at once when another run is under way, here or on a machine that shares the ledger; and from
        `intend` and `settle` when the lock was lost meanwhile.
        """
        hold = Hold(self._database, connection, verb)
        self._holds.append(hold)
        try:
            yield
        finally:
            self._holds.remove(hold)
            hold.release()

    def begin(self, verb: str, connection: str, at: datetime) -> str:
        """Note that a run has begun; returns its id."""
        with self._database.writing() as con:
            query = sa.insert(runs).values(verb=verb, connection=connection, began=at).returning(runs.c.id)
            return str(con.scalar(query))

    def end(
        self, run: str, exit_code: int, summary: Mapping[str, Any] | None = None, at: datetime | None = None
    ) -> None:
        """Note how a run ended. `summary` is any JSON."""
        with self._database.writing() as con:
            values = {"exit_code": exit_code, "summary": dict(summary or {}), "ended": at}
            con.execute(sa.update(runs).where(runs.c.id == int(run)).values(**values))

    def runs(self, n: int = 20, connection: str | None = None, before: str | None = None) -> tuple[Run, ...]:
        """The latest runs, newest first; only those on one connection, or before one run, where it is given."""
        query = sa.select(runs).order_by(runs.c.id.desc()).limit(n)
        if connection is not None:
            query = query.where(runs.c.connection == connection)
        if before is not None:
            query = query.where(runs.c.id < _number(before))
        with self._database.reading() as con:
            rows = con.execute(query).mappings().all()
        return tuple(Run(**{**row, "id": str(row["id"]), "summary": row["summary"] or {}}) for row in rows)

    def refusals(self, run: str) -> tuple[Refusal, ...]:
        """Every record that the CRM refused in a run, in the order they were sent."""
        columns = [intents.c.object, intents.c.ref, outcomes.c.code, outcomes.c.message, outcomes.c.retryable]
        query = (
            sa.select(*columns)
            .join_from(intents, outcomes)
            .where(intents.c.run == _number(run), outcomes.c.ok.is_(False))
            .order_by(intents.c.id)
        )
        with self._database.reading() as con:
            return tuple(Refusal(**row) for row in con.execute(query).mappings())

    def written_by(self, run: str) -> tuple[tuple[Change, Outcome], ...]:
        """Everything that a run wrote, newest first: each change with the values it found (`old`) and its outcome."""
        columns = [outcomes.c[name] for name in ("ok", "record_id", "created", "code", "message", "retryable")]
        query = (
            sa.select(intents.c.change, intents.c.ref, *columns)
            .join_from(intents, outcomes)
            .where(intents.c.run == _number(run), _IS_THERE)
            .order_by(intents.c.id.desc())
        )
        with self._database.reading() as con:
            rows = con.execute(query).mappings().all()
        return tuple((change_from_json(row["change"]), outcome_from_row(row)) for row in rows)

    def later(self, run: str) -> tuple[tuple[str, Change], ...]:
        """What later runs wrote to the records that this run wrote, oldest first: each run with its change."""
        first = intents.alias()
        same = sa.exists().where(
            first.c.run == _number(run),
            first.c.ref == intents.c.ref,
            first.c.object == intents.c.object,
            first.c.connection == intents.c.connection,
        )
        query = (
            sa.select(intents.c.run, intents.c.change)
            .join_from(intents, outcomes)
            .where(intents.c.run > _number(run), _IS_THERE, same)
            .order_by(intents.c.id)
        )
        with self._database.reading() as con:
            return tuple((str(one), change_from_json(change)) for one, change in con.execute(query).all())

    def save_plan(self, plan: Plan, at: datetime) -> None:
        """Keep the whole plan. Saving the same plan again only moves its time."""
        values = {
            "id": plan.id,
            "connection": plan.connection,
            "at": at,
            "creates": plan.count("create"),
            "updates": plan.count("update"),
            "closes": plan.count("close") + plan.count("remove"),
            "conflicts": len(plan.conflicts),
            "calls": plan.calls,
            "body": plan_to_bytes(plan),
        }
        with self._database.writing() as con:
            upsert(con, plans, [values])

    def plan(self, id: str) -> Plan:
        """The plan with this id, or the only one whose id begins so. Raises `GiveUp` for none or several."""
        found = sa.func.substr(plans.c.id, 1, len(id)) == id
        with self._database.reading() as con:
            rows = con.execute(sa.select(plans.c.id, plans.c.body).where(found).limit(2)).all()
        if not id or not rows:
            raise GiveUp(f"There is no plan {id}. {self._latest_plans()}")
        if len(rows) > 1:
            raise GiveUp(f"Several plans begin with {id}. Give more of the id. {self._latest_plans()}")
        return plan_from_bytes(*rows[0])

    def plans(self, n: int = 20, connection: str | None = None) -> tuple[SavedPlan, ...]:
        """The latest plans without their changes, newest first; those for one connection only, where it is given."""
        columns = [column for column in plans.c if column.name != "body"]
        query = sa.select(*columns).order_by(plans.c.at.desc(), plans.c.id).limit(n)
        if connection is not None:
            query = query.where(plans.c.connection == connection)
        with self._database.reading() as con:
            rows = con.execute(query).mappings().all()
        return tuple(SavedPlan(**row) for row in rows)

    def intend(self, run: str, plan: str, connection: str, changes: Sequence[Change], at: datetime) -> None:
        """Note what is about to be written. Only call the CRM after this has returned.

        Raises `TryAgain`, and notes nothing, when a later run holds the connection.
        """
        rows = [
            {
                "run": _number(run),
                "plan": plan,
                "connection": connection,
                "object": change.object,
                "ref": change.ref,
                "change": change,
                "at": at,
                "lacks": LACKS_OUTCOME,
            }
            for change in changes
        ]
        with self._database.writing() as con:
            lost = self._lost(con)
            if rows and not lost:
                con.execute(sa.insert(intents), rows)
        _stop(lost)

    def settle(self, run: str, settled: Iterable[Outcome], at: datetime, object: str | None = None) -> None:
        """Note what became of intents of this run, by ref; what was written is remembered field by field.

        `object`: the one they are all of; a task and a lead record may share a ref, and of one nothing be known yet.
        An outcome that was noted before changes nothing, and one that is unclear is none: its intent stays open, as
        after a crash, until somebody looked. Raises ValueError for one that nobody intended; `TryAgain`, with all of
        them noted, when a later run holds the connection: then nothing more may be written.
        """
        with self._database.writing() as con:
            for chunk in _chunks([outcome for outcome in settled if not outcome.unclear], _ASK):
                self._settle(con, run, {outcome.ref: outcome for outcome in chunk}, at, object)
            lost = self._lost(con)
        _stop(lost)

    def open_intents(self, connection: str) -> tuple[OpenIntent, ...]:
        """Intents without outcome, oldest first: what a crash may have left half done.

        One that a later run wrote again is settled by that.
        """
        later = intents.alias()
        again = sa.exists().where(
            later.c.ref == intents.c.ref,
            later.c.object == intents.c.object,
            later.c.connection == intents.c.connection,
            later.c.id > intents.c.id,
        )
        query = (
            sa.select(intents.c.run, intents.c.plan, intents.c.change, intents.c.at)
            .join_from(intents, outcomes, isouter=True)
            .where(
                intents.c.lacks == LACKS_OUTCOME,  # alone it would do, but for runs of the version before
                outcomes.c.intent.is_(None),
                intents.c.connection == connection,
                ~again,
            )
            .order_by(intents.c.id)
        )
        with self._database.reading() as con:
            rows = con.execute(query).all()
        return tuple(
            OpenIntent(run=str(run), plan=plan, change=change_from_json(change), at=at)
            for run, plan, change, at in rows
        )

    def unlinked(self, connection: str) -> tuple[Unlinked, ...]:
        """Records that were made without their links, oldest first."""
        with self._database.reading() as con:
            return unlinked(con, connection)

    def note_linked(self, some: Sequence[Unlinked]) -> None:
        """They have their links, or cannot have them any more."""
        with self._database.writing() as con:
            note_linked(con, some)

    def has_written(self, connection: str) -> bool:
        """Whether anything was ever written to this connection."""
        query = sa.select(sa.exists().where(written.c.connection == connection))
        with self._database.reading() as con:
            return bool(con.execute(query).scalar_one())

    def last_written(self, connection: str, object: str, refs: Iterable[str]) -> dict[str, dict[str, Written]]:
        """What we last wrote to these records (by key or record id), by field; absent: never written."""
        asked = sorted(set(refs))
        found: dict[str, dict[str, Written]] = {}
        with self._database.reading() as con:
            for chunk in _chunks(asked, _ASK):
                for column in (written.c.ref, written.c.record_id):
                    rows = con.execute(
                        sa.select(column, written.c.record_id, written.c.fields).where(
                            written.c.connection == connection, written.c.object == object, column.in_(chunk)
                        )
                    )
                    for ref, id, fields in rows:
                        join(found.setdefault(ref, {}), id, fields)
        return found

    def keys(self, connection: str, only: Collection[str] | None = None) -> dict[tuple[str, str], Known]:
        """Every record of ours that carries a key, by object and key: a toss-up's task and lead record share one.

        `only`: those with one of these keys, without reading the others.
        """
        query = sa.select(written.c.key, written.c.object, written.c.record_id, written.c.at, written.c.closed)
        query = query.where(written.c.connection == connection).order_by(written.c.at, written.c.ref)
        chunks = [None] if only is None else _chunks(sorted(set(only)), _ASK)
        found: dict[tuple[str, str], Known] = {}
        with self._database.reading() as con:
            for chunk in chunks:
                of = written.c.key.is_not(None) if chunk is None else written.c.key.in_(chunk)
                for key, object, id, at, closed in con.execute(query.where(of)):
                    found[object, key] = Known(object=object, id=id, at=at, closed=closed)
        return found

    def accounts(self, connection: str) -> set[str]:
        """The accounts that the keys of our records name: what stands before the first slash."""
        first = sa.func.strpos if self._database.engine.dialect.name == "postgresql" else sa.func.instr
        account = sa.func.substr(written.c.key, 1, first(written.c.key, "/") - 1)
        keyed = (written.c.connection == connection) & (first(written.c.key, "/") > 1)
        with self._database.reading() as con:
            return set(con.scalars(sa.select(account).where(keyed).distinct()))

    def erase(self, connection: str, words: Words, *, write: bool, anyway: bool = False) -> Traces:
        """What it holds of a person; with `write`, taken out, its file included.

        Raises `TryAgain` where it is unclear what became of something written about them; `anyway`: a person decided
        that it no longer counts.
        """
        refs = about(self._database, connection, words)
        unclear = [one for one in self.open_intents(connection) if (one.change.object, one.change.ref) in refs]
        if unclear and not anyway:
            raise TryAgain(_unclear(unclear))
        for one in unclear if write else ():
            gone = Outcome(ref=one.change.ref, ok=False, code="FORGOTTEN")
            self.settle(one.run, [gone], one.at, one.change.object)
        return erase(self._database, connection, words, refs, write=write)

    def remote_jobs(self, connection: str) -> RemoteJobs:
        """Jobs in which the CRM writes by itself."""
        return RemoteJobs(self._database, connection, self._lost)

    def answers(self, connection: str) -> Answers:
        """What people answered on records of ours, and since when."""
        return Answers(self._database, connection)

    def seen(self, connection: str) -> SeenRecords:
        """What is ours in the CRM though this ledger did not write it."""
        return SeenRecords(self._database, connection)

    def prune(self, connection: str, before: datetime) -> int:
        """Drop what was planned and done before this moment; what was last written to each record stays. How many."""
        with self._database.writing() as con:
            return prune(con, connection, before)

    def merged(self, connection: str, object: str) -> dict[str, str | None]:
        """What became of records that are no longer there, by id: merged into that one, or (None) deleted."""
        query = sa.select(merged.c.id, merged.c.into).where(
            merged.c.connection == connection, merged.c.object == object
        )
        with self._database.reading() as con:
            return {row.id: row.into for row in con.execute(query.order_by(merged.c.id))}

    def note_merged(self, connection: str, object: str, found: Mapping[str, str | None], at: datetime) -> None:
        """Remember what became of these records."""
        told = {"connection": connection, "object": object, "at": at}
        with self._database.writing() as con:
            for chunk in _chunks([{**told, "id": id, "into": into} for id, into in sorted(found.items())], _ASK):
                upsert(con, merged, chunk)

    def note_back(self, connection: str, object: str, ids: Iterable[str]) -> None:
        """Forget what was remembered of these records, which are there again."""
        here = (merged.c.connection == connection) & (merged.c.object == object)
        with self._database.writing() as con:
            for chunk in _chunks(sorted(ids), _ASK):
                con.execute(sa.delete(merged).where(here, merged.c.id.in_(chunk)))

    def _settle(
        self, con: sa.Connection, run: str, settled: dict[str, Outcome], at: datetime, object: str | None
    ) -> None:
        query = (
            sa.select(intents, outcomes.c.intent.label("done"))
            .join_from(intents, outcomes, isouter=True)
            .where(intents.c.run == _number(run), intents.c.ref.in_(settled))
            .where(intents.c.object == object if object is not None else sa.true())
        )
        meant = con.execute(query).all()
        if unknown := settled.keys() - {row.ref for row in meant}:
            raise ValueError(f"run {run} never intended {sorted(unknown)[0]}")
        todo = [row for row in meant if row.done is None]
        if not todo:
            return
        con.execute(sa.insert(outcomes), [_outcome_row(row.id, settled[row.ref], at) for row in todo])
        _mark(con, [(row.id, settled[row.ref]) for row in todo])
        there = [row for row in todo if settled[row.ref].ok or _half_made(settled[row.ref])]
        remember(con, [(row, settled[row.ref]) for row in there], at)

    def _lost(self, con: sa.Connection) -> list[Hold]:
        return [hold for hold in self._holds if not hold.is_ours(con)]

    def _latest_plans(self) -> str:
        latest = ", ".join(saved.id for saved in self.plans(3))
        return f"The latest: {latest}." if latest else "Run `tossup plan` to make one."


def ledger_url(folder: Path) -> str:
    """The URL of the ledger kept in a folder."""
    return f"sqlite:///{(folder / 'ledger.db').absolute()}"


def _unclear(some: Sequence[OpenIntent]) -> str:
    objects = ", ".join(sorted({one.change.object for one in some}))
    sent = f"{some[0].at:%Y-%m-%d %H:%M} UTC"
    return (
        f"A run was cut off, and it is unclear whether {len(some):,} writes about this person arrived ({objects}, "
        f"the first sent {sent}). Run `tossup sync --yes`; what is not there a day after it was sent no longer "
        "counts. While an object is hidden from our user (`tossup rights`) nobody can tell: show it again, or add "
        "--anyway, and these writes are forgotten too, whatever became of them."
    )


def _stop(lost: list[Hold]) -> None:
    for hold in lost:
        raise hold.lost()


def _half_made(outcome: Outcome) -> bool:
    return outcome.created and outcome.id is not None


def _mark(con: sa.Connection, done: Sequence[tuple[int, Outcome]]) -> None:
    """Note what these intents still lack, now that their outcomes are known."""
    bare = [id for id, outcome in done if _half_made(outcome) and outcome.code == LINK_REFUSED]
    rest = sorted({id for id, _ in done}.difference(bare))
    for lacks, ids in ((LACKS_LINKS, bare), (None, rest)):
        if ids:
            con.execute(sa.update(intents).where(intents.c.id.in_(ids)).values(lacks=lacks))


def _number(run: str) -> int:
    # longer numbers fit into no column
    return int(run) if run.isdecimal() and len(run) <= 18 else -1


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _outcome_row(intent: int, outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {
        "intent": intent,
        "at": at,
        "ok": outcome.ok,
        "record_id": outcome.id,
        "created": outcome.created,
        "code": _without_zeros(outcome.code),
        "message": _without_zeros(outcome.message),
        "retryable": outcome.retryable,
    }


def _without_zeros(text: str | None) -> str | None:
    # PostgreSQL keeps no text with a zero byte in it
    return text and text.replace("\0", "")
