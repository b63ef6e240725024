"""What became of our selling: what an account declined or let lie, and which products it does not want."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, days
from leads.facts.ours import SNOOZE_DAYS, records
from leads.facts.touches import latest, oldest, or_none
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

NO_PRODUCT = "-"
"""What a lead's key says where its play names no product."""


def answered(inputs: Inputs, leads: ir.Table) -> ir.Table:
    """Our selling leads up to today, one row a key: the columns of `leads`, touched, first_record, declined_on, ...

    Touched: a person said something about it, or changed it. A lead of two records (a task and a lead record)
    was declined if either says so: declined_record with declined_on, the day it was written, and refused_on, the day
    of that answer (where the CRM does not tell, the day it was written). `leads` is `all` of leads.facts.ours.
    """
    rows = records(inputs)
    said = rows.group_by("key").aggregate(
        touched=(_.outcome.notnull() | _.touched.notnull()).any(),
        first_record=oldest(_.created_on, _.id),
        declined_record=_.id.min(where=_.outcome == "declined"),
    )
    refused_on = ibis.coalesce(_.decided_on, _.created_on)
    dated = rows.select(declined_record="id", declined_on="created_on", refused_on=refused_on)
    saves = [name for name, play in inputs.rules.plays.items() if not play.selling]
    selling = leads.filter(_.play.notin(saves)) if saves else leads
    ours = selling.filter(_.written_on.isnull() | (_.written_on <= inputs.day(0)))
    return attach(attach(ours, said, "key"), dated, "declined_record")


