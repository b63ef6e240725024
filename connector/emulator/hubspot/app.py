"""The emulated HubSpot portal: everything the server and the worlds need of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from starlette.routing import Route

from connector.emulator.hubspot import definitions, linking, lists, people, schemas, writes
from connector.emulator.hubspot.account import Tokens
from connector.emulator.hubspot.auth import Auth
from connector.emulator.hubspot.gate import Gate
from connector.emulator.hubspot.limits import Limits
from connector.emulator.hubspot.objects import bare
from connector.emulator.hubspot.paths import routes
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.rows import Record, Table
from connector.emulator.hubspot.wire import Refusal
from connector.emulator.org import BadRequest, Clock, text_list

DEFAULT_VERSION: Final = "2026-09"


class HubSpotPortal:
    """One HubSpot account in memory, served on v3/v4 and dated paths."""

    def __init__(self, clock: Clock) -> None:
        self.portal = Portal(clock)
        self.auth = Auth(clock)
        self.limits = Limits(clock)

    def routes(self) -> list[Route]:
        """Every route of the API."""
        gate = Gate(self.portal, self.auth, self.limits)
        return list(routes(gate, Tokens(self.portal, self.auth)))

    def reset(self) -> None:
        """Become an empty portal with a new id; credentials and settings stay."""
        with self._alone():
            self.portal.clear()
            self.limits.forget()

    def snapshot(self) -> dict[str, Any]:
        """All state, JSON-able; the only secrets in it are made up."""
        with self._alone():
            return {"portal": self.portal.snapshot(), "auth": self.auth.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` saw."""
        with self._alone():
            self.portal.restore(state["portal"])
            self.auth.restore(state["auth"])

    def inspect(self, object: str | None) -> dict[str, Any]:
        """`{"counts": {...}}`, or the records of one object: every value that is set, and the links."""
        with self._alone():
            if object is None:
                counts = {name: len(table.live) for name, table in self.portal.tables.items()}
                return {"counts": counts | {"owners": len(self.portal.owners.by_id)}}
            if object == "owners":
                return {"records": [owner.shown() for owner in self.portal.owners.by_id.values()]}
            if object == "exchange_rates":
                return {"records": [rate.shown() for rate in self.portal.rates.by_id.values()]}
            if object in ("lists", "list_memberships"):
                return {"records": lists.held(self.portal, members=object == "list_memberships")}
            table = self.portal.table(object)
            return {"records": [self._inspected(table, record) for record in table.live.values()]}

    def act(self, person: str, action: str, object: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
        """What a person does by hand; see `people.act` for the actions."""
        with self._alone():
            return people.act(self.portal, person, action, object, id, values)

    def insert(self, object: str, records: list[dict[str, Any]]) -> list[str]:
        """Create records and return their ids; a bad one stops, with those before it created.

        A record is its properties by name, or `{"properties": {...}}`; beside them `associations`, as on the wire or
        short: `{"companies": [id, ...]}`. Creation and modification properties and read-only ones may be given.
        Owners take `firstName`, `lastName`, `email`, `type`, `archived`; exchange_rates `fromCurrencyCode`,
        `conversionRate`, `effectiveAt`.
        """
        with self._alone():
            if object == "owners":
                return [self._owner(told) for told in records]
            if object == "exchange_rates":
                return [self.portal.rates.add(told, self.portal.currency, self.portal.now()).id for told in records]
            table = self.portal.table(object)
            return [self._insert(table, told) for told in records]

    def link(self, object: str, to: str, pairs: Iterable[tuple[str, str]], types: Sequence[int] = ()) -> None:
        """Associate records `(id, to_id)` with each other, by the default type and `types`."""
        with self._alone():
            ends = (self.portal.table(object).kind.name, self.portal.table(to).kind.name)
            for id, other in pairs:
                linking.link(self.portal, ends, int(id), int(other), tuple(types))

    def define(self, object: str, properties: Iterable[Mapping[str, Any]]) -> None:
        """Define properties (JSON as over HTTP); their group is made when it is not there. Those there are left."""
        with self._alone():
            table = self.portal.table(object)
            for told in properties:
                table.groups.setdefault(told["groupName"], str(told["groupName"]).capitalize())
                if told["name"] not in table.properties or table.properties[told["name"]].archived:
                    definitions.define(self.portal, table, told)

    def define_object(self, schema: Mapping[str, Any]) -> str:
        """Define a custom object (JSON as over HTTP); returns its type id, `2-...`."""
        with self._alone():
            return self.portal.tables[schemas.define_object(self.portal, schema)].kind.type_id

    def settings(self, values: Mapping[str, object]) -> dict[str, object]:
        """Change settings; returns them all.

        `limits` ("off" | "vendor"), `daily_limit`, `index_lag` (seconds), `missing_scopes` (list),
        `flows` ({object: {property: value}}: what becomes of records written through the API),
        `expire_tokens` (true: now), `required_since_2026_09` ({object: [properties]}), `time_zone`, `currency`.
        """
        if "limits" in values:
            if values["limits"] not in {"off", "vendor"}:
                raise BadRequest("limits must be off or vendor")
            self.limits.mode = "vendor" if values["limits"] == "vendor" else "off"
        if "daily_limit" in values:
            self.limits.daily = int(_number(values, "daily_limit"))
        if "index_lag" in values:
            self.portal.index_lag_s = _number(values, "index_lag")
        if "missing_scopes" in values:
            self.auth.missing_scopes = set(text_list(values, "missing_scopes"))
        if values.get("expire_tokens"):
            self.auth.expire_all()
        self._set_account(values)
        return {
            "limits": self.limits.mode,
            "daily_limit": self.limits.daily,
            "index_lag": self.portal.index_lag_s,
            "missing_scopes": sorted(self.auth.missing_scopes),
            "required_since_2026_09": self.portal.required_since_2026_09,
            "flows": self.portal.flows,
            "time_zone": self.portal.time_zone,
            "currency": self.portal.currency,
        }

    def announcement(self, base_url: str, secrets_dir: Path) -> dict[str, Any]:
        """What a client needs to connect; HubSpot needs no key file in `secrets_dir`."""
        del secrets_dir
        return {
            "url": base_url,
            "access_token": self.auth.service_key,
            "client_id": self.auth.client_id,
            "client_secret": self.auth.client_secret,
            "refresh_token": self.auth.refresh_token,
            "portal_id": str(self.portal.id),
        }

    def env(self, base_url: str, announcement: dict[str, Any]) -> dict[str, str]:
        """The same as environment variables: the service key signs in; add the OAuth ones to use OAuth."""
        env = {
            "TOSSUP_CRM": "hubspot",
            "TOSSUP_HUBSPOT_URL": base_url,
            "TOSSUP_HUBSPOT_ACCESS_TOKEN": announcement["access_token"],
            "TOSSUP_HUBSPOT_API_VERSION": DEFAULT_VERSION,
        }
        if self.limits.mode == "off":
            env["TOSSUP_HUBSPOT_SEARCH_PER_SECOND"] = "1000"
        return env

    def secrets(self) -> dict[str, str]:
        """Everything that lets somebody in, or ever did, by name."""
        return self.auth.secrets()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Between two requests; what HTTP would refuse is a `BadRequest` here."""
        with self.portal.lock:
            try:
                yield
            except Refusal as refusal:
                raise BadRequest(refusal.message) from refusal

    def _set_account(self, values: Mapping[str, object]) -> None:
        if isinstance(rules := values.get("required_since_2026_09"), dict):
            self.portal.required_since_2026_09 = {str(object): list(names) for object, names in rules.items()}
        if isinstance(flows := values.get("flows"), dict):
            self.portal.flows = flows
        if "time_zone" in values:
            self.portal.time_zone = str(values["time_zone"])
        if "currency" in values:
            self.portal.currency = str(values["currency"])

    def _owner(self, told: dict[str, Any]) -> str:
        return self.portal.owners.add(told, self.portal.take_owner_id(), self.portal.now()).id

    def _insert(self, table: Table, told: dict[str, Any]) -> str:
        properties = told.get("properties")
        if properties is None:
            properties = {name: value for name, value in told.items() if name != "associations"}
        draft = writes.draft_create(self.portal, table, properties, told.get("associations"), writes.SEED, set())
        return str(writes.commit(self.portal, draft, writes.SEED).id)

    def _inspected(self, table: Table, record: Record) -> dict[str, Any]:
        links = self.portal.links
        found = {to: links.of((table.kind.name, to), record.id) for to in links.others(table.kind.name)}
        names = (*table.kind.always, *table.set_names(record))
        return bare(record) | {
            "properties": table.pick(record, names),
            "associations": {to: [str(other) for other, _ in some] for to, some in found.items() if some},
        }


def _number(values: Mapping[str, object], name: str) -> float:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadRequest(f"{name} must be a number of at least 0")
    return float(value)
