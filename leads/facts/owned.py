"""What an account has or had, what a product is worth a year to those who buy it, and what could be offered."""

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import comparable, exchanged, pooled
from leads.facts.family import Fact, Family
from leads.facts.idioms import NO, attach, attach_all, best
from leads.facts.revenue import MONTHS
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground computes what is owned here
    from leads.facts.ground import Ground

_KEY = ("account_id", "product")


def owned(inputs: Inputs, subscriptions: ir.Table, bought: ir.Table) -> ir.Table:
    """One row an account and product it ever paid for: live, the subscription or purchase it was read from."""
    rows = subscriptions.filter(_.product.notnull())
    held = rows.group_by(_KEY).aggregate(
        live=_.live.any(),
        owned_record=ibis.coalesce(_.id.min(where=_.live & _.seats.notnull()), _.id.min(where=_.live)),
    )
    once = bought.select(*_KEY, live=NO, owned_record=ibis.null("string")).anti_join(held, _KEY)
    past = bought.select(*_KEY, "bought_on", "bought_record")
    return inputs.stage("owned", attach(ibis.union(held, once), past, *_KEY))


def worth(inputs: Inputs, subscriptions: ir.Table, codes: ir.Table) -> ir.Table:
    """What a customer of a product pays a year: product, compared_in, worth (mean, minor units of it), worth_n.

    From live subscriptions or from the purchases of the last year, whichever more customers stand behind. Currencies
    with a rate are told together in the company's: subscriptions at today's, purchases at that of their day, left out
    where it had none yet. The others are told apart.
    """
    live = subscriptions.filter(_.live & (_.monthly > 0) & _.product.notnull())
    lines = inputs.tables["purchase"].filter(
        (_.amount > 0) & (_.bought_on > inputs.day(365)) & (_.bought_on <= inputs.day(0))
    )
    lines = attach(lines, codes, "product_id").filter(_.product.notnull())
    lines = lines.mutate(currency=ibis.coalesce(_.currency, inputs.rules.mapping.company.currency))
    yearly = comparable(inputs, live.mutate(yearly=_.monthly * MONTHS), "yearly")
    bought = comparable(inputs, lines, "amount", on="bought_on")
    both = ibis.union(_mean(yearly, rank=1), _mean(bought, rank=0))
    return inputs.stage("worth", best(both, "product", "compared_in", value="rank", id="worth").drop("rank"))


def _mean(rows: ir.Table, rank: int) -> ir.Table:
    customers = _.account_id.nunique().cast("int64")
    told = rows.filter(_.compared.notnull())
    return told.group_by("product", "compared_in").aggregate(
        worth=(_.compared.sum() / customers).floor().cast("int64"), worth_n=customers, rank=customers * 2 + rank
    )


def offerable(ground: "Ground", pairs: ir.Table) -> ir.Table:
    """Those of the pairs (account_id, product) that the account could be offered: the same two columns.

    The product is still sold, and the account neither has nor had it. A plan of a family of which it has one is an
    upgrade, no offer; an option that no specialist sells needs a plan of its family.
    """
    sold = ground.products.filter(_.is_active).select("product", "family", "is_option", "specialist")
    fresh = pairs.inner_join(sold, "product").anti_join(ground.owned, _KEY)
    plans = ground.subscriptions.filter(_.live & _.family.notnull() & ~_.is_option)
    plans = plans.select("account_id", "family").distinct().mutate(has_plan=True)
    rows = attach(fresh, plans, "account_id", "family")
    fits = ibis.ifelse(_.is_option, _.specialist.notnull() | _.has_plan.notnull(), _.has_plan.isnull())
    return rows.filter(fits).select(*_KEY)


def offer_product(ground: "Ground") -> ir.Table:
    """One row an account and product it could be offered; the facts of OFFER_PRODUCT."""
    company = ground.inputs.rules.mapping.company.currency
    accounts = ground.inputs.tables["account"].select(account_id="id", currency=ibis.coalesce(_.currency, company))
    listed = ground.products.select(
        "product", "product_name", "product_currency",
        product_family="family",
        product_is_option="is_option",
        product_is_flat="is_flat",
        listed="list_price",
        tossable=~_.is_option | _.specialist.notnull(),
    )  # fmt: skip
    rows = attach_all(ground.spine("offer"), (accounts, ("account_id",)), (listed, ("product",)))
    inputs = ground.inputs
    rows = attach(rows.mutate(compared_in=pooled(inputs)), ground.worth, "product", "compared_in")
    rows = rows.mutate(
        list_price=exchanged(inputs, _.listed, _.product_currency, _.currency),
        worth=exchanged(inputs, _.worth, _.compared_in, _.currency),
    )
    return rows.drop("currency", "product_currency", "listed", "compared_in")


def complement(ground: "Ground") -> ir.Table:
    """One row an account and product declared to go well with one that it pays for now; the facts of COMPLEMENT.

    An option that no specialist sells is none: it is offered with its plan.
    """
    listed = ground.products.filter(_.complements != ";;").select(anchor="product", list="complements")
    codes = ground.products.filter(_.is_active & (~_.is_option | _.specialist.notnull()))
    codes = codes.select("product", mark=";" + _.product.replace(" ", "") + ";")
    pairs = listed.cross_join(codes).filter(_.list.contains(_.mark) & (_.product != _.anchor))
    held = ground.owned.filter(_.live).select("account_id", anchor="product")
    rows = held.inner_join(pairs.select("product", "anchor"), "anchor").anti_join(ground.owned, _KEY)
    rows = rows.group_by(_KEY).aggregate(complement_of=_.anchor.min())
    anchors = ground.owned.select(
        "account_id", complement_of="product", complement_record="owned_record", complement_bought_on="bought_on",
        complement_bought_record="bought_record",
    )  # fmt: skip
    contracts = ground.subscriptions.select(
        complement_record="id", complement_seats="seats", complement_since="starts_on"
    )
    names = ground.products.select(complement_of="product", complement_name="product_name")
    rows = attach_all(rows, (anchors, ("account_id", "complement_of")), (names, ("complement_of",)))
    return attach(rows, contracts, "complement_record")


