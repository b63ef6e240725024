"""What the org says it has: versions, limits, objects and their fields."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.salesforce import fields
from connector.emulator.salesforce.derive import KEPT, SETUP
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.web import DATA, OLDEST, VERSION, Call, Door, answer

_SEASONS = ("Winter", "Spring", "Summer")


def versions() -> list[dict[str, str]]:
    """Every API version that still answers; 68 is Winter '27 and three come a year."""
    out = []
    for number in range(OLDEST, int(float(VERSION)) + 1):
        years, season = divmod(number - 68, 3)
        label = f"{_SEASONS[season]} '{27 + years}"
        out.append({"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"})
    return out


def _can(table: Table) -> bool:
    return table.name != "Organization" and not table.name.endswith("History")


def summary(table: Table, api: str) -> dict[str, object]:
    """An object as the list of all objects shows it."""
    url = f"{api}/sobjects/{table.name}"
    writable = _can(table)
    return {
        "name": table.name,
        "label": table.label,
        "labelPlural": f"{table.label}s",
        "keyPrefix": table.prefix,
        "custom": table.custom,
        "customSetting": False,
        "activateable": False,
        "queryable": True,
        "retrieveable": True,
        "searchable": True,
        "createable": writable and table.name != "DatedConversionRate",
        "updateable": writable,
        "deletable": writable and table.name not in KEPT,
        "undeletable": writable and table.name not in (*SETUP, *KEPT),
        "mergeable": table.name in ("Account", "Contact", "Lead", "Case"),
        "replicateable": True,
        "triggerable": writable,
        "layoutable": True,
        "deprecatedAndHidden": False,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _children(call: Call, table: Table) -> list[dict[str, object]]:
    return [
        {
            "childSObject": other.name,
            "field": field.name,
            "relationshipName": None,
            "cascadeDelete": field.cascade,
            "restrictedDelete": False,
            "deprecatedAndHidden": False,
        }
        for other in call.core.tables.values()
        if call.access.sees(other)
        for field in other.fields.values()
        if table.name in field.targets and call.access.reads(other, field)
    ]


def full(call: Call, table: Table) -> dict[str, object]:
    """An object with the fields this user may see."""
    shown = [
        fields.describe(field, editable=call.access.edits(table, field))
        for field in table.fields.values()
        if call.access.reads(table, field)
    ]
    more = {"childRelationships": _children(call, table), "recordTypeInfos": [], "supportedScopes": []}
    return {**summary(table, call.api), "fields": shown, **more}


def _moment(call: Call) -> str:
    return format_datetime(datetime.fromtimestamp(call.core.stamp(), UTC), usegmt=True)


def _is_known(call: Call, etag: str, table: Table) -> bool:
    tags = call.headers.get("if-none-match")
    if tags is not None:
        return etag in tags
    since = call.headers.get("if-modified-since")
    changed_at = max(table.changed_at, call.core.access_changed_at)
    try:
        return since is not None and changed_at < parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False


def describe(call: Call) -> Response:
    """`GET .../sobjects/{object}/describe`, 304 while the caller's copy is good."""
    table = call.table()
    body = answer(full(call, table))
    digest = hashlib.sha256(bytes(body.body)).hexdigest()[:16]
    headers = {"ETag": f'"{digest}"', "Last-Modified": _moment(call)}
    if _is_known(call, digest, table):
        return Response(status_code=304, headers=headers)
    body.headers.update(headers)
    return body


def describe_all(call: Call) -> Response:
    """`GET .../sobjects`."""
    seen = [summary(table, call.api) for table in call.core.tables.values() if call.access.sees(table)]
    return answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": sorted(seen, key=lambda s: str(s["name"]))})


def basic(call: Call) -> Response:
    """`GET .../sobjects/{object}`."""
    return answer({"objectDescribe": summary(call.table(), call.api), "recentItems": []})


def limits(door: Door, _: Call) -> Response:
    """`GET .../limits`."""
    usage = door.usage

    def of(most: int, used: int = 0) -> dict[str, int]:
        return {"Max": most, "Remaining": max(0, most - used)}

    return answer(
        {
            "DailyApiRequests": of(usage.limit, usage.used),
            "DailyBulkApiBatches": of(15_000),
            "DailyBulkV2QueryJobs": of(10_000),
            "DailyBulkV2QueryFileStorageMB": of(976_562),
            "ConcurrentAsyncGetReportInstances": of(200),
            "DataStorageMB": of(10_240),
        }
    )


def resources(call: Call) -> Response:
    """`GET /services/data/{version}`."""
    names = ("sobjects", "query", "queryAll", "limits", "composite", "tooling", "jobs")
    return answer({name: f"{call.api}/{name}" for name in names})


def routes(door: Door) -> list[Route]:
    """The read-only resources about the org itself."""

    def get(path: str, handler: Callable[[Call], Response]) -> Route:
        return Route(DATA + path, door.open(handler), methods=["GET"])

    return [
        get("", resources),
        get("/limits", partial(limits, door)),
        get("/sobjects", describe_all),
        get("/sobjects/{object}", basic),
        get("/sobjects/{object}/describe", describe),
    ]
