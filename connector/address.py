"""Which address a request may go to: HTTPS anywhere, plain HTTP only to this machine."""

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from connector.errors import GiveUp


def is_loopback(url: str) -> bool:
    """Whether this address is on the machine we run on."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(url: str) -> str:
    """The address without a trailing slash. Raises `GiveUp` unless it is HTTPS, or HTTP on loopback."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise GiveUp(
            f"{url!r} is not a web address. Give one like https://example.my.salesforce.com in the settings."
        )
    if parts.username or parts.password or parts.query:
        raise GiveUp(f"The address of {parts.hostname} must hold neither a password nor a query. Use the settings.")
    if parts.scheme == "http" and not is_loopback(url):
        raise GiveUp(f"Plain http to {parts.hostname} would show the token to everyone on the way. Use https.")
    return url.rstrip("/")


def routed(base: str, target: str) -> str:
    """Where a request for `target`, a path or a whole address, is sent.

    A loopback base takes every request: libraries hard-code https and the vendor's host into their addresses.
    """
    if target.startswith("/"):
        return base + target
    if not is_loopback(base):
        return checked(target.partition("?")[0]) + target[len(target.partition("?")[0]) :]
    parts, to = urlsplit(target), urlsplit(base)
    return urlunsplit((to.scheme, to.netloc, to.path + parts.path, parts.query, ""))


def same_host(base: str, url: str) -> bool:
    """Whether a token given for `base` may be shown to `url`."""
    return urlsplit(base)[:2] == urlsplit(url)[:2]
