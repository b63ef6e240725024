"""Signing in with OAuth: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth."""

from connector.hubspot.library import Library
from connector.hubspot.paths import Paths
from connector.transport import Transport
from connector.wire import Token

_EARLY_S = 300.0
"""A token is replaced this long before it ends: a sync must not find out in the middle of a page."""
_LIVES_S = 1800.0


def sign_in(paths: Paths, oauth: tuple[str, str, str], transport: Transport) -> Token:
    """A fresh access token for client id, client secret and refresh token. Raises `GiveUp` where they are wrong."""
    answer = Library(transport, paths).refresh(*oauth)
    lives_s = float(answer.get("expires_in") or _LIVES_S)
    # the transport itself replaces a token a tenth of its life early
    return Token(value=str(answer["access_token"]), good_for_s=max(lives_s - _EARLY_S, lives_s / 2) / 0.9)
