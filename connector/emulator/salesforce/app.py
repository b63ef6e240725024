"""A Salesforce org behind HTTP routes, with the in-process ways in that worlds and tests use."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.org import BadRequest, Clock
from connector.emulator.salesforce import currencies, metadata, schema, state, times
from connector.emulator.salesforce.auth import Auth, Refused
from connector.emulator.salesforce.bulk import Bulk
from connector.emulator.salesforce.collections import Collections
from connector.emulator.salesforce.core import API_USER, ROUTER, Core
from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.people import People
from connector.emulator.salesforce.query import Queries
from connector.emulator.salesforce.records import Caller, Records
from connector.emulator.salesforce.selling import STAGES
from connector.emulator.salesforce.settings import Settings
from connector.emulator.salesforce.sobjects import Sobjects
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.tooling import Tooling
from connector.emulator.salesforce.web import VERSION, Door, Slashed, answer

FOUNDED = times.parse("2020-01-01T00:00:00Z")
"""When the records of a new org were made: before whatever time a world is set in."""


class SalesforceOrg:
    """One org. Handlers run on the server's loop; in-process calls may come from any thread."""

    def __init__(self, clock: Clock) -> None:
        self.core = Core(clock)
        self.auth = Auth(self.core)
        self.records = Records(self.core)
        self.tooling = Tooling(self.core)
        self.people = People(self.core, self.records)
        self._door = Door(self.core, self.auth)
        self._queries = Queries()
        self._bulk = Bulk(self.core, self.records)
        self._settings = Settings(self.auth, self._door.usage, self.records, self._queries, self._bulk)
        self.reset()

    @property
    def org_id(self) -> str:
        """18 characters, another one after every reset."""
        return self.core.org_id

    def routes(self) -> list[Route]:
        """The HTTP routes, most specific first."""
        exact = [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            Route("/services/oauth2/revoke", self._revoke, methods=["POST"]),
            Route("/services/data", self._versions, methods=["GET"]),
            *self.tooling.routes(self._door),
            *self._queries.routes(self._door),
            *self._bulk.routes(self._door),
            *Collections(self.records).routes(self._door),
            *schema.routes(self._door),
            *Sobjects(self.records).routes(self._door),
        ]
        by_key = [route for route in exact if ":path}" in route.path]
        return [*(route for route in exact if route not in by_key), Slashed(exact), *by_key]

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        base_url = f"{request.url.scheme}://{request.url.netloc}"
        try:
            with self.core.lock:
                return answer(self.auth.token(form, request.headers.get("authorization", ""), base_url))
        except Refused as refused:
            return answer(refused.body, 400)

    async def _revoke(self, request: Request) -> Response:
        form = await request.form()
        if self.auth.revoke(str(form.get("token", ""))):
            return Response(status_code=200)
        return answer(
            {"error": "unsupported_token_type", "error_description": "this token type is not supported"}, 400
        )

    async def _versions(self, _: Request) -> Response:
        return answer(schema.versions())

    def reset(self) -> None:
        """Become a fresh org: standard objects, two users, no records; credentials stay valid."""
        with self.core.lock:
            self.core.clear()
            self.auth.revoke_all()
            self.tooling.created.clear()
            self._queries.clear()
            self._bulk.clear()
            self._door.usage.used = 0
            self._found()

    def _found(self) -> None:
        """What a new org comes with."""
        core, itself = self.core, Caller(user_id="", at=FOUNDED)
        for name in ("System Administrator", "Standard User"):
            self.records.create(core.tables["Profile"], {"Name": name}, itself)
        row = self.records.create(core.tables["User"], {"LastName": "Integration", "Username": API_USER}, itself)
        core.api_user = core.tables["User"].ids[row]
        router = {"LastName": ROUTER, "Username": "router@example.invalid"}
        self.records.lead_owner = core.tables["User"].ids[self.records.create(core.tables["User"], router, itself)]
        itself = Caller(user_id=core.api_user, at=FOUNDED)
        org = {"Name": "Example Org", "OrganizationType": "Enterprise Edition", "FiscalYearStartMonth": 1}
        self.records.create(core.tables["Organization"], org, itself)
        core.tables["Organization"].ids[0] = core.org_id
        book = {"Name": "Standard Price Book", "IsActive": True, "IsStandard": True}
        self.records.create(core.tables["Pricebook2"], book, itself)
        for place, (name, probability, category) in enumerate(STAGES, start=1):
            stage = {
                "MasterLabel": name,
                "ApiName": name,
                "SortOrder": place,
                "IsClosed": name.startswith("Closed"),
                "IsWon": name == "Closed Won",
                "DefaultProbability": probability,
                "ForecastCategory": category,
            }
            self.records.create(core.tables["OpportunityStage"], stage, itself)

    def snapshot(self) -> dict[str, Any]:
        """All records and definitions as JSON-able values; tokens, open queries and bulk jobs are not in it."""
        with self.core.lock:
            return state.dump(self.core, self.tooling, self.records)

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Become what `snapshot` saw."""
        with self.core.lock:
            self._queries.clear()
            self._bulk.clear()
            state.load(snapshot, self.core, self.tooling, self.records)

    def inspect(self, object: str | None) -> dict[str, Any]:
        """Counts of live records by object, or every live record of one object, datetimes as text."""
        with self.core.lock:
            if object is None:
                tables = self.core.tables.values()
                return {"counts": {t.name: t.columns["IsDeleted"].count(False) for t in tables if len(t)}}
            table = self._table(object)
            rows = (row for row in range(len(table)) if not table.columns["IsDeleted"][row])
            return {"records": [state.shown(table, row) for row in rows]}

    def act(self, person: str, action: str, object: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
        """What a person does: create, update, complete, delete, purge, undelete, convert, merge, commit_late."""
        with self.core.lock:
            try:
                return self.people.act(person, action, object, id, values)
            except RecordError as error:
                raise BadRequest(str(error)) from error

    def insert(self, object: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Create records in process; every field and stamp but Id and IsDeleted may be given. All or none."""
        with self.core.lock:
            table, caller = self._table(object), Caller(user_id=self.core.api_user)
            create, rows = self.records.create, []
            try:
                for record in records:
                    rows.append(create(table, record, caller))  # noqa: PERF401 - rows made so far must be known
            except RecordError as error:
                for row in rows:
                    table.purge(row)
                raise BadRequest(f"{object} {len(rows) + 1}: {error}") from error
            return [table.ids[row] for row in rows]

    def define(
        self, object: str, fields: Iterable[Mapping[str, Any]], label: str = "", *, hidden: bool = False
    ) -> None:
        """Add custom fields to an object (a custom one is made if need be), visible at once unless `hidden`.

        A field is Tooling metadata with its name: `{"name": "Tier__c", "label": "Tier", "type": "Number",
        "precision": 4, "scale": 0}`. Fields that exist are left as they are. `Activity` means Task and Event.
        """
        with self.core.lock:
            try:
                if object.endswith("__c") and self.core.table(object) is None:
                    named = {"label": label} if label else {}
                    metadata.add_object(self.core, object, named, self.core.stamp(), guarded=False)
                for wanted in fields:
                    name = str(wanted["name"])
                    if any(table.field(name) is None for table in metadata.homes(self.core, object)):
                        self.tooling.define_field(f"{object}.{name}", wanted, guarded=hidden)
            except ApiError as error:
                raise BadRequest(str(error)) from error

    def allow_currencies(self, codes: Sequence[str], objects: Iterable[str]) -> None:
        """Activate multiple currencies, the first the corporate one: these objects get a CurrencyIsoCode."""
        with self.core.lock:
            currencies.activate(self.core, codes, objects)

    def hide(self, object: str, field: str, *, hidden: bool = True) -> None:
        """Hide a field from everybody it is not granted to by a permission set, or show it again."""
        with self.core.lock:
            self._settings.hide(self._table(object), field, hidden=hidden)

    def settings(self, values: Mapping[str, object]) -> dict[str, object]:
        """Change settings and return them all; see `connector.emulator.salesforce.settings`."""
        with self.core.lock:
            return self._settings.apply(values)

    def announcement(self, base_url: str, secrets_dir: Path) -> dict[str, Any]:
        """What a client needs to connect; the private key is written into `secrets_dir`, readable by us only."""
        return {**self.auth.announced(base_url, secrets_dir), "api_version": VERSION}

    def env(self, base_url: str, announcement: dict[str, Any]) -> dict[str, str]:
        """The same as environment variables."""
        named = {
            "URL": base_url,
            "CLIENT_ID": announcement["client_id"],
            "USERNAME": announcement["username"],
            "PRIVATE_KEY_FILE": announcement["private_key_file"],
            "CLIENT_SECRET": announcement["client_secret"],
            "API_VERSION": announcement["api_version"],
        }
        return {"TOSSUP_CRM": "salesforce", **{f"TOSSUP_SALESFORCE_{name}": value for name, value in named.items()}}

    def secrets(self) -> dict[str, str]:
        """Everything that lets somebody in, or ever did, by name."""
        return self.auth.secrets()

    def _table(self, name: str) -> Table:
        table = self.core.table(name)
        if table is None:
            raise BadRequest(f"there is no object {name}")
        return table
