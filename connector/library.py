"""A `requests.Session` for vendors' own libraries that sends through our transport."""

from typing import Any
from urllib.parse import urlsplit

import requests

from connector.transport import Transport
from connector.wire import Call


class LibrarySession(requests.Session):
    """Lets a library build requests; the transport sends them, with its own token.

    The library sees successful answers only: errors are raised as ours. `last` is the parsed JSON of the last answer.
    """

    def __init__(self, transport: Transport, *, sign_in_path: str = "/services/oauth2/token") -> None:
        super().__init__()
        self.last: Any = None
        self._transport = transport
        self._sign_in_path = sign_in_path

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **given: Any) -> requests.Response:
        """Send through the transport. A sign-in is repeatable, carries no token and goes to the configured host."""
        target = str(url)
        signing_in = urlsplit(target).path == self._sign_in_path
        call = Call(
            method=str(method),
            target=self._sign_in_path if signing_in else target,
            params=given.get("params") or {},
            repeatable=True if signing_in else None,
            signed=not signing_in,
            **_body_and_headers(str(method), given, keep_authorization=signing_in),
        )
        answer = self._transport.send(call)
        self.last = answer.data
        return answer.response


def _body_and_headers(method: str, given: dict[str, Any], *, keep_authorization: bool) -> dict[str, Any]:
    form = requests.Request(method, "https://host/", data=given.get("data"), json=given.get("json")).prepare()
    headers = {str(name): str(value) for name, value in (given.get("headers") or {}).items()}
    if not keep_authorization:
        headers.pop("Authorization", None)
    if form.headers.get("Content-Type"):
        headers.setdefault("Content-Type", str(form.headers["Content-Type"]))
    return {"body": form.body if isinstance(form.body, bytes | str) else None, "headers": headers}
