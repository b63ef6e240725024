"""What Tossup has already put into the CRM: leads still open, leads a person decided, who was approached when."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import NO, attach, days, yes
from leads.inputs import Inputs
from mappings.config import Play

SNOOZE_DAYS = 30
"""How long a lead sleeps that was put off without a day."""
TURN = r"\.(\d{1,4})$"
"""How a cycle ends whose lead came back: 2026Q4.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Our leads by key (`all`), and those still open, at most one an account, play and product (`open`)."""

    all: ir.Table
    open: ir.Table


def records(inputs: Inputs) -> ir.Table:
    """Our records as today knows them: what was decided on a later day is open and unanswered.

    A lead record that became a deal is won or lost with it. Who put a task off, or said until when they want to hear
    nothing, has snoozed it: `snoozed_until` is that day, else `snooze_days` after they said so.
    """
    later = yes(ibis.coalesce(_.withdrawn_on, _.decided_on) > inputs.day(0))
    put_off = _.snooze_until.notnull() | _.deferred_to.notnull()
    rows = _with_deals(inputs).mutate(
        is_closed=later.ifelse(NO, _.is_closed),
        outcome=later.ifelse(ibis.null("string"), ibis.coalesce(_.outcome, ibis.cases((put_off, "snoozed")))),
        withdrawn_on=later.ifelse(ibis.null("date"), _.withdrawn_on),
    )
    # DuckDB makes a timestamp of date + interval although Ibis calls it a date: hence both casts
    quiet = ibis.coalesce(_.decided_on, _.created_on) + ibis.interval(days=snooze_days(inputs))
    until = ibis.coalesce(_.snooze_until, _.deferred_to, quiet.cast("timestamp").cast("date"))
    return rows.mutate(snoozed_until=ibis.cases((_.outcome == "snoozed", until)))


def snooze_days(inputs: Inputs) -> int:
    """How long who asked to hear nothing is left alone where they did not say until when."""
    return int(inputs.rules.facts.get("declined_offer", {}).get("snooze_days", SNOOZE_DAYS))


def _with_deals(inputs: Inputs) -> ir.Table:
    ours = inputs.tables["ours"]
    if "ours.opportunity_id" not in inputs.lineage:
        return ours
    became = ibis.ifelse(yes(_.is_won), "won", "lost")
    decided = inputs.tables["opportunity"].filter(yes(_.is_closed) & (_.closes_on <= inputs.day(0)))
    rows = attach(ours, decided.select(opportunity_id="id", became=became), "opportunity_id")
    return rows.mutate(outcome=ibis.coalesce(_.became, _.outcome)).drop("became")


def ours(inputs: Inputs) -> Ours:
    """Our tasks and lead records by key: a lead is open while any of its records is.

    Columns of `all`: key, account_id, play, product, cycle, term and turn (what the cycle says: 2026Q4.2 is the
    second turn of the term 2026Q4), is_open, written_on, holder (who holds the task), approached (the contact of the
    task, or who was put on a list), outcome (what a person decided), snoozed_until (from which day on they want to
    hear of it again), withdrawn_on (the day Tossup closed the last of its records, where it closed them all and
    nobody said anything, but for expired_on, the day it closed a task that nobody touched long after it was due),
    decided (closed for good) with decided_on (the day of it, else the day it was written), back (closed, and free to
    come back now).
    """
    rows = records(inputs).mutate(part=_.key.split("/"))
    rows = rows.filter(_.part.length() == 4)
    rows = rows.select(
        "id", "key", "kind", "contact_id", "owner_id", "created_on", "decided_on", "due_on", "outcome",
        "withdrawn_on", "snoozed_until",
        account_id=_.part[0], play=_.part[1], product=_.part[2], cycle=_.part[3], is_open=~yes(_.is_closed),
    )  # fmt: skip
    people = inputs.tables["activity"].group_by("id").aggregate(task_contact=_.contact_id.min())
    rows = attach(rows, people, "id").mutate(is_task=_.kind == "task", expired=_expired(inputs))
    contact = ibis.cases((_.is_task, _.task_contact), (_.kind == "member", _.contact_id))
    by_key = rows.group_by("key", "account_id", "play", "product", "cycle").aggregate(
        is_open=_.is_open.any(),
        withdrawn=_.withdrawn_on.notnull().all(),
        expired=_.expired.any(),
        withdrawn_on=_.withdrawn_on.max(),
        written_on=_.created_on.min(),
        holder=_.owner_id.min(where=_.is_task),
        approached=contact.min(),
        outcome=_.outcome.min(),
        decided_on=_.decided_on.max(),
        snoozed_until=_.snoozed_until.max(),
    )
    by_key = by_key.mutate(
        withdrawn_on=ibis.cases((_.withdrawn & ~_.is_open & ~_.expired, _.withdrawn_on)),
        expired_on=ibis.cases((_.expired & ~_.is_open, _.withdrawn_on)),
        # a no outlives a not now
        snoozed=yes(_.outcome == "snoozed"),
        term=_.cycle.re_replace(TURN, ""),
        # a key may be anybody's text: what is no number of turns is the first
        turn=ibis.coalesce(_.cycle.re_extract(TURN, 1).nullif("").cast("int64"), 1),
    )
    by_key = by_key.mutate(
        decided=~_.is_open & _.withdrawn_on.isnull() & ~_.snoozed,
        decided_on=ibis.cases((~_.is_open, ibis.coalesce(_.decided_on, _.written_on))),
        back=~_.is_open & (_.withdrawn_on.notnull() | (_.snoozed & (_.snoozed_until <= inputs.day(0)))),
    ).drop("withdrawn", "expired", "snoozed")
    every = inputs.stage("our_leads", by_key)
    still = every.filter(_.is_open)
    latest = still.group_by("account_id", "play", "product").aggregate(key=_.key.max())
    latest = attach(latest, still.select("key", "cycle", "term", "written_on", "approached"), "key")
    told = latest.rename(our_key="key", our_cycle="cycle", our_term="term", our_day="written_on")
    open = inputs.stage("our_open_leads", told)
    return Ours(all=every, open=open)


def _expired(inputs: Inputs) -> ir.BooleanValue:
    """Whether we closed a task because nobody had touched it for the play's expire_days after it was due."""
    patience = {name: play.expire_days for name, play in sorted(inputs.rules.plays.items())}
    usual = Play.model_fields["expire_days"].default
    rare = [(_.play == name, days) for name, days in patience.items() if days != usual]
    limit = ibis.cases(*rare, else_=usual) if rare else usual
    return yes((_.kind == "task") & (days(_.withdrawn_on, _.due_on) > limit))


def approaches(inputs: Inputs, ours: Ours) -> ir.Table:
    """Our selling approaches up to yesterday, or decided today: account_id, approached (contact), sold_on.

    What was written today and is still open is this very run's own work, seen again. What we took back before anybody
    touched it, however late, approached nobody; and who asked to hear of it again from a day on is not made to wait.
    """
    saves = [name for name, play in inputs.rules.plays.items() if not play.selling]
    sold_on = ibis.coalesce(_.written_on, inputs.day(0))
    selling = ours.all.filter(~_.back & _.expired_on.isnull())
    selling = selling.filter(_.play.notin(saves)) if saves else selling
    dated = selling.mutate(sold_on=sold_on)
    return dated.filter((_.sold_on < inputs.day(0)) | ~_.is_open).select("account_id", "approached", "sold_on")
