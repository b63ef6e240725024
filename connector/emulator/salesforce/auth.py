"""Who is calling: OAuth tokens by signed assertion (JWT bearer) or by client credentials.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
"""

import base64
import binascii
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from connector.emulator.salesforce.core import API_USER, Core

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE_S = 7200.0
_LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


class Refused(Exception):
    """No token: OAuth's own error shape."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


class Auth:
    """One connected app, its key pair and secret, and the tokens given out."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.token_life_s = TOKEN_LIFE_S
        self.client_id = "3MVG9" + secrets.token_urlsafe(32)
        self.client_secret = secrets.token_hex(32)
        self.static_token = f"00D!{secrets.token_urlsafe(48)}"
        self._key: rsa.RSAPrivateKey | None = None
        self._kept_in: Path | None = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self._given: list[str] = []

    def revoke_all(self) -> None:
        """Every token given out so far is worthless, as after a password change; the static one is not."""
        self._tokens.clear()

    def user_of(self, token: str) -> str | None:
        """The user a token speaks for, while it is valid by the org's clock."""
        if secrets.compare_digest(token.encode(), self.static_token.encode()):
            return self.core.api_user
        user, expires = self._tokens.get(token, ("", 0.0))
        return user if user and self.core.clock.seconds() < expires else None

    def revoke(self, token: str) -> bool:
        """Forget one token; whether there was one."""
        return self._tokens.pop(token, None) is not None

    def token(self, form: Mapping[str, str], authorization: str, base_url: str) -> dict[str, str]:
        """The token endpoint's answer. Raises Refused."""
        grant = form.get("grant_type", "")
        if grant == JWT_GRANT:
            self._given.append(form.get("assertion", ""))
            user = self._by_assertion(form.get("assertion", ""), base_url)
        elif grant == "client_credentials":
            user = self._by_secret(form, authorization)
        else:
            raise Refused("unsupported_grant_type", "grant type not supported")
        token = f"{self.core.org_id[:15]}!{secrets.token_urlsafe(48)}"
        self._tokens[token] = (user, self.core.clock.seconds() + self.token_life_s)
        self._given.append(token)
        return {
            "access_token": token,
            "instance_url": base_url,
            "id": f"https://login.salesforce.com/id/{self.core.org_id}/{user}",
            "token_type": "Bearer",
            "issued_at": str(int(self.core.clock.seconds() * 1000)),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": "api",
        }

    def _by_assertion(self, assertion: str, base_url: str) -> str:
        # only the signature is left to the library: simple-salesforce sends exp as text, which it would refuse
        lenient: Options = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_sub": False}
        try:
            claims = jwt.decode(assertion, self.key.public_key(), algorithms=["RS256"], options=lenient)
            expires = float(claims["exp"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise Refused("invalid_grant", "invalid assertion") from None
        if claims.get("iss") != self.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if not _audience_is_ours(str(claims.get("aud", "")), base_url):
            raise Refused("invalid_grant", "audience is invalid")
        if expires < time.time():
            raise Refused("invalid_grant", "expired assertion")
        user = self._active_user(str(claims.get("sub", "")))
        if user is None:
            raise Refused("invalid_grant", "user hasn't approved this consumer")
        return user

    def _active_user(self, username: str) -> str | None:
        users = self.core.tables["User"]
        for row, name in enumerate(users.columns["Username"]):
            if str(name).lower() == username.lower() and users.columns["IsActive"][row]:
                return users.ids[row]
        return None

    def _by_secret(self, form: Mapping[str, str], authorization: str) -> str:
        given = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.lower().startswith("basic "):
            given = _basic(authorization[6:])
        wanted = f"{self.client_id}:{self.client_secret}".encode()
        if not secrets.compare_digest(":".join(given).encode(), wanted):
            raise Refused("invalid_client", "invalid client credentials")
        return self.core.api_user

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """The connected app's key, made when first needed."""
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def secrets(self) -> dict[str, str]:
        """The app's own, every token given out, and every assertion that was shown: for a while it opens the door."""
        given = {f"token {n}": one for n, one in enumerate(self._given)}
        own = {"client_secret": self.client_secret, "access_token": self.static_token}
        return {**own, **given} if self._key is None else {**own, "private_key": self._pem().decode(), **given}

    def _pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)

    def keep(self, folder: Path) -> Path:
        """Keep the app's credentials in files only we may read, or take back those kept before; the key's path."""
        key_file, app_file = folder / "salesforce.key", folder / "salesforce.json"
        if self._kept_in == folder:
            return key_file
        self._kept_in = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if key_file.exists() and app_file.exists():
            loaded = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
            if not isinstance(loaded, rsa.RSAPrivateKey):
                raise ValueError(f"{key_file} holds no RSA key")
            self._key = loaded
            kept = json.loads(app_file.read_text())
            self.client_id, self.client_secret = kept["client_id"], kept["client_secret"]
            self.static_token = kept["access_token"]
            return key_file
        _write_secret(key_file, self._pem())
        app = {"client_id": self.client_id, "client_secret": self.client_secret, "access_token": self.static_token}
        _write_secret(app_file, json.dumps(app).encode())
        return key_file

    def announced(self, base_url: str, folder: Path) -> dict[str, str]:
        """What a client needs to connect."""
        key_file = self.keep(folder)
        return {
            "url": base_url,
            "token_url": f"{base_url}/services/oauth2/token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": API_USER,
            "private_key_file": str(key_file),
            "access_token": self.static_token,
        }


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(user), unquote(password)


def _audience_is_ours(audience: str, base_url: str) -> bool:
    if audience.rstrip("/") in (base_url.rstrip("/"), f"{base_url.rstrip('/')}/services/oauth2/token"):
        return True
    parts = urlsplit(audience)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host in _LOGIN_HOSTS or host.endswith(".my.salesforce.com"))
