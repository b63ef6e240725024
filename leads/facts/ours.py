"""What Tossup has already put into the CRM: leads still open, leads a person decided, who was approached when."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import NO, attach, yes
from leads.inputs import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Our leads by key (`all`), and those still open, at most one an account, play and product (`open`)."""

    all: ir.Table
    open: ir.Table


def records(inputs: Inputs) -> ir.Table:
    """Our records as today knows them: what was decided on a later day is open and unanswered."""
    later = yes(_.decided_on > inputs.day(0))
    return inputs.tables["ours"].mutate(
        is_closed=later.ifelse(NO, _.is_closed), outcome=later.ifelse(ibis.null("string"), _.outcome)
    )


def ours(inputs: Inputs) -> Ours:
    """Our tasks and lead records by key: a lead is open while any of its records is.

    Columns of `all`: key, account_id, play, product, cycle, is_open, written_on, holder (who holds the task),
    approached (the contact of the task, or who was put on a list), outcome (what a person decided).
    """
    rows = records(inputs).mutate(part=_.key.split("/"))
    rows = rows.filter(_.part.length() == 4)
    rows = rows.select(
        "id", "key", "kind", "contact_id", "owner_id", "created_on", "outcome",
        account_id=_.part[0], play=_.part[1], product=_.part[2], cycle=_.part[3], is_open=~yes(_.is_closed),
    )  # fmt: skip
    people = inputs.tables["activity"].group_by("id").aggregate(task_contact=_.contact_id.min())
    rows = attach(rows, people, "id").mutate(is_task=_.kind == "task")
    contact = ibis.cases((_.is_task, _.task_contact), (_.kind == "member", _.contact_id))
    by_key = rows.group_by("key", "account_id", "play", "product", "cycle").aggregate(
        is_open=_.is_open.any(),
        written_on=_.created_on.min(),
        holder=_.owner_id.min(where=_.is_task),
        approached=contact.min(),
        outcome=_.outcome.min(),
    )
    every = inputs.stage("our_leads", by_key)
    still = every.filter(_.is_open)
    latest = still.group_by("account_id", "play", "product").aggregate(key=_.key.max())
    latest = attach(latest, still.select("key", "cycle", "written_on", "approached"), "key")
    open = inputs.stage("our_open_leads", latest.rename(our_key="key", our_cycle="cycle", our_day="written_on"))
    return Ours(all=every, open=open)


def approaches(inputs: Inputs, ours: Ours) -> ir.Table:
    """Our selling approaches up to yesterday, or decided today: account_id, approached (contact), sold_on.

    What was written today and is still open is this very run's own work, seen again.
    """
    saves = [name for name, play in inputs.rules.plays.items() if not play.selling]
    sold_on = ibis.coalesce(_.written_on, inputs.day(0))
    selling = ours.all.filter(_.play.notin(saves)) if saves else ours.all
    dated = selling.mutate(sold_on=sold_on)
    return dated.filter((_.sold_on < inputs.day(0)) | ~_.is_open).select("account_id", "approached", "sold_on")
