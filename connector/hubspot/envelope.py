"""What HubSpot's answers mean: errors, daily budget and burst limit.

https://developers.hubspot.com/docs/api-reference/error-handling and
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from connector.limits import Allowance, Pace
from connector.wire import Refusal

Then = Literal["give up", "retry", "try again later", "sign in", "ask"]

_BUSY = frozenset({408, 423, 429, 477, 500, 502, 503, 504, *range(521, 527), 530})
_NEXT: Mapping[int, tuple[Then, str]] = {
    401: ("sign in", "Check the token (or the app's id, secret and refresh token) in the settings."),
    404: ("give up", "Check that the object exists and that the app may see it."),
    409: ("give up", "Another record holds this value already."),
}
_LOCKED_S = 2.0
"""HubSpot asks for two seconds before a locked record is tried again."""
_BURST, _SPREAD = 0.1, 0.85
"""The shares of a burst limit that may be sent at once, and spread over its interval. Together they stay below the
limit in every window, with some room for calls that the network brings closer together."""


class HubSpotAnswers:
    """`connector.transport.Vendor` for HubSpot."""

    name = "HubSpot"
    request_id_headers: tuple[str, ...] = ("X-HubSpot-Correlation-Id",)
    probe = "/"

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Refusal:  # noqa: ARG002  # Vendor's
        """What an answer with a status of 300 and more means."""
        envelope = _envelope(body)
        code = code_of(envelope) or f"HTTP_{status}"
        then, next_step = _next(status, envelope)
        correlation = envelope.get("correlationId")
        return Refusal(
            code=code,
            message=" ".join(filter(None, (_words(envelope, status), correlation and f"[{correlation}]"))),
            then=then,
            next_step=next_step,
            # a limit is checked before anything is done, and a locked record was not written
            untouched=status in (423, 429, 477),
            wait_s=_LOCKED_S if status == 423 else None,
        )

    def allowance(self, headers: Mapping[str, str]) -> Allowance | None:
        """Calls of the day; OAuth apps have no daily limit and no such header."""
        limit, left = _number(headers, "Daily"), _number(headers, "Daily-Remaining")
        return Allowance(limit=limit, used=max(0, limit - left)) if limit is not None and left is not None else None

    def pace(self, headers: Mapping[str, str]) -> Pace | None:
        """The burst limit, spread out so that no window of any start holds more."""
        most, interval_ms = _number(headers, "Max"), _number(headers, "Interval-Milliseconds")
        if not most or not interval_ms:
            return None
        burst = max(1, int(most * _BURST))
        per_s = interval_ms / 1000 * burst / (most * _SPREAD)
        return Pace(most=burst, per_s=per_s, left=_number(headers, "Remaining"))


def code_of(error: Mapping[str, Any]) -> str | None:
    """The most telling code of an error: its first detail's, else its category."""
    details = error.get("errors") or [{}]
    detail = details[0].get("code") if isinstance(details[0], Mapping) else None
    return detail or error.get("category") or error.get("policyName") or error.get("errorType")


def fields_of(error: Mapping[str, Any]) -> tuple[str, ...]:
    """The properties that an error is about."""
    found: list[str] = []
    for detail in (error, *(error.get("errors") or ())):
        context = detail.get("context") if isinstance(detail, Mapping) else None
        if isinstance(context, Mapping):
            found += [str(name) for name in context.get("propertyName") or ()]
    return tuple(dict.fromkeys(found))


def _next(status: int, envelope: Mapping[str, Any]) -> tuple[Then, str]:
    if status == 403:
        return "give up", _scopes(envelope)
    if str(envelope.get("status", "")).startswith("BAD_"):
        return "give up", "Check the app's client id, client secret and refresh token in the settings."
    if status == 429 and "DAILY" in str(envelope.get("policyName", "")).upper():
        return "try again later", "The day's calls are used up: run again after midnight in the account's time zone."
    return _NEXT.get(status) or (("retry", "HubSpot is busy: run again.") if status in _BUSY else ("give up", ""))


def _scopes(envelope: Mapping[str, Any]) -> str:
    scopes = required_scopes(envelope)
    if not scopes:
        return "Ask a HubSpot admin to give the app access."
    return f"Ask a HubSpot admin to add the scope{'s' * (len(scopes) > 1)} {', '.join(scopes)} to the app."


def required_scopes(envelope: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes that a 403 says are missing."""
    found: list[str] = []
    for detail in envelope.get("errors") or ():
        context = detail.get("context") or {}
        found += context.get("requiredGranularScopes") or context.get("requiredScopes") or ()
    return tuple(dict.fromkeys(map(str, found)))


def _words(envelope: Mapping[str, Any], status: int) -> str:
    message = str(envelope.get("message") or f"HubSpot answered {status} without a word")
    details = [str(d.get("message")) for d in envelope.get("errors") or () if isinstance(d, Mapping)]
    return " ".join([message, *(d for d in details[:3] if d not in message)])


def _envelope(body: bytes) -> Mapping[str, Any]:
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(value) if value.isdigit() else None
