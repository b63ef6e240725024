"""What people see in a terminal: tables and panels that fit 80 columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from connector.port import SetupStep
from jobs.forget import Forgotten
from jobs.glance import glance, left_list
from jobs.result import JsonObject, RunResult, Shown, by_motion, expected
from jobs.review.words import named, told
from jobs.store.ledger import Refusal, Run
from jobs.telling import Telling
from jobs.unrated import rates_missing
from leads.find import Found
from leads.lifecycle import Worked, latest, lead_of
from leads.phrases import tidy
from mappings.canonical import Lead
from mappings.changes import Action, Plan
from mappings.money import major
from mappings.problems import Problem, counted

STATES = ("open", "waiting", "held", "suppressed")
_ENDS = {1: ": some refused", 2: ": could not run", 3: ": asked a person", 75: ": try again"}


def run_summary(result: RunResult, *, planned: bool = False) -> RenderableType:
    """What a run read, found and wrote; or, where it only `planned`, what it would write."""
    parts: list[RenderableType] = [_read_table(result)] if result.read else []
    if result.found:
        parts += [lead_counts(result.found.leads), *_unrated(result.found, result.found.leads)]
        parts += [asleep_list(result.found)] if result.found.asleep else []
    if result.plan:
        parts += [glance(result.plan), *_took(result)] if planned else [_written_line(result, result.plan)]
    if result.left:
        parts.append(left_list(result.left, result.plan))
    if result.first_write and result.written:
        parts.append(Words(f"This was the first run that wrote to {result.connection}."))
    parts += [left_alone(result)] if result.moved or result.gone else []
    parts += [Words(f"  refused: {text}", style="red") for text in result.refused[:10]]
    if len(result.refused) > 10:
        parts.append(Words(f"  ... and {len(result.refused) - 10} more; `tossup runs {result.run}` lists them all"))
    return Group(*parts)


def _read_table(result: RunResult) -> Table:
    table = Table(title=f"Read from {result.connection}", title_justify="left", box=None, pad_edge=False)
    table.add_column("object")
    for name in ("rows read", "deleted", "in the CRM"):
        table.add_column(name, justify="right")
    for name, counts in sorted(result.read.items()):
        table.add_row(Words(name), f"{counts['rows']:,}", f"{counts['deleted']:,}", f"{counts['crm_count']:,}")
    return table


def lead_counts(leads: Iterable[Lead]) -> Table:
    """Leads by motion and state."""
    table = Table(title="Leads", title_justify="left", box=None, pad_edge=False)
    table.add_column("motion")
    for state in STATES:
        table.add_column(state, justify="right")
    for motion, states in by_motion(leads).items():
        table.add_row(motion.replace("_", "-"), *(f"{states.get(state, 0):,}" for state in STATES))
    return table


def _unrated(found: Found, leads: Iterable[Lead]) -> list[RenderableType]:
    line = rates_missing(found, leads)
    return [] if line is None else [Words(line, style="yellow"), Words("")]


def asleep_list(found: Found) -> RenderableType:
    """The plays that are asleep, by what would wake them."""
    table = Table(
        title="Asleep for want of data",
        title_justify="left",
        box=None,
        pad_edge=False,
        show_header=False,
        style="dim",
    )
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    lineage = found.workings.ground.inputs.lineage
    for one in found.asleep:
        table.add_row(one.play, Words("; ".join(waking(need, lineage) for need in one.needs)))
    return table


def waking(need: str, sources: Mapping[str, str]) -> str:
    """`usage.quantity is not mapped`, or that the field it is read from is empty in the whole CRM."""
    columns = need.split("|")
    empty = [f"{sources[column]} ({column}) is empty" for column in columns if column in sources]
    absent = [column for column in columns if column not in sources]
    missing = [f"{' or '.join(absent)} {'is' if len(absent) == 1 else 'are'} not mapped"] if absent else []
    return ", ".join([*empty, *missing])


def _took(result: RunResult) -> Iterator[Words]:
    if result.pulled is not None:
        at = f"{result.pulled:%Y-%m-%d %H:%M}"
        yield Words(f"\nAs of the last pull, {at} UTC; `tossup pull` reads what changed since.")
    yield Words(f"\nThis took {counted(result.calls, 'call')} and {result.seconds:.1f} s.", style="dim")


def _written_line(result: RunResult, plan: Plan) -> Words:
    actions: tuple[Action, ...] = ("create", "update", "close", "remove")
    shown = (action for action in actions if action != "remove" or plan.count(action))
    counts = ", ".join(f"{plan.count(action):,} to {action}" for action in shown)
    conflicts = len(plan.conflicts) + len(result.moved)
    tail = f", left to people {conflicts:,}" if conflicts else ""
    written = f"written {result.written:,}, refused {len(result.refused):,}"
    return Words(
        f"Plan {plan.id}: {counts}; {written}{tail}; {counted(result.calls, 'call')}, {result.seconds:.1f} s."
    )


def left_alone(result: RunResult, limit: int = 10) -> RenderableType:
    """What somebody wrote, or took away, between planning and writing."""
    plan = result.plan
    lines = [Words(f"  left alone: {told(one, plan)}", style="yellow") for one in result.moved[:limit]]
    lines += [
        Words(f"  gone: {named(one, plan)} was deleted or merged since the plan", style="yellow")
        for one in result.gone[:limit]
    ]
    more = max(0, len(result.moved) - limit) + max(0, len(result.gone) - limit)
    return Group(*lines, *([Words(f"  ... and {more:,} more; --json tells them all")] if more else ()))


def lead_list(leads: Sequence[Lead], found: Found, order: Literal["value", "expected"]) -> RenderableType:
    """These leads by state, the best first: who, with what, for how much, and why; then the plays that are asleep."""
    first = _by_expected if order == "expected" else _by_value
    if not leads:
        return Words("No lead fits.")
    parts: list[RenderableType] = []
    for state in STATES:
        chosen = sorted((lead for lead in leads if lead.state == state), key=first)
        if chosen:
            parts += [_state_table(state, chosen, found, order), Words("")]
    parts += [lead_counts(leads), *_unrated(found, leads)]
    parts += [Words(""), asleep_list(found)] if found.asleep else []
    return Group(*parts)


def _by_expected(lead: Lead) -> tuple[bool, int, str]:
    """In the company's currency, as owners' lists are made; what has no rate comes last."""
    ranked = lead.facts.get("ranked")
    return ranked is None, -((expected(lead) or 0) if ranked is None else int(ranked)), str(lead.key)


def _by_value(lead: Lead) -> tuple[bool, float, str]:
    """Likewise: minor units of two currencies say nothing about each other."""
    ranked, own = lead.facts.get("ranked"), expected(lead)
    rate = int(ranked) / own if ranked is not None and own else 1
    return ranked is None, -(lead.value or 0) * rate, str(lead.key)


def _state_table(state: str, leads: Sequence[Lead], found: Found, order: Literal["value", "expected"]) -> Table:
    rules, before = found.workings.ground.inputs.rules, latest(found.worked)
    table = Table(title=f"{state} ({len(leads):,})", title_justify="left", box=None, pad_edge=False, expand=True)
    table.add_column("account, play, owner", ratio=5, overflow="fold")
    table.add_column("expected" if order == "expected" else "a year", justify="right", no_wrap=True)
    table.add_column("why", ratio=6, overflow="fold")
    telling = {currency: Telling(rules, currency) for currency in {lead.currency for lead in leads}}
    for lead in leads:
        play = f"{lead.play} {lead.product or ''}".rstrip()
        owner = tidy(lead.facts.get("owner_name") or "nobody")
        amount = expected(lead) if order == "expected" else lead.value
        who = Words(f"{tidy(lead.account_name)}\n {play}\n {owner}, {lead.priority}")
        told = [why(lead, telling[lead.currency]), *_made(before.get(lead_of(lead)))]
        table.add_row(who, money(amount, lead.currency), Words("\n".join(told)))
    return table


def _made(one: Worked | None) -> list[str]:
    return [] if one is None else [f"our last record: {stage_of(one)}"]


def stage_of(one: Worked) -> str:
    """What became of a lead that we made: `snoozed until 2026-12-02 (answered, deferred): not this year`."""
    until = f" until {one.until}" if one.until is not None else ""
    how = f" ({', '.join(one.how)})" if one.how else ""
    return f"{one.stage}{until}{how}" + (f": {one.reason}" if one.reason else "")


def why(lead: Lead, telling: Telling) -> str:
    """The reason that decided its state; for an open lead, the facts behind it."""
    if lead.reasons:
        return lead.reasons[0].text
    return "\n".join(telling.proof(proof) for proof in lead.evidence[:2])


def money(minor: int | None, currency: str) -> str:
    """`USD 12,400` or `JPY 1,200,000`: whole units, enough to decide by; `not known`."""
    if minor is None:
        return "not known"
    return f"{currency} {major(minor, currency):,.0f}"


def forgotten(result: Forgotten) -> Words:
    """What the store held of a person, in numbers."""
    held = result.ledger
    counts = (
        f"{counted(result.people, 'contact')}, {counted(held.plans, 'plan')}, {counted(held.intents, 'change')}, "
        f"{counted(held.written, 'record')} with values of ours, {counted(held.refusals, 'refusal')}"
    )
    if not result.done:
        return Words(f"The store of {result.connection} holds: {counts}. Nothing was changed; --yes takes it out.")
    return Words(
        f"Taken out of the store of {result.connection}: {counts}; {counted(result.rows, 'row')} of the mirror. "
        "What the CRM still holds of them comes back with the next pull."
    )


def setup_view(steps: Sequence[SetupStep]) -> RenderableType:
    """What `setup` would do."""
    if not steps:
        return Words("Everything is set up: nothing to create or grant.")
    return Group(*(Words(f"+ {step.text}") for step in steps), Words(f"{counted(len(steps), 'step')}."))


def run_list(runs: Sequence[Run]) -> Table:
    """The last runs, newest first: what each wrote, and how it ended."""
    title = f"Runs on {runs[0].connection}" if runs else "No run so far."
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("run", "verb", "began", "wrote", "ended with", "chance to win"):
        right = column == "wrote"
        table.add_column(column, overflow="fold", justify="right" if right else "left", no_wrap=column == "began")
    before = ""
    for run in runs:
        end = "still running or killed" if run.exit_code is None else f"exit {run.exit_code}"
        end += _ENDS.get(run.exit_code or 0, "")
        wrote = run.summary.get("written")
        chance = _chance(run.summary.get("model"))
        began = f"{run.began:%Y-%m-%d %H:%M}"
        said = "the same" if chance and chance == before else chance  # a long reason, told once
        before = chance or before
        table.add_row(run.id, run.verb, began, "" if wrote is None else f"{wrote:,}", end, said)
    return table


def _chance(model: Mapping[str, Any] | None) -> str:
    """Where the run's chances to win came from, in a few words."""
    if not model:
        return ""
    if not model["used"]:
        return f"base rates: {model['reason']}"
    return f"model {model['version']}, AUC {model['scores']['auc']:.2f}"


