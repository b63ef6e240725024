"""What all commands share: the application, its common options, and how they answer: one JSON document or a view."""

import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

import orjson
import structlog
import typer
from rich.console import RenderableType

from connector.redaction import redacted
from jobs.failures import Failure, failure_of
from jobs.settings import Settings, load_settings
from jobs.terminal import console, log_line, quiet, spoken

app = typer.Typer(
    name="tossup",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Debug = Annotated[bool, typer.Option("--debug", help="Log every call; show stack traces.")]
Yes = Annotated[
    bool | None,
    typer.Option("--yes/--no", help="Write, or only plan; else as TOSSUP_WRITE says.", show_default=False),
]
CrmName = Literal["salesforce", "hubspot"]
Language = Literal["en", "ja"]

out = console()
err = console(stderr=True)


def tell(error: Exception) -> int:
    """Say in words what went wrong; the exit code that goes with it."""
    failure = failure_of(error)
    if failure is None:
        words = redacted(" ".join(str(error).split()))[:300]  # cut last: half a secret is not known for one
        text = f"Unforeseen: {type(error).__name__}: {words}. Run it again with --debug and report what that prints."
        failure = Failure(exit_code=70, text=text)
    err.print(spoken(failure.text), style="red", soft_wrap=True)
    return failure.exit_code


def answer(json: bool, data: Callable[[], Any], view: Callable[[], RenderableType]) -> None:
    """Print the one JSON document, or what people look at."""
    if json:
        out.file.write(dump(data()) + "\n")
        out.file.flush()
        return
    shown = view()
    if isinstance(shown, str):
        out.print(shown, soft_wrap=True)
    else:
        out.print(shown)


def say(json: bool, text: str) -> None:
    """A sentence beside the answer: never in the midst of a JSON document."""
    (err if json else out).print(text, soft_wrap=True)


def dump(data: object) -> str:
    """JSON, indented for people who look at it."""
    return quiet(orjson.dumps(data, option=orjson.OPT_INDENT_2 if out.is_terminal else None, default=str).decode())


def settings_here(*, offline: bool = False) -> Settings:
    """The settings of this process; what should not stay so is said, and the log set up as they ask."""
    settings = load_settings(offline=offline)
    for caution in settings.cautions():
        err.print(caution, style="yellow", soft_wrap=True)
    if "--debug" not in sys.argv:
        set_log(settings.log_level)
    return settings


def set_log(level: str) -> None:
    """Log to standard error from this level on."""
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
