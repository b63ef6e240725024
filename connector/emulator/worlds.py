"""The worlds an emulated CRM can be filled with, by name: `demo`, and `scale-N` for N plain accounts."""

import re
from collections.abc import Mapping
from typing import Final

from connector.emulator import scale
from connector.emulator.demo import hubspot_fields, salesforce_fields
from connector.emulator.demo.generate import generate
from connector.emulator.demo.hubspot import HubSpotFill
from connector.emulator.demo.model import World
from connector.emulator.demo.salesforce import SalesforceFill
from connector.emulator.hubspot.app import HubSpotPortal
from connector.emulator.hubspot.linking import PARENT
from connector.emulator.org import BadRequest, Clock, Org
from connector.emulator.salesforce.app import SalesforceOrg

CURRENCIES: Final = ("USD", "JPY", "EUR")
_SCALE: Final = re.compile(r"scale-([1-9][0-9]{0,7})")
_ADMINISTRATOR: Final = "CSM 01"


def fill(world: str, *, orgs: Mapping[str, Org], clock: Clock) -> None:
    """Fill the orgs with a world; `demo` also sets the clock to the world's moment.

    Raises BadRequest if there is no such world.
    """
    size = _SCALE.fullmatch(world)
    if world == "demo":
        fill_demo(generate(), orgs=orgs, clock=clock)
    elif size is not None:
        fill_scale(int(size[1]), orgs=orgs)
    else:
        raise BadRequest(f"there is no world {world}: the worlds are empty, demo and scale-N (scale-1000000)")


def fill_demo(world: World, *, orgs: Mapping[str, Org], clock: Clock) -> None:
    """Fill the orgs with this world at its moment: custom fields, which everybody sees, and every record."""
    clock.set(world.at)
    for org in orgs.values():
        if isinstance(org, SalesforceOrg):
            _fill_salesforce(org, world)
        elif isinstance(org, HubSpotPortal):
            _fill_hubspot(org, world)


def fill_scale(count: int, *, orgs: Mapping[str, Org]) -> None:
    """Fill the orgs with `count` plain accounts."""
    for org in orgs.values():
        if isinstance(org, SalesforceOrg):
            scale.fill_salesforce(count, org.insert)
        elif isinstance(org, HubSpotPortal):
            scale.fill_hubspot(count, org.insert)


def _fill_salesforce(org: SalesforceOrg, world: World) -> None:
    for object, label in salesforce_fields.OBJECTS.items():
        org.define(object, (), label)
    proposed = salesforce_fields.PROPOSED if world.proposals else {}
    for object, fields in (*salesforce_fields.FIELDS.items(), *proposed.items()):
        org.define(object, [{"name": name, **metadata} for name, metadata in fields.items()])
    org.allow_currencies(CURRENCIES, salesforce_fields.WITH_CURRENCY)
    records = SalesforceFill(world, org.insert)
    records.run()
    for account, parent in records.parents():
        org.act(_ADMINISTRATOR, "update", "Account", account, {"ParentId": parent})


def _fill_hubspot(portal: HubSpotPortal, world: World) -> None:
    proposed = hubspot_fields.PROPOSED if world.proposals else {}
    for object, properties in (*hubspot_fields.PROPERTIES.items(), *proposed.items()):
        portal.define(object, properties)
    for schema in hubspot_fields.SCHEMAS:
        if not portal.portal.known(schema["name"]):
            portal.define_object(schema)
    records = HubSpotFill(world, portal.insert)
    records.run()
    portal.link("companies", "companies", records.parents(), (PARENT,))
