"""The command line: parse, call a verb, print what it returns, and exit with a code that says what to do next."""

import logging
import shutil
import sys
import traceback
from collections.abc import Callable
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import structlog
import typer
from rich.console import RenderableType

from connector.errors import GiveUp
from connector.redaction import redacted
from jobs import show, verbs
from jobs.export import write_csv
from jobs.fact_list import fact_json, fact_list
from jobs.failures import Failure, failure_of
from jobs.plans import Format, laid_out, of_one, write_out
from jobs.progress import bars
from jobs.result import JsonObject, RunResult, Wish, by_motion, lead_json
from jobs.review.table import plan_list
from jobs.rights_list import rights_list
from jobs.safety import Accepted, only_planned
from jobs.schedule import run_on, stopping, trigger_of
from jobs.settings import Settings, load_settings
from jobs.story import account_story
from jobs.terminal import console, lines, log_line, quiet, spoken
from jobs.verbs import Caution
from jobs.wiring import rules_of
from leads.lifecycle import latest, lead_of
from leads.page import facts_page, listed
from mappings.canonical import Motion, State
from mappings.load import json_schema

app = typer.Typer(
    name="tossup",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
mapping_app = typer.Typer(help="Look at, check and copy the mapping.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(mapping_app, name="mappings")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Debug = Annotated[bool, typer.Option("--debug", help="Log every call; show stack traces.")]
Yes = Annotated[
    bool | None,
    typer.Option("--yes/--no", help="Write, or only plan; else as TOSSUP_WRITE says.", show_default=False),
]
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
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="This past day instead, from history alone.")
]
CrmName = Literal["salesforce", "hubspot"]
Priority = Literal["high", "mid", "low"]
Order = Literal["value", "expected"]
SchemaOf = Literal["mapping", "plays", "gates", "ranking", "facts", "overrides", "texts"]

out = console()
err = console(stderr=True)


def main() -> None:
    """Run the command line; every foreseen failure becomes words and an exit code, without a stack trace."""
    debug = "--debug" in sys.argv
    _log("debug" if debug else "warning")
    try:
        app(prog_name="tossup")
    except Exception as error:
        if debug:
            err.print(lines(traceback.format_exception(error)), soft_wrap=True)
        sys.exit(_tell(error))


def _tell(error: Exception) -> int:
    """Say in words what went wrong; the exit code that goes with it."""
    failure = failure_of(error)
    if failure is None:
        words = redacted(" ".join(str(error).split()))[:300]  # cut last: half a secret is not known for one
        text = f"Unforeseen: {type(error).__name__}: {words}. Run it again with --debug and report what that prints."
        failure = Failure(exit_code=70, text=text)
    err.print(spoken(failure.text), style="red", soft_wrap=True)
    return failure.exit_code


def _version(asked: bool) -> None:
    if asked:
        out.print(version("tossup"))
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Expansion, upsell and cross-sell leads for customer success, from Salesforce and HubSpot and back."""


@app.command()
def setup(
    apply: Annotated[bool, typer.Option("--apply", help="Create and grant what is missing.")] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what the CRM lacks. With --apply, create and grant it."""
    result = verbs.setup(_settings(), apply=apply)
    _print(json, result.to_json, lambda: show.setup_view(result.steps))
    if result.steps and not apply:
        _say(json, "Nothing was changed. `tossup setup --apply` does it.")
        raise typer.Exit(3)
    if apply and result.steps:
        _say(json, "Done.")


@app.command()
def rights(json: AsJson = False, debug: Debug = False) -> None:
    """List the rights that our login needs. Those it lacks are marked; those too many come last."""
    result = verbs.rights(_settings())
    _print(json, result.to_json, lambda: rights_list(result))
    if result.lacking:
        raise typer.Exit(2)


@app.command()
def pull(full: Full = False, accept: Accept = None, json: AsJson = False, debug: Debug = False) -> None:
    """Read what changed in the CRM. It is counted against the CRM's own count."""
    with bars(err) as report:
        result = verbs.pull(_settings(), full=full, report=report, caution=Caution(accept=accept or ()))
    _print(json, result.to_json, lambda: show.run_summary(result))


