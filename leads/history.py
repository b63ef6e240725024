"""What was known of an account and a product on a day: only what had happened before that day."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.encoding import COLUMNS
from leads.facts.ground import Ground
from leads.facts.idioms import attach, attach_all, days, yes

_ONE, _NONE = ibis.literal(1, "int64"), ibis.literal(0, "int64")


def closed(ground: Ground) -> ir.Table:
    """Opportunities decided on a day up to today, with won (0 or 1)."""
    rows = ground.inputs.tables["opportunity"].filter(yes(_.is_closed) & (_.closes_on <= ground.inputs.day(0)))
    return rows.mutate(won=yes(_.is_won).cast("int64"))


def deals(ground: Ground) -> ir.Table:
    """Decided deals: id, account_id, product, day, on (the day of the decision, up to today) and won (0 or 1).

    `day` is the one on which the deal began, as far as the CRM says: what is known once it is decided is no forecast.
    """
    began = ibis.least(ibis.coalesce(_.created_on, _.closes_on), _.closes_on)
    rows = attach(closed(ground), ground.codes, "product_id")
    return rows.select("id", "account_id", "product", "won", day=began, on="closes_on")


def described(ground: Ground, asked: ir.Table) -> ir.Table:
    """The rows of `asked` (account_id, product, day, ...) with the columns of COLUMNS, each as of the row's own day.

    industry, family, product: as they are now, the CRM keeps no history of them; band: size band by employees;
    month: of the day; wins_before, losses_before: deals of the account decided before (wins: other purchases too);
    since_days: since the last win; tenure_days: since it became a customer, by customer_since or its first win;
    customer: 1 where it was one.
    """
    inputs, bands = ground.inputs, ground.numbers("headroom")
    limits = [int(bands[f"band_{place}"]) for place in (1, 2, 3, 4)]
    accounts = inputs.tables["account"].select(
        "industry", "customer_since", account_id="id", band=_band(limits),
    )  # fmt: skip
    rows = attach_all(
        asked,
        (accounts, ("account_id",)),
        (ground.products.select("product", "family"), ("product",)),
        (_before(ground, asked), ("account_id", "day")),
    )
    began = ibis.least(ibis.coalesce(_.customer_since, _.first_won), ibis.coalesce(_.first_won, _.customer_since))
    tenure = days(_.day, began)
    rows = rows.mutate(tenure=tenure, since=days(_.day, _.last_won))
    return rows.select(
        *asked.columns, *(name for name in COLUMNS if name in rows.columns and name not in asked.columns),
        month=_.day.month().cast("string"),
        tenure_days=ibis.cases((_.tenure > 0, _.tenure)),
        since_days=_.since,
        customer=yes(_.tenure > 0).cast("int64"),
    )  # fmt: skip


def _band(limits: list[int]) -> ir.StringValue:
    steps = [(_.employees < limit, str(place)) for place, limit in enumerate(limits)]
    return ibis.cases((ibis.coalesce(_.employees, 0) <= 0, ibis.null("string")), *steps, else_=str(len(limits)))


def _before(ground: Ground, asked: ir.Table) -> ir.Table:
    """For every account and day asked about, what was decided before it: counts, the first win and the last."""
    wanted = asked.select("account_id", "day").distinct()
    happened = ibis.union(_decisions(ground), _baskets(ground), wanted.mutate(won=_NONE, lost=_NONE))
    by_day = happened.group_by("account_id", "day").aggregate(won=_.won.sum(), lost=_.lost.sum())
    won_on = ibis.cases((_.won > 0, _.day))
    earlier = ibis.window(group_by="account_id", order_by="day", preceding=(None, 1))
    known = by_day.mutate(won_on=won_on).select(
        "account_id", "day",
        wins_before=ibis.coalesce(_.won.sum().over(earlier), 0).cast("int64"),
        losses_before=ibis.coalesce(_.lost.sum().over(earlier), 0).cast("int64"),
        first_won=_.won_on.min().over(earlier),
        last_won=_.won_on.max().over(earlier),
    )  # fmt: skip
    return known.semi_join(wanted, ("account_id", "day"))


def _decisions(ground: Ground) -> ir.Table:
    return closed(ground).select("account_id", day=_.closes_on, won=_.won, lost=1 - _.won)


def _baskets(ground: Ground) -> ir.Table:
    """Purchases that no deal of the CRM stands behind, one a basket: those of a deal are counted with it."""
    lines = ground.inputs.tables["purchase"].filter(_.bought_on <= ground.inputs.day(0))
    known = ground.inputs.tables["opportunity"].select(opportunity_id="id")
    loose = lines.anti_join(known, "opportunity_id")
    baskets = loose.select("account_id", "opportunity_id", day="bought_on").distinct()
    return baskets.select("account_id", "day", won=_ONE, lost=_NONE)
