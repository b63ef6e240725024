"""Leads in a currency that has no rate: how many accounts they stand for, and how to give a rate."""

from collections.abc import Iterable

from leads.find import Found
from mappings.canonical import Lead
from mappings.problems import counted, listed


def rates_missing(found: Found, leads: Iterable[Lead]) -> str | None:
    """A line about these leads' accounts whose money cannot be compared; None where all of it can."""
    unrated = [lead for lead in leads if lead.facts.get("rate_unknown")]
    if not unrated:
        return None
    accounts = counted(len({lead.account_id for lead in unrated}), "account")
    currencies = listed(sorted({lead.currency for lead in unrated}), "and")
    own = found.workings.ground.inputs.rules.mapping.company.currency
    return (
        f"No rate to {own} for {currencies} ({accounts}): their leads are ranked last.\n"
        "Give it in the mapping under company: rates: (docs/mapping.md)."
    )
