"""The command line: parse, call a verb, print what it returns, and exit with a code that says what to do next."""

import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from jobs.commands import crm, looking, mappings, serving
from jobs.commands.base import app, err, out, set_log, tell
from jobs.terminal import lines

COMMANDS = (crm, looking, serving, mappings)
"""Their commands are listed in the order in which they are imported."""


def main() -> None:
    """Run the command line; every foreseen failure becomes words and an exit code, without a stack trace."""
    debug = "--debug" in sys.argv
    set_log("debug" if debug else "warning")
    try:
        app(prog_name="tossup")
    except Exception as error:
        if debug:
            err.print(lines(traceback.format_exception(error)), soft_wrap=True)
        sys.exit(tell(error))


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
