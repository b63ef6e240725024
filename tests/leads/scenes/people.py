"""Champions who left."""

from leads.facts.people import CHAMPION
from tests.leads.scenes.scene import Scenes, ago
from tests.leads.world import TODAY

CHAMPION_ROW = {"name": "Contact", "role": "champion"}

champion = Scenes(CHAMPION)
champion(
    "who left today is gone, who leaves tomorrow is there",
    {
        "champion_left_on": TODAY, "champion_record": "@1", "champion_left_days": 0, "champions_left": 2,
        "champions_n": 2,
    },
    contact=[
        {**CHAMPION_ROW, "left_on": TODAY}, {**CHAMPION_ROW, "left_on": ago(9)}, {**CHAMPION_ROW, "left_on": ago(-1)},
        CHAMPION_ROW,
    ],
)  # fmt: skip
champion(
    "others who leave are no champions",
    {"champion_left_on": None, "champion_record": None, "champions_left": 0, "champions_n": 0},
    contact=[{"name": "Contact", "role": "user", "left_on": ago(1)}, {"name": "Contact", "left_on": ago(1)}],
)
champion("nobody is nobody", {"champion_left_on": None, "champions_left": 0, "champions_n": 0})