def run_json(run: Run) -> JsonObject:
    """One run in the machine interface of `tossup runs --json`."""
    return {
        "run": run.id,
        "verb": run.verb,
        "connection": run.connection,
        "began": run.began.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "exit_code": run.exit_code,
        "plan": run.summary.get("plan"),
        "written": run.summary.get("written", 0),
        "refused": run.summary.get("refused", 0),
        "model": run.summary.get("model"),
    }


def refusal_json(refusal: Refusal) -> JsonObject:
    """One refused record in the machine interface of `tossup runs RUN --json`."""
    return {"object": refusal.object, "ref": refusal.ref, "code": refusal.code, "message": refusal.message}


def refusal_list(refusals: Sequence[Refusal]) -> RenderableType:
    """What the CRM refused, in its own words, and what it did not tell about."""
    if not refusals:
        return Words("The CRM refused nothing in this run, and nothing is unclear.")
    table = Table(box=None, pad_edge=False)
    for column in ("object", "record or key", "code", "why"):
        table.add_column(column, overflow="fold")
    for one in refusals:
        table.add_row(*(Words(cell or "") for cell in (one.object, one.ref, one.code, one.message)))
    return table


def problem_lines(problems: Iterable[Problem], notes: Iterable[Problem]) -> str:
    """What is wrong, line by line; then, apart from it, what works but could be more."""
    wrong = [str(problem) for problem in problems] or ["No problem: everything the mapping speaks of is there."]
    more = [str(note) for note in notes]
    return "\n".join([*wrong, *(["", "It works as it is. It could do more:", *more] if more else [])])


