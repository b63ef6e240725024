"""Who plays what in the demo world: one line a part, so that every strategy and every gate has its accounts.

A part is a recipe; what it does not say is ordinary: a customer of some 15 months on a middle plan that most
employees have, with what goes well with it, well used, no trouble, last bought seven weeks ago, last spoken to six
weeks ago, renewal far away. Parts that exist to be refused carry the `seat_limit` signal (95 % of the seats used),
so that there is a lead to refuse. `ordinary` fills the world up to the number of accounts asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from connector.emulator.demo.model import EngagementKind, Outcome

Interest = tuple[tuple[int, EngagementKind, str], ...]
"""(days ago, what the first contact did, the product it was about)."""
Past = tuple[tuple[int, str, str, Outcome | None], ...]
"""(days ago, play, product, answer): tasks that Tossup wrote back then, all of them closed."""

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
    country: str | None = None
    """None, of industry and country: any. What is compared with list prices has their currency: the United States."""
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
    interest: Interest = ()
    proposals: Past = ()
    champion_left: int | None = None
    """Days since the champion left; None: still there, if there is one."""
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
_SCHOOL = Recipe(industry="Education")
_ROOM = Recipe(size=(300, 900), penetration=0.52)
"""More pay than can be called one department, fewer than elsewhere: seats are within reach."""
_AT_LIST_PRICE = "United States"
_SEVERE_RISK = replace(_FULL, usage="falling", severe_case=True, nps=((100, 9), (12, 4)))
_JANUARIES = (286, 651, 1017, 1382, 1747)
"""Days since the middle of each January: the next one begins in 60 days."""
_FOUND_WANTING: Interest = (
    (3, "locked_feature", "CORE-PRO"),
    (7, "locked_feature", "CORE-PRO"),
    (7, "help_view", "CORE-PRO"),
    (15, "locked_feature", "CORE-PRO"),
)
_SIGNATURES: Interest = (
    (4, "pricing_view", "SUITE-SIGN"),
    (6, "help_view", "SUITE-SIGN"),
    (11, "mail_click", "SUITE-SIGN"),
)
_BACKUP: Interest = (
    (2, "pricing_view", "SEC-BACKUP"),
    (5, "pricing_view", "SEC-BACKUP"),
    (9, "pricing_view", "SEC-BACKUP"),
    (12, "mail_click", "SEC-BACKUP"),
    (30, "page_view", "SEC-BACKUP"),
)
_MAILS: Interest = ((6, "mail_click", "TEL-IP"), (13, "mail_click", "TEL-IP"), (20, "mail_click", "TEL-IP"))
_THREE_NOES: Past = (
    (300, "seat_limit", PLAN, "declined"),
    (190, "paid_option", "CORE-SSO", "declined"),
    (75, "affinity_tossup", "SEC-MAIL", "declined"),
)
_TWO_NOES: Past = ((200, "seat_limit", PLAN, "declined"), (350, "seat_limit", PLAN, "declined"))
_WORKED: Past = (
    (330, "complement_tossup", "TRN-ADMIN", "accepted"),
    (210, "seat_limit", PLAN, "won"),
    (95, "renewal_window", PLAN, None),
)

EXPANSION = (
    _part("free_to_paid", 5, Recipe(free_users=45, penetration=0.3)),
    _part("company_wide", 6, Recipe(size=(500, 1200), penetration=0.07)),
    _part("group_wide", 12, Recipe(size=(200, 700))),
    _part("budget_season", 4, replace(_ROOM, tenure=1760, won=tuple((days, PLAN) for days in _JANUARIES))),
)

UPSELL = (
    _part("seat_limit", 5, _FULL),
    _part("seat_limit_exactly_90", 2, Recipe(size=(200, 200), penetration=0.6, used=0.9)),
    _part("seat_limit_lowest_plan", 5, Recipe(plan="CORE-LITE", penetration=0.97, used=0.97)),
    _part("plan_up", 4, Recipe(country=_AT_LIST_PRICE, interest=_FOUND_WANTING)),
    _part("volume_plan", 4, replace(_ROOM, plan="SUITE-STD", country=_AT_LIST_PRICE)),
    _part("paid_option", 4, Recipe(plan="SUITE-PRO", interest=_SIGNATURES)),
    _part("option_buyers", 16, Recipe(plan="CORE-ENT", won=((75, "CORE-AUDIT"), (190, PLAN), (320, PLAN)))),
    _part("option_affinity", 5, Recipe(plan="CORE-ENT")),
    _part("premium_support", 4, Recipe(cases=(3, 6, 9, 13, 18, 24, 60, 95, 150))),
    _part("renewal_window", 8, Recipe(renewal_in=60)),
    _part("renewal_too_early", 2, Recipe(renewal_in=121)),
    _part("renewal_too_late", 2, Recipe(renewal_in=59)),
)

CROSS_SELL = (
    _part("affinity_buyers", 30, Recipe(plan="CORE-PRO", won=((55, "SEC-EDR"), (150, PLAN), (310, PLAN)))),
    _part("affinity", 5, Recipe(plan="CORE-PRO")),
    _part("attribute_buyers", 20, replace(_SCHOOL, won=((90, "SEC-AUDIT"), (200, PLAN)))),
    _part("attribute_fit", 5, _SCHOOL),
    _part("complement", 5, Recipe(plan="SUITE-PRO", completed=False)),
    _part("interest", 4, Recipe(interest=_BACKUP)),
    _part("interest_mails", 2, Recipe(interest=_MAILS)),
    _part("just_bought", 5, Recipe(completed=False, won=((9, PLAN), (120, PLAN), (260, PLAN)))),
    _part("just_bought_when_young", 2, Recipe(completed=False, tenure=20, won=())),
    _part("just_delighted", 4, Recipe(plan="SUITE-PRO", completed=False, nps=((10, 10),), csat=((14, 5),))),
)

CHURN = (
    _part("usage_drop", 4, Recipe(usage="falling")),
    _part("nps_fall", 3, Recipe(nps=((100, 9), (15, 7)))),
    _part("nps_detractor", 2, Recipe(nps=((100, 9), (15, 5)))),
    _part("seat_reduction", 4, Recipe(earlier=1.667, renewal_in=345)),
    _part("downgrade", 3, Recipe(plan="CORE-LITE", earlier=1.0, earlier_plan="CORE-PRO", renewal_in=345)),
    _part("option_cancelled", 3, Recipe(cancelled_option="CORE-SSO")),
    _part("no_contact", 4, Recipe(contacted=130)),
    _part("champion_left", 3, Recipe(champion_left=20)),
    _part("declined_three", 3, Recipe(proposals=_THREE_NOES)),
    _part("downsell", 4, Recipe(used=0.35, renewal_in=80)),
    _part("severe_case", 3, Recipe(severe_case=True)),
    _part("high_risk", 3, _SEVERE_RISK),
    _part("held_by_risk", 3, replace(_FULL, usage="falling")),
)

CARE = (
    _part("onboarding_open", 4, Recipe(used=0.95, tenure=75, onboarding="open", won=())),
    _part("onboarding_stuck", 3, Recipe(tenure=150, onboarding="stuck", won=((100, PLAN),))),
    _part("needs_training", 3, Recipe(cases=(20, 45, 70))),
    _part("first_purchase", 3, Recipe(tenure=30, won=())),
    _part("survey", 3, Recipe(tenure=55, won=())),
)

GATES = (
    _part("employees_missing", 2, replace(_FULL, employees="missing")),
    _part("employees_conflicting", 2, replace(_FULL, employees="conflicting")),
    _part("do_not_contact", 2, replace(_FULL, do_not_contact=True)),
    _part("no_phone", 2, replace(_FULL, people="no_phone")),
    _part("no_email", 2, replace(_FULL, people="no_email")),
    _part("refuse_everything", 2, replace(_FULL, people="refuse_everything")),
    _part("open_opportunity", 3, replace(_FULL, open_deals=(PLAN,))),
    _part("open_task", 3, replace(_FULL, tasks=((-5, PLAN, False),))),
    _part("recent_selling", 3, replace(_FULL, tasks=((8, PLAN, True),))),
    _part("declined_once", 3, replace(_FULL, lost=((95, PLAN),), proposals=((95, "seat_limit", PLAN, "declined"),))),
    _part("declined_twice", 3, replace(_FULL, lost=((200, PLAN), (350, PLAN)), proposals=_TWO_NOES)),
    _part("declined_long_ago", 2, replace(_FULL, lost=((200, PLAN),), proposals=_TWO_NOES[:1])),
    _part("worked_before", 2, replace(_FULL, proposals=_WORKED)),
    _part("invoice_overdue", 3, replace(_FULL, invoice_overdue=True)),
    _part("legal_hold", 2, replace(_FULL, legal_hold=True)),
    _part("young", 3, replace(_FULL, tenure=40, won=())),
    _part("no_owner", 3, replace(_FULL, owner="none")),
    _part("inactive_owner", 3, replace(_FULL, owner="inactive")),
    _part("no_contacts", 3, replace(_FULL, people="none")),
    _part("price_zero", 2, replace(_FULL, plan="PILOT-KIT", priced=False)),
    _part("seats_missing", 2, replace(_FULL, seats_known=False)),
    _part("bought_long_ago", 3, replace(_FULL, plan="CORE-PRO", tenure=800, won=((500, PLAN),))),
    _part("quiet", 8, Recipe(plan="SUITE-ENT", penetration=1.0, tenure=900, won=((430, PLAN), (700, PLAN)))),
)

CAST = (*EXPANSION, *UPSELL, *CROSS_SELL, *CHURN, *CARE, *GATES)
LEAST_ACCOUNTS = sum(part.count for part in CAST)
"""Fewer accounts cannot hold the whole cast."""

PLAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "free_to_paid": ("free_to_paid",),
        "company_wide": ("company_wide",),
        "group_wide": ("group_wide",),
        "budget_season": ("budget_season",),
        "seat_limit": ("seat_limit", "seat_limit_exactly_90", "seat_limit_lowest_plan"),
        "plan_up": ("plan_up",),
        "volume_plan": ("volume_plan",),
        "paid_option": ("paid_option",),
        "premium_support": ("premium_support",),
        "renewal_window": ("renewal_window",),
        "affinity_tossup": ("affinity",),
        "attribute_tossup": ("attribute_fit",),
        "complement_tossup": ("complement", "just_delighted"),
        "interest_tossup": ("interest", "interest_mails"),
        "just_bought_tossup": ("just_bought", "just_bought_when_young"),
        "usage_drop_save": ("usage_drop",),
        "nps_save": ("nps_fall", "nps_detractor"),
        "seat_reduction_save": ("seat_reduction",),
        "downgrade_save": ("downgrade",),
        "option_save": ("option_cancelled",),
        "silence_save": ("no_contact",),
        "champion_left_save": ("champion_left",),
        "declined_save": ("declined_three",),
        "downsell": ("downsell",),
        "onboarding_help": ("onboarding_stuck",),
        "training": ("needs_training",),
        "first_purchase_followup": ("first_purchase",),
        "survey": ("survey",),
    }
)
"""Which parts each play is to find: all of their accounts, but of `group_wide` only the ultimate parents."""

HIERARCHY = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 7: 6, 8: 6, 9: 6, 10: 11, 11: 10}
"""Parents inside `group_wide`, by place: three levels (0 to 5), two levels (6 to 9), a cycle of two (10, 11)."""

UNSERVED = frozenset({3, 4, 5, 8, 9, 11})
"""Members of `group_wide`, by place, that pay for nothing yet."""

RENEWALS = (60, 75, 90, 105, 119, 120, 61, 82)
"""Days to the renewal of the `renewal_window` accounts, by place: both ends of the window are among them."""

SCHOOL_PLANS = (
    *("CORE-STD",) * 10,
    *("CORE-PRO",) * 3,
    *("CORE-LITE",) * 2,
    *("CORE-ENT",) * 2,
    "SUITE-STD",
    "SUITE-PRO",
    "SUITE-ENT",
)
"""Plans of the `attribute_buyers`, by place: spread as everywhere, so that only the industry tells them apart."""
