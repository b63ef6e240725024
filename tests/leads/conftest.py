"""One answer over the worlds of all cases, shared: deciding once takes longer than looking at it a hundred times."""

import gc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import ibis.expr.types as ir
import pytest

from leads.find import Found
from mappings.canonical import Lead
from mappings.config import AccountOut, Rules
from tests.leads.case_files import all_cases, background
from tests.leads.world import World, close_engine, rules

Row = dict[str, Any]
Answer = tuple[Found, dict[str, Row]]
Answered = tuple[Found, list[Row], list[Row], list[ir.Table]]


@pytest.fixture(scope="session", autouse=True)
def _engine() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(
        100_000, 50, 50
    )  # expressions are many small objects that live long: looking for rubbish is slow
    yield
    gc.set_threshold(*usual)
    close_engine()


@pytest.fixture(scope="session")
def every_case() -> dict[str, list[dict[str, Any]]]:
    """The rows of all cases together, by table."""
    rows = background()
    for case in all_cases():
        for table, given in case.rows.items():
            rows.setdefault(table, []).extend(given)
    return rows


@pytest.fixture(scope="session")
def saying_why() -> Rules:
    """The presets with a mapping that writes on accounts why the best offer fits."""
    mapping = rules().mapping
    account = AccountOut.model_validate({"object": "Account", "fields": {"next_reason": "Next_Reason"}})
    write = mapping.write.model_copy(update={"account": account})
    return rules().model_copy(update={"mapping": mapping.model_copy(update={"write": write})})


@pytest.fixture(scope="session")
def _answered(every_case: dict[str, list[dict[str, Any]]], saying_why: Rules) -> Iterator[Answered]:
    asked: list[ir.Table] = []
    # read at once: the tables of the next world take the place of these
    with closing(World(every_case)) as world:

        def stage(name: str, table: ir.Table) -> ir.Table:
            asked.append(table)
            return world.stage(name, table)

        found = world.find(saying_why, stage=stage)
        yield found, found.accounts.to_pyarrow().to_pylist(), found.facts.to_pyarrow().to_pylist(), asked


@pytest.fixture(scope="session")
def answer(_answered: Answered) -> Answer:
    """What find() says about all cases together, and its account rows by account id."""
    found, accounts, _facts, _asked = _answered
    return found, {row["account_id"]: row for row in accounts}


@pytest.fixture(scope="session")
def leads(answer: Answer) -> dict[str, Lead]:
    """One open lead a play, or else any, from the worlds of the cases."""
    best = sorted(
        answer[0].leads, key=lambda lead: (lead.state == "open", lead.contact_id is not None, lead.value or 0)
    )
    return {lead.play: lead for lead in best}


@pytest.fixture(scope="session")
def facts(_answered: Answered) -> dict[str, Row]:
    """Every fact of the accounts of all cases, by account id."""
    return {row["account_id"]: row for row in _answered[2]}


@pytest.fixture(scope="session")
def questions(_answered: Answered) -> list[ir.Table]:
    """Every question that was asked to decide on all cases, in the order in which they were asked."""
    return _answered[3]
