"""Commands about the configuration."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs import show, verbs
from jobs.commands.base import AsJson, CrmName, Debug, answer, app, dump, out, settings_here
from jobs.fact_list import fact_json, fact_list
from leads.page import facts_page, listed
from mappings.load import json_schema

mapping_app = typer.Typer(help="Look at, check and copy the mapping.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(mapping_app, name="mappings")

SchemaOf = Literal["mapping", "plays", "gates", "ranking", "facts", "overrides", "texts"]


@mapping_app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="The configuration; else TOSSUP_CONFIG, else the presets.")
    ] = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Hold the configuration against the live CRM; print every problem at once, and what could be more."""
    problems, notes = verbs.check(settings_here(), folder)
    answer(json, lambda: show.problems_json(problems, notes), lambda: show.problem_lines(problems, notes))
    if problems:
        raise typer.Exit(2)


@mapping_app.command()
def schema(
    of: Annotated[SchemaOf, typer.Argument(help="Of which file.")] = "mapping",
    json: AsJson = True,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of a configuration file, for editors."""
    out.file.write(dump(json_schema(of)) + "\n")


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
    answer(json, lambda: [fact_json(one) for one in found], lambda: fact_list(found, word))


@mapping_app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the files; existing ones are kept.")],
    crm: Annotated[CrmName, typer.Option(envvar="TOSSUP_CRM", help="Which CRM's.")] = "salesforce",
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy the presets into a folder of your own, to edit and keep in git."""
    written = verbs.init(folder, crm)
    answer(
        json,
        lambda: [str(path) for path in written],
        lambda: "\n".join([*(f"wrote {path}" for path in written), f"Now set TOSSUP_CONFIG={folder}"]),
    )