def option(ground: "Ground") -> ir.Table:
    """One row an account and option of a plan that it has, without the option; the facts of OPTION."""
    plans = ground.subscriptions.filter(_.live & ~_.is_option & _.family.notnull() & _.product.notnull())
    largest = best(plans.mutate(weight=ibis.coalesce(_.seats, -1)), "account_id", "family", value="weight").select(
        "account_id", "family", "currency",
        option_plan_record="id",
        option_plan_seats="seats",
        option_of="product",
        option_of_name="product_name",
    )  # fmt: skip
    options = ground.products.filter(_.is_option & _.is_active).select(
        "product", "family", "list_price", "product_currency", "is_flat"
    )
    rows = largest.inner_join(options, "family").anti_join(ground.owned, _KEY)
    own_price = exchanged(ground.inputs, _.list_price, _.product_currency, _.currency)
    rows = rows.mutate(option_value=own_price * ibis.ifelse(_.is_flat, 1, _.option_plan_seats) * MONTHS)
    return rows.drop("family", "currency", "list_price", "product_currency", "is_flat")


_CODE = ("product.code",)
_HELD = ("subscription.product_id", "product.complements")
_OPTIONS = ("subscription.product_id", "product.family", "product.is_option")

OFFER_PRODUCT = Family(
    name="offer_product",
    grain="offer",
    facts={
        "product_name": Fact(kind="text", unit="product", needs=_CODE, doc="name of the product offered"),
        "product_family": Fact(kind="text", unit="text", needs=("product.family",), doc="product.family"),
        "product_is_option": Fact(kind="boolean", unit="text", needs=_CODE, doc="it is sold on top of a plan"),
        "product_is_flat": Fact(
            kind="boolean", unit="text", needs=_CODE, doc="product.is_flat: its list price is for all seats together"
        ),
        "tossable": Fact(
            kind="boolean", unit="text", needs=_CODE,
            doc="it is no option, or has a specialist: somebody else may sell it by itself",
        ),
        "list_price": Fact(
            kind="money", unit="money", needs=("product.list_price",),
            doc="list price of one unit (or a flat one) a month, in the account's currency at today's rate; NULL "
            "where none is known",
        ),
        "worth": Fact(
            kind="money", unit="money", needs=("subscription.product_id|purchase.product_id",),
            doc="what a customer of the product pays a year, the mean in the account's currency at today's rate: "
            "from live subscriptions (monthly x 12), or from the purchases of the last 365 days, at the rate of "
            "their day, where more customers stand behind them; of a currency without a rate its own customers tell",
        ),
        "worth_n": Fact(
            kind="integer", unit="accounts", needs=("subscription.product_id|purchase.product_id",),
            doc="customers behind worth",
        ),
    },
    table=offer_product,
)  # fmt: skip
"""What is known of a product that an account could be offered."""

COMPLEMENT = Family(
    name="complement",
    grain="offer",
    facts={
        "complement_of": Fact(
            kind="text", unit="product", needs=_HELD,
            doc="code of a product it pays for now whose product.complements name this one (of several: smallest "
            "code); options that no specialist sells are left out",
        ),
        "complement_name": Fact(kind="text", unit="product", needs=_HELD, doc="name of complement_of"),
        "complement_seats": Fact(
            kind="integer", unit="seats", needs=(*_HELD, "subscription.seats_paid"), record="complement_record",
            field="subscription.seats_paid",
            doc="seats of its live subscription of complement_of (of several: the smallest id that tells its seats)",
        ),
        "complement_since": Fact(
            kind="date", unit="date", needs=(*_HELD, "subscription.starts_on"), record="complement_record",
            field="subscription.starts_on", doc="first day of that subscription",
        ),
        "complement_bought_on": Fact(
            kind="date", unit="date", needs=("product.complements", "purchase.bought_on"),
            record="complement_bought_record", field="purchase.bought_on",
            doc="day complement_of was last bought",
        ),
    },
    table=complement,
)  # fmt: skip
"""What goes well with what an account has, as the catalogue declares it."""

OPTION = Family(
    name="option",
    grain="offer",
    facts={
        "option_of": Fact(
            kind="text", unit="product", needs=_OPTIONS,
            doc="code of the live plan of the same family (product.family) on top of which this option is sold; of "
            "several the one with the most seats. Only options still sold that it neither has nor had",
        ),
        "option_of_name": Fact(kind="text", unit="product", needs=_OPTIONS, doc="name of option_of"),
        "option_plan_seats": Fact(
            kind="integer", unit="seats", needs=(*_OPTIONS, "subscription.seats_paid"), record="option_plan_record",
            field="subscription.seats_paid", doc="seats of its largest live subscription of that family",
        ),
        "option_value": Fact(
            kind="money", unit="money", needs=(*_OPTIONS, "subscription.seats_paid", "product.list_price"),
            doc="the option for all of those seats a year: list price x option_plan_seats x 12 (a flat price x 12); "
            "NULL where the list price has no rate to the account's currency",
        ),
    },
    table=option,
)  # fmt: skip
"""Options of its plans that an account lacks."""
