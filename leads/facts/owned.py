"""What an account has or had, and what a product is worth a year to those who buy it."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import NO, attach, best
from leads.facts.revenue import MONTHS
from leads.inputs import Inputs


def owned(inputs: Inputs, subscriptions: ir.Table, bought: ir.Table) -> ir.Table:
    """One row an account and product it ever paid for: live, the subscription or purchase it was read from."""
    rows = subscriptions.filter(_.product.notnull())
    ever = rows.group_by("account_id", "product").aggregate(live=_.live.any())
    live = rows.filter(_.live).group_by("account_id", "product").aggregate(owned_record=_.id.min())
    held = attach(ever, live, "account_id", "product").select("account_id", "product", "live", "owned_record")
    once = bought.select("account_id", "product", live=NO, owned_record=ibis.null("string")).anti_join(
        held, ("account_id", "product")
    )
    every = ibis.union(held, once)
    past = bought.select("account_id", "product", "bought_on", "bought_record")
    return inputs.stage("owned", attach(every, past, "account_id", "product"))


def worth(inputs: Inputs, subscriptions: ir.Table, codes: ir.Table) -> ir.Table:
    """What a customer of a product pays a year, by currency: product, currency, worth (mean, minor units).

    From live subscriptions or from the purchases of the last year, whichever more customers stand behind.
    """
    live = subscriptions.filter(_.live & (_.monthly > 0) & _.product.notnull())
    lines = inputs.tables["purchase"].filter((_.amount > 0) & (_.bought_on > inputs.day(365)))
    lines = attach(lines, codes, "product_id").filter(_.product.notnull())
    lines = lines.mutate(currency=ibis.coalesce(_.currency, inputs.rules.mapping.company.currency))
    both = ibis.union(_mean(live, _.monthly * MONTHS, rank=1), _mean(lines, _.amount, rank=0))
    return inputs.stage("worth", best(both, "product", "currency", value="rank", id="worth").drop("rank"))


def _mean(rows: ir.Table, amount: ir.IntegerValue, rank: int) -> ir.Table:
    return rows.group_by("product", "currency").aggregate(
        worth=(amount.sum() / _.account_id.nunique()).floor().cast("int64"),
        rank=_.account_id.nunique() * 2 + rank,
    )


def untried(offers: ir.Table, owned: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """Offers (account_id, product, family, ...) without what the account has or had, or a plan of a family it has."""
    fresh = offers.anti_join(owned, ("account_id", "product"))
    families = subscriptions.filter(_.live & _.family.notnull() & ~_.is_option)
    rivals = families.select("account_id", "family").distinct()
    same = fresh.filter(~_.is_option).semi_join(rivals, ("account_id", "family"))
    return fresh.anti_join(same, ("account_id", "product"))
