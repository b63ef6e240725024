"""What people see in a terminal: tables and panels that fit 80 columns."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from connector.port import SetupStep
from jobs.result import JsonObject, RunResult, Shown, by_motion
from jobs.store.ledger import Refusal, Run
from leads.find import Asleep
from mappings.canonical import Lead
from mappings.changes import Action, Change, Plan
from mappings.money import major
from mappings.problems import Problem

STATES = ("open", "waiting", "held", "suppressed")
_MARK = {"create": "+", "update": "~", "close": "x", "remove": "-"}


def run_summary(result: RunResult) -> RenderableType:
    """What a run read, found and wrote."""
    parts: list[RenderableType] = [_read_table(result)] if result.read else []
    if result.found:
        parts.append(lead_counts(result.found.leads))
        parts += [_asleep(result.found.asleep)] if result.found.asleep else []
    if result.plan:
        parts.append(_written_line(result, result.plan))
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
        table.add_row(escape(name), f"{counts['rows']:,}", f"{counts['deleted']:,}", f"{counts['crm_count']:,}")
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


def _asleep(plays: Sequence[Asleep]) -> Words:
    listed = "; ".join(f"{item.play} needs {', '.join(item.needs)}" for item in plays)
    return Words(f"Asleep for want of data: {listed}.", style="dim")


def _written_line(result: RunResult, plan: Plan) -> Words:
    actions: tuple[Action, ...] = ("create", "update", "close", "remove")
    shown = (action for action in actions if action != "remove" or plan.count(action))
    counts = ", ".join(f"{plan.count(action):,} to {action}" for action in shown)
    conflicts = len(plan.conflicts) + result.moved
    tail = f", left to people {conflicts:,}" if conflicts else ""
    written = f"written {result.written:,}, refused {len(result.refused):,}"
    return Words(f"Plan {plan.id}: {counts}; {written}{tail}; {result.calls:,} calls, {result.seconds:.1f} s.")


def plan_view(plan: Plan, limit: int = 20) -> RenderableType:
    """A plan, field by field, the first `limit` records of each kind."""
    parts: list[RenderableType] = [
        Words(f"Plan {plan.id} for {plan.connection}: {len(plan.changes):,} records, about {plan.calls:,} calls")
    ]
    shown: dict[tuple[str, str], int] = {}
    for change in plan.changes:
        kind = (change.object, change.action)
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= limit:
            parts.append(_change(change))
    parts += [
        Words(f"  ... and {count - limit:,} more {obj} to {action}", style="dim")
        for (obj, action), count in shown.items()
        if count > limit
    ]
    parts += [
        Words(f"! {c.object} {c.id} {c.field}: holds {c.theirs!r}, not ours ({c.base!r}); left alone", style="yellow")
        for c in plan.conflicts[:limit]
    ]
    return Group(*parts)


def _change(change: Change) -> Words:
    lines = [f"{_MARK[change.action]} {change.object} {change.ref}"]
    lines += [f"    {field.name}: {_brief(field.old)} -> {_brief(field.new)}" for field in change.fields]
    return Words("\n".join(lines))


def _brief(value: object) -> str:
    text = "(empty)" if value in (None, "") else str(value).replace("\n", " / ")
    return text if len(text) <= 60 else text[:59] + "…"


def lead_list(leads: Sequence[Lead]) -> RenderableType:
    """Leads by state, most valuable first: who, with what, for how much, and why."""
    parts: list[RenderableType] = []
    for state in STATES:
        chosen = sorted((lead for lead in leads if lead.state == state), key=lambda one: (-one.value, str(one.key)))
        if chosen:
            parts.append(_state_table(state, chosen))
    return Group(*parts)


def _state_table(state: str, leads: Sequence[Lead]) -> Table:
    table = Table(title=f"{state} ({len(leads):,})", title_justify="left", box=None, pad_edge=False, expand=True)
    table.add_column("account, play", ratio=5, overflow="fold")
    table.add_column("a year", justify="right", no_wrap=True)
    table.add_column("why", ratio=6, overflow="fold")
    for lead in leads:
        play = f"{lead.play} {lead.product or ''}"
        table.add_row(Words(f"{lead.account_name}\n  {play}"), money(lead.value, lead.currency), Words(why(lead)))
    return table


def why(lead: Lead) -> str:
    """The reason that decided its state; for an open lead, the facts behind it."""
    if lead.reasons:
        return lead.reasons[0].text
    return ", ".join(f"{e.fact.replace('_', ' ')} {e.value} {e.unit}" for e in lead.evidence[:2])


def money(minor: int, currency: str) -> str:
    """`USD 12,400` or `JPY 1,200,000`: whole units, enough to decide by."""
    return f"{currency} {major(minor, currency):,.0f}"


def account_story(name: str, account_id: str, leads: Sequence[Lead], facts: Sequence[tuple[str, str, str]]) -> Group:
    """Everything about one account: facts with their fields, then every play considered and every gate's answer."""
    table = Table(box=None, pad_edge=False, title="Facts", title_justify="left")
    for column in ("fact", "value", "read from"):
        table.add_column(column, overflow="fold")
    for row in facts:
        table.add_row(*(escape(cell) for cell in row))
    return Group(Words(f"{name}  {account_id}", style="bold"), table, *(_lead_panel(lead) for lead in leads))


