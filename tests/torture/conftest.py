"""Says at the end where the runs were killed."""

import logging
from collections import Counter
from typing import Any

import pytest
import structlog


@pytest.fixture(autouse=True, scope="session")
def quiet() -> None:
    """As `tossup` does without --debug."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


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
