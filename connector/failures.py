"""What failed connections and waiting times in headers mean."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3

Dropped = (requests.RequestException, urllib3.exceptions.HTTPError)
"""What reading an answer raises when the connection drops."""


def never_sent(error: Exception) -> bool:
    """Whether the connection failed before a byte of the request went out."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.SSLError)


def untrusted(error: Exception) -> bool:
    """Whether the other side's certificate is not trusted: asking again will not help."""
    return isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE" in str(error).upper()


def bad_proxy(error: Exception, url: str, environ: Mapping[str, str]) -> str | None:
    """The variable whose address of a proxy cannot be used for this URL; None where that is not what failed.

    The address itself may hold a password and is told nowhere. The order is that in which `requests` looks.
    """
    if not isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return None
    scheme = url.partition(":")[0].lower()
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name)), None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the Retry-After header, which is a number or a date of the vendor's clock."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    until, now = date_of(value), date_of(headers.get("Date"))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def date_of(value: str | None) -> datetime | None:
    """An HTTP date as UTC."""
    try:
        date = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
