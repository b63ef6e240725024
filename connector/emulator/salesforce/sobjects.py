"""One record at a time: create, read, update, delete, upsert; and what changed in a span of time."""

from datetime import UTC, datetime

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.salesforce import times
from connector.emulator.salesforce.derive import KEPT
from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.upsert import Several, existing, key_field, upsert
from connector.emulator.salesforce.web import DATA, Call, Door, answer, nothing

_MOST_IDS = 600_000
_DAY_S = 86_400


def shown(call: Call, table: Table, row: int, names: list[str] | None = None) -> dict[str, object]:
    """A record as REST shows it: every readable field, or those named. Raises ApiError INVALID_FIELD."""
    out: dict[str, object] = {
        "attributes": {"type": table.name, "url": f"{call.api}/sobjects/{table.name}/{table.ids[row]}"}
    }
    for name in names if names is not None else list(table.fields):
        field = table.field(name.strip())
        if field is None or not call.access.reads(table, field):
            if names is None:
                continue
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}")
        value = table.columns[field.name][row]
        out[field.name] = times.rest(value) if field.type == "datetime" and isinstance(value, int) else value
    return out


class Sobjects:
    """Handlers for `/sobjects/{object}/...`."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def create(self, call: Call) -> Response:
        """`POST /sobjects/{object}`."""
        table = call.table()
        row = self.records.create(table, call.record(), call.caller())
        return answer({"id": table.ids[row], "success": True, "errors": []}, 201)

    def _row(self, call: Call, table: Table) -> int:
        try:
            return existing(table, call.path["id"])
        except RecordError as error:
            if error.code == "ENTITY_IS_DELETED":
                raise
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist") from None

    def read(self, call: Call) -> Response:
        """`GET /sobjects/{object}/{id}?fields=`."""
        table = call.table()
        names = call.query.get("fields")
        return answer(shown(call, table, self._row(call, table), names.split(",") if names else None))

    def update(self, call: Call) -> Response:
        """`PATCH /sobjects/{object}/{id}`."""
        table, values = call.table(), call.record()
        row = self._row(call, table)
        if any(name.lower() == "id" for name in values):
            raise ApiError(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        self.records.update(table, row, values, call.caller())
        return nothing()

    def delete(self, call: Call) -> Response:
        """`DELETE /sobjects/{object}/{id}`."""
        table = call.table()
        if table.name in KEPT:
            raise ApiError(400, "CANNOT_DELETE_ENTITY", f"entity type {table.name} does not support delete")
        self.records.delete(table, [self._row(call, table)], call.caller())
        return nothing()

    def _several(self, call: Call, table: Table, rows: tuple[int, ...]) -> Response:
        return answer([f"{call.api}/sobjects/{table.name}/{table.ids[row]}" for row in rows], 300)

    def upsert(self, call: Call) -> Response:
        """`PATCH /sobjects/{object}/{field}/{value}`: 201 created, 200 updated, 300 several."""
        table, values = call.table(), call.record()
        field = key_field(table, call.path["field"], call.access)
        if field.name in values:
            message = f"The {field.name} field should not be specified in the sobject data."
            raise ApiError(400, "INVALID_FIELD", message)
        only = call.query.get("updateOnly", "").lower() == "true"
        key = call.path["value"]
        try:
            saved = upsert(self.records, table, field, key, values, call.caller(), update_only=only)
        except Several as several:
            return self._several(call, table, several.rows)
        body = {"id": table.ids[saved.row], "success": True, "errors": [], "created": saved.created}
        return answer(body, 201 if saved.created else 200)

    def _by_key(self, call: Call, table: Table) -> tuple[int, ...]:
        field = key_field(table, call.path["field"], call.access)
        rows = table.find(field.name, call.path["value"]) if field.type != "id" else ()
        if not rows:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return rows

    def read_by_key(self, call: Call) -> Response:
        """`GET /sobjects/{object}/{field}/{value}`."""
        table = call.table()
        rows = self._by_key(call, table)
        return answer(shown(call, table, rows[0])) if len(rows) == 1 else self._several(call, table, rows)

    def delete_by_key(self, call: Call) -> Response:
        """`DELETE /sobjects/{object}/{field}/{value}`."""
        table = call.table()
        rows = self._by_key(call, table)
        if len(rows) > 1:
            return self._several(call, table, rows)
        self.records.delete(table, rows, call.caller())
        return nothing()

    def updated(self, call: Call) -> Response:
        """`GET /sobjects/{object}/updated?start=&end=`: ids, whole minutes."""
        table = call.table()
        start, end = _span(call, days=30)
        columns = table.columns
        ids = sorted({table.ids[row] for row in table.modified(start, end) if not columns["IsDeleted"][row]})
        if len(ids) > _MOST_IDS:
            raise ApiError(400, "EXCEEDED_ID_LIMIT", f"number of records exceeds {_MOST_IDS}")
        return answer({"ids": ids, "latestDateCovered": times.rest(_covered(call, end))})

    def deleted(self, call: Call) -> Response:
        """`GET /sobjects/{object}/deleted?start=&end=`."""
        table = call.table()
        start, end = _span(call, days=15)
        gone = [
            {"id": table.ids[row], "deletedDate": times.rest(at)} for at, row in table.deletions if start <= at < end
        ]
        now = call.core.stamp()
        body = {"deletedRecords": gone, "earliestDateAvailable": times.rest(now - 15 * _DAY_S)}
        return answer({**body, "latestDateCovered": times.rest(_covered(call, end))})

    def routes(self, door: Door) -> list[Route]:
        """Record resources; the fixed paths come before those with an id."""
        base = f"{DATA}/sobjects/{{object}}"
        by_id, by_key = f"{base}/{{id}}", f"{base}/{{field}}/{{value:path}}"
        table = [
            ("GET", f"{base}/updated", self.updated),
            ("GET", f"{base}/deleted", self.deleted),
            ("POST", base, self.create),
            ("GET", by_id, self.read),
            ("PATCH", by_id, self.update),
            ("DELETE", by_id, self.delete),
            ("GET", by_key, self.read_by_key),
            ("PATCH", by_key, self.upsert),
            ("DELETE", by_key, self.delete_by_key),
        ]
        return [Route(path, door.open(handler), methods=[method]) for method, path, handler in table]


def _span(call: Call, *, days: int) -> tuple[int, int]:
    try:
        start, end = (times.parse(call.query[name].replace(" ", "+")) for name in ("start", "end"))
    except (KeyError, ValueError):
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate and endDate must be ISO 8601 datetimes") from None
    start, end = start // 60 * 60, end // 60 * 60
    if start < call.core.stamp() // 60 * 60 - days * _DAY_S:
        message = f"startDate before org's replication enablement date: no more than {days} days back"
        raise ApiError(400, "INVALID_REPLICATION_DATE", message)
    if end <= start:
        message = "endDate must be at least one minute greater than startDate"
        raise ApiError(400, "INVALID_REPLICATION_DATE", message)
    return start, end


def _covered(call: Call, end: int) -> int:
    now = datetime.fromtimestamp(call.core.stamp(), UTC)
    return min(end, int(now.replace(second=0).timestamp()))
