"""What was declined, ignored and put off, of the account and of each product."""

from leads.facts.declined import DECLINED, DECLINED_OFFER
from tests.leads.scenes.scene import Scenes, ago, lead

NO = {"is_closed": True, "outcome": "declined"}

declined = Scenes(DECLINED)
declined(
    "refusals of 365 days count, older ones are only dated",
    {"declined_n": 1, "ignored_n": 0, "refusals": 1, "declined_on": ago(365), "declined_record": "@1"},
    ours=[lead("seat_limit", "P1", 365, **NO), lead("seat_limit", "P1", 366, **NO)],
)
declined(
    "the last one is quoted, however old",
    {"declined_n": 0, "refusals": 0, "declined_on": ago(500), "declined_record": "@1"},
    ours=[lead("seat_limit", "P1", 500, **NO), lead("seat_limit", "P1", 501, **NO)],
)
declined(
    "a refusal counts from the day of the answer",
    {"declined_n": 1, "refusals": 1, "declined_on": ago(400), "declined_days": 365, "declined_record": "@1"},
    ours=[
        lead("seat_limit", "P1", 400, decided_on=ago(365), **NO),
        lead("seat_limit", "P1", 399, decided_on=ago(366), **NO),
    ],
)
declined(
    "what is declined tomorrow is open and unanswered today",
    {"declined_n": 0, "ignored_n": 1, "declined_on": None, "declined_days": None},
    ours=[lead("seat_limit", "P1", 60, decided_on=ago(-1), **NO)],
)
declined(
    "a lead of 45 days that nobody answered was ignored, one of 44 not yet",
    {
        "declined_n": 0,
        "ignored_n": 1,
        "refusals": 1,
        "declined_on": None,
        "ignored_on": ago(45),
        "ignored_record": "@1",
    },
    ours=[lead("seat_limit", "P1", 45), lead("seat_limit", "P1", 44)],
)
declined(
    "who put it off did not ignore it, and what is closed is not open",
    {"declined_n": 0, "ignored_n": 0, "refusals": 0, "ignored_on": None, "ignored_record": None},
    ours=[lead("seat_limit", "P1", 60, outcome="snoozed"), lead("seat_limit", "P1", 70, is_closed=True)],
)
declined(
    "a task and a lead record of one lead are one refusal",
    {"declined_n": 1, "declined_record": "@2"},
    ours=[
        lead("affinity_tossup", "P1", 9, outcome="accepted", is_closed=True),
        lead("affinity_tossup", "P1", 9, kind="lead", **NO),
    ],
)
declined(
    "a save play that was declined is no refusal to buy; nor is what was lost, or written tomorrow",
    {"declined_n": 0, "ignored_n": 0, "declined_on": None},
    ours=[
        lead("usage_drop_save", "-", 9, **NO),
        lead("seat_limit", "P1", 9, is_closed=True, outcome="lost"),
        lead("seat_limit", "P1", -1, **NO),
    ],
)
declined(
    "whose task was begun, or put off by its due day, was not ignored",
    {"ignored_n": 0},
    ours=[
        lead("seat_limit", "P1", 60, touched="begun"),
        lead("seat_limit", "P2", 60, touched="deferred", deferred_to=ago(-9)),
    ],
)
declined(
    "a task that nobody touched until Tossup closed it late was ignored, one whose reason had gone was not",
    {"ignored_n": 1, "ignored_on": ago(38), "ignored_record": "@1"},
    ours=[
        lead("seat_limit", "P1", 38, is_closed=True, due_on=ago(31), withdrawn_on=ago(0)),
        lead("seat_limit", "P2", 37, is_closed=True, due_on=ago(30), withdrawn_on=ago(0)),
        lead("usage_drop_save", "-", 37, is_closed=True, due_on=ago(30), withdrawn_on=ago(0)),
    ],
)
declined("who was never asked never refused", {"declined_n": 0, "ignored_n": 0, "refusals": 0})

declined_offer = Scenes(DECLINED_OFFER)
declined_offer(
    "refusals of a product are never forgotten",
    {
        "product_declined_n": 2, "product_declined_on": ago(180), "product_declined_days": 180,
        "product_declined_record": "@2",
    },
    product="P1",
    ours=[lead("seat_limit", "P1", 900, **NO), lead("affinity_tossup", "P1", 180, **NO), lead("seat_limit", "P2", 1)],
)  # fmt: skip
declined_offer(
    "a product is refused on the day of the answer",
    {"product_declined_n": 1, "product_declined_on": ago(300), "product_declined_days": 5},
    product="P1",
    ours=[lead("seat_limit", "P1", 300, decided_on=ago(5), **NO)],
)
declined_offer(
    "the later of two days until which they want to hear nothing",
    {"product_snoozed_until": ago(-20), "product_declined_n": None},
    product="P1",
    ours=[
        lead("usage_drop_save", "P1", 9, outcome="snoozed", snooze_until=ago(-5)),
        lead("seat_limit", "P1", 20, outcome="snoozed", decided_on=ago(10), is_closed=True),
    ],
)
declined_offer(
    "a day alone says as much as the answer, and a task that was put off too; whatever was declined before",
    {"product_snoozed_until": ago(-7), "product_declined_n": 1, "product_declined_days": 300},
    product="P1",
    ours=[
        lead("seat_limit", "P1", 9, snooze_until=ago(-5)),
        lead("company_wide", "P1", 9, touched="deferred", deferred_to=ago(-7)),
        lead("seat_limit", "P1", 300, **NO),
    ],
)
declined_offer("another product was not declined", {}, product="P2", ours=[lead("seat_limit", "P1", 9, **NO)])
declined_offer("a play without a product declines none", {}, product="-", ours=[lead("seat_limit", "-", 9, **NO)])
