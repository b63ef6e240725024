"""The properties that Tossup writes: which are missing, and creating them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.errors import AskAPerson, CrmError
from connector.hubspot.library import Library
from connector.hubspot.portal import Portal
from connector.hubspot.properties import GROUP, definition, field, fits
from connector.hubspot.scopes import schema_scope
from connector.port import SetupStep
from mappings.schema import Field, WantedField

_GROUP_LABEL = "Tossup"


class Setup:
    """Looks for wanted properties, creates those that are missing, and reads back what came of it."""

    def __init__(self, portal: Portal, library: Library) -> None:
        self._portal = portal
        self._library = library

    def missing(self, wanted: Sequence[WantedField]) -> tuple[SetupStep, ...]:
        """Steps, groups first. Raises `AskAPerson` where a property of that name cannot hold what we would write."""
        steps: list[SetupStep] = []
        for object, fields in _by_object(wanted).items():
            there = self._fields(object)
            absent = [one for one in fields if one.name not in there]
            for one in fields:
                if one.name in there:
                    _check(there[one.name], one)
            if absent and not self._has_group(object):
                text = (
                    f"Create the property group {_GROUP_LABEL} on {object} (scope {schema_scope(object, 'write')})."
                )
                steps.append(SetupStep(action="create_group", target=object, text=text))
            steps += [_step(one) for one in absent]
        return tuple(sorted(steps, key=lambda step: (step.action != "create_group", step.target)))

    def do(self, steps: Sequence[SetupStep]) -> None:
        """Do them, leaving alone what is there already, and check that HubSpot shows the result."""
        for step in steps:
            if step.action == "create_group":
                self._create_group(step.target)
        created = [step.wanted for step in steps if step.action == "create_field" and step.wanted]
        for one in created:
            self._create(one)
        for object, fields in _by_object(created).items():
            there = self._fields(object)
            for one in fields:
                if one.name not in there:
                    text = f"HubSpot took the property {object}.{one.name} but does not show it."
                    raise AskAPerson(f"{text} Look at Settings > Properties, then run setup again.")
                _check(there[one.name], one)

    def _fields(self, object: str) -> dict[str, Field]:
        return {f.name: f for f in map(field, self._library.properties(self._portal.type(object)))}

    def _has_group(self, object: str) -> bool:
        return any(group.get("name") == GROUP for group in self._library.groups(self._portal.type(object)))

    def _create_group(self, object: str) -> None:
        self._unless_there(
            lambda: self._library.create_group(
                self._portal.type(object), {"name": GROUP, "label": _GROUP_LABEL, "displayOrder": -1}
            )
        )

    def _create(self, wanted: WantedField) -> None:
        self._unless_there(
            lambda: self._library.create_property(self._portal.type(wanted.object), definition(wanted))
        )

    @staticmethod
    def _unless_there(create: Any) -> None:
        try:
            create()
        except CrmError as error:
            if error.status != 409:
                raise


def _by_object(wanted: Iterable[WantedField]) -> Mapping[str, list[WantedField]]:
    found: dict[str, list[WantedField]] = {}
    for one in wanted:
        found.setdefault(one.object, []).append(one)
    return found


def _step(wanted: WantedField) -> SetupStep:
    unique = ", unique" if wanted.unique else ""
    scope = schema_scope(wanted.object, "write")
    text = f"Create {wanted.object}.{wanted.name} ({wanted.type.value}{unique}; scope {scope})."
    return SetupStep(action="create_field", target=f"{wanted.object}.{wanted.name}", text=text, wanted=wanted)


def _check(found: Field, wanted: WantedField) -> None:
    """Raises `AskAPerson` where the property cannot be used as it is."""
    name = f"HubSpot property {wanted.object}.{wanted.name}"
    if wanted.unique and not found.unique:
        # https://developers.hubspot.com/docs/guides/api/crm/properties#create-unique-identifier-properties
        raise AskAPerson(
            f"{name} exists but its values are not unique, and HubSpot lets that be chosen only at creation. "
            "Rename or delete that property (its values will be lost), or map the key to another name; then run "
            "setup again."
        )
    if not fits(found, wanted):
        raise AskAPerson(
            f"{name} exists as {found.type.value}, which cannot hold {wanted.type.value}"
            f"{' with ' + ', '.join(wanted.choices) if wanted.choices else ''}. "
            "Change that property in HubSpot or map the output to another name; then run setup again."
        )
