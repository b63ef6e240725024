"""What Tossup can be told to do: each verb one function from settings to a result, which the command line prints."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from connector.errors import GiveUp
from jobs import canary as canaries
from jobs import safety
from jobs.answered import note_answers
from jobs.apply import Applied, apply_plan
from jobs.asked import still_asked
from jobs.before import checker
from jobs.called import with_names
from jobs.currencies import currency_notes
from jobs.decide import Decided, decide, read
from jobs.explain import Story, account_called
from jobs.explain import explain as explain_account
from jobs.failures import failure_of
from jobs.forget import Forgotten
from jobs.forget import forget as forget_person
from jobs.left_behind import stop_left
from jobs.merged import follow
from jobs.plan import make_plan, without_made
from jobs.plans import kept_plans, plan_given, reviewed
from jobs.progress import Report
from jobs.pull import pull as pull_objects
from jobs.recover import recover
from jobs.relink import relink
from jobs.result import RunResult
from jobs.review.kept import KeptPlan
from jobs.review.outline import Outline
from jobs.rights import Rights
from jobs.rights import rights as rights_of
from jobs.seen import note_seen
from jobs.settings import Settings
from jobs.setup import SetupResult, set_up
from jobs.store.ledger import Refusal, Run
from jobs.undo import known, undo_plan
from jobs.view import View, latest_view, load_view, save_view
from jobs.wiring import Work, address_of, open_ledger, open_store, open_work, rules_of
from leads.find import Found
from leads.lifecycle import worked
from leads.past import notes
from mappings.changes import Plan
from mappings.check import check as check_rules
from mappings.check import notes as check_notes
from mappings.load import init as preset_texts
from mappings.load import positions
from mappings.needs import needs
from mappings.problems import BadConfig, Problem, counted, in_order
from mappings.sources import lineage
from mappings.write import wanted_fields


def setup(settings: Settings, *, apply: bool) -> SetupResult:
    """What the CRM lacks; with `apply`, put there."""
    with open_work(settings, "setup") as work:
        return set_up(work, apply=apply)


def rights(settings: Settings) -> Rights:
    """The least that our login must be allowed for what is configured now, against what it is allowed."""
    with open_work(settings, "rights") as work:
        return rights_of(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """How carefully a run writes: what a person accepts unasked, and how many of a kind go first (None: setting).

    `stop`: write only those, look at them, and leave the rest to a person.
    """

    accept: Collection[str] = ()
    canary: int | None = None
    stop: bool = False


USUAL = Caution()


def pull(settings: Settings, *, full: bool, report: Report, caution: Caution = USUAL) -> RunResult:
    """Read what changed since the last pull; all of it with `full`."""
    with open_work(settings, "pull") as work, _run(work, "pull") as run:
        _pull(work, run, full=full, report=report)
        recover(work, write=False)
        _stop_at(work, run, safety.shrunken(work), caution)
    return run.result


def plan(settings: Settings, *, report: Report) -> RunResult:
    """Decide from what was last pulled, and keep the plan."""
    with open_work(settings, "plan") as work, _run(work, "plan") as run:
        view = load_view(work.folder)
        if view is None:
            raise GiveUp(f"Nothing was pulled from {work.connection} yet. Run `tossup pull` first.")
        _check(work)
        _plan(work, run, view, report)
        run.result = replace(run.result, pulled=view.now)
    return run.result


def apply(settings: Settings, plan: str, *, report: Report, caution: Caution = USUAL) -> RunResult:
    """Write a kept plan (by id) or one in a file, as far as it is asked for, without what somebody changed since."""
    with open_work(settings, "apply") as work, _run(work, "apply") as run:
        kept = plan_given(work, plan)
        _check(work)
        view = _pull(work, run, full=False, report=report)
        shrunken = safety.shrunken(work)
        recover(work, write=not shrunken)
        run.result = replace(run.result, plan=kept)
        _stop_at(work, run, shrunken, caution)
        again = relink(work, run.id)
        report("find leads", 0, None)
        asked = still_asked(work, without_made(work, kept), view)
        run.result = replace(run.result, left=asked.left)
        _apply(work, run, asked.plan, report, caution)
        run.result = replace(run.result, refused=(*again, *run.result.refused))
    return run.result


def sync(settings: Settings, *, write: bool, full: bool, report: Report, caution: Caution = USUAL) -> RunResult:
    """Pull, plan and, with `write`, apply."""
    with open_work(settings, "sync") as work, _run(work, "sync", asks=not write) as run:
        _check(work)
        view = _pull(work, run, full=full, report=report)
        shrunken = safety.shrunken(work)
        recover(work, write=write and not shrunken)
        decided = _plan(work, run, view, report)
        plan = run.result.plan
        unusual = safety.unusual(work, plan, decided) if write and plan is not None and not caution.stop else []
        _stop_at(work, run, [*shrunken, *unusual], caution)
        if write and plan is not None:
            again = relink(work, run.id)
            _apply(work, run, plan, report, caution)
            run.result = replace(run.result, refused=(*again, *run.result.refused))
    return run.result


def undo(settings: Settings, run: str, *, write: bool, report: Report, caution: Caution = USUAL) -> RunResult:
    """Plan to take back what a run wrote where that is still ours and, with `write`, do it."""
    with open_work(settings, "undo") as work:
        known(work.ledger, work.connection, run)  # before this run has a number itself: it may be the one asked for
        return _undo(work, run, write=write, report=report, caution=caution)


def _undo(work: Work, run: str, *, write: bool, report: Report, caution: Caution) -> RunResult:
    with _run(work, "undo", asks=not write) as now:
        undoing = undo_plan(work, run)
        undoing = replace(undoing, plan=with_names(work, undoing.plan, undoing.left, run))
        work.ledger.save_plan(undoing.plan, work.crm.now())
        now.result = replace(now.result, plan=undoing.plan, left=undoing.left)
        if write:
            levels = {} if safety.shrunken(work) else safety.levels(work)
            now.result = replace(now.result, levels=levels)
            _apply(work, now, undoing.plan, report, caution)
    return now.result


def find_leads(settings: Settings, as_of: date | None = None) -> Found:
    """Every lead as of the last pull, or of a day before it. Makes no call, writes nothing."""
    view = _latest(settings)
    with open_store(settings, view.connection) as (mirror, ledger):
        found = decide(mirror, ledger, rules_of(settings, view.crm), view, as_of).found
        return replace(found, worked=worked(found.workings.ground))


def as_of_notes(settings: Settings, as_of: date) -> tuple[str, ...]:
    """What an answer as of this day cannot know, in sentences; nothing where it is the day of the last pull."""
    view = _latest(settings)
    rules = rules_of(settings, view.crm)
    return notes(as_of, lineage(rules.mapping, view.schema)) if as_of < view.today(rules) else ()


def explain(settings: Settings, account: str, as_of: date | None = None) -> Story:
    """Why this account has the leads it has, or had on a past day. Makes no call, writes nothing."""
    view = _latest(settings)
    rules = rules_of(settings, view.crm)
    with open_store(settings, view.connection) as (mirror, ledger):
        tables = read(mirror, ledger, rules, view, as_of)
        account_called(account, tables["account"])  # who asks for nobody should not wait for everybody's leads
        return explain_account(account, decide(mirror, ledger, rules, view, as_of, tables))


def check(settings: Settings, folder: Path | None) -> tuple[list[Problem], list[Problem]]:
    """Every problem of the configuration, with itself and with the live CRM; and what works but could be more."""
    if folder is not None:
        settings = settings.model_copy(update={"config": folder})
    try:
        with open_work(settings, "check") as work:
            asked = (work.rules, work.schema, positions(work.crm.name, settings.config))
            more = [*check_notes(*asked), *currency_notes(work.crm, work.rules.mapping, work.schema, asked[2])]
            return check_rules(*asked), in_order(more)
    except BadConfig as error:
        return list(error.problems), []


def init(folder: Path, crm: str) -> Sequence[Path]:
    """Copy the presets of a CRM into a folder; files that are there are kept. Returns those written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path, text in preset_texts(folder, crm).items():
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def runs(settings: Settings, last: int) -> Sequence[Run]:
    """The last runs, newest first."""
    connection = _latest(settings).connection
    with open_ledger(settings, connection) as ledger:
        return ledger.runs(last, connection)


