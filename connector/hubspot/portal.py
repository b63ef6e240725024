"""One HubSpot account over the transport: its calls, its object types and who it is."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from connector.errors import GiveUp
from connector.hubspot.names import TYPE_IDS
from connector.hubspot.paths import Paths
from connector.transport import Transport
from connector.wire import Answer, Call

BATCH = 100
"""Records of one batch call, and of one list page."""
LINKS_READ = 1000
LINKS_MADE = 2000


class Portal:
    """Sends calls for object types by the names a mapping uses."""

    def __init__(self, transport: Transport, paths: Paths) -> None:
        self.transport = transport
        self.paths = paths
        self._lock = threading.Lock()
        self._custom: Mapping[str, Mapping[str, Any]] | None = None
        self._account: Mapping[str, Any] | None = None

    def type(self, name: str) -> str:
        """What a path calls this object. Raises `GiveUp` where the account has no such object."""
        if name in TYPE_IDS:
            return name
        return self.type_id(name)

    def type_id(self, name: str) -> str:
        """`0-2` for companies, `2-...` for the account's own objects."""
        if name in TYPE_IDS:
            return TYPE_IDS[name]
        schema = self.custom().get(name)
        if schema is None:
            raise GiveUp(f"HubSpot has no object {name}. Check the mapping, and the app's custom object scopes.")
        return str(schema["objectTypeId"])

    def custom(self) -> Mapping[str, Mapping[str, Any]]:
        """Schemas of the account's own objects by name, full name and type id.

        Raises `GiveUp` with code MISSING_SCOPES where the app may not see them.
        """
        with self._lock:
            if self._custom is None:
                answer = self.get(self.paths.schemas)
                found: dict[str, Mapping[str, Any]] = {}
                for schema in answer.data["results"]:
                    for key in ("objectTypeId", "fullyQualifiedName", "name"):
                        found[str(schema[key])] = schema
                self._custom = found
            return self._custom

    def account(self) -> Mapping[str, Any]:
        """The account's details: portalId, uiDomain, timeZone, companyCurrency."""
        with self._lock:
            if self._account is None:
                self._account = dict(self.get(self.paths.account).data)
            return self._account

    def probe(self) -> None:
        """Ask for the account's details anew, for the sake of the headers."""
        self.get(self.paths.account)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """GET, parsed."""
        return self.transport.send(Call(method="GET", target=path, params=params or {}))

    def page(self, name: str, params: Mapping[str, str]) -> bytes:
        """One list page as it came."""
        call = Call(method="GET", target=self.paths.objects(self.type(name)), params=params, expects="page")
        return self.transport.send(call).body

    def search(self, name: str, question: Mapping[str, Any]) -> Answer:
        """One search. The index runs some moments behind, without a promise how many."""
        path = self.paths.search(self.type(name))
        return self.transport.send(Call(method="POST", target=path, json=question, repeatable=True, bucket="search"))

    def batch(
        self,
        name: str,
        verb: Literal["read", "create", "update", "upsert", "archive"],
        body: Mapping[str, Any],
    ) -> Answer:
        """At most 100 records. All but a creation may be repeated: they name the records they mean."""
        path = self.paths.batch(self.type(name), verb)
        return self.transport.send(Call(method="POST", target=path, json=body, repeatable=verb != "create"))

    def read_links(self, name: str, to: str, inputs: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:
        """Associations of at most 1,000 records."""
        return self._links(name, to, "read", inputs)

    def link(self, name: str, to: str, inputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Make at most 2,000 unlabelled associations; those that exist stay as they are."""
        return self._links(name, to, "associate/default", inputs)

    def _links(
        self, name: str, to: str, verb: Literal["read", "associate/default"], inputs: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        path = self.paths.links(self.type(name), self.type(to), verb)
        data = self.transport.send(Call(method="POST", target=path, json={"inputs": inputs}, repeatable=True)).data
        return data if isinstance(data, dict) else {}
