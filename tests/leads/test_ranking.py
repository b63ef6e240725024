"""Who first, across currencies: expected values are compared in the company's, and told in the lead's own."""

from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from typing import Any

import ibis
import pytest
from rich.console import Console

from jobs.show import lead_list
from jobs.unrated import rates_missing
from leads.find import Found
from leads.ranking import unworked
from leads.texts import names, say
from mappings.canonical import Lead
from mappings.config import Play, Rules
from tests.leads.world import TODAY, World, rules

Row = dict[str, Any]
WEEKS: dict[str, list[tuple[str | None, int]]] = {
    # owner: currency and price of a seat (minor units) of their accounts, in the order of ids
    "more": [("USD", 1050), ("EUR", 1000)],
    "less": [("USD", 1150), ("EUR", 1000)],
    "same": [("USD", 1100), ("EUR", 1000)],
    "many": [(None, 1000), ("JPY", 900), ("EUR", 1000), ("CHF", 99_000), ("SEK", 100), ("CHF", 99_001)],
    "crm": [("GBP", 1000), ("USD", 1100)],
    "tied": [("USD", 100), ("USD", 100), ("USD", 100)],
    "none": [("USD", 0), ("USD", 0)],
}
"""EUR is worth 1.10 dollars and JPY 0.0065 by the mapping, GBP 1.20 by the CRM; of CHF and SEK nobody knows."""


def _rules() -> Rules:
    """Only seat_limit, two places a week, and some rates."""
    one = rules()
    first = "2020-01-01"
    said = {"EUR": [{"from": first, "rate": 1.10}], "JPY": [{"from": first, "rate": 0.0065}]}
    company = type(one.mapping.company).model_validate({"name": "Example Vendor", "currency": "USD", "rates": said})
    capacity = one.gates["capacity"].model_copy(update={"numbers": {"leads": 2, "days": 7}})
    return one.model_copy(
        update={
            "mapping": one.mapping.model_copy(update={"company": company}),
            "plays": {"seat_limit": one.plays["seat_limit"]},
            "gates": {**one.gates, "capacity": capacity},
        }
    )


