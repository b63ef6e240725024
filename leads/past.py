"""The canonical tables as they were on a past day, as far as the CRM's own dates can tell: history only, no future.

A row stays where a date of its own shows that it was there by then. What happened later is undone: a deal decided
later is open, a case solved later unsolved. Columns that the CRM overwrites in place are as they are now; `notes`
names them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import yes

OVERWRITTEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "account": (
            "parent_id", "owner_id", "industry", "country", "employees", "employees_reported", "paid_users",
            "free_users", "do_not_contact", "legal_hold", "invoice_overdue",
        ),
        "product": ("list_price", "is_active"),
        "subscription": ("seats_paid", "seats_used", "unit_price", "ends_on", "auto_renews"),
        "opportunity": ("owner_id", "amount"),
        "contact": ("role", "no_phone", "no_email", "do_not_contact"),
        "activity": ("is_closed",),
        "case": ("severity",),
        "ours": ("owner_id", "is_closed", "due_on"),
    }
)  # fmt: skip
"""Columns without a history: as of a past day they hold what they hold now."""

DATED: Mapping[str, str] = MappingProxyType({"ours.is_closed": "ours.decided_on"})
"""Columns that have a history after all where another column tells since when."""

UNDATED = ("product", "contact", "owner")
"""Tables whose rows do not say when they came."""


def as_of(tables: Mapping[str, ir.Table], day: date) -> dict[str, ir.Table]:
    """The tables as of the evening of `day`: the same tables and columns, no row and no date from later.

    A row whose dates cannot show that it was there by then is left out: an open deal that does not say when it was
    entered, a task without a day, a record of ours without its day of writing. Tables of UNDATED stay whole, and so
    does a table that has no rule here.
    """
    then = ibis.date(day.year, day.month, day.day)
    past = {name: _THEN[name](table, then) if name in _THEN else table for name, table in tables.items()}
    if "activity" in past and "ours" in past:
        past["activity"] = _activities(tables["activity"], past["ours"], then)
    return past


def notes(day: date, lineage: Iterable[str]) -> tuple[str, ...]:
    """What the answer as of `day` cannot know, in sentences. `lineage`: the columns that are mapped."""
    mapped = frozenset(lineage)
    kept = [
        f"{table}.{name}"
        for table, names in OVERWRITTEN.items()
        for name in names
        if f"{table}.{name}" in mapped and DATED.get(f"{table}.{name}") not in mapped
    ]
    kept += sorted(name for name in mapped if name.startswith("account.x_"))
    said = [f"As of {day}, from what the CRM holds now: records deleted since are not seen."]
    if kept:
        said.append(f"The CRM overwrites these in place, so they are as they are now: {', '.join(kept)}.")
    said.append(
        f"Records of {', '.join(UNDATED[:-1])} and {UNDATED[-1]} do not say when they came, and accounts only by "
        "customer_since: later ones are seen too."
    )
    said.append(
        "Open deals, cases, activities and records of ours without a day are left out, and so are people's answers "
        "to our leads that bear none."
    )
    return tuple(said)


def _none_after(table: ir.Table, then: ir.DateValue, *columns: str) -> ir.Table:
    """The rows, with days after `then` missing in these columns."""
    return table.mutate(**{name: (table[name] <= then).ifelse(table[name], ibis.null("date")) for name in columns})


def _accounts(table: ir.Table, then: ir.DateValue) -> ir.Table:
    customers = table.filter(_.customer_since.isnull() | (_.customer_since <= then))
    return _none_after(customers, then, "onboarded_on", "onboarding_started_on")


def _subscriptions(table: ir.Table, then: ir.DateValue) -> ir.Table:
    begun = table.filter(_.starts_on.isnull() | (_.starts_on <= then))
    # one that ran on was at most about to be cancelled; without a last day nobody can tell
    ran_on = yes(_.ends_on >= then)
    return begun.mutate(cancelled=ran_on.ifelse(ibis.null("boolean"), _.cancelled))


def _opportunities(table: ir.Table, then: ir.DateValue) -> ir.Table:
    closed = yes(_.is_closed)
    decided = closed & yes(_.closes_on <= then)
    # a closed deal without its day may have been decided before or after
    there = table.filter(ibis.coalesce(_.created_on <= then, decided) & (~closed | _.closes_on.notnull()))
    later = closed & ~decided
    return there.mutate(
        is_closed=later.ifelse(ibis.literal(value=False), _.is_closed),
        is_won=later.ifelse(ibis.literal(value=False), _.is_won),
        closes_on=later.ifelse(ibis.null("date"), _.closes_on),
    )


def _cases(table: ir.Table, then: ir.DateValue) -> ir.Table:
    there = table.filter(ibis.coalesce(_.opened_on <= then, _.closed_on <= then))
    solved_later = yes(_.closed_on > then)
    rows = there.mutate(is_closed=solved_later.ifelse(ibis.literal(value=False), _.is_closed))
    return _none_after(rows, then, "closed_on")


def _activities(table: ir.Table, ours: ir.Table, then: ir.DateValue) -> ir.Table:
    """What had happened or was due by then, and our own tasks that were written by then, whenever they are due."""
    written = ours.select(written_id="id").distinct()
    rows = table.left_join(written, table.id == written.written_id)
    return rows.filter(yes(_.on <= then) | _.written_id.notnull()).select(*table.columns)


def _ours(table: ir.Table, then: ir.DateValue) -> ir.Table:
    written = table.filter(_.created_on <= then)
    # an answer without its day may have come later, and would tell the future
    known, later = yes(_.decided_on <= then), yes(ibis.coalesce(_.withdrawn_on, _.decided_on) > then)
    rows = written.mutate(
        status=ibis.null("string"),
        outcome=known.ifelse(_.outcome, ibis.null("string")),
        reason=known.ifelse(_.reason, ibis.null("string")),
        snooze_until=known.ifelse(_.snooze_until, ibis.null("date")),
        # nobody knows when they changed it
        touched=ibis.null("string"),
        deferred_to=ibis.null("date"),
        is_closed=later.ifelse(ibis.literal(value=False), _.is_closed),
    )
    return _none_after(rows, then, "decided_on", "withdrawn_on")


def _up_to(column: str) -> Callable[[ir.Table, ir.DateValue], ir.Table]:
    return lambda table, then: table.filter(_[column] <= then)


_THEN: Mapping[str, Callable[[ir.Table, ir.DateValue], ir.Table]] = MappingProxyType(
    {
        "account": _accounts,
        "subscription": _subscriptions,
        "purchase": _up_to("bought_on"),
        "opportunity": _opportunities,
        "contact": lambda table, then: _none_after(table, then, "left_on"),
        "activity": _up_to("on"),
        "case": _cases,
        "engagement": _up_to("on"),
        "feedback": _up_to("on"),
        "usage": _up_to("on"),
        "rate": lambda table, then: table.filter(_.starts_on.isnull() | (_.starts_on <= then)),
        "ours": _ours,
    }
)
