"""The command line in this process: as a shell would run it, without waiting for an interpreter to start."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from jobs import cli


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


def run(*words: str, folder: Path, variables: Mapping[str, str]) -> Ended:
    """Run a command in a folder with these variables and no others of its own; not on a terminal.

    It knows the secrets that it is told, as a process of its own would, and none of the commands before it.
    """
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as shell, chdir(folder), redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("TOSSUP_")]:
            shell.delenv(name)
        for name, value in variables.items():
            shell.setenv(name, value)
        shell.setattr(sys, "argv", ["tossup", *words])
        shell.setattr("connector.redaction._known", set())
        with pytest.raises(SystemExit) as ended:
            cli.main()
    structlog.reset_defaults()  # else it logs on into this command's standard error
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return Ended(code=int(ended.value.code or 0), out=out.getvalue(), err=err.getvalue())
