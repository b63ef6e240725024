"""With the ledger lost: what of ours the CRM shows, remembered before anything is written.

A ledger that never saw a write, on a connection where records are ours by their key or by the moment of our writing,
was lost (or is another machine's). What people take away then leaves no trace: a task that one of them deletes would
be made again, a field that one of them clears would be filled again. So what is there is noted as long as nothing was
written: as the mirror had it before this pull, as it has it afterwards, and what lies in the CRM's recycle bin.
"""

import re
from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.types as ir

from jobs.store.mirror import Mirror
from jobs.store.seen import Seen
from jobs.wiring import Work
from mappings.config import ListOut, MappingConfig, RecordOut
from mappings.write import computed_at_field, list_target

_SLICE = 5_000
_KEY = re.compile(r"[^\0]{1,255}")
"""What may be a key of ours: people can write anything into its field, and PostgreSQL keeps no zero byte."""


def note_seen(work: Work, *, binned: bool = False) -> None:
    """Note what is ours as the mirror has it, and with `binned` what the CRM's recycle bin holds.

    Does nothing once the ledger saw a write on this connection: from then on it knows.
    """
    if work.ledger.has_written(work.connection):
        return
    book, now = work.ledger.seen(work.connection), work.crm.now()
    for out in _written(work):
        found = [*_with_keys(work.mirror, out), *(_binned(work, out) if binned else ())]
        kept = (one for one in found if _KEY.fullmatch(str(one.key)))
        book.note(out.object, kept, now)
    account = work.rules.mapping.write.account
    book.note(account.object, _accounts(work.mirror, work.rules.mapping), now)


def _written(work: Work) -> Iterator[RecordOut | ListOut]:
    """How records with a key of ours are written, as far as their objects can be seen."""
    write, members = work.rules.mapping.write, list_target(work.rules.mapping, work.schema)
    known: list[RecordOut | ListOut] = [write.task, *write.lead]
    for out in known if members is None else [*known, members]:
        schema = work.schema.objects.get(out.object)
        if schema is not None and out.key is not None and out.key.field in schema.fields:
            yield out


def _binned(work: Work, out: RecordOut | ListOut) -> Iterator[Seen]:
    if out.key is not None:
        for one in work.crm.binned(out.object, out.key.field):
            yield Seen(id=one.id, key=one.key, at=one.created)


def _with_keys(mirror: Mirror, out: RecordOut | ListOut) -> Iterator[Seen]:
    there = mirror.fields(out.object)
    if out.key is None or out.key.field not in there:
        return
    table, made = mirror.table(out.object), out.read.created_on
    created = table[made.field] if made is not None and made.field in there else None
    rows = table.select(
        id=table[mirror.id_column(out.object)],
        key=table[out.key.field].cast("string"),
        at=ibis.null("timestamp('UTC', 3)") if created is None else created.cast("timestamp('UTC', 3)"),
    )
    for row in _each(rows.filter(rows.key.notnull())):
        yield Seen(**row)


def _accounts(mirror: Mirror, mapping: MappingConfig) -> Iterator[Seen]:
    """Accounts that bear the moment of our writing, with those of our fields that hold something."""
    out, stamp = mapping.write.account, computed_at_field(mapping)
    there = set(mirror.fields(out.object))
    names = sorted({one.field for one in out.fields.values()} & there - {stamp})
    if stamp not in there or not names:
        return
    table = mirror.table(out.object)
    filled = {name: table[name].cast("string").strip().nullif("").notnull() for name in names}
    rows = table.filter(table[stamp].notnull()).select(id=table[mirror.id_column(out.object)], **filled)
    for row in _each(rows.filter(ibis.or_(*(rows[name] for name in names)))):
        yield Seen(id=row.pop("id"), fields=frozenset(name for name, full in row.items() if full))


def _each(rows: ir.Table) -> Iterator[dict[str, Any]]:
    for batch in rows.to_pyarrow().to_batches(max_chunksize=_SLICE):
        yield from batch.to_pylist()
