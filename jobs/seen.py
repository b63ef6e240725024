"""With the ledger lost: what of ours the CRM shows, remembered before anything is written.

A ledger that never saw a write, on a connection where records carry our keys, was lost (or is another machine's).
What people take away then leaves no trace: a task that one of them deletes would be made again, a field that one of
them clears would be filled again. So what is there is noted as long as nothing was written: as the mirror had it
before this pull, as it has it afterwards, and what lies in the CRM's recycle bin.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import ibis
import ibis.expr.types as ir

from jobs.store.mirror import Mirror
from jobs.store.seen import Seen
from jobs.wiring import Work
from mappings.config import MappingConfig
from mappings.write import computed_at_field, list_target

_SLICE = 5_000
_KEY = re.compile(r"[^\0]{1,255}")
"""What the ledger has room for, and PostgreSQL takes."""


def note_seen(work: Work, *, binned: bool = False) -> None:
    """Note what is ours as the mirror has it, and with `binned` what the CRM's recycle bin holds.

    Does nothing once the ledger saw a write on this connection: from then on it knows.
    """
    if work.ledger.has_written(work.connection):
        return
    book, now = work.ledger.seen(work.connection), work.crm.now()
    for object, key in sorted(_keyed(work)):
        book.note(object, _noted(_with_keys(work.mirror, object, key)), now)
        if binned:
            book.note(object, _noted(work.crm.binned(object, key).items()), now)
    account = work.rules.mapping.write.account
    book.note(account.object, _accounts(work.mirror, work.rules.mapping), now)


def _keyed(work: Work) -> Iterator[tuple[str, str]]:
    """Each object whose records carry our keys, with the field of the key."""
    write = work.rules.mapping.write
    members = list_target(work.rules.mapping, work.schema)
    keys = [(one.object, one.key) for one in (write.task, *write.lead)]
    keys += [(members.object, members.key)] if members is not None and members.key is not None else []
    for object, key in keys:
        schema = work.schema.objects.get(object)
        if schema is not None and key.field in schema.fields:
            yield object, key.field


def _noted(found: Iterable[tuple[str, str]]) -> Iterator[Seen]:
    """Each as (key, id); what people wrote into the field of the key may be no key at all."""
    return (Seen(id=id, key=key) for key, id in found if _KEY.fullmatch(key))


def _with_keys(mirror: Mirror, object: str, key: str) -> Iterator[tuple[str, str]]:
    if object not in mirror.objects() or key not in mirror.fields(object):
        return
    table = mirror.table(object)
    rows = table.select(id=table[mirror.id_column(object)], key=table[key])
    for row in _each(rows.filter(rows.key.notnull())):
        yield row["key"], row["id"]


def _accounts(mirror: Mirror, mapping: MappingConfig) -> Iterator[Seen]:
    """The accounts that hold something in a field for our values, with the names of those fields."""
    out = mapping.write.account
    if out.object not in mirror.objects():
        return
    table, there = mirror.table(out.object), set(mirror.fields(out.object))
    names = sorted({one.field for one in out.fields.values()} & there - {computed_at_field(mapping)})
    if not names:
        return
    filled = {name: (table[name].cast("string").nullif("")).notnull() for name in names}
    rows = table.select(id=table[mirror.id_column(out.object)], **filled)
    for row in _each(rows.filter(ibis.or_(*(rows[name] for name in names)))):
        yield Seen(id=row.pop("id"), fields=frozenset(name for name, full in row.items() if full))


def _each(rows: ir.Table) -> Iterator[dict[str, Any]]:
    for batch in rows.to_pyarrow().to_batches(max_chunksize=_SLICE):
        yield from batch.to_pylist()
