"""What is going on at an account: deals, tasks, the last contact and the last approach."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, days, yes
from leads.facts.ours import records
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module
    from leads.facts.ground import Ground

MEETING_DAYS = 90
"""The window of meetings_90."""
NO_DAY = "9999-12-31"
"""Sorts what has no day behind everything that has one."""
SILENT = ("declined", "returned", "snoozed")
"""Answers to a task of ours that can be given without having talked to the account."""
LEAD_PARTS = 4
"""The parts of a lead's key; the key of a message about a lead has one more."""


def latest(rows: ir.Table, *by: str, on: str, day: str, record: str, id: str = "id", **sums: ir.Value) -> ir.Table:
    """One row a group: `day` (the largest `on`), `record` (the smallest `id` of that day), and further aggregates.

    Reads the rows twice and sorts nothing; `idioms.best` reads them three times, for those who need whole rows.
    """
    last = rows.group_by(by).aggregate(**{day: rows[on].max()}, **sums)
    return _with_record(rows, last, by, (on, day), (id, record))


def earliest(rows: ir.Table, *by: str, on: str, day: str, record: str, id: str = "id") -> ir.Table:
    """One row a group: `day` (the smallest `on`) and `record` (the smallest `id` of that day)."""
    first = rows.group_by(by).aggregate(**{day: rows[on].min()})
    return _with_record(rows, first, by, (on, day), (id, record))


def _with_record(
    rows: ir.Table, dated: ir.Table, by: tuple[str, ...], day: tuple[str, str], record: tuple[str, str]
) -> ir.Table:
    (on, name), (id, told) = day, record
    tied = rows.select(*by, tied_id=id, **{name: on}).semi_join(dated, [*by, name])
    return attach(dated, tied.group_by(by).aggregate(**{told: _.tied_id.min()}), *by)


def oldest(on: ir.DateValue, id: ir.StringValue, where: ir.BooleanValue | None = None) -> ir.StringValue:
    """The id of the row with the smallest `on`, the smallest id among equals; a row without a day comes last."""
    return (ibis.coalesce(on.cast("string"), NO_DAY) + id).min(where=where).substr(len(NO_DAY))


def or_none(inputs: Inputs, count: ir.IntegerValue, need: str) -> ir.IntegerValue:
    """The count; 0 where the CRM keeps such records but none of the account, NULL where it keeps none at all."""
    return ibis.coalesce(count, 0) if need in inputs.filled else count


def decisions(inputs: Inputs) -> ir.Table:
    """One row an account that ever bought: its last won deal and its first purchase, with days since and records."""
    deals = inputs.tables["opportunity"].filter(yes(_.is_won) & (_.closes_on <= inputs.day(0)))
    last = latest(deals, "account_id", on="closes_on", day="won_on", record="won_record")
    lines = inputs.tables["purchase"].filter(_.bought_on <= inputs.day(0))
    buyers = earliest(lines, "account_id", on="bought_on", day="first_bought_on", record="first_purchase_record")
    who = ibis.union(last.select("account_id"), buyers.select("account_id"), distinct=True)
    rows = attach(attach(who, last, "account_id"), buyers, "account_id")
    return rows.mutate(
        won_days=days(inputs.day(0), _.won_on), first_bought_days=days(inputs.day(0), _.first_bought_on)
    )


