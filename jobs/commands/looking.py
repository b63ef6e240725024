"""Commands that look at what was pulled, planned and written before; none of them makes a call."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from connector.errors import GiveUp
from jobs import show, verbs
from jobs.commands.base import AsJson, Debug, answer, app, err, out, settings_here
from jobs.export import write_csv
from jobs.plans import Format, laid_out, of_one, write_out
from jobs.result import JsonObject, Wish, lead_json
from jobs.review.table import plan_list
from jobs.settings import Settings
from jobs.story import account_story
from jobs.terminal import quiet
from leads.lifecycle import latest, lead_of
from mappings.canonical import Motion, State

AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="This past day instead, from history alone.")
]
Priority = Literal["high", "mid", "low"]
Order = Literal["value", "expected"]


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
    settings, day = settings_here(offline=True), as_of.date() if as_of else None
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
    answer(json, lambda: {**past, "leads": listed} if past else listed, lambda: show.lead_list(chosen, found, sort))
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
    settings, day = settings_here(offline=True), as_of.date() if as_of else None
    story = verbs.explain(settings, account, day)
    past = _past(settings, day)
    answer(
        json,
        lambda: {**story.to_json(), **past},
        lambda: account_story(story, every_fact=facts),
    )
    _tell_notes(json, past)


@app.command()
def runs(
    run: Annotated[str | None, typer.Argument(help="List what the CRM refused in this run, or left unclear.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the last runs. Or the records that the CRM refused, or left unclear, in one."""
    settings = settings_here(offline=True)
    if run is None:
        listed = verbs.runs(settings, last)
        answer(json, lambda: [show.run_json(one) for one in listed], lambda: show.run_list(listed))
        return
    refused = verbs.refusals(settings, run)
    answer(json, lambda: [show.refusal_json(one) for one in refused], lambda: show.refusal_list(refused))


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
    result = verbs.forget(settings_here(offline=True), person, also or (), write=yes, anyway=anyway)
    answer(json, result.to_json, lambda: show.forgotten(result))
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
    settings = settings_here(offline=True)
    if plan is None:
        listed = verbs.plans(settings, last)
        of_one(format, out_file, listed)
        json = json or format == "json"
        answer(json, lambda: [one.to_json() for one in listed], lambda: plan_list(listed))
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
