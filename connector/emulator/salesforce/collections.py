"""Up to 200 records in one call: sObject Collections.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
"""

from collections.abc import Callable, Iterable
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.salesforce.errors import ApiError, RecordError
from connector.emulator.salesforce.records import Records
from connector.emulator.salesforce.sobjects import shown
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.upsert import existing, key_field, repeated, upsert
from connector.emulator.salesforce.web import DATA, Call, Door, answer

_MOST = 200
_MOST_READ = 2000
Item = dict[str, Any]
_ROLLED_BACK = RecordError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def _too_many(most: int) -> ApiError:
    return ApiError(400, "EXCEEDED_MAX_SIZE_REQUEST", f"record count exceeds the maximum of {most}")


def _items(call: Call) -> tuple[list[Item], bool]:
    body = call.json()
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ApiError(400, "JSON_PARSER_ERROR", "The request needs a list of records")
    if len(records) > _MOST:
        raise _too_many(_MOST)
    return records, bool(body.get("allOrNone", False))


def _table(call: Call, item: Item) -> Table:
    kind = (item.get("attributes") or {}).get("type")
    table = call.core.table(str(kind)) if kind else None
    if table is None or not call.access.sees(table):
        raise RecordError("INVALID_TYPE", f"sObject type '{kind}' is not supported.")
    return table


def _values(item: Item, *without: str) -> Item:
    lower = {"attributes", *(name.lower() for name in without)}
    return {name: value for name, value in item.items() if name.lower() not in lower}


def _value(item: Item, name: str) -> object:
    lower = name.lower()
    return next((value for key, value in item.items() if key.lower() == lower), None)


class Collections:
    """Handlers for `/composite/sobjects`."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def _each(self, items: Iterable[Any], save: Callable[[Any], Item], *, all_or_none: bool) -> Response:
        journal: list[Callable[[], object]] = []
        self.records.journal = journal if all_or_none else None
        results = []
        try:
            for item in items:
                try:
                    results.append(save(item))
                except RecordError as error:
                    results.append(error.as_item())
        finally:
            self.records.journal = None
        if all_or_none and not all(result["success"] for result in results):
            for undo in reversed(journal):
                undo()
            results = [_ROLLED_BACK.as_item() if result["success"] else result for result in results]
        return answer(results)

    def create(self, call: Call) -> Response:
        """`POST /composite/sobjects`."""
        items, all_or_none = _items(call)
        caller = call.caller()

        def save(item: Item) -> Item:
            table = _table(call, item)
            row = self.records.create(table, _values(item), caller)
            return {"id": table.ids[row], "success": True, "errors": []}

        return self._each(items, save, all_or_none=all_or_none)

    def update(self, call: Call) -> Response:
        """`PATCH /composite/sobjects`."""
        items, all_or_none = _items(call)
        caller = call.caller()
        twice = repeated(_value(item, "Id") for item in items)

        def save(item: Item) -> Item:
            table, id = _table(call, item), _value(item, "Id")
            if id in twice:
                raise RecordError("DUPLICATE_VALUE", f"Duplicate id specified: {id}", "Id")
            try:
                row = existing(table, id)
                self.records.update(table, row, _values(item, "Id"), caller)
            except RecordError as error:
                return {"id": id, **error.as_item()}
            return {"id": table.ids[row], "success": True, "errors": []}

        return self._each(items, save, all_or_none=all_or_none)

    def upsert(self, call: Call) -> Response:
        """`PATCH /composite/sobjects/{object}/{field}`."""
        items, all_or_none = _items(call)
        table, caller = call.table(), call.caller()
        field = key_field(table, call.path["field"], call.access)
        twice = repeated(_value(item, field.name) for item in items)

        def save(item: Item) -> Item:
            if _table(call, item) is not table:
                raise RecordError("INVALID_TYPE", f"records must all be of type {table.name}")
            key = _value(item, field.name)
            if key in twice:
                raise RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", field.name)
            saved = upsert(self.records, table, field, key, _values(item, field.name), caller)
            return {"id": table.ids[saved.row], "success": True, "errors": [], "created": saved.created}

        return self._each(items, save, all_or_none=all_or_none)

    def delete(self, call: Call) -> Response:
        """`DELETE /composite/sobjects?ids=&allOrNone=`."""
        ids = [id.strip() for id in call.query.get("ids", "").split(",") if id.strip()]
        if len(ids) > _MOST:
            raise _too_many(_MOST)
        caller = call.caller()

        def save(id: str) -> Item:
            table = call.core.by_prefix.get(id[:3])
            if table is None:
                raise RecordError("MALFORMED_ID", f"malformed id {id}")
            row = existing(table, id)
            self.records.delete(table, [row], caller)
            return {"id": table.ids[row], "success": True, "errors": []}

        return self._each(ids, save, all_or_none=call.query.get("allOrNone", "").lower() == "true")

    def read(self, call: Call) -> Response:
        """`GET` (ids and fields in the URL) and `POST` (in the body) `/composite/sobjects/{object}`."""
        table = call.table()
        if call.body:
            body = call.json()
            ids, names = list(body.get("ids", [])), list(body.get("fields", []))
        else:
            ids, names = call.query.get("ids", "").split(","), call.query.get("fields", "Id").split(",")
        if len(ids) > _MOST_READ:
            raise _too_many(_MOST_READ)
        rows = [table.live(str(id).strip()) for id in ids]
        return answer([None if row is None else shown(call, table, row, names) for row in rows])

    def routes(self, door: Door) -> list[Route]:
        """Collection resources."""
        base = f"{DATA}/composite/sobjects"
        table = [
            ("POST", base, self.create),
            ("PATCH", base, self.update),
            ("DELETE", base, self.delete),
            ("PATCH", f"{base}/{{object}}/{{field}}", self.upsert),
            ("GET", f"{base}/{{object}}", self.read),
            ("POST", f"{base}/{{object}}", self.read),
        ]
        return [Route(path, door.open(handler), methods=[method]) for method, path, handler in table]
