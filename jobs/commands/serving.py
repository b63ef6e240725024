"""Commands that go on: the schedule, the emulated CRMs, and the demonstration on one of them."""

import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from connector.errors import GiveUp
from jobs import show, verbs
from jobs.commands.base import AsJson, CrmName, Debug, Language, Yes, answer, app, err, say, settings_here, tell
from jobs.progress import bars
from jobs.result import by_motion
from jobs.safety import only_planned
from jobs.schedule import run_on, stopping, trigger_of
from jobs.wiring import rules_of


@app.command()
def schedule(
    when: Annotated[str, typer.Argument(help="Cron expression in the company's time zone, or 30m, 6h, 1d.")],
    yes: Yes = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Sync again and again. One run at a time, until SIGTERM."""
    settings = settings_here()
    write = settings.write if yes is None else yes
    trigger = trigger_of(when, rules_of(settings).mapping.company.time_zone)
    with stopping() as stop:

        def job() -> None:
            try:
                with bars(err, stop=stop) as report:
                    result = verbs.sync(settings, write=write, full=False, report=report)
                answer(json, result.to_json, lambda: show.run_summary(result))
                if not write and result.plan and result.plan.changes:
                    say(json, only_planned(result, result.plan))
            except Exception as error:  # whatever it was, tomorrow's run may pass
                tell(error)

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
    language: Annotated[Language, typer.Option(envvar="TOSSUP_LANGUAGE", help="Of tasks and records.")] = "en",
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show it all on a built-in CRM. The whole job runs twice; then it says where to look."""
    from jobs.demo import run_demo  # noqa: PLC0415  # it brings the emulator

    with bars(err) as report:
        shown = run_demo(crm, keep, language, report)
    command = "tossup" if shutil.which("tossup") else sys.argv[0]
    answer(
        json,
        lambda: {**shown.result.to_json(), "leads_by_motion": by_motion(shown.leads)},
        lambda: show.demo_view(shown, command),
    )
