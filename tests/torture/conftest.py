"""Looks for secrets in what runs say and leave; says at the end where the runs were killed."""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest

from jobs.commands import base
from tests.torture.left import Looking


@pytest.fixture(autouse=True, scope="module")
def log() -> io.StringIO:
    """What runs in this process log, as `tossup --debug` has it."""
    said = io.StringIO()
    with redirect_stderr(said):
        base.set_log("debug")
    return said


@pytest.fixture
def look(log: io.StringIO, record_property: Any) -> Iterator[Looking]:
    """Looks for secrets in what was said and left since it was last asked."""
    looking = Looking(log=log)
    yield looking
    assert looking.calls, "no run said anything"
    record_property("searched", f"{looking.search}, {looking.calls:,} calls logged")


def _properties(terminalreporter: Any, name: str) -> dict[str, Any]:
    return {
        report.nodeid.partition("[")[2].rstrip("]"): value
        for reports in terminalreporter.stats.values()
        for report in reports
        for called, value in getattr(report, "user_properties", ())
        if called == name
    }


def _storms(terminalreporter: Any) -> None:
    told = _properties(terminalreporter, "storm")
    if told:
        terminalreporter.section("what failed in storms")
    for way, one in sorted(told.items()):
        hits = ", ".join(f"{kind} {n}" for kind, n in sorted(one["hits"].items()))
        said = f"{way}: seed {one['seed']}, {one['failed runs']} runs failed, {one['creations']} creations asked for"
        terminalreporter.write_line(f"{said}; {hits}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A table of the moments that were hit, for each way of writing."""
    _storms(terminalreporter)
    told = _properties(terminalreporter, "kills")
    if not told:
        return
    phases = sorted({phase for one in told.values() for phase in one["hits"]})
    terminalreporter.section("where runs were killed")
    for way, one in sorted(told.items()):
        terminalreporter.write_line(
            f"{way}: {sum(one['hits'].values())} in {one['rounds']} rounds, seed {one['seed']}"
        )
    total = sum((Counter(one["hits"]) for one in told.values()), Counter())
    for phase in phases:
        cells = "".join(f"{one['hits'].get(phase, 0):>6}" for _, one in sorted(told.items()))
        terminalreporter.write_line(f"{phase:<40}{cells}{total[phase]:>8}")
