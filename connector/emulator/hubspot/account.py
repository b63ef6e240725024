"""What belongs to the whole account over HTTP: owners, exchange rates, pipelines, account details, OAuth."""

import uuid
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from connector.emulator.hubspot.auth import Auth, BadGrant
from connector.emulator.hubspot.gate import Call
from connector.emulator.hubspot.pipelines import Pipeline
from connector.emulator.hubspot.portal import Portal
from connector.emulator.hubspot.wire import not_found, reply, stamp

MOST_OWNERS: Final = 500
APP_ID: Final = 1_000_001


def owners(call: Call) -> Response:
    """GET a page of owners, active or archived, by id."""
    call.auth.need("crm.objects.owners.read")
    archived, email = call.query.flag("archived"), call.query.text("email")
    limit = call.query.number("limit", 100, MOST_OWNERS) or 100
    after = call.query.number("after", 0, 10**18)
    chosen = [
        owner
        for owner in call.portal.owners.by_id.values()
        if owner.archived is archived and email in {None, owner.email} and int(owner.id) > after
    ]
    chosen.sort(key=lambda owner: int(owner.id))
    body: dict[str, Any] = {"results": [owner.shown() for owner in chosen[:limit]]}
    if len(chosen) > limit:
        body["paging"] = {"next": {"after": chosen[limit - 1].id}}
    return reply(body)


def owner(call: Call) -> Response:
    """GET one owner by its id."""
    call.auth.need("crm.objects.owners.read")
    found = call.portal.owners.by_id.get(call.path["id"])
    if found is None or found.archived is not call.query.flag("archived"):
        raise not_found()
    return reply(found.shown())


def exchange_rates(call: Call) -> Response:
    """GET a page of exchange rates, those that are over among them, by id."""
    call.auth.need("settings.currencies.read")
    limit, after = call.query.number("limit", 100, 100) or 100, call.query.number("after", 0, 10**18)
    codes = {end: call.query.text(f"{end}CurrencyCode") for end in ("from", "to")}
    chosen = [
        rate
        for rate in call.portal.rates.by_id.values()
        if codes["from"] in {None, rate.from_code} and codes["to"] in {None, rate.to_code} and int(rate.id) > after
    ]
    body: dict[str, Any] = {"results": [rate.shown() for rate in chosen[:limit]]}
    if len(chosen) > limit:
        body["paging"] = {"next": {"after": chosen[limit - 1].id}}
    return reply(body)


def company_currency(call: Call) -> Response:
    """GET the currency that others are told in."""
    call.auth.need("settings.currencies.read")
    return reply({"id": call.portal.currency, "createdAt": stamp(call.portal.born)})


def pipelines(call: Call) -> Response:
    """GET the pipelines of deals, tickets or leads with their stages."""
    some = _pipelines(call)
    return reply({"results": [one.shown(call.portal.born, order) for order, one in enumerate(some.values())]})


def pipeline(call: Call) -> Response:
    """GET one pipeline."""
    return reply(_pipeline(call).shown(call.portal.born, 0))


def stages(call: Call) -> Response:
    """GET the stages of one pipeline."""
    return reply({"results": _pipeline(call).shown(call.portal.born, 0)["stages"]})


def _pipelines(call: Call) -> dict[str, Pipeline]:
    return call.portal.pipelines.get(call.table("read").kind.name, {})


def _pipeline(call: Call) -> Pipeline:
    found = _pipelines(call).get(call.path["id"])
    if found is None:
        raise not_found(f"Pipeline {call.path['id']} does not exist")
    return found


def details(call: Call) -> Response:
    """GET the portal's id, time zone and currency."""
    portal = call.portal
    return reply(
        {
            "portalId": portal.id,
            "accountType": "STANDARD",
            "timeZone": portal.time_zone,
            "companyCurrency": portal.currency,
            "additionalCurrencies": sorted({rate.from_code for rate in portal.rates.by_id.values()}),
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


class Tokens:
    """The OAuth endpoints, which need no sign-in."""

    def __init__(self, portal: Portal, auth: Auth) -> None:
        self._portal = portal
        self._auth = auth

    async def token(self, request: Request) -> Response:
        """POST a refresh token (form): an access token for half an hour."""
        try:
            return reply(self._auth.grant(_texts(await request.form())))
        except BadGrant as bad:
            return reply({"status": bad.status, "message": str(bad), "correlationId": str(uuid.uuid4())}, 400)

    async def introspect(self, request: Request) -> Response:
        """POST a token (form): whether it is active, and for which account."""
        left_s = self._auth.seconds_left(_texts(await request.form()).get("token", ""))
        if left_s is None or left_s <= 0:
            return reply({"active": False})
        return reply({"active": True, "token_use": "access_token"} | self._about(left_s))

    async def access_token(self, request: Request) -> Response:
        """GET what an access token is good for."""
        token = request.path_params["token"]
        left_s = self._auth.seconds_left(token)
        if left_s is None or left_s <= 0:
            return reply(
                {"status": "error", "message": "access token not found", "correlationId": str(uuid.uuid4())}, 404
            )
        return reply({"token": token, "token_type": "access"} | self._about(left_s))

    def _about(self, left_s: float) -> dict[str, Any]:
        return {
            "hub_id": self._portal.id,
            "app_id": APP_ID,
            "user_id": 900_001,
            "expires_in": int(left_s),
            "scopes": ["oauth"],
            "client_id": self._auth.client_id,
        }


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