@app.command()
def plan(json: AsJson = False, debug: Debug = False) -> None:
    """Compute what should be written. From what was last pulled; writes nothing."""
    with bars(err) as report:
        result = verbs.plan(_settings(), report=report)
    _print(json, result.to_json, lambda: show.run_summary(result, planned=True))
    if not json and result.plan and result.plan.changes:
        _say(json, f"\nNothing was written. `tossup plans {result.plan.id}` shows all of it,")
        _say(json, f"`tossup apply {result.plan.id}` writes it.")


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
        result = verbs.apply(_settings(), plan, report=report, caution=caution)
    _finish(result, json)
    if not (result.written or result.moved or result.gone or result.left):
        _say(json, "Nothing was left to write: what this plan holds is there already, or was made before.")


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
    settings = _settings()
    write, caution = settings.write if yes is None else yes, Caution(accept=accept or (), canary=canary, stop=stop)
    with stopping() as asked, bars(err, stop=asked) as report:
        result = verbs.sync(settings, write=write, full=full, report=report, caution=caution)
    _finish(result, json, planned=not write)
    if not write and result.plan and result.plan.changes:
        _say(json, only_planned(result, result.plan))
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
        result = verbs.undo(_settings(), run, write=yes, report=report, caution=Caution(canary=canary))
    _finish(result, json, planned=not yes)
    if result.plan and not result.plan.changes:
        _say(json, f"There is nothing of run {run} to take back.")
    if not yes and result.plan and result.plan.changes:
        _say(json, f"\nNothing was written. `tossup plans {result.plan.id}` shows all of it,")
        _say(json, f"`tossup undo {run} --yes` does it.")
        raise typer.Exit(3)


