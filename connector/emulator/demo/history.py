"""What a customer did and said: deals, cases, activities, usage and answers to surveys."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal

from connector.emulator.demo.cast import PLAN
from connector.emulator.demo.model import (
    Activity,
    ActivityKind,
    Case,
    Deal,
    Engagement,
    EngagementKind,
    Feedback,
    Line,
    Proposal,
    Usage,
)
from connector.emulator.demo.profile import PRODUCTS, Profile

WEEKS = 12
"""Weeks of usage before today, one figure a week."""
_FALL_WEEKS = 4
_KINDS: tuple[ActivityKind, ...] = ("meeting", "call", "email")
_FLAT_PRICE_USD = 40.0
"""From this price on a product is bought once, not by the head."""
_WIN_RATES = {
    "Manufacturing": 0.55,
    "Technology": 0.45,
    "Transportation": 0.3,
    "Retail": 0.35,
    "Healthcare": 0.5,
    "Finance": 0.4,
    "Education": 0.48,
}
"""Of what was decided, the share that was won."""
_WEIGHTS: dict[EngagementKind, float | None] = {
    "page_view": 1.0,
    "pricing_view": 3.0,
    "help_view": 2.0,
    "mail_click": None,
    "locked_feature": 3.0,
}
"""What the company's own tools put beside each event; a campaign puts nothing beside a click."""
_MISSED_AGO = (200, 720)
"""Days since an offer was turned down: long enough that it holds nothing back today."""


def deals(profile: Profile) -> tuple[Deal, ...]:
    """The first purchase, the later ones, what was lost, and what is still open."""
    recipe = profile.recipe
    if not recipe.pays:
        return ()
    bought = [(profile.tenure, PLAN), *((_about(profile, days), code) for days, code in recipe.won)]
    won = tuple(_deal(profile, days, code, "won") for days, code in bought)
    return (
        *won,
        *(_missed(profile, won) if not recipe.lost else ()),
        *(_deal(profile, days, code, "lost") for days, code in recipe.lost),
        *(_deal(profile, -30, code, "open") for code in recipe.open_deals),
    )


def cases(profile: Profile) -> tuple[Case, ...]:
    """Those the part needs, and a solved one or two of long ago."""
    usual = [profile.dice.between(45, 330, f"case {n}") for n in range(profile.dice.between(0, 2, "cases"))]
    days = sorted({day for day in (*profile.recipe.cases, *usual) if day < profile.tenure})
    found = [_case(profile, day) for day in days]
    if profile.recipe.severe_case:
        found.append(
            Case(
                key=f"q{profile.place.number:03}-severe",
                account=profile.key,
                contact=profile.contact,
                subject="Nobody can sign in",
                severity="high",
                opened_on=profile.ago(6),
            )
        )
    return tuple(found)


def activities(profile: Profile) -> tuple[Activity, ...]:
    """The last conversations, and the selling tasks that people made."""
    return (*_conversations(profile), *_tasks(profile))


def usage(profile: Profile) -> tuple[Usage, ...]:
    """Twelve weeks of active users: level within 4 %, or halved in the last four weeks."""
    found: list[Usage] = []
    if not profile.recipe.pays:
        return ()
    for week in reversed(range(WEEKS)):
        level = 0.5 if profile.recipe.usage == "falling" and week < _FALL_WEEKS else 1.0
        share = level * (0.96 + 0.08 * profile.dice.share(f"usage {week}"))
        found.append(
            Usage(
                account=profile.key,
                product=profile.plan,
                on=profile.ago(1 + 7 * week),
                quantity=max(1, round(profile.seats_used * share)),
            )
        )
    return tuple(found)


def feedback(profile: Profile) -> tuple[Feedback, ...]:
    """The part's answers; of the others, every third is satisfied and has always been."""
    recipe = profile.recipe
    nps = recipe.nps
    if not nps and not recipe.csat and profile.place.number % 3 == 0 and profile.tenure > 260:
        nps = ((250, 8), (70, 8))
    return (
        *(_answer(profile, "nps", days, score) for days, score in nps),
        *(_answer(profile, "csat", days, score) for days, score in recipe.csat),
    )


def engagement(profile: Profile) -> tuple[Engagement, ...]:
    """What the first contact looked at, clicked and tried."""
    return tuple(
        Engagement(
            account=profile.key,
            contact=profile.contact,
            product=profile.code(product),
            kind=kind,
            on=profile.ago(days),
            weight=_WEIGHTS[kind],
        )
        for days, kind, product in profile.recipe.interest
    )


