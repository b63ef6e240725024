"""A `requests.Session` for vendors' own libraries that sends through our transport."""

from typing import Any

import requests

from connector.transport import Transport
from connector.wire import Call


class LibrarySession(requests.Session):
    """Lets a vendor's library send through a transport; it sees successful answers only, errors are raised as ours.

    The library sets its own headers, but the token is the transport's.
    """

    def __init__(self, transport: Transport, *, sign_in_path: str = "/services/oauth2/token") -> None:
        super().__init__()
        self._transport = transport
        self._sign_in_path = sign_in_path

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **given: Any) -> requests.Response:
        """Send through the transport; a sign-in is repeatable and carries no token."""
        target = str(url)
        signing_in = target.partition("?")[0].endswith(self._sign_in_path)
        form = requests.Request(
            str(method), "https://host/", data=given.get("data"), json=given.get("json")
        ).prepare()
        headers = {str(k): str(v) for k, v in (given.get("headers") or {}).items() if k.lower() != "authorization"}
        if signing_in and given.get("headers", {}).get("Authorization"):
            headers["Authorization"] = given["headers"]["Authorization"]
        if form.headers.get("Content-Type"):
            headers.setdefault("Content-Type", str(form.headers["Content-Type"]))
        call = Call(
            method=str(method),
            target=target,
            params=given.get("params") or {},
            body=form.body if isinstance(form.body, bytes | str) else None,
            headers=headers,
            repeatable=True if signing_in else None,
            signed=not signing_in,
        )
        return self._transport.send(call).response
