"""Where a plan stands in its family: the next higher one, and one that costs less a seat for more seats."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import exchanged
from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, attach_all, best, total
from leads.facts.revenue import MONTHS

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def plan(ground: "Ground") -> ir.Table:
    """One row an account and product that it pays for, options included; the facts of PLAN, and its currency."""
    live = ground.subscriptions.filter(_.live & _.product.notnull())
    sums = live.group_by("account_id", "product").aggregate(
        plan_total_seats=total(_.seats),
        monthly=total(_.monthly),
        priced=_.monthly.count() == _.count(),
        currency=_.currency.max(),
    )
    largest = best(live.mutate(weight=ibis.coalesce(_.seats, -1)), "account_id", "product", value="weight").select(
        "account_id", "product", plan_record="id", plan_seats="seats"
    )
    listed = ground.products.select(
        "product", "is_option", plan_name="product_name", plan_family="family", plan_tier="tier"
    )
    rows = attach_all(
        sums, (largest, ("account_id", "product")), (listed, ("product",)), (_steps(ground.products), ("product",))
    )
    rows = rows.mutate(
        plan_monthly=ibis.cases((_.priced, _.monthly)),
        next_price=exchanged(ground.inputs, _.next_list_price, _.next_currency, _.currency),
        is_top=ibis.cases((~_.is_option & _.plan_family.notnull() & _.plan_tier.notnull(), _.next_product.isnull())),
    )
    uplift = (_.next_price * ibis.ifelse(_.next_is_flat, 1, _.plan_total_seats) - _.plan_monthly) * MONTHS
    rows = rows.mutate(uplift=uplift).mutate(next_uplift=ibis.cases((_.uplift >= 0, _.uplift)))
    return rows.drop("monthly", "priced", "next_currency", "next_list_price", "next_is_flat", "uplift")


def _plans(products: ir.Table) -> ir.Table:
    return products.filter(_.is_active & ~_.is_option & _.family.notnull())


def _steps(products: ir.Table) -> ir.Table:
    """product -> the plan of the next higher tier of its family that is still sold."""
    higher = _plans(products).select(
        "family", next_product="product", next_product_name="product_name", next_tier="tier",
        next_list_price="list_price", next_currency="product_currency", next_is_flat="is_flat",
    )  # fmt: skip
    pairs = products.filter(~_.is_option).select("product", "family", "tier").inner_join(higher, "family")
    pairs = pairs.filter(_.next_tier > _.tier).mutate(nearness=-_.next_tier)
    return best(pairs, "product", value="nearness", id="next_product").drop("family", "tier", "next_tier", "nearness")


def volume(ground: "Ground") -> ir.Table:
    """One row an account and plan for which a cheaper seat price would raise the total; the facts of VOLUME."""
    reach = ground.family("headroom").select("account_id", "reachable")
    rows = attach(ground.family("plan").filter(~_.is_option & (_.plan_monthly > 0)), reach, "account_id")
    rows = rows.select(
        "account_id", "product", "currency", "plan_tier", "plan_total_seats", "plan_monthly", "reachable",
        family="plan_family",
    )  # fmt: skip
    other = _plans(ground.products).filter((_.list_price > 0) & ~_.is_flat).select(
        "family", volume_product="product", volume_product_name="product_name", volume_listed="list_price",
        volume_tier="tier", volume_currency="product_currency",
    )  # fmt: skip
    pairs = rows.inner_join(other, "family")
    pairs = pairs.mutate(volume_price=exchanged(ground.inputs, _.volume_listed, _.volume_currency, _.currency))
    pairs = pairs.filter(
        (_.volume_product != _.product)
        & ~ibis.coalesce(_.volume_tier < _.plan_tier, False)
        & (_.volume_price * _.plan_total_seats < _.plan_monthly)
    )
    pairs = pairs.mutate(volume_seats=_.plan_total_seats + _.reachable)
    pairs = pairs.mutate(volume_value=(_.volume_seats * _.volume_price - _.plan_monthly) * MONTHS)
    worth = pairs.filter(_.volume_value > 0)
    return best(worth, "account_id", "product", value="volume_value", id="volume_product").select(
        "account_id", "product", "volume_product", "volume_product_name", "volume_price", "volume_seats",
        "volume_value",
    )  # fmt: skip


_OWNS = ("subscription.product_id",)
_STEPS = (*_OWNS, "product.family", "product.tier")
_LISTED = (*_STEPS, "product.list_price")
_VOLUME = (
    *_OWNS, "product.family", "product.list_price", "subscription.seats_paid", "account.employees",
)  # fmt: skip

PLAN = Family(
    name="plan",
    grain="owned",
    facts={
        "plan_name": Fact(kind="text", unit="product", needs=_OWNS, doc="name of the product it pays for"),
        "plan_family": Fact(kind="text", unit="text", needs=(*_OWNS, "product.family"), doc="product.family"),
        "plan_tier": Fact(
            kind="integer", unit="text", needs=(*_OWNS, "product.tier"), doc="product.tier, 1 the lowest"
        ),
        "plan_seats": Fact(
            kind="integer", unit="seats", needs=(*_OWNS, "subscription.seats_paid"), record="plan_record",
            field="subscription.seats_paid",
            doc="seats of its largest live subscription of the product (ties: smallest id)",
        ),
        "plan_total_seats": Fact(
            kind="integer", unit="seats", needs=(*_OWNS, "subscription.seats_paid"),
            doc="seats of all its live subscriptions of the product",
        ),
        "plan_monthly": Fact(
            kind="money", unit="money",
            needs=(*_OWNS, "subscription.seats_paid", "subscription.unit_price|product.list_price"),
            doc="what it pays a month for the product: seats x price; NULL where one of the prices is unknown or in "
            "another currency than the account's",
        ),
        "is_option": Fact(kind="boolean", unit="text", needs=_OWNS, doc="the product is sold on top of a plan"),
        "is_top": Fact(
            kind="boolean", unit="text", needs=_STEPS,
            doc="no plan of a higher tier of the family is still sold; NULL for options, and without family or tier",
        ),
        "next_product": Fact(
            kind="text", unit="product", needs=_STEPS,
            doc="code of the plan of the next higher tier of the family that is still sold (ties: smallest code)",
        ),
        "next_product_name": Fact(kind="text", unit="product", needs=_STEPS, doc="name of next_product"),
        "next_price": Fact(
            kind="money", unit="money", needs=_LISTED,
            doc="list price of a seat (or the flat one) of next_product a month, in the account's currency at "
            "today's rate; NULL where its currency has none",
        ),
        "next_uplift": Fact(
            kind="money", unit="money", needs=(*_LISTED, "subscription.seats_paid"),
            doc="more a year for the same seats: (next_price x plan_total_seats - plan_monthly) x 12, where a flat "
            "next_price counts once; NULL where it would be less",
        ),
    },
    table=plan,
)  # fmt: skip
"""What an account pays for, and the step above it."""

VOLUME = Family(
    name="volume",
    grain="owned",
    reads=("plan", "headroom"),
    facts={
        "volume_product": Fact(
            kind="text", unit="product", needs=_VOLUME,
            doc="code of a plan of the same family still sold, of no lower tier, whose list price of a seat (no flat "
            "one) is under what the account pays now (plan_monthly / plan_total_seats), while the total rises "
            "because seats rise to volume_seats; the one of the largest volume_value (ties: smallest code)",
        ),
        "volume_product_name": Fact(kind="text", unit="product", needs=_VOLUME, doc="name of volume_product"),
        "volume_price": Fact(
            kind="money", unit="money", needs=_VOLUME,
            doc="list price of a seat of volume_product a month, in the account's currency at today's rate",
        ),
        "volume_seats": Fact(
            kind="integer", unit="seats", needs=_VOLUME, doc="plan_total_seats + reachable"
        ),
        "volume_value": Fact(
            kind="money", unit="money", needs=_VOLUME,
            doc="more a year: (volume_seats x volume_price - plan_monthly) x 12, above 0",
        ),
    },
    table=volume,
)  # fmt: skip
"""A lower price a seat for the whole company."""