def open_deals(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """account_id, product -> deal_record of an open deal; product `?` where the CRM names none."""
    deals = attach(inputs.tables["opportunity"].filter(~yes(_.is_closed)), codes, "product_id")
    deals = deals.mutate(product=ibis.coalesce(_.product, "?"))
    return inputs.stage("open_deals", deals.group_by("account_id", "product").aggregate(deal_record=_.id.min()))


def open_tasks(inputs: Inputs) -> ir.Table:
    """Open tasks that are not ours: account_id, task_record, task_subject in lower case."""
    tasks = inputs.tables["activity"].filter((_.kind == "task") & ~yes(_.is_closed) & _.subject.notnull())
    theirs = tasks.anti_join(inputs.tables["ours"], "id")
    return theirs.select("account_id", task_record="id", task_subject=_.subject.lower())


def _happened(inputs: Inputs) -> ir.Table:
    past = inputs.tables["activity"].filter(
        (_.on <= inputs.day(0)) & ((_.kind != "task") | yes(_.is_closed)) & _.account_id.notnull()
    )
    # the CRM numbers calls and tasks apart, so an id alone may be that of another kind
    tasks = records(inputs).filter(_.kind == "task")
    return past.anti_join(tasks.filter(~_worked(tasks)).select("id", "kind"), ["id", "kind"])


def _worked(tasks: ir.Table) -> ir.BooleanValue:
    """Whether a person did this task of ours; one that we closed, and one that tells of a toss-up, are no talk."""
    theirs = yes(tasks.is_closed) & tasks.withdrawn_on.isnull() & (tasks.key.split("/").length() == LEAD_PARTS)
    return theirs & ~yes(tasks.outcome.isin(SILENT))


def contacted(inputs: Inputs) -> ir.Table:
    """The last contact with its record, the days since, the meetings of late, and whether there ever was one.

    One row an account where the CRM keeps a log at all. An account the log knows nothing of has never been contacted,
    as far as anybody wrote it down; how long it has been silent is unknown. A task that Tossup wrote is a
    contact when a person completed it, unless the answer was one of SILENT; one that Tossup closed is none.
    """
    held = (_.kind == "meeting") & (_.on > inputs.day(MEETING_DAYS))
    rows = latest(
        _happened(inputs), "account_id", on="on", day="contacted_on", record="contacted_record",
        meetings_90=_.id.count(where=held),
    )  # fmt: skip
    rows = rows.mutate(silent_days=days(inputs.day(0), _.contacted_on))
    if "activity.on" not in inputs.filled:
        return rows.mutate(contacted_ever=_.contacted_on.notnull())
    every = inputs.tables["account"].select(account_id="id")
    return attach(every, rows, "account_id").mutate(contacted_ever=_.contacted_on.notnull())


def approached(inputs: Inputs, approaches: ir.Table) -> ir.Table:
    """The last selling approach of ours: sold_on, and the days since. `approaches` holds account_id and sold_on."""
    dated = approaches.filter(_.sold_on <= inputs.day(0))
    last = dated.group_by("account_id").aggregate(sold_on=_.sold_on.max())
    return last.mutate(sold_days=days(inputs.day(0), _.sold_on))


def _contacted(ground: "Ground") -> ir.Table:
    return contacted(ground.inputs)


def _won(ground: "Ground") -> ir.Table:
    return decisions(ground.inputs)


def _approached(ground: "Ground") -> ir.Table:
    return approached(ground.inputs, ground.approaches)


_LOG = ("activity.on",)
CONTACTED = Family(
    name="contacted",
    grain="account",
    facts={
        "contacted_on": Fact(
            kind="date",
            unit="date",
            doc="day of the last call, mail or meeting that took place, or task that was done; missing where the log "
            "knows nothing of the account. A task of ours counts when a person completed it, unless it was answered "
            "declined, returned or snoozed; one that Tossup closed does not",
            needs=_LOG,
            record="contacted_record",
            field="activity.on",
        ),
        "silent_days": Fact(
            kind="integer",
            unit="days",
            doc="days since contacted_on; missing where the log knows nothing of the account",
            needs=_LOG,
        ),
        "meetings_90": Fact(
            kind="integer",
            unit="times",
            doc="meetings held today or in the 89 days before; missing where the log knows nothing of the account",
            needs=("activity.on", "activity.kind"),
        ),
        "contacted_ever": Fact(
            kind="boolean",
            unit="text",
            doc="whether the log knows of any contact up to today; missing where the CRM keeps no log",
            needs=_LOG,
        ),
    },
    table=_contacted,
)
WON = Family(
    name="won",
    grain="account",
    facts={
        "won_on": Fact(
            kind="date",
            unit="date",
            doc="day of the last won deal, however long ago",
            needs=("opportunity.is_won", "opportunity.closes_on"),
            record="won_record",
            field="opportunity.closes_on",
        ),
        "won_days": Fact(
            kind="integer",
            unit="days",
            doc="days since won_on",
            needs=("opportunity.is_won", "opportunity.closes_on"),
        ),
        "first_bought_on": Fact(
            kind="date",
            unit="date",
            doc="day of the first purchase, of whatever product",
            needs=("purchase.bought_on",),
            record="first_purchase_record",
            field="purchase.bought_on",
        ),
        "first_bought_days": Fact(
            kind="integer", unit="days", doc="days since first_bought_on", needs=("purchase.bought_on",)
        ),
    },
    table=_won,
)
APPROACHED = Family(
    name="approached",
    grain="account",
    facts={
        "sold_on": Fact(
            kind="date",
            unit="date",
            doc="last day a selling play approached the account; work of today that is still open does not count",
        ),
        "sold_days": Fact(kind="integer", unit="days", doc="days since sold_on"),
    },
    table=_approached,
)
