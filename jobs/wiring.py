"""The composition root: from settings to an open connection, mirror and ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.port import Crm
from connector.salesforce.crm import SalesforceConfig, open_salesforce
from jobs.settings import Settings
from jobs.store.ledger import Ledger
from jobs.store.mirror import Mirror
from jobs.view import View, folder_of, latest_view
from mappings.config import Rules
from mappings.load import load_rules
from mappings.read import needs
from mappings.schema import Schema
from mappings.write import objects_written


@dataclass(slots=True, kw_only=True)
class Work:
    """Everything a verb needs, opened; `crm` is connected."""

    settings: Settings
    rules: Rules
    crm: Crm
    schema: Schema
    mirror: Mirror
    ledger: Ledger

    @property
    def connection(self) -> str:
        """The org or portal we are connected to."""
        return self.crm.connection()

    @property
    def folder(self) -> Path:
        """Where this connection's mirror is kept."""
        return folder_of(self.settings.state_dir, self.connection)

    def view(self) -> View:
        """What we see now, to decide by."""
        return View(
            crm=self.crm.name,
            connection=self.connection,
            address=self.settings.address(),
            now=self.crm.now(),
            schema=self.schema,
        )


def open_crm(settings: Settings) -> Crm:
    """Connect to the CRM that the settings name. Raises GiveUp or TryAgain with the next step."""
    if settings.crm == "salesforce":
        return open_salesforce(salesforce_config(settings))
    return open_hubspot(hubspot_config(settings))


@contextmanager
def open_work(settings: Settings) -> Iterator[Work]:
    """Connect, describe what the mapping speaks of, open mirror and ledger; close all at the end."""
    rules = rules_of(settings)
    crm = open_crm(settings)
    try:
        schema = crm.describe(objects_spoken_of(rules))
        with open_ledger(settings) as ledger, open_mirror(settings, crm.connection()) as mirror:
            yield Work(settings=settings, rules=rules, crm=crm, schema=schema, mirror=mirror, ledger=ledger)
    finally:
        crm.close()
