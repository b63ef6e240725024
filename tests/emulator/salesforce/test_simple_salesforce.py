"""The Python client most people use, against the emulator, with nothing changed but the host."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest

from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator


class Routed(requests.Session):
    """The client has https://...salesforce.com written into it; this sends every request to the emulator."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = urlsplit(target)
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(url)
        routed = urlunsplit((self.target.scheme, self.target.netloc, parts.path, parts.query, ""))
        options.setdefault("timeout", 10)
        return super().request(method, routed, *args, **options)


@pytest.fixture
def client(emulator: Emulator, org: SalesforceOrg) -> Salesforce:
    app = emulator.announcement["salesforce"]
    return Salesforce(
        username=app["username"],
        consumer_key=app["client_id"],
        privatekey=Path(app["private_key_file"]).read_text(),
        domain="example.my",
        version="68.0",
        session=Routed(emulator.url),
    )


def test_sign_in_by_client_credentials(emulator: Emulator, org: SalesforceOrg) -> None:
    app = emulator.announcement["salesforce"]
    secret = {"consumer_key": app["client_id"], "consumer_secret": app["client_secret"]}
    client = Salesforce(domain="example.my", version="68.0", session=Routed(emulator.url), **secret)
    assert client.limits()["DailyApiRequests"]["Max"] > 0


def test_describe_and_write(client: Salesforce) -> None:
    assert {"Account", "Lead"} <= {each["name"] for each in client.describe()["sobjects"]}
    assert any(field["name"] == "Company" for field in client.Lead.describe()["fields"])
    made = client.Account.create({"Name": "Example Industries 001"})
    assert client.Account.update(made["id"], {"Industry": "Banking"}) == 204
    assert client.Account.get(made["id"])["Industry"] == "Banking"
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        client.Contact.create({"FirstName": "A"})
    assert client.Account.delete(made["id"]) == 204


def test_upsert(client: Salesforce, key: str) -> None:
    lead = {"LastName": "Person 001", "Company": "Example Industries 001"}
    assert client.Lead.upsert(f"{key}/k1", lead) == 201
    assert client.Lead.upsert(f"{key}/k1", lead) == 200
    done = client.restful(
        f"composite/sobjects/Lead/{key}",
        method="PATCH",
        json={"records": [{"attributes": {"type": "Lead"}, key: "k1", "Title": "t"}]},
    )
    assert done[0]["created"] is False


def test_query_all_pages(client: Salesforce, org: SalesforceOrg) -> None:
    org.insert("Account", [{"Name": f"Example {i:04}"} for i in range(2500)])
    names = [each["Name"] for each in client.query_all_iter("SELECT Name FROM Account ORDER BY Name")]
    assert (len(names), names[-1]) == (2500, "Example 2499")
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_tooling_makes_a_field(client: Salesforce) -> None:
    body = {"FullName": "Lead.Score__c", "Metadata": {"label": "S", "type": "Number", "precision": 5, "scale": 2}}
    assert client.toolingexecute("sobjects/CustomField", method="POST", data=body)["success"]


def test_bulk_2_writes_and_reads(client: Salesforce, key: str) -> None:
    rows = [{key: f"k{i}", "LastName": f"Person {i:03}", "Company": "Example"} for i in range(30)]
    (outcome,) = client.bulk2.Lead.upsert(records=rows, external_id_field=key, wait=0.01)
    assert (outcome["numberRecordsProcessed"], outcome["numberRecordsFailed"]) == (30, 0)
    assert client.bulk2.Lead.get_failed_records(outcome["job_id"]).count("\n") == 1
    pages = list(client.bulk2.Lead.query("SELECT Id, LastName FROM Lead", max_records=12, wait=0.01))
    assert [len(list(csv.DictReader(io.StringIO(page)))) for page in pages] == [12, 12, 6]


def test_an_expired_session_is_renewed_by_the_client(client: Salesforce, org: SalesforceOrg) -> None:
    org.settings({"expire_tokens": True})
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 0
    org.settings({"expire_tokens": True})
    with pytest.raises(SalesforceExpiredSession):
        list(client.bulk2.Lead.query("SELECT Id FROM Lead", wait=0.01))


def test_updated_and_deleted(client: Salesforce, emulator: Emulator) -> None:
    made = client.Account.create({"Name": "x"})
    emulator.clock.advance(120)
    now = emulator.clock.now()
    assert client.Account.updated(now - timedelta(hours=1), now)["ids"] == [made["id"]]
    assert client.Account.deleted(now - timedelta(hours=1), now)["deletedRecords"] == []