def plans(settings: Settings, last: int) -> Sequence[KeptPlan]:
    """The last plans, newest first."""
    return kept_plans(settings, _latest(settings), last)


def review(settings: Settings, plan: str) -> Outline:
    """One kept plan, in the order people read it."""
    return reviewed(settings, _latest(settings), plan)


def refusals(settings: Settings, run: str) -> Sequence[Refusal]:
    """Every record that the CRM refused in a run, then those of which nobody knows yet whether they were written.

    Raises GiveUp where there is no such run.
    """
    connection = _latest(settings).connection
    with open_ledger(settings, connection) as ledger:
        known(ledger, connection, run)
        unclear = [one.unclear() for one in ledger.open_intents(connection) if one.run == run]
        return (*ledger.refusals(run), *unclear)


def forget(settings: Settings, who: str, also: Sequence[str], *, write: bool, anyway: bool = False) -> Forgotten:
    """What the store holds of a person; with `write`, taken out. Makes no call."""
    return forget_person(settings, _latest(settings), who, also, write=write, anyway=anyway)


def _latest(settings: Settings) -> View:
    return latest_view(settings.state_dir, settings.crm, address_of(settings))


@dataclass(slots=True)
class _Run:
    """A run under way and what it did so far."""

    result: RunResult

    @property
    def id(self) -> str:
        return self.result.run

    @property
    def planned(self) -> bool:
        """Whether there is something to write."""
        return self.result.plan is not None and bool(self.result.plan.changes)


