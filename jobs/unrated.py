"""Leads in a currency that has no rate: how many accounts they stand for, and how to give a rate."""

from collections.abc import Iterable

from leads.facts.rates import told_elsewhere
from leads.find import Found
from mappings.canonical import Lead
from mappings.problems import counted, listed


def rates_missing(found: Found, leads: Iterable[Lead]) -> str | None:
    """A line about these leads' accounts whose money cannot be compared; None where all of it can."""
    unrated = [lead for lead in leads if lead.facts.get("rate_unknown")]
    if not unrated:
        return None
    accounts = counted(len({lead.account_id for lead in unrated}), "account")
    currencies = sorted({lead.currency for lead in unrated})
    inputs = found.workings.ground.inputs
    own = inputs.rules.mapping.company.currency
    missing = f"No rate to {own} for {listed(currencies, 'and')} ({accounts}): their leads are ranked last.\n"
    others = listed(told_elsewhere(inputs, currencies), "and")
    if others:
        missing += f"The CRM tells its rates in {others}, not in {own} (company: currency: in the mapping).\n"
    return f"{missing}Give {'them' if others else 'it'} in the mapping under company: rates: (docs/mapping.md)."