def refused(inputs: Inputs, answered: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account. Columns: see DECLINED; zeros where people do answer, but this account has not declined."""
    recent = answered.filter(_.written_on >= inputs.day(int(numbers["days"])))
    lies = _.is_open & ~_.touched & (_.written_on <= inputs.day(int(numbers["ignored_days"])))
    waited = lies | _.expired_on.notnull()
    lately = answered.filter(_.refused_on >= inputs.day(int(numbers["days"])))
    declined = lately.group_by("account_id").aggregate(declined_n=_.declined_record.count())
    ignored = latest(
        recent.filter(waited), "account_id", on="written_on", day="ignored_on", record="ignored_record",
        id="first_record", ignored_n=_.count(),
    )  # fmt: skip
    last = _declined(inputs, answered, "account_id")
    every, on = inputs.tables["account"].select(account_id="id"), ("account_id",)
    rows = attach_all(every, (declined, on), (ignored, on), (last, on)).mutate(
        declined_n=or_none(inputs, _.declined_n, "ours.outcome"),
        ignored_n=or_none(inputs, _.ignored_n, "ours.created_on"),
    )
    known = _.declined_n.notnull() | _.ignored_n.notnull()
    both = ibis.coalesce(_.declined_n, 0) + ibis.coalesce(_.ignored_n, 0)
    return rows.mutate(refusals=ibis.cases((known, both)))


def remembered(inputs: Inputs, answered: ir.Table, leads: ir.Table) -> ir.Table:
    """One row an account and product it ever declined or put off, with the facts of DECLINED_OFFER.

    Where a play names no product, one row a play: `memory` is the play there, and NO_PRODUCT in all other rows.
    `leads` is `all` of leads.facts.ours: help that was put off is put off like an offer.
    """
    on = ("account_id", "product", "memory")
    rows = answered.mutate(memory=memory(answered["product"], answered.play))
    last = _declined(inputs, rows, *on, product_declined_n=_.count())
    names = {f"product_{name}": name for name in ("declined_on", "declined_days", "declined_record")}
    asleep = leads.filter(_.snoozed_until.notnull()).mutate(memory=memory(leads["product"], leads.play))
    asleep = asleep.group_by(on).aggregate(product_snoozed_until=_.snoozed_until.max())
    every = ibis.union(last.select(*on), asleep.select(*on), distinct=True)
    return attach_all(every, (last.rename(**names), on), (asleep, on))


def memory(product: ir.StringValue, play: ir.StringValue) -> ir.StringValue:
    """What a refusal of a lead of this play that sells this product is remembered by beside the product."""
    return ibis.ifelse(product == NO_PRODUCT, play, NO_PRODUCT)


def refused_candidates(ground: "Ground", leads: ir.Table) -> ir.Table:
    """`remembered`, of all accounts, to be held to candidates: account_id, product, memory and the facts.

    `leads` is `all` of leads.facts.ours with the product that each of them sells.
    """
    said = answered(ground.inputs, leads)
    return ground.inputs.stage("refused_candidates", remembered(ground.inputs, said, leads))


def _declined(inputs: Inputs, answered: ir.Table, *by: str, **sums: ir.Value) -> ir.Table:
    """One row a group: declined_record of the last refusal, declined_on (written), declined_days (since then)."""
    said = answered.filter(_.declined_record.notnull()).mutate(record=_.declined_record)
    last = latest(said, *by, on="refused_on", day="refused", record="declined_record", id="record", **sums)
    dated = inputs.tables["ours"].select(declined_record="id", declined_on="created_on")
    told = attach(last, dated, "declined_record")
    return told.mutate(declined_days=days(inputs.day(0), _.refused)).drop("refused")


def _table(ground: "Ground") -> ir.Table:
    return refused(ground.inputs, _answered(ground), ground.numbers("declined"))


def _offer(ground: "Ground") -> ir.Table:
    rows = remembered(ground.inputs, _answered(ground), ground.ours.all)
    return rows.filter(_["product"] != NO_PRODUCT).drop("memory")


def _answered(ground: "Ground") -> ir.Table:
    return answered(ground.inputs, ground.ours.all)


_SAID = ("ours.outcome",)
DECLINED = Family(
    name="declined",
    grain="account",
    numbers={"days": 365, "ignored_days": 45},
    facts={
        "declined_n": Fact(
            kind="integer",
            unit="times",
            doc="leads of selling plays that were declined at most days (365) days ago; where nobody knows the day, "
            "that were written then",
            needs=_SAID,
        ),
        "ignored_n": Fact(
            kind="integer",
            unit="times",
            doc="leads of selling plays, written at most days (365) days ago, that nobody answered or changed: still "
            "open ignored_days (45) after they were written, or closed by Tossup expire_days after they were due",
            needs=("ours.created_on",),
        ),
        "ignored_on": Fact(
            kind="date",
            unit="date",
            doc="day the last of those leads was written",
            needs=("ours.created_on",),
            record="ignored_record",
            field="ours.created_on",
        ),
        "refusals": Fact(kind="integer", unit="times", doc="declined_n + ignored_n, of those that are known"),
        "declined_on": Fact(
            kind="date",
            unit="date",
            doc="day the lead of a selling play that was declined last was written, however long ago",
            needs=_SAID,
            record="declined_record",
            field="ours.created_on",
        ),
        "declined_days": Fact(
            kind="integer",
            unit="days",
            doc="days since that lead was declined (ours.decided_on); where nobody knows the day, since it was "
            "written",
            needs=_SAID,
        ),
    },
    table=_table,
)
DECLINED_OFFER = Family(
    name="declined_offer",
    grain="offer",
    numbers={"snooze_days": SNOOZE_DAYS},
    facts={
        "product_declined_n": Fact(
            kind="integer",
            unit="times",
            doc="leads for this product that were declined, however long ago; missing: none. Gates read the leads of "
            "the same play instead where a candidate names no product",
            needs=_SAID,
        ),
        "product_declined_on": Fact(
            kind="date",
            unit="date",
            doc="day the lead for this product that was declined last was written",
            needs=_SAID,
            record="product_declined_record",
            field="ours.created_on",
        ),
        "product_declined_days": Fact(
            kind="integer",
            unit="days",
            doc="days since that lead was declined (ours.decided_on); where nobody knows the day, since it was "
            "written",
            needs=_SAID,
        ),
        "product_snoozed_until": Fact(
            kind="date",
            unit="date",
            doc="until when people want to hear nothing of this product: the day they gave or put a task off to, "
            "else snooze_days (30) after they said so; missing: nobody did. Gates read the leads of the same "
            "play instead where a candidate names no product",
            needs=_SAID,
        ),
    },
    table=_offer,
)