@app.command()
def leads(
    state: Annotated[State | None, typer.Option(help="Only leads in this state.")] = None,
    motion: Annotated[Motion | None, typer.Option(help="Only leads of this motion.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Only leads of this priority.")] = None,
    play: Annotated[str | None, typer.Option(help="Only leads of this play.")] = None,
    account: Annotated[str | None, typer.Option(help="Only accounts whose name holds this.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only owners whose name holds this, or of this id.")] = None,
    min_value: Annotated[float, typer.Option(min=0, help="Only leads worth this much a year or more.")] = 0,
    sort: Annotated[Order, typer.Option(help="By value a year, or by value x chance x timing.")] = "value",
    csv: Annotated[Path | None, typer.Option(help="Write them to this file too, for a spreadsheet.")] = None,
    as_of: AsOf = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List leads with state and reasons. As of the last pull; then the plays that are asleep."""
    settings, day = _settings(offline=True), as_of.date() if as_of else None
    found = verbs.find_leads(settings, day)
    if play is not None and play not in found.workings.ground.inputs.rules.plays:
        raise GiveUp(f"There is no play {play} in plays.yaml.")
    wish = Wish(
        state=state, motion=motion, priority=priority, play=play, account=account, owner=owner, min_value=min_value
    )
    past = _past(settings, day)
    chosen = wish.chosen(found.leads)
    before = latest(found.worked)
    listed = [lead_json(lead, before.get(lead_of(lead))) for lead in chosen]
    if csv is not None:
        write_csv(csv, chosen, found.workings.ground.inputs.rules)
    _print(json, lambda: {**past, "leads": listed} if past else listed, lambda: show.lead_list(chosen, found, sort))
    _tell_notes(json, past)


def _past(settings: Settings, day: date | None) -> JsonObject:
    """What `--as-of` adds to a document: the day, and what the answer cannot know."""
    return {"as_of": day.isoformat(), "as_of_notes": list(verbs.as_of_notes(settings, day))} if day else {}


def _tell_notes(json: bool, past: JsonObject) -> None:
    notes = past.get("as_of_notes")
    if not json and isinstance(notes, list) and notes:
        out.print("\nNote: " + " ".join(notes), style="dim")


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="Its record id, or (part of) its name.")],
    facts: Annotated[bool, typer.Option("--facts", help="Show every fact, with its formula.")] = False,
    as_of: AsOf = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say why an account has its leads. And why it has no others."""
    settings, day = _settings(offline=True), as_of.date() if as_of else None
    story = verbs.explain(settings, account, day)
    past = _past(settings, day)
    _print(
        json,
        lambda: {**story.to_json(), **past},
        lambda: account_story(story, every_fact=facts),
    )
    _tell_notes(json, past)


@app.command()
def runs(
    run: Annotated[str | None, typer.Argument(help="List what the CRM refused in this run.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the last runs. Or the records that the CRM refused in one of them."""
    settings = _settings(offline=True)
    if run is None:
        listed = verbs.runs(settings, last)
        _print(json, lambda: [show.run_json(one) for one in listed], lambda: show.run_list(listed))
        return
    refused = verbs.refusals(settings, run)
    _print(json, lambda: [show.refusal_json(one) for one in refused], lambda: show.refusal_list(refused))


@app.command()
def forget(
    person: Annotated[str, typer.Argument(help="The contact's record id, or the whole mail address.")],
    also: Annotated[list[str] | None, typer.Option(help="A name or address the store may know too.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take it out; without, only count.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also what a cut-off run may have written.")] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Take one person, and nobody else, out of what we keep. Do it after the CRM forgot them."""
    result = verbs.forget(_settings(offline=True), person, also or (), write=yes, anyway=anyway)
    _print(json, result.to_json, lambda: show.forgotten(result))
    if not yes:
        raise typer.Exit(3)


@app.command()
def plans(
    plan: Annotated[str | None, typer.Argument(help="Show this plan whole: its id, or its first letters.")] = None,
    format: Annotated[Format, typer.Option("--as", help="How to show it; json is what `apply` takes.")] = "table",
    out_file: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the plans, or show one. For review in a terminal, a pull request, a browser."""
    settings = _settings(offline=True)
    if plan is None:
        listed = verbs.plans(settings, last)
        of_one(format, out_file, listed)
        json = json or format == "json"
        _print(json, lambda: [one.to_json() for one in listed], lambda: plan_list(listed))
        return
    one, chosen = verbs.review(settings, plan), "json" if json else format
    if out_file is not None:
        write_out(one, chosen, out_file)
        err.print(f"Wrote {out_file}.", markup=False, soft_wrap=True)
        return
    shown = laid_out(one, chosen)
    if isinstance(shown, str):
        out.file.write(quiet(shown) if chosen == "json" else shown)
    else:
        out.print(shown)


@app.command()
def schedule(
    when: Annotated[str, typer.Argument(help="Cron expression in the company's time zone, or 30m, 6h, 1d.")],
    yes: Yes = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Sync again and again. One run at a time, until SIGTERM."""
    settings = _settings()
    write = settings.write if yes is None else yes
    trigger = trigger_of(when, rules_of(settings).mapping.company.time_zone)
    with stopping() as stop:

        def job() -> None:
            try:
                with bars(err, stop=stop) as report:
                    result = verbs.sync(settings, write=write, full=False, report=report)
                _print(json, result.to_json, lambda: show.run_summary(result))
                if not write and result.plan and result.plan.changes:
                    _say(json, only_planned(result, result.plan))
            except Exception as error:  # whatever it was, tomorrow's run may pass
                _tell(error)

        run_on(trigger, job, stop)


@app.command()
def emulator(
    crm: Annotated[Literal["salesforce", "hubspot", "both"], typer.Option(help="Which CRM to serve.")] = "both",
    world: Annotated[str, typer.Option(help="What it holds: demo, empty, scale-N.")] = "demo",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 0,
    state: Annotated[Path | None, typer.Option(help="Go on from this file, and save to it.")] = None,
    log: Annotated[Path | None, typer.Option(help="Write one JSON line a request.")] = None,
    limits: Annotated[Literal["off", "vendor"], typer.Option(help="Enforce the vendors' rate limits.")] = "off",
    index_lag: Annotated[float, typer.Option(min=0, help="Seconds until HubSpot search sees a change.")] = 0.0,
    json: AsJson = True,
    debug: Debug = False,
) -> None:
    """Serve copies of both CRMs here. The first line says where, as JSON."""
    # a server is not loaded for every other command
    from connector.emulator.org import BadRequest  # noqa: PLC0415  # it brings the emulator
    from connector.emulator.server import PortTaken, serve  # noqa: PLC0415  # the same

    try:
        serve(crm=crm, world=world, port=port, state=state, log=log, limits=limits, index_lag=index_lag)
    except (BadRequest, PortTaken) as error:
        raise GiveUp(str(error)) from error


@app.command()
def demo(
    crm: Annotated[CrmName, typer.Option(help="Which CRM to show.")] = "salesforce",
    keep: Annotated[Path | None, typer.Option(help="Folder for everything it leaves behind.")] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show it all on a built-in CRM. The whole job runs twice; then it says where to look."""
    from jobs.demo import run_demo  # noqa: PLC0415  # it brings the emulator

    with bars(err) as report:
        shown = run_demo(crm, keep, report)
    command = "tossup" if shutil.which("tossup") else sys.argv[0]
    _print(
        json,
        lambda: {**shown.result.to_json(), "leads_by_motion": by_motion(shown.leads)},
        lambda: show.demo_view(shown, command),
    )


@mapping_app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="The configuration; else TOSSUP_CONFIG, else the presets.")
    ] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Hold the configuration against the live CRM; print every problem at once, and what could be more."""
    problems, notes = verbs.check(_settings(), folder)
    _print(json, lambda: show.problems_json(problems, notes), lambda: show.problem_lines(problems, notes))
    if problems:
        raise typer.Exit(2)


@mapping_app.command()
def schema(
    of: Annotated[SchemaOf, typer.Argument(help="Of which file.")] = "mapping",
    json: AsJson = True,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of a configuration file, for editors."""
    out.file.write(_dump(json_schema(of)) + "\n")


@mapping_app.command()
def facts(
    word: Annotated[str | None, typer.Argument(help="Only facts whose name, family or formula holds this.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/facts.md, all of it.")] = False,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List every fact that conditions of plays, gates and priorities may mention, with its formula."""
    if markdown:
        out.file.write(facts_page())
        return
    found = [one for one in listed() if word is None or one.holds(word)]
    _print(json, lambda: [fact_json(one) for one in found], lambda: fact_list(found, word))


@mapping_app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the files; existing ones are kept.")],
    crm: Annotated[CrmName, typer.Option(envvar="TOSSUP_CRM", help="Which CRM's.")] = "salesforce",
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy the presets into a folder of your own, to edit and keep in git."""
    written = verbs.init(folder, crm)
    _print(
        json,
        lambda: [str(path) for path in written],
        lambda: "\n".join([*(f"wrote {path}" for path in written), f"Now set TOSSUP_CONFIG={folder}"]),
    )


def _finish(result: RunResult, json: bool, *, planned: bool = False) -> None:
    _print(json, result.to_json, lambda: show.run_summary(result, planned=planned))
    if result.refused:
        raise typer.Exit(1)


def _print(json: bool, data: Callable[[], Any], view: Callable[[], RenderableType]) -> None:
    if json:
        out.file.write(_dump(data()) + "\n")
        out.file.flush()
        return
    shown = view()
    if isinstance(shown, str):
        out.print(shown, soft_wrap=True)
    else:
        out.print(shown)


def _say(json: bool, text: str) -> None:
    (err if json else out).print(text, soft_wrap=True)


def _dump(data: object) -> str:
    return quiet(orjson.dumps(data, option=orjson.OPT_INDENT_2 if out.is_terminal else None, default=str).decode())


def _settings(*, offline: bool = False) -> Settings:
    """The settings of this process; what should not stay so is said, and the log set up as they ask."""
    settings = load_settings(offline=offline)
    for caution in settings.cautions():
        err.print(caution, style="yellow", soft_wrap=True)
    if "--debug" not in sys.argv:
        _log(settings.log_level)
    return settings


def _log(level: str) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # plain: structlog's own choice prints the values of variables
            log_line,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
    )
