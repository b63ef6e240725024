"""Custom fields, and the permission to see them: a field created by the API is visible to nobody until granted."""

from collections.abc import Iterable, Mapping, Sequence

from connector.errors import GiveUp, TryAgain
from connector.port import SetupStep
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.definition import definition, full_name, home, kind, seen_on
from connector.salesforce.query import RestQuery
from connector.salesforce.schema import Describer
from connector.salesforce.soql import any_of, quoted
from connector.transport import Transport
from connector.wire import Call
from mappings.schema import ObjectSchema, WantedField

PERMISSION_SET = "Tossup"
_ALREADY = ("DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE")
_PATIENCE_S = 60.0


class Setup:
    """Finds what is missing and does it. Every step may be repeated."""

    def __init__(self, config: SalesforceConfig, transport: Transport, rest: RestQuery, describer: Describer) -> None:
        self._data = config.data
        self._transport = transport
        self._rest = rest
        self._describer = describer

    def missing(self, wanted: Sequence[WantedField], user: str | None) -> tuple[SetupStep, ...]:
        """Fields to create, then what must be granted so that `user` may write them."""
        seen = self._described(field.object for field in wanted)
        needed = [field for field in wanted if not _writable(seen[field.object], field)]
        if not needed:
            return ()
        seen |= self._described({object for field in needed for object in seen_on(field.object)} - set(seen))
        defined = self._defined(needed)
        create = {full_name(field): field for field in needed if full_name(field) not in defined}
        grants = {
            f"{object}.{field.name}": field
            for field in needed
            for object in seen_on(field.object)
            if not _writable(seen[object], field)
        }
        return (
            *(_create_step(name, field) for name, field in create.items()),
            *self._permission_steps(user),
            *(_grant_step(target, field) for target, field in grants.items()),
        )

    def do(self, steps: Sequence[SetupStep], user: str | None) -> None:
        """Do the steps, fields first and grants last, then wait until describe shows every field.

        Raises `TryAgain` when it does not show them in time.
        """
        for step in steps:
            if step.action == "create_field" and step.wanted is not None:
                self._create(f"{self._data}/tooling/sobjects/CustomField", definition(step.wanted))
            elif step.action == "create_permission_set":
                self._create(f"{self._data}/sobjects/PermissionSet", _permission_set())
            elif step.action == "assign":
                self._assign(user)
        self._grant([step.target for step in steps if step.action == "grant"])
        self._wait_for(list(dict.fromkeys(step.wanted for step in steps if step.wanted is not None)))

    def _described(self, objects: Iterable[str]) -> dict[str, ObjectSchema]:
        return {name: self._describer.object(name) for name in sorted(set(objects))}

    def _defined(self, wanted: Sequence[WantedField]) -> set[str]:
        """Full names of those that are there but hidden from us; empty where we may not ask."""
        names = [field.name.removesuffix("__c") for field in wanted]
        soql = f"SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE {any_of('DeveloperName', names)}"
        try:
            rows = self._rest.tooling(soql)
        except GiveUp as error:
            if error.status not in (400, 403, 404):
                raise
            return set()
        return {f"{row['TableEnumOrId']}.{row['DeveloperName']}__c" for row in rows}

    def _permission_steps(self, user: str | None) -> tuple[SetupStep, ...]:
        id = self._permission_set()
        create = SetupStep(
            action="create_permission_set",
            target=PERMISSION_SET,
            text=f"Create the permission set {PERMISSION_SET}, which shows Tossup's fields.",
        )
        assign = SetupStep(
            action="assign",
            target=PERMISSION_SET,
            text=f"Assign {PERMISSION_SET} to our user. Assign it to everyone who should see the fields, too.",
        )
        if id is None:
            return create, assign
        return () if user and self._assigned(id, user) else (assign,)

    def _permission_set(self) -> str | None:
        rows = self._rest.rows(f"SELECT Id FROM PermissionSet WHERE Name = {quoted(PERMISSION_SET)}")
        return str(rows[0]["Id"]) if rows else None

    def _assigned(self, id: str, user: str) -> bool:
        soql = "SELECT Id FROM PermissionSetAssignment WHERE "
        return bool(self._rest.rows(f"{soql}PermissionSetId = {quoted(id)} AND AssigneeId = {quoted(user)}"))

    def _needed_permission_set(self) -> str:
        id = self._permission_set()
        if id is None:
            raise GiveUp(f"The permission set {PERMISSION_SET} is not there. Run setup from the start.")
        return id

    def _assign(self, user: str | None) -> None:
        if user is None:
            raise GiveUp(
                f"Salesforce does not tell which user we are: assign {PERMISSION_SET} to it by hand in Setup."
            )
        id = self._needed_permission_set()
        if not self._assigned(id, user):
            target = f"{self._data}/sobjects/PermissionSetAssignment"
            self._create(target, {"AssigneeId": user, "PermissionSetId": id})

    def _grant(self, targets: Sequence[str]) -> None:
        """Let the permission set read and edit these fields (`Task.Tossup_Key__c`)."""
        if not targets:
            return
        id = self._needed_permission_set()
        soql = f"SELECT Id, Field, PermissionsEdit FROM FieldPermissions WHERE ParentId = {quoted(id)}"
        granted = {str(row["Field"]): row for row in self._rest.rows(soql)}
        path = f"{self._data}/sobjects/FieldPermissions"
        rights: dict[str, object] = {"PermissionsRead": True, "PermissionsEdit": True}
        for target in targets:
            if target not in granted:
                named: dict[str, object] = {"ParentId": id, "SobjectType": target.partition(".")[0], "Field": target}
                self._create(path, named | rights)
            elif not granted[target]["PermissionsEdit"]:
                call = Call(method="PATCH", target=f"{path}/{granted[target]['Id']}", json=rights, repeatable=True)
                self._transport.send(call)

    def _create(self, target: str, body: Mapping[str, object]) -> None:
        """Create something that has a unique name: creating it again changes nothing."""
        try:
            self._transport.send(Call(method="POST", target=target, json=dict(body), repeatable=True))
        except GiveUp as error:
            if error.code not in _ALREADY:
                raise

    def _wait_for(self, wanted: Sequence[WantedField]) -> None:
        waited_s, next_s = 0.0, 0.1
        while True:
            seen = self._described(field.object for field in wanted)
            unseen = [f"{f.object}.{f.name}" for f in wanted if not _writable(seen[f.object], f)]
            if not unseen:
                return
            if waited_s >= _PATIENCE_S:
                raise TryAgain(
                    f"Salesforce does not show {', '.join(unseen)} yet, {waited_s:.0f} s after creating and granting."
                    " Run setup again in some minutes."
                )
            self._transport.wait(next_s)
            waited_s, next_s = waited_s + next_s, min(10.0, next_s * 2)


def _writable(object: ObjectSchema, wanted: WantedField) -> bool:
    field = object.fields.get(wanted.name)
    return field is not None and field.updateable


def _permission_set() -> Mapping[str, object]:
    return {
        "Name": PERMISSION_SET,
        "Label": PERMISSION_SET,
        "Description": "Shows the fields that Tossup writes, and lets it write them.",
    }


def _create_step(name: str, field: WantedField) -> SetupStep:
    where = "Task and Event (defined on Activity)" if home(field.object) != field.object else field.object
    text = f"Create the field {field.label} ({name}, {kind(field)}) on {where}: {field.help}"
    return SetupStep(action="create_field", target=name, text=text, wanted=field)


def _grant_step(target: str, field: WantedField) -> SetupStep:
    text = f"Let {PERMISSION_SET} see and edit {field.label} ({target})."
    return SetupStep(action="grant", target=target, text=text, wanted=field)
