"""Who may call: the service key, OAuth access tokens that live half an hour, and the scopes both carry."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from connector.emulator.hubspot.wire import Refusal
from connector.emulator.org import Clock

LIFETIME_S: Final = 1800
"""Seconds an OAuth access token lives, on the emulated clock."""


class BadGrant(Exception):
    """A token request refused: HubSpot's status word and message."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Auth:
    """The credentials of a portal, made up when the emulator starts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.service_key = f"pat-na1-{secrets.token_hex(16)}"
        self.client_id = secrets.token_hex(16)
        self.client_secret = secrets.token_hex(16)
        self.refresh_token = f"na1-{secrets.token_hex(20)}"
        self.missing_scopes: set[str] = set()
        self._expires: dict[str, float] = {}
        self._given: list[str] = []

    def check(self, header: str | None) -> None:
        """Accept a request's Authorization header, or refuse it with 401."""
        scheme, _, token = (header or "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        if token == self.service_key:
            return
        left_s = self.seconds_left(token)
        if left_s is None:
            raise Refusal(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            )
        if left_s <= 0:
            message = f"The OAuth token used to make this call expired {int(-left_s)} second(s) ago."
            raise Refusal(401, "EXPIRED_AUTHENTICATION", message)

    def seconds_left(self, token: str) -> float | None:
        """How long an access token is still good for; None when it was never given out."""
        expires = self._expires.get(token)
        return None if expires is None else expires - self._clock.seconds()

    def need(self, scope: str) -> None:
        """Refuse with 403 when the token lacks a scope."""
        if scope not in self.missing_scopes:
            return
        message = "This app hasn't been granted all required scopes to make this call."
        error = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": [scope]},
        }
        raise Refusal(403, "MISSING_SCOPES", message, errors=[error])

    def grant(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """A new access token for a refresh token, as the token endpoint answers; `BadGrant` otherwise."""
        if form.get("grant_type") != "refresh_token":
            raise BadGrant("BAD_GRANT_TYPE", "missing or unknown grant type")
        if form.get("client_id") != self.client_id:
            raise BadGrant("BAD_CLIENT_ID", "missing or unknown client id")
        if form.get("client_secret") != self.client_secret:
            raise BadGrant("BAD_CLIENT_SECRET", "missing or invalid client secret")
        if form.get("refresh_token") != self.refresh_token:
            raise BadGrant("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        token = f"CL{secrets.token_urlsafe(48)}"
        self._expires[token] = self._clock.seconds() + LIFETIME_S
        self._given.append(token)
        return {
            "access_token": token,
            "refresh_token": self.refresh_token,
            "expires_in": LIFETIME_S,
            "token_type": "bearer",
        }

    def secrets(self) -> dict[str, str]:
        """The app's own and every token given out, by name."""
        own = {"service_key": self.service_key, "client_secret": self.client_secret}
        given = {f"token {n}": token for n, token in enumerate(self._given)}
        return {**own, "refresh_token": self.refresh_token, **given}

    def expire_all(self) -> None:
        """Every OAuth access token has expired just now."""
        now = self._clock.seconds()
        self._expires = dict.fromkeys(self._expires, now)

    def snapshot(self) -> dict[str, Any]:
        """Every credential, JSON-able; all of them are made up."""
        names = ("service_key", "client_id", "client_secret", "refresh_token")
        kept = {name: getattr(self, name) for name in names}
        return kept | {"expires": self._expires, "missing_scopes": sorted(self.missing_scopes)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `snapshot` saw."""
        for name in ("service_key", "client_id", "client_secret", "refresh_token"):
            setattr(self, name, state[name])
        self._expires = dict(state["expires"])
        self.missing_scopes = set(state["missing_scopes"])
