"""Since when an answer holds: the day it was first seen, where the CRM only tells when its record was last changed.

Not every record has a day on which it was closed or answered, and the stamp that stands in for it moves with every
edit: an import that touches each record every night would make a refusal last for ever. So the ledger keeps the day
that the CRM told when the answer was first seen, and the earlier one counts. With the ledger lost it is the CRM's.
"""

from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from jobs.past import Books
from jobs.store.answers import Answer, Record

_NOTED = pa.schema([("kind", pa.string()), ("id", pa.string()), ("outcome", pa.string()), ("seen_on", pa.date32())])


def since_first_seen(ours: ir.Table, books: Books) -> ir.Table:
    """`ours` with `decided_on` no later than the day on which the answer it holds was first seen."""
    known = books.ledger.answers(books.connection).known()
    if not known:
        return ours
    rows = [
        {"kind": kind, "id": id, "outcome": one.outcome, "seen_on": one.day}
        for (kind, id), one in sorted(known.items())
    ]
    noted = ibis.memtable(pa.Table.from_pylist(rows, schema=_NOTED))
    joined = ours.left_join(noted, ["kind", "id", "outcome"])
    earlier = ibis.cases((ibis._.seen_on < ibis._.decided_on, ibis._.seen_on), else_=ibis._.decided_on)
    return joined.mutate(decided_on=earlier).select(ours.columns)


def note_answers(books: Books, ours: ir.Table) -> None:
    """Remember the answers that are new, and forget those that were taken back."""
    book = books.ledger.answers(books.connection)
    known, found = book.known(), dict(_answers(ours))
    new = {record: one for record, one in found.items() if _is_news(known, record, one)}
    back = set(_unanswered(ours)) & known.keys()
    if new or back:
        book.note(new, back)


def _answers(ours: ir.Table) -> Iterator[tuple[Record, Answer]]:
    """Those whose day is known."""
    told = ours.filter(ours.outcome.notnull() & ours.decided_on.notnull() & ours.id.notnull())
    for row in told.select("kind", "id", "outcome", "decided_on").to_pyarrow().to_pylist():
        yield (row["kind"], row["id"]), Answer(outcome=row["outcome"], day=row["decided_on"])


def _unanswered(ours: ir.Table) -> Iterator[Record]:
    silent = ours.filter(ours.outcome.isnull() & ours.id.notnull()).select("kind", "id")
    for row in silent.to_pyarrow().to_pylist():
        yield row["kind"], row["id"]


def _is_news(known: Mapping[Record, Answer], record: Record, one: Answer) -> bool:
    before = known.get(record)
    return before is None or before.outcome != one.outcome or one.day < before.day
