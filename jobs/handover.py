"""What follows a toss-up, as changes: tasks that tell of it, and taking back what nobody answered."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis import _

from jobs.decide import Decided
from jobs.merged import KEY_AS_WRITTEN
from jobs.past import held, untouched
from jobs.wiring import Work
from leads.facts.idioms import attach_all, yes
from leads.handover import Handed, Step, lead_of_message, message, message_key, noted, steps
from leads.notes import same_note
from leads.replies import reply
from mappings.canonical import LeadKey
from mappings.changes import Change, FieldChange, Value
from mappings.same import same
from mappings.write import Desired, closing, lead_target, message_task, note_field, owner_named

Row = Mapping[str, Any]


def due(work: Work, decided: Decided) -> tuple[Step, ...]:
    """What is to be done about toss-ups today, by key."""
    terms, today = work.rules.mapping.write.handover, decided.found.workings.ground.inputs.today
    told = _told(decided.tables["ours"])
    handed = _handed(decided, today - timedelta(days=terms.tell_days)).order_by("key").to_pyarrow().to_pylist()
    rows = [row for row in handed if _key(row) is not None]  # people can write anything into that field
    object = lead_target(work.rules.mapping, work.schema).object
    still = untouched(work, object, sorted(row["id"] for row in rows if not row["is_closed"]), ())
    owners = _Owners.of(decided)
    products = _products(work, decided, object, rows)
    each = (_as_handed(row, products, key, owners, row["id"] in still, told) for row in rows if (key := _key(row)))
    pool = next((owners.names.get(str(name)) for name in _to_the_pool(work, owners.names).values()), None)
    return tuple(steps(each, terms, today, told, pool))


def messages(work: Work, steps: Sequence[Step], own: Mapping[LeadKey, "Own"]) -> Iterator[Desired]:
    """The tasks that tell somebody; where the CSM has no open task of this lead to carry a note, a task does."""
    mapping, schema = work.rules.mapping, work.schema
    answer = reply(lead_target(mapping, schema), schema) if steps else None
    for step in steps:
        how = step.how(mapping.write.handover)
        if not step.told and (how == "task" or (how == "note" and not _carried(work, step, own))):
            url = work.crm.record_url(lead_target(mapping, schema).object, step.handed.record)
            text = message(step, work.rules, mapping.company.language, url, answer)
            yield message_task(step.key, text, _about(step), f"toss-up {step.what}", mapping, schema)


def notes(work: Work, steps: Sequence[Step], own: Mapping[LeadKey, "Own"]) -> Iterator[Change]:
    """The notes on CSMs' own open tasks; a task that carries a note already keeps it."""
    terms, task = work.rules.mapping.write.handover, work.rules.mapping.write.task.object
    for step in steps:
        theirs = own.get(step.handed.own_key)
        if step.how(terms) == "note" and theirs is not None and theirs.is_open and theirs.field and not theirs.note:
            told = FieldChange(name=theirs.field, old=theirs.note, new=_note(work, step))
            yield _change(task, theirs.id, theirs.written_key, (told,), step)


