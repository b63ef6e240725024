"""How HubSpot spells times, answers and refusals on the wire."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from starlette.responses import Response

_JSON = "application/json;charset=utf-8"


class Refusal(Exception):
    """A request, or one input of a batch, that HubSpot turns down.

    `errors` are the entries of the envelope's list, `context` its map of lists.
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        sub_category: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        context: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.sub_category = sub_category
        self.errors = errors or []
        self.context = dict(context or {})

    def body(self) -> dict[str, Any]:
        """The envelope of a refused request."""
        return {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())} | self._rest()

    def entry(self, **context: list[str]) -> dict[str, Any]:
        """The same as one entry of a batch's `errors`."""
        rest = self._rest()
        rest["context"] = {**self.context, **context}
        return {"status": "error", "message": self.message, "errors": [], "links": {}} | rest

    def _rest(self) -> dict[str, Any]:
        rest: dict[str, Any] = {"category": self.category}
        if self.sub_category is not None:
            rest["subCategory"] = self.sub_category
        if self.errors:
            rest["errors"] = self.errors
        if self.context:
            rest["context"] = self.context
        return rest


def invalid(message: str, **context: list[str]) -> Refusal:
    """A request that cannot be understood: 400 VALIDATION_ERROR."""
    return Refusal(400, "VALIDATION_ERROR", message, context=context)


def not_found(message: str = "resource not found", **context: list[str]) -> Refusal:
    """404 OBJECT_NOT_FOUND."""
    return Refusal(404, "OBJECT_NOT_FOUND", message, context=context)


def id_in(told: object, *path: str) -> int:
    """The record id under these names in a JSON value; refused when it is not there or not a number."""
    for name in path:
        told = told.get(name) if isinstance(told, Mapping) else None
    text = str(told)
    if not text.isdigit():
        raise invalid(f"Invalid input JSON: {'.'.join(path)} must be a record id, got {told}")
    return int(text)


def reply(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status_code=status, media_type=_JSON)


def nothing() -> Response:
    """204: done, nothing to say."""
    return Response(status_code=204)


@lru_cache(maxsize=65536)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(ms: int) -> str:
    """Milliseconds since 1970 as `2026-01-31T00:00:00.000Z`."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


def milliseconds(text: str) -> int:
    """A time as HubSpot accepts it (epoch milliseconds, date, ISO 8601) in milliseconds; ValueError otherwise."""
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def batch(results: list[dict[str, Any]], errors: list[dict[str, Any]], now: str) -> dict[str, Any]:
    """The body of a batch answer."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return body
