"""Progress bars for people: on standard error, and only where somebody watches."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs.schedule import Stop

Report = Callable[[str, int, int | None], None]
"""Called with what is going on, how many are done, and out of how many (None: unknown)."""


@contextmanager
def bars(console: Console, *, stop: threading.Event | None = None) -> Iterator[Report]:
    """A report that draws a bar for each thing going on, and raises `Stop` once `stop` is set."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if stop is not None and stop.is_set():
                raise Stop
            task = tasks.get(what)
            if task is None:
                task = tasks[what] = progress.add_task(what, total=total)
            progress.update(task, completed=done, total=total)

        yield report
