"""What Salesforce's answers mean: error codes, request ids and the daily limit.

Codes: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from collections.abc import Mapping
from typing import Literal

import orjson

from connector.limits import Allowance, Pace
from connector.wire import Refusal

Then = Literal["give up", "retry", "try again later", "sign in", "ask"]

_NEXT: Mapping[str, str] = {
    "INVALID_FIELD": (
        "A field that is not there is most often one that our user may not see: check its field-level security, or "
        "run setup; then the spelling in the mapping."
    ),
    "INVALID_TYPE": "The object is not in this org, or our user may not see it: check the mapping and permissions.",
    "NOT_FOUND": "It is not in this org, or our user may not see it: check name, permissions and API version.",
    "MALFORMED_QUERY": "Check the object and field names in the mapping.",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "The field is read-only for our user: check its field-level security.",
    "DUPLICATES_DETECTED": "A duplicate rule of the org blocks it: exempt our user from the rule, or merge.",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "A validation rule of the org refuses it: exempt our user from it.",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "A flow or trigger of the org refuses it: show this to the admin.",
    "QUERY_TIMEOUT": "The query took too long: run again at a quieter time.",
    "UNABLE_TO_LOCK_ROW": "Other programs are writing the same records: run again later.",
    "INVALID_SESSION_ID": "The token is wrong, has expired or was revoked: check the credentials in the settings.",
    "INVALID_AUTH_HEADER": "The token is malformed: check the credentials in the settings.",
    "API_DISABLED_FOR_ORG": "This edition has no API, or our user lacks the permission API Enabled: ask the admin.",
    "API_CURRENTLY_DISABLED": "Salesforce has switched the API off for this org: ask the admin.",
    "INSUFFICIENT_ACCESS": "Our user lacks a permission: ask the admin to grant it.",
    "FUNCTIONALITY_NOT_ENABLED": "The org lacks this feature: ask the admin.",
    "UNSUPPORTED_API_VERSION": "Salesforce no longer offers this API version: raise api_version in the settings.",
    "REQUEST_LIMIT_EXCEEDED": "The org's API calls are used up or too many run at once: run again later.",
    "invalid_grant": (
        "Check the username, that the key belongs to the app, that the app is approved for this user, and the clock."
    ),
    "invalid_client": "Check the client id and the client secret.",
    "invalid_client_id": "Check the client id (consumer key) and that the app is enabled in this org.",
    "invalid_app_access": "Our user may not use the app: ask the admin to approve it for the user's profile.",
}
_RETRY = {"UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"}
_LATER = {"QUERY_TIMEOUT"}
_BUSY_STATUS = {408, 420, 429, 500, 502, 503, 504}
# A lock error rolls the record back and a limit error comes before any work, so nothing was done.
_UNTOUCHED = {"UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED"}
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


class SalesforceAnswers:
    """Reads status, headers and error bodies for the transport."""

    name = "Salesforce"
    request_id_headers: tuple[str, ...] = ("X-SFDC-Request-Id", "X-Request-Id")
    probe = "/services/data"

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
        """What an unsuccessful answer means."""
        code, message = error_of(status, body)
        return Refusal(
            code=code,
            message=message,
            then=self._then(status, code, headers),
            next_step=_NEXT.get(code, ""),
            untouched=status in (401, 429) or code in _UNTOUCHED,
        )

    def allowance(self, headers: Mapping[str, str]) -> Allowance | None:
        """The calls of the last 24 hours, from `Sforce-Limit-Info: api-usage=18/100000`."""
        found = _USAGE.search(headers.get("Sforce-Limit-Info", ""))
        return Allowance(used=int(found[1]), limit=int(found[2])) if found else None

    def pace(self, _: Mapping[str, str]) -> Pace | None:
        """Salesforce has no burst limit that its headers tell."""
        return None

    def _then(self, status: int, code: str, headers: Mapping[str, str]) -> Then:
        if status == 401:
            return "sign in"
        if code in _LATER or (code == "REQUEST_LIMIT_EXCEEDED" and self._used_up(headers)):
            return "try again later"
        if code in _RETRY or status in _BUSY_STATUS:
            return "retry"
        return "give up"

    def _used_up(self, headers: Mapping[str, str]) -> bool:
        allowance = self.allowance(headers)
        return allowance is not None and allowance.used >= allowance.limit


def error_of(status: int, body: bytes) -> tuple[str, str]:
    """Code and words of an error body: a list of errors, or OAuth's object; `HTTP_<status>` where it is neither."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"HTTP_{status}", "an answer that is not JSON"
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return str(said[0].get("errorCode", f"HTTP_{status}")), str(said[0].get("message", ""))
    if isinstance(said, dict) and "error" in said:
        return str(said["error"]), str(said.get("error_description", ""))
    return f"HTTP_{status}", "an answer of an unknown shape"


def next_step(code: str) -> str:
    """What a person can do about this code, or nothing."""
    return _NEXT.get(code, "")