def proposals(profile: Profile) -> tuple[Proposal, ...]:
    """What Tossup proposed in the past; a product that a specialist sells was tossed up."""
    return tuple(
        Proposal(
            key=f"p{profile.place.number:03}-{place}",
            account=profile.key,
            play=play,
            product=profile.code(product),
            contact=profile.contact,
            owner=profile.owner,
            subject=f"Propose {PRODUCTS[profile.code(product)].name}",
            on=profile.ago(days),
            outcome=outcome,
            is_tossup=PRODUCTS[profile.code(product)].specialist is not None,
        )
        for place, (days, play, product, outcome) in enumerate(profile.recipe.proposals)
    )


def _about(profile: Profile, days: int) -> int:
    """A few days more where the day is not what the part is about."""
    return days + profile.dice.between(0, 4, f"deal {days}") if days > 40 else days


def _deal(profile: Profile, days: int, product: str, outcome: Literal["open", "won", "lost"]) -> Deal:
    code = profile.code(product)
    closes_on = profile.ago(days)
    created_on = profile.ago(12) if outcome == "open" else closes_on - timedelta(days=30)
    first = outcome == "won" and days == profile.tenure
    return Deal(
        key=f"d{profile.place.number:03}-{outcome}-{days}-{code}",
        account=profile.key,
        name=f"{profile.name}: {PRODUCTS[code].name}",
        owner=profile.owner,
        outcome=outcome,
        created_on=created_on,
        closes_on=closes_on,
        lines=tuple(_lines(profile, code, first=first)),
    )


def _missed(profile: Profile, won: Iterable[Deal]) -> Iterator[Deal]:
    """Offers turned down before the account bought the same after all, as many as its industry's win rate says.

    Those for its own plan name no product, so that nobody takes them for a refusal of more seats.
    """
    rate = _WIN_RATES[profile.industry]
    for place, line in enumerate(deal.lines[0] for deal in won):
        for turn in range(int((1 - rate) / rate + profile.dice.share(f"missed {place}"))):
            closes_on = profile.ago(profile.dice.between(*_MISSED_AGO, f"missed {place} {turn}"))
            yield Deal(
                key=f"d{profile.place.number:03}-missed-{place}-{turn}",
                account=profile.key,
                name=f"{profile.name}: {PRODUCTS[line.product].name}",
                owner=profile.owner,
                outcome="lost",
                created_on=closes_on - timedelta(days=30),
                closes_on=closes_on,
                lines=() if line.product == profile.plan else (line,),
                offered=line.quantity * line.unit_price,
            )


def _lines(profile: Profile, code: str, *, first: bool) -> Iterator[Line]:
    yearly = 12 * profile.price(code) if profile.recipe.priced else 0.0
    yield Line(product=code, quantity=_quantity(profile, code, first=first), unit_price=yearly)
    if first and profile.recipe.completed:
        for complement in PRODUCTS[code].complements:
            quantity = _quantity(profile, complement, first=False)
            yield Line(product=complement, quantity=quantity, unit_price=12 * profile.price(complement))
    if first and profile.place.number % 5 == 0:
        yield Line(product="ONB-PLUS", quantity=1, unit_price=profile.price("ONB-PLUS"))


def _quantity(profile: Profile, code: str, *, first: bool) -> int:
    if first:
        return profile.seats
    if profile.listed(code) >= _FLAT_PRICE_USD:
        return 1
    return max(1, profile.seats // (10 if code == profile.plan else 2))


def _case(profile: Profile, days: int) -> Case:
    return Case(
        key=f"q{profile.place.number:03}-{days}",
        account=profile.key,
        contact=profile.contact,
        subject=f"Question {days:03}",
        severity="normal" if days % 3 else "low",
        opened_on=profile.ago(days),
        closed_on=profile.ago(days - 2) if days > 2 else None,
    )


def _conversations(profile: Profile) -> Iterator[Activity]:
    last = min(profile.recipe.contacted, profile.tenure // 2)
    for place, days in enumerate((last, last + 60, last + 150)):
        if days < profile.tenure:
            yield Activity(
                key=f"t{profile.place.number:03}-{place}",
                account=profile.key,
                contact=profile.contact,
                owner=profile.owner,
                kind=profile.dice.pick(_KINDS, f"activity {place}"),
                subject=f"Check-in {place + 1}",
                on=profile.ago(days),
                is_closed=True,
            )


def _tasks(profile: Profile) -> Iterator[Activity]:
    for place, (days, product, closed) in enumerate(profile.recipe.tasks):
        yield Activity(
            key=f"t{profile.place.number:03}-sell-{place}",
            account=profile.key,
            contact=profile.contact,
            owner=profile.owner,
            kind="task",
            subject=f"Propose {PRODUCTS[profile.code(product)].name} ({profile.code(product)})",
            on=profile.ago(days),
            is_closed=closed,
        )


def _answer(profile: Profile, kind: Literal["nps", "csat"], days: int, score: int) -> Feedback:
    return Feedback(account=profile.key, contact=profile.contact, kind=kind, score=score, on=profile.ago(days))
