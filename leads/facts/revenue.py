"""What accounts pay for: live subscriptions, paid users, revenue per paid user, seats in use, what was given up."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import comparable, exchanged, in_account_currency, pooled
from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, days, total, yes
from leads.facts.lifetime import lifetimes
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground computes its subscriptions here
    from leads.facts.ground import Ground

MONTHS = 12


def subscriptions(inputs: Inputs, codes: ir.Table, products: ir.Table, days_ago: int) -> ir.Table:
    """Every subscription of a known account with its product's code and whether it is, and was, live.

    `price` of a seat and `monthly` (seats x price) are in minor units of the account's currency, at today's rate
    where it is paid in another; NULL, and `abroad` true, where none is known. A flat list price is what is paid for
    all seats, and no price of one. `live_then` looks `days_ago` days back: a cancelled one without a last day cannot
    tell, and counts as not live.
    """
    ours = inputs.rules.mapping.company.currency
    accounts = inputs.tables["account"].select(account_id="id", account_currency=ibis.coalesce(_.currency, ours))
    rows = inputs.tables["subscription"].inner_join(accounts, "account_id")
    rows = attach_all(attach(rows, codes, "product_id"), (products, ("product",)))
    rows = rows.mutate(currency=ibis.coalesce(_.currency, ours))
    listed = exchanged(inputs, _.list_price, _.product_currency, _.currency)
    rows = rows.mutate(price=ibis.coalesce(_.unit_price, listed), flat=yes(_.is_flat) & _.unit_price.isnull())
    rows = rows.mutate(
        seats=ibis.cases((_.seats_paid >= 0, _.seats_paid)),
        used=ibis.cases((_.seats_used >= 0, _.seats_used)),
        price=exchanged(inputs, _.price, _.currency, _.account_currency),
        abroad=_.price,
        is_option=yes(_.is_option),
        live=live_on(inputs, 0),
        live_then=live_on(inputs, days_ago),
    )
    return inputs.stage(
        "subscriptions",
        rows.select(
            "id", "account_id", "product", "product_name", "family", "tier", "is_option", "seats", "used",
            "starts_on", "ends_on", "cancelled", "auto_renews", "seats_since", "live", "live_then",
            abroad=_.abroad.notnull() & _.price.isnull(),
            currency="account_currency",
            price=ibis.cases((~_.flat, _.price)),
            monthly=ibis.ifelse(_.flat, _.price, _.seats * _.price),
        ),
    )  # fmt: skip


def live_on(inputs: Inputs, ago: int) -> ir.BooleanValue:
    """Whether a subscription was live `ago` days ago, from starts_on, ends_on, cancelled and auto_renews."""
    day = inputs.day(ago)
    begun = _.starts_on.isnull() | (_.starts_on <= day)
    dated = yes(_.ends_on >= day)
    if ago == 0:
        # cancelled is what people say today, also of a term that runs on for a while
        dated &= ~yes(_.cancelled)
    goes_on = ~yes(_.cancelled) & (_.ends_on.isnull() | yes(_.auto_renews))
    return begun & (dated | goes_on)


def revenue(ground: "Ground") -> ir.Table:
    """One row an account; the facts of REVENUE, and its currency."""
    inputs, numbers = ground.inputs, ground.numbers("revenue")
    company = inputs.rules.mapping.company.currency
    accounts = inputs.tables["account"].select(
        "industry",
        "customer_since",
        account_id="id",
        told_users=ibis.cases((_.paid_users >= 0, _.paid_users)),
        currency=ibis.coalesce(_.currency, company),
    )
    year_ago = live_on(inputs, int(numbers["ltv_days"]))
    other = other_services(ground, accounts, int(numbers["other_days"]))
    rows = attach_all(accounts, (paid(ground.subscriptions, year_ago), ("account_id",)), (other, ("account_id",)))
    rows = inputs.stage("facts_revenue", _decomposed(inputs, rows))
    told = lifetimes(rows, numbers).mutate(compared_in=pooled(inputs))
    by = ("compared_in",)
    told = attach_all(told, (_usual(inputs, rows), by), (_spent(inputs, rows), by))
    usual = {name: exchanged(inputs, _[name], _.compared_in, _.currency) for name in ("usual_arppu", "usual_revenue")}
    return told.mutate(ltv=(_.account_revenue * _.ltv_years).floor().cast("int64"), **usual).drop(
        "was_live", "is_live", "compared_in"
    )


def paid(subscriptions: ir.Table, year_ago: ir.BooleanValue) -> ir.Table:
    """One row an account that has or had a subscription: what is live, what was, and its largest plan.

    Seats of options do not count as users: their holders already have a seat of the plan.
    """
    sums = subscriptions.group_by("account_id").aggregate(
        paid_seats=total(_.seats, where=_.live & ~_.is_option),
        monthly=ibis.cases((~yes((_.live & _.abroad).any()), total(_.monthly, where=_.live))),
        first_day=_.starts_on.min(where=_.live),
        live_products=_.product.nunique(where=_.live).cast("int64"),
        is_live=_.live.any(),
        was_live=year_ago.any(),
    )
    plans = subscriptions.filter(_.live & ~_.is_option & _.seats.notnull())
    main = best(plans, "account_id", value="seats").select(
        "account_id", paid_record="id", main_seats="seats", main_product="product", main_product_name="product_name"
    )
    return attach(sums, main, "account_id")


def other_services(ground: "Ground", accounts: ir.Table, window: int) -> ir.Table:
    """account_id -> other, other_abroad: what it bought in the last `window` days that no subscription covers.

    A line of a product it has or had a subscription of is that subscription's own revenue, and so is one that names
    no product at an account with subscriptions. In minor units of the account's currency, at the rate of the day
    it was bought on; `other_abroad`: no rate is known for some of it.
    """
    inputs, company = ground.inputs, ground.inputs.rules.mapping.company.currency
    lines = inputs.tables["purchase"].filter(
        (_.bought_on > inputs.day(window)) & (_.bought_on <= inputs.day(0)) & _.amount.notnull()
    )
    held = ground.subscriptions.select("account_id", "product").distinct()
    covered = held.filter(_.product.notnull()).mutate(covered=True)
    someone = held.select("account_id").distinct().mutate(subscribed=True)
    lines = in_account_currency(inputs, lines, accounts, "amount", on="bought_on")
    lines = attach(lines, ground.codes, "product_id").select(
        "account_id", "product", "amount", line_currency=ibis.coalesce(_.currency, company)
    )
    lines = attach_all(
        lines,
        (accounts.select("account_id", "currency"), ("account_id",)),
        (covered, ("account_id", "product")),
        (someone, ("account_id",)),
    )
    own = _.line_currency == _.currency
    apart = ibis.ifelse(_.product.isnull(), _.subscribed.isnull(), _.covered.isnull())
    sums = lines.filter(apart).group_by("account_id")
    return sums.aggregate(other=total(_.amount, where=own), other_abroad=(~own).any())


def _decomposed(inputs: Inputs, rows: ir.Table) -> ir.Table:
    # nothing of the kind in the CRM at all: unknown, not zero
    seats_told, lines_told = (name in inputs.filled for name in ("subscription.seats_paid", "purchase.amount"))
    nothing = ibis.null("int64")
    rows = rows.mutate(
        paid_users=ibis.coalesce(_.told_users, _.paid_seats, 0 if seats_told else nothing),
        products_n=ibis.coalesce(_.live_products, 0 if seats_told else nothing),
        other_revenue=ibis.cases((~yes(_.other_abroad), ibis.greatest(ibis.coalesce(_.other, 0), 0)))
        if lines_told
        else nothing,
    )
    rows = rows.mutate(
        alive=ibis.cases((_.is_live.notnull(), _.is_live), (yes(_.told_users > 0) | yes(_.other_revenue > 0), True)),
        arppu=_yearly_each(_.monthly, _.paid_users),
    )
    unpriced = yes(_.alive) & _.monthly.isnull() & (yes(_.is_live) | yes(_.told_users > 0))
    rows = rows.mutate(
        unpriced=unpriced,
        seat_revenue=ibis.cases(
            (~ibis.coalesce(_.alive, True), 0),
            (_.monthly.notnull(), _.monthly * MONTHS),
            (~unpriced & ibis.literal(seats_told), 0),
        ),
    )
    since = ibis.coalesce(ibis.cases((_.customer_since <= inputs.day(0), _.customer_since)), _.first_day)
    known = ~_.unpriced & ~yes(_.other_abroad) & (_.seat_revenue.notnull() | _.other_revenue.notnull())
    return rows.select(
        "account_id", "industry", "currency", "told_users", "paid_users", "main_product", "main_product_name",
        "main_seats", "paid_record", "monthly", "seat_revenue", "other_revenue", "alive", "arppu", "first_day",
        "products_n",
        is_live=yes(_.is_live),
        was_live=yes(_.was_live),
        account_revenue=ibis.cases(
            (known, ibis.coalesce(_.seat_revenue, 0) + ibis.coalesce(_.other_revenue, 0))
        ),
        tenure_days=days(inputs.day(0), since),
    )  # fmt: skip


def _yearly_each(monthly: ir.IntegerValue, users: ir.IntegerValue) -> ir.IntegerValue:
    return (monthly * MONTHS / users.nullif(0)).floor().cast("int64")


def _usual(inputs: Inputs, rows: ir.Table) -> ir.Table:
    paying = comparable(inputs, rows.filter((_.paid_users > 0) & (_.monthly > 0)), "monthly")
    return paying.group_by("compared_in").aggregate(
        usual_arppu=_yearly_each(_.compared.sum(), _.paid_users.sum()), usual_arppu_n=_.count()
    )


def _spent(inputs: Inputs, rows: ir.Table) -> ir.Table:
    paying = comparable(inputs, rows.filter(_.account_revenue > 0), "account_revenue")
    return paying.group_by("compared_in").aggregate(
        usual_revenue=(_.compared.sum() / _.count()).floor().cast("int64"), usual_revenue_n=_.count()
    )


_PAID = ("subscription.seats_paid|account.paid_users",)
_PRICED = (*_PAID, "subscription.unit_price|product.list_price")

REVENUE = Family(
    name="revenue",
    grain="account",
    facts={
        "paid_users": Fact(
            kind="integer", unit="people", needs=_PAID,
            doc="people somebody pays for: account.paid_users where it is given and not negative, else the seats of "
            "live subscriptions that are no options; NULL where the CRM has neither",
        ),
        "told_users": Fact(
            kind="integer", unit="people", needs=("account.paid_users",), record="account_id",
            field="account.paid_users", doc="account.paid_users as the CRM tells it; NULL where it is negative",
        ),
        "main_product": Fact(
            kind="text", unit="product", needs=("subscription.product_id",),
            doc="code of the plan of its live subscription with the most seats (ties: smallest id)",
        ),
        "main_product_name": Fact(
            kind="text", unit="product", needs=("subscription.product_id",), doc="the name of main_product"
        ),
        "main_seats": Fact(
            kind="integer", unit="seats", needs=("subscription.seats_paid",), record="paid_record",
            field="subscription.seats_paid", doc="seats of its live subscription with the most seats, options apart",
        ),
        "monthly": Fact(
            kind="money", unit="money", needs=("subscription.seats_paid", _PRICED[1]),
            doc="seats x price of one seat, over live subscriptions, options included, in the account's currency (at "
            "today's rate; NULL where a price has none); those without a price are left out; the price is "
            "subscription.unit_price, else product.list_price (a flat one counts once)",
        ),
        "arppu": Fact(
            kind="money", unit="money", needs=_PRICED,
            doc="revenue per paid user: monthly x 12 / paid_users, rounded down; NULL without paid users",
        ),
        "usual_arppu": Fact(
            kind="money", unit="money", needs=_PRICED,
            doc="monthly x 12 / paid_users of all paying accounts together, at today's rates; where the account's "
            "currency has none, of those of the same currency",
        ),
        "usual_arppu_n": Fact(
            kind="integer", unit="accounts", needs=_PRICED, doc="accounts behind usual_arppu"
        ),
        "alive": Fact(
            kind="boolean", unit="text", needs=("subscription.account_id|account.paid_users|purchase.amount",),
            doc="a subscription is live; no, where it had some and none is; where it never had one, yes if it has "
            "paid users or other revenue, else NULL",
        ),
        "seat_revenue": Fact(
            kind="money", unit="money", needs=_PRICED,
            doc="paid users x ARPPU while alive: monthly x 12; 0 once nothing is live; NULL where users are paid for "
            "at a price nobody knows",
        ),
        "other_revenue": Fact(
            kind="money", unit="money", needs=("purchase.amount",),
            doc="other services: purchases of the last other_days of products it never had a subscription of (and of "
            "no named product where it never had any subscription), in its currency, at the rate of the day they "
            "were bought on, less refunds, never under 0; NULL where one has no rate",
        ),
        "account_revenue": Fact(
            kind="money", unit="money", needs=("subscription.seats_paid|account.paid_users|purchase.amount",),
            doc="paid users x ARPPU x alive + other services = seat_revenue + other_revenue; NULL where seat_revenue "
            "is unknown though users are paid for, or a purchase has no exchange rate",
        ),
        "usual_revenue": Fact(
            kind="money", unit="money", needs=("subscription.seats_paid|account.paid_users|purchase.amount",),
            doc="mean account_revenue of the accounts that have any, at today's rates, rounded down; where the "
            "account's currency has none, of those of the same currency",
        ),
        "usual_revenue_n": Fact(
            kind="integer", unit="accounts", needs=("subscription.seats_paid|account.paid_users|purchase.amount",),
            doc="accounts behind usual_revenue",
        ),
        "first_day": Fact(
            kind="date", unit="date", needs=("subscription.starts_on",),
            doc="first day of the oldest subscription that is live",
        ),
        "tenure_days": Fact(
            kind="integer", unit="days", needs=("account.customer_since|subscription.starts_on",),
            doc="days since account.customer_since, where that is not in the future, else since first_day",
        ),
        "ltv": Fact(
            kind="money", unit="money", needs=(*_PRICED, "subscription.ends_on|subscription.cancelled"),
            doc="account_revenue x ltv_years, rounded down",
        ),
        "ltv_years": Fact(
            kind="number", unit="years", needs=("subscription.ends_on|subscription.cancelled",),
            doc="expected remaining years: 1 / yearly loss, at most ltv_years. Of the n accounts of the industry "
            "that paid for something ltv_days ago, some pay for nothing today: loss = (gone + w x loss of all) / "
            "(n + w), w = ltv_weight; the loss of all accounts is drawn the same way towards 1 / ltv_years. Under "
            "ltv_accounts accounts in the industry, all accounts tell; under as many of them, NULL",
        ),
        "ltv_n": Fact(
            kind="integer", unit="accounts", needs=("subscription.ends_on|subscription.cancelled",),
            doc="accounts behind ltv_years",
        ),
        "products_n": Fact(
            kind="integer", unit="products", needs=("subscription.seats_paid", "subscription.product_id"),
            doc="different products, options included, that are live",
        ),
    },
    table=revenue,
    numbers={"other_days": 365, "ltv_days": 365, "ltv_accounts": 20, "ltv_weight": 20, "ltv_years": 10},
)  # fmt: skip
"""Account revenue = paid users x ARPPU x alive + other services, part by part."""
