"""A HubSpot portal over real HTTP, fresh for every test."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connector.emulator.hubspot.app import HubSpotPortal
from connector.emulator.server import Emulator


class Api:
    """What a client does with the portal: paths in, JSON out."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.portal: HubSpotPortal = emulator.hubspot
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.portal.auth.service_key}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.session.request(method, self.emulator.url + path, json=body, timeout=10, **more)

    def ok(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, *, status: int = 400) -> dict[str, Any]:
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.emulator.control_url + path, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def search(self, object: str, *filters: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **more}
        return self.ok("POST", f"/crm/v3/objects/{object}/search", body)

    def company(self, **properties: Any) -> str:
        return self.portal.insert("companies", [{"name": "Example Industries 001", **properties}])[0]

    def contact(self, **properties: Any) -> str:
        return self.portal.insert("contacts", [{"lastname": "Example 001", **properties}])[0]


@pytest.fixture(scope="package")
def running() -> Iterator[Emulator]:
    with Emulator("hubspot") as emulator:
        yield emulator


@pytest.fixture
def api(running: Emulator) -> Iterator[Api]:
    running.reset("empty")
    running.calls(forget=True)
    running.clock.advance(-running.clock.offset)
    running.hubspot.settings(
        {"limits": "off", "index_lag": 0, "missing_scopes": [], "required_since_2026_09": {}, "daily_limit": 625_000}
    )
    api = Api(running)
    yield api
    api.session.close()
