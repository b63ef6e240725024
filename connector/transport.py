"""The one place that sends: timeouts, retries, sign-in, limits and a log without secrets, for both CRMs.

A call says whether sending it twice is harmless (`repeatable`). Such a call is repeated with jittered exponential
backoff when the connection fails or the vendor is busy. Any other call is repeated only when it is certain that
nothing was done: no connection was made, or the vendor says so (see `Refusal.untouched`). Else `Unclear` is raised.
A 5xx proves nothing: both vendors document it as an error or overload *while* handling the request
(https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm,
https://developers.hubspot.com/docs/api-reference/error-handling), so a bare create is not repeated after one.
"""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
import structlog
import tenacity
from requests.adapters import HTTPAdapter

from connector.address import checked, is_loopback, routed, same_host
from connector.body import Body
from connector.errors import AskAPerson, CrmError, GiveUp, Interrupted, TryAgain, Unclear
from connector.failures import Dropped, bad_proxy, date_of, never_sent, retry_after, untrusted
from connector.json_text import loads
from connector.limits import Bucket, Budget, Pace
from connector.redaction import redacted
from connector.tokens import Tokens
from connector.wire import Answer, Call, Patience, Refusal, Timeouts, Token, Vendor

_LOG = structlog.get_logger("connector")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


class _Again(Exception):
    """Sending this call again is harmless and may help; `error` is what to raise once patience is used up."""

    def __init__(self, error: CrmError, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


class Transport:
    """Sends calls to one CRM. Safe to share between threads."""

    def __init__(
        self,
        vendor: Vendor,
        base_url: str,
        *,
        login: "Callable[[Transport], Token] | None" = None,
        token: str | None = None,
        timeouts: Timeouts | None = None,
        patience: Patience | None = None,
        reserve: float = 0.2,
        paces: Mapping[str, Pace] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = checked(base_url)
        self.calls = 0
        self.budget = Budget(vendor.name, reserve, clock)
        self._vendor = vendor
        self._tokens = Tokens(token, partial(self._signed_in, login) if login else None, clock)
        self._timeouts = timeouts or Timeouts()
        self._patience = patience or Patience()
        self._clock = clock
        self._sleep = sleep
        self._buckets = {name: Bucket(pace, clock, sleep) for name, pace in (paces or {}).items()}
        self._buckets.setdefault("api", Bucket(None, clock, sleep))
        self._session = _session()
        self._lock = threading.Lock()
        self._date: datetime | None = None

    def send(self, call: Call) -> Answer:
        """The whole answer. Raises `TryAgain`, `GiveUp`, `AskAPerson`, or `Unclear` for an unrepeatable write."""
        answer: Answer = self._patiently(self._whole, call)
        return answer

    @contextmanager
    def stream(self, call: Call) -> Iterator[tuple[Body, Mapping[str, str]]]:
        """The body as it arrives, and the headers. Reading it raises `Interrupted` when the connection drops."""
        response: requests.Response = self._patiently(self._opened, call)
        try:
            yield Body(response, f"{self._vendor.name} {call.name}"), response.headers
        finally:
            response.close()

    def now(self) -> datetime:
        """The vendor's clock, UTC, from the Date header of its last answer; asks for it where there is none yet."""
        if self._date is None:
            self.send(Call(method="GET", target=self._vendor.probe, signed=False, expects="bytes"))
        if self._date is None:
            raise GiveUp(
                f"{self._vendor.name} at {self.base_url} sends no Date header. Check the address and proxies."
            )
        return self._date

    def sign_in(self) -> Token:
        """The token in use, signing in first where there is none."""
        token = self._tokens.current()
        if token is None:
            raise GiveUp(f"No way to sign in to {self._vendor.name} is configured. Set a token or a key.")
        return token

    def wait(self, seconds: float) -> None:
        """Let the vendor work for this long, before asking about a job again."""
        self._sleep(seconds)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _patiently(self, attempt: Callable[[Call, requests.PreparedRequest], Any], call: Call) -> Any:
        prepared = self._prepared(call)
        retrying = tenacity.Retrying(
            sleep=self._sleep,
            stop=tenacity.stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_Again),
            reraise=True,
        )
        try:
            return retrying(attempt, call, prepared)
        except _Again as again:
            raise again.error from again.__cause__

    def _wait(self, state: tenacity.RetryCallState) -> float:
        asked = state.outcome.exception() if state.outcome else None
        jitter = tenacity.wait_random_exponential(multiplier=self._patience.first_s, max=self._patience.longest_s)
        return max(jitter(state), (asked.wait_s or 0.0) if isinstance(asked, _Again) else 0.0)

    def _prepared(self, call: Call) -> requests.PreparedRequest:
        headers = {"Accept-Encoding": "gzip", "X-Request-Id": uuid.uuid4().hex, **call.headers}
        body = call.body
        if call.json is not None:
            body = orjson.dumps(call.json)
            headers.setdefault("Content-Type", "application/json")
        if call.signed:
            self._tokens.current()  # signing in tells the address
        url = routed(self.base_url, call.target)
        request = requests.Request(call.method, url, params=call.params, data=body, headers=headers)
        return self._session.prepare_request(request)

    def _whole(self, call: Call, prepared: requests.PreparedRequest) -> Answer:
        response = self._opened(call, prepared)
        try:
            body = response.content
        except Dropped as error:
            raise self._dropped(call, prepared, error) from error
        finally:
            response.close()
        data = self._parsed(call, response, body) if call.expects != "bytes" and body else None
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=body,
            data=data,
            request_id=self._request_id(response),
            response=response,
        )

    def _opened(self, call: Call, prepared: requests.PreparedRequest) -> requests.Response:
        response, used = self._delivered(call, prepared)
        refusal = self._refusal(call, prepared, response)
        if refusal and refusal.then == "sign in" and used and self._tokens.renewable:
            self._tokens.renew(instead_of=used)
            response, _ = self._delivered(call, prepared)
            refusal = self._refusal(call, prepared, response)
        if refusal is None:
            return response
        error = self._error(call, response, refusal)
        if refusal.wait_s is not None and isinstance(error, TryAgain):
            self._bucket(call).pause(min(refusal.wait_s, self._patience.longest_s))
        if refusal.then != "retry" or (refusal.wait_s or 0.0) > self._patience.longest_s:
            raise error
        if call.harmless or refusal.untouched:
            raise _Again(error, refusal.wait_s)
        raise Unclear(
            f"{error} This was a write that must not be repeated blindly: look whether it was done.",
            request_id=error.request_id,
            code=error.code,
            status=error.status,
        )

    def _delivered(self, call: Call, prepared: requests.PreparedRequest) -> tuple[requests.Response, str | None]:
        """One request on the wire. Returns the answer and the token it carried."""
        token = self._tokens.current() if call.signed and same_host(self.base_url, prepared.url or "") else None
        if token:
            prepared.headers["Authorization"] = f"Bearer {token.value}"
        if call.signed:
            self.budget.check()
        self._bucket(call).take()
        with self._lock:
            self.calls += 1
        started = time.monotonic()
        try:
            response = self._session.send(prepared, **self._settings(prepared.url or ""))
        except requests.RequestException as error:
            _LOG.debug("call", call=call.name, failed=type(error).__name__, id=prepared.headers["X-Request-Id"])
            if variable := bad_proxy(error, self.base_url, os.environ):
                text = f"{variable} is no address of a proxy. Write it as http://HOST:PORT, or remove it."
                raise GiveUp(f"{self._vendor.name} {call.name}: {text}") from None  # the cause may quote a password
            raise self._dropped(call, prepared, error) from error
        self._learn(call, response)
        _LOG.debug(
            "call",
            call=call.name,
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000),
            id=prepared.headers["X-Request-Id"],
            vendor_id=self._request_id(response),
        )
        return response, token.value if token else None

    def _settings(self, url: str) -> dict[str, Any]:
        """Proxies, never for this machine, and extra certificates come from the environment; TLS is verified."""
        settings = dict(self._session.merge_environment_settings(url, {}, stream=True, verify=True, cert=None))
        if is_loopback(url):
            settings["proxies"] = {}
        return settings | {
            "timeout": (self._timeouts.connect_s, self._timeouts.read_s),
            "allow_redirects": False,  # a redirected POST would become a GET, and a token would travel
        }

    def _learn(self, call: Call, response: requests.Response) -> None:
        date = date_of(response.headers.get("Date"))
        if date is not None:
            self._date = date
        allowance = self._vendor.allowance(response.headers)
        if allowance is not None:
            self.budget.learn(allowance)
        pace = self._vendor.pace(response.headers)
        if pace is not None:
            self._bucket(call).learn(pace)

    def _bucket(self, call: Call) -> Bucket:
        return self._buckets[call.bucket]

    def _signed_in(self, login: "Callable[[Transport], Token]") -> Token:
        token = login(self)
        if token.base_url:
            self.base_url = checked(token.base_url)
        return token

    def _refusal(self, call: Call, prepared: requests.PreparedRequest, response: requests.Response) -> Refusal | None:
        kind = response.headers.get("Content-Type", "")
        foreign = "html" in kind or (call.expects == "json" and kind and "json" not in kind)
        if response.status_code < 300 and not foreign:
            return None
        try:
            body = response.content
        except Dropped as error:
            raise self._dropped(call, prepared, error) from error
        if response.status_code < 300 or (300 < response.status_code < 400 and response.headers.get("Location")):
            return Refusal(
                code="NOT_THE_API",
                message=f"something else answered instead of the API ({_kind(response)}: a login page, or a proxy)",
                then="give up",
                next_step=f"Check the address {self.base_url} and whether a proxy asks for a login.",
            )
        refusal = self._vendor.refusal(response.status_code, response.headers, body)
        wait_s = retry_after(response.headers)
        if wait_s is None:
            return refusal
        return replace(refusal, wait_s=wait_s, next_step=refusal.next_step or f"It asks to wait {wait_s:.0f} s.")

    def _error(self, call: Call, response: requests.Response, refusal: Refusal) -> CrmError:
        kinds: dict[str, type[CrmError]] = {"retry": TryAgain, "try again later": TryAgain, "ask": AskAPerson}
        text = (
            f"{self._vendor.name} {call.name}: {scrubbed(refusal.message)} ({refusal.code}, {response.status_code})."
        )
        return kinds.get(refusal.then, GiveUp)(
            f"{text} {refusal.next_step}".rstrip(),
            request_id=self._request_id(response) or str(response.request.headers["X-Request-Id"]),
            code=refusal.code,
            status=response.status_code,
        )

    def _dropped(self, call: Call, prepared: requests.PreparedRequest, error: Exception) -> Exception:
        """What a failed connection means for this call."""
        where = f"{self._vendor.name} {call.name}"
        ours = str(prepared.headers["X-Request-Id"])
        if untrusted(error):
            return GiveUp(f"{where}: the certificate of {self.base_url} is not trusted. Check the address and proxy.")
        if never_sent(error):
            text = f"{where}: nobody answers at {self.base_url}. Check the address, the network and the proxy."
            return _Again(TryAgain(text, request_id=ours))
        if call.harmless:
            text = f"{where}: the connection dropped ({type(error).__name__}). Run again."
            return _Again(Interrupted(text, request_id=ours))
        text = f"{where}: the connection dropped after the request was sent, so it may have been done. Look first."
        return Unclear(text, request_id=ours)

    def _parsed(self, call: Call, response: requests.Response, body: bytes) -> Any:
        try:
            if call.expects == "json":
                return loads(body)
            if not (body[:16].lstrip().startswith(b"{") and body[-16:].rstrip().endswith(b"}")):
                raise ValueError("not an object from its beginning to its end")
        except ValueError as error:
            text = f"{self._vendor.name} {call.name}: the answer is not JSON ({len(body)} bytes)."
            request_id = self._request_id(response)
            if call.harmless:
                raise _Again(TryAgain(f"{text} Check for a proxy; run again.", request_id=request_id)) from error
            raise Unclear(f"{text} The write may have been done. Look first.", request_id=request_id) from error
        return None

    def _request_id(self, response: requests.Response) -> str | None:
        found = (response.headers.get(name) for name in self._vendor.request_id_headers)
        return next((value for value in found if value), None)


def scrubbed(text: str, longest: int = 500) -> str:
    """A vendor's words without mail addresses and tokens, cut to a readable length."""
    text = _ADDRESS.sub("...", redacted(" ".join(text.split())))
    return text if len(text) <= longest else f"{text[:longest]}..."


def _kind(response: requests.Response) -> str:
    if response.status_code >= 300:
        return "a redirect, which is never followed"
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    return "a web page" if "html" in kind else kind[:80]


def _session() -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = "tossup"
    session.auth = _unchanged  # else a .netrc entry would replace our Authorization header
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", HTTPAdapter(pool_maxsize=16, max_retries=0))
    session.mount("http://", HTTPAdapter(pool_maxsize=16, max_retries=0))
    return session


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
