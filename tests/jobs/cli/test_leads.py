"""`tossup leads` and `explain`: chosen, ordered, of a past day, and with what is not known."""

import csv
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

from jobs.explain import Story
from jobs.export import leads_csv
from jobs.result import RunResult, lead_json
from jobs.show import lead_list
from jobs.view import latest_view
from jobs.wiring import rules_of
from tests.jobs.cli.shell import Tossup, columns
from tests.jobs.small import Company


def test_leads_of_several_currencies_are_ordered_by_what_they_are_worth_to_the_company(
    told: tuple[RunResult, Story],
) -> None:
    found = told[0].found
    assert found is not None
    lead = next(one for one in found.leads if one.state == "open")
    worth = {  # value in minor units, chance-weighted, the same in cents of the company's currency
        "a yen": (500_000, "JPY", 250_000, 166_000),
        "b dollars": (400_000, "USD", 200_000, 200_000),
        "c no rate": (900_000, "GBP", 450_000, None),
    }
    made = [
        replace(
            lead,
            account_name=name,
            value=value,
            currency=currency,
            facts={**lead.facts, "expected": own, "ranked": all},
        )
        for name, (value, currency, own, all) in worth.items()
    ]
    unknown = replace(lead, account_name="d no price", value=None, facts={**lead.facts, "expected": 0, "ranked": 0})
    out = Console(width=80, record=True, file=StringIO())
    out.print(lead_list([*made, unknown], found, "value"))
    shown = out.export_text()
    assert sorted((*worth, "d no price"), key=shown.index) == ["b dollars", "a yen", "d no price", "c no rate"]
    assert "not known" in next(line for line in shown.splitlines() if "d no price" in line)
    told = lead_json(unknown)
    assert (told["value"], told["expected"]) == (None, None)
    (row,) = csv.DictReader(StringIO(leads_csv([unknown], found.workings.ground.inputs.rules)))
    assert (row["value"], row["expected"]) == ("", "")


@pytest.mark.usefixtures("printed")
def test_leads_are_chosen_by_state_motion_and_account(synced: Company, tossup: Tossup) -> None:
    every = tossup("leads", "--json", **synced.env).json()
    assert {lead["state"] for lead in every} <= {"open", "waiting", "held", "suppressed"}
    chosen = tossup("leads", "--json", "--state", "open", "--motion", "upsell", "--account", "SAMPLE", **synced.env)
    assert chosen.json() == []
    chosen = tossup("leads", "--json", "--motion", "upsell", "--account", "industries", **synced.env).json()
    assert chosen == [one for one in every if one["motion"] == "upsell" and "Industries" in one["account_name"]] != []
    assert tossup("leads", "--state", "won", **synced.env).code == 2
    assert tossup("leads", "--play", "no_such_play", **synced.env).code == 2


@pytest.mark.usefixtures("printed")
def test_leads_are_chosen_by_play_priority_owner_and_value(synced: Company, tossup: Tossup) -> None:
    every = tossup("leads", "--json", **synced.env).json()
    one = max(every, key=lambda lead: lead["value"] or 0)
    for words, fits in (
        (("--play", "seat_limit"), lambda lead: lead["play"] == "seat_limit"),
        (("--priority", one["priority"]), lambda lead: lead["priority"] == one["priority"]),
        (("--owner", one["owner_id"]), lambda lead: lead["owner_id"] == one["owner_id"]),
        (("--min-value", str(one["value"])), lambda lead: (lead["value"] or 0) >= one["value"]),
    ):
        chosen = tossup("leads", "--json", *words, **synced.env).json()
        assert chosen == [lead for lead in every if fits(lead)] != [], words
    assert tossup("leads", "--json", "--owner", "csm", **synced.env).json() == every
    assert tossup("leads", "--json", "--owner", "nobody", **synced.env).json() == []
    assert one["expected"] == pytest.approx(one["value"] * one["p_win"], rel=0.6)


@pytest.mark.usefixtures("printed")
def test_leads_tell_the_plays_that_are_asleep_and_what_would_wake_them(synced: Company, tossup: Tossup) -> None:
    for words in ((), ("--sort", "expected")):
        told = " ".join(tossup("leads", *words, **synced.env).out.split())
        assert "Asleep for want of data" in told
        assert "(usage.quantity) is empty" in told
    assert "expected why" in told


@pytest.mark.usefixtures("printed")
def test_explain_shows_every_fact_only_when_asked(synced: Company, tossup: Tossup) -> None:
    short, long = (tossup("explain", "サンプル", *words, **synced.env).out for words in ((), ("--facts",)))
    assert "employees - paid_users" not in short
    assert "employees - paid_users" in long
    assert columns(long) <= 80


@pytest.mark.usefixtures("told")
def test_a_past_day_is_answered_from_history_and_nothing_is_written(synced: Company, tossup: Tossup) -> None:
    before = synced.state()
    past = tossup("leads", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert all(lead["due"] < "2026-11" for lead in past["leads"])
    assert synced.state() == before
    days = latest_view(synced.settings.state_dir, synced.settings.crm, None)
    tomorrow = days.today(rules_of(synced.settings)) + timedelta(days=1)
    ended = tossup("leads", "--as-of", str(tomorrow), **synced.env)
    assert (ended.code, "is after the last pull, which was on" in ended.err) == (2, True)


@pytest.mark.usefixtures("printed")
def test_what_cannot_be_known_of_a_past_day_is_said(synced: Company, tossup: Tossup) -> None:
    past = tossup("leads", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert list(past) == ["as_of", "as_of_notes", "leads"]
    assert past["as_of"] == "2026-01-31"
    assert past["leads"] == tossup("leads", "--json", **synced.env).json()
    assert "records deleted since are not seen" in past["as_of_notes"][0]
    assert "account.employees" in past["as_of_notes"][1]
    story = tossup("explain", "サンプル", "--as-of", "2026-01-31", "--json", **synced.env).json()
    assert story["as_of_notes"] == past["as_of_notes"]
    for words in (("leads",), ("explain", "サンプル")):
        assert "Note: As of 2026-01-31" in tossup(*words, "--as-of", "2026-01-31", **synced.env).out
        assert "Note:" not in tossup(*words, **synced.env).out
    today = latest_view(synced.settings.state_dir, synced.settings.crm, None).today(rules_of(synced.settings))
    assert tossup("leads", "--as-of", str(today), "--json", **synced.env).json()["as_of_notes"] == []
    assert tossup("leads", "--as-of", "yesterday", **synced.env).code == 2


@pytest.mark.usefixtures("told")
def test_explain_asks_which_of_several_and_says_when_there_is_none(synced: Company, tossup: Tossup) -> None:
    several, nobody = (tossup("explain", name, **synced.env) for name in ("Example", "Nobody Ltd"))
    assert (several.code, nobody.code) == (2, 2)
    assert "matches several accounts" in several.err
    assert "No account is called 'Nobody Ltd'" in nobody.err
