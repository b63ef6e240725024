"""How to reach one HubSpot account, and how careful to be."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from connector.errors import GiveUp
from connector.hubspot.paths import Version
from connector.wire import Patience, Timeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotConfig:
    """The API's address, one way to sign in, and limits.

    Signing in: `access_token` (service key or private app), or `client_id` + `client_secret` + `refresh_token`
    (OAuth). `search_per_second` stays below the five a second that all apps of an account share. `reserve` is the
    share of the daily API calls left to others. `overlap_s` is read again by every incremental read, because the
    search index runs behind; a cursor never comes nearer to HubSpot's now than `lag_s`.
    """

    url: str = "https://api.hubapi.com"
    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    api_version: Version = "2026-09"
    search_per_second: float = 4.0
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: Patience = field(default_factory=Patience)
    reserve: float = 0.2
    overlap_s: float = 600.0
    lag_s: float = 60.0

    @property
    def oauth(self) -> tuple[str, str, str] | None:
        """Client id, client secret and refresh token; None where an access token is given instead."""
        if self.access_token is not None:
            return None
        if not (self.client_id and self.client_secret and self.refresh_token):
            raise GiveUp(
                "No way to sign in to HubSpot is configured. Set an access token, or the OAuth client id, its secret "
                "and refresh token."
            )
        return self.client_id, self.client_secret.get_secret_value(), self.refresh_token.get_secret_value()
