"""Plans that are kept: which there are, one of them as people read it, and one that came as a file."""

import os
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Literal

from rich.console import RenderableType

from connector.errors import GiveUp
from jobs.export import check_place
from jobs.review.headings import HEADINGS
from jobs.review.kept import KeptPlan
from jobs.review.markdown import markdown
from jobs.review.outline import Outline, outline
from jobs.review.table import table
from jobs.settings import Settings
from jobs.store.ledger import Ledger
from jobs.terminal import console
from jobs.view import View
from jobs.wiring import Work, open_ledger, rules_of
from mappings.changes import Plan
from mappings.write import computed_at_field

Format = Literal["table", "markdown", "json", "html"]
_RUNS = 1_000
"""Runs looked through for those that applied a plan."""


def kept_plans(settings: Settings, view: View, last: int) -> Sequence[KeptPlan]:
    """The last plans, newest first."""
    with open_ledger(settings, view.connection) as ledger:
        saved = ledger.plans(last, view.connection)
        wrote = _applied(ledger, view.connection)
    return [KeptPlan(saved=one, runs=tuple(wrote.get(one.id, ()))) for one in saved]


def of_one(format: Format, file: Path | None, listed: Sequence[KeptPlan]) -> None:
    """Raise GiveUp where somebody asks of the list of plans what only one plan can be shown as."""
    if file is None and format in ("table", "json"):
        return
    asked = f"--as {format}" if file is None else f"--as {format} --out {file}"
    if not listed:
        raise GiveUp(f"`{asked}` shows one plan, and none was made yet. `tossup plan` makes one.")
    raise GiveUp(f"`{asked}` shows one plan: say which. The newest: `tossup plans {listed[0].saved.id} {asked}`.")


def reviewed(settings: Settings, view: View, plan: str) -> Outline:
    """One plan in the order people read it. Raises GiveUp for an id that no plan or several have."""
    with open_ledger(settings, view.connection) as ledger:
        kept = ledger.plan(plan)
    mapping = rules_of(settings, view.crm).mapping
    return outline(kept, HEADINGS[mapping.company.language], view.schema, computed_at_field(mapping))


def laid_out(one: Outline, format: Format) -> str | RenderableType:
    """The plan in this format: text, or for a terminal what it can show."""
    if format == "json":
        return one.plan.to_json() + "\n"
    if format == "markdown":
        return markdown(one)
    if format == "html":
        from jobs.review.page import page  # noqa: PLC0415  # templates are not loaded for every other command

        return page(one)
    return table(one)


def write_out(one: Outline, format: Format, file: Path) -> None:
    """Into a file that only we can read: it tells of customers."""
    check_place(file)
    shown = laid_out(one, format)
    if not isinstance(shown, str):
        text = StringIO()
        console(file=text, width=100).print(shown)
        shown = text.getvalue()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), 0o600)  # it may have been there, open to others
        out.write(shown)


def plan_given(work: Work, given: str) -> Plan:
    """The kept plan of this id, or the one in this file, which is kept from now on.

    Raises GiveUp for a file that is no plan or was changed since it was written, for another connection's plan, and
    for one that writes objects which are mapped no longer, or out of our user's sight by now.
    """
    file = Path(given)
    if not file.is_file() and (file.suffix or file.name != given):
        raise GiveUp(f"There is no file {given}. `tossup plans` lists the plans, which go by their ids too.")
    plan = _plan_in(file) if file.is_file() else work.ledger.plan(given)
    if plan.connection != work.connection:
        raise GiveUp(f"Plan {plan.id} is for {plan.connection}, but this is {work.connection}.")
    if absent := sorted({change.object for change in plan.changes} - work.schema.objects.keys()):
        raise GiveUp(
            f"Plan {plan.id} writes {', '.join(absent)}, which the mapping no longer names or our user no longer "
            "sees. `tossup plan` makes one for what is there now."
        )
    if file.is_file():
        work.ledger.save_plan(plan, work.crm.now())
    return plan


def _plan_in(file: Path) -> Plan:
    try:
        return Plan.from_json(file.read_text("utf-8"))
    except ValueError as error:
        raise GiveUp(f"{file}: {error}: `tossup plan`, then `tossup plans PLAN --as json --out {file}`.") from error


def _applied(ledger: Ledger, connection: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for run in reversed(ledger.runs(_RUNS, connection)):
        if run.verb in ("apply", "sync", "undo") and run.summary.get("written"):
            found.setdefault(str(run.summary.get("plan")), []).append(run.id)
    return found
