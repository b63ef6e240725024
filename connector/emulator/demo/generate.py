"""The demo world: an example company with some 300 customers, generated from a seed and the cast."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

from connector.emulator.demo import history, standing
from connector.emulator.demo.cast import (
    CAST,
    HIERARCHY,
    LEAST_ACCOUNTS,
    ORDINARY,
    RENEWALS,
    SCHOOL_PLANS,
    UNSERVED,
    Part,
)
from connector.emulator.demo.catalogue import owners, products
from connector.emulator.demo.model import Rate, World
from connector.emulator.demo.profile import Place, decide

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; the emulated clock starts here."""

_CHANGE = date(2025, 7, 1)
RATES = (
    Rate(currency="EUR", since=None, worth=1.6),
    Rate(currency="EUR", since=_CHANGE, worth=1.25),
    Rate(currency="JPY", since=None, worth=0.008),
    Rate(currency="JPY", since=_CHANGE, worth=0.00625),
)
"""Plainly made up. Either way round they have few decimals, so that both CRMs can say them exactly."""


def generate(seed: int = 7, accounts: int = 300) -> World:
    """The demo world. The same arguments give the same world, value for value.

    Raises ValueError if `accounts` cannot hold the whole cast (`cast.LEAST_ACCOUNTS`).
    """
    if accounts < LEAST_ACCOUNTS:
        raise ValueError(f"the cast needs {LEAST_ACCOUNTS} accounts or more, not {accounts}")
    parts = (*CAST, Part(name="ordinary", count=accounts - LEAST_ACCOUNTS, recipe=ORDINARY))
    places = tuple(_places(parts))
    customers = [decide(place, seed=seed, today=AT.date()) for place in places]
    return World(
        name="demo",
        at=AT,
        currency="USD",
        owners=owners(),
        products=products(),
        accounts=tuple(standing.account(customer) for customer in customers),
        contacts=tuple(row for customer in customers for row in standing.contacts(customer)),
        subscriptions=tuple(row for customer in customers for row in standing.subscriptions(customer)),
        deals=tuple(row for customer in customers for row in history.deals(customer)),
        cases=tuple(row for customer in customers for row in history.cases(customer)),
        activities=tuple(row for customer in customers for row in history.activities(customer)),
        usage=tuple(row for customer in customers for row in history.usage(customer)),
        feedback=tuple(row for customer in customers for row in history.feedback(customer)),
        engagement=tuple(row for customer in customers for row in history.engagement(customer)),
        proposals=tuple(row for customer in customers for row in history.proposals(customer)),
        rates=RATES,
        cast=MappingProxyType({part.name: _keys(places, part.name) for part in parts}),
    )


def _places(parts: Iterable[Part]) -> Iterator[Place]:
    number = 0
    for part in parts:
        first = number + 1
        for place in range(part.count):
            number += 1
            yield _special(Place(number=number, part=part.name, recipe=part.recipe), place, first)


def _special(seat: Place, place: int, first: int) -> Place:
    """What differs between the accounts of one part: their parents, the days to their renewals, their plans."""
    if seat.part == "group_wide":
        parent = f"a{first + HIERARCHY[place]:03}" if place in HIERARCHY else None
        return replace(seat, parent=parent, recipe=replace(seat.recipe, pays=place not in UNSERVED))
    if seat.part == "renewal_window":
        return replace(seat, recipe=replace(seat.recipe, renewal_in=RENEWALS[place]))
    if seat.part == "attribute_buyers":
        return replace(seat, recipe=replace(seat.recipe, plan=SCHOOL_PLANS[place]))
    return seat


def _keys(places: Iterable[Place], part: str) -> tuple[str, ...]:
    return tuple(place.key for place in places if place.part == part)
