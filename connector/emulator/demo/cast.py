"""Who plays what in the demo world: one line a part, so that every strategy and every gate has its accounts.

A part is a recipe; what it does not say is ordinary: a customer of some 15 months on a middle plan that most
employees have, with what goes well with it, well used, no trouble, last bought seven weeks ago, last spoken to six
weeks ago, renewal far away. Parts that exist to be refused carry the `seat_limit` signal (95 % of the seats used),
so that there is a lead to refuse. `ordinary` fills the world up to the number of accounts asked for.
"""

from dataclasses import dataclass, replace
from typing import Literal

PLAN = "plan"
"""Stands for the account's own plan where a recipe names a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to cook one account. Days count back from today, except `renewal_in`, which counts ahead."""

    plan: str | None = "CORE-STD"
    """None: one of the usual plans."""
    pays: bool = True
    completed: bool = True
    """The first deal included what the plan's entry in the catalogue declares as its complements."""
    industry: str | None = None
    employees: Literal["known", "missing", "conflicting"] = "known"
    size: tuple[int, int] = (80, 700)
    penetration: float = 0.62
    used: float = 0.72
    free_users: int = 0
    renewal_in: int | None = None
    """None: far away, seven to eleven months."""
    auto_renews: bool = False
    earlier: float = 0.9
    earlier_plan: str | None = None
    cancelled_option: str | None = None
    priced: bool = True
    seats_known: bool = True
    tenure: int = 460
    won: tuple[tuple[int, str], ...] = ((48, PLAN), (170, PLAN), (300, PLAN))
    lost: tuple[tuple[int, str], ...] = ()
    open_deals: tuple[str, ...] = ()
    usage: Literal["steady", "falling"] = "steady"
    nps: tuple[tuple[int, int], ...] = ()
    csat: tuple[tuple[int, int], ...] = ()
    severe_case: bool = False
    cases: tuple[int, ...] = ()
    onboarding: Literal["done", "open", "stuck", "untracked"] = "done"
    contacted: int = 42
    tasks: tuple[tuple[int, str, bool], ...] = ()
    """(days ago, product, closed): selling tasks that people made."""
    people: Literal["plain", "none", "no_phone", "no_email", "refuse_everything"] = "plain"
    owner: Literal["csm", "inactive", "none"] = "csm"
    do_not_contact: bool = False
    legal_hold: bool = False
    invoice_overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part in the play: its name, how many accounts have it, and their recipe."""

    name: str
    count: int
    recipe: Recipe


def _part(name: str, count: int, recipe: Recipe) -> Part:
    return Part(name=name, count=count, recipe=recipe)


ORDINARY = Recipe(plan=None)
_FULL = Recipe(used=0.95)
_CLINIC = Recipe(plan="ANL-TEAM", industry="Healthcare")
_SEVERE_RISK = replace(_FULL, usage="falling", severe_case=True, nps=((100, 9), (12, 4)))

EXPANSION = (
    _part("free_to_paid", 6, Recipe(free_users=45, penetration=0.3)),
    _part("company_wide", 8, Recipe(size=(500, 1200), penetration=0.07)),
    _part("group_wide", 12, Recipe(size=(200, 700))),
    _part("seat_limit", 6, _FULL),
    _part("seat_limit_exactly_90", 2, Recipe(size=(200, 200), penetration=0.6, used=0.9)),
)

UPSELL = (
    _part("higher_plan", 5, Recipe(plan="CORE-LITE", penetration=0.97, used=0.97)),
    _part("option_buyers", 20, Recipe(plan="CORE-ENT", won=((75, "CORE-AUDIT"), (190, PLAN), (320, PLAN)))),
    _part("option_affinity", 5, Recipe(plan="CORE-ENT")),
    _part("renewal_window", 8, Recipe(plan="CORE-STD", renewal_in=60)),
    _part("renewal_too_early", 2, Recipe(renewal_in=121)),
    _part("renewal_too_late", 2, Recipe(renewal_in=59)),
    _part("budget_season", 4, Recipe(tenure=900, won=tuple((n, PLAN) for n in (281, 286, 643, 653)))),
)

CROSS_SELL = (
    _part("affinity_buyers", 30, Recipe(plan="CORE-PRO", won=((55, "SEC-EDR"), (150, PLAN), (310, PLAN)))),
    _part("affinity", 6, Recipe(plan="CORE-PRO")),
    _part("complement", 6, Recipe(plan="SUITE-PRO", completed=False)),
    _part("attribute_buyers", 14, replace(_CLINIC, won=((90, "SEC-AUDIT"), (200, PLAN)))),
    _part("attribute_fit", 5, _CLINIC),
    _part("just_bought", 6, Recipe(plan="CORE-PRO", completed=False, won=((9, PLAN), (120, PLAN), (260, PLAN)))),
    _part("just_bought_when_young", 2, Recipe(plan="CORE-PRO", completed=False, tenure=20, won=())),
    _part("just_delighted", 5, Recipe(plan="SUITE-PRO", completed=False, nps=((10, 10),), csat=((14, 5),))),
    _part("inquiries_up", 4, Recipe(cases=(3, 6, 9, 13, 18, 24, 60, 95, 150))),
)

CHURN = (
    _part("seat_reduction", 4, Recipe(earlier=1.667, renewal_in=345)),
    _part("downgrade", 3, Recipe(plan="CORE-LITE", earlier=1.0, earlier_plan="CORE-PRO", renewal_in=345)),
    _part("option_cancelled", 3, Recipe(cancelled_option="CORE-SSO")),
    _part("usage_drop", 4, Recipe(usage="falling")),
    _part("nps_fall", 3, Recipe(nps=((100, 9), (15, 7)))),
    _part("nps_detractor", 2, Recipe(nps=((100, 8), (15, 5)))),
    _part("severe_case", 4, Recipe(severe_case=True)),
    _part("onboarding_open", 4, Recipe(used=0.95, tenure=75, onboarding="open", won=())),
    _part("onboarding_stuck", 3, Recipe(tenure=150, onboarding="stuck", won=((100, PLAN),))),
    _part("no_contact", 4, Recipe(contacted=130)),
    _part("downsell", 4, Recipe(used=0.35, renewal_in=80)),
    _part("declined_three", 3, Recipe(lost=((20, PLAN), (60, "SEC-MAIL"), (110, "TRN-ADMIN")))),
    _part("high_risk", 4, _SEVERE_RISK),
    _part("held_by_risk", 4, replace(_FULL, usage="falling")),
)

GATES = (
    _part("employees_missing", 3, replace(_FULL, employees="missing")),
    _part("employees_conflicting", 3, replace(_FULL, employees="conflicting")),
    _part("do_not_contact", 3, replace(_FULL, do_not_contact=True)),
    _part("no_phone", 3, replace(_FULL, people="no_phone")),
    _part("no_email", 3, replace(_FULL, people="no_email")),
    _part("refuse_everything", 3, replace(_FULL, people="refuse_everything")),
    _part("open_opportunity", 4, replace(_FULL, open_deals=(PLAN,))),
    _part("open_task", 3, replace(_FULL, tasks=((-5, PLAN, False),))),
    _part("recent_selling", 3, replace(_FULL, tasks=((8, PLAN, True),))),
    _part("declined_once", 3, replace(_FULL, lost=((60, PLAN),))),
    _part("declined_twice", 3, replace(_FULL, lost=((200, PLAN), (350, PLAN)))),
    _part("declined_long_ago", 3, replace(_FULL, lost=((200, PLAN),))),
    _part("invoice_overdue", 3, replace(_FULL, invoice_overdue=True)),
    _part("legal_hold", 3, replace(_FULL, legal_hold=True)),
    _part("young", 3, replace(_FULL, tenure=40, won=())),
    _part("no_owner", 3, replace(_FULL, owner="none")),
    _part("inactive_owner", 3, replace(_FULL, owner="inactive")),
    _part("no_contacts", 3, replace(_FULL, people="none")),
    _part("price_zero", 3, replace(_FULL, plan="PILOT-KIT", priced=False)),
    _part("seats_missing", 3, replace(_FULL, seats_known=False)),
    _part("bought_long_ago", 4, replace(_FULL, tenure=800, won=((500, PLAN),))),
    _part("quiet", 14, Recipe(plan="SUITE-ENT", penetration=1.0, tenure=900, won=((430, PLAN), (700, PLAN)))),
)

CAST = (*EXPANSION, *UPSELL, *CROSS_SELL, *CHURN, *GATES)
LEAST_ACCOUNTS = sum(part.count for part in CAST)
"""Fewer accounts cannot hold the whole cast."""

HIERARCHY = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 7: 6, 8: 6, 9: 6, 10: 11, 11: 10}
"""Parents inside `group_wide`, by place: three levels (0 to 5), two levels (6 to 9), a cycle of two (10, 11)."""

UNSERVED = frozenset({3, 4, 5, 8, 9, 11})
"""Members of `group_wide`, by place, that pay for nothing yet."""

RENEWALS = (60, 75, 90, 105, 119, 120, 61, 82)
"""Days to the renewal of the `renewal_window` accounts, by place: both ends of the window are among them."""
