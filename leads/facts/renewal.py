"""When the next contract ends, and how long before the end an account is best talked to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, days, total
from leads.facts.percentile import percentile

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def renewal(ground: "Ground") -> ir.Table:
    """One row an account with a contract that ends within `horizon` days; the facts of RENEWAL."""
    inputs, numbers = ground.inputs, ground.numbers("renewal")
    terms = ground.subscriptions.filter(
        _.live & _.ends_on.between(inputs.day(0), inputs.day(-int(numbers["horizon"])))
    )
    rows = _next(terms).mutate(days_left=days(_.renews_on, inputs.day(0)))
    industries = inputs.tables["account"].select("industry", account_id="id")
    learned = _learned(ground, industries, numbers)
    rows = attach(attach(rows, industries, "account_id"), learned, "industry").drop("industry")
    rows = rows.mutate(
        renewal_first_day=ibis.coalesce(_.renewal_first_day, int(numbers["first_day"])),
        renewal_last_day=ibis.coalesce(_.renewal_last_day, int(numbers["last_day"])),
        renewal_learned_n=ibis.coalesce(_.renewal_learned_n, 0),
    )
    return rows.mutate(in_renewal_window=_.days_left.between(_.renewal_first_day, _.renewal_last_day))


def _next(terms: ir.Table) -> ir.Table:
    first = terms.group_by("account_id").aggregate(renews_on=_.ends_on.min())
    ending = attach(terms, first, "account_id").filter(_.ends_on == _.renews_on)
    sums = ending.group_by("account_id").aggregate(
        renewal_monthly=total(_.monthly),
        renewal_seats=total(_.seats, where=~_.is_option),
    )
    ranked = ending.mutate(weight=ibis.coalesce(_.monthly, 0))
    largest = best(ranked, "account_id", value="weight").select(
        "account_id",
        "renews_on",
        renewal_record="id",
        term_seats="seats",
        term_used="used",
        term_product_name="product_name",
    )
    return attach(largest, sums, "account_id")


def _learned(ground: "Ground", industries: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """industry -> renewal_first_day, renewal_last_day, renewal_learned_n, where enough upsells tell."""
    leads = attach_all(_lead_times(ground, int(numbers["horizon"])), (industries, ("account_id",)))
    leads = ground.inputs.stage("renewal_leads", leads.filter(_.industry.notnull()))
    low = percentile(leads, "industry", value="lead_days", share=numbers["low"])
    high = percentile(leads, "industry", value="lead_days", share=numbers["high"])
    both = attach(low.rename(renewal_first_day="at"), high.select("industry", renewal_last_day="at"), "industry")
    return both.filter(_.n >= int(numbers["learned_min"])).rename(renewal_learned_n="n")


def _lead_times(ground: "Ground", horizon: int) -> ir.Table:
    """account_id, won_on, lead_days: how long before the end of the running contract each past upsell was won.

    An upsell is a line of a higher plan or of an option of the family of a plan whose term was running; the lines of
    one day are one, and so are terms: the one that ended first counts.
    """
    terms = ground.subscriptions.filter(~_.is_option & _.ends_on.notnull() & _.family.notnull())
    terms = terms.select("account_id", "family", "starts_on", "ends_on", held_tier="tier")
    lines = ground.inputs.tables["purchase"].filter(_.bought_on <= ground.inputs.day(0))
    lines = attach(lines.select("account_id", "product_id", "bought_on"), ground.codes, "product_id")
    sold = ground.products.select("product", "family", "tier", "is_option")
    running = attach(lines, sold, "product").inner_join(terms, ("account_id", "family"))
    begun = (_.starts_on < _.bought_on) | _.starts_on.isnull()
    running = running.filter((_.is_option | (_.tier > _.held_tier)) & begun & (_.ends_on > _.bought_on))
    first = running.group_by("account_id", "bought_on").aggregate(ends_on=_.ends_on.min())
    leads = first.mutate(lead_days=days(_.ends_on, _.bought_on)).filter(_.lead_days <= horizon)
    return leads.select("account_id", "lead_days")


_ENDS = ("subscription.ends_on",)
_WINDOW = (
    "the number {}; where learned_min past upsells of the industry tell, their `{}` percentile instead: days from "
    "the day a line of a higher plan or an option was won (product.tier, product.is_option) to the end of the term "
    "that its family's plan then had, at most `horizon`"
)

RENEWAL = Family(
    name="renewal",
    grain="account",
    facts={
        "renews_on": Fact(
            kind="date", unit="date", needs=_ENDS, record="renewal_record", field="subscription.ends_on",
            doc="the next day, today or in the `horizon` days to come, on which the term of a live subscription ends",
        ),
        "days_left": Fact(kind="integer", unit="days", needs=_ENDS, doc="days from today to renews_on"),
        "renewal_seats": Fact(
            kind="integer", unit="seats", needs=(*_ENDS, "subscription.seats_paid"),
            doc="seats of all terms that end on renews_on, options apart",
        ),
        "renewal_monthly": Fact(
            kind="money", unit="money",
            needs=(*_ENDS, "subscription.seats_paid", "subscription.unit_price|product.list_price"),
            doc="seats x price of all terms that end on renews_on, options included, in the account's currency",
        ),
        "term_seats": Fact(
            kind="integer", unit="seats", needs=(*_ENDS, "subscription.seats_paid"), record="renewal_record",
            field="subscription.seats_paid",
            doc="seats of the term of the highest price among those that end on renews_on",
        ),
        "term_used": Fact(
            kind="integer", unit="seats", needs=(*_ENDS, "subscription.seats_used"), record="renewal_record",
            field="subscription.seats_used", doc="seats in use of that term",
        ),
        "term_product_name": Fact(
            kind="text", unit="product", needs=(*_ENDS, "subscription.product_id"),
            doc="name of the product of that term",
        ),
        "renewal_first_day": Fact(
            kind="integer", unit="days", needs=_ENDS,
            doc="days before the end at which the window closes: " + _WINDOW.format("first_day", "low"),
        ),
        "renewal_last_day": Fact(
            kind="integer", unit="days", needs=_ENDS,
            doc="days before the end at which the window opens: " + _WINDOW.format("last_day", "high"),
        ),
        "renewal_learned_n": Fact(
            kind="integer", unit="purchases", needs=_ENDS,
            doc="past upsells behind renewal_first_day and renewal_last_day; 0 where the defaults hold",
        ),
        "in_renewal_window": Fact(
            kind="boolean", unit="text", needs=_ENDS,
            doc="days_left lies between renewal_first_day and renewal_last_day, both included",
        ),
    },
    table=renewal,
    numbers={"horizon": 400, "first_day": 60, "last_day": 120, "learned_min": 30, "low": 0.1, "high": 0.9},
)  # fmt: skip
"""The next contract end."""
