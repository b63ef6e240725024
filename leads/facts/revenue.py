"""What accounts pay for: live subscriptions, paid users, revenue per paid user, seats in use, renewals."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import NO, attach, best, days, total, yes
from leads.inputs import Inputs

MONTHS = 12


def subscriptions(inputs: Inputs, codes: ir.Table, products: ir.Table, days_ago: int) -> ir.Table:
    """Every subscription of a known account with its product's code and whether it is, and was, live.

    `monthly` is seats x price in minor units of the account's currency, NULL in any other currency. `live_then`
    looks `days_ago` days back: a cancelled one without a last day cannot tell, and counts as not live.
    """
    ours = inputs.rules.mapping.company.currency
    accounts = inputs.tables["account"].select(account_id="id", account_currency=ibis.coalesce(_.currency, ours))
    rows = inputs.tables["subscription"].inner_join(accounts, "account_id")
    rows = attach(attach(rows, codes, "product_id"), products, "product")
    rows = rows.mutate(currency=ibis.coalesce(_.currency, ours))
    own_price = ibis.cases((_.product_currency == _.currency, _.list_price))
    rows = rows.mutate(
        seats=ibis.cases((_.seats_paid >= 0, _.seats_paid)),
        used=ibis.cases((_.seats_used >= 0, _.seats_used)),
        price=ibis.coalesce(_.unit_price, own_price),
        is_option=yes(_.is_option),
        live=_live(inputs, 0),
        live_then=_live(inputs, days_ago) & ~(yes(_.cancelled) & _.ends_on.isnull()),
    )
    monthly = ibis.cases((_.currency == _.account_currency, _.seats * _.price))
    keep = ("id", "account_id", "product", "product_name", "family", "tier", "is_option", "seats", "used", "price")
    rows = rows.select(
        *keep,
        "starts_on",
        "ends_on",
        "auto_renews",
        "live",
        "live_then",
        currency="account_currency",
        monthly=monthly,
    )
    return inputs.stage("subscriptions", rows)


def _live(inputs: Inputs, ago: int) -> ir.BooleanValue:
    day = inputs.day(ago)
    begun = _.starts_on.isnull() | (_.starts_on <= day)
    dated = yes(_.ends_on >= day)
    goes_on = ~yes(_.cancelled) & (_.ends_on.isnull() | yes(_.auto_renews))
    ended = yes(_.cancelled) if ago == 0 else NO
    return begun & (dated | goes_on) & ~ended


def paid(inputs: Inputs, subscriptions: ir.Table) -> ir.Table:
    """One row an account with a live plan: paid_seats, monthly (minor units), main product and its subscription.

    Seats of options do not count as users: their holders already have a seat of the plan.
    """
    live = subscriptions.filter(_.live)
    sums = live.group_by("account_id").aggregate(
        paid_seats=total(_.seats, where=~_.is_option),
        monthly=total(_.monthly),
        first_day=_.starts_on.min(),
    )
    plans = live.filter(~_.is_option & _.seats.notnull())
    main = best(plans, "account_id", value="seats").select(
        "account_id", paid_record="id", main_seats="seats", main_product="product", main_product_name="product_name"
    )
    return inputs.stage("paid", attach(sums, main, "account_id"))


def seats(inputs: Inputs, subscriptions: ir.Table) -> ir.Table:
    """Seats in use of each plan an account pays for, where the CRM knows: product_seats, product_used, seat_price."""
    known = subscriptions.filter(_.live & _.seats.notnull() & _.used.notnull() & _.product.notnull() & ~_.is_option)
    sums = known.group_by("account_id", "product").aggregate(product_seats=total(_.seats), product_used=total(_.used))
    largest = best(known, "account_id", "product", value="seats").select(
        "account_id",
        "product",
        "family",
        "tier",
        seat_record="id",
        seat_price="price",
        record_seats="seats",
        record_used="used",
    )
    return inputs.stage("seats", attach(sums, largest, "account_id", "product"))


def reduction(inputs: Inputs, subscriptions: ir.Table) -> ir.Table:
    """Seats then and now: seats_then, seats_now, seats_lost_share (percent), the ended subscription and its value."""
    plans = subscriptions.filter(~_.is_option & _.seats.notnull())
    sums = plans.group_by("account_id").aggregate(
        seats_then=ibis.coalesce(total(_.seats, where=_.live_then), 0),
        seats_now=ibis.coalesce(total(_.seats, where=_.live), 0),
        monthly_then=total(_.monthly, where=_.live_then),
        monthly_now=ibis.coalesce(total(_.monthly, where=_.live), 0),
    )
    gone = best(plans.filter(_.live_then & ~_.live), "account_id", value="seats").select(
        "account_id", ended_record="id", ended_on="ends_on"
    )
    share = ((_.seats_then - _.seats_now) * 100 / _.seats_then.nullif(0)).floor().cast("int64")
    lost = attach(sums, gone, "account_id").mutate(seats_lost_share=share)
    return inputs.stage("reduction", lost)


def renewals(inputs: Inputs, subscriptions: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """The first term that ends inside the window: renews_on, days_left, its price and seats, its largest contract."""
    terms = subscriptions.filter(
        _.live & _.ends_on.between(inputs.day(-int(numbers["first_day"])), inputs.day(-int(numbers["last_day"])))
    )
    first = terms.group_by("account_id").aggregate(renews_on=_.ends_on.min())
    ending = attach(terms, first, "account_id").filter(_.ends_on == _.renews_on)
    sums = ending.group_by("account_id", "renews_on").aggregate(
        renewal_monthly=total(_.monthly),
        renewal_seats=total(_.seats, where=~_.is_option),
    )
    ranked = ending.mutate(weight=ibis.coalesce(_.monthly, 0))
    largest = best(ranked, "account_id", value="weight").select(
        "account_id", renewal_record="id", term_seats="seats", term_used="used"
    )
    rows = attach(sums, largest, "account_id")
    return inputs.stage("renewals", rows.mutate(days_left=days(_.renews_on, inputs.day(0))))
