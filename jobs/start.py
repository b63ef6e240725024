"""The command's first step: the rest is loaded while nobody looks through what was loaded, again and again."""

import gc


def main() -> None:
    """Run the command line.

    Most objects live as long as the command: looking through them for some to free took a fifth of loading it, and a
    tenth of what it does.
    """
    gc.set_threshold(200_000, 20, 20)
    from jobs.cli import main as run  # noqa: PLC0415  # it loads everything else

    run()
