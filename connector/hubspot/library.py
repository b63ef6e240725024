"""hubspot-api-client for properties, owners, pipelines and sign-in, sending through our transport.

Its typed answers are not used: they are None where HubSpot answers with another 2xx than expected
(https://github.com/HubSpot/hubspot-api-python/issues/448). See docs/decisions/0002.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from connector.hubspot.paths import Paths
from connector.paging import Trail
from connector.transport import Transport
from connector.wire import Answer, Call

_FORM = "application/x-www-form-urlencoded"


class Library:
    """The library's calls by name, their answers parsed."""

    def __init__(self, transport: Transport, paths: Paths) -> None:
        from hubspot import HubSpot  # noqa: PLC0415  # takes 0.1 s that only a connection is worth

        rest = _Rest(transport, paths)
        self._client = HubSpot(api_factory=lambda package, name, config: _api(package, name, config, rest))

    def properties(self, type: str) -> list[Mapping[str, Any]]:
        """Every property of an object."""
        return _results(self._client.crm.properties.core_api.get_all(type, archived=False, **_RAW))

    def groups(self, type: str) -> list[Mapping[str, Any]]:
        """Every property group of an object."""
        return _results(self._client.crm.properties.groups_api.get_all(type, **_RAW))

    def create_group(self, type: str, body: Mapping[str, Any]) -> None:
        """Create a property group."""
        self._client.crm.properties.groups_api.create(type, dict(body), **_RAW)

    def create_property(self, type: str, body: Mapping[str, Any]) -> None:
        """Create a property; one of that name in the bin comes back to life."""
        self._client.crm.properties.core_api.create(type, dict(body), **_RAW)

    def owners(self, *, archived: bool) -> Iterable[Mapping[str, Any]]:
        """Every owner, of those still active or of those who left."""
        api = self._client.crm.owners.owners_api
        after: str | None = None
        trail = Trail("HubSpot owners")
        while True:
            place = {} if after is None else {"after": after}
            answer = orjson.loads(api.get_page(limit=100, archived=archived, **place, **_RAW).data)
            yield from answer["results"]
            following = (answer.get("paging") or {}).get("next", {}).get("after")
            if following is None:
                return
            after = trail.on(str(following))

    def pipelines(self, type: str) -> list[Mapping[str, Any]]:
        """Pipelines of an object with their stages."""
        return _results(self._client.crm.pipelines.pipelines_api.get_all(type, **_RAW))

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Mapping[str, Any]:
        """A new OAuth access token."""
        answer = self._client.oauth.tokens_api.create(
            grant_type="refresh_token",
            client_id=client_id,
            client_secret=client_secret,
            refresh_token=refresh_token,
            **_RAW,
        )
        token: Mapping[str, Any] = orjson.loads(answer.data)
        return token


_RAW: Mapping[str, Any] = {"_preload_content": False}


class _Rest:
    """What the library takes for its HTTP client: `connector.transport` with the paths of our API version."""

    def __init__(self, transport: Transport, paths: Paths) -> None:
        self._transport = transport
        self._paths = paths

    def GET(self, url: str, **given: Any) -> "_Raw":  # noqa: N802  # the library's name
        return self._send("GET", url, given)

    def POST(self, url: str, **given: Any) -> "_Raw":  # noqa: N802  # the library's name
        return self._send("POST", url, given)

    def _send(self, method: str, url: str, given: Mapping[str, Any]) -> "_Raw":
        path = self._paths.of_library(urlsplit(url).path.rstrip("/"))
        form = given.get("post_params")
        call = Call(
            method=method,
            target=path,
            params={name: _word(value) for name, value in given.get("query_params") or ()},
            json=given.get("body"),
            body=urlencode(form) if form else None,
            headers={"Content-Type": _FORM} if form else {},
            # creating a property again is answered with 409; a token may be asked for twice
            repeatable=True,
            signed=not path.startswith("/oauth/"),
        )
        return _Raw(self._transport.send(call))


class _Raw:
    """An answer as the library hands it on."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.data = answer.body


def _api(package: Any, name: str, _: Mapping[str, Any], rest: _Rest) -> Any:
    client = package.ApiClient(configuration=package.Configuration())
    client.rest_client = rest
    return getattr(package, name)(api_client=client)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _results(raw: Any) -> list[Mapping[str, Any]]:
    results: list[Mapping[str, Any]] = orjson.loads(raw.data)["results"]
    return results