def _world() -> dict[str, list[Row]]:
    accounts = [(owner, f"{owner}{n}", *one) for owner, of in WEEKS.items() for n, one in enumerate(of)]
    return {
        "owner": [{"id": owner, "name": owner} for owner in WEEKS],
        "product": [{"id": "suite", "code": "SUITE", "name": "Suite"}],
        "account": [{"id": id, "name": id, "owner_id": owner, "currency": money} for owner, id, money, _ in accounts],
        "contact": [{"id": f"c-{id}", "account_id": id, "name": "Contact 01"} for _, id, *_ in accounts],
        "subscription": [
            {"id": f"s-{id}", "account_id": id, "product_id": "suite", "seats_paid": 100, "seats_used": 95,
             "unit_price": price, "currency": money} for _, id, money, price in accounts
        ],
        "rate": [
            {"id": "r1", "currency": "GBP", "rate": 0.9},
            {"id": "r2", "currency": "GBP", "rate": 1.2, "starts_on": TODAY},
            {"id": "r3", "currency": "EUR", "rate": 99.0},
            {"id": "r4", "currency": "CHF", "rate": 170.0, "into": "JPY"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Iterator[tuple[Found, Found]]:
    """The answer, and that for the same rows in the opposite order."""
    rows = _world()
    with closing(World(rows)) as world:
        first = world.find(_rules())
    with closing(World({table: of[::-1] for table, of in rows.items()})) as world:
        yield first, world.find(_rules())


def _order(found: Found, owner: str) -> list[str]:
    """The owner's accounts by number, the first first: those that wait are told their place."""
    leads = [lead for lead in found.leads if lead.owner_id == owner]
    waiting = {reason.value: lead for lead in leads for reason in lead.reasons if reason.code == "capacity"}
    assert sorted(waiting) == list(range(3, len(leads) + 1)), "two places, and nobody's twice"
    working = sorted((lead for lead in leads if lead.state == "open"), key=_worth)
    return [lead.account_id.removeprefix(owner) for lead in (*working, *(waiting[at] for at in sorted(waiting)))]


def _worth(lead: Lead) -> tuple[float, str]:
    return -float(lead.facts.get("ranked", -1)), lead.account_id


def test_leads_are_compared_in_the_company_currency(found: tuple[Found, Found]) -> None:
    assert _order(found[0], "more") == ["1", "0"]
    assert _order(found[0], "less") == ["0", "1"]
    ranked = {lead.account_id: lead.facts["ranked"] for lead in found[0].leads if lead.owner_id == "same"}
    assert ranked["same0"] == ranked["same1"]


def test_a_large_number_of_a_small_currency_is_not_a_large_lead(found: tuple[Found, Found]) -> None:
    order = _order(found[0], "many")
    assert order[:3] == ["2", "0", "1"], "euros, dollars, and yen in dollars"
    assert order[3:] == ["5", "3", "4"], "what has no rate comes last, each currency by itself"


def test_a_rate_of_the_crm_counts_where_the_mapping_has_none(found: tuple[Found, Found]) -> None:
    assert _order(found[0], "crm") == ["0", "1"]
    first = next(lead for lead in found[0].leads if lead.account_id == "more1")
    assert first.facts["ranked"] == pytest.approx(float(first.facts["expected"]) * 1.1, abs=1), "not 99"


def test_equals_are_ordered_by_id_and_what_is_worth_nothing_has_an_order_too(found: tuple[Found, Found]) -> None:
    states = {lead.account_id: lead.state for lead in found[0].leads}
    assert [states[f"tied{n}"] for n in range(3)] == ["open", "open", "waiting"]
    assert [states[f"none{n}"] for n in range(2)] == ["open", "open"]


def test_what_a_list_mails_or_fields_tell_is_nobodys_work() -> None:
    actions: dict[str, Any] = {
        "call": "task",
        "mail": {"high": "task", "mid": "list", "low": "list"},
        "note": "fields",
    }
    one = rules().plays["survey"].model_dump(exclude_none=True)
    plays = {name: Play.model_validate({**one, "action": action}) for name, action in actions.items()}
    rows = ibis.memtable(
        [
            {"play": play, "priority": priority, "may_email": mail}
            for play in actions
            for priority in ("high", "mid", "low")
            for mail in (True, None)
        ]
    )
    for lists, mailed in ((True, {("mail", "mid", True), ("mail", "low", True)}), (False, set())):
        found = rows.filter(unworked(plays, lists=lists)).to_pyarrow().to_pylist()
        noted = {("note", priority, mail) for priority in ("high", "mid", "low") for mail in (True, None)}
        assert {(row["play"], row["priority"], row["may_email"]) for row in found} == noted | mailed
    assert rows.filter(unworked({"call": plays["call"]}, lists=True)).count().to_pyarrow().as_py() == 0


def test_the_order_of_rows_changes_nothing(found: tuple[Found, Found]) -> None:
    assert found[0].leads == found[1].leads


def test_a_lead_keeps_its_currency_and_says_where_no_rate_is_known(found: tuple[Found, Found]) -> None:
    leads = {lead.account_id: lead for lead in found[0].leads}
    yen, franc = leads["many1"], leads["many3"]
    assert (yen.value, yen.currency) == (20 * 900 * 12, "JPY")
    assert yen.facts["expected"] == round(yen.value * yen.p_win * 1.2)
    assert yen.facts["ranked"] == pytest.approx(float(yen.facts["expected"]) * 0.65, abs=1)
    assert "rate_unknown" not in yen.facts
    assert (franc.facts["rate_unknown"], "ranked" in franc.facts) == (True, False)
    for language, words in (("en", "No exchange rate is known"), ("ja", "為替レートが登録されていない")):
        assert words in say(franc, rules(), language, names(franc), lambda *_: "https://crm.example").body
        assert words not in say(yen, rules(), language, names(yen), lambda *_: "https://crm.example").body


def test_people_are_told_how_many_accounts_no_rate_makes_wait(found: tuple[Found, Found]) -> None:
    unrated = [lead for lead in found[0].leads if lead.currency in ("CHF", "SEK")]
    accounts = len({lead.account_id for lead in unrated})
    line = rates_missing(found[0], found[0].leads)
    assert line is not None
    assert line.startswith(f"No rate to USD for CHF and SEK ({accounts} accounts): their leads are ranked last.\n")
    assert max(map(len, line.splitlines())) <= 80
    assert "The CRM tells its rates in JPY, not in USD" in line
    assert rates_missing(found[0], [lead for lead in found[0].leads if lead not in unrated]) is None
    others = rates_missing(found[0], [lead for lead in unrated if lead.currency == "SEK"])
    assert others is not None
    assert others.splitlines()[1:] == ["Give it in the mapping under company: rates: (docs/mapping.md)."]
    out = Console(width=80, record=True, file=StringIO())
    out.print(lead_list(unrated, found[0], "value"))
    assert "No rate to USD for CHF and SEK" in out.export_text()
