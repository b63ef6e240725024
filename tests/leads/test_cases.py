"""The rules, as RevOps would state them: given, expect, because."""

from collections.abc import Callable
from typing import Any

import pytest

from leads.find import Found
from mappings.canonical import Lead
from tests.leads.case_files import Case, all_cases
from tests.leads.world import rules

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, answer: tuple[Found, dict[str, dict[str, Any]]]) -> None:
    found, accounts = answer
    leads = [lead for lead in found.leads if lead.account_id.startswith(case.prefix) and lead.play == case.play]
    if "leads" in case.expect:
        assert [_seen(lead, wanted, case) for lead, wanted in zip(leads, case.expect["leads"], strict=False)] == (
            case.expect["leads"]
        ), case.because
        assert len(leads) == len(case.expect["leads"]), (case.because, leads)
    assert not {reason.code for lead in leads for reason in lead.reasons} & set(case.passes), case.because
    if "account" in case.expect:
        wanted = case.expect["account"]
        seen = accounts[case.rows["account"][0]["id"]]
        assert {key: seen[key] for key in wanted} == wanted, case.because
    if "counts" in case.expect:
        states = [lead.state for lead in leads]
        assert {state: states.count(state) for state in case.expect["counts"]} == case.expect["counts"], case.because


@pytest.mark.parametrize("play", rules().plays)
def test_every_play_has_a_case_that_it_finds_and_one_that_it_leaves_alone(play: str) -> None:
    told = [case.expect for case in CASES if case.play == play]
    assert any(expect.get("leads") or expect.get("counts") for expect in told)
    assert any(expect.get("leads") == [] for expect in told)


@pytest.mark.parametrize("gate", rules().gates)
def test_every_gate_has_a_case_that_it_refuses_and_one_that_it_lets_pass(gate: str) -> None:
    refused = {code for case in CASES for lead in case.expect.get("leads", ()) for code in lead.get("reasons", ())}
    assert gate in refused
    assert any(gate in case.passes for case in CASES)


def _seen(lead: Lead, wanted: dict[str, Any], case: Case) -> dict[str, Any]:
    return {name: _attribute(lead, name, value, case) for name, value in wanted.items()}


def _attribute(lead: Lead, name: str, wanted: Any, case: Case) -> Any:
    views: dict[str, Callable[[], Any]] = {
        "reasons": lambda: [reason.code for reason in lead.reasons],
        "seen": lambda: {r.code: _own(r.value, case) for r in lead.reasons if r.code in wanted},
        "limits": lambda: {r.code: r.limit for r in lead.reasons if r.code in wanted},
        "says": lambda: {r.code: r.text for r in lead.reasons if r.code in wanted},
        "facts": lambda: {fact: lead.facts.get(fact) for fact in wanted},
        "evidence": lambda: [f"{e.fact} {e.value} {_own(e.record, case)} {e.field}" for e in lead.evidence],
        "cycle": lambda: lead.key.cycle,
        "due": lead.due.isoformat,
    }
    return views[name]() if name in views else _own(getattr(lead, name), case)


def _own(value: Any, case: Case) -> Any:
    return value.removeprefix(case.prefix) if isinstance(value, str) else value
