"""When somebody last spoke to the account, and when it last bought."""

from leads.facts.touches import CONTACTED, WON
from tests.leads.scenes.scene import Scenes, ago
from tests.leads.world import TODAY

CALL = {"kind": "call"}

contacted = Scenes(CONTACTED)
contacted(
    "the last contact is quoted, the smallest id among equals",
    {"contacted_on": ago(3), "contacted_record": "@2", "silent_days": 3, "contacted_ever": True, "meetings_90": 0},
    activity=[{**CALL, "on": ago(4)}, {**CALL, "on": ago(3)}, {**CALL, "on": ago(3)}],
)
contacted(
    "an account the log does not know is not silent, but was never contacted",
    {"contacted_on": None, "silent_days": None, "meetings_90": None, "contacted_ever": False},
)
contacted(
    "an open task and a meeting of tomorrow are no contact",
    {"contacted_on": None, "contacted_ever": False, "meetings_90": None},
    activity=[{"kind": "task", "is_closed": False, "on": ago(1)}, {"kind": "meeting", "on": ago(-1)}],
)
contacted(
    "a task that is done is one, today too",
    {"contacted_on": TODAY, "silent_days": 0},
    activity=[{"kind": "task", "is_closed": True, "on": TODAY}],
)
contacted(
    "the meeting of the 90th day back is outside, the 89th inside",
    {"meetings_90": 2},
    activity=[{"kind": "meeting", "on": ago(n)} for n in (0, 89, 90)],
)
WON_DEAL = {"is_closed": True, "is_won": True}

won = Scenes(WON)
won(
    "the last won deal and the first purchase are quoted",
    {
        "won_on": ago(5), "won_record": "@2", "won_days": 5,
        "first_bought_on": ago(400), "first_purchase_record": "@2", "first_bought_days": 400,
    },
    opportunity=[{**WON_DEAL, "closes_on": ago(9)}, {**WON_DEAL, "closes_on": ago(5)}],
    purchase=[{"bought_on": ago(3)}, {"bought_on": ago(400)}, {"bought_on": ago(400)}],
)  # fmt: skip
won(
    "a lost deal, an open one and one that closes tomorrow are not won",
    {},
    opportunity=[
        {"is_closed": True, "is_won": False, "closes_on": ago(1)},
        {"is_closed": False, "closes_on": ago(1)},
        {**WON_DEAL, "closes_on": ago(-1)},
    ],
    purchase=[{"bought_on": ago(-1)}],
)
won(
    "a deal won today counts; purchases without deals too",
    {"won_on": TODAY, "won_days": 0, "first_bought_on": None, "first_purchase_record": None},
    opportunity=[{**WON_DEAL, "closes_on": TODAY}],
)
won(
    "a purchase needs no deal",
    {"won_on": None, "won_days": None, "first_bought_on": TODAY, "first_bought_days": 0},
    purchase=[{"bought_on": TODAY}],
)
