"""One emulated org for all tests here, fresh for each, and a bare HTTP client that hides nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator


class Api:
    """Sends requests as the integration user."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.base = f"{url}/services/data/v68.0"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, f"{self.base}{path}", timeout=10, **options)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        response = self.send("GET", path, **options)
        assert response.status_code == status, response.text
        return response.json()

    def post(self, path: str, body: object, status: int = 201, **options: Any) -> Any:
        response = self.send("POST", path, json=body, **options)
        assert response.status_code == status, response.text
        return response.json()

    def patch(self, path: str, body: object, status: int = 204, **options: Any) -> Any:
        response = self.send("PATCH", path, json=body, **options)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def query(self, soql: str, status: int = 200, **options: Any) -> Any:
        return self.get("/query", status, params={"q": soql}, **options)

    def create(self, object: str, **values: object) -> str:
        return str(self.post(f"/sobjects/{object}", values)["id"])

    def grant(self, *fields: str, edit: bool = True) -> None:
        """A permission set that grants these fields to us."""
        number = self.query("SELECT COUNT() FROM PermissionSet")["totalSize"]
        granted = self.create("PermissionSet", Name=f"Set{number}", Label=f"Set {number}")
        for field in fields:
            rights = {"PermissionsRead": True, "PermissionsEdit": edit}
            self.create("FieldPermissions", ParentId=granted, SobjectType=field.split(".")[0], Field=field, **rights)
        me = self.query("SELECT Id FROM User WHERE Username = 'integration@example.invalid'")["records"][0]["Id"]
        self.create("PermissionSetAssignment", PermissionSetId=granted, AssigneeId=me)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator("salesforce") as running:
        yield running


@pytest.fixture
def org(emulator: Emulator) -> SalesforceOrg:
    emulator.clock.advance(-emulator.clock.offset)
    emulator.reset()
    usual = {"limits": "off", "bulk_polls": 1, "bulk_queue_s": 0, "page_size": 0, "token_life_s": 7200}
    usual["assignment_rule"] = True
    emulator.salesforce.settings(usual)
    salesforce: SalesforceOrg = emulator.salesforce
    return salesforce


@pytest.fixture
def api(emulator: Emulator, org: SalesforceOrg) -> Iterator[Api]:
    client = Api(emulator.url, emulator.announcement["salesforce"]["access_token"])
    yield client
    client.http.close()


KEY_FIELD = {"label": "Key", "type": "Text", "length": 255, "externalId": True, "unique": True, "caseSensitive": True}


@pytest.fixture
def key(org: SalesforceOrg) -> str:
    """A unique, case-sensitive external id on Lead, Task and Event."""
    org.define("Lead", [{"name": "Key__c", **KEY_FIELD}])
    org.define("Activity", [{"name": "Key__c", **KEY_FIELD}])
    return "Key__c"
