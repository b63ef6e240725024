"""Interest in products: views, clicks and tries, by age, kind and price."""

from leads.facts.interest import INTEREST_OFFER, INTEREST_TOP
from tests.leads.scenes.scene import Scenes, ago, views
from tests.leads.world import TODAY

interest = Scenes(INTEREST_OFFER)
interest(
    "today's view of the dearest of five products scores 5, one of 30 days ago half of it",
    {"interest": 7.5, "interest_events": 2, "interest_on": TODAY, "interest_record": "@1", "interest_contacts": 0},
    product="P5",
    engagement=views(0, 30),
)
interest("90 days ago still counts", {"interest": 0.625, "interest_on": ago(90)}, product="P5", engagement=views(90))
interest("91 days ago does not", {}, product="P5", engagement=views(91))
interest("tomorrow is not known yet", {"interest": 5, "interest_on": TODAY}, product="P5", engagement=views(0, -1))
interest("the weight multiplies", {"interest": 10}, product="P5", engagement=views(0, weight=2.0))
interest("so does the price rank", {"interest": 1}, product="P1", engagement=views(0, product="p1"))
interest("no price is the lowest rank", {"interest": 1}, product="FREE", engagement=views(0, product="p0"))
interest("nothing is about an unknown product", {}, product="P5", engagement=views(0, product="nowhere"))
interest(
    "kinds and people are counted",
    {
        "interest_events": 6, "interest_pricing": 1, "interest_help": 1, "interest_mail": 2, "interest_locked": 1,
        "interest_contacts": 2,
    },
    product="P5",
    engagement=[
        *views(1, 2, kind="mail_click", contact_id="c1"),
        *views(1, kind="pricing_view", contact_id="c2"),
        *views(1, kind="help_view"),
        *views(1, kind="locked_feature", contact_id="c1"),
        *views(1),
    ],
)  # fmt: skip

interest_top = Scenes(INTEREST_TOP)
interest_top(
    "the product it does not have is named, all are added up",
    {"interest_product": "P4", "interest_total": 9.0},
    engagement=[*views(0), *views(0, product="p4")],
    subscription=[{"product_id": "p5"}],
)
interest_top(
    "the first by code among equals",
    {"interest_product": "P1", "interest_total": 2},
    engagement=[*views(0, product="p1"), *views(30, product="p2")],
)
interest_top(
    "what is not sold any more is not named",
    {"interest_product": None, "interest_total": 5},
    engagement=views(0, product="p6"),
)
interest_top("no interest is not known to be none", {}, engagement=[])
