"""What a customer is and has today: the account, its people and its subscriptions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from connector.emulator.demo.model import Account, Contact, Refusal, Subscription
from connector.emulator.demo.profile import Profile

_TERM = timedelta(days=364)
_DAY = timedelta(days=1)
_REFUSALS: dict[str, tuple[Refusal, ...]] = {
    "no_phone": ("phone",),
    "no_email": ("email",),
    "refuse_everything": ("phone", "email", "everything"),
}


def account(profile: Profile) -> Account:
    """The customer itself."""
    recipe = profile.recipe
    started = profile.customer_since if recipe.pays and recipe.onboarding != "untracked" else None
    known = recipe.employees != "missing"
    return Account(
        key=profile.key,
        name=profile.name,
        industry=profile.industry,
        country=profile.country,
        currency=profile.currency,
        parent=profile.place.parent,
        owner=profile.owner,
        employees=profile.employees if known else None,
        employees_reported=_reported(profile),
        free_users=recipe.free_users,
        do_not_contact=recipe.do_not_contact,
        legal_hold=recipe.legal_hold,
        invoice_overdue=recipe.invoice_overdue,
        customer_since=profile.customer_since if recipe.pays else None,
        onboarding_started=started,
        onboarding_completed=_completed(profile),
    )


def contacts(profile: Profile) -> tuple[Contact, ...]:
    """A decision maker, and a champion or user; where the part refuses something, both do."""
    if profile.recipe.people == "none":
        return ()
    refuses = _REFUSALS.get(profile.recipe.people, ())
    first = _person(profile, 1)
    second = _person(profile, 2)
    gone = profile.recipe.champion_left
    left_on = None if gone is None else profile.ago(gone)
    role: Literal["champion", "user"] = "champion" if gone is not None or profile.place.number % 3 else "user"
    return (
        replace(first, title="Head of Operations", role="decision_maker", refuses=refuses),
        replace(second, title="Team Lead", role=role, refuses=refuses, left_on=left_on),
    )


def subscriptions(profile: Profile) -> tuple[Subscription, ...]:
    """The current term, the terms before it back to the first day, and a cancelled option where there is one."""
    return (*_terms(profile), *_cancelled_option(profile)) if profile.recipe.pays else ()


def _reported(profile: Profile) -> int | None:
    if profile.recipe.employees == "conflicting":
        return profile.employees * 3
    return profile.employees if profile.place.number % 4 == 0 and profile.recipe.employees == "known" else None


def _completed(profile: Profile) -> date | None:
    if profile.recipe.onboarding != "done" or not profile.recipe.pays:
        return None
    return min(profile.customer_since + timedelta(days=35), profile.ago(1))


def _person(profile: Profile, place: int) -> Contact:
    number = f"{profile.place.number * 10 + place:04}"
    return Contact(
        key=f"c{number}",
        account=profile.key,
        first_name="担当" if profile.country == "Japan" else "Contact",
        last_name=number,
        title="",
        email=f"contact{number}@a{profile.place.number:03}.example",
        role="other",
    )


def _terms(profile: Profile) -> Iterator[Subscription]:
    recipe = profile.recipe
    ends_on = profile.ago(-profile.renewal_in)
    starts_on = max(ends_on - _TERM, profile.customer_since)
    yield _term(profile, profile.plan, profile.seats, starts_on, ends_on, number=1)
    earlier = max(5, round(profile.seats * recipe.earlier))
    number = 2
    while starts_on > profile.customer_since:
        ends_on = starts_on - _DAY
        starts_on = max(ends_on - _TERM, profile.customer_since)
        yield _term(profile, recipe.earlier_plan or profile.plan, earlier, starts_on, ends_on, number=number)
        number += 1


def _term(profile: Profile, product: str, seats: int, starts_on: date, ends_on: date, *, number: int) -> Subscription:
    recipe = profile.recipe
    return Subscription(
        key=f"s{profile.place.number:03}-{number}",
        account=profile.key,
        product=product,
        seats_paid=seats if recipe.seats_known else None,
        seats_used=min(seats, profile.seats_used) if recipe.seats_known else None,
        unit_price=profile.price(product) if recipe.priced else 0.0,
        starts_on=starts_on,
        ends_on=ends_on,
        auto_renews=recipe.auto_renews,
    )


def _cancelled_option(profile: Profile) -> tuple[Subscription, ...]:
    option = profile.recipe.cancelled_option
    if option is None:
        return ()
    bought = profile.ago(min(300, profile.tenure))
    gone = _term(profile, option, profile.seats, bought, profile.ago(14), number=9)
    return (replace(gone, cancelled=True),)
