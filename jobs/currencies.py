"""What `mappings check` says about currencies: those that records may be in and that nothing gives a rate for.

Rates are records, and a company checks its mapping before it has pulled any: they are read for the occasion.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.port import Crm
from jobs.pull import pull
from jobs.store.mirror import Mirror
from leads.facts.rates import ReadRate, elsewhere, known_rates, read_rates
from mappings.config import MappingConfig
from mappings.load import Positions
from mappings.needs import needs
from mappings.paths import Route, routes
from mappings.problems import Problem, listed
from mappings.read import canonical
from mappings.schema import Schema
from mappings.sources import of_source

_MOST = 8


def currency_notes(crm: Crm, mapping: MappingConfig, schema: Schema, positions: Positions) -> list[Problem]:
    """A note about currencies without a rate today, and what the CRM tells its rates in where that is not ours."""
    own, read, today = mapping.company.currency, _read(crm, mapping, schema), crm.now().date()
    used = {*_chosen(mapping, schema), *(code for one in read for code in (one.currency, one.into))}
    known = {one.currency for one in known_rates(mapping.company, read) if one.since <= today}
    missing = sorted(used - known - {own})
    if not missing:
        return []
    if others := elsewhere(read, own, missing):
        key, text = (
            "currency",
            f"the CRM tells its rates in {listed(others, 'and')}, not in {own}: they are not used, and",
        )
    else:
        key, text = "rates", "read the CRM's rates (read: rate:), or give rates here:"
    text += f" no rate to {own} is known for {_some(missing)}; leads in such money are ranked last"
    return [positions.problem(f"{mapping.crm}.yaml", ("company", key), text)]


def _some(codes: Sequence[str]) -> str:
    more = [f"{len(codes) - _MOST} more"] if len(codes) > _MOST else []
    return listed([*codes[:_MOST], *more], "and")


def _chosen(mapping: MappingConfig, schema: Schema) -> Iterator[str]:
    """Currencies that the fields of amounts can be set to, as far as these have a list of choices."""
    for table, sources in mapping.read.items():
        for source in sources:
            field = source.fields.get("currency")
            if table == "rate" or field is None or field.values is not None:
                continue
            for route in routes(schema, source.object, field.paths):
                if not _lists_any_currency(mapping, route):
                    yield from (choice.strip().upper() for choice in route.field.choices)


def _lists_any_currency(mapping: MappingConfig, route: Route) -> bool:
    """HubSpot's own lists may hold currencies that the account never added; those of Salesforce hold its own."""
    return mapping.crm == "hubspot" and route.field.name.startswith(("hs_", "deal_currency_code"))


def _read(crm: Crm, mapping: MappingConfig, schema: Schema) -> tuple[ReadRate, ...]:
    """The rates that the CRM keeps and the mapping reads, as they are now."""
    sources = tuple(source for source in mapping.read.get("rate", ()) if source.object in schema.objects)
    if not sources:
        return ()
    names = {source.object for source in sources}
    for source in sources:
        for route in routes(schema, source.object, of_source(source).paths):
            names |= {end for hop in route.hops for end in (hop.object, hop.target)}
    wanted = {name: need for name, need in needs(mapping, schema).items() if name in names}
    only = mapping.model_copy(update={"read": {"rate": sources}})
    kept = Schema(crm=schema.crm, objects={name: schema.objects[name] for name in names})
    with TemporaryDirectory() as folder, closing(Mirror(Path(folder) / "rates.duckdb")) as mirror:
        pull(crm, mirror, wanted, schema)
        return read_rates(canonical(only, kept, mirror.table, mirror.links)["rate"], mapping.company.currency)
