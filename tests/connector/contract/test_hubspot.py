"""HubSpot keeps the connectors' contract."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from connector.emulator.server import Emulator
from connector.errors import TryAgain
from connector.hubspot.crm import HubSpot, HubSpotConfig, open_hubspot
from connector.wire import Patience
from tests.connector.contract.side import Side, Values, Words
from tests.connector.contract.suite import CrmContract

WORDS = Words(
    accounts="companies",
    name="name",
    employees="numberofemployees",
    industry="industry",
    a_choice="COMPUTER_SOFTWARE",
    one_of_each={
        "numberofemployees": "250",
        "industry": "COMPUTER_SOFTWARE",
        "example_flag": "true",
        "example_day": "2026-01-31",
        "example_at": "2026-01-31T12:30:00.123Z",
        "example_text": "line one\nline two",
    },
    read_back={
        "numberofemployees": 250.0,
        "industry": "COMPUTER_SOFTWARE",
        "example_flag": True,
        "example_day": date(2026, 1, 31),
        "example_at": datetime(2026, 1, 31, 12, 30, 0, 123000, tzinfo=UTC),
        "example_text": "line one\nline two",
    },
    tasks="tasks",
    subject="hs_task_subject",
    key="tossup_key",
    new_task={"hs_timestamp": "2026-12-01T09:00:00Z", "hs_task_status": "NOT_STARTED"},
    missing_id="999999999999",
    person="Owner 01",
    read_calls="GET /crm/objects/*/companies",
    update_calls="POST /crm/objects/*/companies/batch/update",
    upsert_calls="POST /crm/objects/*/tasks/batch/upsert",
    people="contacts",
    a_person={"firstname": "Example", "lastname": "Person"},
    members="list_memberships",
    list_id="list_id",
    contact_id="contact_id",
    member_key="",
    member_calls="PUT /crm/lists/*/memberships/*",
    bad_values={"industry": "NO_SUCH_INDUSTRY"},
)

EXAMPLES = {
    "example_flag": ("bool", "booleancheckbox"),
    "example_day": ("date", "date"),
    "example_at": ("datetime", "date"),
    "example_text": ("string", "textarea"),
}

TRUTH = [
    {"label": value, "value": value, "displayOrder": n, "hidden": False} for n, value in enumerate(("true", "false"))
]


class HubSpotSide(Side):
    """The emulated HubSpot."""

    words = WORDS
    empty = ""
    many = 1150

    def open(self, *, token: str | None = None, renewable: bool = False, **settings: Any) -> HubSpot:
        told = self.emulator.announcement["hubspot"]
        way_in: dict[str, Any] = {"access_token": SecretStr(token or told["access_token"])}
        if renewable:
            names = ("client_id", "client_secret", "refresh_token")
            way_in = {name: told[name] for name in names[:1]} | {n: SecretStr(told[n]) for n in names[1:]}
        chosen = {"url": told["url"], "patience": Patience(first_s=0.001, longest_s=5.0), "search_per_second": 1e6}
        return open_hubspot(HubSpotConfig(**(chosen | way_in | settings)))

    def stamped(self, stamp: datetime) -> Values:
        text = stamp.isoformat()
        return {"createdate": text, "hs_lastmodifieddate": text}

    def hire(self, name: str) -> None:
        first, _, last = name.partition(" ")
        self.add("owners", [{"firstName": first, "lastName": last}])

    def track(self, object: str, *fields: str) -> None:
        """HubSpot keeps the history of every property."""

    def _reset(self) -> None:
        super()._reset()
        self.emulator.hubspot.define(
            "companies",
            [
                {
                    "name": name,
                    "label": name,
                    "type": type,
                    "fieldType": field_type,
                    "groupName": "example",
                    "options": TRUTH if type == "bool" else [],
                }
                for name, (type, field_type) in EXAMPLES.items()
            ],
        )


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(crm="hubspot") as emulator:
        yield emulator


class TestHubSpot(CrmContract):
    @pytest.fixture
    def side(self, emulator: Emulator) -> HubSpotSide:
        return HubSpotSide(emulator, "hubspot")

    def test_the_reserve_of_the_daily_budget_is_not_eaten(self, side: Side):
        """By describing: HubSpot's search, which counts records, does not tell what is left of the day."""
        crm = side.open(reserve=1.0)
        with pytest.raises(TryAgain, match="calls of the day are used"):
            crm.describe([side.words.accounts])
        crm.close()
