"""When the account was last approached to be sold something."""

from leads.facts.touches import APPROACHED
from tests.leads.scenes.scene import Scenes, ago, lead
from tests.leads.world import TODAY

approached = Scenes(APPROACHED)
approached(
    "yesterday's work is an approach, today's open work is not",
    {"sold_on": ago(1), "sold_days": 1},
    ours=[lead("seat_limit", "P1", 1), lead("seat_limit", "P1", 0)],
)
approached(
    "what was decided today is",
    {"sold_on": TODAY, "sold_days": 0},
    ours=[lead("seat_limit", "P1", 0, is_closed=True)],
)
approached("a save task is no approach", {}, ours=[lead("usage_drop_save", "-", 9)])
approached(
    "what is written tomorrow has not approached anybody",
    {"sold_on": ago(9)},
    ours=[lead("seat_limit", "P1", 9), lead("seat_limit", "P1", -1, is_closed=True)],
)
