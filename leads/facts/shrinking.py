"""What an account gave up lately: seats, a higher plan, an option."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, days, total, yes

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def reduction(ground: "Ground") -> ir.Table:
    """One row an account that has or had a plan; the facts of REDUCTION.

    The ground looks `reduction.days` back for live_then. A record that was changed in place since tells today's seats
    only: of an account with one, nobody knows how many it had.
    """
    then = ground.inputs.day(int(ground.numbers("reduction")["days"]))
    plans = ground.subscriptions.filter(~_.is_option & _.seats.notnull())
    sums = plans.group_by("account_id").aggregate(
        changed=(_.live_then & yes(_.seats_since > then)).any(),
        seats_then=ibis.coalesce(total(_.seats, where=_.live_then), 0),
        seats_now=ibis.coalesce(total(_.seats, where=_.live), 0),
        seats_ended=ibis.coalesce(total(_.seats, where=_.live_then & ~_.live), 0),
        monthly_then=total(_.monthly, where=_.live_then),
    )
    sums = sums.mutate(**{name: ibis.cases((~_.changed, _[name])) for name in ("seats_then", "monthly_then")})
    gone = best(plans.filter(_.live_then & ~_.live), "account_id", value="seats").select(
        "account_id", ended_record="id", ended_on="ends_on"
    )
    rows = attach(sums.drop("changed"), gone, "account_id")
    # the largest of a number and of what nobody knows is the number to some engines
    lost = ibis.cases((_.seats_then > _.seats_now, _.seats_then - _.seats_now), (_.seats_then.notnull(), 0))
    rows = rows.mutate(seats_lost=lost)
    return rows.mutate(seats_lost_percent=(_.seats_lost * 100 / _.seats_then.nullif(0)).floor().cast("int64"))


def downgrade(ground: "Ground") -> ir.Table:
    """One row an account that moved to a lower plan or let an option go lately; the facts of DOWNGRADE."""
    numbers = ground.numbers("downgrade")
    since, today = ground.inputs.day(int(numbers["days"])), ground.inputs.day(0)
    lower = _moved_down(ground.subscriptions, since, today, int(numbers["gap_days"]))
    option = _let_go(ground.subscriptions, since, today)
    accounts = ibis.union(lower.select("account_id"), option.select("account_id")).distinct()
    return attach_all(accounts, (lower, ("account_id",)), (option, ("account_id",)))


def _moved_down(subscriptions: ir.Table, since: ir.DateValue, today: ir.DateValue, gap: int) -> ir.Table:
    plans = subscriptions.filter(~_.is_option & _.family.notnull() & _.tier.notnull())
    highest = plans.filter(_.live).group_by("account_id", "family").aggregate(highest=_.tier.max())
    begun = attach(plans.filter(_.live & _.starts_on.between(since, today)), highest, "account_id", "family")
    # who still has a higher plan of the family has only added a lower one
    begun = begun.filter(_.tier == _.highest).select(
        "account_id", "family", "tier", "starts_on", "id", to=ibis.coalesce(_.product_name, _.product)
    )
    ended = plans.filter(~_.live & _.ends_on.notnull()).select(
        "account_id", "family", "ends_on", old_tier="tier", old=ibis.coalesce(_.product_name, _.product)
    )
    pairs = begun.inner_join(ended, ("account_id", "family")).filter(_.old_tier > _.tier)
    pairs = pairs.mutate(gap=days(_.ends_on, _.starts_on)).filter(_.gap.between(-gap, gap))
    latest = best(pairs.select("account_id", "starts_on", "id").distinct(), "account_id", value="starts_on")
    steps = pairs.semi_join(latest, ("account_id", "id"))
    return best(steps, "account_id", value="old_tier", id="old").group_by("account_id").aggregate(
        downgrade_record=_.id.min(),
        downgraded_on=_.starts_on.min(),
        downgraded_from=_.old.min(),
        downgraded_to=_.to.min(),
    )  # fmt: skip


def _let_go(subscriptions: ir.Table, since: ir.DateValue, today: ir.DateValue) -> ir.Table:
    rows = subscriptions.mutate(family=ibis.coalesce(_.family, ""))
    plans = rows.filter(_.live & ~_.is_option).select("account_id", "family").distinct()
    kept = rows.filter(_.live & _.is_option).select("account_id", "product").distinct()
    gone = rows.filter(_.is_option & ~_.live & _.ends_on.between(since, today) & _.product.notnull())
    gone = gone.semi_join(plans, ("account_id", "family")).anti_join(kept, ("account_id", "product"))
    return best(gone, "account_id", value="ends_on").select(
        "account_id", option_record="id", option_cancelled_on="ends_on",
        option_cancelled=ibis.coalesce(_.product_name, _.product),
    )  # fmt: skip


_SEATS = ("subscription.seats_paid", "subscription.ends_on|subscription.cancelled")
_TIERS = ("subscription.starts_on", "subscription.ends_on", "product.family", "product.tier")
_OPTIONS = ("subscription.ends_on", "product.is_option")

REDUCTION = Family(
    name="reduction",
    grain="account",
    facts={
        "seats_then": Fact(
            kind="integer", unit="seats", needs=_SEATS,
            doc="seats of plans that were live `days` days ago; 0 where none was. One cancelled without a last day "
            "cannot tell, and is left out. NULL where the seats of one were changed in place since "
            "(subscription.seats_since)",
        ),
        "seats_now": Fact(kind="integer", unit="seats", needs=_SEATS, doc="seats of plans that are live today"),
        "seats_lost": Fact(kind="integer", unit="seats", needs=_SEATS, doc="seats_then - seats_now, never under 0"),
        "seats_ended": Fact(
            kind="integer", unit="seats", needs=_SEATS, doc="seats of plans that were live then and are not now"
        ),
        "seats_lost_percent": Fact(
            kind="integer", unit="percent", needs=_SEATS,
            doc="seats_lost x 100 / seats_then, rounded down; NULL where there were none",
        ),
        "ended_on": Fact(
            kind="date", unit="date", needs=_SEATS, record="ended_record", field="subscription.ends_on",
            doc="last day of the largest subscription of a plan that was live then and is not now",
        ),
        "monthly_then": Fact(
            kind="money", unit="money", needs=(*_SEATS, "subscription.unit_price|product.list_price"),
            doc="seats x price of the plans that were live then, at today's price, in the account's currency; NULL "
            "where seats_then is",
        ),
    },
    table=reduction,
    numbers={"days": 90},
)  # fmt: skip
"""Seats given up in the last `days` days."""

DOWNGRADE = Family(
    name="downgrade",
    grain="account",
    facts={
        "downgraded_on": Fact(
            kind="date", unit="date", needs=_TIERS, record="downgrade_record", field="subscription.starts_on",
            doc="first day of the latest live plan that began in the last `days` days, at most gap_days before or "
            "after the end of a higher plan (product.tier) of its family, while no higher one is live",
        ),
        "downgraded_from": Fact(
            kind="text", unit="product", needs=_TIERS, doc="name of the highest plan that ended around downgraded_on"
        ),
        "downgraded_to": Fact(
            kind="text", unit="product", needs=_TIERS, doc="name of the plan that began on downgraded_on"
        ),
        "option_cancelled_on": Fact(
            kind="date", unit="date", needs=_OPTIONS, record="option_record", field="subscription.ends_on",
            doc="last day of the option that ended last, in the last `days` days, while a plan of its family lives "
            "on and the option is not live under another subscription",
        ),
        "option_cancelled": Fact(
            kind="text", unit="product", needs=_OPTIONS, doc="name of the option that ended on option_cancelled_on"
        ),
    },
    table=downgrade,
    numbers={"days": 90, "gap_days": 30},
)  # fmt: skip
"""Plans and options given up in the last `days` days."""
