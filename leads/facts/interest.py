"""Who shows interest in which product: what they looked at, clicked and tried, recent and dear things first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.currency import comparable
from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, best, days, total
from leads.facts.touches import latest
from leads.inputs import Inputs

if TYPE_CHECKING:  # the ground reads this module's neighbours
    from leads.facts.ground import Ground

RANKS = 5
"""Price ranks there are, 1 the cheapest."""
MICRO = 1_000_000
"""Scores are added up as whole millionths: engines add floats in an order of their own."""


def price_ranks(products: ir.Table) -> ir.Table:
    """One row a product: price_rank, 1 to 5, by the share of products still sold that have a lower list price.

    `products` hold list_price as it is compared: compared (minor units) and compared_in (its currency). A product
    without a price has rank 1.
    """
    sold = ibis.ifelse(_.is_active & _.compared.notnull(), 1, 0)
    rows = products.select("product", "compared", "compared_in", sold=sold)
    upto = ibis.window(group_by="compared_in", order_by="compared", range=(None, 0))
    here = ibis.window(group_by=["compared_in", "compared"])
    lower = (_.sold.sum().over(upto) - _.sold.sum().over(here)).cast("int64")
    rows = rows.mutate(lower=lower, n=_.sold.sum().over(ibis.window(group_by="compared_in")).cast("int64"))
    place = (_.lower * RANKS / _.n.nullif(0)).floor().cast("int64") + 1
    rank = ibis.cases((_.compared.isnull(), 1), else_=ibis.least(ibis.coalesce(place, 1), RANKS))
    return rows.select("product", price_rank=rank.cast("int64"))


def interest(inputs: Inputs, codes: ir.Table, products: ir.Table, numbers: Mapping[str, float]) -> ir.Table:
    """One row an account and product it showed interest in. Columns: see INTEREST_OFFER, and interest_micro."""
    seen = inputs.tables["engagement"].filter(_.on.between(inputs.day(int(numbers["days"])), inputs.day(0)))
    named = seen.inner_join(codes, "product_id")
    priced = comparable(inputs, products.rename(currency="product_currency"), "list_price")
    rows = attach(named, price_ranks(priced), "product").mutate(age=days(inputs.day(0), _.on))
    # as a float: Spark reads a number with a point as a decimal, and divides to six places
    decay = ibis.literal(2.0) ** (rows.age.cast("float64") / -float(numbers["half_life"]))
    score = ibis.coalesce(_.weight, 1.0) * ibis.coalesce(_.price_rank, 1) * decay
    rows = rows.select(
        "id", "account_id", "product", "contact_id", "kind", "on", micro=(score * MICRO).round().cast("int64")
    )
    kinds = {"pricing": "pricing_view", "help": "help_view", "mail": "mail_click", "locked": "locked_feature"}
    sums = latest(
        rows, "account_id", "product", on="on", day="interest_on", record="interest_record",
        interest_micro=total(_.micro),
        interest_events=_.id.count(),
        interest_contacts=_.contact_id.nunique(),
        **{f"interest_{name}": _.id.count(where=_.kind == kind) for name, kind in kinds.items()},
    )  # fmt: skip
    return sums.mutate(interest=_.interest_micro / MICRO)


def strongest(interest: ir.Table, owned: ir.Table, products: ir.Table) -> ir.Table:
    """One row an account: interest_total, and interest_product where it is interested in what it does not have.

    `interest` is what interest() gives, `owned` what an account pays for now (account_id, product, live).
    """
    sums = interest.group_by("account_id").aggregate(micro=total(_.interest_micro))
    sums = sums.select("account_id", interest_total=_.micro / MICRO)
    fresh = interest.semi_join(products.filter(_.is_active), "product")
    fresh = fresh.anti_join(owned.filter(_.live), ["account_id", "product"])
    top = best(fresh, "account_id", value="interest_micro", id="product")
    return attach(sums, top.select("account_id", interest_product="product"), "account_id")


def _offer(ground: "Ground") -> ir.Table:
    return interest(ground.inputs, ground.named, ground.products, ground.numbers("interest_offer"))


def _owned(ground: "Ground") -> ir.Table:
    return ground.family("interest_offer")


def _top(ground: "Ground") -> ir.Table:
    return strongest(ground.family("interest_offer"), ground.owned, ground.products)


_NEEDS = ("engagement.product_id",)


def _count(doc: str, unit: str = "times") -> Fact:
    return Fact(kind="integer", unit=unit, doc=f"{doc}, in the last days (90) days", needs=_NEEDS)


_FACTS: Mapping[str, Fact] = {
    "interest": Fact(
        kind="number",
        unit="points",
        doc="sum over what people there did about the product at most days (90) days ago, of weight x price rank x "
        "2^(-age in days / half_life (30)); the weight is 1 where none is given; the price rank is 1 + the whole "
        "fifths of the products still sold whose list price is lower at today's rates (1 to 5; 1 without a "
        "price; where its currency has no rate, among the products of that currency)",
        needs=_NEEDS,
    ),
    "interest_events": _count("page views, clicks and tries that are about the product"),
    "interest_pricing": _count("views of its price"),
    "interest_help": _count("views of its help pages"),
    "interest_mail": _count("clicks in mails about it"),
    "interest_locked": _count("tries of it while it is locked"),
    "interest_contacts": _count("different contacts who did any of that", unit="people"),
    "interest_on": Fact(
        kind="date",
        unit="date",
        doc="day of the last of them",
        needs=_NEEDS,
        record="interest_record",
        field="engagement.on",
    ),
}
INTEREST_OFFER = Family(
    name="interest_offer", grain="offer", facts=_FACTS, table=_offer, numbers={"days": 90, "half_life": 30}
)
INTEREST_OWNED = Family(name="interest_owned", grain="owned", facts=_FACTS, table=_owned, reads=("interest_offer",))
INTEREST_TOP = Family(
    name="interest_top",
    grain="account",
    reads=("interest_offer",),
    facts={
        "interest_product": Fact(
            kind="text",
            unit="product",
            doc="code of the product with the highest interest among those still sold that the account does not pay "
            "for now; among equals the first by code",
            needs=_NEEDS,
        ),
        "interest_total": Fact(
            kind="number", unit="points", doc="sum of interest over all products, paid for or not", needs=_NEEDS
        ),
    },
    table=_top,
)


def _next(ground: "Ground") -> ir.Table:
    """One row an account and plan it has: its interest in the next higher one; the facts of INTEREST_NEXT."""
    plans = ground.family("plan").select("account_id", "product", "next_product")
    shown = ground.family("interest_offer").select(
        "account_id", next_product="product", next_interest="interest", next_locked="interest_locked",
        next_interest_on="interest_on", next_interest_record="interest_record",
    )  # fmt: skip
    return plans.inner_join(shown, ["account_id", "next_product"]).drop("next_product")


_NEXT_NEEDS = (*_NEEDS, "product.family", "product.tier")
INTEREST_NEXT = Family(
    name="interest_next",
    grain="owned",
    reads=("plan", "interest_offer"),
    facts={
        "next_interest": Fact(kind="number", unit="points", needs=_NEXT_NEEDS, doc="interest in next_product"),
        "next_locked": Fact(kind="integer", unit="times", needs=_NEXT_NEEDS, doc="interest_locked of next_product"),
        "next_interest_on": Fact(
            kind="date", unit="date", needs=_NEXT_NEEDS, record="next_interest_record", field="engagement.on",
            doc="interest_on of next_product",
        ),
    },
    table=_next,
)  # fmt: skip
"""Interest of those who have a plan in the next higher one."""
