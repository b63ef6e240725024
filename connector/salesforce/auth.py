"""Signing in with simple-salesforce, over our transport."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from jwt.exceptions import PyJWTError
from simple_salesforce.login import SalesforceLogin

from connector.errors import GiveUp
from connector.library import LibrarySession
from connector.salesforce.answers import SalesforceAnswers
from connector.salesforce.config import SalesforceConfig
from connector.transport import Transport
from connector.wire import Token


@dataclass(slots=True)
class Identity:
    """Who we are, as the last sign-in told: the org's and the user's record id."""

    org: str | None = None
    user: str | None = None


class SignIn:
    """Gets a token by JWT bearer or client credentials.

    The library builds the request; the session sends it to the configured address, whatever host the library names,
    because it knows only *.salesforce.com.
    """

    def __init__(self, config: SalesforceConfig) -> None:
        self.identity = Identity()
        self._config = config

    def __call__(self, transport: Transport) -> Token:
        """A new token. Raises `GiveUp` when the credentials are refused or unreadable."""
        session = LibrarySession(transport)
        try:
            value, _ = self._ask(session)
        except (OSError, ValueError, PyJWTError) as error:
            raise GiveUp(
                f"The private key cannot be used ({type(error).__name__}). Give the key itself, in PEM form and "
                "without a passphrase, not the certificate that was made of it and uploaded to the app."
            ) from None  # the cause may quote the key
        said = session.last
        if not value or not isinstance(said, dict):
            raise GiveUp(f"Salesforce at {self._config.url} gave no token. Check the address and the app.")
        self.identity = _identity(str(said.get("id", "")))
        return Token(value=str(value), base_url=said.get("instance_url"))

    def _ask(self, session: LibrarySession) -> tuple[str, str]:
        config = self._config
        prefix = (urlsplit(config.url).hostname or "").removesuffix(".salesforce.com")
        if config.private_key is not None:
            return SalesforceLogin(
                session=session,
                username=config.username,
                consumer_key=config.client_id,
                privatekey=config.private_key.get_secret_value(),
                domain=config.login_domain,
                instance_url=prefix,
            )
        secret = config.client_secret.get_secret_value() if config.client_secret else None
        return SalesforceLogin(session=session, consumer_key=config.client_id, consumer_secret=secret, domain=prefix)


def open_transport(config: SalesforceConfig) -> tuple[Transport, SignIn]:
    """A transport that signs in by what the configuration holds. Raises `GiveUp` when it holds too little."""
    sign_in = SignIn(config)
    name, _, rest = (urlsplit(config.url).hostname or "").partition(".lightning.force.com")
    if config.url.startswith("https://") and not rest and name != urlsplit(config.url).hostname:
        raise GiveUp(f"{config.url} is the address for people. Programs use https://{name}.my.salesforce.com.")
    by_key = config.client_id and config.username and config.private_key
    by_secret = config.client_id and config.client_secret
    if not (config.access_token or by_key or by_secret):
        raise GiveUp(
            "Salesforce credentials are incomplete. Set client id, username and private key (JWT bearer), or "
            "client id and client secret (client credentials), or an access token."
        )
    transport = Transport(
        SalesforceAnswers(),
        config.url,
        login=None if config.access_token else sign_in,
        token=config.access_token.get_secret_value() if config.access_token else None,
        timeouts=config.timeouts,
        patience=config.patience,
        reserve=config.reserve,
    )
    return transport, sign_in


def _identity(url: str) -> Identity:
    """From `https://login.salesforce.com/id/00D.../005...`."""
    parts = url.split("/")
    if len(parts) < 3 or not parts[-2].startswith("00D"):
        return Identity()
    return Identity(org=parts[-2], user=parts[-1])