def _lead_panel(lead: Lead) -> Panel:
    lines = [f"worth {money(lead.value, lead.currency)} a year, P(win) {lead.p_win:.0%}, {lead.priority} priority"]
    lines += [f"because {e.fact} = {e.value} {e.unit} ({e.field} of {e.record})" for e in lead.evidence]
    lines += [f"{reason.code}: {reason.text} (seen {reason.value}, limit {reason.limit})" for reason in lead.reasons]
    title = f"{lead.state}: {lead.play}" + (f" {lead.product}" if lead.product else "")
    return Panel(Words("\n".join(lines)), title=escape(title), title_align="left", padding=(0, 1))


def setup_view(steps: Sequence[SetupStep]) -> RenderableType:
    """What `setup` would do."""
    if not steps:
        return Words("Everything is set up: nothing to create or grant.")
    return Group(*(Words(f"+ {step.text}") for step in steps))


def run_list(runs: Sequence[Run]) -> Table:
    """The last runs, newest first."""
    table = Table(box=None, pad_edge=False)
    for column in ("run", "verb", "began", "connection", "ended with"):
        table.add_column(column, overflow="fold")
    for run in runs:
        end = "still running or killed" if run.exit_code is None else f"exit {run.exit_code}"
        table.add_row(run.id, run.verb, f"{run.began:%Y-%m-%d %H:%M}", run.connection, end)
    return table


def run_json(run: Run) -> JsonObject:
    """One run in the machine interface of `tossup runs --json`."""
    return {
        "run": run.id,
        "verb": run.verb,
        "connection": run.connection,
        "began": run.began.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "exit_code": run.exit_code,
    }


def refusal_json(refusal: Refusal) -> JsonObject:
    """One refused record in the machine interface of `tossup runs RUN --json`."""
    return {"object": refusal.object, "ref": refusal.ref, "code": refusal.code, "message": refusal.message}


def refusal_list(refusals: Sequence[Refusal]) -> Table:
    """What the CRM refused, in its own words."""
    table = Table(box=None, pad_edge=False)
    for column in ("object", "record or key", "code", "what the CRM says"):
        table.add_column(column, overflow="fold")
    for one in refusals:
        table.add_row(*(escape(cell or "") for cell in (one.object, one.ref, one.code, one.message)))
    return table


def problem_json(problem: Problem) -> JsonObject:
    """One problem in the machine interface of `tossup mappings check --json`."""
    return {
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
    parts.append(Words(f"The second run wrote {shown.again.written:,} records: nothing had changed.\n"))
    if shown.sample:
        parts.append(Panel(Words(shown.sample), title="One of the tasks, as its CSM reads it", title_align="left"))
    example = next((lead.account_name for lead in shown.leads if lead.state == "held"), "ACCOUNT")
    look = [
        f"  every task and toss-up it wrote: {shown.tasks}",
        "  every lead with its reason, one account's whole story, and the CRM itself:",
        f"    export TOSSUP_CRM={shown.crm} TOSSUP_STATE_DIR={shown.store}",
        f"    {command} leads",
        f"    {command} explain '{example}'",
        f"    {command} emulator --crm {shown.crm} --world demo \\",
        f"      --state {shown.state}",
    ]
    return Group(*parts, Words("\nWhere to look", style="bold"), Words("\n".join(look)))
