"""What follows a toss-up, as changes: tasks that tell of it, and taking back what nobody answered."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis import _

from jobs.decide import Decided
from jobs.merged import KEY_AS_WRITTEN
from jobs.past import untouched
from jobs.wiring import Work
from leads.facts.idioms import attach_all, yes
from leads.handover import Handed, Step, lead_of_message, message, message_key, steps
from mappings.canonical import LeadKey
from mappings.changes import Change, FieldChange, Value
from mappings.same import same
from mappings.write import Desired, closing, lead_target, message_task, owner_named

Row = Mapping[str, Any]


def due(work: Work, decided: Decided) -> tuple[Step, ...]:
    """What is to be done about toss-ups today, by key."""
    terms, today = work.rules.mapping.write.handover, decided.found.workings.ground.inputs.today
    told = _told(decided.tables["ours"])
    rows = _handed(decided, today - timedelta(days=terms.tell_days)).order_by("key").to_pyarrow().to_pylist()
    object = lead_target(work.rules.mapping, work.schema).object
    still = untouched(work, object, sorted(row["id"] for row in rows if not row["is_closed"]), ())
    owners = {row["id"]: row["name"] for row in decided.tables["owner"].select("id", "name").to_pyarrow().to_pylist()}
    handed = (_as_handed(row, key, owners, row["id"] in still, told) for row in rows if (key := _key(row)))
    return tuple(steps(handed, terms, today, told))


def messages(work: Work, steps: Sequence[Step]) -> Iterator[Desired]:
    """The tasks that tell somebody, for those steps that nobody was told of yet."""
    mapping, schema = work.rules.mapping, work.schema
    object = lead_target(mapping, schema).object
    for step in steps:
        if not step.told and step.how(mapping.write.handover) == "task":
            url = work.crm.record_url(object, step.handed.record)
            text = message(step, work.rules, mapping.company.language, url)
            yield message_task(step.key, text, _about(step), f"toss-up {step.what}", mapping, schema)


def taken_back(work: Work, decided: Decided, steps: Sequence[Step]) -> Iterator[Change]:
    """Lead records that nobody answered or touched: they go to the pool, or are closed where there is none."""
    object = lead_target(work.rules.mapping, work.schema).object
    back = {step.handed.record: step.handed for step in steps if step.what == "unanswered"}
    keys = {row["id"]: row[KEY_AS_WRITTEN] for row in decided.tables["ours"].to_pyarrow().to_pylist()}
    pooled = _to_the_pool(work, decided)
    last = pooled or closing(work.rules.mapping, object)
    for id, row in sorted(untouched(work, object, sorted(back) if last else (), last).items()):
        fields = (FieldChange(name=name, old=row.get(name), new=new) for name, new in sorted(last.items()))
        changed = tuple(field for field in fields if not same(field.old, field.new))
        if changed:
            yield Change(
                object=object,
                action="update" if pooled else "close",
                id=id,
                key=keys[id],
                key_field=None,
                fields=changed,
                why="toss-up unanswered",
            )


def _handed(decided: Decided, since: date) -> ir.Table:
    """Lead records that are open or were decided lately, with their account, its owner, their holder and product."""
    ours = decided.tables["ours"]
    rows = ours.filter(
        (ours.kind == "lead") & (~yes(ours.is_closed) | (ours.outcome.notnull() & ~yes(ours.decided_on < since)))
    )
    rows = rows.mutate(part=_.key.split("/")).mutate(account_id=_.part[0], product=_.part[2]).drop("part")
    accounts = decided.tables["account"].select(account_id="id", account_name="name", account_owner="owner_id")
    holders = decided.tables["owner"].select(owner_id="id", holder_name="name", holder_kind="kind")
    products = decided.found.workings.ground.products.select("product", "product_name")
    joined = attach_all(rows, (accounts, ("account_id",)), (holders, ("owner_id",)), (products, ("product",)))
    return joined.filter(joined.account_name.notnull())


def _key(row: Row) -> LeadKey | None:
    return LeadKey.parse(row["key"])


def _told(ours: ir.Table) -> dict[str, date | None]:
    """The messages that somebody was sent, by key, and when."""
    rows = ours.filter(ours.kind == "task").select("key", "created_on").to_pyarrow().to_pylist()
    return {row["key"]: row["created_on"] for row in rows if lead_of_message(row["key"]) is not None}


def _as_handed(
    row: Row, key: LeadKey, owners: Mapping[str, str], intact: bool, told: Mapping[str, date | None]
) -> Handed:
    csm = owner_named(row["csm"], owners) or row["account_owner"]
    return Handed(
        key=key,
        record=row["id"],
        account_name=row["account_name"],
        product_name=row["product_name"] or key.product,
        csm_id=csm,
        csm_name=row["csm"] or owners.get(csm or ""),
        specialist_id=None if row["holder_kind"] == "queue" else row["owner_id"],
        specialist_name=row["holder_name"],
        handed_on=row["created_on"],
        due_on=row["due_on"],
        outcome=row["outcome"],
        reason=row["reason"],
        decided_on=row["decided_on"],
        is_closed=bool(row["is_closed"]),
        untouched=intact,
        reminded_on=told.get(message_key(key, "overdue")),
    )


def _about(step: Step) -> dict[str, Value]:
    key = step.handed.key
    return {
        "owner_id": step.owner_id,
        "account_id": key.account_id,
        "product": key.product,
        "due": step.due.isoformat(),
        "priority": "mid",
        "play": key.play,
        "motion": "cross_sell",
    }


def _to_the_pool(work: Work, decided: Decided) -> dict[str, Value]:
    """What giving a record to the pool writes; nothing without a pool."""
    target = lead_target(work.rules.mapping, work.schema)
    owners = {row["id"]: row["name"] for row in decided.tables["owner"].select("id", "name").to_pyarrow().to_pylist()}
    pool, field = owner_named(work.rules.mapping.write.handover.pool, owners), target.fields.get("owner_id")
    return {field.field: pool} if pool is not None and field is not None else {}
