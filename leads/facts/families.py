"""Every family of facts, and where each fact is found by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from leads.facts.account import ACCOUNT
from leads.facts.affinity import AFFINITY
from leads.facts.attributes import ATTRIBUTES
from leads.facts.cases import CASES
from leads.facts.churn import CHURN
from leads.facts.declined import DECLINED, DECLINED_OFFER
from leads.facts.family import Fact, Family, Grain
from leads.facts.feedback import FEEDBACK
from leads.facts.headroom import HEADROOM
from leads.facts.hierarchy import GROUP
from leads.facts.interest import INTEREST_NEXT, INTEREST_OFFER, INTEREST_OWNED, INTEREST_TOP
from leads.facts.onboarding import ONBOARDING
from leads.facts.owned import COMPLEMENT, OFFER_PRODUCT, OPTION
from leads.facts.people import CHAMPION
from leads.facts.plan import PLAN, VOLUME
from leads.facts.problem import PROBLEM
from leads.facts.renewal import RENEWAL
from leads.facts.revenue import REVENUE
from leads.facts.rfm import RFM
from leads.facts.season import SEASON
from leads.facts.seats import SEATS, UTILISATION
from leads.facts.shrinking import DOWNGRADE, REDUCTION
from leads.facts.similar import SIMILAR
from leads.facts.touches import APPROACHED, CONTACTED, WON
from leads.facts.usage import USAGE

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            ACCOUNT, REVENUE, UTILISATION, REDUCTION, DOWNGRADE, RENEWAL, HEADROOM, GROUP, RFM, SEASON, USAGE, CASES,
            FEEDBACK, CONTACTED, WON, ONBOARDING, CHAMPION, DECLINED, APPROACHED, INTEREST_TOP, CHURN,
            SEATS, PLAN, VOLUME, INTEREST_OWNED, INTEREST_NEXT,
            OFFER_PRODUCT, AFFINITY, ATTRIBUTES, COMPLEMENT, OPTION, INTEREST_OFFER, PROBLEM, SIMILAR, DECLINED_OFFER,
        )
    }
)  # fmt: skip
"""By name."""

SPINES: Mapping[Grain, tuple[str, ...]] = MappingProxyType(
    {
        "account": ("account",),
        "owned": ("plan", "seats"),
        "offer": ("affinity", "attributes", "complement", "option", "interest_offer", "problem"),
    }
)
"""Families whose rows are what a play looks at; the others only say more about them."""


def facts_at(grain: Grain) -> dict[str, Fact]:
    """Every fact that a condition at this grain may name: the grain's own, and those of the account."""
    return {
        name: fact
        for family in FAMILIES.values()
        if family.grain in (grain, "account")
        for name, fact in family.facts.items()
    }


FACTS: Mapping[str, Fact] = MappingProxyType(
    {name: fact for one in FAMILIES.values() for name, fact in one.facts.items()}
)
"""By name: no two families share one."""