def taken_back(
    work: Work, steps: Sequence[Step], keys: Mapping[str, str], pool: Mapping[str, Value]
) -> Iterator[Change]:
    """Lead records that nobody answered or touched: they go to the pool, or are closed where there is none.

    `keys` are the keys of records as they were written, `pool` what giving a record to the pool writes.
    """
    object = lead_target(work.rules.mapping, work.schema).object
    back = {step.handed.record: step for step in steps if step.what == "unanswered"}
    last, note = pool or closing(work.rules.mapping, object), note_field(work.rules.mapping, object)
    for id, row in sorted(untouched(work, object, sorted(back) if last else (), [*last, note or ""]).items()):
        if not all(same(row.get(name), value) for name, value in last.items()):
            wanted = dict(last)
            if note is not None and note in row:
                wanted[note] = _note(work, back[id])
            fields = tuple(FieldChange(name=n, old=row.get(n), new=new) for n, new in sorted(wanted.items()))
            yield _change(object, id, keys[id], fields, back[id], closes=not pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The CSM's own task of a toss-up, and the note that it carries."""

    id: str
    written_key: str
    is_open: bool
    field: str | None
    note: str | None


def follow_up(
    work: Work, decided: Decided, steps: Sequence[Step], busy: Collection[str | None]
) -> tuple[list[Desired], list[Change]]:
    """Everything that follows toss-ups today: tasks to make, and changes of records that are not `busy` otherwise."""
    own = _own(work, decided, {step.handed.own_key for step in steps})
    keys = (
        {row["id"]: row[KEY_AS_WRITTEN] for row in decided.tables["ours"].to_pyarrow().to_pylist()} if steps else {}
    )
    back = taken_back(work, steps, keys, _to_the_pool(work, _Owners.of(decided).names))
    changes = [one for one in (*notes(work, steps, own), *back) if one.id not in busy]
    return list(messages(work, steps, own)), changes


def _own(work: Work, decided: Decided, wanted: Collection[LeadKey]) -> dict[LeadKey, Own]:
    task = work.rules.mapping.write.task.object
    field = note_field(work.rules.mapping, task)
    field = field if field in work.mirror.fields(task) else None
    rows = decided.tables["ours"].filter(_.kind == "task").to_pyarrow().to_pylist() if wanted else []
    here = {key: row for row in rows if (key := _written(row)) in wanted and key is not None}
    seen = held(work, task, sorted(row["id"] for row in here.values()), [field]) if field is not None else {}
    return {
        key: Own(
            id=row["id"],
            written_key=row[KEY_AS_WRITTEN],
            is_open=not row["is_closed"],
            field=field,
            note=str(seen.get(row["id"], {}).get(field or "") or "") or None,
        )
        for key, row in here.items()
    }


def _carried(work: Work, step: Step, own: Mapping[LeadKey, Own]) -> bool:
    """Whether a note tells it, or will: on an open task, or on one that was closed since."""
    theirs = own.get(step.handed.own_key)
    if theirs is None or theirs.field is None:
        return False
    return theirs.is_open or same_note(theirs.note or "", _note(work, step))


def _note(work: Work, step: Step) -> str:
    today = step.due - timedelta(days=work.rules.mapping.write.handover.answer_days)
    return noted(step, work.rules, work.rules.mapping.company.language, today)


def _change(
    object: str, id: str, key: str, fields: tuple[FieldChange, ...], step: Step, *, closes: bool = False
) -> Change:
    return Change(
        object=object,
        action="close" if closes else "update",
        id=id,
        key=key,
        key_field=None,
        fields=fields,
        why=f"toss-up {step.what}",
    )


def _handed(decided: Decided, since: date) -> ir.Table:
    """Lead records that are open or were decided lately, with their account, its owner and their holder."""
    ours = decided.tables["ours"]
    rows = ours.filter(
        (ours.kind == "lead") & (~yes(ours.is_closed) | (ours.outcome.notnull() & ~yes(ours.decided_on < since)))
    )
    rows = rows.mutate(account_id=_.key.split("/")[0])
    accounts = decided.tables["account"].select(account_id="id", account_name="name", account_owner="owner_id")
    holders = decided.tables["owner"].select(owner_id="id", holder_name="name", holder_kind="kind")
    joined = attach_all(rows, (accounts, ("account_id",)), (holders, ("owner_id",)))
    return joined.filter(joined.account_name.notnull())


def _products(work: Work, decided: Decided, object: str, rows: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Code and name of the product that each record hands over: what it holds says so, and else its key."""
    out = lead_target(work.rules.mapping, work.schema).fields.get("product")
    there = held(work, object, sorted(row["id"] for row in rows), [out.field]) if out is not None else {}
    codes = {str(spelled): code for code, spelled in ((out.values if out is not None else None) or {}).items()}
    products = decided.found.workings.ground.products.select("product", "product_name").to_pyarrow().to_pylist()
    named = {one["product"]: one["product_name"] for one in products}
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        written = str(there.get(row["id"], {}).get(out.field) or "") if out is not None else ""
        product = codes.get(written, written) or row["key"].split("/")[2]
        found[row["id"]] = product, named.get(product) or product
    return found


def _key(row: Row) -> LeadKey | None:
    return LeadKey.parse(row["key"])


def _written(row: Row) -> LeadKey | None:
    return LeadKey.parse(row[KEY_AS_WRITTEN])


def _told(ours: ir.Table) -> dict[str, date | None]:
    """The messages that somebody was sent, by key as it was written, and when."""
    rows = ours.filter(ours.kind == "task").select(KEY_AS_WRITTEN, "created_on").to_pyarrow().to_pylist()
    told = ((row[KEY_AS_WRITTEN], row["created_on"]) for row in rows)
    return {key: day for key, day in told if lead_of_message(key) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owners:
    """What owners are called, and who of them has left: the CRM gives them nothing more."""

    names: Mapping[str, str]
    left: frozenset[str]

    @classmethod
    def of(cls, decided: Decided) -> "_Owners":
        rows = decided.tables["owner"].select("id", "name", "is_active").to_pyarrow().to_pylist()
        left = frozenset(row["id"] for row in rows if row["is_active"] is False)
        return cls(names={row["id"]: row["name"] for row in rows}, left=left)

    def still_here(self, id: str | None) -> str | None:
        """Who can be told something."""
        return None if id in self.left else id


def _as_handed(
    row: Row,
    products: Mapping[str, tuple[str, str]],
    key: LeadKey,
    owners: "_Owners",
    intact: bool,
    told: Mapping[str, date | None],
) -> Handed:
    csm = owners.still_here(owner_named(row["csm"], owners.names)) or owners.still_here(row["account_owner"])
    product, called = products[row["id"]]
    written = _written(row) or key
    return Handed(
        key=key,
        record=row["id"],
        account_name=row["account_name"],
        product=product,
        product_name=called,
        csm_id=csm,
        csm_name=row["csm"] or owners.names.get(csm or ""),
        specialist_id=None if row["holder_kind"] == "queue" else owners.still_here(row["owner_id"]),
        specialist_name=row["holder_name"],
        handed_on=row["created_on"],
        due_on=row["due_on"],
        outcome=row["outcome"],
        reason=row["reason"],
        decided_on=row["decided_on"],
        is_closed=bool(row["is_closed"]),
        untouched=intact,
        reminded_on=told.get(message_key(written, "overdue")),
        written=written,
    )


def _about(step: Step) -> dict[str, Value]:
    key = step.handed.key
    return {
        "owner_id": step.owner_id,
        "account_id": key.account_id,
        "product": step.handed.product,
        "due": step.due.isoformat(),
        "priority": "mid",
        "play": key.play,
        "motion": "cross_sell",
    }


def _to_the_pool(work: Work, owners: Mapping[str, str]) -> dict[str, Value]:
    """What giving a record to the pool writes; nothing without a pool."""
    target = lead_target(work.rules.mapping, work.schema)
    pool, field = owner_named(work.rules.mapping.write.handover.pool, owners), target.fields.get("owner_id")
    return {field.field: pool} if pool is not None and field is not None else {}