@contextmanager
def _run(work: Work, verb: str, *, asks: bool = False) -> Iterator[_Run]:
    """Note the run's beginning and end, whatever the end; one that `asks` leaves its plan to a person."""
    began = time.monotonic()
    id, first = work.ledger.begin(verb, work.connection, work.crm.now()), not work.ledger.has_written(work.connection)
    run = _Run(result=RunResult(run=id, connection=work.connection, first_write=first))
    exit_code = 70
    try:
        stop_left(work)
        yield run
        exit_code = 1 if run.result.refused else 3 if asks and run.planned else 0
        work.ledger.prune(work.connection, work.crm.now() - timedelta(days=work.settings.keep_days))
    except BaseException as error:
        failure = failure_of(error)
        exit_code = failure.exit_code if failure else 70
        raise
    finally:
        run.result = replace(run.result, calls=work.crm.calls, seconds=time.monotonic() - began)
        work.ledger.end(id, exit_code, run.result.to_ledger(), work.crm.now())


def _check(work: Work) -> None:
    """Raise before anything is read or written: every problem of the configuration, or what setup has yet to make."""
    problems = check_rules(work.rules, work.schema, positions(work.crm.name, work.settings.config))
    if problems:
        raise BadConfig(problems)
    objects = work.schema.objects
    wanted = wanted_fields(work.rules.mapping, work.schema)
    absent = [f"{one.object}.{one.name}" for one in wanted if one.name not in objects[one.object].fields]
    if absent:
        more = f" and {len(absent) - 5:,} more" if len(absent) > 5 else ""
        raise GiveUp(
            f"{counted(len(absent), 'field that Tossup needs is', 'fields that Tossup needs are')} not in "
            f"{work.connection}, or hidden from our user: "
            f"{', '.join(absent[:5])}{more}. Run `tossup setup` to see what it would create, `tossup setup --apply` "
            "to do it."
        )


def _pull(work: Work, run: _Run, *, full: bool, report: Report) -> View:
    work.mirror.claim(work.connection)
    note_seen(work)  # what people took away meanwhile is gone from the mirror in a moment
    read = _read(work, full=full, report=report)
    note_seen(work, binned=True)
    run.result = replace(run.result, read=read)
    follow(work)
    view = work.view()
    save_view(work.folder, view)
    return view


def _read(work: Work, *, full: bool, report: Report) -> dict[str, dict[str, int]]:
    wanted = needs(work.rules.mapping, work.schema)
    pulled = pull_objects(work.crm, work.mirror, wanted, work.schema, full=full, progress=report)
    return {
        name: {"rows": one.rows, "crm_count": one.crm_count, "deleted": one.deleted}
        for name, one in pulled.read.items()
    }


def _plan(work: Work, run: _Run, view: View, report: Report) -> Decided:
    report("find leads", 0, None)
    decided = decide(work.mirror, work.ledger, work.rules, view)
    note_answers(work, decided.tables["ours"])
    report("plan", 0, None)
    made = make_plan(work, decided, view)
    work.ledger.save_plan(made, work.crm.now())
    run.result = replace(run.result, found=decided.found, plan=made)
    return decided


def _stop_at(work: Work, run: _Run, breaches: Sequence[safety.Breach], caution: Caution) -> None:
    safety.stop_at(breaches, caution.accept, run.result.plan)
    run.result = replace(run.result, levels=safety.levels(work))


def _apply(work: Work, run: _Run, plan: Plan, report: Report, caution: Caution) -> None:
    """Write the plan: some records of each kind, which are looked at, and then the others."""
    safety.within_budget(work, plan)
    n = work.settings.canary if caution.canary is None else caution.canary
    first, rest = canaries.split(plan, n)
    applied, look = Applied(), checker(work)
    try:
        apply_plan(work.crm, work.ledger, plan, run.id, report, look, applied, first)
        canaries.check(work, plan, first, rest, applied, stop=caution.stop)
        apply_plan(work.crm, work.ledger, plan, run.id, report, look, applied, rest)
    finally:
        run.result = replace(
            run.result,
            written=applied.written,
            refused=tuple(applied.refused),
            moved=tuple(applied.moved),
            gone=tuple(applied.gone),
            left=(*run.result.left, *applied.left),
            levels=safety.lowered(run.result.levels, plan, applied),
        )
