"""From the mirror to leads: read the rows through the mapping, add what we know we wrote, find."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from connector.errors import GiveUp
from jobs.answered import since_first_seen
from jobs.ours import with_known
from jobs.past import Kept
from jobs.store.ledger import Ledger
from jobs.store.mirror import Mirror
from jobs.view import View
from leads.find import Found, find
from leads.past import as_of as as_of_day
from mappings.canonical import TABLES
from mappings.config import MappingConfig, Rules
from mappings.read import canonical
from mappings.sources import lineage
from mappings.write import list_target


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The answer, and the canonical tables it was found in."""

    found: Found
    tables: Mapping[str, ir.Table]


def decide(
    mirror: Mirror,
    ledger: Ledger,
    rules: Rules,
    view: View,
    as_of: date | None = None,
    tables: Mapping[str, ir.Table] | None = None,
) -> Decided:
    """Every lead, with state and reasons, as of the last pull. Reads only what we hold; no call is made.

    `as_of` is a past day to decide for instead, from history alone (see leads.past). Raises GiveUp for a day to come.
    `tables` are those of `read`, where they have been read already.
    """
    tables = read(mirror, ledger, rules, view, as_of) if tables is None else tables
    found = find(
        tables,
        rules,
        today=as_of or view.today(rules),
        lineage={**_lists(rules.mapping, view), **lineage(rules.mapping, view.schema)},
        stage=mirror.stage,
        let_go=mirror.let_go,
    )
    return Decided(found=found, tables=tables)


def read(
    mirror: Mirror, ledger: Ledger, rules: Rules, view: View, as_of: date | None = None
) -> Mapping[str, ir.Table]:
    """The canonical tables that are decided on, as `decide` says."""
    today = view.today(rules)
    if as_of is not None and as_of > today:
        raise GiveUp(f"{as_of} is after the last pull, which was on {today}. Give that day or one before it.")
    lazy = canonical(rules.mapping, view.schema, mirror.table, mirror.links)
    books = Kept(mirror=mirror, ledger=ledger, connection=view.connection, rules=rules)
    lazy["ours"] = since_first_seen(with_known(lazy["ours"], books, view), books)
    if as_of is not None and as_of < today:
        lazy = as_of_day(lazy, as_of)
    return {name: mirror.stage(f"canonical_{name}", lazy[name]) for name in TABLES}


def _lists(mapping: MappingConfig, view: View) -> Mapping[str, str]:
    """Where the contacts of members are read, also of members without a key; nothing where the CRM has no lists."""
    out = list_target(mapping, view.schema)
    return {} if out is None else {"ours.contact_id": f"{out.object}.{out.fields['contact_id'].field}"}
