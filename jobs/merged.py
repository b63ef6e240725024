"""Accounts that were merged into others: leads we made for them are leads of those they became.

The key of a lead carries its account's id, and a record keeps its key for good. So that a merge makes no duplicate
and forgets no refusal, keys are read as if they named the account that is there now; what is written carries the old.
"""

from collections.abc import Mapping, Set

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from jobs.wiring import Work
from mappings.canonical import LeadKey
from mappings.needs import can_be_ours
from mappings.sources import written

KEY_AS_WRITTEN = "written_key"
"""The column of `ours` that holds the key as the CRM has it."""
_PAIRS = pa.schema([("account_was", pa.string()), ("account_is", pa.string())])


def follow(work: Work) -> None:
    """Ask the CRM what became of accounts of our leads that are not there any more, each once, and remember it.

    One that was out of sight and is there again is asked about anew when it goes: it may be merged then. Pull first:
    what is there is looked up in the mirror.
    """
    object = work.rules.mapping.write.account.object
    known = work.ledger.merged(work.connection, object)
    back = work.mirror.fetch(object, sorted(id for id, into in known.items() if into is None), []).keys()
    if back:
        work.ledger.note_back(work.connection, object, back)
        known = {id: into for id, into in known.items() if id not in back}
    winners = {into for into in known.values() if into is not None}
    asked = sorted((_accounts_of_ours(work) | winners) - known.keys())
    unasked = sorted(set(asked) - work.mirror.fetch(object, asked, []).keys())
    if unasked:
        found = work.crm.merged(object, unasked)
        into = {id: found.get(id) for id in unasked}
        work.ledger.note_merged(work.connection, object, into, work.crm.now())


def _accounts_of_ours(work: Work) -> Set[str]:
    """The accounts in the keys of all records of ours, those that the CRM shows and those that we wrote."""
    keys: set[str] = set()
    for _, record in written(work.rules.mapping):
        if record.object in work.mirror.objects() and can_be_ours(work.schema, record):
            rows = work.mirror.table(record.object)
            rows = rows.filter(rows[record.key.field].notnull()).select(key=record.key.field)
            keys |= set(rows.to_pyarrow()["key"].to_pylist())
    accounts = {key.split("/")[0] for key in keys if LeadKey.parse(key) is not None}
    return accounts | work.ledger.accounts(work.connection)


def as_now_called(ours: ir.Table, names: Mapping[str, str]) -> ir.Table:
    """`ours` with keys that name the account that is there now, and KEY_AS_WRITTEN."""
    ours = ours.mutate(**{KEY_AS_WRITTEN: ours.key})
    if not names:
        return ours
    pairs = [{"account_was": was, "account_is": now} for was, now in sorted(names.items())]
    called = ibis.memtable(pa.Table.from_pylist(pairs, schema=_PAIRS))
    rows = ours.mutate(account_was=ours.key.split("/")[0])
    rows = rows.left_join(called, "account_was")
    rest = rows.key.substr(rows.account_was.length())
    return rows.mutate(key=ibis.coalesce(rows.account_is + rest, rows.key)).select(*ours.columns)