def problems_json(problems: Iterable[Problem], notes: Iterable[Problem]) -> list[JsonObject]:
    """The machine interface of `tossup mappings check --json`: problems, then notes."""
    return [*(_problem_json("problem", one) for one in problems), *(_problem_json("note", one) for one in notes)]


def _problem_json(kind: str, problem: Problem) -> JsonObject:
    return {
        "kind": kind,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "text": problem.text,
        "suggestion": problem.suggestion,
    }


def demo_view(shown: Shown, command: str) -> RenderableType:
    """What the demo did, one task as its reader sees it, and where to look. `command` is how to call tossup here."""
    parts: list[RenderableType] = [run_summary(shown.result)]
    parts.append(Words(f"The second run wrote {counted(shown.again.written, 'record')}: nothing had changed.\n"))
    if shown.sample:
        parts.append(Panel(Words(shown.sample), title="One of the tasks, as its CSM reads it", title_align="left"))
    example = next((lead.account_name for lead in shown.leads if lead.state == "held"), "ACCOUNT")
    look = [
        f"  every task and toss-up it wrote: {shown.tasks}",
        "  every lead with its reason, one account's whole story, and the CRM itself:",
        f"    export TOSSUP_CRM={shown.crm} TOSSUP_STATE_DIR={shown.store}",
        *([f"    export TOSSUP_LANGUAGE={shown.language}"] if shown.language != "en" else []),
        f"    {command} leads",
        f"    {command} explain '{example}'",
        f"    {command} emulator --crm {shown.crm} --world demo \\",
        f"      --state {shown.state}",
    ]
    return Group(*parts, Words("\nWhere to look", style="bold"), Words("\n".join(look)))
