"""The Tooling API as far as setting up fields needs it.

Salesforce creates custom objects through its Metadata API; here Tooling's `POST .../CustomObject` does it, in the
same words (FullName, Metadata), so that a test can make one over HTTP.
"""

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.org import BadRequest
from connector.emulator.salesforce import history, metadata, select, soql
from connector.emulator.salesforce.core import Core
from connector.emulator.salesforce.errors import ApiError
from connector.emulator.salesforce.fields import Field, Value, plain, reference, text
from connector.emulator.salesforce.parts import system_fields
from connector.emulator.salesforce.scope import Scope
from connector.emulator.salesforce.table import Table
from connector.emulator.salesforce.web import DATA, Call, Door, answer


class Tooling:
    """Creates custom fields and objects, and answers queries about them."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.created: list[tuple[str, str]] = []
        """(object as asked for, field) in order of creation; objects themselves have no field."""

    def define_field(self, full_name: str, wanted: metadata.Metadata, *, guarded: bool) -> None:
        """Make the field `Object.Name__c`. Raises ApiError."""
        object_name, _, name = full_name.partition(".")
        at = self.core.stamp()
        field = metadata.field_from(self.core, name, wanted, guarded=guarded)
        metadata.add_field(self.core, object_name, field, at)
        self.created.append((object_name, name))
        if wanted.get("trackHistory"):
            self._track(object_name, name)

    def _track(self, object_name: str, name: str) -> None:
        """Keep the history of a field. Raises ApiError where the object has none, or too many tracked fields."""
        table = self.core.table(object_name)
        tracked = sorted(table.tracked) if table is not None else []
        try:
            history.track(self.core, [f"{object_name}.{field}" for field in (*tracked, name)])
        except BadRequest as error:
            raise ApiError(400, "FIELD_INTEGRITY_EXCEPTION", str(error), ("trackHistory",)) from error

    def create_field(self, call: Call) -> Response:
        """`POST /tooling/sobjects/CustomField`: nobody sees the field until a permission set grants it."""
        body = call.record()
        full_name, wanted = str(body.get("FullName", "")), body.get("Metadata")
        if not isinstance(wanted, dict) or "." not in full_name:
            message = "Required fields are missing: [FullName, Metadata]"
            raise ApiError(400, "REQUIRED_FIELD_MISSING", message, ("FullName", "Metadata"))
        self.define_field(full_name, wanted, guarded=True)
        return _made(self._custom_fields().ids[-1])

    def create_object(self, call: Call) -> Response:
        """`POST /tooling/sobjects/CustomObject`."""
        body = call.record()
        wanted = body.get("Metadata")
        name = str(body.get("FullName", ""))
        table = metadata.add_object(
            self.core, name, wanted if isinstance(wanted, dict) else {}, self.core.stamp(), guarded=True
        )
        return _made(self._custom_objects().ids[self._objects().index(table)])

    def query(self, call: Call) -> Response:
        """`GET /tooling/query?q=` on CustomField, CustomObject and EntityDefinition."""
        text_ = call.query.get("q", "")
        about = Core(self.core.clock)
        for table in (self._entities(), self._custom_fields(), self._custom_objects()):
            about.add_table(table)
        query = soql.parse(text_)
        found = select.run(Scope(about, None, text_), query, include_deleted=False, api=f"{call.api}/tooling")
        records = found.records if found.records is not None else [found.show(row) for row in found.rows]
        kind = {"size": len(records), "entityTypeName": found.table.name, "queryLocator": None}
        return answer({**kind, "totalSize": found.total, "done": True, "records": records})

    def _objects(self) -> list[Table]:
        return [table for table in self.core.tables.values() if table.custom]

    def _entities(self) -> Table:
        names = ("QualifiedApiName", "DeveloperName", "Label", "KeyPrefix", "DurableId")
        table = _about(
            "EntityDefinition", "4ie", [*(text(name) for name in names), plain("IsCustomizable", "boolean")]
        )
        for each in self.core.tables.values():
            values = (each.name, each.name.removesuffix("__c"), each.label, each.prefix, each.name)
            _row(table, {**dict(zip(names, values, strict=True)), "IsCustomizable": True})
        return table

    def _custom_objects(self) -> Table:
        table = _about("CustomObject", "01I", [text("DeveloperName"), text("NamespacePrefix")])
        for each in self._objects():
            _row(table, {"DeveloperName": each.name.removesuffix("__c")})
        return table

    def _custom_fields(self) -> Table:
        names = ("DeveloperName", "TableEnumOrId", "FullName", "NamespacePrefix", "ManageableState")
        entity = reference("EntityDefinitionId", "EntityDefinition")
        table = _about("CustomField", "00N", [*(text(name) for name in names), entity])
        entities, objects = self._entities(), self._custom_objects()
        by_name = dict(zip(self.core.tables, entities.ids, strict=True))
        object_ids = dict(zip((each.name for each in self._objects()), objects.ids, strict=True))
        for object_name, name in self.created:
            home = object_ids.get(object_name, object_name)
            values = (name.removesuffix("__c"), home, f"{object_name}.{name}", None, "unmanaged")
            _row(table, {**dict(zip(names, values, strict=True)), "EntityDefinitionId": by_name.get(object_name)})
        return table

    def routes(self, door: Door) -> list[Route]:
        """Tooling resources."""
        base = f"{DATA}/tooling"
        return [
            Route(f"{base}/sobjects/CustomField", door.open(self.create_field), methods=["POST"]),
            Route(f"{base}/sobjects/CustomObject", door.open(self.create_object), methods=["POST"]),
            Route(f"{base}/query", door.open(self.query), methods=["GET"]),
        ]


def _made(id: str) -> Response:
    return answer({"id": id, "success": True, "errors": [], "warnings": [], "infos": []}, 201)


def _about(name: str, prefix: str, fields: list[Field]) -> Table:
    return Table(name, name, prefix, [*system_fields(owners=()), *fields])


def _row(table: Table, values: dict[str, Value]) -> None:
    table.append({**values, "IsDeleted": False, "SystemModstamp": 0})
