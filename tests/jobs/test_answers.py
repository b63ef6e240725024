"""What people answer in the CRM comes back: chosen in the response field, or told by the lead record's status."""

from collections.abc import Iterator

import pytest

from jobs import verbs
from jobs.decide import decide
from jobs.view import latest_view
from jobs.wiring import address_of, open_store, rules_of
from mappings.canonical import TABLES
from tests.jobs.small import CRMS, FULL, TOSSUP, Company, company, silent, small_world

DECLINED, ACCEPTED, CLEARED, DISQUALIFIED, SERVED, WON = "a101", "a102", "a103", "a201", "a202", "a203"
UNSAID = None

Said = dict[tuple[str, str], tuple[str | None, bool]]


@pytest.fixture(scope="module", params=CRMS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Tossup ran, people answered, some leads lost their reason, Tossup ran again and looked once more."""
    folder = tmp_path_factory.mktemp("answers") / "store"
    world = small_world((DECLINED, ACCEPTED, CLEARED), (DISQUALIFIED, SERVED, WON))
    with company(request.param, folder, world) as served:
        served.sync()
        served.edit("update", DECLINED, "task", response="declined", reason="No budget before April")
        served.edit("update", ACCEPTED, "task", response="accepted")
        for account in (ACCEPTED, CLEARED):
            served.edit("update", account, "subscription", used=60)
        served.edit("update", DISQUALIFIED, "lead", stage=served.names["unqualified"])
        served.serve_need(SERVED)
        served.edit("convert", TOSSUP, "lead")
        _win(served)
        served.emulator.clock.advance(7200)
        served.sync()
        served.emulator.clock.advance(7200)
        verbs.pull(served.settings, full=False, report=silent)
        yield served


def _win(served: Company) -> None:
    """A toss-up becomes a deal, which is won; HubSpot links the two by no field, so a person says so."""
    if served.crm == "hubspot":
        served.edit("update", WON, "lead", response="won")
        return
    served.edit("convert", WON, "lead", opportunity="Archive for Example Industries")
    deal = next(one for one in served.records("Opportunity") if one["Name"] == "Archive for Example Industries")
    served.person("update", "Opportunity", deal, StageName="Closed Won")


@pytest.fixture(scope="module")
def found(told: Company) -> Said:
    """(account, kind) -> (outcome, closed) of what is ours, as the rules see it."""
    view = latest_view(told.settings.state_dir, told.crm, address_of(told.settings))
    names = {told.id_of(one): f"a{one[told.names['name']][-3:]}" for one in told.records("account")}
    with open_store(told.settings, view.connection) as (mirror, ledger):
        ours = decide(mirror, ledger, rules_of(told.settings, told.crm), view).tables["ours"]
        rows = ours.to_pyarrow().to_pylist()
    return {(names[row["key"].split("/")[0]], row["kind"]): (row["outcome"], row["is_closed"]) for row in rows}


def test_setup_makes_the_field_in_which_people_answer(told: Company) -> None:
    choices = TABLES["ours"].columns["outcome"].choices
    for kind in ("task", "lead"):
        object = told.names[kind]
        if told.crm == "salesforce":
            field = told.org.core.tables[object].field(told.names["response"])
            assert tuple(field.choices) == choices
        else:
            field = told.org.portal.tables[object].properties[told.names["response"]]
            assert tuple(option["value"] for option in field.options) == choices


def test_every_answer_arrives(found: Said) -> None:
    assert found[DECLINED, "task"] == ("declined", True)
    assert found[ACCEPTED, "task"] == ("accepted", False)
    assert found[DISQUALIFIED, "lead"] == ("declined", True)
    assert found[TOSSUP, "lead"] == ("accepted", True)
    assert found[FULL, "task"] == (UNSAID, False)


def test_what_became_of_a_lead_is_listed_with_it(told: Company) -> None:
    found = verbs.find_leads(told.settings)
    stages = {one.key.account_id: (one.stage, one.reason) for one in found.worked}
    expected = {DECLINED: "declined", ACCEPTED: "accepted", CLEARED: "withdrawn", DISQUALIFIED: "declined",
                TOSSUP: "accepted", WON: "won", SERVED: "withdrawn", FULL: "open"}  # fmt: skip
    assert {account: stages[told.id_of(told.account(account))][0] for account in expected} == expected
    assert stages[told.id_of(told.account(DECLINED))][1] == "No budget before April"
    story = verbs.explain(told.settings, "Example Industries 101")
    assert [(one.stage, one.how) for one in story.history] == [("declined", ("answered",))]
    document = story.to_json()
    assert document["history"][0]["stage"] == document["leads"][0]["worked"]["stage"] == "declined"


def test_what_tossup_closed_itself_is_nobodys_answer(told: Company, found: Said) -> None:
    assert found[CLEARED, "task"] == (UNSAID, True)
    assert found[SERVED, "lead"] == (UNSAID, True)
    assert told.of(SERVED, "lead")[told.names["stage"]] == told.names["unqualified"]


def test_an_answered_task_is_left_alone_when_its_reason_is_gone(told: Company) -> None:
    assert told.of(ACCEPTED, "task")[told.names["status"]] != told.names["done"]
    assert told.of(CLEARED, "task")[told.names["status"]] == told.names["done"]


def test_an_answer_is_never_written_by_tossup(told: Company) -> None:
    held = {key.split("/")[0]: one.get(told.names["response"]) for key, one in told.ours("task").items()}
    answered = {told.id_of(told.account(DECLINED)): "declined", told.id_of(told.account(ACCEPTED)): "accepted"}
    assert {id: value for id, value in held.items() if value} == answered
