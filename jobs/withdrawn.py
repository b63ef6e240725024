"""What Tossup closed itself though its ledger does not know: the note with which it closed a record tells it.

The ledger may be lost, or another machine's. A record that holds what closing writes, our note of why, and no answer
of a person was decided by nobody.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from jobs.past import Books, held
from leads.handover import is_taken_back
from leads.notes import What, is_a
from leads.phrases import Phrases
from mappings.config import RecordOut, Rules
from mappings.same import same
from mappings.write import closing, said_fields

_CLOSING: tuple[What, ...] = ("closed", "expired")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SOME = 5_000
"""Records that are looked at once: with the ledger lost they are all that were ever closed."""


def by_note(books: Books, known: Collection[tuple[str, str]]) -> Iterator[tuple[str, str, date]]:
    """Object, key and day of every such record whose object and key are not `known` to the ledger."""
    mapping = books.rules.mapping
    for record in (mapping.write.task, *mapping.write.lead):
        keys = [key for object, key in known if object == record.object]
        for some in _noted(books, record, keys):
            days = {row["id"]: day for row in some if (day := closed_on(row["note"], books.rules)) is not None}
            nobodys = silent(books, record.object, sorted(days)) if days else set()
            yield from ((record.object, row["key"], days[row["id"]]) for row in some if row["id"] in nobodys)


def closed_on(note: str, rules: Rules) -> date | None:
    """The day on which we closed a record with this note, in whatever language; None for any other text."""
    spoken = [Phrases(texts, language) for language, texts in rules.texts.items()]
    ours = any(is_taken_back(note, one) or any(is_a(what, note, one) for what in _CLOSING) for one in spoken)
    found = _DAY.search(note) if ours else None
    try:
        return date.fromisoformat(found.group()) if found is not None else None
    except ValueError:
        return None


def silent(books: Books, object: str, ids: list[str]) -> set[str]:
    """Those that hold what we close such records with, and no answer."""
    last, said = closing(books.rules.mapping, object), said_fields(books.rules.mapping, object)
    rows = held(books, object, ids, {*last, *said})
    return {
        id
        for id, row in rows.items()
        if not any(row.get(name) for name in said) and all(same(row.get(name), value) for name, value in last.items())
    }


def _noted(books: Books, record: RecordOut, known: list[str]) -> Iterator[list[dict[str, str]]]:
    """Id, key and note of the records that carry both and are not known, some at a time."""
    mirror, note = books.mirror, record.fields.get("note")
    if note is None or not record.close or record.object not in mirror.objects():
        return
    if not {note.field, record.key.field, *record.close} <= set(mirror.fields(record.object)):
        return
    ledger = ibis.memtable(pa.table({"key": pa.array(known, pa.string())}))
    rows = _as_rows(books, record, note.field).anti_join(ledger, "key")
    for batch in rows.to_pyarrow().to_batches(max_chunksize=_SOME):
        yield batch.to_pylist()


def _as_rows(books: Books, record: RecordOut, note: str) -> ir.Table:
    table = books.mirror.table(record.object)
    rows = table.select(
        id=table[books.mirror.id_column(record.object)], key=table[record.key.field], note=table[note]
    )
    return rows.filter(rows.key.notnull() & rows.note.notnull() & (rows.note != ""))
