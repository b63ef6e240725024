"""Answers that are not what they seem: a login page, a redirect, half a body, a wrong count, a page twice, less."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, get_args

import orjson

Lie = Literal[
    "echo",
    "quote",
    "login_page",
    "redirect",
    "garbage",
    "empty",
    "truncated",
    "wrong_type",
    "repeat",
    "miscount",
    "shapeless",
    "columns_gone",
    "columns_moved",
    "twice",
    "unsaid",
    "endless",
]
LIES: Final = get_args(Lie)
INVENTED: Final = frozenset({"echo", "quote", "login_page", "redirect", "garbage", "empty", "shapeless"})
"""Lies for which the CRM itself is not asked; the others alter what it answered."""
MISCOUNT: Final = 7
"""By how much a count is too high."""
_COUNT = re.compile(rb'("(?:totalSize|total|numberRecordsProcessed)":)(\d+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer: status, headers, and the whole body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Repeats:
    """The first answer to each request that is answered the same way for ever."""

    first: dict[int, Said] = field(default_factory=dict)
    given: int = 0

    def of(self, fault: int, said: Said) -> Said:
        """The first answer under this fault."""
        return self.first.setdefault(fault, said)

    def onward(self, fault: int, said: Said) -> Said:
        """The first answer under this fault, which leads to a place that nobody has been to."""
        self.given += 1
        return _leading(self.of(fault, said), f"{10**15 + self.given}")


def _leading(said: Said, place: str) -> Said:
    headers = [(name, value) for name, value in _fitting(said.headers) if name.lower() != b"sforce-locator"]
    if said.body[:1] != b"{":
        return Said(status=said.status, headers=[*headers, (b"sforce-locator", place.encode())], body=said.body)
    told = orjson.loads(said.body)
    if "totalSize" in told:
        told |= {"done": False, "nextRecordsUrl": f"/services/data/v68.0/query/01g{place}-2000"}
    else:
        told["paging"] = {"next": {"after": place, "link": f"?after={place}"}}
    return Said(status=said.status, headers=headers, body=orjson.dumps(told))


def invented(kind: str, path: str, headers: Mapping[str, str], body: bytes, to: str) -> Said:
    """An answer that the CRM never gave."""
    if kind in ("echo", "quote"):
        quoted = f"cannot read headers {dict(headers)} and body {body.decode(errors='replace')}"
        batch = _batch(body) if kind == "quote" else []
        return _each_refused(path, headers, batch) if batch else _json(400, _refusal(path, quoted))
    if kind == "login_page":
        page = b"<html><body><form action=/login><input name=user></form></body></html>"
        return Said(status=200, headers=[(b"content-type", b"text/html; charset=utf-8")], body=page)
    if kind == "redirect":
        return Said(status=302, headers=[(b"location", f"{to}{path}".encode())], body=b"")
    if kind == "shapeless":
        return _json(200, ["what", {"is": "this"}, 7])
    kept = b"\x00\xff\xfenot what was promised" if kind == "garbage" else b""
    return Said(status=200, headers=[(b"content-type", b"application/json")], body=kept)


def _batch(body: bytes) -> list[Any]:
    """The records of a batch, where it is one."""
    told = orjson.loads(body) if body[:1] == b"{" else {}
    records = told.get("records", told.get("inputs"))
    return records if isinstance(records, list) else []


def _each_refused(path: str, headers: Mapping[str, str], batch: list[Any]) -> Said:
    """Every record is refused by itself, with the token that was sent in code, message and field."""
    token = headers.get("authorization", "")
    if path.startswith("/services"):
        error = {"statusCode": f"BAD {token}", "message": f"cannot take {token}", "fields": [f"for {token}"]}
        return _json(200, [{"success": False, "errors": [error]} for _ in batch])
    errors = [
        {
            "status": "error",
            "category": f"BAD {token}",
            "message": f"cannot take {token}",
            "context": {"objectWriteTraceId": [one.get("objectWriteTraceId")], "propertyName": [f"for {token}"]},
        }
        for one in batch
    ]
    return _json(207, {"status": "COMPLETE", "results": [], "numErrors": len(errors), "errors": errors})


def _refusal(path: str, message: str) -> Any:
    if path.endswith("/oauth2/token"):
        return {"error": "invalid_request", "error_description": message}
    if path.startswith("/services"):
        return [{"errorCode": "JSON_PARSER_ERROR", "message": message}]
    return {"status": "error", "message": message, "category": "VALIDATION_ERROR"}


def _json(status: int, value: Any) -> Said:
    return Said(status=status, headers=[(b"content-type", b"application/json")], body=orjson.dumps(value))


def altered(kind: str, said: Said) -> Said:
    """What the CRM answered, made untrue. Only good answers are altered."""
    if said.status >= 300:
        return said
    if kind == "truncated":
        return Said(status=said.status, headers=_fitting(said.headers), body=said.body[: len(said.body) * 2 // 3])
    if kind == "wrong_type":
        headers = [(name, value) for name, value in said.headers if name.lower() != b"content-type"]
        return Said(status=said.status, headers=[*headers, (b"content-type", b"text/plain")], body=said.body)
    if kind == "unsaid":
        return Said(status=said.status, headers=_fitting(said.headers), body=_without_last(said.body))
    if kind in ("columns_gone", "columns_moved", "twice"):
        rewritten = _TABLES[kind](said.body) if said.body[:1] != b"{" else _records_twice(said.body, kind)
        return Said(status=said.status, headers=_fitting(said.headers), body=rewritten)
    body = _COUNT.sub(lambda found: found[1] + str(int(found[2]) + MISCOUNT).encode(), said.body)
    return Said(status=said.status, headers=_fitting(said.headers), body=body)


def _table(change: Callable[[list[list[str]]], list[list[str]]], body: bytes) -> bytes:
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(change(rows))
    return out.getvalue().encode()


_TABLES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "columns_gone": partial(_table, lambda rows: [row[:-1] for row in rows]),
    "columns_moved": partial(_table, lambda rows: [row[::-1] for row in rows]),
    "twice": partial(_table, lambda rows: [*rows[:-1], rows[1]] if len(rows) > 2 else rows),
}


def _records_twice(body: bytes, kind: str) -> bytes:
    told = orjson.loads(body)
    name = "records" if "records" in told else "results"
    if kind == "twice" and len(told.get(name) or ()) > 1:
        told[name][-1] = told[name][0]
    return orjson.dumps(told)


def _without_last(body: bytes) -> bytes:
    """What became of the last record of a batch is not told; neither is it an error."""
    told = orjson.loads(body) if body[:1] in (b"{", b"[") else body
    outcomes = told.get("results") if isinstance(told, dict) else told
    if isinstance(outcomes, list) and outcomes:
        outcomes.pop()
    return body if isinstance(told, bytes) else orjson.dumps(told)


def _fitting(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() != b"content-length"]
