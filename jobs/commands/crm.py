"""Commands that speak to the CRM: prepare it, read it, plan, write, take back."""

from typing import Annotated

import typer

from jobs import show, verbs
from jobs.commands.base import AsJson, Debug, Yes, answer, app, err, say, settings_here
from jobs.progress import bars
from jobs.result import RunResult
from jobs.rights_list import rights_list
from jobs.safety import Accepted, only_planned
from jobs.schedule import stopping
from jobs.verbs import Caution

Accept = Annotated[
    list[Accepted] | None,
    typer.Option(
        "--accept", help="Go on although a source shrank, or the plan is unusually large.", show_default=False
    ),
]
Canary = Annotated[
    int | None,
    typer.Option("--canary", min=0, help="Write so many of each kind first, and read them back.", show_default=False),
]
Full = Annotated[bool, typer.Option("--full", help="Read everything anew, not only what changed.")]


@app.command()
def setup(
    apply: Annotated[bool, typer.Option("--apply", help="Create and grant what is missing.")] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what the CRM lacks. With --apply, create and grant it."""
    result = verbs.setup(settings_here(), apply=apply)
    answer(json, result.to_json, lambda: show.setup_view(result.steps))
    if result.steps and not apply:
        say(json, "Nothing was changed. `tossup setup --apply` does it.")
        raise typer.Exit(3)
    if apply and result.steps:
        say(json, "Done.")


@app.command()
def rights(json: AsJson = False, debug: Debug = False) -> None:
    """List the rights that our login needs. Those it lacks are marked; those too many come last."""
    result = verbs.rights(settings_here())
    answer(json, result.to_json, lambda: rights_list(result))
    if result.lacking:
        raise typer.Exit(2)


@app.command()
def pull(full: Full = False, accept: Accept = None, json: AsJson = False, debug: Debug = False) -> None:
    """Read what changed in the CRM. It is counted against the CRM's own count."""
    with bars(err) as report:
        result = verbs.pull(settings_here(), full=full, report=report, caution=Caution(accept=accept or ()))
    answer(json, result.to_json, lambda: show.run_summary(result))


@app.command()
def plan(json: AsJson = False, debug: Debug = False) -> None:
    """Compute what should be written. From what was last pulled; writes nothing."""
    with bars(err) as report:
        result = verbs.plan(settings_here(), report=report)
    answer(json, result.to_json, lambda: show.run_summary(result, planned=True))
    if not json and result.plan and result.plan.changes:
        say(json, f"\nNothing was written. `tossup plans {result.plan.id}` shows all of it,")
        say(json, f"`tossup apply {result.plan.id}` writes it.")


@app.command()
def apply(
    plan: Annotated[str, typer.Argument(help="The plan's id, or its first letters, or a file with a plan.")],
    accept: Accept = None,
    canary: Canary = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write a plan, as far as it is still asked for. Fields that somebody changed since are left alone."""
    with bars(err) as report:
        caution = Caution(accept=accept or (), canary=canary)
        result = verbs.apply(settings_here(), plan, report=report, caution=caution)
    _finish(result, json)
    if not (result.written or result.moved or result.gone or result.left):
        say(json, "Nothing was left to write: what this plan holds is there already, or was made before.")


@app.command()
def sync(
    yes: Yes = None,
    full: Full = False,
    accept: Accept = None,
    canary: Canary = None,
    stop: Annotated[bool, typer.Option("--stop", help="Write only the canary, then let a person look.")] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Pull, plan and (with --yes) apply."""
    settings = settings_here()
    write, caution = settings.write if yes is None else yes, Caution(accept=accept or (), canary=canary, stop=stop)
    with stopping() as asked, bars(err, stop=asked) as report:
        result = verbs.sync(settings, write=write, full=full, report=report, caution=caution)
    _finish(result, json, planned=not write)
    if not write and result.plan and result.plan.changes:
        say(json, only_planned(result, result.plan))
        raise typer.Exit(3)


@app.command()
def undo(
    run: Annotated[str, typer.Argument(help="The run's number, as `tossup runs` lists it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only shown.")] = False,
    canary: Canary = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Take back what a run wrote. What somebody touched since stays."""
    with bars(err) as report:
        result = verbs.undo(settings_here(), run, write=yes, report=report, caution=Caution(canary=canary))
    _finish(result, json, planned=not yes)
    if result.plan and not result.plan.changes:
        say(json, f"There is nothing of run {run} to take back.")
    if not yes and result.plan and result.plan.changes:
        say(json, f"\nNothing was written. `tossup plans {result.plan.id}` shows all of it,")
        say(json, f"`tossup undo {run} --yes` does it.")
        raise typer.Exit(3)


def _finish(result: RunResult, json: bool, *, planned: bool = False) -> None:
    answer(json, result.to_json, lambda: show.run_summary(result, planned=planned))
    if result.refused:
        raise typer.Exit(1)
