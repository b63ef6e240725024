"""An emulated Salesforce org for the contract suite and for what is Salesforce's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connector.emulator.server import Emulator
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.crm import Salesforce, open_salesforce
from connector.wire import Patience
from tests.connector.contract.side import Side, Values, Words

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

CUSTOM = (
    {"name": "Tier__c", "label": "Tier", "type": "Number", "precision": 8, "scale": 2},
    {"name": "Invoice_Overdue__c", "label": "Invoice overdue", "type": "Checkbox", "defaultValue": "false"},
    {"name": "Customer_Since__c", "label": "Customer since", "type": "Date"},
    {"name": "Seen_At__c", "label": "Seen at", "type": "DateTime"},
)

WORDS = Words(
    accounts="Account",
    name="Name",
    employees="NumberOfEmployees",
    industry="Industry",
    a_choice="Technology",
    one_of_each={
        "NumberOfEmployees": 12,
        "AnnualRevenue": 1234.0,
        "Industry": "Technology",
        "Description": "first line\nsecond, line",
        "Tier__c": 2.5,
        "Invoice_Overdue__c": True,
        "Customer_Since__c": "2024-02-29",
        "Seen_At__c": "2026-03-04T05:06:07.000Z",
    },
    read_back={
        "NumberOfEmployees": 12,
        "AnnualRevenue": 1234.0,
        "Industry": "Technology",
        "Description": "first line\nsecond, line",
        "Tier__c": 2.5,
        "Invoice_Overdue__c": True,
        "Customer_Since__c": date(2024, 2, 29),
        "Seen_At__c": MOMENT,
    },
    tasks="Task",
    subject="Subject",
    key="Tossup_Key__c",
    new_task={"Status": "Not Started", "Priority": "Normal", "ActivityDate": "2026-12-01"},
    missing_id="001000000099999AAA",
    person="Integration",
    read_calls="GET /services/data/*/query*",
    update_calls="PATCH /services/data/*/composite/sobjects*",
    upsert_calls="PATCH /services/data/*/composite/sobjects/Task/*",
    people="Contact",
    a_person={"LastName": "Person"},
    members="CampaignMember",
    list_id="CampaignId",
    contact_id="ContactId",
    member_key="Tossup_Key__c",
    member_calls="PATCH /services/data/*/composite/sobjects/CampaignMember/*",
    bad_values={"ParentId": "001000000099999AAA"},
)


class SalesforceSide(Side):
    """The org; query pages are short, so that few records make many pages."""

    words = WORDS
    many = 450

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator, "salesforce")
        emulator.salesforce.define("Account", CUSTOM)
        self.settings(page_size=200, daily_calls=1_000_000)
        emulator.faults.clear()

    def config(self, **settings: Any) -> SalesforceConfig:
        """How to connect, by JWT unless a token is given."""
        told = self.emulator.announcement["salesforce"]
        settings.pop("renewable", None)
        known: dict[str, Any] = {"url": told["url"], "patience": Patience(first_s=0.001, longest_s=0.01)}
        if "token" in settings:
            known["access_token"] = SecretStr(settings.pop("token"))
        else:
            key = SecretStr(Path(told["private_key_file"]).read_text())
            known |= {"client_id": told["client_id"], "username": told["username"], "private_key": key}
        return SalesforceConfig(**(known | settings))

    def open(self, **settings: Any) -> Salesforce:
        return open_salesforce(self.config(**settings))

    def hire(self, name: str) -> None:
        self.add("User", [{"LastName": name}])

    def track(self, object: str, *fields: str) -> None:
        self.settings(track=[f"{object}.{field}" for field in fields])

    def stamped(self, stamp: datetime) -> Values:
        text = stamp.isoformat(timespec="milliseconds")
        return {"CreatedDate": text, "LastModifiedDate": text, "SystemModstamp": text}


@contextmanager
def emulated() -> Iterator[Emulator]:
    """One server for a module's tests; each test begins with a fresh org."""
    with Emulator("salesforce") as emulator:
        yield emulator
