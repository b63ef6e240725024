"""How many of the seats that an account pays for are in use."""

from typing import TYPE_CHECKING

import ibis.expr.types as ir
from ibis import _

from leads.facts.family import Fact, Family
from leads.facts.idioms import attach, best, total

if TYPE_CHECKING:
    from leads.facts.ground import Ground


def seats(ground: "Ground") -> ir.Table:
    """One row an account and plan whose use is known; the facts of SEATS."""
    known = _known(ground).filter(_.product.notnull())
    sums = known.group_by("account_id", "product").aggregate(product_seats=total(_.seats), product_used=total(_.used))
    largest = best(known, "account_id", "product", value="seats").select(
        "account_id", "product", seat_record="id", seat_price="price", record_seats="seats", record_used="used"
    )
    return attach(_percent(sums, "product_used", "product_seats", "used_percent"), largest, "account_id", "product")


def utilisation(ground: "Ground") -> ir.Table:
    """One row an account that has a plan whose use is known; the facts of UTILISATION."""
    sums = _known(ground).group_by("account_id").aggregate(seats_total=total(_.seats), seats_used_total=total(_.used))
    return _percent(sums, "seats_used_total", "seats_total", "utilisation_percent")


def _known(ground: "Ground") -> ir.Table:
    return ground.subscriptions.filter(_.live & _.seats.notnull() & _.used.notnull() & ~_.is_option)


def _percent(rows: ir.Table, used: str, seats: str, name: str) -> ir.Table:
    return rows.mutate(**{name: (_[used] * 100 / _[seats].nullif(0)).floor().cast("int64")})


_NEEDS = ("subscription.seats_paid", "subscription.seats_used")
_OF_PRODUCT = (*_NEEDS, "subscription.product_id")

SEATS = Family(
    name="seats",
    grain="owned",
    facts={
        "product_seats": Fact(
            kind="integer", unit="seats", needs=_OF_PRODUCT,
            doc="seats of its live subscriptions of the plan whose use is known; options apart",
        ),
        "product_used": Fact(
            kind="integer", unit="seats", needs=_OF_PRODUCT, doc="seats in use of those in product_seats"
        ),
        "used_percent": Fact(
            kind="integer", unit="percent", needs=_OF_PRODUCT,
            doc="product_used x 100 / product_seats, rounded down; over 100 where more are in use than paid for",
        ),
        "seat_price": Fact(
            kind="money", unit="money", needs=(*_OF_PRODUCT, "subscription.unit_price|product.list_price"),
            doc="price of a seat a month in the largest of those subscriptions: subscription.unit_price, else "
            "product.list_price; NULL in a currency other than the account's",
        ),
        "record_seats": Fact(
            kind="integer", unit="seats", needs=_OF_PRODUCT, record="seat_record", field="subscription.seats_paid",
            doc="seats paid in the largest of those subscriptions (ties: smallest id)",
        ),
        "record_used": Fact(
            kind="integer", unit="seats", needs=_OF_PRODUCT, record="seat_record", field="subscription.seats_used",
            doc="seats in use in the largest of those subscriptions",
        ),
    },
    table=seats,
)  # fmt: skip
"""Seats of each plan an account pays for."""

UTILISATION = Family(
    name="utilisation",
    grain="account",
    facts={
        "seats_total": Fact(
            kind="integer", unit="seats", needs=_NEEDS,
            doc="seats of its live plans whose use is known; options apart",
        ),
        "seats_used_total": Fact(
            kind="integer", unit="seats", needs=_NEEDS, doc="seats in use of those in seats_total"
        ),
        "utilisation_percent": Fact(
            kind="integer", unit="percent", needs=_NEEDS,
            doc="seats_used_total x 100 / seats_total, rounded down; NULL where no use is known",
        ),
    },
    table=utilisation,
)  # fmt: skip
"""The same over all plans of an account."""
