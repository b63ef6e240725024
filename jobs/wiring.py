"""The composition root: from settings to an open connection, mirror and ledger."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from connector.errors import GiveUp
from connector.hubspot.config import HubSpotConfig
from connector.port import Crm
from connector.salesforce.config import BULK_WRITES, SalesforceConfig
from connector.wire import Timeouts
from jobs.settings import Settings
from jobs.store.ledger import Ledger, ledger_url
from jobs.store.mirror import Mirror
from jobs.view import View, folder_of
from leads.checks import check
from mappings.config import MappingConfig, Rules
from mappings.load import BadConfig, load_rules, positions
from mappings.needs import objects
from mappings.problems import in_order
from mappings.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything a verb needs, opened; `crm` is connected and described."""

    settings: Settings
    rules: Rules
    crm: Crm
    connection: str
    schema: Schema
    mirror: Mirror
    ledger: Ledger

    @property
    def folder(self) -> Path:
        """Where everything about this connection is kept."""
        return folder_of(self.settings.state_dir, self.connection)

    def view(self) -> View:
        """What we see now, to decide by."""
        return View(
            crm=self.crm.name,
            connection=self.connection,
            address=address_of(self.settings),
            now=self.crm.now(),
            schema=self.schema,
        )


def rules_of(settings: Settings, crm: str | None = None) -> Rules:
    """The configuration, with the language that the settings ask for. Raises BadConfig with every problem."""
    name = crm or settings.crm
    if name is None:
        raise GiveUp("Which CRM? Set TOSSUP_CRM to salesforce or hubspot; see docs/connect.md.")
    rules = load_rules(name, settings.config)
    if found := check(rules):
        places = positions(name, settings.config)
        raise BadConfig(in_order(places.problem(file, one.path, one.text, one.suggestion) for file, one in found))
    if settings.language is None:
        return rules
    company = rules.mapping.company.model_copy(update={"language": settings.language})
    return rules.model_copy(update={"mapping": rules.mapping.model_copy(update={"company": company})})


def address_of(settings: Settings) -> str:
    """What tells this connection's settings from another's, without a secret in it."""
    who = settings.salesforce_username if settings.crm == "salesforce" else None
    return " ".join(filter(None, (settings.crm, settings.address(), who)))


def open_crm(settings: Settings) -> Crm:
    """Connect to the CRM that the settings name. Raises GiveUp or TryAgain with the next step."""
    # each brings its vendor's library: only the one that is used is loaded, and none by commands that make no call
    if settings.crm == "hubspot":
        from connector.hubspot.crm import open_hubspot  # noqa: PLC0415

        return open_hubspot(_hubspot(settings))
    from connector.salesforce.crm import open_salesforce  # noqa: PLC0415

    return open_salesforce(_salesforce(settings))


def _salesforce(settings: Settings) -> SalesforceConfig:
    if settings.salesforce_url is None:
        raise GiveUp("Where is the org? Set TOSSUP_SALESFORCE_URL to your My Domain, https://acme.my.salesforce.com.")
    return SalesforceConfig(
        url=settings.salesforce_url,
        client_id=settings.salesforce_client_id,
        username=settings.salesforce_username,
        private_key=settings.salesforce_private_key,
        client_secret=settings.salesforce_client_secret,
        access_token=settings.salesforce_access_token,
        api_version=settings.salesforce_api_version,
        timeouts=Timeouts(read_s=settings.read_timeout_seconds),
        reserve=settings.api_reserve,
        overlap_s=settings.overlap_minutes * 60,
        lag_s=settings.safe_lag_minutes * 60,
        bulk_rows=settings.bulk_threshold,
        bulk_writes=min(settings.bulk_threshold, BULK_WRITES),
    )


def _hubspot(settings: Settings) -> HubSpotConfig:
    return HubSpotConfig(
        url=settings.hubspot_url,
        access_token=settings.hubspot_access_token,
        client_id=settings.hubspot_client_id,
        client_secret=settings.hubspot_client_secret,
        refresh_token=settings.hubspot_refresh_token,
        api_version=settings.hubspot_api_version,
        search_per_second=settings.hubspot_search_per_second,
        timeouts=Timeouts(read_s=settings.read_timeout_seconds),
        reserve=settings.api_reserve,
        overlap_s=settings.overlap_minutes * 60,
        lag_s=settings.safe_lag_minutes * 60,
    )


@contextmanager
def open_store(settings: Settings, connection: str) -> Iterator[tuple[Mirror, Ledger]]:
    """The mirror and the ledger of a connection, held by this process alone. Raises TryAgain when another does."""
    with open_mirror(settings, connection) as mirror, open_ledger(settings, connection) as ledger:
        yield mirror, ledger


@contextmanager
def open_mirror(settings: Settings, connection: str) -> Iterator[Mirror]:
    """The mirror of a connection, held by this process alone. Raises TryAgain when another does."""
    folder = folder_of(settings.state_dir, connection)
    mirror = Mirror(folder / "mirror.duckdb", memory_limit=settings.memory_limit)
    if mirror.notice is not None:
        structlog.get_logger("jobs").warning(mirror.notice)
    with closing(mirror):
        yield mirror


def open_ledger(settings: Settings, connection: str) -> Ledger:
    """The ledger of a connection; many processes may read it."""
    if settings.ledger_url is not None:
        return Ledger(settings.ledger_url.get_secret_value())
    return Ledger(ledger_url(folder_of(settings.state_dir, connection)))


@contextmanager
def open_work(settings: Settings, verb: str) -> Iterator[Work]:
    """Connect, hold the connection, describe what the mapping speaks of, open the store; close all of it at the end.

    Raises TryAgain, with nothing written anywhere, when another run holds the connection.
    """
    rules = rules_of(settings)
    with closing(open_crm(settings)) as crm:
        connection = crm.connection()
        with open_ledger(settings, connection) as ledger, ledger.locked(connection, verb):
            schema = describe(crm, rules.mapping)
            with open_mirror(settings, connection) as mirror:
                yield Work(
                    settings=settings,
                    rules=rules,
                    crm=crm,
                    connection=connection,
                    schema=schema,
                    mirror=mirror,
                    ledger=ledger,
                )


def describe(crm: Crm, mapping: MappingConfig) -> Schema:
    """The schema of all that the mapping reads, writes or goes through: where references lead shows step by step."""
    schema = crm.describe(objects(mapping))
    asked = set(objects(mapping))
    while more := set(objects(mapping, schema)) - asked:
        asked |= more
        step = crm.describe(sorted(more))
        schema = replace(schema, objects={**schema.objects, **step.objects}, hidden={**schema.hidden, **step.hidden})
    return schema
